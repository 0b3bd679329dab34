"""The desk of taking in: what `fieldset import` takes, looked into before."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from dataset.progress import Progress
from dataset.project import Project
from export.contract import ImportedSet
from export.formats import READERS
from export.intake import take_in_set
from export.intake_source import IntakePreview, opened_set, preview_of

from ..language import tr
from ..views.dataset.dataset_contract import FindingRow
from ..views.intake_contract import IntakeOrder, IntakeOutcome, IntakeOutlook

NAMES_SHOWN = 12


class ProjectIntakeDesk:
    """Takes data sets into the project in one folder; used by one thread at a time."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._stack = ExitStack()
        self._opened: tuple[Path, str, ImportedSet] | None = None

    def formats(self) -> tuple[str, ...]:
        """Give the names of the formats."""
        return tuple(dict.fromkeys(reader.format for reader in READERS))

    def look(self, order: IntakeOrder, progress: Progress) -> IntakeOutlook:
        """Open a data set and say what it would bring."""
        with Project.open(self._root, read_only=True) as mine:
            found = self._open(order, mine.settings.card.gap_s, progress)
        preview = preview_of(found)
        return IntakeOutlook(
            sentence=_amount(preview),
            lines=tuple(_lines(preview)),
            remarks=_remarks(preview.remarks),
        )

    def take_in(self, order: IntakeOrder, progress: Progress) -> IntakeOutcome:
        """Take in what was looked into; what is in stays in when it is stopped."""
        try:
            with Project.open(self._root) as mine:
                done = take_in_set(
                    mine,
                    self._open(order, mine.settings.card.gap_s, progress),
                    group_by=order.group_by or None,
                    add_classes=order.add_classes,
                    ignore_splits=order.ignore_splits,
                    progress=progress,
                )
        finally:
            self.close()
        words = tr("{samples} samples and {boxes} boxes taken in, {known} known.")
        return IntakeOutcome(
            sentence=words.format(
                samples=f"{done.samples:,}",
                boxes=f"{done.boxes:,}",
                known=f"{done.known:,}",
            ),
            remarks=_remarks(done.skipped),
        )

    def close(self) -> None:
        """Let go of what was opened."""
        self._opened = None
        self._stack.close()

    def _open(
        self, order: IntakeOrder, gap_s: float, progress: Progress
    ) -> ImportedSet:
        """The data set of an order; the one that is open already, if it is that."""
        if self._opened is not None:
            path, name, found = self._opened
            if (path, name) == (order.path, order.format):
                return found
        self.close()
        found = self._stack.enter_context(
            opened_set(order.path, format=order.format, gap_s=gap_s, progress=progress)
        )
        self._opened = (order.path, order.format, found)
        return found


def _amount(preview: IntakePreview) -> str:
    words = tr("{format}: {images} images, {boxes} boxes")
    return words.format(
        format=preview.format,
        images=f"{preview.images:,}",
        boxes=f"{preview.boxes:,}",
    )


def _lines(preview: IntakePreview) -> list[str]:
    lines = []
    if preview.version:
        words = tr("An export of fieldset: groups, splits and ids come along ({id}…)")
        lines.append(words.format(id=preview.version[:15]))
    for head, counts in (
        (tr("Classes"), preview.classes),
        (tr("Splits"), preview.splits),
    ):
        if counts:
            shown = [f"{name} {count:,}" for name, count in counts[:NAMES_SHOWN]]
            if len(counts) > NAMES_SHOWN:
                more = tr("and {count} more")
                shown.append(more.format(count=len(counts) - NAMES_SHOWN))
            lines.append(f"{head}: {', '.join(shown)}")
    facts = (
        (preview.empty, tr("{count} with nothing in them")),
        (preview.unlabeled, tr("{count} not labeled")),
        (preview.sessions, tr("{count} sessions")),
    )
    told = [words.format(count=f"{count:,}") for count, words in facts if count]
    return [*lines, ", ".join(told)] if told else lines


def _remarks(found: tuple[tuple[str, str], ...]) -> tuple[FindingRow, ...]:
    return tuple(
        FindingRow(level="warn", what=what, next_step=where) for where, what in found
    )
