from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from station.pictures import full_picture
from station.theme import DARK
from station.views.canvas.canvas import Canvas
from station.views.canvas.canvas_paint import Look, Shown
from tests.gestures import at, click, drag, draw_box

WIDTH, HEIGHT = 400, 300


def shown(name: str, *corners: float, look: Look = Look.ACCEPTED) -> Shown:
    return Shown(
        id=name, corners=corners, colour="#E69F00", label=f"car {name}", look=look
    )


@pytest.fixture
def canvas(qtbot: QtBot) -> Iterator[Canvas]:
    made = Canvas(DARK)
    made.resize(900, 700)
    qtbot.addWidget(made)
    made.show()
    pixels = np.full((HEIGHT, WIDTH, 3), 80, np.uint8)
    made.show_picture(full_picture(pixels), (WIDTH, HEIGHT))
    qtbot.waitExposed(made)
    yield made
    made.close()


def colours_on(canvas: Canvas, *corners: float) -> set[str]:
    """The colours on the upper edge of a box, as painted."""
    image = canvas.grab().toImage()
    left, right = at(canvas, corners[0], 0).x(), at(canvas, corners[2], 0).x()
    y = at(canvas, 0, corners[1]).y()
    return {
        image.pixelColor(x, y + dy).name()
        for x in range(left + 8, right - 8)
        for dy in (-1, 0, 1)
    }


def test_the_whole_picture_is_in_sight_at_first(canvas: Canvas) -> None:
    corner, end = at(canvas, 0, 0), at(canvas, WIDTH, HEIGHT)

    assert corner.x() >= 0
    assert corner.y() >= 0
    assert end.x() <= canvas.width()
    assert end.y() <= canvas.height()
    assert canvas.is_fitted


def test_a_drawn_box_has_the_corners_of_the_drag(qtbot: QtBot, canvas: Canvas) -> None:
    with qtbot.waitSignal(canvas.box_drawn) as caught:
        draw_box(canvas, 50, 60, 150, 160)

    assert caught.args[0] == pytest.approx((50, 60, 150, 160), abs=1)


def test_a_box_drawn_over_the_border_is_clipped(qtbot: QtBot, canvas: Canvas) -> None:
    with qtbot.waitSignal(canvas.box_drawn) as caught:
        draw_box(canvas, 350, 250, WIDTH + 30, HEIGHT + 30)

    assert caught.args[0][2:] == (WIDTH, HEIGHT)


def test_a_box_can_be_drawn_from_its_end_to_its_beginning(
    qtbot: QtBot, canvas: Canvas
) -> None:
    with qtbot.waitSignal(canvas.box_drawn) as caught:
        draw_box(canvas, 150, 160, 50, 60)

    assert caught.args[0] == pytest.approx((50, 60, 150, 160), abs=1)


def test_a_click_draws_nothing(qtbot: QtBot, canvas: Canvas) -> None:
    with qtbot.assertNotEmitted(canvas.box_drawn):
        click(canvas, 200, 200)


def test_the_smallest_box_is_picked_first_and_a_second_click_goes_below(
    canvas: Canvas,
) -> None:
    canvas.show_boxes(
        (
            shown("large", 20, 20, 380, 280),
            shown("small", 150, 100, 250, 200),
            shown("middle", 100, 80, 300, 220),
        )
    )
    picked = []
    for _ in range(4):
        click(canvas, 200, 150)
        picked.append(canvas.selected)

    assert picked == ["small", "middle", "large", "small"]


def test_a_click_elsewhere_picks_the_smallest_there(canvas: Canvas) -> None:
    canvas.show_boxes(
        (shown("large", 20, 20, 380, 280), shown("s", 150, 100, 250, 200))
    )
    click(canvas, 60, 60)
    assert canvas.selected == "large"

    click(canvas, 200, 150)

    assert canvas.selected == "s"


def test_a_click_on_nothing_selects_nothing(canvas: Canvas) -> None:
    canvas.show_boxes((shown("a", 50, 50, 100, 100),), "a")

    click(canvas, 300, 250)

    assert canvas.selected == ""


