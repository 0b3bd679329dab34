"""The map of samples: seen, lassoed, sent to the queue or into a test set."""
