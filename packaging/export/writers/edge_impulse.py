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

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, ClassVar, Final

from dataset.records import SplitKind

from ..handover.export_folder import ExportFolder
from ..handover.outgoing import OutgoingBox, OutgoingSample
from ..handover.pages import Pages
from ..handover.plan import Plan
from ..handover.proof import FoundImage, WrittenExport
from ..handover.texts import framed_rows, json_text, number_text

_CATEGORIES: Final = {
    SplitKind.TRAIN: "training",
    SplitKind.VAL: "validation",
    SplitKind.TEST: "testing",
}
_BOXES: Final = "bounding_boxes.labels"
_INFO: Final = "info.labels"
_INFO_HEAD: Final = '{"version":1,"files":[\n'
_INFO_END: Final = "]}\n"
_BOXES_HEAD: Final = '{"version":1,"type":"bounding-box-labels","boundingBoxes":{\n'
_BOXES_END: Final = "}}\n"


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

    def image_folder(self, split: str) -> str:
        """The category of the split."""
        return self._category[split]

    def add(self, sample: OutgoingSample, boxes: Sequence[OutgoingBox]) -> None:
        """Write the image's entry in both files."""
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

    def finish(self) -> None:
        """Put the files together."""
        self._info.write(_INFO, _INFO_HEAD, _INFO_END)
        for category, rows in self._boxes.items():
            rows.write(f"{category}/{_BOXES}", _BOXES_HEAD, _BOXES_END)

    def read_back(self, written: WrittenExport) -> Iterator[FoundImage]:
        """Each file of `info.labels`; both files must say the same of it."""
        with ExitStack() as opened:
            listed = {
                category: _boxes_of(opened, written.root / category / _BOXES)
                for category in self._boxes
            }
            info = _rows_of(opened, written.root / _INFO, _INFO_HEAD, _INFO_END)
            for entry in info:
                name = str(entry["path"])
                category, _, bare = name.partition("/")
                if next(listed[category], None) != (bare, entry["boundingBoxes"]):
                    raise ValueError(f"{_INFO} and {_BOXES} differ")
                if entry["category"] != category:
                    raise ValueError("a category is not the folder's")
                boxes = list(map(_box, entry["boundingBoxes"]))
                yield FoundImage(name, boxes, entry["metadata"]["split"])
            if any(next(rows, None) is not None for rows in listed.values()):
                raise ValueError(f"{_INFO} lacks images of {_BOXES}")

    def card(self) -> str:
        """How it is uploaded."""
        return (
            "Upload with `edge-impulse-uploader --info-file info.labels`. Every test "
            "set is `testing`; its name is `split` in an image's metadata."
        )


def _box_text(box: OutgoingBox) -> str:
    return (
        f'{{"label":{json_text(box.class_name)},"x":{number_text(box.x0)},'
        f'"y":{number_text(box.y0)},"width":{number_text(box.x1 - box.x0)},'
        f'"height":{number_text(box.y1 - box.y0)}}}'
    )


def _boxes_of(opened: ExitStack, path: Path) -> Iterator[tuple[str, Any]]:
    """Name and boxes of each image of a `bounding_boxes.labels`."""
    return _rows_of(opened, path, _BOXES_HEAD, _BOXES_END, brackets=b"{}")


def _rows_of(
    opened: ExitStack, path: Path, head: str, end: str, *, brackets: bytes = b"[]"
) -> Iterator[Any]:
    stream = opened.enter_context(path.open("rb"))
    if next(stream, b"") != head.encode():
        raise ValueError(f"the head is another: {path.name}")
    return framed_rows(stream, end.encode(), brackets=brackets)


def _box(item: dict[str, Any]) -> OutgoingBox:
    x, y = float(item["x"]), float(item["y"])
    return OutgoingBox(item["label"], x, y, x + item["width"], y + item["height"])
