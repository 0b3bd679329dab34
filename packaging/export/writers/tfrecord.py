"""TFRecord with the keys of the TensorFlow Object Detection API, going out.

    <split>-00000-of-00001.tfrecord     an Example an image, the image's bytes inside
    label_map.pbtxt                     classes, numbered from 1

Corners are from 0 to 1 of the upright image, with 32 bits as the format has them. A
label is the class's index plus 1, for 0 means background. TensorFlow is not needed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar, Final

from ..handover.export_folder import ExportFolder
from ..handover.outgoing import OutgoingBox, OutgoingSample
from ..handover.pages import Pages
from ..handover.plan import Plan
from ..handover.proof import FoundImage, WrittenExport, by_sample
from ..handover.shards import Shards
from ..handover.tf_example import (
    Feature,
    RecordFile,
    decode,
    encode,
    floats,
    integers,
    read_records,
    texts,
)

_LABEL_MAP: Final = "label_map.pbtxt"
_ITEM: Final = re.compile(r'item \{\n  id: (\d+)\n  name: "((?:[^"\\\n]|\\.)*)"\n\}\n')
_FORMATS: Final = {"jpg": "jpeg"}
_CORNERS: Final = ("xmin", "ymin", "xmax", "ymax")


class TfRecordPages(Pages):
    """The records and the label map."""

    format: ClassVar[str] = "tfrecord"
    # Corners have 24 bits: on 65,535 pixels, the most a JPEG has, that is 0.002.
    tolerance_px: ClassVar[float] = 1 / 256
    is_packed: ClassVar[bool] = True

    def __init__(self, plan: Plan, folder: ExportFolder) -> None:
        super().__init__(plan, folder)
        self._shards = Shards(plan, folder, name=_record_name, make=RecordFile)

    def add(self, sample: OutgoingSample, boxes: Sequence[OutgoingBox]) -> None:
        """Add the image's Example."""
        labels = [self.index[box.class_id] + 1 for box in boxes]
        image = self.folder.read(sample)
        features = {
            **_image_features(sample, image),
            **_box_features(sample, boxes, labels),
        }
        self._shards.of(sample).add(encode(features))

    def finish(self) -> None:
        """End the files, and write the label map."""
        self._shards.finish()
        items = "".join(
            f'item {{\n  id: {index + 1}\n  name: "{_quoted(item.name)}"\n}}\n'
            for index, item in enumerate(self.plan.classes)
        )
        self.folder.write(_LABEL_MAP, items.encode())

    def close(self) -> None:
        """Remove what an interrupted export left; harmless after `finish`."""
        super().close()
        self._shards.discard()

    def read_back(self, written: WrittenExport) -> Iterator[FoundImage]:
        """Each Example of each file, its checksums checked."""
        names = label_map((written.root / _LABEL_MAP).read_text("utf-8"))
        return by_sample(
            self._records(written.root, split.name, names) for split in self.plan.splits
        )

    def _records(
        self, root: Path, split: str, names: dict[int, str]
    ) -> Iterator[FoundImage]:
        for name in self._shards.names(split):
            for record in read_records(root / name):
                yield _found(decode(record), split, names)

    def card(self) -> str:
        """Which keys there are."""
        return (
            "The keys are those of the TensorFlow Object Detection API; "
            f"`{_LABEL_MAP}` numbers the classes from 1, the index below plus 1. "
            "TensorFlow's decoders do not turn images by their EXIF mark."
        )


def label_map(text: str) -> dict[int, str]:
    """The class names of a label map of ours by their label.

    Raises:
        ValueError: it is none.
    """
    found = {int(label): _unquoted(name) for label, name in _ITEM.findall(text)}
    if _ITEM.sub("", text):
        raise ValueError("the label map is not as it must be")
    return found


def _image_features(sample: OutgoingSample, image: bytes) -> dict[str, Feature]:
    name = f"{sample.id}.{sample.suffix}"
    return {
        "image/encoded": texts(image),
        "image/format": texts(_FORMATS.get(sample.suffix, sample.suffix)),
        "image/filename": texts(name),
        "image/source_id": texts(sample.id),
        "image/key/sha256": texts(sample.id),
        "image/width": integers(sample.width),
        "image/height": integers(sample.height),
    }


def _box_features(
    sample: OutgoingSample, boxes: Sequence[OutgoingBox], labels: Sequence[int]
) -> dict[str, Feature]:
    width, height = sample.width, sample.height
    zeros = integers(*[0] * len(boxes))
    return {
        "image/object/bbox/xmin": floats([box.x0 / width for box in boxes]),
        "image/object/bbox/xmax": floats([box.x1 / width for box in boxes]),
        "image/object/bbox/ymin": floats([box.y0 / height for box in boxes]),
        "image/object/bbox/ymax": floats([box.y1 / height for box in boxes]),
        "image/object/class/text": texts(*[box.class_name for box in boxes]),
        "image/object/class/label": integers(*labels),
        "image/object/area": floats(
            [(box.x1 - box.x0) * (box.y1 - box.y0) for box in boxes]
        ),
        "image/object/is_crowd": zeros,
        "image/object/difficult": zeros,
        "image/object/truncated": zeros,
    }


def _record_name(split: str, number: int, count: int) -> str:
    return f"{split}-{number:05}-of-{count:05}.tfrecord"


def _quoted(name: str) -> str:
    """A name inside a text-format string; UTF-8 stays as it is."""
    return name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _unquoted(name: str) -> str:
    return re.sub(r"\\(.)", lambda at: "\n" if at[1] == "n" else at[1], name)


def _found(
    features: dict[str, Feature], split: str, names: dict[int, str]
) -> FoundImage:
    (width,) = features["image/width"].values
    (height,) = features["image/height"].values
    corners = [features[f"image/object/bbox/{corner}"].values for corner in _CORNERS]
    labels = features["image/object/class/label"].values
    named = tuple(t.decode() for t in features["image/object/class/text"].values)
    if named != tuple(names[label] for label in labels):
        raise ValueError("a class is not the one of its label")
    return FoundImage(
        name=f"images/{split}/{features['image/filename'].values[0].decode()}",
        split=split,
        size=(width, height),
        digest=hashlib.sha256(features["image/encoded"].values[0]).hexdigest(),
        boxes=[
            OutgoingBox(name, x0 * width, y0 * height, x1 * width, y1 * height)
            for name, x0, y0, x1, y1 in zip(named, *corners, strict=True)
        ],
    )
