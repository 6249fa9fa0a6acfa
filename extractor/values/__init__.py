"""Frozen values that several stages share. No stage is imported here, and no image is worked on."""
