"""Chains of signed records, one of each station's key; who erased a sample."""

from __future__ import annotations

PROVENANCE = (
    # The public half of each key that signed here, and where its chain ends.
    """
    CREATE TABLE stations (
        key_id TEXT PRIMARY KEY,
        public_key BLOB NOT NULL,
        number INTEGER NOT NULL,
        digest TEXT NOT NULL,
        signature BLOB NOT NULL
    ) WITHOUT ROWID
    """,
    # The records; what stands in `body` is told in provenance/record.py. It is NULL
    # once the sample was erased: digest and signature keep the chain whole.
    """
    CREATE TABLE provenance (
        key_id TEXT NOT NULL REFERENCES stations(key_id),
        number INTEGER NOT NULL,
        kind TEXT NOT NULL,
        sample_id TEXT NOT NULL,
        session_id TEXT NOT NULL,
        body BLOB,
        digest TEXT NOT NULL,
        signature BLOB NOT NULL,
        UNIQUE (key_id, number)
    )
    """,
    # A count by session must not read a gigabyte of records.
    """
    CREATE INDEX provenance_by_session ON provenance(session_id)
    WHERE kind = 'capture' AND body IS NOT NULL
    """,
    "CREATE INDEX provenance_by_sample ON provenance(sample_id)",
    """
    CREATE TRIGGER records_stay BEFORE UPDATE ON provenance
    WHEN new.body IS NOT NULL OR new.key_id <> old.key_id OR new.number <> old.number
        OR new.kind <> old.kind OR new.sample_id <> old.sample_id
        OR new.digest <> old.digest OR new.signature <> old.signature
    BEGIN SELECT RAISE(ABORT, 'records of provenance are append-only'); END
    """,
    """
    CREATE TRIGGER records_are_kept BEFORE DELETE ON provenance
    BEGIN SELECT RAISE(ABORT, 'records of provenance are append-only'); END
    """,
    "ALTER TABLE tombstones ADD COLUMN person TEXT NOT NULL DEFAULT ''",
)
