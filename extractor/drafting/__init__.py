"""A form drafted from a specimen."""
