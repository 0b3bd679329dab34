"""Azure Machine Learning's JSONL of object detection, coming in: a line an image.

`image_url` means a place in the cloud; the image counts whose path below the folder is
the end of it. Corners are from 0 to 1 of the upright image. An empty list of labels
says that nothing is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final

from dataset.errors import BadFile

from ..contract import ImportedSet, Sizes
from ..intakes.image_draft import ImageDraft
from ..intakes.set_draft import SetDraft
from ..intakes.source_folder import SourceFolder, split_name
from .foreign_json import any_begins_with, opened, rows_of, table_of, text_of
from .json_lines import strange_lines
from .named_images import NamedImages

_CORNERS: Final = ("topX", "topY", "bottomX", "bottomY")


@dataclass(frozen=True, slots=True)
class AzureMlReader:
    """Takes the JSONL in; give it the folder or one file."""

    format: ClassVar[str] = "azureml"

    def detect(self, path: Path) -> bool:
        """Whether a JSONL file has `image_url` and `label`."""
        try:
            files = _line_files(*opened(path))
        except (BadFile, OSError):
            return False
        return any_begins_with(files, b'"image_url"', b'"label"')

    def read(self, path: Path, *, sizes: Sizes | None = None) -> ImportedSet:
        """All images that the lines name.

        Raises:
            BadFile: no line names an image that is here.
        """
        folder, only = opened(path)
        draft = SetDraft(self.format, folder, sizes)
        images = NamedImages(folder, draft)
        for file in _line_files(folder, only):
            split = split_name(file.parent.name) or split_name(file.stem.split("_")[0])
            for row in strange_lines(file, draft):
                if "image_url" in row:
                    _read(file, row, split, draft, images)
        return draft.done()


def _line_files(folder: SourceFolder, only: Path | None) -> list[Path]:
    files = folder.files() if only is None else [only]
    return [file for file in files if file.suffix.lower() == ".jsonl"]


def _read(
    file: Path,
    row: Mapping[str, Any],
    split: str | None,
    draft: SetDraft,
    images: NamedImages,
) -> None:
    image = images.draft(file, row["image_url"], split)
    if image is None:
        return
    details = table_of(row.get("image_details"))
    width, height = details.get("width"), details.get("height")
    image.state_size(_pixels(width), _pixels(height))
    image.is_annotated = isinstance(row.get("label"), list)
    for label in rows_of(row.get("label")):
        _add_label(image, label)
    draft.add(image)


def _pixels(value: object) -> object:
    """A size as it stands; the schema allows "499px", too."""
    return value.removesuffix("px") if isinstance(value, str) else value


def _add_label(image: ImageDraft, label: Mapping[str, Any]) -> None:
    name = text_of(label.get("label"))
    if not name:
        image.skip("a box is skipped, it has no class")
    elif label.get("isCrowd") in (1, True, "true"):
        image.skip("a crowd region is skipped, it is no single object")
    else:
        image.add_relative(name, [label.get(corner) for corner in _CORNERS])
