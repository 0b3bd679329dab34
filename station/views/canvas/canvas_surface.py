"""What gestures need of the canvas that they are made on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from PySide6.QtCore import QPointF, Qt

from labeling.geometry import Corners


class Surface(Protocol):
    """What the gestures need of the canvas; points are widget pixels."""

    @property
    def image_size(self) -> tuple[int, int]:
        """Width and height of the picture, in its own pixels."""

    @property
    def chosen(self) -> tuple[str, ...]:
        """The chosen boxes, the one with the grips last."""

    @property
    def movable(self) -> tuple[str, ...]:
        """The chosen boxes that are not locked."""

    def boxes_near(
        self, x: float, y: float, reach: float
    ) -> tuple[tuple[str, Corners], ...]:
        """Give ids and corners of the boxes that can be picked round an image point."""

    def corners_of(self, box_id: str) -> Corners:
        """Give the corners of a box as shown."""

    def image_point(self, point: QPointF) -> tuple[float, float]:
        """Give the image point under a widget point."""

    def image_length(self, pixels: float) -> float:
        """Give how many image pixels `pixels` of the widget are."""

    def choose(self, ids: tuple[str, ...]) -> None:
        """Choose these boxes, the last one as the one with the grips."""

    def choose_inside(self, band: Corners) -> None:
        """Choose, beside what is chosen, the boxes inside a part of the picture."""

    def preview_boxes(self, moves: Mapping[str, Corners]) -> None:
        """Show boxes with these corners, not saved yet."""

    def commit_boxes(self, moves: Mapping[str, Corners]) -> None:
        """Give boxes these corners."""

    def show_rubber(self, corners: Corners | None) -> None:
        """Show the box being drawn."""

    def show_band(self, corners: Corners | None) -> None:
        """Show the part of the picture in which boxes will be chosen."""

    def finish_drawing(self, corners: Corners | None) -> None:
        """Add the drawn box, or give up when there is none."""

    def pan_by(self, dx: float, dy: float) -> None:
        """Move the picture."""

    def zoom_by(self, factor: float, at: QPointF) -> None:
        """Zoom, keeping the image point under `at` where it is."""

    def point_at(self, point: QPointF | None) -> None:
        """Note where the pointer is, for the crosshair."""

    def show_cursor(self, shape: Qt.CursorShape) -> None:
        """Show this pointer."""
