"""The side panel of the Capture page: what is wanted, how to take it, what is there."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ...language import tr
from ...theme import Theme
from ..contracts import ClassRow
from ..labels import ElidedLabel, button, label
from ..rows import RowDelegate, RowList, dress, fit_height, plain_list
from .capture_contract import CaptureStatus, short_source
from .session_form import SessionFormPanel
from .trigger_bar import TriggerBar

PANEL_PX = 316
LARGE_PANEL_PX = 360
LARGE_TEXT_PX = 14
LAST_S = 6.0


class CountDelegate(RowDelegate):
    """Paints a class with its count over a bar as wide as the panel."""

    row_px = 40

    def paint_row(
        self, painter: QPainter, rect: QRectF, row: ClassRow, *, is_chosen: bool
    ) -> None:
        """Paint one class."""
        text = QRectF(rect.left(), rect.top() + 2, rect.width(), 22)
        middle = text.center().y()
        self.swatch(
            painter,
            QRectF(text.left(), middle - 6, 12, 12),
            row.label_class.colour,
        )
        figure = f"{row.boxes:,}"
        is_full = row.target is not None and row.boxes >= row.target
        if row.target is not None:
            figure = f"{row.boxes:,} / {row.target:,}"
        if is_full:
            figure = f"{figure} {tr('full')}"
        self.words(painter, text, figure, "muted", right=True)
        room = painter.fontMetrics().horizontalAdvance(figure) + 30
        name = text.adjusted(22, 0, -room, 0)
        self.words(painter, name, row.label_class.name)
        if row.target is None:
            return
        ground = QRectF(rect.left(), rect.bottom() - 13, rect.width(), 6)
        painter.setPen(self._ground_pen())
        painter.setBrush(self.theme.colour("raised"))
        painter.drawRoundedRect(ground, 3, 3)
        share = min(row.boxes / row.target, 1.0) if row.target > 0 else 1.0
        if share > 0:
            fill = self.theme.ok if is_full else row.label_class.colour
            painter.setBrush(QColor(fill))
            ground.setWidth(max(ground.width() * share, 6.0))
            painter.drawRoundedRect(ground, 3, 3)


class ControlDelegate(RowDelegate):
    """Paints one thing the camera said of itself."""

    row_px = 32

    def paint_row(
        self, painter: QPainter, rect: QRectF, row: tuple[str, str], *, is_chosen: bool
    ) -> None:
        """Paint name and value over a thin line."""
        inner = rect.adjusted(8, 0, -8, 0)
        self.words(painter, inner, row[0])
        self.words(painter, inner, row[1], right=True)
        painter.setPen(self.theme.colour("line"))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())


class CapturePanel(QWidget):
    """Everything beside the live picture.

    Signals:
        form_given: the `SessionForm` of a source to open.
        stop_requested: the session is to end.
        cameras_requested: look for cameras.
    """

    form_given = Signal(object)
    stop_requested = Signal()
    cameras_requested = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        dress(self, "side")
        self._fit_width(theme)
        self.form = SessionFormPanel()
        self.triggers = TriggerBar(LAST_S)
        self._wanted_head = label(tr("Capture next"), "head")
        self._wanted = label("", "title", wraps=True)
        self._wanted_more = label("", "muted", wraps=True)
        self._session_head = label("", "head", wraps=True)
        self._running = ElidedLabel("")
        self._stop = button(tr("End the session"), touch=True)
        self._counts: RowList[ClassRow] = RowList(_count_words, self)
        self._controls: RowList[tuple[str, str]] = RowList(": ".join, self)
        self._delegates = (CountDelegate(theme, self), ControlDelegate(theme, self))
        self._count_view = plain_list(self._counts, self._delegates[0])
        self._control_view = plain_list(self._controls, self._delegates[1])
        for view in (self._count_view, self._control_view):
            view.setSelectionMode(view.SelectionMode.NoSelection)
        self._lay_out(theme)
        self.form.form_given.connect(self.form_given)
        self.form.cameras_requested.connect(self.cameras_requested)
        self._stop.clicked.connect(self.stop_requested)
        self.show_status(CaptureStatus())
        self.show_wanted(())

    def _lay_out(self, theme: Theme) -> None:
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(14, 14, 14, 14)
        column.setSpacing(10)
        column.addWidget(self._callout())
        column.addWidget(self.triggers)
        column.addWidget(self._session_head)
        self._running_box = self._running_part()
        column.addWidget(self.form)
        column.addWidget(self._running_box)
        column.addStretch(1)
        area = QScrollArea()
        area.setProperty("kind", "panel")
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inner)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(theme.line_px, 0, 0, 0)
        outer.addWidget(area)

    def _callout(self) -> QFrame:
        frame = QFrame()
        frame.setProperty("kind", "callout")
        column = QVBoxLayout(frame)
        column.setContentsMargins(14, 10, 14, 10)
        column.setSpacing(4)
        for one in (self._wanted_head, self._wanted, self._wanted_more):
            column.addWidget(one)
        return frame

    def _running_part(self) -> QWidget:
        part = QWidget()
        column = QVBoxLayout(part)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._running)
        column.addWidget(self._stop)
        self._counts_head = label(tr("Boxes in the project"), "head")
        column.addWidget(self._counts_head)
        column.addWidget(self._count_view)
        self._controls_head = label(tr("Camera, as read back"), "head")
        column.addWidget(self._controls_head)
        column.addWidget(self._control_view)
        column.addStretch(1)
        return part

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        self._fit_width(theme)
        for delegate in self._delegates:
            delegate.theme = theme
        self.update()

    def _fit_width(self, theme: Theme) -> None:
        is_large = theme.text_px > LARGE_TEXT_PX
        self.setFixedWidth(LARGE_PANEL_PX if is_large else PANEL_PX)

    def show_wanted(self, sentences: tuple[str, ...]) -> None:
        """Say what to capture next."""
        first = sentences[0] if sentences else tr("anything: no target is set")
        self._wanted.setText(first)
        self._wanted_more.setText(". ".join(sentences[1:3]))
        self._wanted_more.setVisible(len(sentences) > 1)

    def show_counts(self, rows: tuple[ClassRow, ...]) -> None:
        """Show the classes with their counts."""
        self._counts.replace(rows)
        fit_height(self._count_view, self._delegates[0], 0, 12)

    def show_status(self, status: CaptureStatus) -> None:
        """Show the session's figures and what the camera says of itself."""
        is_running = status.is_running
        self.form.setVisible(not is_running)
        self._running_box.setVisible(is_running)
        self.triggers.set_running(is_running)
        head = tr("Next session")
        refused = sum(status.refused.values())
        if is_running or status.kept or refused:
            head = tr("This session · {kept} kept, {refused} refused").format(
                kept=f"{status.kept:,}", refused=f"{refused + status.known:,}"
            )
            if not is_running:
                head = f"{tr('Last session')} · {head.partition('·')[2].strip()}"
        self._session_head.setText(head)
        name = "" if status.session is None else status.session.name
        self._running.setText(
            " · ".join(part for part in (name, short_source(status.source)) if part)
        )
        self._controls.replace(status.controls)
        self._controls_head.setVisible(bool(status.controls))
        self._control_view.setVisible(bool(status.controls))
        fit_height(self._control_view, self._delegates[1], 0, 8)


def _count_words(row: ClassRow) -> str:
    target = "" if row.target is None else f" / {row.target:,}"
    return f"{row.label_class.name}: {row.boxes:,}{target}"
