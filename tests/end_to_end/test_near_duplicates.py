"""What looks alike across splits: the side nearer to training leaves, and only it."""

from __future__ import annotations

from pathlib import Path

from dataset.project import Project
from dataset.records import LedgerAction, LedgerRow

from . import pictures


def _group_in(project: Project, split: str) -> str:
    """A group of one sample that stands in that split."""
    session = project.begin_session(name=split)
    (data,) = pictures.many(1, split)
    taken = project.take_in(data, session, captured_us=session.started_us)
    row = LedgerRow(
        group_id=taken.sample.group_id,
        split=split,
        action=LedgerAction.ASSIGNED,
        reason="by hand",
        at_us=1,
    )
    project.catalog.splits.append([row])
    return taken.sample.group_id


def test_meeting_again_does_not_quarantine_the_side_that_stays(project: Path) -> None:
    with Project.open(project) as opened:
        catalog = opened.catalog
        for split in opened.splits:
            catalog.splits.define(split)
        train, val = _group_in(opened, "train"), _group_in(opened, "val")

        # The same two are found alike at every later freeze, too.
        for at_us in (2, 3, 4):
            catalog.groups.join(train, val, reason="the same picture", at_us=at_us)

        rows = [(row.group_id, row.action) for row in catalog.splits.ledger()]
    assert rows == [
        (train, LedgerAction.ASSIGNED),
        (val, LedgerAction.ASSIGNED),
        (train, LedgerAction.QUARANTINED),
    ]
