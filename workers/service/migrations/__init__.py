"""Steps from every released schema to the next, forward only."""
