"""The index of looks in the catalog: what it finds, what it bounds, how it is kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dataset import migrations
from dataset.catalog import Look
from dataset.catalog import looks as index
from dataset.catalog.looks import CROWD
from dataset.near_duplicates.fingerprint import fingerprint
from dataset.near_duplicates.look import Fingerprint
from dataset.project import Project
from dataset.records import LabelState, Sample, SampleState
from dataset.splitting.assignment import assign_splits
from tests.small_projects import (
    BEGAN_US,
    box,
    filled,
    new_project,
    new_session,
    pixels,
)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with new_project(tmp_path / "p") as made:
        yield made


def label(project: Project, sample: Sample, state: str = "empty") -> None:
    project.catalog.labels.put(sample.id, LabelState(state=SampleState(state)))


def seen(seed: int, *crops: int) -> Fingerprint:
    """A real picture's look, with crops of other pictures."""
    return replace(
        fingerprint(pixels(seed, 320, 240)),
        crops=tuple(fingerprint(pixels(c, 80, 80)).whole for c in crops),
    )


def look(n: int, found: Fingerprint, camera: int = 0, at: int = 1) -> Look:
    return Look(
        n=n,
        revision=0,
        camera=camera,
        captured_us=at,
        value=found.to_bytes(),
        keys=found.keys,
    )


def keys_of(project: Project) -> list[tuple[int, int]]:
    return project.catalog._connection.rows(
        "SELECT key, count(*) FROM look_keys GROUP BY key"
    )


def test_what_shares_the_most_keys_is_met_first(project: Project) -> None:
    filled(project, new_session(project), 4)
    looks = project.catalog.looks
    looks.put([look(1, seen(1)), look(2, seen(2)), look(3, seen(3))])

    met = looks.meet([look(4, seen(2))], votes=2, best=1)

    assert met == {2}


def test_a_dry_meeting_leaves_nothing_behind(project: Project) -> None:
    filled(project, new_session(project), 2)
    looks = project.catalog.looks
    looks.put([look(1, seen(1))])
    before = keys_of(project)

    assert looks.meet([look(2, seen(1))], votes=2, best=9, keep=False) == {1}
    assert keys_of(project) == before


def test_within_a_camera_only_crops_of_boxes_meet(project: Project) -> None:
    filled(project, new_session(project), 4)
    looks = project.catalog.looks
    looks.put([look(1, seen(1), camera=7), look(2, seen(1, 50), camera=7)])

    assert looks.meet([look(3, seen(1), camera=7)], votes=2, best=9) == set()
    assert looks.meet([look(3, seen(1, 50), camera=7)], votes=2, best=9) == {2}
    assert looks.meet([look(4, seen(1), camera=8)], votes=2, best=9) == {1, 2, 3}


def test_a_crowd_fills_no_key_without_end(project: Project) -> None:
    filled(project, new_session(project), 3 * CROWD)

    for n in range(1, 3 * CROWD + 1):
        project.catalog.looks.put([look(n, seen(1))])

    assert {count for _, count in keys_of(project)} == {CROWD}


def levels(project: Project) -> set[int]:
    rows = project.catalog._connection.rows("SELECT DISTINCT level FROM look_keys")
    return {level for (level,) in rows}


def test_tidying_changes_no_answer(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(project, new_session(project), 4)
    looks = project.catalog.looks
    looks.put([look(1, seen(1, 50)), look(2, seen(2))])
    before = keys_of(project)
    monkeypatch.setattr(index, "_FRESH_ROWS", 10)

    looks.tidy()

    assert levels(project) == {1}
    assert keys_of(project) == before
    looks.put([look(3, seen(1))])
    assert levels(project) == {0, 1}
    assert looks.meet([look(4, seen(1, 50))], votes=2, best=2) == {1, 3}
    with project.catalog.writing():
        looks.forget(1)
        looks.forget(2)
    assert levels(project) == {0}


def test_few_new_rows_stay_where_they_are(project: Project) -> None:
    filled(project, new_session(project), 1)
    project.catalog.looks.put([look(1, seen(1))])

    project.catalog.looks.tidy()

    assert levels(project) == {0}


def test_moments_of_a_camera_are_found_by_time(project: Project) -> None:
    filled(project, new_session(project, "a"), 2)
    filled(project, new_session(project, "b"), 1, first=10)
    looks = project.catalog.looks
    looks.put([look(1, seen(1), camera=7, at=100), look(2, seen(2), camera=7, at=900)])

    assert looks.near_in_time([look(3, seen(3), camera=7, at=110)], 50) == {1}
    assert looks.near_in_time([look(3, seen(3), camera=8, at=110)], 50) == set()


def test_decided_samples_wait_once_and_undecided_ones_do_not(project: Project) -> None:
    first, second, third = filled(project, new_session(project), 3)
    label(project, first)
    label(project, first)
    label(project, second, "skipped")

    waiting = project.catalog.looks.waiting()

    assert [item.id for item in waiting] == [first.id]
    assert third.id not in {item.id for item in waiting}


def test_what_was_edited_while_it_was_compared_waits_on(project: Project) -> None:
    (sample,) = filled(project, new_session(project), 1)
    label(project, sample)
    (item,) = project.catalog.looks.waiting()

    label(project, sample)
    project.catalog.looks.settle([(item.n, item.revision)])
    still = project.catalog.looks.waiting()
    project.catalog.looks.settle([(one.n, one.revision) for one in still])

    assert [one.id for one in still] == [sample.id]
    assert project.catalog.looks.waiting() == ()


@contextmanager
def steps_before(name: str) -> Iterator[None]:
    """As a program that knows no migration from that one on."""
    steps = migrations.catalog_migrations._migrations
    everything = list(steps)
    steps[:] = [step for step in everything if step.name < name]
    try:
        yield
    finally:
        steps[:] = everything


def test_older_catalog_is_looked_at_anew(tmp_path: Path) -> None:
    """Its fingerprints lack what a crop is found by; its groups stay where they are."""
    root = tmp_path / "p"
    with steps_before("m0004"), new_project(root) as old:
        samples = filled(old, new_session(old), 3)
        for sample in samples:
            old.catalog.labels.put(
                sample.id, LabelState(state=SampleState.LABELED, boxes=(box("a"),))
            )
        old.catalog._connection.run(
            "INSERT INTO fingerprints VALUES (?, 1, x'00')", [samples[0].id]
        )
        session = old.begin_session(
            name="import old", source="coco", started_us=BEGAN_US
        )

    with Project.open(root) as project:
        waiting = project.catalog.looks.waiting()
        outcome = assign_splits(project)

        assert {item.id for item in waiting} == {sample.id for sample in samples}
        assert len(outcome.assigned) == 1
        assert project.catalog.looks.waiting() == ()
        assert project.catalog.sessions.get(session.id).source == ""
        assert project.catalog.damages(deep=True) == ()


def test_keys_are_those_of_the_parts() -> None:
    whole, crops = seen(1), seen(1, 50)

    assert set(whole.keys.tolist()) < set(crops.keys.tolist())
    assert np.array_equal(whole.keys, np.unique(whole.keys))
    assert Fingerprint().keys.tolist() == []
