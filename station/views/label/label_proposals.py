"""The Label page's run of proposals: one at a time, in the background, cancellable."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from ...jobs import Lane, Operation, Submitter
from ...language import tr
from ..contracts import LabelDesk, ProposalsMade


class LabelProposals(QObject):
    """Has the desk propose boxes while the person goes on labeling.

    Signals:
        proposals_came: there are new proposals, also on the sample at hand.
        notice_came: a sentence and its tone, for the window to show.
        error_came: `FieldsetError`.
    """

    proposals_came = Signal()
    notice_came = Signal(str, str)
    error_came = Signal(object)

    def __init__(
        self, desk: LabelDesk, runner: Submitter, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._desk = desk
        self._runner = runner
        self._is_running = False

    @property
    def is_running(self) -> bool:
        """True while boxes are being proposed."""
        return self._is_running

    def start(self) -> None:
        """Begin a run, unless one is under way."""
        if self._is_running:
            words = tr("Boxes are being proposed already.")
            self.notice_came.emit(words, "warn")
            return
        self._is_running = True
        self._runner.submit(
            Operation(
                title=tr("Propose boxes"),
                function=self._desk.propose,
                on_done=self._on_done,
                on_error=self.error_came.emit,
                on_stopped=self._on_stopped,
                lane=Lane.WORK,
            )
        )

    def _on_done(self, made: ProposalsMade) -> None:
        self._is_running = False
        self._place(made)
        words = tr("{boxes} boxes proposed on {proposed} of {looked} samples.").format(
            boxes=f"{made.boxes:,}",
            proposed=f"{made.proposed:,}",
            looked=f"{made.looked:,}",
        )
        tone = "warn" if made.remarks else "ok"
        self.notice_came.emit(" ".join([words, *made.remarks[:1]]), tone)

    def _place(self, made: ProposalsMade) -> None:
        """Keep what was held back, in turn with the person's own edits."""
        self._runner.submit(
            Operation(
                title=tr("Keep the proposals"),
                function=lambda _progress: self._desk.place(made.held),
                on_done=lambda _scene: self.proposals_came.emit(),
                on_error=self.error_came.emit,
                lane=Lane.CATALOG,
                quiet=True,
            )
        )

    def _on_stopped(self) -> None:
        """It was cancelled or failed: what was proposed before stays."""
        self._is_running = False
        self.proposals_came.emit()
