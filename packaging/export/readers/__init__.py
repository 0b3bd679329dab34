"""What comes in: one file a format, each detected by its content."""
