"""Capture on a box without a display: how it is, told to whoever watches over it."""
