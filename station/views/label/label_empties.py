"""The Label page looks for empty pictures, and one stroke dismisses them."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from ...jobs import Lane, Operation, Submitter
from ...language import tr
from ..contracts import EmptiesOffered, LabelDesk


class LabelEmpties(QObject):
    """Has the desk look for empty pictures, and dismiss those of the queue.

    Signals:
        empties_came: there are new ones in the queue of what is probably empty.
        empties_dismissed: the queue is to be shown anew.
        notice_came: a sentence and its tone, for the window to show.
        error_came: `FieldsetError`.
    """

    empties_came = Signal()
    empties_dismissed = Signal()
    notice_came = Signal(str, str)
    error_came = Signal(object)

    def __init__(
        self, desk: LabelDesk, runner: Submitter, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._desk = desk
        self._runner = runner
        self._is_running = False

    def start(self) -> None:
        """Begin to look, unless that is under way; the person goes on labeling."""
        if self._is_running:
            words = tr("Empty pictures are being looked for already.")
            self.notice_came.emit(words, "warn")
            return
        self._is_running = True
        self._runner.submit(
            Operation(
                title=tr("Look for empty pictures"),
                function=self._desk.find_empties,
                on_done=self._on_found,
                on_error=self.error_came.emit,
                on_stopped=self._on_stopped,
                lane=Lane.WORK,
            )
        )

    def dismiss(self) -> None:
        """Say of all that the queue of probably empty ones holds that it is empty."""
        self._runner.submit(
            Operation(
                title=tr("Dismiss empty pictures"),
                function=lambda _progress: self._desk.dismiss(),
                on_done=self._on_dismissed,
                on_error=self.error_came.emit,
                lane=Lane.CATALOG,
            )
        )

    def _on_found(self, found: EmptiesOffered) -> None:
        self._is_running = False
        words = tr(
            "Probably empty: {quiet}. Choose them under State, then press Shift+E."
        ).format(quiet=f"{found.quiet:,}")
        if not found.quiet:
            words = tr("No picture is probably empty.")
        tone = "warn" if found.remarks else "ok"
        self.notice_came.emit(" ".join([words, *found.remarks[:1]]), tone)
        self.empties_came.emit()

    def _on_dismissed(self, count: int) -> None:
        words = tr("Empty now: {count}. Ctrl+Z takes it back.")
        self.notice_came.emit(words.format(count=f"{count:,}"), "ok")
        self.empties_dismissed.emit()

    def _on_stopped(self) -> None:
        """It was cancelled or failed: what was judged before stays."""
        self._is_running = False
        self.empties_came.emit()
