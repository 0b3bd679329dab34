"""How every format is written: check, copy, add, read back, compare, sign.

A format brings its `Pages`: where an image goes, what is written about it, and how it
is read again. All else is the same for all of them and lives here: the plan, the
pre-flight, the files beside (side-car, dataset card, Croissant, sums) and the proof.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

from dataset.errors import ProjectError, UsageError
from dataset.progress import SILENT, Progress

from ..contract import ExportResult, FrozenSamples, Writer
from ..side_car import SideCar, SideCarWriter, has_side_car, read_side_car
from . import card, croissant, sums
from .export_folder import (
    ExportFolder,
    earlier_files,
    fresh_folder,
    kept_folder,
    stale_caches,
)
from .file_list import merged
from .outgoing import ALL_COLUMNS, LABEL_COLUMNS
from .pages import Pages
from .plan import BATCH_ROWS, Plan, make_plan
from .policy_files import policy_files, policy_notes
from .preflight import require_fit, require_space
from .proof import WrittenExport, understood

# Whoever cancels does not want to wait for more.
_ROWS_WITH_IMAGES: Final = 128
_NO_COMPANIONS: Mapping[str, bytes] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class FormatWriter:
    """Writes versions in the format of its pages."""

    pages: type[Pages]

    @property
    def format(self) -> str:
        """The format's name."""
        return self.pages.format

    @property
    def is_packed(self) -> bool:
        """Whether the images lie inside the format's files."""
        return self.pages.is_packed

    def write(
        self,
        version: FrozenSamples,
        target: Path,
        *,
        update: bool = False,
        include_sealed: bool = False,
        drop_empty: bool = False,
        annotations_only: bool = False,
        companions: Mapping[str, bytes] = _NO_COMPANIONS,
        progress: Progress = SILENT,
    ) -> ExportResult:
        """Write the version into `target`, as `contract.Writer` says."""
        target = target.absolute()
        if annotations_only:
            require_media_beside(self)
        earlier = _earlier(target, self.format, update=update)
        plan = make_plan(version, include_sealed=include_sealed, drop_empty=drop_empty)
        warnings = require_fit(self.format, plan)
        if earlier is not None:
            _require_kinship(plan, earlier, target, has_media=not annotations_only)
        elif not annotations_only:
            require_space(plan, version.root, target)
        opened = fresh_folder if earlier is None else kept_folder
        with opened(target, version.root) as folder:
            export = _Export(
                plan=plan,
                folder=folder,
                pages=self.pages(plan, folder),
                has_media=not annotations_only,
            )
            try:
                export.write(progress)
                notes = [*warnings, *export.pages.notes(), *policy_notes(plan)]
                if earlier is not None:
                    folder.remove_stale(earlier_files(earlier.files))
                    notes += _cache_notes(target)
                export.prove(progress, is_alone=earlier is None)
                digest = export.sign(companions)
                progress.step(plan.samples, plan.samples, "samples")
            finally:
                export.close()
        return ExportResult(
            version=version.version.id,
            format=self.format,
            path=target,
            samples=plan.samples,
            boxes=export.tally.boxes.total(),
            bytes=folder.bytes,
            digest=digest,
            left_out=plan.left_out,
            notes=tuple(notes),
        )


