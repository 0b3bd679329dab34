"""A grid of box crops, several of which can be chosen."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPen
from PySide6.QtWidgets import QListView, QStyleOptionViewItem, QWidget

from dataset.image_file import decode
from labeling.geometry import corners_of

from ..language import tr
from ..pictures import ThumbnailLoader, crop, read_bytes
from ..theme import Theme
from .dataset_contract import ReviewItem
from .rows import ROW_ROLE, Index, RowDelegate, RowList

CROP = QSize(116, 90)
GAP_PX = 12
BORDER_PX = 3


def load_crop(item: ReviewItem, size: QSize) -> QImage:
    """Read the sample and cut the surroundings of the box out of it."""
    return crop(decode(read_bytes(item.path)), corners_of(item.box), size)[0]


class CropDelegate(RowDelegate):
    """Paints one box with its state."""

    def __init__(
        self, theme: Theme, thumbnails: ThumbnailLoader, parent: QWidget
    ) -> None:
        super().__init__(theme, parent)
        self._thumbnails = thumbnails
        self._ratio = 1.0
        self.names: dict[int, str] = {}

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: Index
    ) -> None:
        """Note the screen's scale, then paint."""
        self._ratio = painter.device().devicePixelRatioF()
        super().paint(painter, option, index)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Give all crops one size."""
        return QSize(CROP.width() + GAP_PX, CROP.height() + GAP_PX)

    def paint_row(
        self, painter: QPainter, rect: QRectF, row: ReviewItem, *, is_chosen: bool
    ) -> None:
        """Paint the crop, its class and whether it was looked over."""
        half = GAP_PX / 2
        place = QRectF(
            rect.left() + half, rect.top() + half, CROP.width(), CROP.height()
        )
        size = CROP * self._ratio
        image = self._thumbnails.get(
            (row.sample_id, row.box, size.width()), lambda: load_crop(row, size)
        )
        if image is None or image.isNull():
            painter.fillRect(place, self.theme.colour("raised"))
        else:
            painter.drawImage(place, image)
        words = self.names.get(row.box.class_id, "")
        if row.reviewed:
            words = f"{words} ✓"
        self._paint_words(painter, place, words)
        if is_chosen:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self.theme.colour("accent"), BORDER_PX))
            painter.drawRoundedRect(place.adjusted(-1.5, -1.5, 1.5, 1.5), 4, 4)

    def _paint_words(self, painter: QPainter, place: QRectF, words: str) -> None:
        font = painter.font()
        font.setPixelSize(self.theme.head_px - 1)
        painter.setFont(font)
        shown = painter.fontMetrics().elidedText(
            words, Qt.TextElideMode.ElideRight, int(place.width() - 20)
        )
        wide = painter.fontMetrics().horizontalAdvance(shown) + 10
        ground = QRectF(place.left() + 5, place.bottom() - 21, wide, 16)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 170))
        painter.drawRoundedRect(ground, 3, 3)
        painter.setPen(QColor("#FFFFFF"))
        painter.drawText(ground, Qt.AlignmentFlag.AlignCenter, shown)


class ReviewGrid(QListView):
    """Shows boxes; several can be chosen with Ctrl and Shift.

    Signals:
        chosen_changed: how many are chosen.
        opened: the `ReviewItem` that was double-clicked.
    """

    chosen_changed = Signal(int)
    opened = Signal(object)

    def __init__(
        self, theme: Theme, thumbnails: ThumbnailLoader, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.rows: RowList[ReviewItem] = RowList(self._words, self)
        self._delegate = CropDelegate(theme, thumbnails, self)
        self.setModel(self.rows)
        self.setItemDelegate(self._delegate)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.selectionModel().selectionChanged.connect(
            lambda *_: self.chosen_changed.emit(len(self.chosen))
        )
        self.doubleClicked.connect(lambda at: self.opened.emit(at.data(ROW_ROLE)))
        thumbnails.thumbnail_loaded.connect(lambda *_: self.viewport().update())

    @property
    def chosen(self) -> tuple[ReviewItem, ...]:
        """The boxes that are chosen, in the order of the grid."""
        rows = sorted(index.row() for index in self.selectedIndexes())
        return tuple(self.rows.rows[row] for row in rows)

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        self._delegate.theme = theme
        self.viewport().update()

    def set_names(self, names: dict[int, str]) -> None:
        """Name the classes."""
        self._delegate.names = names
        self.viewport().update()

    def _words(self, item: ReviewItem) -> str:
        name = self._delegate.names.get(item.box.class_id, "")
        return f"{name}, {tr('reviewed')}" if item.reviewed else name