@pytest.mark.parametrize(
    ("grip", "corners"),
    [
        ((100, 100), (110, 110, 200, 200)),
        ((150, 100), (100, 110, 200, 200)),
        ((200, 100), (100, 110, 210, 200)),
        ((200, 150), (100, 100, 210, 200)),
        ((200, 200), (100, 100, 210, 210)),
        ((150, 200), (100, 100, 200, 210)),
        ((100, 200), (110, 100, 200, 210)),
        ((100, 150), (110, 100, 200, 200)),
    ],
)
def test_each_of_the_eight_grips_moves_its_edges(
    qtbot: QtBot,
    canvas: Canvas,
    grip: tuple[float, float],
    corners: tuple[float, float, float, float],
) -> None:
    canvas.show_boxes((shown("a", 100, 100, 200, 200),), "a")

    with qtbot.waitSignal(canvas.box_moved) as caught:
        drag(canvas, grip, (grip[0] + 10, grip[1] + 10))

    assert caught.args[0] == "a"
    assert caught.args[1] == pytest.approx(corners, abs=1)


def test_a_new_box_can_begin_close_beside_another(qtbot: QtBot, canvas: Canvas) -> None:
    canvas.show_boxes((shown("a", 100, 100, 200, 200),))

    with qtbot.waitSignal(canvas.box_drawn):
        draw_box(canvas, 202, 150, 260, 220)


def test_boxes_of_an_answer_do_not_stop_a_drag(qtbot: QtBot, canvas: Canvas) -> None:
    canvas.show_boxes((shown("a", 100, 100, 200, 200),), "a")
    left = Qt.MouseButton.LeftButton
    QTest.mousePress(canvas, left, pos=at(canvas, 150, 150))
    QTest.mouseMove(canvas, at(canvas, 170, 150))
    canvas.show_boxes((shown("a", 100, 100, 200, 200), shown("b", 10, 10, 40, 40)))

    with qtbot.waitSignal(canvas.box_moved) as caught:
        QTest.mouseMove(canvas, at(canvas, 180, 150))
        QTest.mouseRelease(canvas, left, pos=at(canvas, 180, 150))

    assert caught.args[1] == pytest.approx((130, 100, 230, 200), abs=1.5)


def test_boxes_of_an_answer_replace_what_was_shown_before(canvas: Canvas) -> None:
    canvas.show_boxes((shown("a", 100, 100, 200, 200),), "a")
    drag(canvas, (150, 150), (170, 150))

    canvas.show_boxes((shown("a", 100, 100, 200, 200),), "a")

    assert canvas.items[0].corners == (100, 100, 200, 200)


def test_nudging_is_announced_once_when_it_pauses(qtbot: QtBot, canvas: Canvas) -> None:
    canvas.show_boxes((shown("a", 100, 100, 200, 200),), "a")
    moves: list[object] = []
    canvas.box_moved.connect(lambda _id, corners: moves.append(corners))

    for _ in range(5):
        canvas.nudge(1, 0)
    qtbot.waitUntil(lambda: bool(moves))

    assert moves == [(105, 100, 205, 200)]


def test_a_locked_canvas_takes_no_gesture(qtbot: QtBot, canvas: Canvas) -> None:
    canvas.set_locked(True)

    with qtbot.assertNotEmitted(canvas.box_drawn):
        draw_box(canvas, 50, 60, 150, 160)


def test_ctrl_wheel_zooms_where_the_pointer_is(canvas: Canvas) -> None:
    point = QPointF(at(canvas, 300, 200))
    before = canvas.view.scale

    wheel(canvas, point, with_ctrl=True)

    assert canvas.view.scale > before
    assert canvas.view.to_image(point) == pytest.approx((300, 200), abs=1)


def test_middle_drag_pans_and_fit_brings_all_back(canvas: Canvas) -> None:
    before = at(canvas, 100, 100)

    drag(canvas, (100, 100), (140, 120), Qt.MouseButton.MiddleButton)
    moved = at(canvas, 100, 100) - before
    canvas.fit()

    assert moved.x() > 20
    assert at(canvas, 100, 100) == before


