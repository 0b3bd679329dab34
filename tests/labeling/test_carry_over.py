"""Boxes carried to the next image, on pictures whose truth is known by making."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dataset.records import Box, BoxOrigin, Proposal, Verdict
from labeling.carry_over import AcceptedImage, propose
from labeling.geometry import Corners, corners_of, iou

WIDTH, HEIGHT = 480, 360
Pixels = NDArray[np.uint8]


def _texture(seed: int, width: int, height: int, coarse: int) -> Pixels:
    size = (height // coarse + 1, width // coarse + 1, 3)
    noise = np.random.default_rng(seed).integers(0, 256, size).astype(np.uint8)
    grown = cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(grown, np.uint8)


def _scene(*things: tuple[int, Corners], seed: int = 0, ground: int = 1) -> Pixels:
    """A ground with things on it: (look, corners); noise differs by `seed`."""
    image = (_texture(ground, WIDTH, HEIGHT, 24) // 3 + 60).astype(np.uint8)
    for look, (x0, y0, x1, y1) in things:
        left, top, right, bottom = (round(v) for v in (x0, y0, x1, y1))
        skin = cv2.resize(
            _texture(100 + look, 64, 64, 16), (right - left, bottom - top)
        )
        seen_x, seen_y = max(left, 0), max(top, 0)
        part = skin[seen_y - top : HEIGHT - top, seen_x - left : WIDTH - left]
        image[seen_y : seen_y + part.shape[0], seen_x : seen_x + part.shape[1]] = part
    noise = np.random.default_rng(seed).normal(0, 1.5, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def _box(name: str, corners: Corners, class_id: int = 1) -> Box:
    x0, y0, x1, y1 = corners
    return Box(id=name, class_id=class_id, x0=x0, y0=y0, x1=x1, y1=y1)


def _accepted(pixels: Pixels, *boxes: Box, at: int = 0) -> AcceptedImage:
    return AcceptedImage(pixels=pixels, boxes=boxes, captured_us=at)


def _one(proposals: tuple[Proposal, ...]) -> Proposal:
    assert len(proposals) == 1
    return proposals[0]


def _shifted(corners: Corners, dx: float, dy: float) -> Corners:
    return corners[0] + dx, corners[1] + dy, corners[2] + dx, corners[3] + dy


def _times(corners: Corners, factor: int) -> Corners:
    x0, y0, x1, y1 = corners
    return x0 * factor, y0 * factor, x1 * factor, y1 * factor


START: Corners = (200, 150, 260, 220)


def test_a_thing_that_did_not_move_is_copied_exactly() -> None:
    before = _accepted(_scene((1, START), seed=1), _box("a", START))

    proposal = _one(propose([before], _scene((1, START), seed=2)))

    assert proposal.verdict is Verdict.STILL
    box = proposal.box
    assert (box.x0, box.y0, box.x1, box.y1) == START


@pytest.mark.parametrize(("dx", "dy"), [(6, 3), (-40, 10), (90, -30), (-120, 60)])
def test_a_thing_that_moved_is_followed(dx: int, dy: int) -> None:
    after = _shifted(START, dx, dy)
    before = _accepted(_scene((1, START), seed=1), _box("a", START))

    proposal = _one(propose([before], _scene((1, after), seed=2)))

    assert proposal.verdict is Verdict.MOVED
    assert iou(proposal.box, after) > 0.8


@pytest.mark.parametrize("growth", [0.8, 1.25])
def test_a_thing_that_came_nearer_or_went_away_changes_its_size(growth: float) -> None:
    half_w, half_h = 30 * growth, 35 * growth
    after = (250 - half_w, 180 - half_h, 250 + half_w, 180 + half_h)
    before = _accepted(_scene((1, START), seed=1), _box("a", START))

    proposal = _one(propose([before], _scene((1, after), seed=2)))

    assert iou(proposal.box, after) > 0.75


def test_a_box_keeps_its_id_and_class_and_is_marked_as_carried() -> None:
    before = _accepted(_scene((1, START)), _box("the-one", START, class_id=7))

    proposal = _one(propose([before], _scene((1, _shifted(START, 20, 0)), seed=1)))

    assert proposal.box.id == "the-one"
    assert proposal.box.class_id == 7
    assert proposal.box.origin is BoxOrigin.CARRIED
    assert proposal.box.score is not None
    assert 0 <= proposal.box.score <= 1


def test_boxes_of_a_moving_camera_move_with_it() -> None:
    wide = _texture(5, WIDTH + 80, HEIGHT + 40, 12)
    before = _accepted(wide[:HEIGHT, :WIDTH].copy(), _box("a", START))
    after = wide[16 : 16 + HEIGHT, 30 : 30 + WIDTH].copy()

    proposal = _one(propose([before], after))

    assert iou(proposal.box, _shifted(START, -30, -16)) > 0.85


def test_look_alikes_that_move_are_not_swapped() -> None:
    first, second = (60, 100, 110, 170), (200, 100, 250, 170)
    moved_first, moved_second = _shifted(first, 45, 0), _shifted(second, 45, 0)
    before = _accepted(
        _scene((1, first), (1, second), seed=1), _box("a", first), _box("b", second)
    )

    found = propose([before], _scene((1, moved_first), (1, moved_second), seed=2))

    places = {p.box.id: p.box for p in found}
    assert iou(places["a"], moved_first) > 0.7
    assert iou(places["b"], moved_second) > 0.7


@settings(max_examples=12, deadline=None)
@given(st.integers(8, 25), st.integers(-20, 20), st.integers(60, 90))
def test_look_alikes_side_by_side_keep_their_order(
    dx: int, dy: int, apart: int
) -> None:
    starts = [(30 + apart * k, 130, 74 + apart * k, 196) for k in range(3)]
    ends = [_shifted(place, dx, dy) for place in starts]
    before = _accepted(
        _scene(*((1, place) for place in starts), seed=1),
        *(_box(str(k), place) for k, place in enumerate(starts)),
    )

    found = propose([before], _scene(*((1, place) for place in ends), seed=2))

    centres = [p.box.x0 + p.box.x1 for p in found]
    assert centres == sorted(centres)


@settings(max_examples=12, deadline=None)
@given(st.permutations(range(5)))
def test_boxes_in_another_order_get_the_same_proposals(order: list[int]) -> None:
    starts = [(20 + 88 * k, 40 + 50 * k, 70 + 88 * k, 100 + 50 * k) for k in range(5)]
    moved = [(k, _shifted(place, 14, 6)) for k, place in enumerate(starts)]
    pixels = _scene(*enumerate(starts), seed=1)
    boxes = [_box(str(k), place) for k, place in enumerate(starts)]
    after = _scene(*moved, seed=2)

    plain = propose([_accepted(pixels, *boxes)], after)
    mixed = propose([_accepted(pixels, *(boxes[k] for k in order))], after)

    assert list(mixed) == [plain[k] for k in order]


@settings(max_examples=12, deadline=None)
@given(st.integers(-60, 60), st.integers(-40, 40))
def test_a_shifted_world_gets_shifted_proposals(dx: int, dy: int) -> None:
    there = _shifted(START, 25, 10)
    here = _one(
        propose(
            [_accepted(_scene((1, START), seed=1), _box("a", START))],
            _scene((1, there), seed=2),
        )
    )

    start, end = _shifted(START, dx, dy), _shifted(there, dx, dy)
    shifted = _one(
        propose(
            [_accepted(_scene((1, start), seed=1), _box("a", start))],
            _scene((1, end), seed=2),
        )
    )

    assert iou(shifted.box, _shifted(corners_of(here.box), dx, dy)) > 0.85


def test_two_boxes_never_end_on_the_same_place() -> None:
    first, second = (60, 100, 110, 170), (200, 100, 250, 170)
    before = _accepted(
        _scene((1, first), (1, second), seed=1), _box("a", first), _box("b", second)
    )

    found = propose([before], _scene((1, (130, 105, 180, 175)), seed=2))

    a, b = (p.box for p in found)
    assert iou(a, b) < 0.6


def test_proposals_come_in_the_order_of_the_boxes() -> None:
    places = [(20 + 90 * k, 60 + 40 * k, 70 + 90 * k, 120 + 40 * k) for k in range(4)]
    names = ["d", "b", "c", "a"]
    things = [(k, _shifted(p, 0, 0)) for k, p in enumerate(places)]
    boxes = [_box(name, p) for name, p in zip(names, places, strict=True)]

    found = propose([_accepted(_scene(*things), *boxes)], _scene(*things, seed=3))

    assert [p.box.id for p in found] == names


def test_a_thing_that_left_the_picture_is_not_offered_as_sure() -> None:
    before = _accepted(_scene((1, START), seed=1), _box("a", START))

    proposal = _one(propose([before], _scene(seed=2)))

    assert proposal.verdict in (Verdict.LEFT, Verdict.WEAK)


def test_history_lets_a_fast_thing_be_found_among_look_alikes() -> None:
    path = [(20 + 100 * k, 150, 60 + 100 * k, 200) for k in range(4)]
    decoys = [(1, (20, 250, 60, 300)), (1, (330, 40, 370, 90))]
    frames = [_scene((1, place), *decoys, seed=k) for k, place in enumerate(path)]
    history = [
        _accepted(frame, _box("a", place), at=k)
        for k, (frame, place) in enumerate(zip(frames[:3], path[:3], strict=True))
    ]

    proposal = _one(propose(history, frames[3]))

    assert iou(proposal.box, path[3]) > 0.7


def test_every_proposal_lies_inside_the_image() -> None:
    edge = (WIDTH - 70, 150, WIDTH - 10, 220)
    before = _accepted(_scene((1, edge), seed=1), _box("a", edge))

    proposal = _one(propose([before], _scene((1, _shifted(edge, 30, 0)), seed=2)))

    assert proposal.box.x1 <= WIDTH
    assert iou(proposal.box, (WIDTH - 40, 150, WIDTH, 220)) > 0.5


def test_another_size_carries_nothing() -> None:
    before = _accepted(_scene((1, START)), _box("a", START))

    assert propose([before], np.zeros((100, 100, 3), np.uint8)) == ()


def test_another_scene_carries_nothing() -> None:
    before = _accepted(_scene((1, START)), _box("a", START))
    elsewhere = 255 - _texture(77, WIDTH, HEIGHT, 60) // 4

    assert propose([before], elsewhere.astype(np.uint8)) == ()


def test_without_history_or_boxes_there_is_nothing_to_carry() -> None:
    image = _scene()

    assert propose([], image) == ()
    assert propose([_accepted(image)], image) == ()


def test_the_same_input_gives_the_same_answer_and_is_left_alone() -> None:
    before = _accepted(_scene((1, START), seed=1), _box("a", START))
    image = _scene((1, _shifted(START, 33, 12)), seed=2)
    untouched = image.copy()

    first, second = propose([before], image), propose([before], image)

    assert first == second
    assert np.array_equal(image, untouched)


@settings(max_examples=25)
@given(
    st.floats(0, WIDTH - 3),
    st.floats(0, HEIGHT - 3),
    st.floats(0.5, WIDTH),
    st.floats(0.5, HEIGHT),
)
def test_a_box_of_any_shape_gets_one_proposal(
    x0: float, y0: float, width: float, height: float
) -> None:
    corners = (x0, y0, min(x0 + width, WIDTH), min(y0 + height, HEIGHT))
    before = _accepted(_scene((1, START), seed=1), _box("a", corners))

    proposal = _one(propose([before], _scene((1, _shifted(START, 9, 4)), seed=2)))

    assert 0 <= proposal.box.x0 < proposal.box.x1 <= WIDTH
    assert 0 <= proposal.box.y0 < proposal.box.y1 <= HEIGHT


def test_a_thing_behind_another_is_expected_to_go_on() -> None:
    path = [(60 + 30 * k, 150, 110 + 30 * k, 220) for k in range(6)]
    screen = (7, (232, 120, 330, 250))
    history = [
        _accepted(_scene((1, place), screen, seed=k), _box("a", place), at=k)
        for k, place in enumerate(path[:5])
    ]

    proposal = _one(propose(history, _scene((1, path[5]), screen, seed=9)))

    assert proposal.verdict is not Verdict.LEFT
    assert iou(proposal.box, path[5]) > 0.7


def test_a_thing_that_walked_out_of_the_picture_has_left() -> None:
    path = [(WIDTH - 190 + 45 * k, 150, WIDTH - 140 + 45 * k, 220) for k in range(4)]
    history = [
        _accepted(_scene((1, place), seed=k), _box("a", place), at=k)
        for k, place in enumerate(path[:3])
    ]

    proposal = _one(propose(history, _scene(seed=9)))

    assert proposal.verdict is Verdict.LEFT


def test_a_large_picture_is_carried_as_well_as_its_half() -> None:
    large = [
        np.asarray(cv2.resize(_scene((1, place), seed=k), None, fx=4, fy=4), np.uint8)
        for k, place in enumerate((START, _shifted(START, 40, 12)))
    ]
    before = _accepted(large[0], _box("a", _times(START, 4)))

    proposal = _one(propose([before], large[1]))

    assert iou(proposal.box, _times(_shifted(START, 40, 12), 4)) > 0.85


def test_a_walk_over_many_images_keeps_hold_of_the_thing() -> None:
    path = [(40 + 14 * k, 120 + 5 * k, 90 + 14 * k, 190 + 5 * k) for k in range(12)]
    frames = [_scene((3, place), seed=k) for k, place in enumerate(path)]
    box = _box("a", path[0])
    history: list[AcceptedImage] = []

    for now, following in pairwise(frames):
        history.append(_accepted(now, box))
        carried = _one(propose(history[-4:], following)).box
        box = _box("a", (carried.x0, carried.y0, carried.x1, carried.y1))

    assert iou(box, path[-1]) > 0.7


def test_thousands_of_boxes_each_get_one_proposal_in_order() -> None:
    generator = np.random.default_rng(3)
    corners = [
        (x, y, x + w, y + h)
        for x, y, w, h in generator.uniform(
            (0, 0, 2, 2), (WIDTH - 60, HEIGHT - 60, 60, 60), (10_000, 4)
        ).tolist()
    ]
    boxes = [_box(str(k), place) for k, place in enumerate(corners)]
    history = [_accepted(_scene((1, START), seed=k), *boxes) for k in range(3)]

    found = propose(history, _scene((1, _shifted(START, 40, 0)), seed=9))

    assert [p.box.id for p in found] == [box.id for box in boxes]
    assert sum(p.verdict is Verdict.STILL for p in found) > 5_000


def test_the_one_that_moved_is_found_among_many_that_did_not() -> None:
    grid = [
        (12.0 + 46 * x, 12.0 + 28 * y, 40.0 + 46 * x, 30.0 + 28 * y)
        for x in range(10)
        for y in range(12)
    ]
    apart = [place for place in grid if iou(place, (180, 130, 360, 260)) == 0]
    before = _accepted(
        _scene((1, START), seed=1),
        *(_box(str(k), place) for k, place in enumerate(apart)),
        _box("mover", START),
    )
    after = _shifted(START, 60, 15)

    found = propose([before], _scene((1, after), seed=2))

    assert len(found) > 64
    assert iou(found[-1].box, after) > 0.7


@pytest.mark.parametrize(
    "outside",
    [(-90, 20, -10, 60), (WIDTH + 5, 20, WIDTH + 50, 60), (-500, -500, 5000, 5000)],
)
def test_a_box_outside_the_image_harms_nothing(outside: Corners) -> None:
    after = _shifted(START, 30, 5)
    before = _accepted(
        _scene((1, START), seed=1), _box("out", outside), _box("a", START)
    )

    found = propose([before], _scene((1, after), seed=2))

    assert [p.box.id for p in found] == ["out", "a"]
    assert iou(found[1].box, after) > 0.7


@pytest.mark.parametrize("corners", [(5, 5, 5, 9), (9, 5, 5, 9), (5, 5, np.nan, 9)])
def test_a_box_without_an_area_cannot_come_in(corners: Corners) -> None:
    with pytest.raises(ValueError, match="a box needs"):
        _box("a", corners)
