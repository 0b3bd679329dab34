"""Small pictures of boxes that changed: dashed before, solid after."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QListView, QStyleOptionViewItem, QWidget

from dataset.images.image_file import decode

from ...pictures import ThumbnailLoader, crop, read_bytes
from ...theme import DARK, Theme
from ..rows import Index, RowDelegate, RowList
from .versions_contract import MovedBox

COLUMN_PX = 132
LEAST_COLUMNS = 2
SHAPE = 5 / 7
GAP_PX = 8


def load_change(row: MovedBox, size: QSize) -> QImage:
    """Read the sample and paint the box as it was and as it is."""
    around = row.after or row.before
    if around is None:
        return QImage()
    pixels = decode(read_bytes(row.path))
    image, inner = crop(pixels, around, size)
    painter = QPainter(image)
    fx = (inner[2] - inner[0]) / (around[2] - around[0])
    fy = (inner[3] - inner[1]) / (around[3] - around[1])
    for corners, colour, style in (
        (row.before, DARK.bad, Qt.PenStyle.DashLine),
        (row.after, DARK.ok, Qt.PenStyle.SolidLine),
    ):
        if corners is None:
            continue
        left = inner[0] + (corners[0] - around[0]) * fx
        top = inner[1] + (corners[1] - around[1]) * fy
        wide, high = (corners[2] - corners[0]) * fx, (corners[3] - corners[1]) * fy
        painter.setPen(QPen(QColor(colour), max(size.width() / 56, 2), style))
        painter.drawRect(QRectF(left, top, wide, high))
    painter.end()
    return image


class ChangeDelegate(RowDelegate):
    """Paints one changed box."""

    def __init__(
        self, theme: Theme, thumbnails: ThumbnailLoader, parent: QWidget
    ) -> None:
        super().__init__(theme, parent)
        self._thumbnails = thumbnails
        self._ratio = 1.0
        self.crop = QSize(COLUMN_PX - GAP_PX, round((COLUMN_PX - GAP_PX) * SHAPE))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: Index
    ) -> None:
        """Note the screen's scale, then paint."""
        self._ratio = painter.device().devicePixelRatioF()
        super().paint(painter, option, index)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Give all crops one size."""
        return QSize(self.crop.width() + GAP_PX, self.crop.height() + GAP_PX)

    def paint_row(
        self, painter: QPainter, rect: QRectF, row: MovedBox, *, is_chosen: bool
    ) -> None:
        """Paint the crop, grey until it is there."""
        place = QRectF(rect.left(), rect.top(), self.crop.width(), self.crop.height())
        size = self.crop * self._ratio
        image = self._thumbnails.get(
            (row, size.width()), lambda: load_change(row, size)
        )
        if image is None or image.isNull():
            painter.fillRect(place, self.theme.colour("raised"))
        else:
            painter.drawImage(place, image)


class ChangeGrid(QListView):
    """Shows changed boxes in rows."""

    def __init__(
        self, theme: Theme, thumbnails: ThumbnailLoader, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.rows: RowList[MovedBox] = RowList(lambda row: row.text, self)
        self._delegate = ChangeDelegate(theme, thumbnails, self)
        self.setModel(self.rows)
        self.setItemDelegate(self._delegate)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSelectionMode(QListView.SelectionMode.NoSelection)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.rows.modelReset.connect(self._fit)
        thumbnails.thumbnail_loaded.connect(lambda *_: self.viewport().update())

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        self._delegate.theme = theme
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the width anew."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Share the width between the crops, and be no higher than their rows."""
        room = self.viewport().width() - 2
        columns = max(room // COLUMN_PX, LEAST_COLUMNS)
        wide = max(room // columns - GAP_PX, GAP_PX)
        self._delegate.crop = QSize(wide, round(wide * SHAPE))
        rows = -(-self.rows.rowCount() // columns)
        high = self._delegate.crop.height() + GAP_PX
        self.setMaximumHeight(rows * high + 2 * GAP_PX)
        self.scheduleDelayedItemsLayout()
