"""VoTT, coming in: its JSON export, a JSON file an asset, or its project folder.

A region's `boundingBox` is left, top, width, height in pixels; without one its points
count. A region with several tags is a box of each. An asset that was visited and not
tagged says nothing. Frames of films are taken where they were saved as images.
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
from .shapes import add_polygon


@dataclass(frozen=True, slots=True)
class VottReader:
    """Takes VoTT's JSON in; give it the folder or one file."""

    format: ClassVar[str] = "vott"

    def detect(self, path: Path) -> bool:
        """Whether a JSON file has `assets`, or an `asset` with `regions`."""
        asset = (b'"asset"', b'"regions"')
        return json_matches(path, (b'"assets"', b'"tags"', b'"asset"'), asset)

    def read(self, path: Path, *, sizes: Sizes | None = None) -> ImportedSet:
        """All images of all assets; those of a project that are no assets, too.

        Raises:
            BadFile: no file is VoTT's, or no image is there.
        """
        folder, only = opened(path)
        draft = SetDraft(self.format, folder, sizes)
        images = NamedImages(folder, draft)
        is_found = False
        for file in json_files(folder, only):
            content = _content(folder, file, draft)
            tags = (text_of(tag.get("name")) for tag in rows_of(content.get("tags")))
            draft.name_classes(tag for tag in tags if tag)
            for row in _assets(content):
                is_found = True
                _read(file, row, draft, images)
        if not is_found:
            raise draft.refusal("No file here is VoTT's", path)
        return draft.done()


def _content(folder: SourceFolder, file: Path, draft: SetDraft) -> Mapping[str, Any]:
    try:
        return table_of(loaded(folder, file))
    except BadFile as error:
        draft.problem(file, f"skipped. {error.message}")
        return {}


def _assets(content: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Each asset with its regions."""
    if isinstance(content.get("asset"), dict) and "regions" in content:
        yield content
    for row in table_of(content.get("assets")).values():
        if isinstance(row, dict) and isinstance(row.get("asset"), dict):
            yield row


def _read(
    file: Path, row: Mapping[str, Any], draft: SetDraft, images: NamedImages
) -> None:
    asset = row["asset"]
    split = split_name(file.stem.removesuffix("-export"))
    names = [text_of(asset.get("path")), text_of(asset.get("name"))]
    found = [images.find(file, name) for name in names if name]
    path = next((one for one in found if isinstance(one, Path)), None)
    if path is None:
        reason = found[0] if found else "an asset has no name"
        draft.problem(file, f"{reason}: {(names[0] or names[1])[:200]}")
        return
    image = draft.draft(path, split)
    if image is None:
        return
    size = table_of(asset.get("size"))
    image.state_size(size.get("width"), size.get("height"))
    for region in rows_of(row.get("regions")):
        _add_region(image, region)
    draft.add(image)


def _add_region(image: ImageDraft, region: Mapping[str, Any]) -> None:
    tags = region.get("tags")
    named = [text_of(tag) for tag in tags] if isinstance(tags, list) else []
    names = [name for name in named if name]
    if not names:
        image.skip("a box is skipped, it has no class")
    if len(names) > 1:
        image.skip("a region with several tags became a box of each")
    for name in names:
        _add_box(image, name, region)


def _add_box(image: ImageDraft, name: str, region: Mapping[str, Any]) -> None:
    box = table_of(region.get("boundingBox"))
    keys = ("left", "top", "width", "height")
    x, y, width, height = (as_number(box.get(key)) for key in keys)
    if x is not None and y is not None and width is not None and height is not None:
        if region.get("type") == "POLYGON":
            image.skip("a polygon became its enclosing box")
        image.add(name, (x, y, x + width, y + height))
        return
    points = [
        (point.get("x"), point.get("y")) for point in rows_of(region.get("points"))
    ]
    add_polygon(image, name, points)
