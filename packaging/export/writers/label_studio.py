"""Label Studio, going out: tasks with annotations, and the labeling configuration.

    tasks-<split>.json                      a task an image
    labeling-config.xml                     the project's labels, in their fixed order
    images/<split>/<sample id>.<suffix>

Regions are percent of the upright image. `data.image` is an address below Label
Studio's local files storage: `/data/local-files/?d=images/...`, relative to the folder
that its `LOCAL_FILES_DOCUMENT_ROOT` names.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Final

from dataset.records import VersionSample

from ..contract import ImportedBox
from ..handover.export_folder import ExportFolder
from ..handover.numbers import Numbers
from ..handover.pages import Pages
from ..handover.plan import Plan
from ..handover.proof import FoundImage, WrittenExport
from ..handover.texts import json_text, xml_attribute, xml_root

_ADDRESS: Final = "/data/local-files/?d="
_CONFIG: Final = "labeling-config.xml"


class LabelStudioPages(Pages):
    """The tasks of each split and the configuration."""

    format: ClassVar[str] = "label-studio"
    tolerance_px: ClassVar[float] = 1e-6

    def __init__(self, plan: Plan, folder: ExportFolder) -> None:
        super().__init__(plan, folder)
        self._rows = {split.name: self.rows(b",\n") for split in plan.splits}
        self._numbers = Numbers()

    def add(self, sample: VersionSample) -> Sequence[ImportedBox]:
        """Write the image's task."""
        held = self.held(sample)
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
                    "result": [_region(box.id, shown, sample) for box, shown in held],
                }
            ],
        }
        self._rows[sample.split].add(json_text(task))
        return [shown for _, shown in held]

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
        for split in self.plan.splits:
            for task in json.loads(
                (written.root / f"tasks-{split.name}.json").read_bytes()
            ):
                found = _found(task)
                if not labels.issuperset(box.class_name for box in found.boxes):
                    raise ValueError("a label is not in the configuration")
                yield found

    def card(self) -> str:
        """How it is taken in."""
        return (
            f"Make a project with `{_CONFIG}`, serve this folder as local files "
            "(`LOCAL_FILES_DOCUMENT_ROOT`), then import `tasks-<split>.json`."
        )


def _region(key: str, box: ImportedBox, sample: VersionSample) -> dict[str, Any]:
    return {
        "id": key,
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


def _found(task: dict[str, Any]) -> FoundImage:
    data = task["data"]
    (annotation,) = task["annotations"]
    return FoundImage(
        name=str(data["image"]).removeprefix(_ADDRESS),
        split=data["split"],
        size=(data["width"], data["height"]),
        digest=data["sample"],
        boxes=tuple(map(_box, annotation["result"])),
    )


def _box(region: dict[str, Any]) -> ImportedBox:
    width, height = region["original_width"] / 100, region["original_height"] / 100
    value = region["value"]
    (name,) = value["rectanglelabels"]
    return ImportedBox(
        class_name=name,
        x0=value["x"] * width,
        y0=value["y"] * height,
        x1=(value["x"] + value["width"]) * width,
        y1=(value["y"] + value["height"]) * height,
    )
