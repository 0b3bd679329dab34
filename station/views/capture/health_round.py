"""Asks now and then how the cameras are, and keeps what was said."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal

from dataset.errors import FieldsetError

from ...jobs import Lane, Operation, Submitter
from ...language import tr
from .camera_slot import CameraSlot
from .camera_wall import CameraWall
from .capture_contract import HealthRow

EVERY_MS = 60_000


class HealthRound(QObject):
    """Once a minute looks at what each running camera captured, in a worker.

    Signals:
        row_came: the `CameraSlot` of which something was said.
    """

    row_came = Signal(object)

    def __init__(
        self, wall: CameraWall, runner: Submitter, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._wall = wall
        self._runner = runner
        self._rows: dict[CameraSlot, HealthRow] = {}
        self._asking: set[CameraSlot] = set()
        self._timer = QTimer(self, interval=EVERY_MS)
        self._timer.timeout.connect(self.go_round)

    def begin(self) -> None:
        """Go round from now on."""
        self._timer.start()

    def halt(self) -> None:
        """Ask no more."""
        self._timer.stop()

    def row(self, slot: CameraSlot) -> HealthRow:
        """What was said of a camera last; empty before."""
        return self._rows.get(slot, HealthRow())

    def go_round(self) -> None:
        """Ask of every camera that captures."""
        for slot in self._wall.slots:
            if slot.status.is_running:
                self.ask(slot)

    def ask(self, slot: CameraSlot) -> None:
        """Ask of one camera, unless its answer is on the way."""
        if slot in self._asking or not slot.status.kept:
            return
        self._asking.add(slot)
        self._runner.submit(
            Operation(
                title=tr("Look after the camera"),
                function=lambda _progress: slot.desk.health(),
                on_done=partial(self._take, slot),
                on_error=partial(self._take_error, slot),
                on_stopped=partial(self._asking.discard, slot),
                lane=Lane.WORK,
                quiet=True,
            )
        )

    def _take(self, slot: CameraSlot, row: HealthRow) -> None:
        self._asking.discard(slot)
        if slot in self._wall.slots:
            self._rows[slot] = row
            self.row_came.emit(slot)

    def _take_error(self, slot: CameraSlot, error: FieldsetError) -> None:
        words = tr("not looked at")
        self._take(slot, HealthRow(verdict=words, sentence=error.message))
