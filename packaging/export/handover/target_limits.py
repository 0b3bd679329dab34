"""What the targets of exports take: kinds, sizes, counts and names.

Sources: Custom Vision, "Limits and quotas" (S0 and F0 projects) and its SDK's batch
limits; Azure Machine Learning, schema of object detection JSONL; Edge Impulse's
uploader; TensorFlow's image decoders; XML 1.0, section 2.2; the names of splits that
the `datasets` library takes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

CV_BATCH_IMAGES: Final = 64
CV_BATCH_TAGS: Final = 20
NO_TEXT: Final = re.compile("[\ud800-\udfff\x00]")
NO_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
EXIF_READERS: Final = (
    "Boxes are those of the upright image, a loader must turn images by their EXIF mark"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """How many a project holds at most, and how many a free one."""

    most: int
    free: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The limits of one target; 0, None and empty mean that it states none.

    `is_strict` makes another kind of image an error. `strips_names` says that readers
    take spaces around a class name away; `has_word_names`, that splits are named with
    letters, digits and underscores alone; `needs_boxes`, that a split without one box
    cannot be loaded beside others.
    """

    suffixes: frozenset[str] = frozenset()
    is_strict: bool = False
    is_xml: bool = False
    strips_names: bool = False
    needs_train: bool = False
    has_word_names: bool = False
    needs_boxes: bool = False
    images: Quota | None = None
    classes: Quota | None = None
    images_a_class: int = 0
    boxes_an_image: int = 0
    classes_an_image: int = 0
    image_bytes: int = 0
    shortest_side: int = 0
    longest_side: int = 0
    aspect: int = 0


ANY_TARGET: Final = Target()
_XML = Target(is_xml=True, strips_names=True)
TARGETS: Final[Mapping[str, Target]] = MappingProxyType(
    {
        "azureml": Target(
            suffixes=frozenset(("jpg", "png", "bmp", "tif")),
            is_strict=True,
            needs_train=True,
        ),
        "custom-vision": Target(
            suffixes=frozenset(("jpg", "png", "bmp", "gif")),
            is_strict=True,
            images=Quota(most=100_000, free=5_000),
            classes=Quota(most=500, free=50),
            images_a_class=15,
            boxes_an_image=300,
            classes_an_image=CV_BATCH_TAGS,
            image_bytes=6 << 20,
            shortest_side=256,
            longest_side=10_240,
            aspect=25,
        ),
        # This uploader and TensorFlow's decoders take more than they state.
        "edge-impulse": Target(suffixes=frozenset(("jpg", "png")), needs_train=True),
        "tfrecord": Target(suffixes=frozenset(("jpg", "png", "bmp"))),
        "huggingface": Target(has_word_names=True, needs_boxes=True),
        "huggingface-parquet": Target(has_word_names=True),
        "coco": Target(strips_names=True),
        "yolo": Target(strips_names=True),
        "voc": _XML,
        "voc-strict": _XML,
        "cvat": _XML,
        "label-studio": Target(is_xml=True),
    }
)


def word_name(split: str) -> str:
    """A split's name where only letters, digits and underscores are allowed."""
    return split.replace("-", "_")
