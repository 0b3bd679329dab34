"""What the dialog of taking in asks of its desk, and what it shows.

See `contracts` for what a desk is; this one opens the project a second time.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from dataset.progress import Progress

from .dataset.dataset_contract import FindingRow

AUTOMATIC = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeOrder:
    """What is to be taken in and how; the words are those of `fieldset import`.

    `group_by` is "" for each image by itself, "folder", or a pattern.
    """

    path: Path
    format: str = AUTOMATIC
    group_by: str = ""
    add_classes: bool = True
    ignore_splits: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeOutlook:
    """What would be taken in; nothing is written yet, no image was looked into.

    `lines` tell classes and splits, `remarks` what is left out or changed, and why.
    """

    sentence: str
    lines: tuple[str, ...] = ()
    remarks: tuple[FindingRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeOutcome:
    """What was taken in, and what was not."""

    sentence: str
    remarks: tuple[FindingRow, ...] = ()


class IntakeDesk(Protocol):
    """Looks into data sets and takes them in; one of them is open at a time."""

    def formats(self) -> tuple[str, ...]:
        """Give the names of the formats; touches no disk."""

    def look(self, order: IntakeOrder, progress: Progress) -> IntakeOutlook:
        """Open a data set and say what it would bring."""

    def take_in(self, order: IntakeOrder, progress: Progress) -> IntakeOutcome:
        """Take it in; durable when it returns."""

    def close(self) -> None:
        """Let go of what was opened; an archive's files are removed."""
