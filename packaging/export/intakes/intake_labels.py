"""Boxes from elsewhere as boxes of the project: classes by name, permanent ids."""

from __future__ import annotations

import unicodedata
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from dataset.catalog import Catalog
from dataset.errors import UsageError
from dataset.records import Box, BoxOrigin, LabelClass, VersionSample

from ..contract import ImportedBox
from .held_boxes import clipped_boxes, units

# Drawn once at random; changing it would give every imported box another id.
_NAMESPACE = uuid.UUID("5c0f2a9e-6f0b-4f0e-9d53-0d8f2f6b7c41")
_NEAR_PX = 1 / 1024


class ClassMap:
    """Class names from elsewhere and the classes of the project they stand for.

    A name that is not here is added, unless that is forbidden; a retired or unusable
    name stands for nothing, and the reason is kept.
    """

    def __init__(self, catalog: Catalog, *, may_add: bool) -> None:
        self._catalog = catalog
        self._may_add = may_add
        self._ids: dict[str, int] = {
            _normal(item.name): item.id for item in catalog.classes.all()
        }
        self._retired = {
            _normal(item.name)
            for item in catalog.classes.all(include_retired=True)
            if item.retired
        }
        self.refused: dict[str, str] = {}

    def add_all(self, names: Iterable[str]) -> None:
        """Make sure of every class, in the order of the file."""
        for name in names:
            self.id_of(name)

    def restore(self, classes: Sequence[LabelClass]) -> None:
        """Add the classes of one of our own exports, in the order of their ids.

        In a project that had none they get the same ids, retired ones included.
        """
        is_new = not self._ids and not self._retired
        for item in sorted(classes, key=lambda item: item.id):
            if not item.retired:
                self.id_of(item.name, colour=item.colour)
            elif is_new and self._may_add:
                added = self._catalog.classes.add(item.name, colour=item.colour)
                self._catalog.classes.retire(added.id)
                self._retired.add(_normal(item.name))

    def id_of(self, name: str, *, colour: str | None = None) -> int | None:
        """The id of the class with that name; None, with a reason, for no class."""
        key = _normal(name)
        if key in self._ids:
            return self._ids[key]
        if key in self._retired:
            self.refused[name] = "its class is retired"
        elif not self._may_add:
            self.refused[name] = "its class is not one of the project's"
        else:
            try:
                added = self._catalog.classes.add(name, colour=colour)
            except UsageError as error:
                self.refused[name] = error.message
            else:
                self._ids[key] = added.id
                return added.id
        return None


def imported_boxes(
    sample_id: str, boxes: Iterable[ImportedBox], classes: ClassMap
) -> tuple[tuple[Box, ...], tuple[str, ...]]:
    """The boxes of one image, and the class names that were refused.

    A box's id is the UUIDv5 of (sample id, class name, corners in 1/1024 px,
    occurrence): the same file gives the same ids on every station.
    """
    seen: Counter[tuple[str, tuple[int, int, int, int]]] = Counter()
    kept = []
    refused = []
    for box in boxes:
        class_id = classes.id_of(box.class_name)
        if class_id is None:
            refused.append(box.class_name)
            continue
        made = _box("", class_id, box)
        place = (_normal(box.class_name), units(made))
        key = f"{sample_id}/{place[0]}/{','.join(map(str, place[1]))}/{seen[place]}"
        seen[place] += 1
        kept.append(_box(str(uuid.uuid5(_NAMESPACE, key)), class_id, box))
    return tuple(kept), tuple(refused)


def restored_boxes(
    sample: VersionSample,
    names: dict[int, str],
    boxes: Sequence[ImportedBox],
    classes: ClassMap,
) -> tuple[tuple[Box, ...], tuple[str, ...]]:
    """The boxes of one of our own exports with their UUIDs and exact corners.

    What the format could not hold (equal rows, parts over the edge) comes from the
    side-car; a box that was changed or added in the file since is a new one, and one
    that was taken away stays away.
    """
    found, left = _found_again(sample, names, boxes)
    kept = []
    refused = []
    for box in sample.boxes:
        if box.id not in found:
            continue
        class_id = classes.id_of(names[box.class_id])
        if class_id is None:
            refused.append(names[box.class_id])
        else:
            kept.append(replace(box, class_id=class_id))
    added, refused_too = imported_boxes(sample.id, left, classes)
    return (*kept, *added), (*refused, *refused_too)


def _found_again(
    sample: VersionSample, names: dict[int, str], boxes: Sequence[ImportedBox]
) -> tuple[set[str], list[ImportedBox]]:
    """The ids of our boxes that the file still holds, and the file's other boxes."""
    held = clipped_boxes(sample, names)
    left = list(boxes)
    # What lies outside the image no file can hold, so no file can have lost it.
    found = {box.id for box in sample.boxes} - {box.id for box, _ in held}
    seen: list[ImportedBox] = []
    for box, shown in held:
        at = next((i for i, other in enumerate(left) if _is_near(shown, other)), None)
        if at is not None:
            seen.append(shown)
            found.add(box.id)
            del left[at]
        elif shown in seen:
            found.add(box.id)
    return found, left


def _box(box_id: str, class_id: int, box: ImportedBox) -> Box:
    return Box(
        id=box_id,
        class_id=class_id,
        x0=box.x0,
        y0=box.y0,
        x1=box.x1,
        y1=box.y1,
        origin=BoxOrigin.IMPORTED,
    )


def _is_near(one: ImportedBox, other: ImportedBox) -> bool:
    return _normal(one.class_name) == _normal(other.class_name) and all(
        abs(a - b) <= _NEAR_PX for a, b in zip(one.corners, other.corners, strict=True)
    )


def _normal(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip()
