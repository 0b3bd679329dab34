"""What stands behind the pages of reports and diffs: views, words, pictures."""
