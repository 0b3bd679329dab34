"""A strip of small pictures, the current one in the middle of its neighbours."""

from __future__ import annotations

from collections.abc import Hashable

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QFrame,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from dataset.records import SampleState

from ...language import tr
from ...pictures import ThumbnailLoader, load_thumbnail
from ...theme import Theme
from ..contracts import FilmFrame
from ..rows import dress
from ..state_marks import MARK_PX, paint_state

FRAME = QSize(112, 63)
GAP_PX = 10
STEP_PX = FRAME.width() + GAP_PX
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


class FramePainter:
    """Paints a small picture with the mark of its state."""

    def __init__(self, theme: Theme, thumbnails: ThumbnailLoader) -> None:
        self.theme = theme
        self._thumbnails = thumbnails
        self._ratio = 1.0

    def paint(
        self, painter: QPainter, place: QRectF, row: FilmFrame, *, is_chosen: bool
    ) -> None:
        """Paint one frame into its place."""
        self._ratio = painter.device().devicePixelRatioF()
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

    def keep_pictures(self, frames: list[FilmFrame]) -> None:
        """Give up all pictures that are waited for, but those of these frames."""
        self._thumbnails.forget({self._key(frame) for frame in frames})

    def _key(self, row: FilmFrame) -> Hashable:
        return row.sample_id, (FRAME * self._ratio).width()

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


class FilmRows(QObject):
    """The frames of a whole queue; only those that are looked at are read.

    No Qt model: a list view lays a hundred thousand rows out anew at each change.

    Signals:
        frames_wanted: the first place, counted from 0, and how many.
        frames_changed: something is not as it was shown.
    """

    frames_wanted = Signal(int, int)
    frames_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._key: object = None
        self.total = 0
        self._frames: dict[int, FilmFrame] = {}
        self._asked: set[int] = set()

    def show_queue(self, key: object, total: int) -> None:
        """Show the queue `key` of so many samples; the same one keeps its frames."""
        if (key, total) != (self._key, self.total):
            self._key, self.total = key, total
            self._frames.clear()
            self._asked.clear()
            self.frames_changed.emit()

    def put(self, first: int, frames: tuple[FilmFrame, ...]) -> None:
        """Take frames in, from a place on."""
        found = dict(enumerate(frames, start=first))
        if any(self._frames.get(place) != frame for place, frame in found.items()):
            self._frames |= found
            self.frames_changed.emit()

    def frame(self, place: int) -> FilmFrame | None:
        """The frame at a place, where it was read."""
        return self._frames.get(place)

    def look(self, place: int) -> FilmFrame | None:
        """The frame at a place; where it was not read yet it is asked for."""
        frame = self._frames.get(place)
        page = place // PAGE
        if frame is None and page not in self._asked and 0 <= place < self.total:
            self._asked.add(page)
            self.frames_wanted.emit(page * PAGE, PAGE)
        return frame


class FilmView(QAbstractScrollArea):
    """Shows the frames round the place it is scrolled to, and paints no others.

    Signals:
        place_clicked: the place of the frame that was clicked, counted from 0.
    """

    place_clicked = Signal(int)

    def __init__(self, rows: FilmRows, frames: FramePainter, parent: QWidget) -> None:
        super().__init__(parent)
        self._rows = rows
        self._painter = frames
        self.current = -1
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.horizontalScrollBar().setSingleStep(STEP_PX)
        rows.frames_changed.connect(self._on_changed)
        self.horizontalScrollBar().valueChanged.connect(self._on_scrolled)

    def show_current(self, place: int) -> None:
        """Frame one place as the current one, in the middle."""
        self._fit()
        if place == self.current:
            return
        self.current = place
        room = self.viewport().width()
        self.horizontalScrollBar().setValue(place * STEP_PX - (room - STEP_PX) // 2)
        self.viewport().update()

    def places(self) -> range:
        """The places that are seen."""
        first = self.horizontalScrollBar().value() // STEP_PX
        last = first + self.viewport().width() // STEP_PX + 2
        return range(first, min(last, self._rows.total))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint what is seen, and ask for what was not read yet."""
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for place in self.places():
            frame = self._rows.look(place)
            if frame is not None:
                rect, is_chosen = self._rect(place), place == self.current
                self._painter.paint(painter, rect, frame, is_chosen=is_chosen)
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let the strip be scrolled as far as it is long."""
        super().resizeEvent(event)
        self._fit()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Say which frame was clicked."""
        x = int(event.position().x()) + self.horizontalScrollBar().value()
        if event.button() is Qt.MouseButton.LeftButton:
            self.place_clicked.emit(x // STEP_PX)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll along the strip, whichever way the wheel turns."""
        turned = event.angleDelta().x() or event.angleDelta().y()
        bar = self.horizontalScrollBar()
        bar.setValue(bar.value() - turned)

    def viewportEvent(self, event: QEvent) -> bool:
        """Say a frame's number and state where the pointer rests."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            place = (event.x() + self.horizontalScrollBar().value()) // STEP_PX
            frame = self._rows.frame(place)
            words = "" if frame is None else f"{place + 1:,}: {_words(frame)}"
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().viewportEvent(event)

    def _rect(self, place: int) -> QRectF:
        left = place * STEP_PX - self.horizontalScrollBar().value() + GAP_PX / 2
        return QRectF(left, 4, FRAME.width(), FRAME.height())

    def _fit(self) -> None:
        room = self.viewport().width()
        most = max(self._rows.total * STEP_PX - room, 0)
        self.horizontalScrollBar().setRange(0, most)
        self.horizontalScrollBar().setPageStep(room)

    def _on_changed(self) -> None:
        self._fit()
        self.viewport().update()

    def _on_scrolled(self, _value: int) -> None:
        """Give up the pictures of frames that were scrolled past."""
        seen = (self._rows.frame(place) for place in self.places())
        self._painter.keep_pictures([frame for frame in seen if frame is not None])
        self.viewport().update()


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
        self.rows = FilmRows(self)
        self._frames = FramePainter(theme, thumbnails)
        self.view = FilmView(self.rows, self._frames, self)
        column = QVBoxLayout(self)
        column.setContentsMargins(9, 10, 9, 10)
        column.addWidget(self.view)
        self.view.place_clicked.connect(self._on_clicked)
        self.rows.frames_wanted.connect(self.frames_wanted)
        thumbnails.thumbnail_loaded.connect(self._on_thumbnail)

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        self._frames.theme = theme
        self.view.viewport().update()

    def show_place(self, queue: object, place: int, total: int) -> None:
        """Show a queue, with the sample at `place`, counted from 0, in the middle."""
        self.rows.show_queue(queue, total)
        self.view.show_current(place)

    def _on_clicked(self, place: int) -> None:
        frame = self.rows.frame(place)
        if frame is not None:
            self.frame_chosen.emit(frame.sample_id)

    def _on_thumbnail(self, _key: object, _image: object) -> None:
        self.view.viewport().update()


def _words(frame: FilmFrame) -> str:
    words = state_word(frame.state)
    return f"{words}, {tr('reviewed')}" if frame.reviewed else words
