"""Projects with labeled groups in given splits, for the tests of sealed sets."""

from __future__ import annotations

from pathlib import Path

from dataset.project import Project, now_us
from dataset.records import (
    LabelState,
    LedgerAction,
    LedgerRow,
    Sample,
    SampleState,
    Version,
)
from dataset.version import write_version_batches
from tests.small_projects import box, filled, new_project, new_session

SETTINGS = """\
[project]
name = "sealed"

[split]
train = 0.5
val = 0.2

[split.tests.test-main]
rule = "random"
share = 0.1
budget = 2

[split.tests.test-bridge]
rule = "place:bridge"

[split.tests.test-reserve]
rule = "vault"
share = 0.1
"""
MODEL, OTHER, THIRD = "aa" * 32, "bb" * 32, "cc" * 32


def sealable_project(root: Path) -> Project:
    """Two groups in train, and one in each of val, test-main and test-reserve."""
    new_project(root).close()
    (root / "fieldset.toml").write_text(SETTINGS, encoding="utf-8")
    project = Project.open(root)
    for number, split in enumerate(
        ("train", "train", "val", "test-main", "test-reserve")
    ):
        labeled_group(project, split, first=10 * number)
    return project


def labeled_group(
    project: Project, split: str, *, first: int, count: int = 3, place: str = ""
) -> tuple[Sample, ...]:
    """A session of labeled samples, its group in that split; "" leaves it open."""
    session = new_session(project, f"session {first}", place=place)
    samples = filled(project, session, count, first=first)
    for sample in samples:
        project.catalog.labels.put(sample.id, labels())
    if split:
        for known in project.splits:
            project.catalog.splits.define(known)
        put(project, samples[0].group_id, split, LedgerAction.ASSIGNED)
    return samples


def labels(x0: float = 5.0) -> LabelState:
    """One car."""
    return LabelState(state=SampleState.LABELED, boxes=(box("a", x0=x0),))


def put(
    project: Project,
    group: str,
    split: str,
    action: LedgerAction,
    reason: str = "by hand",
) -> None:
    """A row of the split ledger."""
    row = LedgerRow(
        group_id=group, split=split, action=action, reason=reason, at_us=now_us()
    )
    project.catalog.splits.append([row])


def frozen(project: Project) -> Version:
    """A version of what is labeled, exactly as the ledger splits it."""
    with project.catalog.reading():
        return write_version_batches(
            project.root,
            batches=project.catalog.frozen_batches(),
            classes=project.catalog.classes.all(include_retired=True),
            splits=project.splits,
            policy={},
            parent=None,
            message="",
            author="",
            created_us=1,
        ).version


def members(project: Project, split: str) -> tuple[Sample, ...]:
    """The samples of the groups in a split."""
    lines = project.catalog.tables.group_lines()
    groups = {line.id for line in lines if line.split == split}
    return tuple(s for s in project.catalog.samples.each() if s.group_id in groups)
