"""The class that was chosen when a sample was captured."""

from __future__ import annotations

CLASS_HINTS = (
    # What the person meant to capture: no box, no label, never counted. See
    # catalog/class_hints.py.
    """
    CREATE TABLE class_hints (
        sample_n INTEGER PRIMARY KEY REFERENCES samples(n) ON DELETE CASCADE,
        class_id INTEGER NOT NULL REFERENCES classes(id)
    )
    """,
    "CREATE INDEX class_hints_by_class ON class_hints(class_id)",
)
