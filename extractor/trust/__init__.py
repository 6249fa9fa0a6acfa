"""How sure a field is, and why a person should look."""
