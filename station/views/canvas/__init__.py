"""The canvas: one picture with its boxes, and what hands do to them."""
