"""The service: a store that is the truth, a broker that is only a bell, workers that may die at any moment."""
