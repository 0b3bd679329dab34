"""What a target would refuse, told before anything is written.

A finding is a warning (the target takes it, but not as one would think) or an error
(the target refuses it); errors stop the export. `target_limits` holds the numbers and
their sources.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dataset.errors import ProjectError, StorageFull
from dataset.records import SplitKind

from .outgoing import IMAGE_COLUMNS
from .plan import Plan, box_counts, class_ids
from .target_limits import (
    ANY_TARGET,
    EXIF_READERS,
    NO_TEXT,
    NO_XML,
    TARGETS,
    Target,
    word_name,
)

_NAMED: Final = 8
_COLUMNS: Final = (*IMAGE_COLUMNS, "boxes.list.element.class_id")

Mask = NDArray[np.bool_]


class Severity(StrEnum):
    """How bad a finding is."""

    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that a target would not take, or not as meant."""

    severity: Severity
    what: str


def findings(format_name: str, plan: Plan) -> tuple[Finding, ...]:
    """What the target of that format would say to an export, errors first."""
    target = TARGETS.get(format_name, ANY_TARGET)
    found = [
        *_class_names(plan, target),
        *_split_names(plan, target),
        *_images(plan, target),
        *_counts(plan, target),
    ]
    return tuple(sorted(found, key=lambda item: item.severity is Severity.WARNING))


def require_fit(format_name: str, plan: Plan) -> tuple[str, ...]:
    """The warnings as sentences.

    Raises:
        ProjectError: there are errors; the sentence names the first.
    """
    found = findings(format_name, plan)
    errors = [item.what for item in found if item.severity is Severity.ERROR]
    if errors:
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        raise ProjectError(
            f"The target {format_name} would refuse this{more}: {errors[0]}",
            hint="leave it out of the version, or choose another format",
        )
    return tuple(item.what for item in found)


def require_space(plan: Plan, source: Path, target: Path) -> None:
    """Refuse an export whose images alone are more than the disk can take.

    Within one volume nothing is said: the copies may share their blocks there.

    Raises:
        StorageFull: there is too little room.
    """
    place = next((p for p in (target, *target.parents) if p.exists()), None)
    if place is None or os.stat(place).st_dev == os.stat(source).st_dev:  # noqa: PTH116
        return
    needed = sum(plan.bytes.values())
    free = shutil.disk_usage(place).free
    if needed > free:
        raise StorageFull(
            f"The images have {needed:,} bytes, {free:,} are free there: {target}",
            hint="free some space, or choose another disk",
        )


def _error(what: str) -> Finding:
    return Finding(severity=Severity.ERROR, what=what)


def _warning(what: str) -> Finding:
    return Finding(severity=Severity.WARNING, what=what)


def _class_names(plan: Plan, target: Target) -> Iterator[Finding]:
    counts = Counter(item.name for item in plan.classes)
    for name, count in counts.items():
        if count > 1:
            yield _error(f"{count} classes have one name: {name!r}")
        if NO_TEXT.search(name):
            yield _error(f"No file can hold the class name: {name!r}")
        if target.is_xml and NO_XML.search(name):
            yield _error(f"XML cannot hold the class name: {name!r}")
        if target.strips_names and name != name.strip():
            yield _error(f"Readers would strip the class name: {name!r}")


def _split_names(plan: Plan, target: Target) -> Iterator[Finding]:
    if target.needs_train and plan.splits[0].kind is not SplitKind.TRAIN:
        yield _warning("The trainer wants samples in this split: train")
    if target.needs_boxes:
        held = _splits_with_boxes(plan)
        for split in plan.splits:
            if split.name not in held:
                yield _warning(
                    "Loaders guess the kinds of columns and stumble over a split "
                    f"without one box: {split.name}"
                )
    if target.has_word_names:
        words = Counter(word_name(split.name) for split in plan.splits)
        for word, count in words.items():
            if count > 1:
                yield _error(f"Splits have one name without hyphens: {word}")


def _splits_with_boxes(plan: Plan) -> set[str]:
    held: set[str] = set()
    for rows in plan.tables(_COLUMNS):
        has_boxes = pa.array(box_counts(rows) > 0)
        held.update(rows.column("split").filter(has_boxes).to_pylist())
    return held


