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
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar, Final

from dataset.policies.balancing import repeats_of
from dataset.records import SplitKind

from ..handover.export_folder import ExportFolder
from ..handover.outgoing import OutgoingBox, OutgoingSample
from ..handover.pages import Pages
from ..handover.plan import Plan
from ..handover.proof import FoundImage, WrittenExport
from ..readers.yaml_text import plain_yaml

_SMALLEST_SIDE: Final = 10
_READ_BYTES: Final = 1 << 16


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

    def shown(self, sample: OutgoingSample) -> Sequence[OutgoingBox]:
        """Each box once: those with class and corners in common are one row."""
        found: dict[tuple[object, ...], OutgoingBox] = {}
        for box in sample.boxes:
            found.setdefault(box[:5], box)
        return list(found.values())

    def add(self, sample: OutgoingSample, boxes: Sequence[OutgoingBox]) -> None:
        """Write the label file."""
        text = "".join(_row(self.index[box.class_id], box, sample) for box in boxes)
        self.folder.write(_label_name(sample), text.encode())
        self._equal_rows += len(sample.boxes) - len(boxes)
        if self._repeats and sample.split == "train":
            line = f"./{self.image_name(sample)}\n"
            self._listed.append(line * self._repeats.get(sample.id, 1))
        self._small_images += min(sample.width, sample.height) < _SMALLEST_SIDE

    def finish(self) -> None:
        """Write the yaml files."""
        for name in ("train", "val"):
            self.folder.make_folder(f"images/{name}")
            self.folder.make_folder(f"labels/{name}")
        if self._listed:
            self.folder.write("train.txt", "".join(self._listed).encode())
        for name, test in self._yaml_files():
            self.folder.write(name, self._yaml(test))

    def read_back(self, written: WrittenExport) -> Iterator[FoundImage]:
        """The label file of each image, as a trainer looks for it."""
        names = self._names(written.root)
        files: Counter[str] = Counter()
        for sample in self.plan.images():
            files[sample.split] += 1
            rows = _read(f"{written.root}/{_label_name(sample)}").splitlines()
            yield FoundImage(
                self.image_name(sample),
                [_box(row, names) for row in rows],
                sample.split,
                is_relative=True,
            )
        for split, count in files.items() if written.is_alone else ():
            with os.scandir(written.root / "labels" / split) as entries:
                if sum(1 for _ in entries) != count:
                    raise ValueError(f"label files are too many: {split}")

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

    def _yaml_files(self) -> list[tuple[str, str | None]]:
        """The names of the yaml files, with the test set of each."""
        tests = [s.name for s in self.plan.splits if s.kind is SplitKind.TEST]
        further = [(f"data-{name}.yaml", name) for name in tests[1:]]
        return [("data.yaml", tests[0] if tests else None), *further]

    def _names(self, root: Path) -> list[str]:
        """The class names; each yaml file must say the same."""
        found = []
        for name, _ in self._yaml_files():
            content = plain_yaml((root / name).read_text("utf-8"), name)
            found.append(content["names"] if isinstance(content, dict) else None)
        if any(names != found[0] for names in found) or not isinstance(found[0], list):
            raise ValueError("the yaml files name other classes")
        return found[0]

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


def _label_name(sample: OutgoingSample) -> str:
    return f"labels/{sample.split}/{sample.id}.txt"


def _row(index: int, box: OutgoingBox, sample: OutgoingSample) -> str:
    _, x0, y0, x1, y1, _, _ = box
    x = (x0 + x1) / 2 / sample.width
    y = (y0 + y1) / 2 / sample.height
    width = (x1 - x0) / sample.width
    height = (y1 - y0) / sample.height
    return f"{index} {x:.8f} {y:.8f} {width:.8f} {height:.8f}\n"


def _read(path: str) -> bytes:
    """A small file, with as few calls to the system as can be."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        pieces = [os.read(handle, _READ_BYTES)]
        while len(pieces[-1]) == _READ_BYTES:
            pieces.append(os.read(handle, _READ_BYTES))
        return b"".join(pieces)
    finally:
        os.close(handle)


def _box(row: bytes, names: Sequence[str]) -> OutgoingBox:
    index, *numbers = row.split(b" ")
    x, y, width, height = map(float, numbers)
    return OutgoingBox(
        names[int(index)], x - width / 2, y - height / 2, x + width / 2, y + height / 2
    )
