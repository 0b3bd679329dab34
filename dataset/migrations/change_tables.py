"""What samples look like, what changed, what a model found; labeling in steps."""

from __future__ import annotations

LOOKS = (
    # What samples look like, and where that stands in an index: see catalog/looks.py.
    # The fingerprints of before lack what a crop is found by: they are taken anew.
    "DROP TABLE fingerprints",
    """
    CREATE TABLE looks (
        sample_n INTEGER PRIMARY KEY REFERENCES samples(n) ON DELETE CASCADE,
        revision INTEGER NOT NULL,
        camera INTEGER NOT NULL,
        captured_us INTEGER NOT NULL,
        value BLOB NOT NULL
    )
    """,
    "CREATE INDEX looks_by_moment ON looks(camera, captured_us) WHERE camera <> 0",
    """
    CREATE TABLE look_keys (
        level INTEGER NOT NULL,
        key INTEGER NOT NULL,
        camera INTEGER NOT NULL,
        sample_n INTEGER NOT NULL,
        PRIMARY KEY (level, key, camera, sample_n)
    ) WITHOUT ROWID
    """,
    # Decided samples that were not compared since their labels last changed.
    """
    CREATE TABLE look_queue (
        sample_n INTEGER PRIMARY KEY REFERENCES samples(n) ON DELETE CASCADE
    )
    """,
    """
    CREATE TRIGGER sample_came_decided AFTER INSERT ON samples
    WHEN new.state IN ('labeled', 'empty') BEGIN
        INSERT INTO look_queue (sample_n) VALUES (new.n);
    END
    """,
    """
    CREATE TRIGGER sample_was_decided AFTER UPDATE OF revision, state ON samples
    WHEN new.state IN ('labeled', 'empty') BEGIN
        INSERT INTO look_queue (sample_n) SELECT new.n
        WHERE NOT EXISTS (SELECT 1 FROM look_queue WHERE sample_n = new.n);
    END
    """,
    """
    INSERT INTO look_queue (sample_n)
    SELECT n FROM samples WHERE state IN ('labeled', 'empty')
    """,
    # The format of an import is no camera: two sets of one format are not one place.
    """
    UPDATE sessions SET source = ''
    WHERE name LIKE 'import %' AND source IN ('coco', 'yolo', 'voc', 'images')
    """,
)

_FROZEN_COLUMNS = (
    "id, group_id, session_id, packed, reviewed, width, height, suffix, state, "
    "captured_us, source_name, size_bytes, orientation"
)


def _touches(table: str, when: str, row: str) -> str:
    """A trigger that gives a row of `table` the next number of the change clock."""
    name = f"{table}_touched_{when.split()[0].lower()}"
    return f"""
    CREATE TRIGGER {name} AFTER {when} BEGIN
        UPDATE change_clock SET n = n + 1;
        UPDATE {table} SET touched = (SELECT n FROM change_clock) WHERE {row};
    END
    """


CHANGE_CLOCK = (
    # What changed since a version was frozen, so that the next one reads only that:
    # see catalog/changed.py. Numbers rise; triggers, so that no writer can forget.
    "CREATE TABLE change_clock (n INTEGER NOT NULL)",
    "INSERT INTO change_clock (n) VALUES (0)",
    "ALTER TABLE samples ADD COLUMN touched INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE groups ADD COLUMN touched INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE sessions ADD COLUMN touched INTEGER NOT NULL DEFAULT 0",
    # All that a version reads, in its order: by the index on ids alone each of a
    # million rows would be a page read of its own, 20 s instead of 2.
    f"CREATE INDEX samples_frozen ON samples({_FROZEN_COLUMNS})",
    "CREATE INDEX samples_by_touched ON samples(touched)",
    "CREATE INDEX groups_by_touched ON groups(touched)",
    _touches("samples", "INSERT ON samples", "n = new.n"),
    _touches("samples", f"UPDATE OF {_FROZEN_COLUMNS} ON samples", "n = new.n"),
    _touches(
        "sessions",
        "UPDATE OF name, place, source, conditions ON sessions",
        "id = new.id",
    ),
    _touches("groups", "INSERT ON split_ledger", "id = new.group_id"),
    """
    CREATE TABLE departures (
        sample_id TEXT PRIMARY KEY,
        touched INTEGER NOT NULL
    ) WITHOUT ROWID
    """,
    """
    CREATE TRIGGER sample_departed AFTER DELETE ON samples BEGIN
        UPDATE change_clock SET n = n + 1;
        INSERT OR REPLACE INTO departures (sample_id, touched)
        VALUES (old.id, (SELECT n FROM change_clock));
    END
    """,
    # The state of the catalog that a version was frozen from, and its manifest.
    """
    CREATE TABLE frozen_marks (
        version_id TEXT PRIMARY KEY,
        mark INTEGER NOT NULL,
        manifest_sha256 TEXT NOT NULL
    ) WITHOUT ROWID
    """,
)

DETECTIONS = (
    # What a model found on a sample, and how unsure of it the model is: see
    # catalog/detections.py. One model's at a time; another model's run replaces it.
    """
    CREATE TABLE detections (
        sample_n INTEGER PRIMARY KEY REFERENCES samples(n) ON DELETE CASCADE,
        model TEXT NOT NULL,
        found TEXT NOT NULL,
        uncertainty REAL NOT NULL
    )
    """,
    # Whether a person has begun with a sample is asked for each that is proposed on.
    "CREATE INDEX IF NOT EXISTS journal_by_sample ON journal(sample_id, status)",
)

LABELING = (
    # A journal row is of `labels` or of `classes`. Rows of one bulk act have the number
    # of its first row as `step` (0: a step of its own); `holder` is the window that
    # made it. See catalog/journal.py and catalog/class_acts.py.
    "ALTER TABLE journal ADD COLUMN kind TEXT NOT NULL DEFAULT 'labels'",
    "ALTER TABLE journal ADD COLUMN step INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE journal ADD COLUMN holder TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE journal ADD COLUMN drags INTEGER NOT NULL DEFAULT 0",
    "CREATE INDEX journal_by_step ON journal(step) WHERE step <> 0",
    # The boxes that a merge of classes moved, so that it can be taken back.
    """
    CREATE TABLE class_moves (
        journal_n INTEGER NOT NULL,
        sample_n INTEGER NOT NULL REFERENCES samples(n) ON DELETE CASCADE,
        box_id TEXT NOT NULL,
        is_proposal INTEGER NOT NULL,
        PRIMARY KEY (journal_n, sample_n, box_id, is_proposal)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX class_moves_by_sample ON class_moves(sample_n)",
    # Windows at the queue, and the samples that each has before it.
    """
    CREATE TABLE holders (
        id TEXT PRIMARY KEY,
        machine TEXT NOT NULL,
        process TEXT NOT NULL,
        beats INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE claims (
        sample_n INTEGER PRIMARY KEY REFERENCES samples(n) ON DELETE CASCADE,
        holder TEXT NOT NULL REFERENCES holders(id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX claims_by_holder ON claims(holder)",
    # Where each person was in the queue: the choice of samples and the next ids.
    """
    CREATE TABLE queue_places (
        person TEXT PRIMARY KEY,
        choice TEXT NOT NULL,
        ahead TEXT NOT NULL
    ) WITHOUT ROWID
    """,
)
