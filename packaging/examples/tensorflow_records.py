"""A TFRecord export in TensorFlow's data API; needs `tensorflow`.

    fieldset export latest --format tfrecord --to EXPORT
    python packaging/examples/tensorflow_records.py EXPORT train

Each element is an image, (H, W, 3) uint8, RGB; `boxes`, (N, 4) float32, as TensorFlow's
own functions take them: y0, x0, y1, x1 from 0 to 1; and `labels`, (N,) int64 from 1 on.
"""

from __future__ import annotations

import sys
from pathlib import Path

import tensorflow as tf

_SIDES = [f"image/object/bbox/{side}" for side in ("ymin", "xmin", "ymax", "xmax")]
_FIELDS = {
    "image/encoded": tf.io.FixedLenFeature([], tf.string),
    "image/object/class/label": tf.io.VarLenFeature(tf.int64),
    **{side: tf.io.VarLenFeature(tf.float32) for side in _SIDES},
}


def element(record: tf.Tensor) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
    """One record, decoded. TensorFlow does not turn images by their EXIF mark."""
    held = tf.io.parse_single_example(record, _FIELDS)
    image = tf.io.decode_image(held["image/encoded"], 3, expand_animations=False)
    boxes = tf.stack([tf.sparse.to_dense(held[side]) for side in _SIDES], axis=1)
    labels = tf.sparse.to_dense(held["image/object/class/label"])
    return image, {"boxes": boxes, "labels": labels}


def exported_split(export: Path, split: str) -> tf.data.Dataset:
    """A split of the export, in the export's order."""
    shards = sorted(str(path) for path in export.glob(f"{split}-*.tfrecord"))
    records = tf.data.TFRecordDataset(shards)
    return records.map(element, num_parallel_calls=tf.data.AUTOTUNE)


def main(export: str, split: str) -> None:
    """Go through a split once, as a training does."""
    images = boxes = 0
    for _, target in exported_split(Path(export), split).prefetch(2):
        images += 1
        boxes += len(target["labels"])
    sys.stdout.write(f"{images} images, {boxes} boxes\n")


if __name__ == "__main__":
    main(*sys.argv[1:3])
