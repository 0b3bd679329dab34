"""What a hand does on the map, turned into what it wants."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from PySide6.QtCore import QPointF, Qt, SignalInstance
from PySide6.QtGui import QCursor, QMouseEvent

from .viewpoint import Viewpoint

# A press that moves less is a click; a lasso notes a corner this far from the last.
CLICK_PX = 4.0
CORNER_PX = 3.0


class Tool(StrEnum):
    """What a drag with the left button does."""

    LASSO = "lasso"
    RECTANGLE = "rectangle"
    MOVE = "move"


TOOLS = (Tool.LASSO, Tool.RECTANGLE, Tool.MOVE)


@dataclass(slots=True, kw_only=True)
class Drag:
    """A drag that is under way: its tool and the points it passed."""

    tool: Tool
    button: Qt.MouseButton
    points: list[QPointF] = field(default_factory=list)
    has_moved: bool = False


class Surface(Protocol):
    """What gestures need of the widget."""

    lassoed: SignalInstance
    framed: SignalInstance
    picked: SignalInstance
    view: Viewpoint

    def move_by(self, dx: float, dy: float) -> None:
        """Move the map by so many pixels."""

    def point_at(self, where: QPointF) -> int:
        """The index of the point there."""

    def setCursor(self, cursor: QCursor | Qt.CursorShape) -> None:
        """Show another pointer."""


class MapGestures:
    """Follows presses and moves; the middle and the right button always move."""

    def __init__(self, surface: Surface) -> None:
        self._surface = surface
        self.tool = Tool.LASSO
        self.drag: Drag | None = None
        self._show_cursor()

    def set_tool(self, tool: Tool) -> None:
        """Have the left button do something else; a drag under way is given up."""
        self.tool = tool
        self.drag = None
        self._show_cursor()

    def press(self, event: QMouseEvent) -> None:
        """Begin a drag."""
        is_left = event.button() == Qt.MouseButton.LeftButton
        tool = self.tool if is_left else Tool.MOVE
        self.drag = Drag(tool=tool, button=event.button(), points=[event.position()])
        if tool is Tool.MOVE:
            self._surface.setCursor(Qt.CursorShape.ClosedHandCursor)

    def move(self, event: QMouseEvent) -> bool:
        """Go on with a drag; False where there is none."""
        drag = self.drag
        if drag is None:
            return False
        here, last = event.position(), drag.points[-1]
        drag.has_moved |= _apart(here, drag.points[0]) > CLICK_PX
        if drag.tool is Tool.MOVE:
            self._surface.move_by(here.x() - last.x(), here.y() - last.y())
            drag.points[1:] = [here]
        elif drag.tool is Tool.RECTANGLE:
            drag.points[1:] = [here]
        elif _apart(here, last) >= CORNER_PX:
            drag.points.append(here)
        return True

    def release(self, event: QMouseEvent) -> None:
        """End a drag and say what it means."""
        drag, self.drag = self.drag, None
        self._show_cursor()
        if drag is None or event.button() != drag.button:
            return
        held = event.modifiers()
        if not drag.has_moved:
            if drag.button == Qt.MouseButton.LeftButton:
                at = self._surface.point_at(event.position())
                self._surface.picked.emit(at, held)
        elif drag.tool is Tool.LASSO:
            self._surface.lassoed.emit(self._places(drag.points), held)
        elif drag.tool is Tool.RECTANGLE:
            first, last = self._places([drag.points[0], drag.points[-1]])
            self._surface.framed.emit((*first, *last), held)

    def _places(self, points: list[QPointF]) -> list[tuple[float, float]]:
        return [self._surface.view.to_map(each.x(), each.y()) for each in points]

    def _show_cursor(self) -> None:
        self._surface.setCursor(
            Qt.CursorShape.OpenHandCursor
            if self.tool is Tool.MOVE
            else Qt.CursorShape.CrossCursor
        )


def _apart(first: QPointF, second: QPointF) -> float:
    """How far two points are apart, the greater of both ways."""
    return max(abs(first.x() - second.x()), abs(first.y() - second.y()))
