"""Where tables are, and where their rows and columns run."""
