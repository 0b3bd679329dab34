"""The history of the catalog's tables, one function a step, never edited later.

Applied by sqlite-utils' own `Migrations`, each step in one transaction. The number
of known steps is the catalog's schema number: a catalog with more than this
program knows is refused (see `dataset.catalog.connection`).
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

from .capture_tables import CLASS_HINTS
from .change_tables import CHANGE_CLOCK, DETECTIONS, LABELING, LOOKS
from .first_tables import FIRST_TABLES, MADE_SAMPLES, TEST_RUNS
from .measure_tables import MEASURING
from .provenance_tables import PROVENANCE
from .review_tables import SECOND_LOOKS

catalog_migrations = Migrations("fieldset")


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


@catalog_migrations()
def m0009_provenance(db: Database) -> None:
    """Chains of signed records, and who erased a sample."""
    for statement in PROVENANCE:
        db.execute(statement)


@catalog_migrations()
def m0010_class_hints(db: Database) -> None:
    """The class that was chosen when a sample was captured."""
    for statement in CLASS_HINTS:
        db.execute(statement)


@catalog_migrations()
def m0011_embeddings(db: Database) -> None:
    """What pictures look like as vectors."""
    for statement in MEASURING:
        db.execute(statement)
