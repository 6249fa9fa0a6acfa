"""Where it runs: the command line and the processes behind it."""
