"""The writer that every format shares; a format says only what its pages are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from dataset.progress import SILENT, Progress

from .contract import ExportResult, FrozenSamples
from .delivery import Pages, deliver
from .export_folder import ExportFolder
from .plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatWriter(ABC):
    """Writes versions in one format.

    `drop_empty` leaves out the samples with nothing in them, for trainers that
    stumble over them; the export is then not complete.
    """

    format: ClassVar[str]
    drop_empty: bool = False

    @abstractmethod
    def pages(self, plan: Plan, folder: ExportFolder) -> Pages:
        """The files of one export."""

    def write(
        self,
        version: FrozenSamples,
        target: Path,
        *,
        update: bool = False,
        include_sealed: bool = False,
        progress: Progress = SILENT,
    ) -> ExportResult:
        """Write the version into `target`, as `contract.Writer` says."""
        return deliver(
            version,
            target,
            make_pages=self.pages,
            format_name=self.format,
            update=update,
            include_sealed=include_sealed,
            drop_empty=self.drop_empty,
            progress=progress,
        )
