"""What stands behind `labeling.carry_over`: search, flow, course, places, trackers."""
