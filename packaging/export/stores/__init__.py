"""Where versions are handed over: blob stores, folders, credentials, the line."""
