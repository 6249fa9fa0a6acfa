"""A service elsewhere: submitting, following, watching a folder."""
