"""The parts of `dataset.camera_health`: portraits, and what they are compared by."""
