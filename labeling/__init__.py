"""How samples become labeled: boxes, queue, carry-over, edits. No Qt, no SQL."""
