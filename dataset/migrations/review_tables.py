"""Second passes, apart from the labels, and what boxes look like."""

from __future__ import annotations

SECOND_LOOKS = (
    # A second person's boxes, apart from the labels until a dispute is settled: no
    # version, export or count reads these tables. See catalog/second_looks.py.
    """
    CREATE TABLE second_passes (
        n INTEGER PRIMARY KEY,
        way TEXT NOT NULL,
        share REAL NOT NULL,
        seed INTEGER NOT NULL,
        blind INTEGER NOT NULL,
        person TEXT NOT NULL,
        begun_us INTEGER NOT NULL
    )
    """,
    """
    CREATE TABLE second_looks (
        n INTEGER PRIMARY KEY,
        pass_n INTEGER NOT NULL REFERENCES second_passes(n),
        sample_n INTEGER NOT NULL REFERENCES samples(n) ON DELETE CASCADE,
        place INTEGER NOT NULL,
        state TEXT NOT NULL DEFAULT 'waiting',
        first TEXT NOT NULL DEFAULT '[]',
        second TEXT NOT NULL DEFAULT '[]',
        person TEXT NOT NULL DEFAULT '',
        at_us INTEGER NOT NULL DEFAULT 0,
        UNIQUE (pass_n, sample_n)
    )
    """,
    "CREATE INDEX second_looks_by_sample ON second_looks(sample_n)",
    # What is drawn in a look that is not finished, one row an edit: it outlives a
    # crash, and undo goes back through it.
    """
    CREATE TABLE second_edits (
        n INTEGER PRIMARY KEY,
        look_n INTEGER NOT NULL REFERENCES second_looks(n) ON DELETE CASCADE,
        boxes TEXT NOT NULL,
        undone INTEGER NOT NULL DEFAULT 0
    )
    """,
    "CREATE INDEX second_edits_by_look ON second_edits(look_n, n)",
    # Who settled a dispute and when; in force while the journal row beside it is.
    """
    CREATE TABLE settlements (
        n INTEGER PRIMARY KEY,
        look_n INTEGER NOT NULL REFERENCES second_looks(n) ON DELETE CASCADE,
        first_id TEXT NOT NULL,
        second_id TEXT NOT NULL,
        verdict TEXT NOT NULL,
        person TEXT NOT NULL,
        at_us INTEGER NOT NULL,
        journal_n INTEGER NOT NULL
    )
    """,
    "CREATE INDEX settlements_by_look ON settlements(look_n)",
    # What a box looks like, once a box: see labeling/second_opinion/unlike.py.
    """
    CREATE TABLE box_features (
        sample_n INTEGER NOT NULL REFERENCES samples(n) ON DELETE CASCADE,
        box_id TEXT NOT NULL,
        kind INTEGER NOT NULL,
        x0 REAL NOT NULL,
        y0 REAL NOT NULL,
        x1 REAL NOT NULL,
        y1 REAL NOT NULL,
        value BLOB NOT NULL,
        PRIMARY KEY (sample_n, box_id)
    ) WITHOUT ROWID
    """,
)