@dataclass(slots=True, kw_only=True)
class _Export:
    """One export on its way into its folder."""

    plan: Plan
    folder: ExportFolder
    pages: Pages
    has_media: bool
    tally: card.Tally = field(default_factory=card.Tally)
    side_car: SideCarWriter = field(init=False)
    table: croissant.BoxTable = field(init=False)

    def __post_init__(self) -> None:
        self.side_car = SideCarWriter(
            self.folder,
            self.plan,
            self.pages.format,
            is_packed=self.pages.is_packed,
            has_media=self.has_media,
        )
        self.table = croissant.BoxTable(self.folder, self.plan)

    def write(self, progress: Progress) -> None:
        """Write images, the format's files, and what stands beside them."""
        done = 0
        most_rows = _ROWS_WITH_IMAGES if self.has_media else BATCH_ROWS
        for rows in self.plan.tables(ALL_COLUMNS, most_rows):
            progress.step(done, self.plan.samples, "samples")
            batch = self.pages.batch(rows)
            if self.has_media and not self.pages.is_packed:
                self.folder.copy_all(batch)
            self.pages.add_all(batch)
            self.tally.add(batch, self.pages.names)
            self.table.add(batch)
            self.side_car.add(batch, batch.image_names)
            done += len(batch)
        self.pages.finish()
        for name, data in policy_files(self.plan):
            self.folder.write(name, data)
        self.folder.write(card.FILE_NAME, self._card())
        self.table.write()
        described = croissant.croissant(self.plan, self.folder)
        self.folder.write(croissant.FILE_NAME, described)
        self.folder.finish_copies()

    def prove(self, progress: Progress, *, is_alone: bool) -> None:
        """Read the files again and compare; see `proof.prove`."""
        written = WrittenExport(root=self.folder.root, is_alone=is_alone)
        batches = map(self.pages.batch, self.plan.tables(LABEL_COLUMNS))
        done = 0
        for count in understood(self.pages.prove(written, batches)):
            progress.step(done, self.plan.samples, "samples read back")
            done += count

    def sign(self, companions: Mapping[str, bytes]) -> str:
        """Write side-car, companions and sums; gives the export's digest."""
        digest = self.side_car.finish()
        for name, data in companions.items():
            self.folder.write(name, data)
        self.folder.remove_stale(set(sums.COMPANIONS))
        listed = merged(self.folder.files, self.folder.images)
        self.folder.write_joined(sums.FILE_NAME, sums.sums_lines(listed))
        return digest

    def close(self) -> None:
        """Remove what an interrupted export left; harmless after `sign`."""
        self.pages.close()
        self.side_car.close()
        self.table.close()

    def _card(self) -> bytes:
        words = card.FormatWords(
            name=self.pages.format,
            body=self.pages.card(),
            front_matter=self.pages.front_matter(),
            has_media=self.has_media,
        )
        return card.card(self.plan, self.tally, words)


def _earlier(target: Path, format_name: str, *, update: bool) -> SideCar | None:
    """The side-car of what lies in the target; None where nothing does.

    Raises:
        ProjectError: something else lies there, or it may not be updated.
    """
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return None
    if not target.is_dir() or not has_side_car(target):
        raise ProjectError(
            f"The target holds something that is no export of fieldset: {target}",
            hint="choose a new or empty folder",
        )
    if not update:
        raise ProjectError(
            f"There is an export already: {target}",
            hint="add `--update` to bring it up to date, or choose a new folder",
        )
    earlier = read_side_car(target)
    if earlier.format != format_name:
        raise ProjectError(
            f"The target holds another format ({earlier.format}): {target}",
            hint="choose a new folder for this format",
        )
    return earlier


def require_media_beside(writer: Writer) -> None:
    """Refuse to leave the images out of a format that packs them.

    Raises:
        UsageError: the writer's format does.
    """
    if writer.is_packed:
        raise UsageError(
            "The format packs images, it cannot hold annotations only: "
            f"{writer.format}",
            hint="leave `--annotations-only` out, or choose another format",
        )


def _require_kinship(
    plan: Plan, earlier: SideCar, target: Path, *, has_media: bool
) -> None:
    """Refuse to turn another project's export into this one's, or to drop its images.

    Two versions of one project share samples; an export names no project.
    """
    if earlier.has_media != has_media:
        what = "images, too" if earlier.has_media else "annotations only"
        raise ProjectError(
            f"The target holds an export of {what}: {target}",
            hint="choose a new folder",
        )
    known = earlier.samples
    if known and not any(sample.id in known for sample in plan.images()):
        raise ProjectError(
            f"The target holds an export that shares no sample with this version, "
            f"it may be another project's: {target}",
            hint="choose a new folder",
        )


def _cache_notes(target: Path) -> list[str]:
    caches = stale_caches(target)
    if not caches:
        return []
    return [
        f"A trainer left caches that may be stale, remove them: {', '.join(caches)}"
    ]
