"""What trains the networks of this project: scripts with seeds, run by people, never imported by the program."""
