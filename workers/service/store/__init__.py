"""What the service keeps: database, blobs, tokens."""
