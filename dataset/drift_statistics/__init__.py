"""What stands behind `dataset.drift`: sessions, resampling, limits, verdicts."""
