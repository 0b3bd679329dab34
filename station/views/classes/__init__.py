"""The dialog of class work."""
