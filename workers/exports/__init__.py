"""Results in formats other programs open."""
