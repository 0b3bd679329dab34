"""Vectors of what a picture looks like, apart from the numbers."""

from __future__ import annotations

MEASURING = (
    # One row a sample and kind ("built-in", "backbone"), float32, little-endian. What
    # another code or model made of a sample is replaced and never kept beside it.
    """
    CREATE TABLE embeddings (
        sample_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        digest TEXT NOT NULL,
        vector BLOB NOT NULL,
        PRIMARY KEY (sample_id, kind)
    )
    """,
    # Which samples are measured is asked of all at once.
    "CREATE INDEX measures_by_digest ON measures(digest)",
)
