"""What hands do in the window, for tests: draw, click, accept, undo.

Points are pixels of the picture; a gesture finds the widget's own by the view.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QModelIndex, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QLineEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from station.views.canvas.canvas import Canvas
from station.views.label.label_page import LabelPage
from station.window import Window

WAIT_MS = 10_000
# Freezing writes a report: it is limited only so that a test cannot hang.
LONG_WAIT_MS = 90_000
LEFT = Qt.MouseButton.LeftButton


def wait_until(
    qtbot: QtBot, condition: Callable[[], object], timeout_ms: int = WAIT_MS
) -> None:
    """Let the window work until the condition holds."""
    qtbot.waitUntil(lambda: bool(condition()), timeout=timeout_ms)


def at(canvas: Canvas, x: float, y: float) -> QPoint:
    """The widget point over a picture point."""
    view = canvas.view
    return QPoint(round(x * view.scale + view.x), round(y * view.scale + view.y))


def drag(
    canvas: Canvas,
    start: tuple[float, float],
    end: tuple[float, float],
    button: Qt.MouseButton = LEFT,
    held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    """Press, move in three steps, release."""
    QTest.mousePress(canvas, button, held, at(canvas, *start))
    for share in (0.3, 0.7, 1.0):
        x = start[0] + (end[0] - start[0]) * share
        y = start[1] + (end[1] - start[1]) * share
        hover(canvas, at(canvas, x, y), button, held)
    QTest.mouseRelease(canvas, button, held, at(canvas, *end))


def hover(
    canvas: QWidget,
    point: QPoint,
    button: Qt.MouseButton = Qt.MouseButton.NoButton,
    held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    """Move the pointer with a button and keys held; QTest's own knows neither."""
    place = QPointF(point)
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        place,
        canvas.mapToGlobal(place),
        Qt.MouseButton.NoButton,
        button,
        held,
    )
    QApplication.sendEvent(canvas, event)


def draw_box(canvas: Canvas, x0: float, y0: float, x1: float, y1: float) -> None:
    """Drag a box onto a free part of the picture."""
    drag(canvas, (x0, y0), (x1, y1))


def click(
    canvas: Canvas,
    x: float,
    y: float,
    held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    """Click once."""
    point = at(canvas, x, y)
    hover(canvas, point, held=held)
    QTest.mouseClick(canvas, LEFT, held, point)


def press(widget: QWidget, keys: str) -> None:
    """Press a key as the table of actions writes it: `D`, `Ctrl+Z`, `Shift+Left`."""
    *held, name = keys.split("+") if keys != "+" else ["+"]
    modifiers = Qt.KeyboardModifier.NoModifier
    for word in held:
        modifiers |= {
            "Ctrl": Qt.KeyboardModifier.ControlModifier,
            "Shift": Qt.KeyboardModifier.ShiftModifier,
            "Alt": Qt.KeyboardModifier.AltModifier,
        }[word]
    other = {"Del": "Delete", "Esc": "Escape", "PgUp": "PageUp", "PgDown": "PageDown"}
    named = other.get(name, name)
    QTest.keyClick(widget, getattr(Qt.Key, f"Key_{named}"), modifiers)


def saved(qtbot: QtBot, page: LabelPage) -> None:
    """Wait until every edit is on the disk and the picture is seen."""
    page.canvas.flush()
    wait_until(
        qtbot,
        lambda: page.is_saved and (page.state is None or page.canvas.has_picture),
    )


def accept_and_next(qtbot: QtBot, window: Window, page: LabelPage) -> None:
    """Press Space and wait for the next sample, or the end of the queue."""
    saved(qtbot, page)
    before = page.state
    press(window, "Space")
    wait_until(
        qtbot,
        lambda: (
            page.is_saved
            and (
                page.state is None
                or before is None
                or page.state.sample.id != before.sample.id
            )
        ),
    )


def undo(qtbot: QtBot, window: Window, page: LabelPage) -> None:
    """Press Ctrl+Z and wait until it is done."""
    press(window, "Ctrl+Z")
    saved(qtbot, page)


def redo(qtbot: QtBot, window: Window, page: LabelPage) -> None:
    """Press Ctrl+Shift+Z and wait until it is done."""
    press(window, "Ctrl+Shift+Z")
    saved(qtbot, page)


def click_button(button: QAbstractButton) -> None:
    """Click a button."""
    QTest.mouseClick(button, LEFT)


def click_row(view: QAbstractItemView, index: QModelIndex) -> None:
    """Scroll to a row of a list, table or tree, and click it."""
    view.scrollTo(index)
    QTest.mouseClick(
        view.viewport(),
        LEFT,
        Qt.KeyboardModifier.NoModifier,
        view.visualRect(index).center(),
    )


def type_words(field: QLineEdit, words: str) -> None:
    """Replace what a field holds by typing."""
    field.clear()
    QTest.keyClicks(field, words)


def corners(page: LabelPage) -> list[tuple[int, int, int, int]]:
    """The corners of the boxes at hand, in whole pixels."""
    assert page.state is not None
    return [
        (round(b.x0), round(b.y0), round(b.x1), round(b.y1)) for b in page.state.boxes
    ]


def two_boxes(qtbot: QtBot, page: LabelPage) -> None:
    """Draw two boxes far from one another."""
    for drawn in ((40, 100, 100, 140), (200, 20, 260, 70)):
        draw_box(page.canvas, *drawn)
        saved(qtbot, page)


def trace(
    widget: QWidget,
    points: Sequence[QPoint],
    held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
    button: Qt.MouseButton = LEFT,
) -> None:
    """Press at the first point, pass the others, release at the last one."""
    QTest.mousePress(widget, button, held, points[0])
    for point in points[1:]:
        hover(widget, point, button, held)
    QTest.mouseRelease(widget, button, held, points[-1])


def turn_wheel(widget: QWidget, point: QPoint, steps: int) -> None:
    """Turn the wheel by notches, away from the person for a positive number."""
    place = QPointF(point)
    event = QWheelEvent(
        place,
        widget.mapToGlobal(place),
        QPoint(),
        QPoint(0, 120 * steps),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)
