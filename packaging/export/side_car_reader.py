"""Reads a pulled version: images, and the side-car that says everything about them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from dataset.errors import BadFile
from dataset.records import VersionSample

from .contract import ImportedBox, ImportedImage, ImportedSet, Problem, Sizes
from .intakes.source_folder import SourceFolder
from .side_car import SideCar, has_side_car, read_side_car

FORMAT: Final = "fieldset"


@dataclass(frozen=True, slots=True)
class SideCarReader:
    """Takes what `fieldset pull` fetched."""

    format: ClassVar[str] = FORMAT

    def detect(self, path: Path) -> bool:
        """Whether the folder holds a pulled version."""
        if not path.is_dir() or not has_side_car(path):
            return False
        try:
            return read_side_car(path).format == FORMAT
        except BadFile:
            return False

    def read(self, path: Path, *, sizes: Sizes | None = None) -> ImportedSet:  # noqa: ARG002  (sizes are the side-car's, and held against each image)
        """Every sample of the side-car whose image is there.

        Raises:
            BadFile: the side-car is missing, damaged, or of a newer fieldset.
        """
        side_car = read_side_car(path)
        folder = SourceFolder(path)
        images, problems = [], []
        for name, sample_id in sorted(side_car.image_names.items()):
            found = folder.file(name)
            if found is None:
                problems.append(Problem(path=name, what="the image is not there"))
                continue
            sample = side_car.samples[sample_id]
            images.append(_image(found, name, sample, side_car))
        return ImportedSet(
            format=FORMAT,
            root=path,
            images=tuple(images),
            classes=tuple(item.name for item in side_car.classes),
            problems=tuple(problems),
        )


def _image(
    path: Path, name: str, sample: VersionSample, side_car: SideCar
) -> ImportedImage:
    names = {item.id: item.name for item in side_car.classes}
    return ImportedImage(
        path=path,
        source_name=name,
        state=sample.state,
        split=sample.split,
        boxes=tuple(
            ImportedBox(
                class_name=names[box.class_id],
                x0=box.x0,
                y0=box.y0,
                x1=box.x1,
                y1=box.y1,
            )
            for box in sample.boxes
            if box.class_id in names
        ),
    )
