"""From a file to an upright, flat, straight, evenly lit page."""
