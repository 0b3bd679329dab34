"""What stands behind `export.intake`: drafts, sessions, bursts, classes, splits."""
