"""Headings, sections and the numbers that sentences state."""
