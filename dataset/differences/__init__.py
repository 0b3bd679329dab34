"""What stands behind `dataset.diff`: walking, matching, naming, applying."""
