"""The second pass, its disputes, and boxes that are unlike their class."""
