from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from dataset.diff import compare
from dataset.differences.changes import (
    BoxAdded,
    BoxMoved,
    BoxRemoved,
    Change,
    GroupChanged,
    SampleAdded,
    SampleRemoved,
    SplitChanged,
    StateChanged,
)
from dataset.differences.patch import apply
from dataset.errors import ProjectError
from dataset.records import SampleState, VersionSample
from dataset.version import read_version, write_version
from dataset.versions.frozen_version import FrozenVersion
from tests.dataset.test_diff import box
from tests.strategies import CLASSES, SPLITS, edited_sets, history_sets

Samples = tuple[VersionSample, ...]


def freeze(root: Path, samples: Samples) -> FrozenVersion:
    written = write_version(
        root, samples=samples, classes=CLASSES, splits=SPLITS, policy={}, parent=None,
        message="", author="", created_us=0,
    )  # fmt: skip
    return read_version(root, written.version.alias)


@given(edited_sets())
def test_the_diff_applied_to_the_old_gives_the_new_version(
    states: tuple[Samples, Samples],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        old, new = (freeze(Path(folder), state) for state in states)
        changes = compare(old, new).changes

        made = tuple(apply(reversed(changes), old.samples, new.sample))

        assert freeze(Path(folder), made).version.id == new.version.id


@given(history_sets())
def test_two_diffs_in_a_row_give_the_last_version(
    states: tuple[Samples, Samples, Samples],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        first, second, third = (freeze(Path(folder), state) for state in states)
        there = compare(first, second).changes
        further = compare(second, third).changes

        half = apply(there, first.samples, second.sample)
        made = tuple(apply(further, half, third.sample))

        assert freeze(Path(folder), made).version.id == third.version.id


@settings(deadline=None, max_examples=25)
@given(edited_sets())
def test_what_no_change_speaks_of_stays(states: tuple[Samples, Samples]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        old, new = (freeze(Path(folder), state) for state in states)
        changes = compare(old, new).changes
        before = {sample.id: sample for sample in old.samples}

        made = tuple(apply(changes, old.samples, new.sample))

    kept = [sample for sample in made if sample.id in before]
    assert all(s.session == before[s.id].session for s in kept)
    assert all(s.captured_us == before[s.id].captured_us for s in kept)


SAMPLE = VersionSample(
    id=f"{1:064x}", width=640, height=480, suffix="jpg", state=SampleState.EMPTY,
    group="g", split="train",
)  # fmt: skip


def misfits() -> list[Change]:
    own = SAMPLE.id
    moved = {"old": box(1), "new": box(1, 5), "iou": 0.5, "shift": (5.0, 0.0)}
    return [
        SampleAdded(sample_id=own, split="train", boxes=0),
        SampleRemoved(sample_id=f"{2:064x}", split="train", boxes=0),
        BoxRemoved(sample_id=own, box=box(1)),
        BoxMoved(sample_id=own, area_ratio=1.0, **moved),  # type: ignore[arg-type]
        SplitChanged(sample_id=own, old="val", new="train", touches_test=False),
        GroupChanged(sample_id=own, old="h", new="g"),
        StateChanged(
            sample_id=own, old=SampleState.LABELED, new=SampleState.EMPTY
        ),
    ]  # fmt: skip


@pytest.mark.parametrize("change", misfits(), ids=lambda change: change.kind)
def test_a_change_of_another_version_does_not_fit(change: Change) -> None:
    with pytest.raises(ProjectError, match="does not fit"):
        list(apply([change], [SAMPLE], lambda _: SAMPLE))


def test_a_box_is_not_added_over_another_one() -> None:
    sample = replace(SAMPLE, state=SampleState.LABELED, boxes=(box(1),))
    change = BoxAdded(sample_id=sample.id, box=box(1, 50))

    with pytest.raises(ProjectError, match="does not fit"):
        list(apply([change], [sample], lambda _: sample))
