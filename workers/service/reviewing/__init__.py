"""What people decide: queue, decisions, results with decisions applied."""
