"""What becomes of carry-over's proposals when a tracker of the user's helps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset.records import BoxOrigin, Proposal, Verdict
from labeling.carrying.tracker import FOLLOWED_MOST, Sought, Tracked, joined, merged
from labeling.carrying.tracker_windows import (
    Window,
    inside,
    nano_place,
    nano_windows,
    vit_place,
    vit_windows,
)
from labeling.geometry import Corners, corners_of, iou
from tests.small_projects import box
from tests.strategies import corners_in, proposals

BEFORE, AFTER = Path("before.png"), Path("after.png")
FAR = (200.0, 200.0, 220.0, 215.0)


class Guide:
    """A tracker that always gives one answer, and notes what it was asked."""

    def __init__(self, answer: Tracked | None) -> None:
        self.asked: list[Sought] = []
        self._answer = answer

    def follow(
        self, before: Path, after: Path, sought: Sequence[Sought]
    ) -> tuple[Tracked | None, ...]:
        assert (before, after) == (BEFORE, AFTER)
        self.asked = list(sought)
        return tuple(self._answer for _ in sought)


class Blind:
    """A tracker that cannot be used."""

    def follow(
        self, _before: Path, _after: Path, _sought: Sequence[Sought]
    ) -> tuple[Tracked | None, ...]:
        return ()


def carried(verdict: Verdict, score: float, name: str = "a") -> Proposal:
    return Proposal(
        box=box(name, origin=BoxOrigin.CARRIED, score=score), verdict=verdict
    )


def near(own: Proposal, score: float) -> Tracked:
    x0, y0, x1, y1 = corners_of(own.box)
    return Tracked(corners=(x0 + 1, y0, x1 + 1, y1), score=score)


@pytest.mark.parametrize("verdict", [Verdict.MOVED, Verdict.WEAK, Verdict.LEFT])
def test_where_both_agree_the_place_is_the_trackers_and_the_higher_score_counts(
    verdict: Verdict,
) -> None:
    own = carried(verdict, 0.55)

    found = merged(own, near(own, 0.8))

    assert found.verdict is Verdict.MOVED
    assert (found.box.x0, found.box.score) == (own.box.x0 + 1, 0.8)
    assert found.box.id == own.box.id


@pytest.mark.parametrize("verdict", [Verdict.WEAK, Verdict.LEFT])
@pytest.mark.parametrize(("score", "told"), [(0.9, Verdict.MOVED), (0.4, Verdict.WEAK)])
def test_what_carry_over_lost_the_tracker_brings_back(
    verdict: Verdict, score: float, told: Verdict
) -> None:
    found = merged(carried(verdict, 0.05), Tracked(corners=FAR, score=score))

    assert (found.verdict, corners_of(found.box)) == (told, FAR)


def test_two_sure_and_different_places_are_for_a_person_to_judge() -> None:
    own = carried(Verdict.MOVED, 0.7)

    surer = merged(own, Tracked(corners=FAR, score=0.9))
    less = merged(own, Tracked(corners=FAR, score=0.6))

    assert (surer.verdict, corners_of(surer.box)) == (Verdict.WEAK, FAR)
    assert (less.verdict, corners_of(less.box)) == (Verdict.WEAK, corners_of(own.box))


@given(proposals(BoxOrigin.CARRIED), st.floats(0, 0.29))
def test_a_tracker_that_does_not_know_changes_nothing(
    found: tuple[Proposal, ...], score: float
) -> None:
    boxes = [one.box for one in found]
    unsure = Guide(Tracked(corners=FAR, score=score))

    for tracker in (unsure, Guide(None), Blind()):
        assert joined(tracker, BEFORE, AFTER, boxes, found) == found


@given(proposals(BoxOrigin.CARRIED), st.floats(0, 1))
def test_a_still_box_stays_and_no_box_is_added_lost_or_renamed(
    found: tuple[Proposal, ...], score: float
) -> None:
    guide = Guide(Tracked(corners=FAR, score=score))

    after = joined(guide, BEFORE, AFTER, [one.box for one in found], found)

    assert [(p.box.id, p.box.class_id) for p in after] == [
        (p.box.id, p.box.class_id) for p in found
    ]
    still = [k for k, own in enumerate(found) if own.verdict is Verdict.STILL]
    assert [after[k] for k in still] == [found[k] for k in still]
    assert all(p.box.origin is BoxOrigin.CARRIED for p in after)


def test_of_many_boxes_those_in_most_doubt_are_asked_for() -> None:
    found = [carried(Verdict.MOVED, 0.99, f"s{n}") for n in range(FOLLOWED_MOST)]
    found.append(carried(Verdict.WEAK, 0.2, "doubt"))
    guide = Guide(None)

    joined(guide, BEFORE, AFTER, [one.box for one in found], found)

    assert len(guide.asked) == FOLLOWED_MOST


def test_a_box_that_jumped_is_looked_for_in_both_places() -> None:
    own = carried(Verdict.MOVED, 0.6)
    was = box("a", x0=150.0)
    guide = Guide(None)

    joined(guide, BEFORE, AFTER, [was], [own])

    assert guide.asked == [
        Sought(corners=corners_of(was), places=(corners_of(was), corners_of(own.box)))
    ]


@given(corners_in(400, 300))
def test_a_map_that_points_at_the_middle_gives_the_box_back(corners: Corners) -> None:
    if corners[2] - corners[0] < 2 or corners[3] - corners[1] < 2:
        return
    _, search = vit_windows(corners, corners)
    width = (corners[2] - corners[0]) / search.side
    height = (corners[3] - corners[1]) / search.side
    confidence = np.zeros((16, 16), np.float32)
    confidence[8, 8] = 0.75
    sizes = np.broadcast_to(np.array([[[width]], [[height]]], np.float32), (2, 16, 16))

    found = vit_place(confidence, sizes, np.zeros((2, 16, 16), np.float32), search)

    assert found is not None
    assert found.score == 0.75
    assert iou(found.corners, corners) > 0.98


@given(corners_in(400, 300))
def test_distances_to_the_sides_give_the_box_back(corners: Corners) -> None:
    if corners[2] - corners[0] < 2 or corners[3] - corners[1] < 2:
        return
    _, search = nano_windows(corners, corners)
    zoom = 255 / search.side
    half_w = (corners[2] - corners[0]) * zoom / 2
    half_h = (corners[3] - corners[1]) * zoom / 2
    sides = np.zeros((4, 16, 16), np.float32)
    sides[:] = np.array([half_w, half_h, half_w, half_h])[:, None, None]
    classes = np.zeros((2, 16, 16), np.float32)
    classes[1, 8, 8] = 6.0

    found = nano_place(classes, sides, corners, search, 255)

    assert found is not None
    assert found.score > 0.99
    assert iou(found.corners, corners) > 0.9


def test_a_window_over_the_border_is_filled_and_not_shifted() -> None:
    image = np.full((40, 40, 3), 200, np.uint8)

    seen = Window(x=-10.0, y=-10.0, side=40.0).paint(image, 40, (7.0, 7.0, 7.0))

    assert (seen[5, 5] == 7).all()
    assert (seen[20, 20] == 200).all()


@pytest.mark.parametrize(
    "corners",
    [
        (-50.0, -50.0, -10.0, -10.0),
        (99.5, 10.0, 140.0, 20.0),
    ],
)
def test_a_place_outside_the_picture_is_none(corners: Corners) -> None:
    assert inside(Tracked(corners=corners, score=0.9), 100, 80) is None


def test_sizes_that_are_no_sizes_are_no_place() -> None:
    window = Window(x=0.0, y=0.0, side=64.0)
    confidence = np.full((16, 16), 0.9, np.float32)
    offsets = np.zeros((2, 16, 16), np.float32)

    for value in (0.0, -1.0, np.nan, np.inf):
        sizes = np.full((2, 16, 16), value, np.float32)
        assert vit_place(confidence, sizes, offsets, window) is None
