"""A strip of small pictures, the current one in the middle of its neighbours."""

from __future__ import annotations

from collections.abc import Hashable

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPoint,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QImage, QPainter, QPen
from PySide6.QtWidgets import QListView, QStyleOptionViewItem, QVBoxLayout, QWidget

from dataset.records import SampleState

from ..language import tr
from ..pictures import ThumbnailLoader, load_thumbnail
from ..theme import Theme
from .contracts import FilmFrame
from .rows import NO_PARENT, ROW_ROLE, Index, RowDelegate, dress, plain_list
from .state_marks import MARK_PX, paint_state

FRAME = QSize(112, 63)
GAP_PX = 10
STRIP_PX = 92
# So many frames are read at once.
PAGE = 32

STATE_TONES = {
    SampleState.NEW: "muted",
    SampleState.PROPOSED: "proposal",
    SampleState.LABELED: "ok",
    SampleState.EMPTY: "line",
    SampleState.SKIPPED: "warn",
}


def state_word(state: SampleState) -> str:
    """Give the state of a sample in words."""
    return {
        SampleState.NEW: tr("new"),
        SampleState.PROPOSED: tr("proposed"),
        SampleState.LABELED: tr("labeled"),
        SampleState.EMPTY: tr("empty"),
        SampleState.SKIPPED: tr("skipped"),
    }[state]


