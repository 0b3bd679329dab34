"""Rectangles: overlap, clipping, dragging, hit testing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dataset.records import Box
from labeling.geometry import (
    MIN_SIDE,
    Corners,
    Handle,
    Zone,
    area,
    bounds,
    clip,
    corners_of,
    drag,
    drawn,
    encloses,
    handle_points,
    hit,
    hits,
    iou,
    iou_matrix,
    is_shape,
    moved,
    moved_together,
    normalised,
    overlap,
    resized,
    scaled,
    snapped,
    snapped_point,
)

WIDTH, HEIGHT = 640.0, 480.0
places = st.integers(-200 * 8, 900 * 8).map(lambda eighth: eighth / 8)
shifts = st.integers(-300 * 8, 300 * 8).map(lambda eighth: eighth / 8)
handles = st.sampled_from(Handle)


@st.composite
def rectangles(draw: st.DrawFn) -> Corners:
    x0, y0 = draw(places), draw(places)
    width, height = (draw(st.integers(8, 2400)) / 8 for _ in range(2))
    return x0, y0, x0 + width, y0 + height


@st.composite
def inner_rectangles(draw: st.DrawFn) -> Corners:
    inside = clip(draw(rectangles()), WIDTH, HEIGHT)
    assume(inside is not None)
    assert inside is not None
    assume(inside[2] - inside[0] >= MIN_SIDE and inside[3] - inside[1] >= MIN_SIDE)
    return inside


@given(rectangles(), rectangles())
def test_iou_is_symmetric_and_between_nought_and_one(a: Corners, b: Corners) -> None:
    assert iou(a, b) == iou(b, a)
    assert 0.0 <= iou(a, b) <= 1.0


@given(rectangles())
def test_iou_with_itself_is_one(a: Corners) -> None:
    assert iou(a, a) == 1.0


@given(rectangles(), rectangles(), shifts, shifts)
def test_iou_does_not_change_when_both_are_moved(
    a: Corners, b: Corners, dx: float, dy: float
) -> None:
    shifted = [(x0 + dx, y0 + dy, x1 + dx, y1 + dy) for x0, y0, x1, y1 in (a, b)]

    assert iou(*shifted) == pytest.approx(iou(a, b), abs=1e-9)


@given(rectangles(), rectangles())
def test_overlap_is_no_more_than_either(a: Corners, b: Corners) -> None:
    assert overlap(a, b) <= min(area(a), area(b))


def test_iou_of_boxes_that_only_touch_is_nought() -> None:
    assert iou((0, 0, 10, 10), (10, 0, 20, 10)) == 0.0


def test_iou_of_nothing_with_nothing_is_nought() -> None:
    assert iou((5, 5, 5, 5), (5, 5, 5, 5)) == 0.0


def test_iou_takes_records_and_corners_alike() -> None:
    box = Box(id="a", class_id=1, x0=0, y0=0, x1=10, y1=10)

    assert iou(box, (0, 0, 10, 5)) == 0.5
    assert corners_of(box) == (0, 0, 10, 10)


@given(st.lists(rectangles(), max_size=5), st.lists(rectangles(), max_size=5))
def test_iou_matrix_holds_the_iou_of_each_pair(
    a: list[Corners], b: list[Corners]
) -> None:
    matrix = iou_matrix(a, b)

    assert matrix.shape == (len(a), len(b))
    assert matrix.dtype == np.float64
    for i, one in enumerate(a):
        for j, other in enumerate(b):
            assert matrix[i, j] == pytest.approx(iou(one, other), abs=1e-12)


def test_iou_matrix_refuses_what_is_no_list_of_boxes() -> None:
    with pytest.raises(ValueError, match="N x 4"):
        iou_matrix([[1, 2, 3]], [[0, 0, 1, 1]])


@given(rectangles())
def test_clip_is_inside_and_idempotent(a: Corners) -> None:
    inside = clip(a, WIDTH, HEIGHT)

    if inside is None:
        assert overlap(a, (0, 0, WIDTH, HEIGHT)) == 0
    else:
        assert 0 <= inside[0] < inside[2] <= WIDTH
        assert 0 <= inside[1] < inside[3] <= HEIGHT
        assert clip(inside, WIDTH, HEIGHT) == inside


@given(places, places, places, places)
def test_a_drag_in_any_direction_gives_the_same_box(
    ax: float, ay: float, bx: float, by: float
) -> None:
    first = normalised(ax, ay, bx, by)

    assert first == normalised(bx, by, ax, ay) == normalised(ax, by, bx, ay)
    assert first[0] <= first[2]
    assert first[1] <= first[3]


def test_a_click_draws_no_box() -> None:
    assert drawn(10, 10, 10.5, 30, WIDTH, HEIGHT) is None
    assert drawn(-30, -30, -2, -2, WIDTH, HEIGHT) is None


def test_drawing_over_the_border_is_clipped() -> None:
    assert drawn(650, 500, 600, 470, WIDTH, HEIGHT) == (600, 470, 640, 480)


@given(inner_rectangles(), shifts, shifts)
def test_moving_keeps_the_size_and_stays_inside(
    a: Corners, dx: float, dy: float
) -> None:
    after = moved(a, dx, dy, WIDTH, HEIGHT)

    assert after[2] - after[0] == pytest.approx(a[2] - a[0])
    assert after[3] - after[1] == pytest.approx(a[3] - a[1])
    assert min(after) >= 0
    assert after[2] <= WIDTH + 1e-9
    assert after[3] <= HEIGHT + 1e-9


@given(inner_rectangles(), handles, shifts, shifts)
def test_resizing_moves_only_the_edges_of_the_handle(
    a: Corners, handle: Handle, dx: float, dy: float
) -> None:
    after = resized(a, handle, dx, dy, WIDTH, HEIGHT)

    for edge, letter in enumerate("wnes"):
        if letter not in handle.value:
            assert after[edge] == a[edge]
    assert after[2] - after[0] >= MIN_SIDE
    assert after[3] - after[1] >= MIN_SIDE
    assert clip(after, WIDTH, HEIGHT) == after


@given(inner_rectangles(), st.none() | handles)
def test_a_drag_of_nothing_changes_nothing(a: Corners, handle: Handle | None) -> None:
    assert drag(a, handle, 0, 0, WIDTH, HEIGHT) == pytest.approx(a)


def test_an_edge_dragged_across_the_other_stops_before_it() -> None:
    after = drag((100, 100, 200, 200), Handle.WEST, 500, 0, WIDTH, HEIGHT)

    assert after == (200 - MIN_SIDE, 100, 200, 200)


@given(inner_rectangles(), handles)
def test_each_handle_is_hit_at_its_own_point(a: Corners, handle: Handle) -> None:
    x, y = handle_points(a)[handle]

    found = hit([a], x, y, 4)

    assert found is not None
    assert found.zone is Zone.HANDLE
    assert found.handle is handle


@given(inner_rectangles())
def test_the_middle_of_any_box_moves_it(a: Corners) -> None:
    found = hit([a], (a[0] + a[2]) / 2, (a[1] + a[3]) / 2, 8)

    assert found is not None
    assert found.zone is Zone.INSIDE
    assert found.handle is None


def test_a_point_near_a_side_hits_the_edge() -> None:
    found = hit([(100, 100, 200, 200)], 203, 130, 5)

    assert found is not None
    assert found.zone is Zone.EDGE
    assert found.handle is Handle.EAST


def test_a_point_beyond_the_tolerance_hits_nothing() -> None:
    assert hit([(100, 100, 200, 200)], 206, 130, 5) is None


def test_a_small_box_is_found_before_the_large_one_below_it() -> None:
    large, small = (0, 0, 400, 400), (180, 180, 220, 220)

    found = hits([large, small], 200, 200, 5)

    assert [one.index for one in found] == [1, 0]


def test_of_equal_boxes_the_later_one_is_found_first() -> None:
    same = (10, 10, 50, 50)

    assert [one.index for one in hits([same, same], 30, 30, 2)] == [1, 0]


def test_the_grip_of_the_selected_box_is_found_before_a_smaller_box() -> None:
    large, small = (0, 0, 400, 400), (370, 370, 430, 430)

    found = hit([large, small], 400, 400, 5, selected=0)

    assert found is not None
    assert (found.index, found.handle) == (0, Handle.SOUTH_EAST)


@given(st.lists(rectangles(), min_size=1, max_size=5))
def test_bounds_hold_every_box(boxes: list[Corners]) -> None:
    around = bounds(boxes)

    assert around is not None
    for box in boxes:
        assert overlap(box, around) == pytest.approx(area(box))


def test_bounds_of_nothing_are_none() -> None:
    assert bounds([]) is None


def test_scaling_keeps_the_centre() -> None:
    assert scaled((10, 20, 30, 60), 0.5) == (15, 30, 25, 50)


@given(st.lists(inner_rectangles(), min_size=1, max_size=5), shifts, shifts)
def test_boxes_moved_together_keep_their_places_to_each_other(
    boxes: list[Corners], dx: float, dy: float
) -> None:
    after = moved_together(boxes, dx, dy, WIDTH, HEIGHT)

    ways = {
        (round(b[0] - a[0], 6), round(b[1] - a[1], 6))
        for a, b in zip(boxes, after, strict=True)
    }
    around = bounds(after)
    assert len(ways) == 1
    assert around is not None
    assert min(around[:2]) >= 0
    assert (around[2], around[3]) <= (WIDTH, around[3])
    assert around[3] <= HEIGHT


@given(rectangles(), shifts, shifts)
def test_a_box_outside_the_image_is_never_pushed_further_out(
    box: Corners, dx: float, dy: float
) -> None:
    (after,) = moved_together([box], dx, dy, WIDTH, HEIGHT)

    assert after[0] >= min(box[0], 0.0)
    assert after[2] <= max(box[2], WIDTH)


def test_no_boxes_move_nowhere() -> None:
    assert moved_together([], 5, 5, WIDTH, HEIGHT) == ()


@pytest.mark.parametrize(
    ("point", "snapped_to"),
    [
        ((3.0, 100.0), (0.0, 100.0)),
        ((637.0, 478.0), (640.0, 480.0)),
        ((-4.0, 484.0), (0.0, 480.0)),
        ((6.0, 100.0), (6.0, 100.0)),
    ],
)
def test_a_point_close_to_the_border_lies_on_it(
    point: tuple[float, float], snapped_to: tuple[float, float]
) -> None:
    assert snapped_point(*point, 5.0, WIDTH, HEIGHT) == snapped_to


@given(inner_rectangles(), st.one_of(st.none(), handles), st.floats(0, 40))
def test_snapping_moves_only_what_the_grip_moves_and_no_further_than_its_reach(
    box: Corners, handle: Handle | None, reach: float
) -> None:
    after = snapped(box, handle, reach, WIDTH, HEIGHT)

    edges = dict(zip("wnes", zip(box, after, strict=True), strict=True))
    for letter, (old, new) in edges.items():
        assert abs(new - old) <= reach
        if handle is not None and letter not in handle.value:
            assert new == old


@given(inner_rectangles(), st.floats(0, 40))
def test_snapping_a_whole_box_keeps_its_size(box: Corners, reach: float) -> None:
    after = snapped(box, None, reach, WIDTH, HEIGHT)

    assert after[2] - after[0] == pytest.approx(box[2] - box[0])
    assert after[3] - after[1] == pytest.approx(box[3] - box[1])


@given(rectangles(), rectangles())
def test_what_encloses_covers_all_of_the_other(outer: Corners, inner: Corners) -> None:
    covers = overlap(outer, inner) == pytest.approx(area(inner))

    assert not encloses(outer, inner) or covers


@pytest.mark.parametrize(
    "corners",
    [
        (0.0, 0.0, 0.0, 5.0),
        (5.0, 5.0, 4.0, 9.0),
        (float("nan"), 0.0, 5.0, 5.0),
        (0.0, 0.0, float("inf"), 5.0),
    ],
)
def test_corners_without_a_size_are_no_shape(corners: Corners) -> None:
    assert not is_shape(corners)
    assert is_shape((0.0, 0.0, 1.0, 1.0))
