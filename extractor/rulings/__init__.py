"""Printed straight lines, followed through what was told to be ruling."""
