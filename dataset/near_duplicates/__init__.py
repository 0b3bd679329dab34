"""Pictures that show the same: looked at once, found by keys, judged by thumbnails."""
