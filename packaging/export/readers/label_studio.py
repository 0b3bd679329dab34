"""Label Studio, coming in: JSON of tasks, in full or in its short form (JSON-MIN).

Regions are percent of the upright image. Of a task's annotations the one that counts as
ground truth is taken, else the newest that was not cancelled; predictions are nobody's
word and stay out. A rectangle turns about its top left corner. Brushes, key points and
text are named and left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from dataset.errors import BadFile

from ..contract import ImportedSet, Sizes
from ..intakes.image_draft import ImageDraft, as_number
from ..intakes.set_draft import SetDraft
from ..intakes.source_folder import IMAGE_SUFFIXES, SourceFolder, split_name
from .foreign_json import (
    json_files,
    json_matches,
    opened,
    rows_of,
    table_of,
    text_of,
)
from .json_lists import JsonLists
from .named_images import NamedImages
from .shapes import FROM_TURNED, add_polygon, turned_about

_CONFIG_LIMIT: Final = 1 << 20
_BOX: Final = "rectanglelabels"
_POLYGON: Final = "polygonlabels"
# Label Studio puts eight hexadecimal digits before the name of an uploaded file.
_UPLOADED: Final = re.compile(r"^.*/upload/.*?[0-9a-f]{8}-", re.DOTALL)
_SIDES: Final = ("x", "y", "width", "height")


@dataclass(frozen=True, slots=True)
class LabelStudioReader:
    """Takes exported tasks in; give it the folder or one file."""

    format: ClassVar[str] = "label-studio"

    def detect(self, path: Path) -> bool:
        """Whether a JSON file is a list of tasks."""
        kinds = ((b'"annotations"', b'"data"'), (b"labels", b'"original_width"'))
        return json_matches(path, *kinds, opening=b"[")

    def read(self, path: Path, *, sizes: Sizes | None = None) -> ImportedSet:
        """All images that the tasks name.

        Raises:
            BadFile: no file is a list of tasks, or none of their images is there.
        """
        folder, only = opened(path)
        draft = SetDraft(self.format, folder, sizes)
        images = NamedImages(folder, draft)
        draft.name_classes(_configured(folder))
        is_found = False
        for file in json_files(folder, only):
            for task in _tasks(file, draft):
                is_found = True
                _read(file, task, draft, images)
        if not is_found:
            raise draft.refusal("No file here is a list of Label Studio's tasks", path)
        return draft.done()


def _tasks(file: Path, draft: SetDraft) -> Iterator[Mapping[str, Any]]:
    """The tasks of a file, which is read to its end before the first is given."""
    lists = JsonLists(file)
    try:
        count = sum(1 for _ in lists.walk())
    except BadFile as error:
        draft.problem(file, f"skipped. {error.message}")
        return
    if "" not in lists.names:
        draft.problem(file, "the file is skipped, it is no list of tasks")
    elif count:
        yield from (task for _, task in lists.walk() if isinstance(task, dict))


def _read(
    file: Path, task: Mapping[str, Any], draft: SetDraft, images: NamedImages
) -> None:
    data = task["data"] if isinstance(task.get("data"), dict) else task
    name = _image_name(data)
    split = split_name(text_of(data.get("split")) or file.stem.removeprefix("tasks-"))
    places = tuple(f"images/{split}" for _ in [0] if split)
    image = images.draft(file, name, split, *places)
    if image is None:
        return
    regions = _regions(task, image)
    for region in regions:
        _add_region(image, region)
    draft.add(image)


def _image_name(data: Mapping[str, Any]) -> str:
    """The text that names an image: that under `image`, else the first like one."""
    texts = [text_of(data.get("image")), *map(text_of, data.values())]
    named = [text for text in texts if text]
    for text in named:
        stripped = _UPLOADED.sub("", text)
        if Path(stripped.split("?d=")[-1]).suffix.lower() in IMAGE_SUFFIXES:
            return f"/{stripped}" if stripped != text else text
    return named[0] if named else ""


def _regions(task: Mapping[str, Any], image: ImageDraft) -> list[Mapping[str, Any]]:
    """The regions that count; marks the image where somebody annotated it."""
    if "annotations" in task or "completions" in task:
        rows = rows_of(task.get("annotations") or task.get("completions"))
        kept = [row for row in rows if row.get("was_cancelled") is not True]
        if not kept:
            return []
        if len(kept) > 1:
            image.skip("a task with several annotations, the newest true one counts")
        image.is_annotated = True
        best = max(kept, key=_weight)
        return list(rows_of(best.get("result")))
    found = [row for value in task.values() for row in rows_of(value)]
    image.is_annotated = bool(found)
    return [row if "value" in row else {**row, "value": row} for row in found]


def _weight(annotation: Mapping[str, Any]) -> tuple[bool, str, float]:
    """Ground truth first, then the newest."""
    return (
        annotation.get("ground_truth") is True,
        text_of(annotation.get("updated_at")),
        as_number(annotation.get("id")) or 0.0,
    )


def _add_region(image: ImageDraft, region: Mapping[str, Any]) -> None:
    value = table_of(region.get("value"))
    kind = next((key for key in (_BOX, _POLYGON) if key in value), None)
    if kind is None:
        what = text_of(region.get("type")) or "a region of another kind"
        image.skip(f"a region is skipped, it is no box: {what[:40]}")
        return
    labels = value[kind]
    named = [text_of(label) for label in labels] if isinstance(labels, list) else []
    width, height = (as_number(region.get(f"original_{side}")) for side in _SIDES[2:])
    if not any(named):
        image.skip("a box is skipped, it has no class")
    elif as_number(region.get("image_rotation")):
        image.skip("a box is skipped, its image was turned in the tool")
    elif width is None or height is None:
        image.skip("a box is skipped, the size of its image is not stated")
    else:
        image.state_size(width, height)
        for name in filter(None, named):
            _add(image, name, value, (width / 100, height / 100), kind)


def _add(
    image: ImageDraft,
    name: str,
    value: Mapping[str, Any],
    scale: tuple[float, float],
    kind: str,
) -> None:
    if kind == _POLYGON:
        points = value.get("points")
        add_polygon(image, name, _scaled(points, scale))
        return
    x, y, width, height = (as_number(value.get(side)) for side in _SIDES)
    if x is None or y is None or width is None or height is None:
        image.add(name, (None,) * 4)
        return
    left, top = x * scale[0], y * scale[1]
    corners = (left, top, (x + width) * scale[0], (y + height) * scale[1])
    turn = as_number(value.get("rotation"))
    if turn:
        image.skip(FROM_TURNED)
        corners = turned_about(corners, turn, (left, top))
    image.add(name, corners)


def _scaled(points: object, scale: tuple[float, float]) -> list[object]:
    """Points in pixels; what is no point stays as it is, to be named."""
    found: list[object] = []
    for point in points if isinstance(points, list) else []:
        pair = point if isinstance(point, list) and len(point) == 2 else (None, None)
        x, y = as_number(pair[0]), as_number(pair[1])
        whole = x is not None and y is not None
        found.append((x * scale[0], y * scale[1]) if whole else None)  # type: ignore[operator]
    return found


def _configured(folder: SourceFolder) -> list[str]:
    """The labels of the labeling configurations in the folder, in their order."""
    names: list[str] = []
    for file in folder.files():
        if file.suffix.lower() != ".xml" or file.stat().st_size > _CONFIG_LIMIT:
            continue
        try:
            root = fromstring(folder.bytes(file, _CONFIG_LIMIT), forbid_dtd=True)
        except (BadFile, ParseError, DefusedXmlException, ValueError):
            continue
        if root.tag == "View":
            labels = (item.get("value") or "" for item in root.iter("Label"))
            names += [label.strip() for label in labels if label.strip()]
    return names
