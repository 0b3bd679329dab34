"""Lineage: which sample a made sample was made of, and by which recipe.

A made sample's `source_name` in a version says it, `made:augment/2 RECIPE PARENT` with
two SHA-256: its source is its parent. So lineage travels with every manifest, export
and side-car, and counts towards no leaf, like other names.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ..records import Box, VersionSample
from ..versions import leaf

_NAME: Final = re.compile(
    r"made:(augment|stress)/(\d{1,4}) ([0-9a-f]{64}) ([0-9a-f]{64})"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """Where a made sample comes from; `index` counts the copies of one parent."""

    kind: str
    recipe: str
    parent_id: str
    index: int

    @property
    def source_name(self) -> str:
        """The lineage as the `source_name` of a made sample."""
        return f"made:{self.kind}/{self.index} {self.recipe} {self.parent_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeSample:
    """A stored image that a recipe made of a sample.

    `labels` is the digest of the parent's boxes from which `boxes` were made; the
    pixels do not depend on them. `libraries` is JSON: names and versions.
    """

    id: str
    lineage: Lineage
    labels: str
    suffix: str
    width: int
    height: int
    size_bytes: int
    boxes: tuple[Box, ...]
    libraries: str


def lineage_of(sample: VersionSample) -> Lineage | None:
    """What a version's sample was made of; None for one that was captured."""
    match = _NAME.fullmatch(sample.source_name)
    if match is None:
        return None
    return Lineage(
        kind=match[1], index=int(match[2]), recipe=match[3], parent_id=match[4]
    )


def labels_digest(boxes: Iterable[Box]) -> str:
    """SHA-256 (hexadecimal) of boxes as a version keeps them, in any order."""
    text = "\n".join(
        f"{box.id} {box.class_id} {corners}"
        for box in sorted(boxes, key=lambda box: box.id)
        for corners in (leaf.quantise(box),)
    )
    return hashlib.sha256(text.encode()).hexdigest()