def test_the_picture_cannot_be_lost_out_of_sight(canvas: Canvas) -> None:
    for _ in range(50):
        canvas.pan_by(500, 500)

    corner = at(canvas, 0, 0)
    assert corner.x() < canvas.width()
    assert corner.y() < canvas.height()


def test_zoom_is_kept_for_a_picture_of_the_same_size(canvas: Canvas) -> None:
    wheel(canvas, QPointF(at(canvas, 300, 200)), with_ctrl=True)
    view = canvas.view

    canvas.show_picture(None, (WIDTH, HEIGHT))
    assert canvas.view == view
    canvas.show_picture(None, (WIDTH * 2, HEIGHT))

    assert canvas.is_fitted


def test_tab_goes_round_the_boxes(canvas: Canvas) -> None:
    canvas.show_boxes((shown("a", 10, 10, 20, 20), shown("b", 30, 30, 50, 50)))
    seen = []
    for _ in range(3):
        canvas.select_next(1)
        seen.append(canvas.selected)

    assert seen == ["a", "b", "a"]


@pytest.mark.parametrize(
    ("look", "colour"),
    [(Look.ACCEPTED, "#e69f00"), (Look.PROPOSED, "#c58cf0"), (Look.WEAK, "#f2b134")],
)
def test_each_kind_of_box_has_its_own_line(
    canvas: Canvas, look: Look, colour: str
) -> None:
    corners = (100.0, 100.0, 250.0, 200.0)
    canvas.show_boxes((shown("a", *corners, look=look),))

    colours = colours_on(canvas, *corners)

    assert colour in colours


@pytest.mark.parametrize("look", [Look.PROPOSED, Look.WEAK])
def test_proposals_have_gaps_so_that_colour_is_not_the_only_sign(
    canvas: Canvas, look: Look
) -> None:
    canvas.show_boxes((shown("a", 100, 100, 250, 200, look=look),))

    image = canvas.grab().toImage()
    left, right, y = (
        at(canvas, 100, 100).x(),
        at(canvas, 250, 0).x(),
        at(canvas, 0, 200).y(),
    )
    line = {image.pixelColor(x, y).name() for x in range(left + 8, right - 8)}

    assert len(line) > 1


def test_hidden_boxes_come_back(canvas: Canvas) -> None:
    corners = (100.0, 100.0, 250.0, 200.0)
    canvas.show_boxes((shown("a", *corners),))
    canvas.toggle_boxes()
    assert "#e69f00" not in colours_on(canvas, *corners)

    canvas.toggle_boxes()

    assert "#e69f00" in colours_on(canvas, *corners)


def test_a_drag_repaints_only_what_changed(qtbot: QtBot, canvas: Canvas) -> None:
    items = tuple(
        shown(str(n), 5 + 19 * (n % 20), 5 + 19 * (n // 20), 18 + 19 * (n % 20), 20)
        for n in range(15)
    )
    canvas.show_boxes(items, "3")
    QApplication.processEvents()
    areas: list[int] = []
    painted = canvas.paintEvent

    def watch(event: object) -> None:
        areas.append(sum(r.width() * r.height() for r in event.region()))
        painted(event)

    canvas.paintEvent = watch
    canvas.preview_boxes({canvas.selected: (80, 10, 95, 25)})
    QApplication.processEvents()

    assert areas
    assert max(areas) < canvas.width() * canvas.height() / 8


def test_the_label_of_a_box_at_the_top_stays_in_sight(canvas: Canvas) -> None:
    canvas.zoom_to(4.0)
    canvas.show_boxes((shown("a", 0, 0, 390, 290),), "a")

    image: QImage = canvas.grab().toImage()
    row = {image.pixelColor(x, y).name() for x in range(0, 60) for y in range(0, 60)}

    assert QColor("#E69F00").name() in row


def wheel(canvas: Canvas, point: QPointF, *, with_ctrl: bool) -> None:
    held = (
        Qt.KeyboardModifier.ControlModifier
        if with_ctrl
        else Qt.KeyboardModifier.NoModifier
    )
    event = QWheelEvent(
        point,
        canvas.mapToGlobal(point),
        QPoint(0, 0),
        QPoint(0, 240),
        Qt.MouseButton.NoButton,
        held,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(canvas, event)
