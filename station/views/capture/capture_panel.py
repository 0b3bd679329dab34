"""The side panel of the Capture page: what is wanted, how to take it, what is there."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from dataset.coach import Advice

from ...language import tr
from ...theme import Theme
from ..contracts import ClassRow
from ..labels import ElidedLabel, button, label, set_tone
from ..rows import dress
from .capture_contract import CaptureStatus, TriggerChoice, short_source
from .class_list import ClassList
from .controls_part import ControlsPart
from .drift_part import DriftPart
from .health_part import HealthPart
from .motion_part import MotionPart
from .session_form import SessionFormPanel
from .trigger_bar import TriggerBar

PANEL_PX = 316
LARGE_PANEL_PX = 360
LARGE_TEXT_PX = 14
LAST_S = 6.0
FURTHER = 2


class CapturePanel(QWidget):
    """Everything beside the live pictures; it speaks of the chosen camera.

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
        self._advice = Advice()
        self._class_id: int | None = None
        self._conditions: tuple[tuple[str, str], ...] = ()
        self.form = SessionFormPanel()
        self.triggers = TriggerBar(LAST_S)
        self.motion = MotionPart()
        self.classes = ClassList(theme)
        self.controls = ControlsPart()
        self.drift = DriftPart()
        self.health = HealthPart()
        self._wanted = label("", "title", wraps=True)
        self._wanted_more = label("", "muted", wraps=True)
        self._warning = label("", wraps=True)
        set_tone(self._warning, "warn")
        self._session_head = label("", "head", wraps=True)
        self._loss = label("", wraps=True)
        self._running = ElidedLabel("")
        self._stop = button(tr("End the session"), touch=True)
        self._lay_out(theme)
        self.form.form_given.connect(self.form_given)
        self.form.cameras_requested.connect(self.cameras_requested)
        self._stop.clicked.connect(self.stop_requested)
        self.show_status(CaptureStatus())
        self.show_choice(TriggerChoice())
        self._show_advice()

    def _lay_out(self, theme: Theme) -> None:
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(14, 14, 14, 14)
        column.setSpacing(10)
        column.addWidget(self._callout())
        column.addWidget(self.triggers)
        column.addWidget(self.motion)
        column.addWidget(self._session_head)
        column.addWidget(self._loss)
        column.addWidget(self.form)
        column.addWidget(self._running)
        column.addWidget(label(tr("Captured for, and boxes in the project"), "head"))
        column.addWidget(self.classes)
        column.addWidget(self.controls)
        column.addWidget(self.drift)
        column.addWidget(self.health)
        column.addStretch(1)
        area = QScrollArea()
        area.setProperty("kind", "panel")
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inner)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(theme.line_px, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(area, 1)
        outer.addWidget(self._foot())

    def _callout(self) -> QFrame:
        frame = QFrame()
        frame.setProperty("kind", "callout")
        column = QVBoxLayout(frame)
        column.setContentsMargins(14, 10, 14, 10)
        column.setSpacing(4)
        column.addWidget(label(tr("Capture next"), "head"))
        for one in (self._wanted, self._warning, self._wanted_more):
            column.addWidget(one)
        return frame

    def _foot(self) -> QWidget:
        """Give what begins and ends a session: in sight in a low window, too."""
        part = QWidget()
        column = QVBoxLayout(part)
        column.setContentsMargins(14, 8, 14, 10)
        column.addWidget(self.form.foot)
        column.addWidget(self._stop)
        return part

    @property
    def wanted(self) -> str:
        """The coach's line, as shown."""
        return self._wanted.text()

    @property
    def warning(self) -> str:
        """Why no more of the chosen class is wanted, "" where it is."""
        return self._warning.text()

    @property
    def loss(self) -> str:
        """What is told of pictures that wait for the disk or were dropped."""
        return self._loss.text()

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        self._fit_width(theme)
        self.classes.set_theme(theme)
        self.update()

    def _fit_width(self, theme: Theme) -> None:
        is_large = theme.text_px > LARGE_TEXT_PX
        self.setFixedWidth(LARGE_PANEL_PX if is_large else PANEL_PX)

    def show_advice(self, advice: Advice) -> None:
        """Say what to capture next."""
        self._advice = advice
        self._show_advice()

    def show_conditions(self, conditions: tuple[tuple[str, str], ...]) -> None:
        """Say what can be captured in a session under these conditions."""
        if conditions != self._conditions:
            self._conditions = conditions
            self._show_advice()

    def show_class(self, class_id: int | None) -> None:
        """Say for which class is captured, with a warning where it is full."""
        self._class_id = class_id
        self.classes.show_chosen(class_id)
        self._show_advice()

    def show_counts(self, rows: tuple[ClassRow, ...]) -> None:
        """Show the classes with their counts."""
        self.classes.show_classes(rows)

    def show_choice(self, choice: TriggerChoice) -> None:
        """Show the trigger of the chosen camera."""
        self.triggers.show_choice(choice)
        self.motion.setVisible(choice.name == "motion")
        self.motion.show_zones(len(choice.zones))

    def show_status(self, status: CaptureStatus) -> None:
        """Show the session's figures and what the camera says of itself."""
        is_running = status.is_running
        self.form.setVisible(not is_running)
        self.form.foot.setVisible(not is_running)
        self._running.setVisible(is_running)
        self._stop.setVisible(is_running)
        self.triggers.set_running(is_running)
        head = _session_words(status)
        self._session_head.setText(head)
        self._session_head.setVisible(bool(head))
        name = "" if status.session is None else status.session.name
        self._running.setText(
            " · ".join(part for part in (name, short_source(status.source)) if part)
        )
        self._show_loss(status)
        self.controls.setVisible(is_running)
        self.controls.show_camera(status.mode, status.controls)

    def _show_loss(self, status: CaptureStatus) -> None:
        words, tone = "", "muted"
        if status.dropped:
            words = tr("{count} pictures dropped: the disk is too slow")
            words, tone = words.format(count=f"{status.dropped:,}"), "bad"
        elif status.waiting > 1:
            words = tr("{count} pictures wait for the disk")
            words, tone = words.format(count=f"{status.waiting:,}"), "warn"
        self._loss.setText(words)
        set_tone(self._loss, tone)
        self._loss.setVisible(bool(words))

    def _show_advice(self) -> None:
        line = self._advice.line_under(self._conditions)
        self._wanted.setText(line or tr("anything: no target is set"))
        more = [
            need.sentence
            for need in self._advice.needs
            if not line.startswith(need.sentence)
        ]
        self._wanted_more.setText(". ".join(more[:FURTHER]))
        self._wanted_more.setVisible(bool(more))
        warning = ""
        if self._class_id is not None:
            warning = self._advice.warning(self._class_id, self._conditions)
        self._warning.setText(warning and f"{warning}: {tr('no more is needed')}")
        self._warning.setVisible(bool(warning))


def _session_words(status: CaptureStatus) -> str:
    refused = sum(status.refused.values()) + status.known
    if not (status.is_running or status.kept or refused):
        return ""
    words = tr("{kept} kept, {refused} refused").format(
        kept=f"{status.kept:,}", refused=f"{refused:,}"
    )
    head = tr("This session") if status.is_running else tr("Last session")
    return f"{head} · {words}"
