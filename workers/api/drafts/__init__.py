"""A drafted form beside its specimen, corrected by keyboard."""
