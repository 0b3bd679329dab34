"""Edge Impulse, going out: a folder a category, with the uploader's two files.

    info.labels                         every file with category, metadata and boxes
    training/<sample id>.<suffix>       train
    validation/<sample id>.<suffix>     val
    testing/<sample id>.<suffix>        all test sets; `metadata.split` names which
    <category>/bounding_boxes.labels    the boxes once more, by the image's bare name

Corners are pixels of the upright image; `x, y, width, height` from its top left. A
`bounding_boxes.labels` beside an image wins over `info.labels`, so both are read back.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final

from dataset.records import SplitKind, VersionSample

from ..contract import ImportedBox
from ..handover.export_folder import ExportFolder
from ..handover.pages import Pages
from ..handover.plan import Plan
from ..handover.proof import FoundImage, WrittenExport
from ..handover.texts import json_text, number_text

_CATEGORIES: Final = {
    SplitKind.TRAIN: "training",
    SplitKind.VAL: "validation",
    SplitKind.TEST: "testing",
}
_BOXES: Final = "bounding_boxes.labels"
_INFO: Final = "info.labels"


class EdgeImpulsePages(Pages):
    """`info.labels`, and `bounding_boxes.labels` of each category."""

    format: ClassVar[str] = "edge-impulse"

    def __init__(self, plan: Plan, folder: ExportFolder) -> None:
        super().__init__(plan, folder)
        self._category = {s.name: _CATEGORIES[s.kind] for s in plan.splits}
        self._info = self.rows(b",\n")
        self._boxes = {
            name: self.rows(b",\n") for name in sorted(set(self._category.values()))
        }

    def image_name(self, sample: VersionSample) -> str:
        """`<category>/<id>.<suffix>`."""
        return f"{self._category[sample.split]}/{sample.id}.{sample.suffix}"

    def add(self, sample: VersionSample) -> Sequence[ImportedBox]:
        """Write the image's entry in both files."""
        boxes = [shown for _, shown in self.held(sample)]
        category = self._category[sample.split]
        listed = f"[{','.join(map(_box_text, boxes))}]"
        head = json_text(
            {
                "path": self.image_name(sample),
                "name": sample.id,
                "category": category,
                "label": {"type": "unlabeled"},
                "metadata": {
                    "dataset_version": self.plan.frozen.version.id,
                    "group": sample.group,
                    "session": sample.session,
                    "split": sample.split,
                },
            }
        )
        self._info.add(f'{head[:-1]},"boundingBoxes":{listed}}}')
        self._boxes[category].add(f'"{sample.id}.{sample.suffix}":{listed}')
        return boxes

    def finish(self) -> None:
        """Put the files together."""
        self._info.write(_INFO, '{"version":1,"files":[\n', "]}\n")
        head = '{"version":1,"type":"bounding-box-labels","boundingBoxes":{\n'
        for category, rows in self._boxes.items():
            rows.write(f"{category}/{_BOXES}", head, "}}\n")

    def read_back(self, written: WrittenExport) -> Iterator[FoundImage]:
        """Each file of `info.labels`; both files must say the same of it."""
        listed = {
            f"{category}/{name}": boxes
            for category in self._boxes
            for name, boxes in _boxes_of(written.root / category / _BOXES).items()
        }
        info = json.loads((written.root / _INFO).read_bytes())
        for entry in info["files"]:
            name = str(entry["path"])
            if listed.pop(name) != entry["boundingBoxes"]:
                raise ValueError(f"{_INFO} and {_BOXES} differ")
            if entry["category"] != name.partition("/")[0]:
                raise ValueError("a category is not the folder's")
            yield FoundImage(
                name=name,
                split=entry["metadata"]["split"],
                boxes=tuple(map(_box, entry["boundingBoxes"])),
            )
        if listed:
            raise ValueError(f"{_INFO} lacks images of {_BOXES}")

    def card(self) -> str:
        """How it is uploaded."""
        return (
            "Upload with `edge-impulse-uploader --info-file info.labels`. Every test "
            "set is `testing`; its name is `split` in an image's metadata."
        )


def _box_text(box: ImportedBox) -> str:
    return (
        f'{{"label":{json_text(box.class_name)},"x":{number_text(box.x0)},'
        f'"y":{number_text(box.y0)},"width":{number_text(box.x1 - box.x0)},'
        f'"height":{number_text(box.y1 - box.y0)}}}'
    )


def _boxes_of(path: Path) -> dict[str, list[dict[str, Any]]]:
    content = json.loads(path.read_bytes())
    if content["version"] != 1 or content["type"] != "bounding-box-labels":
        raise ValueError("the head is another")
    found: dict[str, list[dict[str, Any]]] = content["boundingBoxes"]
    return found


def _box(item: dict[str, Any]) -> ImportedBox:
    x, y = float(item["x"]), float(item["y"])
    return ImportedBox(
        class_name=item["label"],
        x0=x,
        y0=y,
        x1=x + item["width"],
        y1=y + item["height"],
    )
