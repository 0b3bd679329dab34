"""How samples become labeled: boxes, queue, carry-over, motion, edits. No Qt, no SQL."""
