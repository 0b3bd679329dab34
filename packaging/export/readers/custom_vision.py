"""Azure Custom Vision, coming in: our batches, or what the service's API answers.

- `batches/<split>/*.json` with `images` of `file` and `regions` of `tag`
- a JSON list of the service's images (`id`, `regions` of `tagName`), the image files
  beside it named by that id

A region is left, top, width, height from 0 to 1 of the upright image. An image without
regions says nothing where the service answered, for it lists untagged ones so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from dataset.errors import BadFile

from ..contract import ImportedSet, Sizes
from ..intakes.image_draft import ImageDraft, as_number
from ..intakes.set_draft import SetDraft
from ..intakes.source_folder import SourceFolder, split_name
from .foreign_json import (
    json_files,
    json_matches,
    loaded,
    opened,
    rows_of,
    table_of,
    text_of,
)
from .named_images import NamedImages


@dataclass(frozen=True, slots=True)
class CustomVisionReader:
    """Takes batches and answers in; give it the folder or one file."""

    format: ClassVar[str] = "custom-vision"

    def detect(self, path: Path) -> bool:
        """Whether a JSON file has images with regions of that service."""
        batch, answer = (
            (b'"images"', b'"regions"', b'"file"'),
            (b'"regions"', b'"tagName"'),
        )
        return json_matches(path, batch) or json_matches(path, answer, opening=b"[")

    def read(self, path: Path, *, sizes: Sizes | None = None) -> ImportedSet:
        """All images that the files list.

        Raises:
            BadFile: no file is Custom Vision's, or no image is there.
        """
        folder, only = opened(path)
        draft = SetDraft(self.format, folder, sizes)
        images = NamedImages(folder, draft)
        is_found = False
        for file in json_files(folder, only):
            content = _content(folder, file, draft)
            draft.name_classes(_tags(content))
            for row in _rows(content):
                is_found = True
                _read(file, row, draft, images)
        if not is_found:
            raise draft.refusal("No file here is Custom Vision's", path)
        return draft.done()


def _content(folder: SourceFolder, file: Path, draft: SetDraft) -> object:
    try:
        content: object = loaded(folder, file)
    except BadFile as error:
        draft.problem(file, f"skipped. {error.message}")
        return None
    return content


def _tags(content: object) -> Iterator[str]:
    """The names of the list of tags, where the file is one."""
    for row in rows_of(table_of(content).get("tags")):
        if name := text_of(row.get("name")):
            yield name


def _rows(content: object) -> Iterator[Mapping[str, Any]]:
    rows = content if isinstance(content, list) else table_of(content).get("images")
    yield from (row for row in rows_of(rows) if "regions" in row)


def _read(
    file: Path, row: Mapping[str, Any], draft: SetDraft, images: NamedImages
) -> None:
    path = _path(file, row, images)
    if isinstance(path, str):
        draft.problem(file, path)
        return
    image = draft.draft(path, split_name(file.parent.name))
    if image is None:
        return
    image.is_annotated = "file" in row
    for region in rows_of(row.get("regions")):
        _add_region(image, region)
    draft.add(image)


def _path(file: Path, row: Mapping[str, Any], images: NamedImages) -> Path | str:
    """The image by its path, else by the service's id; or why there is none."""
    name = text_of(row.get("file"))
    if name:
        found = images.find(file, name)
        return found if isinstance(found, Path) else f"{found}: {name[:200]}"
    key = text_of(row.get("id"))
    for suffix in ("jpg", "jpeg", "png", "bmp"):
        found = images.find(file, f"/{key}.{suffix}") if key else ""
        if isinstance(found, Path):
            return found
    return f"the image is missing: {key[:200]}"


def _add_region(image: ImageDraft, region: Mapping[str, Any]) -> None:
    name = text_of(region.get("tag")) or text_of(region.get("tagName"))
    sides = ("left", "top", "width", "height")
    left, top, width, height = (as_number(region.get(side)) for side in sides)
    if not name:
        image.skip("a box is skipped, it has no class")
    elif left is None or top is None or width is None or height is None:
        image.add_relative(name, (None,) * 4)
    else:
        image.add_relative(name, (left, top, left + width, top + height))
