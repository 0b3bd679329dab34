"""What a target would refuse, told before anything is written.

A finding is a warning (the target takes it, but not as one would think) or an error
(the target refuses it); errors stop the export. Sources, read 2026-07: Custom Vision's
"Limits and quotas" (S0 and F0) and its SDK's batch limits; the Azure ML schema for
object detection (image formats); Edge Impulse's uploader; XML 1.0, section 2.2.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from dataset.errors import ProjectError
from dataset.records import SplitKind, VersionSample

from .plan import Plan

CV_BATCH_IMAGES: Final = 64
CV_BATCH_TAGS: Final = 20
_CV_IMAGES, _CV_IMAGES_FREE = 100_000, 5_000
_CV_TAGS, _CV_TAGS_FREE = 500, 50
_CV_PER_TAG = 15
_CV_BYTES = 6 << 20
_CV_REGIONS = 300
_CV_SIDES = (256, 10_240)
_CV_ASPECT = 25
_SUFFIXES: Final = {
    "custom-vision": frozenset(("jpg", "png", "bmp", "gif")),
    "azureml": frozenset(("jpg", "png", "bmp", "tif")),
    "edge-impulse": frozenset(("jpg", "png")),
    "tfrecord": frozenset(("jpg", "png")),
}
# Edge Impulse's uploader and TensorFlow's decoders take more than they state.
_STRICT_SUFFIXES = frozenset(("custom-vision", "azureml"))
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_XML_FORMATS = frozenset(("voc", "cvat"))


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
    found = [*_class_names(format_name, plan)]
    if format_name in _SUFFIXES or format_name == "custom-vision":
        found += _images(format_name, plan)
    if format_name == "custom-vision":
        found += _custom_vision_counts(plan)
    if format_name in ("azureml", "edge-impulse"):
        found += _splits(plan)
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


def _error(what: str) -> Finding:
    return Finding(severity=Severity.ERROR, what=what)


def _warning(what: str) -> Finding:
    return Finding(severity=Severity.WARNING, what=what)


def _class_names(format_name: str, plan: Plan) -> Iterator[Finding]:
    for item in plan.classes:
        if format_name in _XML_FORMATS and _NO_XML.search(item.name):
            yield _error(f"XML cannot hold the class name: {item.name!r}")
    if format_name == "yolo" and not plan.classes:
        yield _warning("There is not one class")


def _splits(plan: Plan) -> Iterator[Finding]:
    held = {split.kind for split in plan.splits}
    if SplitKind.TRAIN not in held:
        yield _warning("The trainer wants samples in this split: train")


def _images(format_name: str, plan: Plan) -> Iterator[Finding]:
    """Findings on single images, each kind once with a count and the first image."""
    counts: Counter[tuple[Severity, str]] = Counter()
    first: dict[tuple[Severity, str], str] = {}
    for sample in plan.selection():
        for finding in _image(format_name, sample):
            key = (finding.severity, finding.what)
            counts[key] += 1
            first.setdefault(key, sample.id)
    for (severity, what), count in sorted(counts.items()):
        where = first[severity, what]
        text = f"{what} ({count} images), the first: {where}"
        yield Finding(severity=severity, what=text)


def _image(format_name: str, sample: VersionSample) -> Iterator[Finding]:
    taken = _SUFFIXES[format_name]
    if sample.suffix not in taken:
        what = f"Images are of a kind that is not taken: {sample.suffix}"
        yield _error(what) if format_name in _STRICT_SUFFIXES else _warning(what)
    if format_name == "custom-vision":
        yield from _custom_vision_image(sample)


def _custom_vision_image(sample: VersionSample) -> Iterator[Finding]:
    short, long = sorted((sample.width, sample.height))
    if long > _CV_SIDES[1]:
        yield _error(f"Images have more than {_CV_SIDES[1]} pixels on a side")
    if short < _CV_SIDES[0]:
        yield _warning(f"Images under {_CV_SIDES[0]} pixels on a side are scaled up")
    if long > _CV_ASPECT * short:
        yield _error(f"Images are longer than {_CV_ASPECT}:1")
    if sample.size_bytes > _CV_BYTES:
        yield _error("Images have more than 6 MB")
    if len(sample.boxes) > _CV_REGIONS:
        yield _error(f"Images have more than {_CV_REGIONS} regions")
    if len({box.class_id for box in sample.boxes}) > CV_BATCH_TAGS:
        yield _error(f"Images have more than {CV_BATCH_TAGS} tags")


def _custom_vision_counts(plan: Plan) -> Iterator[Finding]:
    images: Counter[int] = Counter()
    for sample in plan.selection():
        images.update({box.class_id for box in sample.boxes})
    for limit, free, count, what in (
        (_CV_IMAGES, _CV_IMAGES_FREE, plan.samples, "images"),
        (_CV_TAGS, _CV_TAGS_FREE, len(plan.classes), "tags"),
    ):
        if count > limit:
            yield _error(f"A project holds at most {limit} {what}: {count}")
        elif count > free:
            yield _warning(f"A free project holds at most {free} {what}: {count}")
    for item in plan.classes:
        if images[item.id] < _CV_PER_TAG:
            yield _warning(
                f"Training wants {_CV_PER_TAG} images of each tag, "
                f"{item.name} has: {images[item.id]}"
            )
