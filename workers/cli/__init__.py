"""The command line; start-up imports as little as it can."""
