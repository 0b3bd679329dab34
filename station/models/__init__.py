"""Models of the user's, run in a child process that may die without us. No Qt."""
