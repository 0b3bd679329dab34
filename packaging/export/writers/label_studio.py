"""Label Studio, going out: tasks with annotations, and the labeling configuration.

    tasks-<split>.json                      a task an image
    labeling-config.xml                     the project's labels, in their fixed order
    images/<split>/<sample id>.<suffix>

Regions are percent of the upright image. `data.image` is an address below Label
Studio's local files storage: `/data/local-files/?d=images/...`, relative to the folder
that its `LOCAL_FILES_DOCUMENT_ROOT` names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final

from ..handover.export_folder import ExportFolder
from ..handover.numbers import RisingNumbers
from ..handover.outgoing import OutgoingBox, OutgoingSample
from ..handover.pages import Pages
from ..handover.plan import Plan
from ..handover.proof import FoundImage, WrittenExport, by_sample
from ..handover.texts import framed_rows, json_text, xml_attribute, xml_root

_ADDRESS: Final = "/data/local-files/?d="
_CONFIG: Final = "labeling-config.xml"


class LabelStudioPages(Pages):
    """The tasks of each split and the configuration."""

    format: ClassVar[str] = "label-studio"
    tolerance_px: ClassVar[float] = 1e-6

    def __init__(self, plan: Plan, folder: ExportFolder) -> None:
        super().__init__(plan, folder)
        self._rows = {split.name: self.rows(b",\n") for split in plan.splits}
        self._numbers = RisingNumbers()

    def add(self, sample: OutgoingSample, boxes: Sequence[OutgoingBox]) -> None:
        """Write the image's task."""
        number = self._numbers.take(sample.id)
        task = {
            "id": number,
            "data": {
                "image": _ADDRESS + self.image_name(sample),
                "sample": sample.id,
                "split": sample.split,
                "width": sample.width,
                "height": sample.height,
            },
            "annotations": [
                {
                    "id": number,
                    "was_cancelled": False,
                    "result": [_region(box, sample) for box in boxes],
                }
            ],
        }
        self._rows[sample.split].add(json_text(task))

    def finish(self) -> None:
        """Write the tasks and the configuration."""
        for name, rows in self._rows.items():
            rows.write(f"tasks-{name}.json", "[\n", "\n]\n")
        labels = "".join(
            f"    <Label value={xml_attribute(item.name)} "
            f"background={xml_attribute(item.colour)}/>\n"
            for item in self.plan.classes
        )
        text = (
            '<View>\n  <Image name="image" value="$image"/>\n'
            '  <RectangleLabels name="label" toName="image">\n'
            f"{labels}  </RectangleLabels>\n</View>\n"
        )
        self.folder.write(_CONFIG, text.encode())

    def read_back(self, written: WrittenExport) -> Iterator[FoundImage]:
        """Each task; its labels must be those of the configuration."""
        labels = {
            item.attrib["value"]
            for item in xml_root(written.root / _CONFIG).iter("Label")
        }
        return by_sample(
            _tasks(written.root / f"tasks-{split.name}.json", labels)
            for split in self.plan.splits
        )

    def card(self) -> str:
        """How it is taken in."""
        return (
            f"Make a project with `{_CONFIG}`, serve this folder as local files "
            "(`LOCAL_FILES_DOCUMENT_ROOT`), then import `tasks-<split>.json`."
        )


def _region(box: OutgoingBox, sample: OutgoingSample) -> dict[str, Any]:
    return {
        "id": box.id,
        "type": "rectanglelabels",
        "from_name": "label",
        "to_name": "image",
        "original_width": sample.width,
        "original_height": sample.height,
        "image_rotation": 0,
        "value": {
            "x": 100 * box.x0 / sample.width,
            "y": 100 * box.y0 / sample.height,
            "width": 100 * (box.x1 - box.x0) / sample.width,
            "height": 100 * (box.y1 - box.y0) / sample.height,
            "rotation": 0,
            "rectanglelabels": [box.class_name],
        },
    }


def _tasks(path: Path, labels: set[str]) -> Iterator[FoundImage]:
    with path.open("rb") as stream:
        if next(stream, b"") != b"[\n":
            raise ValueError("the file does not begin as a list")
        for task in framed_rows(stream, b"]\n"):
            found = _found(task)
            if not labels.issuperset(box.class_name for box in found.boxes):
                raise ValueError("a label is not in the configuration")
            yield found


def _found(task: dict[str, Any]) -> FoundImage:
    data = task["data"]
    (annotation,) = task["annotations"]
    return FoundImage(
        name=str(data["image"]).removeprefix(_ADDRESS),
        split=data["split"],
        size=(data["width"], data["height"]),
        digest=data["sample"],
        boxes=list(map(_box, annotation["result"])),
    )


def _box(region: dict[str, Any]) -> OutgoingBox:
    width, height = region["original_width"] / 100, region["original_height"] / 100
    value = region["value"]
    (name,) = value["rectanglelabels"]
    x, y = value["x"], value["y"]
    return OutgoingBox(
        name,
        x * width,
        y * height,
        (x + value["width"]) * width,
        (y + value["height"]) * height,
    )
