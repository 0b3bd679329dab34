"""A grid of box crops, many of which can be chosen at once."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import partial

from PySide6.QtCore import QItemSelectionModel, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QImage, QPainter
from PySide6.QtWidgets import QWidget

from dataset.images.image_file import decode
from labeling.geometry import corners_of

from ...language import tr
from ...pictures import ThumbnailLoader, crop, read_bytes, reduction_for
from ...theme import Theme
from ..picture_tiles import PictureDelegate, PictureGrid
from .review_contract import GridPage, ReviewItem

CROP = QSize(116, 90)
GAP_PX = 12
TAG_PX = 16
_CROP_AROUND = 1.3


def load_crop(item: ReviewItem, size: QSize) -> QImage:
    """Read the sample and cut the surroundings of the box out of it.

    The image is shrunk while it is decoded where its box is larger than the crop.
    """
    box = item.box
    shown = max(box.width, box.height) * _CROP_AROUND
    wanted = max(size.width(), size.height()) * item.longest_px / max(shown, 1.0)
    pixels = decode(
        read_bytes(item.path), reduce=reduction_for(item.longest_px, round(wanted))
    )
    scale = max(pixels.shape[:2]) / max(item.longest_px, 1)
    x0, y0, x1, y1 = (value * scale for value in corners_of(box))
    return crop(pixels, (x0, y0, x1, y1), size)[0]


class CropDelegate(PictureDelegate):
    """Paints one box with its state."""

    def __init__(self, theme: Theme, thumbnails: ThumbnailLoader) -> None:
        super().__init__(theme, thumbnails, CROP, GAP_PX)
        self.names: dict[int, str] = {}
        self.shows_odd = False
        self.names_class = True
        self.few: frozenset[int] = frozenset()

    def name_of(self, row: ReviewItem) -> tuple[Hashable, ...]:
        """The box's place: its class does not change the crop."""
        return row.sample_id, corners_of(row.box)

    def loader_of(self, row: ReviewItem, size: QSize) -> Callable[[], QImage]:
        """What cuts the box out of its sample."""
        return partial(load_crop, row, size)

    def paint_row(
        self, painter: QPainter, rect: QRectF, row: ReviewItem, *, is_chosen: bool
    ) -> None:
        """Paint the crop, what there is to know of it, and whether it is chosen."""
        place = self.paint_picture(painter, rect, row)
        self._paint_tag(painter, place, self.words(row))
        if is_chosen:
            self.paint_ring(painter, place, "accent")

    def words(self, row: ReviewItem) -> str:  # type: ignore[override]
        """Say of a box its class, how odd it is, and whether it was looked over."""
        # Where one class alone is shown, its name says nothing.
        is_odd = self.shows_odd and row.odd is not None
        name = self.names.get(row.box.class_id, "")
        parts = [name if self.names_class or not is_odd else tr("odd")]
        if self.shows_odd and row.odd is not None:
            parts.append(f"{row.odd:.2f}")
        elif self.shows_odd and row.box.class_id in self.few:
            parts.append(tr("too few"))
        if row.reviewed:
            parts.append("✓")
        return " ".join(part for part in parts if part)

    def _paint_tag(self, painter: QPainter, place: QRectF, words: str) -> None:
        font = QFont(painter.font())
        font.setPixelSize(self.theme.head_px - 1)
        painter.setFont(font)
        metrics = painter.fontMetrics()
        # The figure at the end is what the order is read by: the name is cut.
        name, _, rest = words.partition(" ")
        tail = metrics.horizontalAdvance(f" {rest}") if rest else 0
        room = int(place.width() - 20 - tail)
        shown = metrics.elidedText(name, Qt.TextElideMode.ElideRight, room)
        shown = f"{shown} {rest}" if rest else shown
        wide = metrics.horizontalAdvance(shown) + 10
        high = max(TAG_PX, metrics.height() + 1)
        ground = QRectF(place.left() + 5, place.bottom() - high - 5, wide, high)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 190))
        painter.drawRoundedRect(ground, 3, 3)
        painter.setPen(QColor("#FFFFFF"))
        painter.drawText(ground, Qt.AlignmentFlag.AlignCenter, shown)


class ReviewGrid(PictureGrid[ReviewItem]):
    """Shows boxes, many of which can be chosen at once.

    Signals:
        chosen_changed: how many are chosen.
    """

    chosen_changed = Signal(int)

    def __init__(
        self, theme: Theme, thumbnails: ThumbnailLoader, parent: QWidget | None = None
    ) -> None:
        self._delegate = CropDelegate(theme, thumbnails)
        super().__init__(thumbnails, self._delegate, self._delegate.words, parent)
        self.selectionModel().selectionChanged.connect(
            lambda *_: self.chosen_changed.emit(self.chosen_count)
        )

    @property
    def chosen(self) -> tuple[ReviewItem, ...]:
        """The boxes that are chosen, in the order of the grid."""
        return tuple(
            self.rows.rows[row]
            for first, last in sorted(self._spans())
            for row in range(first, last + 1)
            if row < len(self.rows.rows)
        )

    @property
    def chosen_count(self) -> int:
        """How many boxes are chosen."""
        return sum(last - first + 1 for first, last in self._spans())

    def _spans(self) -> list[tuple[int, int]]:
        """First and last row of each run that is chosen."""
        chosen = self.selectionModel().selection()
        runs = [chosen.at(number) for number in range(chosen.size())]
        return [(run.top(), run.bottom()) for run in runs]

    def show_page(self, page: GridPage, *, keeps_place: bool) -> None:
        """Show these boxes, where they were changed only at the place of before."""
        place = self.verticalScrollBar().value() if keeps_place else 0
        row = self.currentIndex().row()
        self.selectionModel().clear()
        self.rows.show(page.items)
        self.updateGeometries()
        self.verticalScrollBar().setValue(place)
        if keeps_place and page.items and row >= 0:
            # The keyboard goes on from where it was; nothing is chosen by itself.
            index = self.rows.index(min(row, len(page.items) - 1))
            stay = QItemSelectionModel.SelectionFlag.NoUpdate
            self.selectionModel().setCurrentIndex(index, stay)
        self._settle.start()

    def show_odd(
        self, few: frozenset[int], *, is_shown: bool, names_class: bool
    ) -> None:
        """Say of each box how odd it is, or that it cannot be said."""
        self._delegate.shows_odd, self._delegate.few = is_shown, few
        self._delegate.names_class = names_class
        self.viewport().update()

    def set_names(self, names: dict[int, str]) -> None:
        """Name the classes."""
        self._delegate.names = names
        self.viewport().update()