class FrameDelegate(RowDelegate):
    """Paints a small picture with the mark of its state."""

    def __init__(
        self, theme: Theme, thumbnails: ThumbnailLoader, parent: QWidget
    ) -> None:
        super().__init__(theme, parent)
        self._thumbnails = thumbnails
        self._ratio = 1.0

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: Index
    ) -> None:
        """Note the screen's scale, then paint."""
        self._ratio = painter.device().devicePixelRatioF()
        super().paint(painter, option, index)

    def keep_pictures(self, frames: list[FilmFrame]) -> None:
        """Give up all pictures that are waited for, but those of these frames."""
        self._thumbnails.forget({self._key(frame) for frame in frames})

    def _key(self, row: FilmFrame) -> Hashable:
        return row.sample_id, (FRAME * self._ratio).width()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Give all frames one size."""
        return QSize(FRAME.width() + GAP_PX, FRAME.height() + 8)

    def paint_row(
        self, painter: QPainter, rect: QRectF, row: FilmFrame, *, is_chosen: bool
    ) -> None:
        """Paint one frame."""
        place = QRectF(
            rect.left() + GAP_PX / 2, rect.top() + 4, FRAME.width(), FRAME.height()
        )
        size = FRAME * self._ratio
        image = self._thumbnails.get(
            self._key(row),
            lambda: load_thumbnail(row.path, size, max(row.width, row.height)),
        )
        if image is None or image.isNull():
            self._paint_missing(painter, place, image)
        else:
            painter.drawImage(place, image)
        if is_chosen:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self.theme.colour("accent"), 2.5))
            painter.drawRoundedRect(place.adjusted(-1, -1, 1, 1), 3, 3)
        self._paint_state(painter, place, row)

    def _paint_missing(
        self, painter: QPainter, place: QRectF, image: QImage | None
    ) -> None:
        painter.fillRect(place, self.theme.colour("raised"))
        if image is not None:
            painter.setPen(self.theme.colour("bad"))
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, tr("unreadable"))

    def _paint_state(self, painter: QPainter, place: QRectF, row: FilmFrame) -> None:
        mark = QRectF(
            place.right() - MARK_PX - 3, place.bottom() - MARK_PX - 3, MARK_PX, MARK_PX
        )
        colour = QColor("#FFFFFF")
        if row.state not in (SampleState.NEW, SampleState.EMPTY):
            colour = self.theme.colour(STATE_TONES[row.state])
        paint_state(painter, mark, row.state, colour, twice=row.reviewed)


class FilmRows(QAbstractListModel):
    """The samples of a whole queue as rows; only those that are looked at are read.

    Signals:
        frames_wanted: the first place, counted from 0, and how many.
    """

    frames_wanted = Signal(int, int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._key: object = None
        self._total = 0
        self._frames: dict[int, FilmFrame] = {}
        self._asked: set[int] = set()

    def show_queue(self, key: object, total: int) -> None:
        """Show the queue `key` of so many samples; the same one keeps its frames."""
        if (key, total) == (self._key, self._total):
            return
        self.beginResetModel()
        self._key, self._total = key, total
        self._frames.clear()
        self._asked.clear()
        self.endResetModel()

    def put(self, first: int, frames: tuple[FilmFrame, ...]) -> None:
        """Take frames in from a place on; what changed is announced."""
        self._asked.discard(first // PAGE)
        for place, frame in enumerate(frames, start=first):
            if place < self._total and self._frames.get(place) != frame:
                self._frames[place] = frame
                self.dataChanged.emit(self.index(place), self.index(place))

    def frame(self, place: int) -> FilmFrame | None:
        """The frame at a place, where it was read."""
        return self._frames.get(place)

    def rowCount(self, parent: Index = NO_PARENT) -> int:
        """Give the number of samples of the queue."""
        return 0 if parent.isValid() else self._total

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Give the frame for ROW_ROLE and its words for reading aloud."""
        place = index.row()
        if not 0 <= place < self._total:
            return None
        frame = self._frames.get(place)
        if role == ROW_ROLE:
            if frame is None:
                self._ask(place // PAGE)
            return frame
        words = (
            Qt.ItemDataRole.DisplayRole,
            Qt.ItemDataRole.ToolTipRole,
            Qt.ItemDataRole.AccessibleTextRole,
        )
        if role not in words:
            return None
        return "" if frame is None else f"{place + 1:,}: {_words(frame)}"

    def _ask(self, page: int) -> None:
        if page not in self._asked:
            self._asked.add(page)
            self.frames_wanted.emit(page * PAGE, PAGE)


class Filmstrip(QWidget):
    """Shows the queue as small pictures, the current one in the middle.

    Signals:
        frame_chosen: the sample id the person clicked.
        frames_wanted: the first place, counted from 0, and how many.
    """

    frame_chosen = Signal(str)
    frames_wanted = Signal(int, int)

    def __init__(
        self,
        theme: Theme,
        thumbnails: ThumbnailLoader,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        dress(self, "foot")
        self.setFixedHeight(STRIP_PX)
        self._thumbnails = thumbnails
        self.rows = FilmRows(self)
        self._delegate = FrameDelegate(theme, thumbnails, self)
        self.view = plain_list(self.rows, self._delegate)
        self.view.setFlow(QListView.Flow.LeftToRight)
        self.view.setWrapping(False)
        self.view.setHorizontalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.view.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        column = QVBoxLayout(self)
        column.setContentsMargins(9, 10, 9, 10)
        column.addWidget(self.view)
        self.view.clicked.connect(self._on_clicked)
        self.view.horizontalScrollBar().valueChanged.connect(self._on_scrolled)
        self.rows.frames_wanted.connect(self.frames_wanted)
        thumbnails.thumbnail_loaded.connect(self._on_thumbnail)

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        self._delegate.theme = theme
        self.view.viewport().update()

    def show_place(self, queue: object, place: int, total: int) -> None:
        """Show a queue, with the sample at `place`, counted from 0, in the middle."""
        self.rows.show_queue(queue, total)
        index = self.rows.index(place) if 0 <= place < total else QModelIndex()
        if index == self.view.currentIndex():
            return
        self.view.setCurrentIndex(index)
        if index.isValid():
            self.view.scrollTo(index, QListView.ScrollHint.PositionAtCenter)

    def _on_clicked(self, index: QModelIndex) -> None:
        frame = self.rows.frame(index.row())
        if frame is not None:
            self.frame_chosen.emit(frame.sample_id)

    def _on_scrolled(self, _value: int) -> None:
        """Give up the pictures of frames that were scrolled past."""
        room = self.view.viewport().rect()
        first = self.view.indexAt(room.topLeft() + QPoint(GAP_PX, GAP_PX)).row()
        count = room.width() // (FRAME.width() + GAP_PX) + 2
        seen = (self.rows.frame(max(first, 0) + at) for at in range(count))
        self._delegate.keep_pictures([frame for frame in seen if frame is not None])

    def _on_thumbnail(self, _key: object, _image: object) -> None:
        self.view.viewport().update()


def _words(frame: FilmFrame) -> str:
    words = state_word(frame.state)
    return f"{words}, {tr('reviewed')}" if frame.reviewed else words