def _counts(plan: Plan, target: Target) -> Iterator[Finding]:
    for limit, count, what in (
        (target.images, plan.samples, "images"),
        (target.classes, len(plan.classes), "tags"),
    ):
        if limit is None:
            continue
        if count > limit.most:
            yield _error(f"A project holds at most {limit.most} {what}: {count}")
        elif count > limit.free:
            yield _warning(f"A free project holds at most {limit.free} {what}: {count}")
    if target.images_a_class:
        yield from _rare_classes(plan, target.images_a_class)


def _rare_classes(plan: Plan, least: int) -> Iterator[Finding]:
    images: Counter[int] = Counter()
    for rows in plan.tables(_COLUMNS):
        _, classes = _classes_of_images(rows)
        images.update(classes.tolist())
    rare = [
        f"{item.name} ({images[item.id]})"
        for item in plan.classes
        if images[item.id] < least
    ]
    if rare:
        more = f" and {len(rare) - _NAMED} more" if len(rare) > _NAMED else ""
        yield _warning(
            f"Training wants {least} images of each tag, fewer have: "
            f"{', '.join(rare[:_NAMED])}{more}"
        )


def _images(plan: Plan, target: Target) -> Iterator[Finding]:
    """Findings on single images, each kind once with a count and the first image."""
    counts: Counter[Finding] = Counter()
    first: dict[Finding, str] = {}
    for rows in plan.tables(_COLUMNS):
        for finding, is_so in _judged(rows, target):
            if is_so.any():
                counts[finding] += int(is_so.sum())
                at = int(is_so.argmax())
                first.setdefault(finding, rows.column("id")[at].as_py().hex())
    for finding, count in sorted(counts.items(), key=lambda item: item[0].what):
        images = "1 image" if count == 1 else f"{count} images"
        text = f"{finding.what} ({images}), the first: {first[finding]}"
        yield Finding(severity=finding.severity, what=text)


def _judged(rows: pa.Table, target: Target) -> Iterator[tuple[Finding, Mask]]:
    """What may be said of an image, and of which rows it is true."""
    if target.suffixes:
        yield from _suffixes(rows, target)
    yield _warning(EXIF_READERS), _numbers(rows, "orientation") != 1
    if target.longest_side:
        yield from _sides(rows, target)
    if target.image_bytes:
        finding = _error(f"Images have more than {target.image_bytes:,} bytes")
        yield finding, _numbers(rows, "size_bytes") > target.image_bytes
    if target.boxes_an_image:
        finding = _error(f"Images have more than {target.boxes_an_image} regions")
        yield finding, box_counts(rows) > target.boxes_an_image
    if target.classes_an_image:
        owners, _ = _classes_of_images(rows)
        counts = np.bincount(owners, minlength=rows.num_rows)
        finding = _error(f"Images have more than {target.classes_an_image} tags")
        yield finding, counts > target.classes_an_image


def _suffixes(rows: pa.Table, target: Target) -> Iterator[tuple[Finding, Mask]]:
    suffixes = np.array(rows.column("suffix").to_pylist())
    for suffix in sorted(set(suffixes.tolist()) - target.suffixes):
        what = f"Images are of a kind that is not taken: {suffix}"
        finding = _error(what) if target.is_strict else _warning(what)
        yield finding, suffixes == suffix


def _sides(rows: pa.Table, target: Target) -> Iterator[tuple[Finding, Mask]]:
    sides = np.stack([_numbers(rows, name) for name in ("width", "height")])
    short, long = sides.min(axis=0), sides.max(axis=0)
    yield (
        _error(f"Images have more than {target.longest_side} pixels on a side"),
        long > target.longest_side,
    )
    yield (
        _warning(f"Images under {target.shortest_side} pixels on a side are scaled up"),
        short < target.shortest_side,
    )
    yield (
        _error(f"Images are longer than {target.aspect}:1"),
        long > target.aspect * short,
    )


def _numbers(rows: pa.Table, name: str) -> NDArray[np.int64]:
    found: NDArray[np.int64] = rows.column(name).to_numpy().astype(np.int64)
    return found


def _classes_of_images(
    rows: pa.Table,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Row and class of each pair of an image and a class in it, shape (pairs,) each."""
    owners = np.repeat(np.arange(rows.num_rows), box_counts(rows))
    pairs = np.unique(np.stack([owners, class_ids(rows)]), axis=1)
    return pairs[0], pairs[1]
