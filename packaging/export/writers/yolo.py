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
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dataset.policies.balancing import repeats_of
from dataset.records import SplitKind

from ..handover.column_texts import grouped, integer_texts, joined
from ..handover.export_folder import ExportFolder
from ..handover.outgoing import HeldBoxes, OutgoingBatch, OutgoingBox
from ..handover.pages import Pages
from ..handover.plan import Plan
from ..handover.proof import FoundImage, WrittenExport
from ..readers.yaml_text import plain_yaml

_SMALLEST_SIDE: Final = 10
_READ_BYTES: Final = 1 << 16
_DECIMALS: Final = 8
_ONE: Final = 10**_DECIMALS


class YoloPages(Pages):
    """The label files and the yaml files."""

    format: ClassVar[str] = "yolo"
    # Half a unit of a version: nothing read back is another box.
    tolerance_px: ClassVar[float] = 1 / 2048

    def __init__(self, plan: Plan, folder: ExportFolder) -> None:
        super().__init__(plan, folder)
        self._repeats = repeats_of(plan.frozen.policy)
        self._listed: list[str] = []
        self._index_texts = {key: str(index) for key, index in self.index.items()}
        self._equal_rows = 0
        self._small_images = 0

    def fit(self, boxes: HeldBoxes) -> HeldBoxes:
        """Each box once: those with class and corners in common are one row."""
        rows = np.stack([boxes.owners, boxes.class_ids, *boxes.corners])
        _, first = np.unique(rows, axis=1, return_index=True)
        is_first = np.zeros(rows.shape[1], bool)
        is_first[first] = True
        return boxes.only(is_first)

    def add_all(self, batch: OutgoingBatch) -> None:
        """Write the label files."""
        bounds = batch.boxes.bounds
        texts = grouped(_rows(batch, self._index_texts), bounds, "").to_pylist()
        splits, ids = batch.words("split").to_pylist(), batch.ids.to_pylist()
        for split, key, text in zip(splits, ids, texts, strict=True):
            self.folder.write(_label_name(split, key), text.encode())
        self._equal_rows += len(batch.cut.owners) - len(batch.boxes.owners)
        if self._repeats:
            self._list(batch)
        shorter = np.minimum(batch.numbers("width"), batch.numbers("height"))
        self._small_images += int((shorter < _SMALLEST_SIDE).sum())

    def _list(self, batch: OutgoingBatch) -> None:
        """Note the images of train, each as often as it is to be seen."""
        for sample in batch.samples():
            if sample.split == "train":
                line = f"./{self.image_name(sample)}\n"
                self._listed.append(line * self._repeats.get(sample.id, 1))

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
            rows = _read(
                f"{written.root}/{_label_name(sample.split, sample.id)}"
            ).splitlines()
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


def _label_name(split: str, sample_id: str) -> str:
    return f"labels/{split}/{sample_id}.txt"


def _rows(batch: OutgoingBatch, index: Mapping[int, str]) -> pa.Array:
    """The row of each box."""
    boxes = batch.boxes
    x0, y0, x1, y1 = boxes.corners
    width, height = (batch.numbers(s)[boxes.owners] for s in ("width", "height"))
    numbers = [
        ((x0 + x1) / 2 / width),
        ((y0 + y1) / 2 / height),
        ((x1 - x0) / width),
        ((y1 - y0) / height),
    ]
    texts = (part for number in numbers for part in (" ", _decimals(number)))
    return joined(boxes.said(index), *texts, "\n")


def _decimals(values: NDArray[np.float64]) -> pa.Array:
    """Numbers from 0 to 1 with eight decimals."""
    parts = np.rint(values * _ONE).astype(np.int64)
    digits = pc.utf8_lpad(integer_texts(parts % _ONE), _DECIMALS, "0")
    return joined(integer_texts(parts // _ONE), ".", digits)


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
