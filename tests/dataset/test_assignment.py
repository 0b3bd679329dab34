from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from dataset.assignment import assign_splits
from dataset.errors import BadImage, ProjectError
from dataset.project import Project
from dataset.records import LabelState, LedgerAction, Sample, SampleState
from tests.small_projects import (
    BEGAN_US,
    box,
    content,
    filled,
    new_project,
    new_session,
    pixels,
)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with new_project(tmp_path / "p") as made:
        yield made


def label(project: Project, samples: tuple[Sample, ...]) -> None:
    for sample in samples:
        class_id = 1 + sample.sequence % 2
        state = LabelState(
            state=SampleState.LABELED, boxes=(box("a", class_id=class_id),)
        )
        project.catalog.labels.put(sample.id, state)


def add_sessions(project: Project, count: int, *, first: int = 0) -> None:
    """Labelled sessions of four different pictures each, from cameras of their own."""
    for number in range(first, first + count):
        session = project.begin_session(
            name=f"session {number}",
            place=f"place {number}",
            source=f"cam {number}",
            started_us=BEGAN_US + number * 3_600_000_000,
        )
        label(project, filled(project, session, 4, first=100 * (number + 1)))


def splits_of(project: Project) -> dict[str, str]:
    return {line.id: line.split for line in project.catalog.tables.group_lines()}


def test_every_new_group_gets_a_split_once(project: Project) -> None:
    add_sessions(project, 9)

    outcome = assign_splits(project)
    again = assign_splits(project)

    assert len(outcome.assigned) == 9
    assert {a.action for a in outcome.assigned} == {LedgerAction.ASSIGNED}
    assert {a.split for a in outcome.assigned} == {"train", "val", "test-main"}
    assert (again.assigned, again.moved) == ((), 0)
    assert len(project.catalog.splits.ledger()) == 9


def test_nothing_moves_when_more_comes(project: Project) -> None:
    add_sessions(project, 6)
    assign_splits(project)
    before = splits_of(project)

    add_sessions(project, 6, first=6)
    outcome = assign_splits(project)

    after = splits_of(project)
    assert outcome.moved == 0
    assert len(outcome.assigned) == 6
    assert {group: after[group] for group in before} == before


def test_dry_run_says_the_same_and_writes_nothing(project: Project) -> None:
    add_sessions(project, 6)
    before = content(project.catalog)

    planned = assign_splits(project, dry_run=True)

    assert content(project.catalog) == before
    assert assign_splits(project).assigned == planned.assigned


def test_session_without_labels_waits(project: Project) -> None:
    add_sessions(project, 3)
    filled(project, new_session(project, "unlabeled"), 3, first=5000)

    outcome = assign_splits(project)

    assert len(outcome.assigned) == 3
    assert sorted(splits_of(project).values())[0] == ""


def test_near_duplicates_of_two_sessions_share_a_split(project: Project) -> None:
    """The same things seen twice by unknown cameras: one group, one split."""
    names = ("one", "two")
    for position, name in enumerate(names):
        session = project.begin_session(name=name, started_us=BEGAN_US)
        for seed in range(4):
            quality = [cv2.IMWRITE_JPEG_QUALITY, 95 - 5 * position]
            picture = pixels(seed, 320, 240)
            data = cv2.imencode(".jpg", np.asarray(picture), quality)[1].tobytes()
            taken = project.take_in(data, session, captured_us=0).sample
            label(project, (taken,))
    add_sessions(project, 4, first=10)

    outcome = assign_splits(project)

    assert outcome.joined == 1
    groups = {
        project.catalog.samples.of_session(session.id)[0].group_id
        for session in project.catalog.sessions.all()
        if session.name in names
    }
    assert len(groups) == 1
    assert len(outcome.assigned) == 5


def test_missing_image_is_a_sentence_and_assigns_nothing(project: Project) -> None:
    add_sessions(project, 3)
    sample = next(iter(project.catalog.samples.each()))
    project.image_path(sample).unlink()

    with pytest.raises(ProjectError, match=sample.id):
        assign_splits(project)

    assert project.catalog.splits.ledger() == ()


def test_damaged_image_is_a_sentence_and_assigns_nothing(project: Project) -> None:
    add_sessions(project, 3)
    path = project.image_path(next(iter(project.catalog.samples.each())))
    path.chmod(0o644)
    path.write_bytes(b"no picture")

    with pytest.raises(BadImage):
        assign_splits(project)

    assert project.catalog.splits.ledger() == ()


def test_two_programs_assign_at_once(project: Project) -> None:
    add_sessions(project, 6)

    with Project.open(project.root) as other:
        assign_splits(other)
        outcome = assign_splits(project)

    assert outcome.assigned == ()
    assert len(project.catalog.splits.ledger()) == 6
    assert [f for f in outcome.findings if f.severity.value == "error"] == []


def test_ledger_can_only_grow(project: Project) -> None:
    add_sessions(project, 3)
    assign_splits(project)

    for statement in (
        "UPDATE split_ledger SET split = 'val'",
        "DELETE FROM split_ledger",
    ):
        with pytest.raises(Exception, match="append-only"):
            project.catalog._connection.run(statement)

    assert len(project.catalog.splits.ledger()) == 3


def test_rule_of_the_settings_takes_its_groups(project: Project) -> None:
    settings = project.root / "fieldset.toml"
    settings.write_text(
        "[split.tests.test-night]\nrule = 'condition:light=night'\n", encoding="utf-8"
    )
    session = project.begin_session(name="n", conditions=[("light", "night")])
    label(project, filled(project, session, 2))
    add_sessions(project, 3)

    with Project.open(project.root) as opened:
        outcome = assign_splits(opened)

    assert [a.reason for a in outcome.assigned if a.split == "test-night"] == [
        "rule condition:light=night"
    ]
