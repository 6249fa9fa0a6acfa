"""What people read, in every language they read it in: one catalogue. Stands on nothing else of ours."""
