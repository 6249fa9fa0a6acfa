"""What is drawn: overlays, and copies that can be searched."""
