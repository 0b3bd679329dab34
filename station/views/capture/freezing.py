"""Freeze, draw, let go: what becomes of a picture held still, step by step."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from dataset.errors import FieldsetError
from dataset.records import LabelState
from labeling.frozen import AcceptedFreezes, FrozenLabels

from ...jobs import Lane, Operation, Submitter
from ...language import tr
from .capture_contract import CaptureEvent, EventKind
from .capture_protocols import CameraDesk, CaptureDesk
from .freeze_view import FreezeView


class Freezing(QObject):
    """Saves the frozen picture first, its boxes then; each is durable before it counts.

    Until both are, the picture stays on the screen with its boxes, whatever goes wrong.

    Signals:
        frozen_changed: True when a picture is held still, False when it was let go.
        picture_saved: words; a frozen picture is on the disk, with its boxes if any.
        notice_came: a sentence and its tone.
        error_came: a `FieldsetError` to show.
    """

    frozen_changed = Signal(bool)
    picture_saved = Signal(str)
    notice_came = Signal(str, str)
    error_came = Signal(object)

    def __init__(
        self,
        desk: CameraDesk,
        project: CaptureDesk,
        runner: Submitter,
        view: FreezeView,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._desk = desk
        self._project = project
        self._runner = runner
        self._view = view
        self._accepted = AcceptedFreezes()
        self._is_saving = False
        view.keep_requested.connect(self.keep)
        view.discard_requested.connect(self.discard)

    @property
    def is_frozen(self) -> bool:
        """Whether a picture is held still."""
        return self._view.frozen is not None

    def forget(self) -> None:
        """Carry nothing from before: a session has begun."""
        self._accepted.clear()

    def begin(self, carry_gap_s: float) -> None:
        """Hold the newest picture still."""
        if self.is_frozen:
            return
        frame = self._desk.freeze()
        if frame is None:
            self.notice_came.emit(tr("There is no picture to freeze yet."), "warn")
            return
        carry = self._accepted.carried_onto(
            frame.pixels, frame.captured_us, carry_gap_s
        )
        self._view.begin(frame, carry)
        self.frozen_changed.emit(True)

    def keep(self) -> None:
        """Save the picture and what was drawn on it, then let it go."""
        if not self.is_frozen or self._is_saving:
            return
        self._view.canvas.flush()
        if not self._desk.keep_frozen():
            words = tr("No session is open, so the picture cannot be saved.")
            self.notice_came.emit(words, "warn")
            return
        self._set_saving(True)

    def discard(self) -> None:
        """Let go of the picture without saving it."""
        if self.is_frozen and not self._is_saving:
            self._let_go()

    def take(self, event: CaptureEvent) -> None:
        """Hear what became of a picture."""
        if event.kind is EventKind.ENDED:
            # What had no answer until now will have none.
            self._set_saving(False)
        if not event.is_frozen or not self._is_saving:
            return
        if event.sample_id:
            self._save_labels(event.sample_id)
            return
        words = tr("The picture was refused, {reason}; its boxes are still here.")
        self.notice_came.emit(words.format(reason=event.reason), "warn")
        self._set_saving(False)

    def _save_labels(self, sample_id: str) -> None:
        frozen = self._view.frozen
        labels = None if frozen is None else frozen.accepted()
        if frozen is None or labels is None:
            self._accepted.clear()
            self._let_go()
            self.picture_saved.emit(tr("saved without boxes, it waits in Label"))
            return
        keys, drags = self._view.keys + 1, self._view.drags
        self._runner.submit(
            Operation(
                title=tr("Save the boxes"),
                function=lambda _progress: self._project.save_frozen(
                    sample_id, labels, keys, drags
                ),
                on_done=lambda is_saved: self._on_saved(frozen, labels, is_saved),
                on_error=self._on_failed,
                on_stopped=lambda: self._set_saving(False),
                lane=Lane.CATALOG,
                quiet=True,
            )
        )

    def _on_saved(
        self, frozen: FrozenLabels, labels: LabelState, is_saved: bool
    ) -> None:
        if is_saved:
            self._accepted.add(frozen.pixels, labels.boxes, frozen.captured_us)
            words = tr("saved, boxes: {count}").format(count=len(labels.boxes))
        else:
            words = tr("this picture has labels already, they stay as they are")
        self._let_go()
        self.picture_saved.emit(words)

    def _on_failed(self, error: FieldsetError) -> None:
        self.error_came.emit(error)

    def _set_saving(self, is_saving: bool) -> None:
        self._is_saving = is_saving
        if self.is_frozen:
            self._view.set_saving(is_saving)

    def _let_go(self) -> None:
        self._set_saving(False)
        self._desk.unfreeze()
        self._view.end()
        self.frozen_changed.emit(False)
