"""What the service tells others: webhooks."""
