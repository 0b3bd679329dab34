"""Grids of small pictures, read as they come into sight, away from this thread."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, Final, Generic, TypeVar

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem, QWidget

from ..language import tr
from ..pictures import ThumbnailLoader
from ..theme import Theme
from .rows import ROW_ROLE, Index, RowDelegate, RowList
from .tile_view import TileView

_RING_PX: Final = 3
_SETTLE_MS: Final = 60

Row = TypeVar("Row")


class PictureDelegate(RowDelegate):
    """Paints one picture of a size; subclasses say which, and what stands on it."""

    def __init__(
        self, theme: Theme, thumbnails: ThumbnailLoader, picture: QSize, gap_px: int
    ) -> None:
        super().__init__(theme)
        self._thumbnails = thumbnails
        self._picture = picture
        self._ratio = 1.0
        self.tile = QSize(picture.width() + gap_px, picture.height() + gap_px)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: Index
    ) -> None:
        """Paint the picture alone, without a ground: a ring says that it is chosen."""
        self._ratio = painter.device().devicePixelRatioF()
        is_chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(option.font)
        row = index.data(ROW_ROLE)
        self.paint_row(painter, QRectF(option.rect), row, is_chosen=is_chosen)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Give all pictures one size."""
        return self.tile

    def key_of(self, row: Any) -> Hashable:  # noqa: ANN401  (rows of its own kind)
        """What the picture of a row is kept under."""
        return *self.name_of(row), self._ratio

    def name_of(self, row: Any) -> tuple[Hashable, ...]:  # noqa: ANN401
        """What tells the picture of a row from all others."""
        raise NotImplementedError

    def loader_of(self, row: Any, size: QSize) -> Callable[[], QImage]:  # noqa: ANN401
        """What reads the picture of a row, on another thread."""
        raise NotImplementedError

    def paint_picture(
        self,
        painter: QPainter,
        rect: QRectF,
        row: Any,  # noqa: ANN401
    ) -> QRectF:
        """Paint a row's picture, or that there is none; gives where it lies."""
        place = QRectF(0.0, 0.0, self._picture.width(), self._picture.height())
        place.moveCenter(rect.center())
        load = self.loader_of(row, self._picture * self._ratio)
        image = self._thumbnails.get(self.key_of(row), load)
        if image is None or image.isNull():
            painter.fillRect(place, self.theme.colour("raised"))
        else:
            painter.drawImage(place, image)
        if image is not None and image.isNull():
            painter.setPen(self.theme.colour("muted"))
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, tr("no picture"))
        return place

    def paint_ring(self, painter: QPainter, place: QRectF, token: str) -> None:
        """Paint a ring round a picture in a colour of the theme."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self.theme.colour(token), _RING_PX))
        painter.drawRoundedRect(place.adjusted(-1.5, -1.5, 1.5, 1.5), 4, 4)


class PictureGrid(TileView, Generic[Row]):
    """Shows rows as pictures; what was scrolled past is given up once the hand rests.

    Signals:
        opened: the row that was double-clicked.
    """

    opened = Signal(object)

    def __init__(
        self,
        thumbnails: ThumbnailLoader,
        delegate: PictureDelegate,
        words: Callable[[Row], str],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(delegate.theme, delegate.tile, parent)
        self._thumbnails = thumbnails
        self._pictures = delegate
        delegate.setParent(self)
        self.rows: RowList[Row] = RowList(words, self)
        self.setModel(self.rows)
        self.setItemDelegate(delegate)
        self._settle = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._settle.timeout.connect(self._forget_unseen)
        self.verticalScrollBar().valueChanged.connect(lambda _at: self._settle.start())
        self.doubleClicked.connect(lambda at: self.opened.emit(at.data(ROW_ROLE)))
        thumbnails.thumbnail_loaded.connect(lambda *_: self.viewport().update())

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        self.theme = theme
        self._pictures.theme = theme
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._settle.start()

    def _forget_unseen(self) -> None:
        rows = self.rows.rows
        self._thumbnails.forget(
            {self._pictures.key_of(rows[at]) for at in self.rows_in_sight}
        )
        self.viewport().update()
