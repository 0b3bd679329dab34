"""The pictures of what was chosen on the map, read as they come into sight."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem, QWidget

from dataset.records import SampleState
from dataset.sample_map import MapRow

from ...language import tr
from ...pictures import ThumbnailLoader, load_thumbnail
from ...theme import Theme
from ..rows import ROW_ROLE, Index, RowDelegate, RowList
from ..state_marks import MARK_PX, paint_state
from ..tile_view import TileView

PICTURE = QSize(95, 72)
GAP_PX = 7
BORDER_PX = 3
SETTLE_MS = 60


class SampleDelegate(RowDelegate):
    """Paints one sample's picture with the mark of its state."""

    def __init__(
        self,
        theme: Theme,
        thumbnails: ThumbnailLoader,
        words: Callable[[MapRow], str],
        parent: QWidget,
    ) -> None:
        super().__init__(theme, parent)
        self._thumbnails = thumbnails
        self._ratio = 1.0
        self.sample_words = words
        self.root = Path()
        self.hovered_id = ""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: Index
    ) -> None:
        """Paint the picture alone: a ring round it says that it is marked."""
        self._ratio = painter.device().devicePixelRatioF()
        marked = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(option.font)
        self.paint_row(
            painter, QRectF(option.rect), index.data(ROW_ROLE), is_chosen=marked
        )
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Give all pictures one size."""
        return QSize(PICTURE.width() + GAP_PX, PICTURE.height() + GAP_PX)

    def key_of(self, row: MapRow) -> Hashable:
        """What the small picture of a sample is kept under."""
        return row.id, self._ratio

    def paint_row(
        self, painter: QPainter, rect: QRectF, row: MapRow, *, is_chosen: bool
    ) -> None:
        """Paint the picture, its state, and whether it is marked or pointed at."""
        place = QRectF(0.0, 0.0, PICTURE.width(), PICTURE.height())
        place.moveCenter(rect.center())
        image = self._image(row)
        if image is None or image.isNull():
            painter.fillRect(place, self.theme.colour("raised"))
        else:
            painter.drawImage(place, image)
        if image is not None and image.isNull():
            painter.setPen(self.theme.colour("muted"))
            middle = Qt.AlignmentFlag.AlignCenter
            painter.drawText(place, middle, tr("no picture"))
        mark = QRectF(place.right() - MARK_PX - 3, place.top() + 3, MARK_PX, MARK_PX)
        if row.state is not SampleState.NEW:
            white = QColor("#FFFFFF")
            paint_state(painter, mark, row.state, white, twice=False)
        if is_chosen or row.id == self.hovered_id:
            token = "accent" if is_chosen else "text"
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self.theme.colour(token), BORDER_PX))
            painter.drawRoundedRect(place.adjusted(-1.5, -1.5, 1.5, 1.5), 4, 4)

    def _image(self, row: MapRow) -> QImage | None:
        path, size = self.root / row.path, PICTURE * self._ratio
        longest = max(row.width, row.height)
        return self._thumbnails.get(
            self.key_of(row), lambda: load_thumbnail(path, size, longest)
        )


class SampleGrid(TileView):
    """Shows the samples that are chosen, session by session; some can be marked.

    Signals:
        opened: the `MapRow` that was double-clicked.
        pointed: the id of the sample under the pointer, "" for none.
    """

    opened = Signal(object)
    pointed = Signal(str)

    def __init__(
        self,
        theme: Theme,
        thumbnails: ThumbnailLoader,
        words: Callable[[MapRow], str],
        parent: QWidget | None = None,
    ) -> None:
        tile = QSize(PICTURE.width() + GAP_PX, PICTURE.height() + GAP_PX)
        super().__init__(theme, tile, parent)
        self._thumbnails = thumbnails
        self._delegate = SampleDelegate(theme, thumbnails, words, self)
        self._pointed = ""
        self.rows: RowList[MapRow] = RowList(words, self)
        self.setModel(self.rows)
        self.setItemDelegate(self._delegate)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.viewport().setMouseTracking(True)
        # What was scrolled past is given up once the hand rests.
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self._forget_unseen)
        self.verticalScrollBar().valueChanged.connect(lambda _at: self._settle.start())
        self.doubleClicked.connect(lambda at: self.opened.emit(at.data(ROW_ROLE)))
        thumbnails.thumbnail_loaded.connect(lambda *_: self.viewport().update())

    @property
    def marked(self) -> tuple[MapRow, ...]:
        """The samples that are marked among those shown."""
        rows = self.rows.rows
        indexes = self.selectionModel().selectedIndexes()
        return tuple(rows[at] for at in sorted(index.row() for index in indexes))

    def show_samples(self, samples: tuple[MapRow, ...], root: Path) -> None:
        """Show these samples of the project in that folder.

        The same ones again keep their place and their marks.
        """
        self._delegate.root = root
        if _are_same(samples, self.rows.rows):
            self.rows.replace(samples)
            return
        self.selectionModel().clear()
        self.rows.show(samples)
        self.updateGeometries()
        self.verticalScrollBar().setValue(0)
        self._settle.start()

    def show_pointed(self, sample_id: str) -> None:
        """Ring a sample that is pointed at on the map."""
        if self._delegate.hovered_id != sample_id:
            self._delegate.hovered_id = sample_id
            self.viewport().update()

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        self.theme = theme
        self._delegate.theme = theme
        self.viewport().update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        row = self.indexAt(event.position().toPoint()).data(ROW_ROLE)
        self._point("" if row is None else row.id)

    def leaveEvent(self, event: object) -> None:
        self._point("")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._settle.start()

    def _point(self, sample_id: str) -> None:
        if sample_id != self._pointed:
            self._pointed = sample_id
            self.pointed.emit(sample_id)

    def _forget_unseen(self) -> None:
        rows = self.rows.rows
        self._thumbnails.forget(
            {self._delegate.key_of(rows[at]) for at in self.rows_in_sight}
        )
        self.viewport().update()


def _are_same(samples: tuple[MapRow, ...], others: tuple[MapRow, ...]) -> bool:
    """Whether these are the same samples, whatever is known of them by now."""
    return len(samples) == len(others) and all(
        one.id == other.id for one, other in zip(samples, others, strict=True)
    )
