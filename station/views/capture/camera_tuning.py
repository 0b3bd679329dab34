"""Zones, sensitivity and controls of the chosen camera, as a person tunes them."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication

from ...jobs import Lane, Operation, Submitter
from ...language import tr
from .camera_wall import CameraWall
from .capture_contract import ControlRow, Zone
from .capture_panel import CapturePanel
from .capture_words import zone_lines


class CameraTuning(QObject):
    """Carries what is asked for in the panel to the chosen camera, and answers back.

    Signals:
        zones_changed: the zones of the chosen camera are others.
        notice_came: a sentence and its tone.
        error_came: a `FieldsetError` to show.
    """

    zones_changed = Signal()
    notice_came = Signal(str, str)
    error_came = Signal(object)

    def __init__(
        self,
        wall: CameraWall,
        panel: CapturePanel,
        runner: Submitter,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._wall = wall
        self._panel = panel
        self._runner = runner
        self.zones: tuple[Zone, ...] = ()
        motion, controls = panel.motion, panel.controls
        motion.sensitivity_changed.connect(self._on_sensitivity)
        motion.drawing_changed.connect(lambda on: wall.chosen.live.draw_zones(on))
        motion.clear_requested.connect(lambda: self.set_zones(()))
        motion.lines_requested.connect(self.copy_zone_lines)
        controls.value_asked.connect(self._set_value)
        controls.automatic_asked.connect(self._set_automatic)

    def begin_with(self, zones: tuple[Zone, ...]) -> None:
        """Show the zones of `fieldset.toml`, which hold until others are drawn."""
        if zones == self.zones:
            return
        self.zones = zones
        for slot in self._wall.slots:
            if not slot.choice.has_own_zones:
                slot.show_choice(replace(slot.choice, zones=zones))
        self.zones_changed.emit()

    def set_zones(self, zones: tuple[Zone, ...]) -> None:
        """Look for motion in these zones only; () looks everywhere."""
        self._wall.chosen.set_zones(zones)
        self.zones_changed.emit()

    def copy_zone_lines(self) -> None:
        """Copy the lines that make the zones last: nobody rewrites a settings file."""
        choice = self._wall.chosen.choice
        lines = zone_lines(choice.zones, choice.sensitivity)
        QGuiApplication.clipboard().setText(lines)
        words = tr("Copied: paste the lines into fieldset.toml to keep these zones.")
        self.notice_came.emit(words, "ok")

    def _on_sensitivity(self, sensitivity: float) -> None:
        slot = self._wall.chosen
        slot.choose_trigger(replace(slot.choice, sensitivity=sensitivity))

    def _set_value(self, name: str, value: float) -> None:
        self._ask(name, value, is_auto=False)

    def _set_automatic(self, name: str, is_auto: bool) -> None:
        self._ask(name, None, is_auto=is_auto)

    def _ask(self, name: str, value: float | None, *, is_auto: bool) -> None:
        slot = self._wall.chosen

        def show(row: ControlRow) -> None:
            if slot is self._wall.chosen:
                self._panel.controls.show_answer(row)

        self._runner.submit(
            Operation(
                title=tr("Set a control of the camera"),
                function=lambda _progress: slot.desk.set_control(
                    name, value, is_auto=is_auto
                ),
                on_done=show,
                on_error=self.error_came.emit,
                lane=Lane.CAMERA,
                quiet=True,
            )
        )
