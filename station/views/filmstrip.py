"""A strip of small pictures, the current one in the middle of its neighbours."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPen
from PySide6.QtWidgets import QListView, QStyleOptionViewItem, QVBoxLayout, QWidget

from dataset.records import SampleState

from ..language import tr
from ..pictures import ThumbnailLoader, load_thumbnail
from ..theme import Theme
from .contracts import FilmFrame
from .rows import Index, RowDelegate, RowList, dress, plain_list

FRAME = QSize(112, 63)
GAP_PX = 10
STRIP_PX = 92

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
    """Paints a small picture with a dot for its state."""

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
            (row.sample_id, size.width()),
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
        dot = QRectF(place.right() - 14, place.bottom() - 14, 10, 10)
        painter.setPen(QPen(QColor(0, 0, 0, 150), 1))
        painter.setBrush(self.theme.colour(STATE_TONES[row.state]))
        if row.state is SampleState.NEW:
            painter.setBrush(QColor(0, 0, 0, 90))
            painter.setPen(QPen(QColor("#FFFFFF"), 1.5))
        if row.state is SampleState.SKIPPED:
            painter.drawRect(dot)
        else:
            painter.drawEllipse(dot)
        if row.state is SampleState.EMPTY:
            painter.setPen(QPen(QColor("#FFFFFF"), 1.5))
            middle = dot.center().y()
            painter.drawLine(
                dot.topLeft().toPoint().x() + 3,
                round(middle),
                dot.topRight().toPoint().x() - 3,
                round(middle),
            )


class Filmstrip(QWidget):
    """Shows the neighbours of the current sample.

    Signals:
        frame_chosen: the sample id the person clicked.
    """

    frame_chosen = Signal(str)

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
        self._frames: RowList[FilmFrame] = RowList(_words, self)
        self._delegate = FrameDelegate(theme, thumbnails, self)
        self._view = plain_list(self._frames, self._delegate)
        self._view.setFlow(QListView.Flow.LeftToRight)
        self._view.setWrapping(False)
        self._view.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        column = QVBoxLayout(self)
        column.setContentsMargins(9, 10, 9, 10)
        column.addWidget(self._view)
        self._view.clicked.connect(self._on_clicked)
        thumbnails.thumbnail_loaded.connect(self._on_thumbnail)

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        self._delegate.theme = theme
        self._view.viewport().update()

    def show_frames(self, frames: tuple[FilmFrame, ...], current: str) -> None:
        """Show these samples and keep the current one in the middle."""
        self._frames.replace(frames)
        for at, frame in enumerate(frames):
            if frame.sample_id == current:
                index = self._frames.index(at)
                self._view.setCurrentIndex(index)
                self._view.scrollTo(index, QListView.ScrollHint.PositionAtCenter)
                return
        self._view.setCurrentIndex(QModelIndex())

    def _on_clicked(self, index: QModelIndex) -> None:
        self.frame_chosen.emit(self._frames.rows[index.row()].sample_id)

    def _on_thumbnail(self, _key: object, _image: object) -> None:
        self._view.viewport().update()


def _words(frame: FilmFrame) -> str:
    words = state_word(frame.state)
    return f"{words}, {tr('reviewed')}" if frame.reviewed else words
