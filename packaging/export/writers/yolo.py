"""YOLO as Ultralytics reads it, going out: a text file an image, a row a box.

    data.yaml                               no `path` key: the folder can be moved
    data-<test set>.yaml                    one for each further test set
    images/<split>/<sample id>.<suffix>
    labels/<split>/<sample id>.txt          empty where nothing is in the image
    train.txt                               only where samples are to be repeated: the
                                            images of train, some more than once
    fieldset.json

A row is `class cx cy width height`, relative to the upright image, with 8 decimals:
on the longest side allowed that is finer than the 1/1024 pixel of a version. A class's
number is its position among the classes in use, by permanent id, in every split.
Equal rows are dropped by the trainer; they are written once, and said.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import ClassVar

from dataset.policies.balancing import repeats_of
from dataset.records import SplitKind, VersionSample

from ..contract import ImportedBox
from ..handover.export_folder import ExportFolder
from ..handover.pages import Pages
from ..handover.plan import Plan
from ..handover.proof import FoundImage, WrittenExport, read_through
from ..readers.yolo import YoloReader

_SMALLEST_SIDE = 10


class YoloPages(Pages):
    """The label files and the yaml files."""

    format: ClassVar[str] = "yolo"
    # Half a unit of a version: nothing read back is another box.
    tolerance_px: ClassVar[float] = 1 / 2048

    def __init__(self, plan: Plan, folder: ExportFolder) -> None:
        super().__init__(plan, folder)
        self._repeats = repeats_of(plan.frozen.policy)
        self._listed: list[str] = []
        self._equal_rows = 0
        self._small_images = 0

    def add(self, sample: VersionSample) -> list[ImportedBox]:
        """Write the label file."""
        rows: dict[str, ImportedBox] = {}
        for box, shown in self.held(sample):
            row = _row(self.index[box.class_id], shown, sample)
            self._equal_rows += row in rows
            rows.setdefault(row, shown)
        text = "".join(f"{row}\n" for row in rows)
        self.folder.write(f"labels/{sample.split}/{sample.id}.txt", text.encode())
        if self._repeats and sample.split == "train":
            line = f"./{self.image_name(sample)}\n"
            self._listed.append(line * self._repeats.get(sample.id, 1))
        self._small_images += min(sample.width, sample.height) < _SMALLEST_SIDE
        return list(rows.values())

    def finish(self) -> None:
        """Write the yaml files."""
        for name in ("train", "val"):
            self.folder.make_folder(f"images/{name}")
            self.folder.make_folder(f"labels/{name}")
        if self._listed:
            self.folder.write("train.txt", "".join(self._listed).encode())
        tests = [s.name for s in self.plan.splits if s.kind is SplitKind.TEST]
        self.folder.write("data.yaml", self._yaml(tests[0] if tests else None))
        for name in tests[1:]:
            self.folder.write(f"data-{name}.yaml", self._yaml(name))

    def read_back(self, written: WrittenExport) -> Iterator[FoundImage]:
        """What the YOLO reader finds."""
        return read_through(YoloReader(), written)

    def card(self) -> str:
        """Which yaml file is for which test set."""
        return (
            "`data.yaml` names train, val and the first test set; each further test "
            "set has a `data-<test set>.yaml`. The folder can be moved: no file names "
            "its place. A class's number is its index below."
        )

    def notes(self) -> tuple[str, ...]:
        """Equal rows, missing splits and images that the trainer will reject."""
        notes = []
        if self._equal_rows:
            notes.append(f"Equal boxes were written once: {self._equal_rows} dropped")
        held = {split.kind for split in self.plan.splits}
        notes += [
            f"YOLO trainers want samples in this split: {kind.value}"
            for kind in (SplitKind.TRAIN, SplitKind.VAL)
            if kind not in held
        ]
        if self._small_images:
            notes.append(
                "YOLO trainers reject images under 10 pixels on a side: "
                f"{self._small_images}"
            )
        return tuple(notes)

    def _yaml(self, test: str | None) -> bytes:
        names = ", ".join(
            json.dumps(item.name, ensure_ascii=False) for item in self.plan.classes
        )
        train = "train.txt" if self._listed else "images/train"
        lines = [f"train: {train}", "val: images/val"]
        if test is not None:
            lines.append(f"test: images/{test}")
        lines.append(f"names: [{names}]")
        return "".join(f"{line}\n" for line in lines).encode()


def _row(index: int, box: ImportedBox, sample: VersionSample) -> str:
    x = (box.x0 + box.x1) / 2 / sample.width
    y = (box.y0 + box.y1) / 2 / sample.height
    width = (box.x1 - box.x0) / sample.width
    height = (box.y1 - box.y0) / sample.height
    return f"{index} {x:.8f} {y:.8f} {width:.8f} {height:.8f}"
