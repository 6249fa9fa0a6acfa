"""Printed rows and columns named by a form's."""
