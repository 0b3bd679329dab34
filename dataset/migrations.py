"""The history of the catalog's tables, one function a step, never edited later.

Applied by sqlite-utils' own `Migrations`, each step in one transaction. The number
of known steps is the catalog's schema number: a catalog with more than this
program knows is refused (see `dataset.catalog.connection`).
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

catalog_migrations = Migrations("fieldset")

FIRST_TABLES = (
    """
    CREATE TABLE facts (
        key TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE classes (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL UNIQUE,
        colour TEXT NOT NULL,
        key INTEGER,
        retired INTEGER NOT NULL DEFAULT 0,
        merged_into INTEGER REFERENCES classes(id)
    )
    """,
    """
    CREATE TABLE sessions (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        station TEXT NOT NULL,
        source TEXT NOT NULL,
        place TEXT NOT NULL,
        operator TEXT NOT NULL,
        conditions TEXT NOT NULL,
        started_us INTEGER NOT NULL,
        ended_us INTEGER
    )
    """,
    """
    CREATE TABLE refusals (
        session_id TEXT NOT NULL REFERENCES sessions(id),
        reason TEXT NOT NULL,
        count INTEGER NOT NULL,
        PRIMARY KEY (session_id, reason)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE gaps (
        n INTEGER PRIMARY KEY,
        session_id TEXT NOT NULL REFERENCES sessions(id),
        lost_us INTEGER NOT NULL,
        back_us INTEGER NOT NULL,
        reason TEXT NOT NULL
    )
    """,
    """
    CREATE TABLE groups (
        id TEXT PRIMARY KEY,
        joined_into TEXT REFERENCES groups(id),
        reason TEXT NOT NULL DEFAULT ''
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE samples (
        n INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        session_id TEXT NOT NULL REFERENCES sessions(id),
        sequence INTEGER NOT NULL,
        suffix TEXT NOT NULL,
        width INTEGER NOT NULL,
        height INTEGER NOT NULL,
        orientation INTEGER NOT NULL,
        size_bytes INTEGER NOT NULL,
        captured_us INTEGER NOT NULL,
        source_name TEXT NOT NULL,
        group_id TEXT NOT NULL REFERENCES groups(id),
        state TEXT NOT NULL DEFAULT 'new',
        skip_reason TEXT NOT NULL DEFAULT '',
        reviewed INTEGER NOT NULL DEFAULT 0,
        revision INTEGER NOT NULL DEFAULT 0,
        packed BLOB NOT NULL DEFAULT x'',
        UNIQUE (session_id, sequence)
    )
    """,
    "CREATE INDEX samples_by_state ON samples(state)",
    "CREATE INDEX samples_by_group ON samples(group_id)",
    # Counting a million rows takes 0.1 s, and the window asks after every accept.
    """
    CREATE TABLE state_counts (
        state TEXT PRIMARY KEY,
        samples INTEGER NOT NULL
    ) WITHOUT ROWID
    """,
    """
    INSERT INTO state_counts (state, samples) VALUES
        ('new', 0), ('proposed', 0), ('labeled', 0), ('empty', 0), ('skipped', 0)
    """,
    """
    CREATE TRIGGER sample_came AFTER INSERT ON samples BEGIN
        UPDATE state_counts SET samples = samples + 1 WHERE state = new.state;
    END
    """,
    """
    CREATE TRIGGER sample_went AFTER DELETE ON samples BEGIN
        UPDATE state_counts SET samples = samples - 1 WHERE state = old.state;
    END
    """,
    """
    CREATE TRIGGER sample_changed AFTER UPDATE OF state ON samples
    WHEN old.state <> new.state BEGIN
        UPDATE state_counts SET samples = samples - 1 WHERE state = old.state;
        UPDATE state_counts SET samples = samples + 1 WHERE state = new.state;
    END
    """,
    """
    CREATE TABLE boxes (
        sample_n INTEGER NOT NULL REFERENCES samples(n) ON DELETE CASCADE,
        id TEXT NOT NULL,
        class_id INTEGER NOT NULL REFERENCES classes(id),
        x0 REAL NOT NULL,
        y0 REAL NOT NULL,
        x1 REAL NOT NULL,
        y1 REAL NOT NULL,
        origin TEXT NOT NULL,
        score REAL,
        PRIMARY KEY (sample_n, id)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX boxes_by_class ON boxes(class_id)",
    """
    CREATE TABLE proposals (
        sample_n INTEGER NOT NULL REFERENCES samples(n) ON DELETE CASCADE,
        id TEXT NOT NULL,
        class_id INTEGER NOT NULL REFERENCES classes(id),
        x0 REAL NOT NULL,
        y0 REAL NOT NULL,
        x1 REAL NOT NULL,
        y1 REAL NOT NULL,
        origin TEXT NOT NULL,
        score REAL,
        verdict TEXT NOT NULL,
        PRIMARY KEY (sample_n, id)
    ) WITHOUT ROWID
    """,
    # What a group holds, kept current at each edit: see catalog/tallies.py.
    """
    CREATE TABLE class_tallies (
        group_id TEXT NOT NULL,
        session_id TEXT NOT NULL,
        class_id INTEGER NOT NULL,
        boxes INTEGER NOT NULL,
        samples INTEGER NOT NULL,
        PRIMARY KEY (group_id, session_id, class_id)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX class_tallies_by_class ON class_tallies(class_id)",
    """
    CREATE TABLE group_tallies (
        group_id TEXT NOT NULL,
        session_id TEXT NOT NULL,
        samples INTEGER NOT NULL,
        boxes INTEGER NOT NULL,
        PRIMARY KEY (group_id, session_id)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE journal (
        n INTEGER PRIMARY KEY AUTOINCREMENT,
        sample_id TEXT NOT NULL,
        title TEXT NOT NULL,
        before TEXT NOT NULL,
        after TEXT NOT NULL,
        at_us INTEGER NOT NULL,
        boxes INTEGER NOT NULL,
        keys INTEGER NOT NULL DEFAULT 0,
        status TEXT NOT NULL DEFAULT 'done'
    )
    """,
    "CREATE INDEX journal_by_status ON journal(status, n)",
    """
    CREATE TABLE splits (
        name TEXT PRIMARY KEY,
        kind TEXT NOT NULL,
        rule TEXT NOT NULL,
        share REAL NOT NULL,
        sealed INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE split_ledger (
        n INTEGER PRIMARY KEY AUTOINCREMENT,
        group_id TEXT NOT NULL REFERENCES groups(id),
        split TEXT NOT NULL,
        action TEXT NOT NULL,
        reason TEXT NOT NULL,
        at_us INTEGER NOT NULL
    )
    """,
    """
    CREATE TRIGGER ledger_rows_stay BEFORE UPDATE ON split_ledger
    BEGIN SELECT RAISE(ABORT, 'the split ledger is append-only'); END
    """,
    """
    CREATE TRIGGER ledger_rows_are_kept BEFORE DELETE ON split_ledger
    BEGIN SELECT RAISE(ABORT, 'the split ledger is append-only'); END
    """,
    """
    CREATE TABLE versions (
        id TEXT PRIMARY KEY,
        number INTEGER NOT NULL UNIQUE,
        parent TEXT,
        created_us INTEGER NOT NULL,
        message TEXT NOT NULL,
        author TEXT NOT NULL,
        samples INTEGER NOT NULL,
        boxes INTEGER NOT NULL,
        images_root TEXT NOT NULL,
        labels_root TEXT NOT NULL,
        splits_root TEXT NOT NULL
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE measures (
        sample_id TEXT NOT NULL,
        digest TEXT NOT NULL,
        numbers TEXT NOT NULL,
        PRIMARY KEY (sample_id, digest)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE fingerprints (
        sample_id TEXT PRIMARY KEY,
        revision INTEGER NOT NULL,
        value BLOB NOT NULL
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE tombstones (
        sample_id TEXT PRIMARY KEY,
        erased_us INTEGER NOT NULL,
        reason TEXT NOT NULL
    ) WITHOUT ROWID
    """,
)

TEST_RUNS = (
    # The ledger of sealed test sets; what its columns mean stands in `test_ledger`.
    """
    CREATE TABLE test_runs (
        n INTEGER PRIMARY KEY,
        event TEXT NOT NULL,
        split TEXT NOT NULL,
        root TEXT NOT NULL,
        model TEXT NOT NULL,
        version TEXT NOT NULL,
        operator TEXT NOT NULL,
        station TEXT NOT NULL,
        reason TEXT NOT NULL,
        at_us INTEGER NOT NULL,
        previous TEXT NOT NULL UNIQUE,
        digest TEXT NOT NULL UNIQUE
    )
    """,
    """
    CREATE UNIQUE INDEX one_draw_a_model ON test_runs(root, model)
    WHERE event = 'drawn'
    """,
    """
    CREATE TRIGGER test_runs_stay BEFORE UPDATE ON test_runs
    BEGIN SELECT RAISE(ABORT, 'the test ledger is append-only'); END
    """,
    """
    CREATE TRIGGER test_runs_are_kept BEFORE DELETE ON test_runs
    BEGIN SELECT RAISE(ABORT, 'the test ledger is append-only'); END
    """,
    # Whether a sample's boxes are closed is asked at every label edit.
    "CREATE INDEX split_ledger_by_group ON split_ledger(group_id, n)",
)

MADE_SAMPLES = (
    # Images that a recipe made of a sample; they are no samples of the project.
    """
    CREATE TABLE made_samples (
        n INTEGER PRIMARY KEY,
        parent_id TEXT NOT NULL,
        recipe TEXT NOT NULL,
        copy INTEGER NOT NULL,
        kind TEXT NOT NULL,
        sample_id TEXT NOT NULL,
        labels TEXT NOT NULL,
        suffix TEXT NOT NULL,
        width INTEGER NOT NULL,
        height INTEGER NOT NULL,
        size_bytes INTEGER NOT NULL,
        boxes TEXT NOT NULL,
        libraries TEXT NOT NULL,
        UNIQUE (parent_id, recipe, copy, sample_id)
    )
    """,
    "CREATE INDEX made_samples_by_recipe ON made_samples(recipe)",
    "CREATE INDEX made_samples_by_id ON made_samples(sample_id)",
)

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
    # What a box looks like, once a box: see labeling/unlike.py.
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


@catalog_migrations()
def m0001_first_tables(db: Database) -> None:
    """Everything the first release keeps."""
    for statement in FIRST_TABLES:
        db.execute(statement)


@catalog_migrations()
def m0002_test_runs(db: Database) -> None:
    """The ledger of sealed test sets."""
    for statement in TEST_RUNS:
        db.execute(statement)


@catalog_migrations()
def m0003_made_samples(db: Database) -> None:
    """The lineage of made samples: augmented and corrupted copies."""
    for statement in MADE_SAMPLES:
        db.execute(statement)


@catalog_migrations()
def m0004_looks(db: Database) -> None:
    """What samples look like, with an index of it."""
    for statement in LOOKS:
        db.execute(statement)


@catalog_migrations()
def m0005_change_clock(db: Database) -> None:
    """What changed since a version was frozen."""
    for statement in CHANGE_CLOCK:
        db.execute(statement)


@catalog_migrations()
def m0006_detections(db: Database) -> None:
    """What a model found on samples, and how unsure of it the model is."""
    for statement in DETECTIONS:
        db.execute(statement)


@catalog_migrations()
def m0007_labeling(db: Database) -> None:
    """Steps and class work in the journal; claims and places in the queue."""
    for statement in LABELING:
        db.execute(statement)


@catalog_migrations()
def m0008_second_looks(db: Database) -> None:
    """Second passes, their disputes, and what boxes look like."""
    for statement in SECOND_LOOKS:
        db.execute(statement)
