"""The strip under the live picture: what was kept, and what was refused and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QListView, QStyleOptionViewItem, QVBoxLayout, QWidget

from ...jobs import Lane, Operation, Submitter
from ...language import tr
from ...pictures import thumbnail
from ...theme import DARK, Theme, text_on
from ..label.filmstrip import FRAME, GAP_PX, STRIP_PX
from ..rows import Index, RowDelegate, RowList, dress, plain_list
from .capture_contract import CaptureEvent, EventKind

KEPT_EVENTS = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class StripRow:
    """One picture that a trigger chose; the image comes when it is shrunk."""

    number: int
    words: str
    is_kept: bool
    has_image: bool
    image: QImage = field(compare=False, repr=False)


class StripDelegate(RowDelegate):
    """Paints a small picture; a refused one is dimmed and says why."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Give all frames one size."""
        return QSize(FRAME.width() + GAP_PX, FRAME.height() + 8)

    def paint_row(
        self, painter: QPainter, rect: QRectF, row: StripRow, *, is_chosen: bool
    ) -> None:
        """Paint one frame."""
        place = QRectF(
            rect.left() + GAP_PX / 2, rect.top() + 4, FRAME.width(), FRAME.height()
        )
        painter.fillRect(place, self.theme.colour("raised"))
        if not row.image.isNull():
            painter.setOpacity(1.0 if row.is_kept else 0.35)
            painter.drawImage(place, row.image)
            painter.setOpacity(1.0)
        self._paint_words(painter, place, row)

    def _paint_words(self, painter: QPainter, place: QRectF, row: StripRow) -> None:
        font = painter.font()
        font.setPixelSize(self.theme.head_px - 1)
        painter.setFont(font)
        fill = QColor(0, 0, 0, 170) if row.is_kept else QColor(DARK.bad)
        room = QRectF(0, 0, place.width() - 20, place.height() - 14)
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        needed = painter.fontMetrics().boundingRect(room.toRect(), flags, row.words)
        wide = min(needed.width(), room.width()) + 10
        high = min(needed.height(), room.height()) + 2
        ground = QRectF(place.left() + 5, place.bottom() - 5 - high, wide, high)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(fill)
        painter.drawRoundedRect(ground, 3, 3)
        ink = "#FFFFFF" if row.is_kept else text_on(DARK.bad)
        painter.setPen(QColor(ink))
        painter.drawText(ground, flags, row.words)


class EventStrip(QWidget):
    """Shows the newest pictures the trigger chose, newest on the right."""

    def __init__(
        self, theme: Theme, runner: Submitter, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        dress(self, "foot")
        self.setFixedHeight(STRIP_PX)
        self._runner = runner
        self._count = 0
        self._rows: RowList[StripRow] = RowList(lambda row: row.words, self)
        self._delegate = StripDelegate(theme, self)
        self._view = plain_list(self._rows, self._delegate)
        self._view.setFlow(QListView.Flow.LeftToRight)
        self._view.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._view.setSelectionMode(QListView.SelectionMode.NoSelection)
        column = QVBoxLayout(self)
        column.setContentsMargins(9, 10, 9, 10)
        column.addWidget(self._view)

    @property
    def rows(self) -> tuple[StripRow, ...]:
        """What is shown, oldest first."""
        return self._rows.rows

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        self._delegate.theme = theme
        self._view.viewport().update()

    def add(self, events: tuple[CaptureEvent, ...]) -> None:
        """Show these pictures; their small images are made in a worker."""
        made = [
            self._row(event)
            for event in events
            if event.kind in (EventKind.KEPT, EventKind.REFUSED, EventKind.FAULT)
        ]
        if not made:
            return
        self._rows.replace((*self._rows.rows, *made)[-KEPT_EVENTS:])
        self._view.scrollToBottom()
        last = self._rows.index(self._rows.rowCount() - 1)
        self._view.scrollTo(last)

    def _row(self, event: CaptureEvent) -> StripRow:
        self._count += 1
        number = self._count
        is_kept = event.kind is EventKind.KEPT
        moment = datetime.fromtimestamp(event.at_us / 1e6, UTC).astimezone()
        words = f"{moment:%H:%M:%S}" if is_kept else event.reason or tr("refused")
        if event.pixels is not None:
            pixels = event.pixels
            size = FRAME * self.devicePixelRatioF()
            self._runner.submit(
                Operation(
                    title=tr("Make a small picture"),
                    function=lambda _progress: thumbnail(pixels, size),
                    on_done=lambda image: self._on_image(number, image),
                    lane=Lane.THUMBNAILS,
                    quiet=True,
                )
            )
        return StripRow(
            number=number,
            words=words,
            is_kept=is_kept,
            has_image=False,
            image=QImage(),
        )

    def _on_image(self, number: int, image: QImage) -> None:
        self._rows.replace(
            tuple(
                StripRow(
                    number=row.number,
                    words=row.words,
                    is_kept=row.is_kept,
                    has_image=True,
                    image=image,
                )
                if row.number == number
                else row
                for row in self._rows.rows
            )
        )
