"""The Capture page and its parts."""
