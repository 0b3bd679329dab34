"""How every format is written: copy, add, read back, compare, sign with the side-car.

A format brings `Pages`: where an image goes, what is written about it, and what a
reader must find again. All else is the same for all of them and lives here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol

from dataset.errors import BadFile, BadImage, ProjectError
from dataset.progress import Progress
from dataset.records import VersionSample

from ..contract import (
    ExportResult,
    FrozenSamples,
    ImageFacts,
    ImportedBox,
    ImportedImage,
    Reader,
)
from ..side_car import (
    SideCar,
    SideCarWriter,
    has_side_car,
    read_side_car,
)
from .export_folder import (
    ExportFolder,
    earlier_files,
    fresh_folder,
    kept_folder,
    stale_caches,
)
from .plan import Plan, make_plan
from .policy_files import policy_files, policy_notes

_PROGRESS_STEP = 50


class Pages(Protocol):
    """The files of one format beside its images; made for one export."""

    format: ClassVar[str]
    tolerance_px: ClassVar[float]

    def image_name(self, sample: VersionSample) -> str:
        """Where the sample's image goes: a relative path with forward slashes."""

    def add(self, sample: VersionSample) -> Sequence[ImportedBox]:
        """Write what the format says of a sample; gives the boxes it can hold."""

    def finish(self) -> None:
        """Write what speaks of all samples."""

    def close(self) -> None:
        """Remove what an interrupted export left; harmless after `finish`."""

    def reader(self) -> Reader:
        """What reads the export back."""

    def notes(self) -> tuple[str, ...]:
        """Sentences on what the format could not hold."""


@dataclass(slots=True)
class _Expected:
    """What a reader must find, by the image's relative name."""

    boxes: dict[str, tuple[ImportedBox, ...]]
    facts: dict[str, ImageFacts]

    @property
    def box_count(self) -> int:
        return sum(len(boxes) for boxes in self.boxes.values())


class _KnownSizes:
    """Sizes from the version: reading back need not open every image."""

    def __init__(self, root: Path, facts: dict[str, ImageFacts]) -> None:
        self._root = root
        self._facts = facts

    def facts(self, path: Path) -> ImageFacts:
        """The facts of the image at `path`.

        Raises:
            BadImage: it is none of the export.
        """
        found = self._facts.get(path.relative_to(self._root).as_posix())
        if found is None:
            raise BadImage(f"The image is none of this export: {path.name}")
        return found


def deliver(
    frozen: FrozenSamples,
    target: Path,
    *,
    make_pages: Callable[[Plan, ExportFolder], Pages],
    format_name: str,
    update: bool,
    include_sealed: bool,
    progress: Progress,
) -> ExportResult:
    """Write a version into `target` as `contract.Writer.write` promises."""
    target = target.absolute()
    earlier = _earlier(target, format_name, update=update)
    plan = make_plan(frozen, include_sealed=include_sealed)
    opened = fresh_folder if earlier is None else kept_folder
    with opened(target, frozen.root) as folder:
        pages = make_pages(plan, folder)
        side_car = SideCarWriter(folder, plan, format_name)
        try:
            expected = _write(plan, folder, pages, side_car, progress)
            folder.finish_copies()
            notes = [*pages.notes(), *policy_notes(plan)]
            if earlier is not None:
                folder.remove_stale(earlier_files(earlier.files))
                notes += _cache_notes(target)
            _compare(folder.root, pages, expected, is_alone=earlier is None)
            digest = side_car.finish()
        finally:
            pages.close()
            side_car.close()
        progress.step(plan.samples, plan.samples, "samples")
        return ExportResult(
            version=frozen.version.id,
            format=format_name,
            path=target,
            samples=plan.samples,
            boxes=expected.box_count,
            bytes=folder.bytes,
            digest=digest,
            left_out=plan.left_out,
            notes=tuple(notes),
        )


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


def _write(
    plan: Plan,
    folder: ExportFolder,
    pages: Pages,
    side_car: SideCarWriter,
    progress: Progress,
) -> _Expected:
    expected = _Expected(boxes={}, facts={})
    for done, sample in enumerate(plan.selection()):
        if done % _PROGRESS_STEP == 0:
            progress.step(done, plan.samples, "samples")
        name = pages.image_name(sample)
        folder.copy(sample, name)
        expected.boxes[name] = tuple(pages.add(sample))
        expected.facts[name] = ImageFacts(
            width=sample.width, height=sample.height, orientation=sample.orientation
        )
        side_car.add(sample, name)
    pages.finish()
    for name, data in policy_files(plan):
        folder.write(name, data)
    return expected


def _compare(root: Path, pages: Pages, expected: _Expected, *, is_alone: bool) -> None:
    """Read the export back and hold it against the version, box for box.

    Raises:
        BadFile: they differ; that is a fault of the disk or of ours.
    """
    resolved = root.resolve()
    found = pages.reader().read(root, sizes=_KnownSizes(resolved, expected.facts))
    images = {image.source_name: image for image in found.images}
    for name, boxes in expected.boxes.items():
        image = images.pop(name, None)
        if image is None:
            raise _differs("an image is not found again", name)
        if not _same_boxes(image, boxes, pages.tolerance_px):
            raise _differs("the boxes are others", name)
    ours = [p for p in found.problems if is_alone or p.path in expected.boxes]
    if ours:
        raise _differs(ours[0].what, ours[0].path)
    if images and is_alone:
        raise _differs("an image is too many", next(iter(images)))


def _differs(what: str, name: str) -> BadFile:
    return BadFile(
        f"The export read back differs from the version ({what}): {name}",
        hint="check the disk and write it again; if it stays so, please report it",
    )


def _same_boxes(
    image: ImportedImage, boxes: tuple[ImportedBox, ...], tolerance_px: float
) -> bool:
    """Whether the same boxes are there, in any order, each within the tolerance."""
    if len(image.boxes) != len(boxes):
        return False
    if all(map(_is_near, image.boxes, boxes, [tolerance_px] * len(boxes))):
        return True
    left = list(image.boxes)
    for box in boxes:
        at = next(
            (i for i, o in enumerate(left) if _is_near(o, box, tolerance_px)), None
        )
        if at is None:
            return False
        del left[at]
    return True


def _is_near(one: ImportedBox, other: ImportedBox, tolerance_px: float) -> bool:
    return one.class_name == other.class_name and all(
        abs(a - b) <= tolerance_px
        for a, b in zip(one.corners, other.corners, strict=True)
    )


def _cache_notes(target: Path) -> list[str]:
    caches = stale_caches(target)
    if not caches:
        return []
    return [
        f"A trainer left caches that may be stale, remove them: {', '.join(caches)}"
    ]
