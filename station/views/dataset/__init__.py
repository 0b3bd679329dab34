"""The Dataset page and its parts."""
