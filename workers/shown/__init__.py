"""What people are shown: labels, reasons, outcomes, progress, addresses without their secrets."""
