"""What each cell says: options, sums, a second reader, contradictions."""
