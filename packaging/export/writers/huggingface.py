"""Hugging Face imagefolder, going out: a table beside the images of each split.

    <split>/metadata.jsonl              a line an image, boxes as COCO's x, y, w, h
    <split>/<sample id>.<suffix>
    README.md                           splits and features, for `load_dataset(FOLDER)`

The library names splits with letters, digits and underscores: `test-main` is loaded as
`test_main`, its folder keeps its name. A category is the index of its class.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final

from ..handover.export_folder import ExportFolder
from ..handover.outgoing import OutgoingBox, OutgoingSample
from ..handover.pages import Pages
from ..handover.plan import Plan
from ..handover.proof import FoundImage, WrittenExport, by_sample
from ..handover.target_limits import word_name
from ..handover.texts import json_lines, json_text

_TABLE: Final = "metadata.jsonl"


class HuggingFacePages(Pages):
    """The tables, and the front matter that declares splits and features."""

    format: ClassVar[str] = "huggingface"

    def __init__(self, plan: Plan, folder: ExportFolder) -> None:
        super().__init__(plan, folder)
        self._rows = {split.name: self.rows() for split in plan.splits}

    def image_folder(self, split: str) -> str:
        """The split's own."""
        return split

    def add(self, sample: OutgoingSample, boxes: Sequence[OutgoingBox]) -> None:
        """Write the image's line."""
        row = {
            "file_name": f"{sample.id}.{sample.suffix}",
            "image_id": sample.id,
            "width": sample.width,
            "height": sample.height,
            "objects": {
                "id": [box.id for box in boxes],
                "bbox": list(map(xywh, boxes)),
                "area": [(b.x1 - b.x0) * (b.y1 - b.y0) for b in boxes],
                "categories": [self.index[box.class_id] for box in boxes],
            },
        }
        self._rows[sample.split].add(f"{json_text(row)}\n")

    def finish(self) -> None:
        """Write the tables."""
        for name, rows in self._rows.items():
            rows.write(f"{name}/{_TABLE}")

    def read_back(self, written: WrittenExport) -> Iterator[FoundImage]:
        """Each line of each split's table."""
        names = [item.name for item in self.plan.classes]
        return by_sample(
            _found(written.root / split.name / _TABLE, split.name, names)
            for split in self.plan.splits
        )

    def card(self) -> str:
        """How it is loaded."""
        return (
            '`load_dataset("FOLDER")` of the `datasets` library reads this folder; '
            "splits are named with underscores there. `objects.bbox` is x, y, width, "
            "height in pixels, `objects.categories` the index below."
        )

    def front_matter(self) -> str:
        """Splits and features as the library reads them."""
        paths = {split.name: f"{split.name}/*" for split in self.plan.splits}
        return front_matter(self.plan, paths)


def front_matter(plan: Plan, paths: dict[str, str]) -> str:
    """The dataset card's YAML: where each split lies, and what a row holds.

    The features stand there twice: readers of tables look for them in `dataset_info`,
    those of folders in the configuration.
    """
    features = _features(plan)
    files = "".join(
        f"  - split: {word_name(name)}\n    path: {json_text(path)}\n"
        for name, path in paths.items()
    )
    return (
        "task_categories:\n- object-detection\n"
        f"dataset_info:\n  features:\n{features}"
        f"configs:\n- config_name: default\n  features:\n{features}"
        f"  data_files:\n{files}"
    )


def _features(plan: Plan) -> str:
    names = "".join(
        f"            '{index}': {json_text(item.name)}\n"
        for index, item in enumerate(plan.classes)
    )
    category = " int64\n"
    if names:
        category = f"\n        class_label:\n          names:\n{names}"
    return (
        "  - name: image\n    dtype: image\n"
        "  - name: image_id\n    dtype: string\n"
        "  - name: width\n    dtype: int64\n"
        "  - name: height\n    dtype: int64\n"
        "  - name: objects\n    struct:\n"
        "    - name: id\n      sequence: string\n"
        "    - name: bbox\n      sequence:\n        sequence: float64\n"
        "        length: 4\n"
        "    - name: area\n      sequence: float64\n"
        f"    - name: categories\n      sequence:{category}"
    )


def xywh(box: OutgoingBox) -> list[float]:
    """Left, top, width and height."""
    return [box.x0, box.y0, box.x1 - box.x0, box.y1 - box.y0]


def found_boxes(
    objects: dict[str, Sequence[Any]], names: Sequence[str]
) -> list[OutgoingBox]:
    """The boxes of a struct of lists, which must be of one length."""
    return [
        OutgoingBox(names[category], x, y, x + w, y + h)
        for category, (x, y, w, h), _, _ in zip(
            objects["categories"],
            objects["bbox"],
            objects["id"],
            objects["area"],
            strict=True,
        )
    ]


def _found(table: Path, split: str, names: Sequence[str]) -> Iterator[FoundImage]:
    for row in json_lines(table):
        yield FoundImage(
            f"{split}/{row['file_name']}",
            found_boxes(row["objects"], names),
            split,
            (row["width"], row["height"]),
        )
