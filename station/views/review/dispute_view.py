"""Disputes, one at a time: the first pass on the left, the second on the right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from dataset.images.image_file import decode
from dataset.records import Box, LabelClass
from labeling.geometry import corners_of
from labeling.second_opinion.disputes import Verdict

from ...jobs import Job, Lane, Operation, Submitter
from ...language import tr
from ...pictures import read_bytes, shrunk_image
from ...theme import Theme, text_on
from ..empty_page import EmptyNote
from ..label.label_words import class_colour, class_name
from ..labels import ElidedLabel, button, key_hint, label
from ..rows import dress
from ..versions.change_picture import fitted, surroundings
from .dispute_words import dispute_name, dispute_sentence
from .review_contract import DisputeRow, ReviewState

LONGEST = QSize(1600, 1200)
OTHER_ALPHA = 120
TAG_PX = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputePicture:
    """What both panes show: the surroundings, and where they lie in the image."""

    image: QImage
    part: tuple[int, int, int, int]


def load_dispute(row: DisputeRow, room: QSize = LONGEST) -> DisputePicture:
    """Read the sample and cut the surroundings of what is disputed out of it."""
    pixels = decode(read_bytes(row.path))
    high, wide = pixels.shape[:2]
    boxes = tuple(corners_of(box) for box in _disputed(row) if box is not None)
    part = surroundings(boxes, wide, high)
    left, top, right, bottom = part
    cut = pixels[top:bottom, left:right]
    # Small boxes are shown larger by painting, smooth, not by a larger copy.
    size = QSize(right - left, bottom - top).boundedTo(room)
    return DisputePicture(image=shrunk_image(cut, size), part=part)


def _disputed(row: DisputeRow) -> tuple[Box | None, Box | None]:
    return row.found.dispute.first, row.found.dispute.second


class DisputePane(QWidget):
    """One side of a dispute: its boxes solid, the other side's box dashed."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.words = ""
        self._picture: DisputePicture | None = None
        self._own: Box | None = None
        self._other: Box | None = None
        self._around: tuple[Box, ...] = ()
        self._classes: Mapping[int, LabelClass] = {}

    def sizeHint(self) -> QSize:
        return QSize(420, 420)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 180)

    def show_side(
        self,
        own: Box | None,
        other: Box | None,
        around: tuple[Box, ...],
        classes: Mapping[int, LabelClass],
    ) -> None:
        """Show these boxes; the picture comes when it is read."""
        self._own, self._other, self._around = own, other, around
        self._classes, self._picture = classes, None
        self.words = ""
        self.update()

    def show_picture(self, picture: DisputePicture) -> None:
        """Show the picture under the boxes."""
        self._picture = picture
        self.update()

    def show_words(self, words: str) -> None:
        """Say why there is no picture."""
        self._picture, self.words = None, words
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        rect = QRectF(self.rect())
        painter.fillRect(rect, self.theme.colour("canvas"))
        if self._picture is None:
            painter.setPen(self.theme.colour("muted"))
            middle = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(rect.adjusted(20, 0, -20, 0), int(middle), self.words)
        else:
            self._paint(painter, rect, self._picture)
        painter.end()

    def _paint(self, painter: QPainter, rect: QRectF, picture: DisputePicture) -> None:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        place = fitted(picture.image, rect)
        painter.drawImage(place, picture.image)
        painter.setClipRect(place)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for box in self._around:
            if self._own is None or box.id != self._own.id:
                self._outline(painter, self._rect(box, place, picture), box, faint=True)
        if self._other is not None:
            ghost = self._rect(self._other, place, picture)
            self._dashes(painter, ghost)
            if self._own is None:
                self._tag(painter, ghost, place, tr("no box here"), "#F0625D")
        if self._own is not None:
            own = self._rect(self._own, place, picture)
            self._outline(painter, own, self._own)
            colour = class_colour(self._classes, self._own.class_id)
            name = class_name(self._classes, self._own.class_id)
            self._tag(painter, own, place, name, colour)

    def _rect(self, box: Box, place: QRectF, picture: DisputePicture) -> QRectF:
        left, top, right, _ = picture.part
        scale = place.width() / max(right - left, 1)
        x0, y0, x1, y1 = corners_of(box)
        at = QPointF(
            place.left() + (x0 - left) * scale, place.top() + (y0 - top) * scale
        )
        return QRectF(at.x(), at.y(), (x1 - x0) * scale, (y1 - y0) * scale)

    def _outline(
        self, painter: QPainter, rect: QRectF, box: Box, *, faint: bool = False
    ) -> None:
        colour = QColor(class_colour(self._classes, box.class_id))
        colour.setAlpha(OTHER_ALPHA if faint else 255)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if not faint:
            painter.setPen(QPen(QColor(0, 0, 0, 160), 5))
            painter.drawRect(rect)
        painter.setPen(QPen(colour, 1.5 if faint else 3))
        painter.drawRect(rect)

    def _dashes(self, painter: QPainter, rect: QRectF) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(0, 0, 0, 140), 3))
        painter.drawRect(rect)
        painter.setPen(QPen(QColor("#F0625D"), 2, Qt.PenStyle.DashLine))
        painter.drawRect(rect)

    def _tag(
        self, painter: QPainter, rect: QRectF, place: QRectF, words: str, colour: str
    ) -> None:
        font = self.font()
        font.setPixelSize(self.theme.head_px + 1)
        painter.setFont(font)
        metrics = painter.fontMetrics()
        wide = min(metrics.horizontalAdvance(words) + 12, place.width())
        high = max(TAG_PX, metrics.height() + 2)
        top = rect.top() - high - 1
        if top < place.top():
            top = max(rect.top() + 2, place.top())
        left = min(max(rect.left(), place.left()), place.right() - wide)
        ground = QRectF(left, top, wide, high)
        painter.fillRect(ground, QColor(colour))
        painter.setPen(QColor(text_on(colour)))
        shown = metrics.elidedText(words, Qt.TextElideMode.ElideRight, int(wide) - 10)
        painter.drawText(ground, Qt.AlignmentFlag.AlignCenter, shown)


