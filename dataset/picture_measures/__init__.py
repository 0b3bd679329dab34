"""The formulas behind `dataset.measures`, one file a family of numbers."""
