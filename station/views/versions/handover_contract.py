"""What the dialog of the hand-over asks of its desk, and what it shows.

See `contracts` for what a desk is. Looking is quick and asks no network; handing over
may take hours, on a lane of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from dataset.progress import Progress

from ..dataset.dataset_contract import FindingRow


class Way(StrEnum):
    """How a version leaves: in formats of trainers, or as it is, for other stations."""

    EXPORT = "export"
    PUSH = "push"


class Place(StrEnum):
    """Where it goes."""

    FOLDER = "folder"
    ARCHIVE = "archive"
    CLOUD = "cloud"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverOrder:
    """What is to be handed over, how and where to.

    `target` is as the person wrote it. `update` brings an earlier export in a folder up
    to date, `proof` reads a push back.
    """

    alias: str
    way: Way = Way.EXPORT
    formats: tuple[str, ...] = ()
    place: Place = Place.FOLDER
    target: str = ""
    update: bool = False
    drop_empty: bool = False
    include_sealed: bool = False
    reason: str = ""
    operator: str = ""
    proof: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverFacts:
    """What the dialog offers: formats with their names, folders to begin with."""

    formats: tuple[str, ...]
    home: Path
    operator: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverOutlook:
    """What would be handed over, asked before anything is written.

    `sentence` says how much, `stays` what does not go and why. `credential` names the
    source of the credential, or says why there is none. `may_go` is False where the
    target would refuse.
    """

    sentence: str
    stays: str = ""
    findings: tuple[FindingRow, ...] = ()
    credential: str = ""
    may_go: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverOutcome:
    """What was handed over; `folder` is what can be opened, None for the cloud."""

    sentence: str
    lines: tuple[str, ...] = ()
    folder: Path | None = None


class HandoverDesk(Protocol):
    """Exports and pushes versions."""

    def facts(self) -> HandoverFacts:
        """Give what can be chosen; touches no disk."""

    def look(self, order: HandoverOrder, progress: Progress) -> HandoverOutlook:
        """Find out what would go and what speaks against it; nothing is written."""

    def hand_over(self, order: HandoverOrder, progress: Progress) -> HandoverOutcome:
        """Do it; run again after a cut, it goes on where it was."""