class DisputeView(QWidget):
    """Goes through the open disputes.

    Signals:
        verdict_given: a `DisputeRow` and the `Verdict` on it.
    """

    verdict_given = Signal(object, object)

    def __init__(
        self, runner: Submitter, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        dress(self, "page")
        self._runner = runner
        self._job: Job | None = None
        self._state = ReviewState()
        self._at = 0
        self._shown: DisputeRow | None = None
        self.first, self.second = DisputePane(theme), DisputePane(theme)
        self._name = label("", "title")
        self._place = label("", "muted")
        self._sentence = ElidedLabel("", "muted")
        self._nothing = EmptyNote(
            tr("Nothing is disputed"),
            tr(
                "Where two passes over a sample differ, both stand here side by side "
                "and are settled with one key. Begin a second pass on the first tab."
            ),
        )
        self.body = QWidget()
        self._lay_out()
        self.show_state(self._state)

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setSpacing(10)
        for side, (head, pane) in enumerate(
            ((tr("First pass"), self.first), (tr("Second pass"), self.second))
        ):
            grid.addWidget(label(head, "head"), 0, side)
            grid.addWidget(pane, 1, side)
            grid.setColumnStretch(side, 1)
        grid.setRowStretch(1, 1)
        top = QHBoxLayout()
        top.addWidget(self._name)
        top.addStretch(1)
        top.addWidget(self._place)
        verdicts = QHBoxLayout()
        verdicts.setSpacing(8)
        for words, key, verdict in (
            (tr("Keep the first"), "F", Verdict.FIRST),
            (tr("Take the second"), "S", Verdict.SECOND),
            (tr("Edit in Label"), "Enter", Verdict.EDIT),
        ):
            one = button(words)
            one.clicked.connect(lambda _checked=False, v=verdict: self.give(v))
            verdicts.addWidget(one)
            verdicts.addWidget(key_hint(key, ""))
        verdicts.addStretch(1)
        inner = QVBoxLayout(self.body)
        inner.setContentsMargins(14, 12, 14, 12)
        inner.setSpacing(8)
        inner.addLayout(top)
        inner.addWidget(self._sentence)
        inner.addLayout(grid, 1)
        inner.addLayout(verdicts)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._nothing)
        column.addWidget(self.body)

    @property
    def row(self) -> DisputeRow | None:
        """The dispute that is shown."""
        rows = self._state.disputes
        return rows[self._at] if rows else None

    def show_state(self, state: ReviewState) -> None:
        """Show the open disputes, at the place of before."""
        self._state = state
        self._at = min(self._at, max(len(state.disputes) - 1, 0))
        self._show()

    def step(self, by: int) -> None:
        """Go to the next dispute or the one before; nothing is decided."""
        last = max(len(self._state.disputes) - 1, 0)
        self._at = min(max(self._at + by, 0), last)
        self._show()

    def go_to_kind(self, name: str) -> None:
        """Go to the first dispute of a name."""
        for at, row in enumerate(self._state.disputes):
            if dispute_name(row.found.dispute, self._state.classes) == name:
                self._at = at
                break
        self._show()

    def give(self, verdict: Verdict) -> None:
        """Settle the dispute that is shown."""
        if self.row is not None:
            self.verdict_given.emit(self.row, verdict)

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        for pane in (self.first, self.second):
            pane.theme = theme
            pane.update()

    def _show(self) -> None:
        row = self.row
        self._nothing.setVisible(row is None)
        self.body.setVisible(row is not None)
        if row == self._shown:
            self._show_place()
            return
        self._shown = row
        if row is None:
            return
        classes = self._state.classes
        first, second = _disputed(row)
        self.first.show_side(first, second, row.first, classes)
        self.second.show_side(second, first, row.second, classes)
        self._name.setText(dispute_name(row.found.dispute, classes))
        self._sentence.setText(dispute_sentence(row))
        self._show_place()
        self._load(row)

    def _show_place(self) -> None:
        words = tr("dispute {at} of {total}").format(
            at=f"{self._at + 1:,}", total=f"{len(self._state.disputes):,}"
        )
        self._place.setText(words)

    def _load(self, row: DisputeRow) -> None:
        if self._job is not None:
            self._job.cancel()
        self._job = self._runner.submit(
            Operation(
                title=tr("Read a picture"),
                function=lambda _progress: load_dispute(row),
                on_done=lambda picture: self._on_picture(row, picture),
                on_error=lambda error: self._on_fault(row, error.message),
                lane=Lane.IMAGES,
                quiet=True,
            )
        )

    def _on_picture(self, row: DisputeRow, picture: DisputePicture) -> None:
        if row == self.row:
            self.first.show_picture(picture)
            self.second.show_picture(picture)

    def _on_fault(self, row: DisputeRow, words: str) -> None:
        if row == self.row:
            self.first.show_words(words)
            self.second.show_words(words)
