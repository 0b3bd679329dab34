"""Image files: recognised, checked and decoded where a broken one does no harm."""
