from __future__ import annotations

import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset.diff import VersionDiff, compare
from dataset.differences.changes import (
    BoxAdded,
    BoxMoved,
    BoxRemoved,
    Change,
    SampleAdded,
    SampleRemoved,
    SplitChanged,
)
from dataset.differences.matching import Matching, iou, match_boxes
from dataset.records import Box, LabelClass, SampleState, VersionSample
from dataset.version import read_version, write_version
from dataset.versions import leaf
from dataset.versions.frozen_version import FrozenVersion
from tests.strategies import CLASSES, SPLITS, box_sets, boxes, edited_sets, sample_sets

Samples = tuple[VersionSample, ...]


def box(number: int, x: float = 0.0, *, class_id: int = 1, width: float = 10.0) -> Box:
    box_id = str(uuid.UUID(int=number))
    return Box(id=box_id, class_id=class_id, x0=x, y0=0.0, x1=x + width, y1=10.0)


def sample(
    number: int, *own: Box, split: str = "train", **changes: object
) -> VersionSample:
    plain = VersionSample(
        id=f"{number:064x}",
        width=640,
        height=480,
        suffix="jpg",
        state=SampleState.LABELED if own else SampleState.EMPTY,
        group="g",
        split=split,
        boxes=own,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def freeze(
    root: Path, samples: Samples, classes: tuple[LabelClass, ...] = CLASSES
) -> FrozenVersion:
    written = write_version(
        root, samples=samples, classes=classes, splits=SPLITS, policy={}, parent=None,
        message="", author="", created_us=0,
    )  # fmt: skip
    return read_version(root, written.version.alias)


@contextmanager
def frozen(*states: Samples) -> Iterator[list[FrozenVersion]]:
    with tempfile.TemporaryDirectory() as folder:
        yield [freeze(Path(folder), state) for state in states]


def difference(old: Samples, new: Samples) -> VersionDiff:
    with frozen(old, new) as versions:
        return compare(*versions)


def mirrored(change: Change) -> Change:
    if isinstance(change, SampleAdded):
        return SampleRemoved(
            sample_id=change.sample_id,
            split=change.split,
            boxes=change.boxes,
            content=change.content,
        )
    if isinstance(change, SampleRemoved):
        return SampleAdded(
            sample_id=change.sample_id,
            split=change.split,
            boxes=change.boxes,
            content=change.content,
        )
    if isinstance(change, BoxAdded):
        return BoxRemoved(sample_id=change.sample_id, box=change.box)
    if isinstance(change, BoxRemoved):
        return BoxAdded(sample_id=change.sample_id, box=change.box)
    if isinstance(change, SplitChanged):
        is_back = bool(change.new) and "test-main" in (change.old, change.new)
        return replace(change, old=change.new, new=change.old, touches_test=is_back)
    if isinstance(change, BoxMoved):
        shift = (-change.shift[0], -change.shift[1])
        return replace(
            change,
            old=change.new,
            new=change.old,
            shift=shift,
            area_ratio=pytest.approx(1 / change.area_ratio),
        )
    return replace(change, old=change.new, new=change.old)  # type: ignore[attr-defined]


def by_key(changes: tuple[Change, ...]) -> list[Change]:
    def key(change: Change) -> tuple[str, str, str]:
        own = getattr(change, "box", None) or getattr(change, "old", None)
        other = getattr(change, "new", None)
        ids = sorted(b.id for b in (own, other) if isinstance(b, Box))
        return change.sample_id, change.kind, "".join(ids)

    return sorted(changes, key=key)


@settings(deadline=None, max_examples=25)
@given(sample_sets())
def test_a_version_does_not_differ_from_itself(samples: Samples) -> None:
    found = difference(samples, samples)

    assert found.is_empty
    assert found.samples.unchanged == len(samples)
    assert found.boxes.unchanged == sum(len(s.boxes) for s in samples)
    assert found.semver_step == ""


@given(edited_sets())
def test_the_way_back_mirrors_the_way_there(states: tuple[Samples, Samples]) -> None:
    with frozen(*states) as (a, b):
        there, back = compare(a, b), compare(b, a)

    assert by_key(tuple(mirrored(c) for c in there.changes)) == by_key(back.changes)
    assert (there.samples.added, there.samples.removed) == (
        back.samples.removed,
        back.samples.added,
    )
    assert there.samples.changed == back.samples.changed
    assert (there.boxes.added, there.boxes.relabelled, there.boxes.moved) == (
        back.boxes.removed,
        back.boxes.relabelled,
        back.boxes.moved,
    )
    assert there.boxes.unchanged == back.boxes.unchanged
    assert there.splits.test_moved == back.splits.test_moved


@given(edited_sets())
def test_counts_add_up_and_nothing_is_equal_by_mistake(
    states: tuple[Samples, Samples],
) -> None:
    old, new = states

    found = difference(old, new)

    assert found.is_empty == (essence(old) == essence(new))
    total = found.samples
    assert total.unchanged + total.changed + total.removed == len(old)
    assert total.unchanged + total.changed + total.added == len(new)


def essence(samples: Samples) -> list[tuple[bytes, bytes, bytes]]:
    return [leaf.leaves(one) for one in samples]


def test_each_kind_of_change_is_told_by_name() -> None:
    old = (
        sample(1, box(1), box(2, 50)),
        sample(2, box(3)),
        sample(3),
        sample(4, box(4), split="test-main"),
        sample(5, split=""),
        sample(6, group="g", width=640),
    )
    new = (
        sample(1, box(1, class_id=2), box(2, 55), box(9, 200)),
        sample(2),
        sample(4, box(4), split="train"),
        sample(5, split="val"),
        sample(6, group="h", width=480),
        sample(7, box(7), box(8, 20)),
    )

    found = difference(old, new)

    assert [c.kind for c in found.changes] == [
        "box_added", "box_relabelled", "box_moved",
        "state_changed", "box_removed",
        "sample_removed",
        "split_changed",
        "split_changed",
        "size_changed", "group_changed",
        "sample_added",
    ]  # fmt: skip
    assert found.to_json()["samples"] == {
        "added": 1, "removed": 1, "changed": 5, "unchanged": 0,
    }  # fmt: skip
    assert found.to_json()["boxes"] == {
        "added": 3, "removed": 1, "relabelled": 1, "moved": 1, "unchanged": 1,
    }  # fmt: skip
    assert found.to_json()["splits"] == {
        "moved": 1, "test_moved": 1, "retired": 0, "assigned": 1, "released": 0,
    }  # fmt: skip
    assert found.semver_step == "major"


def test_a_move_has_overlap_shift_and_area() -> None:
    old = (sample(1, box(1, 0.0, width=10)),)
    new = (sample(1, box(1, 0.0, width=20)),)

    (move,) = difference(old, new).changes

    assert isinstance(move, BoxMoved)
    assert move.iou == pytest.approx(0.5)
    assert move.shift == (5.0, 0.0)
    assert move.area_ratio == pytest.approx(2.0)
    assert move.to_json()["new"] == [0.0, 0.0, 20.0, 10.0]


def test_boxes_imported_anew_are_matched_by_place_whatever_the_class() -> None:
    old = (sample(1, box(1, 0), box(2, 100)),)
    new = (sample(1, box(11, 1, class_id=2), box(12, 100)),)

    found = difference(old, new)

    assert [c.kind for c in found.changes] == [
        "box_relabelled", "box_moved", "box_reidentified", "box_reidentified",
    ]  # fmt: skip
    assert (found.boxes.added, found.boxes.removed, found.boxes.unchanged) == (0, 0, 1)


def test_only_added_samples_make_a_minor_version() -> None:
    assert difference((sample(1),), (sample(1), sample(2))).semver_step == "minor"


def test_the_taxonomy_is_compared(tmp_path: Path) -> None:
    after = (
        replace(CLASSES[0], name="auto"),
        replace(CLASSES[1], retired=True),
        LabelClass(id=9, name="bus", colour="#000000"),
    )
    old = freeze(tmp_path, (sample(1),))
    new = freeze(tmp_path, (sample(1),), after)

    found = compare(old, new).to_json()["taxonomy"]

    assert found == {
        "added": [{"id": 9, "old": "", "new": "bus"}],
        "removed": [{"id": 3, "old": "person", "new": ""}],
        "renamed": [{"id": 1, "old": "car", "new": "auto"}],
        "retired": [{"id": 2, "old": "bike", "new": "bike"}],
        "restored": [],
    }


def test_class_counts_stand_beside_each_other() -> None:
    old = (sample(1, box(1), box(2, 50, class_id=2)),)
    new = (sample(1, box(1)), sample(2, box(3), split="val"))

    found = difference(old, new).to_json()["classes"]

    assert found["1"] == {
        "name": "car",
        "old": 1,
        "new": 2,
        "splits": {"train": {"old": 1, "new": 1}, "val": {"old": 0, "new": 1}},
    }
    assert (found["2"]["old"], found["2"]["new"]) == (1, 0)


def test_json_has_the_promised_keys() -> None:
    found = difference((sample(1),), (sample(1, box(1)),))

    assert list(found.to_json()) == [
        "old", "new", "samples", "boxes", "splits", "classes", "taxonomy", "drift",
        "balance", "semver",
    ]  # fmt: skip
    assert found.to_json(with_changes=True)["changes"][-1]["kind"] == "box_added"


def test_three_ways_tell_who_changed_what() -> None:
    base = (
        sample(1, box(1)),
        sample(2, box(2)),
        sample(3, box(3)),
        sample(4, box(4)),
        sample(5, box(5)),
    )
    ours = (
        sample(1, box(1, 5)),
        sample(2, box(2)),
        sample(3, box(3, 7)),
        sample(4, box(4, class_id=2)),
    )
    theirs = (
        sample(1, box(1)),
        sample(2, box(2, class_id=3)),
        sample(3, box(3, 7)),
        sample(4, box(4, class_id=3)),
        sample(5, box(5, 9)),
        sample(6),
    )

    with frozen(base, ours, theirs) as (common, left, right):
        found = compare(left, right, common).three_way

    assert found is not None
    assert [(c.kind, c.sample_id[-1]) for c in found.only_old] == [("box_moved", "1")]
    assert [(c.kind, c.sample_id[-1]) for c in found.only_new] == [
        ("box_relabelled", "2"),
        ("sample_added", "6"),
    ]
    assert [(c.kind, c.sample_id[-1]) for c in found.both] == [("box_moved", "3")]
    assert [
        (c.sample_id[-1], c.old[0].kind, c.new[0].kind) for c in found.conflicts
    ] == [
        ("4", "box_relabelled", "box_relabelled"),
        ("5", "sample_removed", "box_moved"),
    ]
    assert found.to_json()["only_new"] == 2


@settings(deadline=None, max_examples=25)
@given(edited_sets())
def test_three_ways_with_an_unchanged_side_find_no_conflict(
    states: tuple[Samples, Samples],
) -> None:
    with frozen(*states) as (a, b):
        found = compare(a, b, a)

    assert found.three_way is not None
    assert found.three_way.only_new == found.changes
    assert not found.three_way.only_old
    assert not found.three_way.both
    assert not found.three_way.conflicts


def test_many_buckets_and_row_groups_are_walked(tmp_path: Path) -> None:
    def spread(number: int) -> str:
        return f"{number * 2654435761 % 2**32:08x}{number:056x}"

    base = sorted(
        (sample(i, box(i), id=spread(i)) for i in range(1, 20_001)), key=lambda s: s.id
    )
    edited = list(base)
    for place in range(0, 20_000, 2_000):
        moved = replace(base[place].boxes[0], x1=33.0)
        edited[place] = replace(base[place], boxes=(moved,))
    gone = edited.pop(12_345)

    found = compare(freeze(tmp_path, tuple(base)), freeze(tmp_path, tuple(edited)))

    assert found.boxes.moved == 10
    assert [c.sample_id for c in found.changes if isinstance(c, SampleRemoved)] == [
        gone.id
    ]
    assert (found.samples.unchanged, found.boxes.unchanged) == (19_989, 19_989)


def test_scipy_is_left_alone_where_ids_match(tmp_path: Path) -> None:
    freeze(tmp_path, (sample(1, box(1), box(2, 50)),))
    freeze(tmp_path, (sample(1, box(1, 5), box(2, 55)),))
    code = (
        "import sys; from pathlib import Path; from dataset.diff import compare;"
        "from dataset.version import read_version; root = Path(sys.argv[1]);"
        "diff = compare(read_version(root, 'v1'), read_version(root, 'v2'));"
        "assert diff.boxes.moved == 2;"
        "assert not {'scipy', 'sqlite_utils', 'cv2'} & set(sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False,
                          cwd=Path(__file__).resolve().parents[2])  # fmt: skip

    assert done.returncode == 0


@given(boxes(), boxes())
def test_overlap_is_symmetric_and_between_zero_and_one(first: Box, second: Box) -> None:
    found = iou(first, second)

    assert found == pytest.approx(iou(second, first))
    assert 0.0 <= found <= 1.0 + 1e-12
    assert iou(first, first) == pytest.approx(1.0)


@given(box_sets(max_size=6), box_sets(max_size=6), st.randoms())
def test_matching_is_whole_symmetric_and_ignores_order(
    old: tuple[Box, ...], new: tuple[Box, ...], random: Random
) -> None:
    shuffled = list(new)
    random.shuffle(shuffled)

    found, back = match_boxes(old, shuffled), match_boxes(new, old)

    assert {(a.id, b.id) for a, b in found.pairs} == {
        (b.id, a.id) for a, b in back.pairs
    }
    assert sorted(b.id for b in (*found.removed, *(a for a, _ in found.pairs))) == [
        b.id for b in old
    ]
    assert sorted(b.id for b in (*found.added, *(b for _, b in found.pairs))) == [
        b.id for b in new
    ]
    assert all(a.id == b.id or iou(a, b) >= 0.5 for a, b in found.pairs)


def test_crossing_boxes_are_matched_for_the_best_sum() -> None:
    # Greedy by the best single overlap would leave one box without a partner.
    old = [box(1, 0.0), box(2, 3.0)]
    new = [box(11, 2.0), box(12, 5.0)]

    found = match_boxes(old, new)

    assert [(a.id[-2:], b.id[-2:]) for a, b in found.pairs] == [
        ("01", "0b"),
        ("02", "0c"),
    ]


def test_of_boxes_on_one_place_those_of_a_class_belong_together() -> None:
    old = [box(1, class_id=1), box(2, class_id=2)]
    new = [box(11, class_id=2), box(12, class_id=1)]

    found = match_boxes(old, new)

    assert all(a.class_id == b.class_id for a, b in found.pairs)


def test_nothing_to_match_leaves_everything() -> None:
    assert match_boxes([], [box(1)]) == Matching(pairs=(), removed=(), added=(box(1),))
