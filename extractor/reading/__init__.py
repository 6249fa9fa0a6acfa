"""Cells and lines cut and read, by recognition or from the file's own text."""
