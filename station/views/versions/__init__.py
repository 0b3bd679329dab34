"""The Versions page and its parts."""
