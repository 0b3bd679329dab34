"""What stands between the rooms below and the pages: core objects in, rows out."""
