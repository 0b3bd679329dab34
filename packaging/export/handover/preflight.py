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

from dataset.errors import ProjectError, StorageFull
from dataset.records import SplitKind, VersionSample

from .plan import Plan
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
    needed = sum(sample.size_bytes for sample in plan.selection())
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
        held = {sample.split for sample in plan.selection() if sample.boxes}
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
    for sample in plan.selection():
        images.update({box.class_id for box in sample.boxes})
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
    for sample in plan.selection():
        for finding in _image(sample, target):
            counts[finding] += 1
            first.setdefault(finding, sample.id)
    for finding, count in sorted(counts.items(), key=lambda item: item[0].what):
        images = "1 image" if count == 1 else f"{count} images"
        text = f"{finding.what} ({images}), the first: {first[finding]}"
        yield Finding(severity=finding.severity, what=text)


def _image(sample: VersionSample, target: Target) -> Iterator[Finding]:
    if target.suffixes and sample.suffix not in target.suffixes:
        what = f"Images are of a kind that is not taken: {sample.suffix}"
        yield _error(what) if target.is_strict else _warning(what)
    if sample.orientation != 1:
        yield _warning(EXIF_READERS)
    if target.longest_side:
        yield from _image_size(sample, target)
    if target.image_bytes and sample.size_bytes > target.image_bytes:
        yield _error(f"Images have more than {target.image_bytes:,} bytes")
    if target.boxes_an_image and len(sample.boxes) > target.boxes_an_image:
        yield _error(f"Images have more than {target.boxes_an_image} regions")
    most = target.classes_an_image
    if most and len({box.class_id for box in sample.boxes}) > most:
        yield _error(f"Images have more than {most} tags")


def _image_size(sample: VersionSample, target: Target) -> Iterator[Finding]:
    short, long = sorted((sample.width, sample.height))
    if long > target.longest_side:
        yield _error(f"Images have more than {target.longest_side} pixels on a side")
    if short < target.shortest_side:
        yield _warning(
            f"Images under {target.shortest_side} pixels on a side are scaled up"
        )
    if long > target.aspect * short:
        yield _error(f"Images are longer than {target.aspect}:1")
