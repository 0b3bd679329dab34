"""How unlike the boxes are to their class, worked out in the background."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject, Signal

from labeling.second_opinion.odd_boxes import OddBoxes

from ...jobs import Job, Lane, Operation, Submitter
from ...language import tr
from .review_contract import ReviewDesk


class OddComparison(QObject):
    """Compares the boxes, one run at a time, and keeps what was found.

    Signals:
        compared: `OddBoxes`.
        stopped: it was cancelled or failed.
        error_came: a `FieldsetError`.
    """

    compared = Signal(object)
    stopped = Signal()
    error_came = Signal(object)

    def __init__(
        self, desk: ReviewDesk, runner: Submitter, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._desk = desk
        self._runner = runner
        self._job: Job | None = None
        self.found: OddBoxes | None = None

    def forget(self) -> None:
        """The boxes changed: compare them anew when it is asked for."""
        self.found = None

    def start(self) -> None:
        """Begin, unless it is under way; shown in the status bar as a job."""
        if self._job is not None:
            return
        self._job = self._runner.submit(
            Operation(
                title=tr("Compare the boxes"),
                function=self._desk.odd,
                on_done=self._on_done,
                on_error=self.error_came.emit,
                on_stopped=self._on_stopped,
                lane=Lane.WORK,
            )
        )

    def _on_done(self, odd: OddBoxes) -> None:
        self._job = None
        self.found = odd
        self.compared.emit(odd)

    def _on_stopped(self) -> None:
        self._job = None
        self.stopped.emit()


def odd_words(odd: OddBoxes, names: Mapping[int, str]) -> tuple[str, ...]:
    """Give what could not be compared, a sentence each."""
    said = []
    few = ", ".join(sorted(names.get(one, str(one)) for one in odd.few))
    if few:
        said.append(
            tr("Too few boxes to say which are odd: {classes}").format(classes=few)
        )
    if odd.unread:
        words = tr("{count} boxes have no picture that can be read.")
        said.append(words.format(count=f"{odd.unread:,}"))
    return tuple(said)
