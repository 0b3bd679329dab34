"""Hugging Face imagefolder, coming in: `metadata.jsonl` beside the images.

`objects` is a struct of lists: `bbox` (x, y, width, height in pixels) and `categories`,
`category` or `label`, numbers or names. The card's front matter names the classes;
where none does, a number is its own name, and that is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final

from dataset.errors import BadFile

from ..contract import ImportedSet, Sizes
from ..intakes.image_draft import ImageDraft, as_number
from ..intakes.set_draft import SetDraft
from ..intakes.source_folder import SourceFolder, split_name
from .class_names import class_name, names_of_card
from .foreign_json import any_begins_with, opened, table_of
from .json_lines import strange_lines
from .named_images import NamedImages

_TABLE: Final = "metadata.jsonl"
_CATEGORIES: Final = ("categories", "category", "label", "labels")


@dataclass(frozen=True, slots=True)
class HuggingFaceReader:
    """Takes image folders in; give it the folder."""

    format: ClassVar[str] = "huggingface"

    def detect(self, path: Path) -> bool:
        """Whether a `metadata.jsonl` has `file_name`."""
        try:
            files = _table_files(*opened(path))
        except (BadFile, OSError):
            return False
        return any_begins_with(files, b'"file_name"')

    def read(self, path: Path, *, sizes: Sizes | None = None) -> ImportedSet:
        """All images that the tables name, and the unlabeled ones beside them.

        Raises:
            BadFile: there is no such table, or no image.
        """
        folder, only = opened(path)
        draft = SetDraft(self.format, folder, sizes)
        images = NamedImages(folder, draft)
        names = _names(folder, draft)
        draft.name_classes(names)
        files = _table_files(folder, only)
        if not files:
            raise BadFile(f"No `{_TABLE}` is here: {path}")
        for file in files:
            for row in strange_lines(file, draft):
                image = images.draft(file, row.get("file_name"), _split_of(file))
                if image is not None:
                    image.state_size(row.get("width"), row.get("height"))
                    add_objects(image, row.get("objects"), names)
                    draft.add(image)
        for path_ in folder.images() if only is None else ():
            draft.add_plain(path_, _split_of(path_))
        return draft.done()


def add_objects(image: ImageDraft, objects: object, names: Sequence[str]) -> None:
    """Add the boxes of a struct of lists, or of a list of structs."""
    if objects is None:
        return
    image.is_annotated = True
    table = _struct_of_lists(objects)
    boxes = table.get("bbox")
    categories = next((table[key] for key in _CATEGORIES if key in table), None)
    if not isinstance(boxes, list) or not isinstance(categories, list):
        image.skip("its boxes are skipped, they are no lists")
        return
    if len(boxes) != len(categories):
        image.skip("its boxes are skipped, the lists are of different lengths")
        return
    if not names and any(isinstance(category, int) for category in categories):
        image.skip("no class names are declared, the numbers count as names")
    for box, category in zip(boxes, categories, strict=True):
        _add(image, box, class_name(names, category))


def _add(image: ImageDraft, box: object, name: str) -> None:
    sides = box if isinstance(box, list) and len(box) == 4 else [None] * 4
    x, y, width, height = map(as_number, sides)
    if not name:
        image.skip("a box is skipped, its category is not listed")
    elif x is None or y is None or width is None or height is None:
        image.add(name, (None,) * 4)
    else:
        image.add(name, (x, y, x + width, y + height))


def _struct_of_lists(objects: object) -> Mapping[str, Any]:
    if isinstance(objects, list):
        rows = [table_of(row) for row in objects]
        keys = {key for row in rows for key in row}
        return {
            key: [row.get(key) for row in rows] for key in keys or ("bbox", "label")
        }
    return table_of(objects)


def _names(folder: SourceFolder, draft: SetDraft) -> tuple[str, ...]:
    card = folder.file("README.md")
    if card is None:
        return ()
    try:
        return names_of_card(folder.text(card), card)
    except BadFile as error:
        draft.problem(card, f"its class names are skipped. {error.message}")
        return ()


def _table_files(folder: SourceFolder, only: Path | None) -> list[Path]:
    files = folder.files() if only is None else [only]
    return [file for file in files if file.name == _TABLE]


def _split_of(file: Path) -> str | None:
    return split_name(file.parent.name)
