from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings

from dataset.diff import compare
from dataset.differences.changes import Change
from dataset.differences.three_way import Conflict
from dataset.records import SampleState, VersionSample
from tests.dataset.test_diff import box, freeze, frozen, sample
from tests.strategies import history_sets

Samples = tuple[VersionSample, ...]


def outcomes(changes: tuple[Change, ...]) -> list[tuple[str, str, str, object]]:
    return [(c.sample_id, c.kind, c.subject, c.outcome) for c in changes]


def turned(conflicts: tuple[Conflict, ...]) -> list[tuple[object, ...]]:
    return [(c.sample_id, c.subject, c.new, c.old) for c in conflicts]


@given(history_sets())
def test_three_ways_are_symmetric(states: tuple[Samples, Samples, Samples]) -> None:
    with frozen(*states) as (base, a, b):
        there, back = compare(a, b, base).three_way, compare(b, a, base).three_way

    assert there is not None
    assert back is not None
    assert there.only_old == back.only_new
    assert there.only_new == back.only_old
    assert outcomes(there.both) == outcomes(back.both)
    assert turned(there.conflicts) == [
        (c.sample_id, c.subject, c.old, c.new) for c in back.conflicts
    ]


@given(history_sets())
def test_three_ways_hold_every_change_once(
    states: tuple[Samples, Samples, Samples],
) -> None:
    with frozen(*states) as (base, a, b):
        left, right = compare(base, a).changes, compare(base, b).changes
        found = compare(a, b, base).three_way

    assert found is not None
    in_conflict = [c for one in found.conflicts for c in (*one.old, *one.new)]
    told = len(found.only_old) + len(found.only_new) + 2 * len(found.both)
    assert told + len(in_conflict) == len(left) + len(right)


@settings(deadline=None, max_examples=25)
@given(history_sets())
def test_both_sides_alike_agree(states: tuple[Samples, Samples, Samples]) -> None:
    with frozen(states[0], states[1]) as (base, a):
        found = compare(a, a, base)

    assert found.three_way is not None
    assert found.three_way.both == compare_again(states)
    assert not found.three_way.conflicts
    assert not found.three_way.only_old
    assert not found.three_way.only_new


def compare_again(states: tuple[Samples, Samples, Samples]) -> tuple[Change, ...]:
    with tempfile.TemporaryDirectory() as folder:
        base, a = (freeze(Path(folder), state) for state in states[:2])
        return compare(base, a).changes


def test_a_picture_added_twice_with_other_boxes_is_a_conflict(tmp_path: Path) -> None:
    base = freeze(tmp_path, (sample(1),))
    ours = freeze(tmp_path, (sample(1), sample(2, box(1)), sample(3, box(3))))
    theirs = freeze(tmp_path, (sample(1), sample(2, box(1, 9)), sample(3, box(3))))

    found = compare(ours, theirs, base).three_way

    assert found is not None
    assert [one.sample_id[-1] for one in found.conflicts] == ["2"]
    assert [one.sample_id[-1] for one in found.both] == ["3"]
    assert found.conflicts[0].about == "the sample"


def test_a_box_added_to_what_the_other_side_emptied_is_a_conflict(
    tmp_path: Path,
) -> None:
    base = freeze(tmp_path, (sample(1, box(1)),))
    ours = freeze(tmp_path, (sample(1),))
    theirs = freeze(tmp_path, (sample(1, box(1), box(2, 90)),))

    found = compare(ours, theirs, base).three_way

    assert found is not None
    (conflict,) = found.conflicts
    assert conflict.about == "state"
    assert [c.kind for c in conflict.old] == ["state_changed", "box_removed"]
    assert [c.kind for c in conflict.new] == ["box_added"]
    assert ours.samples[0].state is SampleState.EMPTY
