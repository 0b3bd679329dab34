"""Made samples of our own exports: taken in as what they are, not as samples.

A copy that a recipe made comes back into the list of made samples, with its parent, so
that a version frozen from it under the same policy has the same id, and nobody labels
or augments a copy.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dataset.catalog import Catalog
from dataset.policies.lineage import MadeSample, labels_digest, lineage_of
from dataset.records import Box, VersionSample

from ..side_car import SideCar
from .intake_labels import ClassMap


def made_sample(
    sample: VersionSample, side_car: SideCar, classes: ClassMap
) -> MadeSample | None:
    """What the side-car says of a made sample; None where it is none.

    One whose parent is not in the export is taken for an ordinary sample.
    """
    lineage = lineage_of(sample)
    parent = side_car.samples.get(lineage.parent_id) if lineage else None
    if lineage is None or parent is None:
        return None
    names = {item.id: item.name for item in side_car.classes}
    return MadeSample(
        id=sample.id,
        lineage=lineage,
        labels=labels_digest(_translated(parent.boxes, names, classes)),
        suffix=sample.suffix,
        width=sample.width,
        height=sample.height,
        size_bytes=sample.size_bytes,
        boxes=tuple(_translated(sample.boxes, names, classes)),
        libraries="{}",
    )


def erased_parent(sample: VersionSample, catalog: Catalog) -> str:
    """The id of the erased sample that an image was made of; "" where none was."""
    lineage = lineage_of(sample)
    if lineage is None or not catalog.samples.is_erased(lineage.parent_id):
        return ""
    return lineage.parent_id


def _translated(
    boxes: Iterable[Box], names: dict[int, str], classes: ClassMap
) -> list[Box]:
    """The boxes under the project's own class ids; those of no class are left out."""
    found = []
    for box in boxes:
        class_id = classes.id_of(names[box.class_id])
        if class_id is not None:
            found.append(replace(box, class_id=class_id))
    return found
