"""What the service does with a job: workers, readers, reconciling, keeping house."""
