"""labelme, coming in: a JSON file an image, beside it or with the image inside.

Two corners of a rectangle stand in any order. Polygons become their enclosing box; a
circle is a centre and a point on it. Where the image file is not here, the one that
`imageData` embeds (Base64) counts.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar

from dataset.errors import BadFile

from ..contract import ImportedSet, Sizes
from ..intakes.image_draft import ImageDraft, as_number
from ..intakes.set_draft import SetDraft
from ..intakes.source_folder import SourceFolder, split_name
from .foreign_json import json_files, json_matches, loaded, opened, rows_of, text_of
from .named_images import NamedImages
from .shapes import add_polygon, around


@dataclass(frozen=True, slots=True)
class LabelmeReader:
    """Takes labelme's files in; give it the folder or one file."""

    format: ClassVar[str] = "labelme"

    def detect(self, path: Path) -> bool:
        """Whether a JSON file has `shapes` and `imagePath`."""
        return json_matches(
            path, (b'"shapes"', b'"imagePath"'), (b'"shapes"', b'"imageData"')
        )

    def read(self, path: Path, *, sizes: Sizes | None = None) -> ImportedSet:
        """All images with a file, and the unlabeled ones beside them.

        Raises:
            BadFile: no file is labelme's, or no image is there.
        """
        folder, only = opened(path)
        draft = SetDraft(self.format, folder, sizes)
        images = NamedImages(folder, draft)
        is_found = False
        for file in json_files(folder, only):
            content = _content(folder, file, draft)
            if content is not None:
                is_found = True
                _read(folder, file, content, draft, images)
        if not is_found:
            raise draft.refusal("No file here is labelme's", path)
        for image in folder.images() if only is None else ():
            draft.add_plain(image, _split_of(folder, image))
        return draft.done()


def _content(
    folder: SourceFolder, file: Path, draft: SetDraft
) -> Mapping[str, Any] | None:
    try:
        content = loaded(folder, file)
    except BadFile as error:
        draft.problem(file, f"skipped. {error.message}")
        return None
    if isinstance(content, dict) and isinstance(content.get("shapes"), list):
        return content
    draft.problem(file, "the file is skipped, it has no `shapes`")
    return None


def _read(
    folder: SourceFolder,
    file: Path,
    content: Mapping[str, Any],
    draft: SetDraft,
    images: NamedImages,
) -> None:
    image = _draft(folder, file, content, draft, images)
    if image is None:
        return
    image.is_annotated = True
    image.state_size(content.get("imageWidth"), content.get("imageHeight"))
    for shape in rows_of(content["shapes"]):
        _add_shape(image, shape)
    draft.add(image)


def _draft(
    folder: SourceFolder,
    file: Path,
    content: Mapping[str, Any],
    draft: SetDraft,
    images: NamedImages,
) -> ImageDraft | None:
    """The image beside the file, else the one inside it."""
    name = text_of(content.get("imagePath"))
    found = images.find(file, name) if name else "the image is missing"
    split = _split_of(folder, file)
    if isinstance(found, Path):
        return draft.draft(found, split)
    if not isinstance(content.get("imageData"), str):
        draft.problem(file, f"{found}: {name}")
        return None
    bare = PurePosixPath(name.replace("\\", "/")).name or f"{file.stem}.image"
    inside = PurePosixPath(folder.name(file)).with_name(bare)
    return draft.packed(file, str(inside), split, partial(_embedded, file))


def _embedded(file: Path) -> bytes:
    """The bytes of the image inside the file.

    Raises:
        BadFile: they are no Base64.
    """
    content = loaded(SourceFolder(file.parent), file)
    try:
        return base64.b64decode(content["imageData"], validate=True)
    except (binascii.Error, KeyError, TypeError, ValueError):
        raise BadFile(f"The embedded image is no Base64: {file.name}") from None


def _add_shape(image: ImageDraft, shape: Mapping[str, Any]) -> None:
    name, points = text_of(shape.get("label")), shape.get("points")
    kind = shape.get("shape_type") or "polygon"
    if not name:
        image.skip("a box is skipped, it has no class")
    elif not isinstance(points, list) or not all(map(_is_pair, points)):
        image.skip("a shape is skipped, its points are no numbers")
    elif kind == "rectangle" and len(points) in (2, 4):
        image.add(name, around(points) or (None,) * 4)
    elif kind == "circle" and len(points) == 2:
        _add_circle(image, name, points)
    elif kind == "polygon":
        add_polygon(image, name, points)
    else:
        image.skip(f"a shape is skipped, it is no box: {str(kind)[:40]}")


def _add_circle(image: ImageDraft, name: str, points: list[Any]) -> None:
    numbers = [as_number(value) for point in points for value in point]
    x, y, rim_x, rim_y = (math.nan if n is None else n for n in numbers)
    radius = math.hypot(rim_x - x, rim_y - y)
    image.skip("a circle became its enclosing box")
    image.add(name, (x - radius, y - radius, x + radius, y + radius))


def _is_pair(point: object) -> bool:
    return isinstance(point, list) and len(point) == 2


def _split_of(folder: SourceFolder, file: Path) -> str | None:
    """The split of a folder named like one."""
    parts = file.relative_to(folder.root).parts[:-1]
    return next((name for name in map(split_name, parts) if name), None)
