from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from dataset import linking
from dataset.assignment import assign_splits
from dataset.erasure import erase
from dataset.findings import Finding, Severity
from dataset.image_file import decode
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


def spoil(project: Project, sample: Sample) -> bytes:
    """Replace a stored image by something else; gives what it was."""
    path = project.image_path(sample)
    data = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(b"no picture")
    return data


def errors_of(findings: tuple[Finding, ...]) -> list[Finding]:
    return [f for f in findings if f.severity is Severity.ERROR]


def test_missing_image_is_named_and_stops_nothing_else(project: Project) -> None:
    add_sessions(project, 3)
    sample = next(iter(project.catalog.samples.each()))
    project.image_path(sample).unlink()

    outcome = assign_splits(project)

    (error,) = errors_of(outcome.findings)
    assert error.what.endswith(f": {sample.id}")
    assert "erase" in error.next_step
    # Its session has other pictures, so its group is no secret.
    assert len(outcome.assigned) == 3
    assert "" not in splits_of(project).values()


def test_damaged_image_is_looked_at_again_until_it_is_mended(project: Project) -> None:
    add_sessions(project, 3)
    sample = next(iter(project.catalog.samples.each()))
    data = spoil(project, sample)

    outcomes = [assign_splits(project) for _ in range(2)]
    project.image_path(sample).write_bytes(data)
    mended = assign_splits(project)

    assert [len(errors_of(o.findings)) for o in outcomes] == [1, 1]
    assert errors_of(mended.findings) == []


def test_group_of_which_nothing_was_seen_waits(project: Project) -> None:
    add_sessions(project, 3)
    lonely = new_session(project, "lonely")
    (sample,) = filled(project, lonely, 1, first=7000)
    label(project, (sample,))
    data = spoil(project, sample)

    outcome = assign_splits(project)
    waiting = splits_of(project)[sample.group_id]
    project.image_path(sample).write_bytes(data)
    after = assign_splits(project)

    assert len(outcome.assigned) == 3
    assert waiting == ""
    assert [a.group_id for a in after.assigned] == [sample.group_id]


def test_erased_sample_is_waited_for_no_longer(project: Project) -> None:
    add_sessions(project, 3)
    sample = next(iter(project.catalog.samples.each()))
    spoil(project, sample)
    assign_splits(project)

    erase(project, sample.id)

    assert errors_of(assign_splits(project).findings) == []


def copies(project: Project, count: int, *, seed: int = 1) -> None:
    """The same picture in other bytes, each as a group of its own, unknown camera."""
    session = project.begin_session(name=f"copies {seed}")
    for number in range(count):
        quality = [cv2.IMWRITE_JPEG_QUALITY, 40 + number]
        data = cv2.imencode(".jpg", pixels(seed, 320, 240), quality)[1].tobytes()
        taken = project.take_in(
            data, session, captured_us=0, group_id=f"g-{seed:04}{number:012}"
        )
        label(project, (taken.sample,))


def test_nothing_but_copies_is_one_group_and_said_so(project: Project) -> None:
    copies(project, 40)

    outcome = assign_splits(project)

    assert outcome.joined == 39
    assert len(outcome.assigned) == 1
    (told,) = [f for f in outcome.findings if "nothing can be held out" in f.what]
    assert told.severity is Severity.WARNING
    assert told.what.endswith(": 40")


def test_one_sample_alone_is_no_crowd(project: Project) -> None:
    copies(project, 1)

    outcome = assign_splits(project)

    assert len(outcome.assigned) == 1
    assert not [f for f in outcome.findings if "nothing can be held out" in f.what]


def test_copy_that_is_labelled_later_joins_then(project: Project) -> None:
    add_sessions(project, 3)
    copies(project, 1)
    session = project.begin_session(name="later")
    data = cv2.imencode(".png", pixels(1, 320, 240))[1].tobytes()
    late = project.take_in(data, session, captured_us=0).sample
    first = assign_splits(project)

    label(project, (late,))
    second = assign_splits(project)

    assert (first.joined, second.joined) == (0, 1)
    assert project.catalog.samples.get(late.id).group_id == f"g-{1:04}{0:012}"
    assert second.assigned == ()


def test_labels_changed_since_are_looked_at_again_alone(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_sessions(project, 3)
    assign_splits(project)
    sample = next(iter(project.catalog.samples.each()))
    seen: list[int] = []

    def counted(data: bytes) -> NDArray[np.uint8]:
        seen.append(len(data))
        return decode(data)

    monkeypatch.setattr(linking, "decode", counted)
    label(project, (sample,))
    assign_splits(project)
    assign_splits(project)

    assert len(seen) == 1


def indexed(project: Project) -> list[tuple[int, int, int]]:
    return project.catalog._connection.rows(
        "SELECT key, camera, sample_n FROM look_keys"
    )


def test_index_holds_what_is_there_and_nothing_else(project: Project) -> None:
    add_sessions(project, 2)
    assign_splits(project)
    before = indexed(project)
    sample = next(iter(project.catalog.samples.each()))
    (n,) = project.catalog._connection.rows(
        "SELECT n FROM samples WHERE id = ?", [sample.id]
    )[0]

    label(project, (sample,))
    assign_splits(project)
    relooked = indexed(project)
    erase(project, sample.id)

    assert relooked == before
    assert indexed(project) == [row for row in before if row[2] != n]


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
