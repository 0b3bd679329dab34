"""Unites what another station pushed with this project; what disagrees is listed.

Samples are known again by their bytes. What was decided here stays: a merge adds, and
never changes a label, a split or a class. Groups that share a sample become one before
anything comes in, so that no split of the other station can part them. The split ledger
has one writer, the project that merges: the other's rows are asked for, not copied.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dataset.errors import BadFile
from dataset.progress import SILENT, Progress
from dataset.project import Project, now_us
from dataset.records import Box, SampleState, VersionSample

from .intake import take_in
from .intakes.held_boxes import units
from .side_car import SideCar, read_side_car
from .side_car_reader import FORMAT, SideCarReader

_DECIDED = frozenset((SampleState.LABELED, SampleState.EMPTY))


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Where two stations disagree; `kind` is labels, class, split or image.

    `kept` says what this project holds on to.
    """

    kind: str
    where: str
    kept: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeResult:
    """What a merge added, how many groups it joined, and what it left as it was."""

    versions: tuple[str, ...]
    samples: int
    boxes: int
    known: int
    groups_joined: int
    conflicts: tuple[Conflict, ...]


def merge_pulled(
    project: Project, folder: Path, *, progress: Progress = SILENT
) -> MergeResult:
    """Unite a pulled version, or every one in a folder of them, with the project.

    Durable when it returns; a merge that was cut can be run again, and one that was
    done adds nothing. Progress is told the number of images; what is in stays in.

    Raises:
        BadFile: nothing in the folder was pulled, or it is damaged.
        StorageFull, ReadOnlyProject: the project cannot be written.
    """
    versions, conflicts = [], []
    samples = boxes = known = joined = 0
    for place in _pulled(folder):
        side_car = read_side_car(place)
        _require_whole(place, side_car)
        joined += _join_groups(project, side_car)
        conflicts += [*_class_conflicts(project, side_car)]
        conflicts += [*_label_conflicts(project, side_car)]
        done = take_in(project, place, format=FORMAT, progress=progress)
        versions.append(side_car.version)
        samples, boxes = samples + done.samples, boxes + done.boxes
        known += done.known
        conflicts += [_told(where, why) for where, why in done.skipped]
    return MergeResult(
        versions=tuple(versions),
        samples=samples,
        boxes=boxes,
        known=known,
        groups_joined=joined,
        conflicts=tuple(dict.fromkeys(conflicts)),
    )


def _pulled(folder: Path) -> tuple[Path, ...]:
    """The folder, or those in it, that hold a pulled version, by name."""
    reader = SideCarReader()
    if reader.detect(folder):
        return (folder,)
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    places = tuple(path for path in found if reader.detect(path))
    if not places:
        raise BadFile(
            f"Nothing here was pulled: {folder}",
            hint="`fieldset pull VERSION TARGET FOLDER` fetches a version",
        )
    return places


def _require_whole(place: Path, side_car: SideCar) -> None:
    missing = [n for n in side_car.image_names if not (place / n).is_file()]
    if missing:
        raise BadFile(
            f"An image of the pulled version is missing: {place / missing[0]}",
            hint="pull the version again into the same folder",
        )


def _join_groups(project: Project, side_car: SideCar) -> int:
    """Join each group from elsewhere with the one here that shares a sample."""
    catalog, joined = project.catalog, 0
    for sample in _known(project, side_car):
        here = catalog.groups.living(catalog.samples.get(sample.id).group_id)
        there = catalog.groups.ensure(sample.group)
        if here != there:
            catalog.groups.join(here, there, reason="the same bytes", at_us=now_us())
            joined += catalog.groups.living(here) == catalog.groups.living(there)
    return joined


def _known(project: Project, side_car: SideCar) -> Iterator[VersionSample]:
    for sample in side_car.samples.values():
        if project.catalog.samples.has(sample.id):
            yield sample


def _class_conflicts(project: Project, side_car: SideCar) -> Iterator[Conflict]:
    """Classes in use there that are retired here; and names that differ in case."""
    here = {
        _folded(c.name): c for c in project.catalog.classes.all(include_retired=True)
    }
    for item in side_car.classes:
        known = here.get(_folded(item.name))
        if known is None or item.retired:
            continue
        if known.retired:
            kept = "the class is retired here, its boxes stay out"
            yield Conflict(kind="class", where=item.name, kept=kept)
        elif known.name != item.name:
            kept = f"the class is called {known.name} here, its boxes stay out"
            yield Conflict(kind="class", where=item.name, kept=kept)


def _label_conflicts(project: Project, side_car: SideCar) -> Iterator[Conflict]:
    """Samples that both stations decided on, each otherwise."""
    here = {c.id: c.name for c in project.catalog.classes.all(include_retired=True)}
    there = {c.id: c.name for c in side_car.classes}
    for sample in _known(project, side_car):
        labels = project.catalog.labels.get(sample.id)
        if labels.state not in _DECIDED:
            continue
        ours, theirs = _places(labels.boxes, here), _places(sample.boxes, there)
        if ours != theirs:
            kept = "the boxes here stay, the other station drew others"
            yield Conflict(kind="labels", where=sample.id, kept=kept)


def _places(
    boxes: tuple[Box, ...], names: dict[int, str]
) -> list[tuple[str, tuple[int, int, int, int]]]:
    return sorted((_folded(names.get(b.class_id, "")), units(b)) for b in boxes)


def _told(where: str, why: str) -> Conflict:
    kind = "split" if where.startswith("g-") else "image"
    return Conflict(kind=kind, where=where, kept=why)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip().casefold()
