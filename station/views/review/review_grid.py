"""A grid of box crops, many of which can be chosen at once."""

from __future__ import annotations

from collections.abc import Hashable

from PySide6.QtCore import QItemSelectionModel, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem, QWidget

from dataset.images.image_file import decode
from labeling.geometry import corners_of

from ...language import tr
from ...pictures import ThumbnailLoader, crop, read_bytes, reduction_for
from ...theme import Theme
from ..rows import ROW_ROLE, Index, RowDelegate, RowList
from ..tile_view import TileView
from .review_contract import GridPage, ReviewItem

CROP = QSize(116, 90)
GAP_PX = 12
BORDER_PX = 3
TAG_PX = 16
CHANGED_MS = 60
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


class CropDelegate(RowDelegate):
    """Paints one box with its state."""

    def __init__(
        self, theme: Theme, thumbnails: ThumbnailLoader, parent: QWidget
    ) -> None:
        super().__init__(theme, parent)
        self._thumbnails = thumbnails
        self._ratio = 1.0
        self.names: dict[int, str] = {}
        self.shows_odd = False
        self.names_class = True
        self.few: frozenset[int] = frozenset()

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: Index
    ) -> None:
        """Paint the box alone: a ring round it says that it is chosen, no ground."""
        self._ratio = painter.device().devicePixelRatioF()
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(option.font)
        self.paint_row(
            painter, QRectF(option.rect), index.data(ROW_ROLE), is_chosen=chosen
        )
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Give all crops one size."""
        return QSize(CROP.width() + GAP_PX, CROP.height() + GAP_PX)

    def key_of(self, row: ReviewItem) -> Hashable:
        """What the crop of a box is kept under: its class does not change it."""
        return row.sample_id, corners_of(row.box), self._ratio

    def paint_row(
        self, painter: QPainter, rect: QRectF, row: ReviewItem, *, is_chosen: bool
    ) -> None:
        """Paint the crop, what there is to know of it, and whether it is chosen."""
        place = QRectF(0.0, 0.0, CROP.width(), CROP.height())
        place.moveCenter(rect.center())
        size = CROP * self._ratio
        image = self._thumbnails.get(self.key_of(row), lambda: load_crop(row, size))
        if image is None or image.isNull():
            painter.fillRect(place, self.theme.colour("raised"))
        else:
            painter.drawImage(place, image)
        if image is not None and image.isNull():
            painter.setPen(self.theme.colour("muted"))
            middle = Qt.AlignmentFlag.AlignCenter
            painter.drawText(place, middle, tr("no picture"))
        self._paint_tag(painter, place, self.words(row))
        if is_chosen:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self.theme.colour("accent"), BORDER_PX))
            painter.drawRoundedRect(place.adjusted(-1.5, -1.5, 1.5, 1.5), 4, 4)

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


class ReviewGrid(TileView):
    """Shows boxes; crops are read as they come into sight, away from this thread.

    Signals:
        chosen_changed: how many are chosen.
        opened: the `ReviewItem` that was double-clicked.
    """

    chosen_changed = Signal(int)
    opened = Signal(object)

    def __init__(
        self, theme: Theme, thumbnails: ThumbnailLoader, parent: QWidget | None = None
    ) -> None:
        tile = QSize(CROP.width() + GAP_PX, CROP.height() + GAP_PX)
        super().__init__(theme, tile, parent)
        self._thumbnails = thumbnails
        self._delegate = CropDelegate(theme, thumbnails, self)
        self.rows: RowList[ReviewItem] = RowList(self._delegate.words, self)
        self.setModel(self.rows)
        self.setItemDelegate(self._delegate)
        # What was scrolled past is given up once the hand rests.
        self._settle = QTimer(self, singleShot=True, interval=CHANGED_MS)
        self._settle.timeout.connect(self._forget_unseen)
        self.verticalScrollBar().valueChanged.connect(lambda _at: self._settle.start())
        self.selectionModel().selectionChanged.connect(
            lambda *_: self.chosen_changed.emit(self.chosen_count)
        )
        self.doubleClicked.connect(lambda at: self.opened.emit(at.data(ROW_ROLE)))
        thumbnails.thumbnail_loaded.connect(lambda *_: self.viewport().update())

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

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        self.theme = theme
        self._delegate.theme = theme
        self.viewport().update()

    def set_names(self, names: dict[int, str]) -> None:
        """Name the classes."""
        self._delegate.names = names
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._settle.start()

    def _forget_unseen(self) -> None:
        items = self.rows.rows
        self._thumbnails.forget(
            {self._delegate.key_of(items[row]) for row in self.rows_in_sight}
        )
        self.viewport().update()
