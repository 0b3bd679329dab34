"""A small version with everything a writer meets, and a folder to write it from."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import replace
from pathlib import Path

from dataset.records import (
    Box,
    BoxOrigin,
    LabelClass,
    SampleState,
    Split,
    SplitKind,
    VersionSample,
)
from dataset.version import read_version, write_version
from dataset.versions.frozen_version import FrozenVersion
from export.handover.target_limits import ANY_TARGET, TARGETS
from tests.dataset.picture_bytes import encoded, exif, jpeg_with, scene

CLASSES = (
    LabelClass(id=1, name="bolt", colour="#E69F00", key=1),
    LabelClass(id=2, name="nut", colour="#56B4E9", key=2),
    LabelClass(id=3, name="old", colour="#009E73", retired=True),
    LabelClass(id=5, name='Schräubchen "M3", <b>', colour="#F0E442"),
)
SPLITS = (
    Split(name="train", kind=SplitKind.TRAIN, share=0.7),
    Split(name="val", kind=SplitKind.VAL, share=0.15),
    Split(name="test-main", kind=SplitKind.TEST, rule="random", share=0.15),
    Split(name="test-night", kind=SplitKind.TEST, rule="condition:light=night"),
    Split(name="vault", kind=SplitKind.TEST, rule="hand", sealed=True),
)
CORNERS = ((0.0, 0.0, 1.0, 1.0), (3.25, 4.5, 20.125, 17.0), (40.0, 10.0, 48.0, 32.0))


def small_version(
    root: Path,
    samples: tuple[VersionSample, ...],
    classes: tuple[LabelClass, ...] = CLASSES,
) -> FrozenVersion:
    """The samples frozen as a version of `root`."""
    written = write_version(
        root,
        samples=sorted(samples, key=lambda sample: sample.id),
        classes=classes,
        splits=SPLITS,
        policy={"balance": "warn"},
        parent=None,
        message="",
        author="",
        created_us=1,
    )
    return read_version(root, written.version.id)


def stored_samples(root: Path) -> tuple[VersionSample, ...]:
    """Eleven samples in five splits and none, with their images in the store."""
    rows = [
        ("jpg", "train", CORNERS),
        ("png", "train", CORNERS[1:]),
        ("jpg", "train", ()),
        ("webp", "train", CORNERS[:1]),
        ("rotated", "train", CORNERS[1:2]),
        ("jpg", "val", CORNERS),
        ("bmp", "val", CORNERS[:1]),
        ("jpg", "test-main", CORNERS[:2]),
        ("jpg", "test-night", CORNERS[2:]),
        ("jpg", "vault", CORNERS[:1]),
        ("jpg", "", CORNERS[:1]),
    ]
    return tuple(
        _stored(root, number, kind, split, corners)
        for number, (kind, split, corners) in enumerate(rows)
    )


def fitting(
    samples: tuple[VersionSample, ...], format_name: str
) -> tuple[VersionSample, ...]:
    """The samples whose images are of a kind that the format's target takes."""
    target = TARGETS.get(format_name, ANY_TARGET)
    if not target.is_strict:
        return samples
    return tuple(sample for sample in samples if sample.suffix in target.suffixes)


def with_boxes(sample: VersionSample, *boxes: Box) -> VersionSample:
    """The sample with other boxes."""
    state = SampleState.LABELED if boxes else SampleState.EMPTY
    return replace(sample, boxes=boxes, state=state)


def box(number: int, *corners: float, class_id: int = 1) -> Box:
    """A box whose UUID follows from a number."""
    x0, y0, x1, y1 = corners
    return Box(
        id=str(uuid.UUID(int=number)),
        class_id=class_id,
        x0=x0,
        y0=y0,
        x1=x1,
        y1=y1,
        origin=BoxOrigin.CARRIED if number % 2 else BoxOrigin.DRAWN,
        score=0.5 if number % 2 else None,
    )


def turned_sample(version: FrozenVersion) -> VersionSample:
    """The sample that EXIF turns, with its box 3.25, 4.5 to 20.125, 17 in 48x32."""
    (found,) = [s for s in version.samples if s.orientation == 6]
    return found


def copies_of(
    root: Path, first: VersionSample, count: int
) -> tuple[VersionSample, ...]:
    """Samples of one picture whose files differ behind its end."""
    picture = (root / first.path).read_bytes()
    made = []
    for number in range(count):
        data = picture + number.to_bytes(4, "little")
        sample = replace(
            first,
            id=hashlib.sha256(data).hexdigest(),
            size_bytes=len(data),
            boxes=tuple(
                box(10 * number + at, 1, 1, 9, 9, class_id=(3 * number + at) % 60 + 1)
                for at in range(3)
            ),
        )
        path = root / sample.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        made.append(sample)
    return tuple(sorted(made, key=lambda sample: sample.id))


def _stored(
    root: Path,
    number: int,
    kind: str,
    split: str,
    corners: tuple[tuple[float, float, float, float], ...],
) -> VersionSample:
    suffix = "jpg" if kind == "rotated" else kind
    stored = scene(48, 32, seed=number)
    if kind == "rotated":
        stored = scene(32, 48, seed=number)
    data = encoded(suffix, stored)
    if kind == "rotated":
        data = jpeg_with(data, b"Exif\x00\x00" + exif(6))
    sample = VersionSample(
        id=hashlib.sha256(data).hexdigest(),
        width=48,
        height=32,
        suffix=suffix,
        state=SampleState.LABELED if corners else SampleState.EMPTY,
        group=f"g-{split or 'none'}-{number % 2}",
        split=split,
        boxes=tuple(
            box(100 * number + at, *corner, class_id=(1, 2, 5)[at % 3])
            for at, corner in enumerate(corners)
        ),
        session=f"session {split} {number % 2}",
        place="yard",
        camera="0",
        conditions=(("light", "day"),),
        captured_us=1_000_000 * number,
        source_name=f"{number}.{suffix}",
        size_bytes=len(data),
        orientation=6 if kind == "rotated" else 1,
    )
    path = root / sample.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return sample
