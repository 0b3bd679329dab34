"""The tables of the first release: what it keeps, sealed tests, made samples."""

from __future__ import annotations

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
