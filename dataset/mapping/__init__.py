"""The map of samples: where each lies, what a lasso encloses, what is not measured."""
