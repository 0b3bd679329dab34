"""Choosing, locking and hiding boxes on the canvas, and moving several."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from station.pictures import full_picture
from station.theme import DARK
from station.tone import NIGHT, PLAIN
from station.views.canvas.canvas import Canvas
from station.views.canvas.canvas_paint import CROWD, Look, Shown
from station.views.canvas.canvas_tools import badges
from tests.gestures import at, click, drag, draw_box, hover

WIDTH, HEIGHT = 400, 300
SHIFT = Qt.KeyboardModifier.ShiftModifier
CTRL = Qt.KeyboardModifier.ControlModifier
LEFT = Qt.MouseButton.LeftButton
NAN, INF = float("nan"), float("inf")


def shown(name: str, *corners: float, look: Look = Look.ACCEPTED) -> Shown:
    return Shown(
        id=name, corners=corners, colour="#E69F00", label=f"car {name}", look=look
    )


A = shown("a", 20, 20, 60, 60)
B = shown("b", 100, 100, 160, 160)
C = shown("c", 250, 200, 300, 260)


@pytest.fixture
def canvas(qtbot: QtBot) -> Iterator[Canvas]:
    made = Canvas(DARK)
    made.resize(900, 700)
    qtbot.addWidget(made)
    made.show()
    pixels = np.full((HEIGHT, WIDTH, 3), 40, np.uint8)
    made.show_picture(full_picture(pixels), (WIDTH, HEIGHT))
    made.show_boxes((A, B, C))
    qtbot.waitExposed(made)
    yield made
    made.close()


def pixel(canvas: Canvas, x: float, y: float) -> int:
    """How bright a picture point is on the screen."""
    return canvas.grab().toImage().pixelColor(at(canvas, x, y)).red()


def test_shift_click_adds_a_box_and_takes_it_away_again(canvas: Canvas) -> None:
    click(canvas, 40, 40)
    click(canvas, 130, 130, SHIFT)
    both = canvas.chosen
    click(canvas, 40, 40, SHIFT)

    assert both == ("a", "b")
    assert canvas.chosen == ("b",)


def test_shift_drag_chooses_what_lies_inside_and_draws_nothing(
    qtbot: QtBot, canvas: Canvas
) -> None:
    with qtbot.assertNotEmitted(canvas.box_drawn):
        drag(canvas, (10, 10), (170, 170), held=SHIFT)

    assert canvas.chosen == ("a", "b")


def test_select_all_leaves_out_what_is_locked_or_hidden(canvas: Canvas) -> None:
    canvas.choose(("a",))
    canvas.toggle_locks()
    canvas.choose(("b",))
    canvas.toggle_hidden()

    canvas.select_all()

    assert canvas.chosen == ("c",)


def test_several_boxes_are_moved_by_one_of_them_and_announced_together(
    qtbot: QtBot, canvas: Canvas
) -> None:
    canvas.choose(("a", "b"))

    with (
        qtbot.waitSignal(canvas.boxes_moved) as caught,
        qtbot.assertNotEmitted(canvas.box_moved),
    ):
        drag(canvas, (40, 40), (60, 50))

    moves = caught.args[0]
    assert set(moves) == {"a", "b"}
    assert moves["a"] == pytest.approx((40, 30, 80, 70), abs=1)
    assert moves["b"] == pytest.approx((120, 110, 180, 170), abs=1)


def test_several_boxes_stop_where_the_first_would_leave(
    qtbot: QtBot, canvas: Canvas
) -> None:
    canvas.choose(("a", "b"))

    with qtbot.waitSignal(canvas.boxes_moved) as caught:
        drag(canvas, (130, 130), (60, 130))

    assert caught.args[0]["a"][0] == 0
    assert caught.args[0]["b"] == pytest.approx((80, 100, 140, 160), abs=1)


def test_several_boxes_are_nudged_and_resized_by_keys(
    qtbot: QtBot, canvas: Canvas
) -> None:
    canvas.choose(("a", "b"))
    canvas.nudge(1, 0)

    with qtbot.waitSignal(canvas.boxes_moved) as caught:
        canvas.stretch(0, 10)

    assert caught.args[0] == {"a": (21, 20, 61, 70), "b": (101, 100, 161, 170)}


def test_giving_up_a_drag_of_several_puts_all_back(
    qtbot: QtBot, canvas: Canvas
) -> None:
    canvas.choose(("a", "b"))
    QTest.mousePress(canvas, LEFT, pos=at(canvas, 40, 40))
    hover(canvas, at(canvas, 80, 80), LEFT)

    with qtbot.assertNotEmitted(canvas.boxes_moved):
        canvas.cancel()
        QTest.mouseRelease(canvas, LEFT, pos=at(canvas, 80, 80))

    assert [item.corners for item in canvas.items][:2] == [A.corners, B.corners]


def test_a_press_on_one_of_several_does_not_lose_the_others(canvas: Canvas) -> None:
    canvas.choose(("a", "b"))

    QTest.mousePress(canvas, LEFT, pos=at(canvas, 40, 40))

    assert set(canvas.chosen) == {"a", "b"}
    QTest.mouseRelease(canvas, LEFT, pos=at(canvas, 40, 40))
    assert canvas.chosen == ("a",)


def test_boxes_that_stay_stay_chosen_when_an_answer_comes(canvas: Canvas) -> None:
    canvas.choose(("a", "b"))

    canvas.show_boxes((B, C), canvas.chosen)

    assert canvas.chosen == ("b",)


def test_a_locked_box_is_neither_picked_nor_moved(qtbot: QtBot, canvas: Canvas) -> None:
    canvas.choose(("b",))
    canvas.toggle_locks()
    canvas.choose(())

    with qtbot.waitSignal(canvas.box_drawn), qtbot.assertNotEmitted(canvas.box_moved):
        draw_box(canvas, 110, 110, 150, 150)

    assert canvas.chosen == ()


def test_keys_do_not_move_a_locked_box_and_say_so(qtbot: QtBot, canvas: Canvas) -> None:
    canvas.choose(("b",))
    canvas.toggle_locks()

    with qtbot.waitSignal(canvas.refused) as caught:
        canvas.nudge(5, 0)

    assert "locked" in caught.args[0]
    assert canvas.items[1].corners == B.corners


def test_a_lock_follows_its_box_to_the_next_picture(canvas: Canvas) -> None:
    canvas.choose(("b",))
    canvas.toggle_locks()

    canvas.show_boxes((shown("b", 105, 100, 165, 160), shown("d", 1, 1, 9, 9)))

    assert [item.is_locked for item in canvas.items] == [True, False]


def test_locking_again_unlocks(canvas: Canvas) -> None:
    canvas.choose(("b",))
    canvas.toggle_locks()
    canvas.toggle_locks()

    click(canvas, 130, 130)

    assert not canvas.is_box_locked("b")
    assert canvas.selected == "b"


def test_with_all_locked_a_drag_over_boxes_draws(qtbot: QtBot, canvas: Canvas) -> None:
    canvas.toggle_all_locks()

    with qtbot.waitSignal(canvas.box_drawn) as caught:
        draw_box(canvas, 110, 110, 200, 200)

    assert caught.args[0] == pytest.approx((110, 110, 200, 200), abs=1)


def test_a_hidden_box_is_not_painted_not_picked_and_not_reached_by_tab(
    canvas: Canvas,
) -> None:
    canvas.choose(("b",))
    canvas.toggle_hidden()
    click(canvas, 130, 130)
    picked = canvas.chosen
    seen = []
    for _ in range(3):
        canvas.select_next()
        seen.append(canvas.selected)

    assert picked == ()
    assert seen == ["a", "c", "a"]
    assert canvas.has_hidden


def test_a_hidden_box_chosen_in_the_list_comes_back(canvas: Canvas) -> None:
    canvas.choose(("b",))
    canvas.toggle_hidden()

    canvas.choose(("b",))

    assert canvas.chosen == ("b",)
    assert not canvas.has_hidden


def test_revealing_tells_whether_anything_was_hidden(canvas: Canvas) -> None:
    canvas.toggle_boxes()

    assert [canvas.reveal(), canvas.reveal()] == [True, False]


def test_what_is_not_as_usual_is_said_on_the_canvas(canvas: Canvas) -> None:
    canvas.set_tone(NIGHT)
    canvas.toggle_all_locks()
    canvas.choose(("b",))
    canvas.toggle_hidden()

    words = " ".join(badges(canvas._boxes, canvas.tone))

    assert "only the view" in words
    assert "1 hidden" in words
    assert "locked" in words


@pytest.mark.parametrize(
    ("start", "end", "corners"),
    [
        ((200, 50), (398.5, 100), (200, 50, 400, 100)),
        ((1.5, 298.5), (100, 200), (0, 200, 100, 300)),
    ],
)
def test_drawing_close_to_the_border_snaps_to_it(
    qtbot: QtBot,
    canvas: Canvas,
    start: tuple[float, float],
    end: tuple[float, float],
    corners: tuple[float, float, float, float],
) -> None:
    with qtbot.waitSignal(canvas.box_drawn) as caught:
        drag(canvas, start, end)

    assert caught.args[0] == pytest.approx(corners, abs=0.5)
    assert {0.0, 400.0, 300.0} & set(caught.args[0])


def test_ctrl_lets_a_box_end_just_before_the_border(
    qtbot: QtBot, canvas: Canvas
) -> None:
    with qtbot.waitSignal(canvas.box_drawn) as caught:
        drag(canvas, (200, 50), (398.5, 100), held=CTRL)

    assert 398 <= caught.args[0][2] < 400


def test_a_dragged_box_snaps_only_along_the_way_it_is_dragged(
    qtbot: QtBot, canvas: Canvas
) -> None:
    canvas.show_boxes((shown("near", 2, 100, 50, 150),))

    with qtbot.waitSignal(canvas.box_moved) as caught:
        drag(canvas, (25, 125), (25, 273))

    assert caught.args[1][0] == 2
    assert caught.args[1][3] == 300


def test_the_magnifier_comes_while_drawing_and_goes_afterwards(canvas: Canvas) -> None:
    canvas.arm_drawing()
    hover(canvas, at(canvas, 200, 50))
    there = canvas._tools.loupe.bounds
    canvas.cancel()

    assert there.width() > 100
    assert canvas.rect().contains(there)
    assert canvas._tools.loupe.bounds.isEmpty()


def test_the_magnifier_shows_the_pixels_under_the_pointer(canvas: Canvas) -> None:
    pixels = np.full((HEIGHT, WIDTH, 3), 40, np.uint8)
    pixels[50:52, 200:202] = 250
    canvas.show_picture(full_picture(pixels), (WIDTH, HEIGHT))
    canvas.arm_drawing()
    hover(canvas, at(canvas, 201, 51))

    place = canvas._tools.loupe.bounds
    image = canvas.grab(place).toImage()
    bright = sum(
        image.pixelColor(x, y).red() > 200
        for x in range(20, place.width() - 20, 2)
        for y in range(20, place.height() - 20, 2)
    )

    # Two pixels of the picture, eight times as large on each side, a quarter looked at.
    assert bright > 40


def test_the_magnifier_stays_away_when_switched_off(canvas: Canvas) -> None:
    canvas.toggle_loupe()
    canvas.arm_drawing()

    hover(canvas, at(canvas, 200, 50))

    assert canvas._tools.loupe.bounds.isEmpty()


def test_the_magnifier_comes_for_a_grip_of_a_small_box_only(canvas: Canvas) -> None:
    big = shown("big", 5, 5, 390, 290)
    canvas.show_boxes((A, big), "a")
    seen = {}
    for name, grip in (("a", (60, 60)), ("big", (390, 290))):
        canvas.choose((name,))
        QTest.mousePress(canvas, LEFT, pos=at(canvas, *grip))
        hover(canvas, at(canvas, grip[0] - 5, grip[1] - 5), LEFT)
        seen[name] = not canvas._tools.loupe.bounds.isEmpty()
        canvas.cancel()
        QTest.mouseRelease(canvas, LEFT, pos=at(canvas, *grip))

    assert seen == {"a": True, "big": False}


def test_a_brighter_view_changes_the_screen_and_not_the_picture(
    canvas: Canvas,
) -> None:
    before = pixel(canvas, 200, 50)
    picture = canvas._picture
    assert picture is not None
    assert picture.full is not None

    canvas.set_tone(NIGHT)
    bright = pixel(canvas, 200, 50)
    canvas.set_tone(PLAIN)

    assert bright > before + 40
    assert pixel(canvas, 200, 50) == before
    assert picture.full.pixelColor(200, 50).red() == 40


def test_a_brighter_view_leaves_the_ground_beside_the_picture(canvas: Canvas) -> None:
    corner = canvas.grab().toImage().pixelColor(2, 350).name()

    canvas.set_tone(NIGHT)

    assert canvas.grab().toImage().pixelColor(2, 350).name() == corner


@pytest.mark.parametrize("look", [Look.STILL, Look.PROPOSED, Look.WEAK])
def test_each_kind_of_proposal_has_its_own_dashes(canvas: Canvas, look: Look) -> None:
    def line(kind: Look) -> list[bool]:
        canvas.show_boxes((shown("x", 100, 100, 350, 280, look=kind),))
        image = canvas.grab().toImage().convertToFormat(image_grey)
        y = at(canvas, 0, 280).y()
        left, right = at(canvas, 100, 0).x(), at(canvas, 350, 0).x()
        return [image.pixelColor(x, y).red() > 90 for x in range(left + 8, right - 8)]

    image_grey = canvas.grab().toImage().Format.Format_Grayscale8
    lines = {kind: line(kind) for kind in Look}

    assert all(lines[look] != lines[other] for other in Look if other is not look)
    assert any(lines[look])
    assert not all(lines[look])


@pytest.mark.parametrize(
    "corners",
    [
        (NAN, 0.0, 10.0, 10.0),
        (0.0, 0.0, INF, 10.0),
        (10.0, 10.0, 10.0, 40.0),
        (40.0, 40.0, 10.0, 10.0),
    ],
)
def test_a_box_without_a_size_is_counted_instead_of_shown(
    canvas: Canvas, corners: tuple[float, float, float, float]
) -> None:
    canvas.show_boxes((shown("bad", *corners), A), "bad")
    canvas.select_all()

    canvas.grab()

    assert canvas.chosen == ("a",)
    assert any("1" in words for words in badges(canvas._boxes, canvas.tone))


@pytest.mark.parametrize("look", list(Look))
@pytest.mark.parametrize(
    "corners",
    [
        (-500.0, -400.0, -100.0, -50.0),
        (-1e9, -1e9, 1e9, 1e9),
        (350.0, 250.0, 1e7, 1e7),
        (5000.0, 10.0, 6000.0, 40.0),
    ],
)
def test_boxes_far_outside_the_picture_are_painted_and_moved_without_harm(
    canvas: Canvas, look: Look, corners: tuple[float, float, float, float]
) -> None:
    canvas.show_boxes((shown("far", *corners, look=look),), "far")
    canvas.zoom_middle(30)

    canvas.nudge(1, 1)
    canvas.flush()
    canvas.grab()

    assert all(np.isfinite(canvas.items[0].corners))


def test_a_box_out_of_sight_leaves_no_label_at_the_edge(canvas: Canvas) -> None:
    canvas.show_boxes(())
    canvas.zoom_to(20)
    before = canvas.grab().toImage()

    canvas.show_boxes((A,))

    assert canvas.grab().toImage() == before


def test_ten_thousand_boxes_are_shown_picked_and_moved(
    qtbot: QtBot, canvas: Canvas
) -> None:
    looks = list(Look)
    places = [(3.9 * (n % 100), 2.9 * (n // 100)) for n in range(10_000)]
    many = tuple(
        shown(str(n), x, y, x + 3, y + 2, look=looks[n % 4])
        for n, (x, y) in enumerate(places)
    )
    canvas.show_boxes(many)
    canvas.grab()
    click(canvas, 3.9 * 50 + 1.5, 2.9 * 50 + 1)
    picked = canvas.selected
    canvas.select_all()

    with qtbot.waitSignal(canvas.boxes_moved) as caught:
        canvas.nudge(1, 1)

    assert picked == "5050"
    assert len(caught.args[0]) == 10_000


def test_a_picture_of_one_pixel_is_shown_and_can_be_labeled(
    qtbot: QtBot, canvas: Canvas
) -> None:
    canvas.show_boxes(())
    canvas.show_picture(full_picture(np.full((1, 1, 3), 200, np.uint8)), (1, 1))
    bright = pixel(canvas, 0.5, 0.5)

    with qtbot.waitSignal(canvas.box_drawn) as caught:
        draw_box(canvas, -0.2, -0.2, 1.2, 1.2)

    assert bright == 200
    assert caught.args[0] == (0, 0, 1, 1)


def test_why_there_is_no_picture_is_said_in_its_place(canvas: Canvas) -> None:
    canvas.show_picture(None, (WIDTH, HEIGHT))
    QApplication.processEvents()
    before = canvas.grab().toImage()

    canvas.show_message("The image file cannot be read: ab12.jpg")

    assert canvas.grab().toImage() != before


@pytest.mark.parametrize("count", [3, 90, 500])
def test_choosing_box_after_box_paints_what_painting_everything_paints(
    canvas: Canvas, count: int
) -> None:
    rng = np.random.default_rng(count)
    items = tuple(
        Shown(
            id=f"b{at}",
            corners=(x, y, x + 30, y + 20),
            colour="#E69F00",
            label="car",
            look=list(Look)[at % 4] if count < CROWD else Look.ACCEPTED,
        )
        for at, (x, y) in enumerate(rng.uniform(5, 60, (count, 2)).tolist())
    )
    canvas.show_boxes(items)
    canvas.grab()

    for step in (1, 1, 1, -1, 1):
        canvas.select_next(step)
        canvas.grab()
    patched = canvas.grab().toImage()
    canvas._redraw_boxes()

    assert canvas.grab().toImage() == patched
