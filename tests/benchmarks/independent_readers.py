"""Readers that are not ours, each in a few lines; runs in an environment of its own.

    ENV/bin/python independent_readers.py READER FORMAT FOLDER

Prints on the last line `{"images": [[sample, split], ...], "boxes": [[sample, split,
class, x0, y0, x1, y1], ...]}`. Knows nothing of fieldset: what stands in the folder is
all there is.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Row = tuple[str, str, str, float, float, float, float]
Found = tuple[list[tuple[str, str]], list[Row]]
HF_SPLITS = {"test_main": "test-main", "test_night": "test-night"}


def splits(folder: Path) -> list[str]:
    """The names of the splits, from the side-car."""
    content = json.loads((folder / "fieldset.json").read_bytes())
    held = {sample["split"] for sample in content["samples"]}
    return sorted(held)


def pycocotools(folder: Path, _: str) -> Found:
    from pycocotools.coco import COCO

    images, boxes = [], []
    for split in splits(folder):
        coco = COCO(str(folder / "annotations" / f"instances_{split}.json"))
        for image in coco.loadImgs(coco.getImgIds()):
            sample = Path(image["file_name"]).stem
            images.append((sample, split))
            for item in coco.loadAnns(coco.getAnnIds(imgIds=[image["id"]])):
                name = coco.loadCats([item["category_id"]])[0]["name"]
                x, y, w, h = item["bbox"]
                boxes.append((sample, split, name, x, y, x + w, y + h))
    return images, boxes


def supervision(folder: Path, format_name: str) -> Found:
    import supervision as sv

    images, boxes = [], []
    for split in splits(folder):
        for path, _, found in _supervised(sv, folder, format_name, split):
            sample = Path(path).stem
            images.append((sample, split))
            names = found.data["class_name"] if len(found) else []
            for name, corners in zip(names, found.xyxy.tolist(), strict=True):
                boxes.append((sample, split, str(name), *corners))
    return images, boxes


def _supervised(
    sv: Any,  # noqa: ANN401  (the module)
    folder: Path,
    format_name: str,
    split: str,
) -> Iterator[Any]:
    images = str(folder / "images" / split)
    if format_name == "coco":
        made = sv.DetectionDataset.from_coco(
            images, str(folder / "annotations" / f"instances_{split}.json")
        )
    else:
        made = sv.DetectionDataset.from_yolo(
            images, str(folder / "labels" / split), str(folder / "data.yaml")
        )
    for path, image, found in made:
        if len(found):
            names = [made.classes[at] for at in found.class_id]
            found.data["class_name"] = names
        yield path, image, found


def datasets(folder: Path, _: str) -> Found:
    from datasets import load_dataset

    images, boxes = [], []
    for name, part in load_dataset(str(folder)).items():
        split = HF_SPLITS.get(name, name)
        category = part.features["objects"]["categories"].feature
        for row in part.remove_columns("image"):
            sample = row["image_id"]
            images.append((sample, split))
            held = row["objects"]
            for label, (x, y, w, h) in zip(
                held["categories"], held["bbox"], strict=True
            ):
                name_of = category.int2str(label)
                boxes.append((sample, split, name_of, x, y, x + w, y + h))
        assert part[0]["image"].size[0] > 0
    return images, boxes


def webdataset(folder: Path, _: str) -> Found:
    import webdataset as wds

    images, boxes = [], []
    for split in splits(folder):
        urls = sorted(str(path) for path in folder.glob(f"{split}-[0-9]*.tar"))
        for row in wds.WebDataset(urls, shardshuffle=False).decode():
            images.append((row["__key__"], split))
            assert {"jpg", "png"} & set(row)
            held = row["json"]["boxes"]
            boxes += [(row["__key__"], split, b["label"], *b["bbox"]) for b in held]
    return images, boxes


def tfrecord(folder: Path, _: str) -> Found:
    from tfrecord.reader import tfrecord_loader

    images, boxes = [], []
    for split in splits(folder):
        for path in sorted(folder.glob(f"{split}-?????-of-?????.tfrecord")):
            for row in tfrecord_loader(str(path), None):
                sample = bytes(row["image/source_id"]).decode()
                images.append((sample, split))
                boxes += _example_boxes(row, sample, split)
    return images, boxes


def _example_boxes(row: dict[str, Any], sample: str, split: str) -> Iterator[Row]:
    width, height = int(row["image/width"][0]), int(row["image/height"][0])
    names = row.get("image/object/class/text", [])
    if isinstance(names, bytes) or (len(names) and not isinstance(names[0], bytes)):
        names = [bytes(names)]
    corners = [row[f"image/object/bbox/{c}"] for c in ("xmin", "ymin", "xmax", "ymax")]
    for name, x0, y0, x1, y1 in zip(names, *corners, strict=True):
        scaled = (x0 * width, y0 * height, x1 * width, y1 * height)
        yield (sample, split, name.decode(), *map(float, scaled))


def lxml(folder: Path, format_name: str) -> Found:
    from lxml import etree

    images: list[tuple[str, str]] = []
    boxes: list[Row] = []
    if format_name == "cvat":
        for image in etree.parse(str(folder / "annotations.xml")).iter("image"):
            sample, split = Path(image.get("name")).stem, image.get("subset")
            images.append((sample, split))
            for box in image.iter("box"):
                corners = [float(box.get(n)) for n in ("xtl", "ytl", "xbr", "ybr")]
                boxes.append((sample, split, box.get("label"), *corners))
        return images, boxes
    for split in splits(folder):
        listed = (folder / "ImageSets" / "Main" / f"{split}.txt").read_text()
        for stem in listed.split():
            images.append((stem, split))
            root = etree.parse(str(folder / "Annotations" / f"{stem}.xml"))
            for item in root.iter("object"):
                at = item.find("bndbox")
                corners = [
                    float(at.findtext(tag)) for tag in ("xmin", "ymin", "xmax", "ymax")
                ]
                if format_name == "voc-strict":
                    corners[0] -= 1
                    corners[1] -= 1
                boxes.append((stem, split, item.findtext("name"), *corners))
    return images, boxes


def datumaro(folder: Path, format_name: str) -> Found:
    from datumaro.components.annotation import AnnotationType
    from datumaro.components.dataset import Dataset

    kinds = {"coco": "coco", "yolo": "yolo", "voc": "voc", "cvat": "cvat"}
    images, boxes = [], []
    found = Dataset.import_from(str(folder), kinds[format_name])
    labels = found.categories()[AnnotationType.label]
    for item in found:
        split = item.subset
        sample = Path(item.id).name
        images.append((sample, split))
        for box in item.annotations:
            if box.type == AnnotationType.bbox:
                name = labels[box.label].name
                x0, y0, x1, y1 = map(float, box.points)
                boxes.append((sample, split, name, x0, y0, x1, y1))
    return images, boxes


def pandas(folder: Path, _: str) -> Found:
    import pandas as pd

    kept = {"keep_default_na": False}
    listed = pd.read_csv(folder / "images.csv", **kept)
    found = pd.read_csv(folder / "boxes.csv", **kept)
    images = [
        (Path(name).stem, split)
        for name, split in zip(listed["file_name"], listed["split"], strict=True)
    ]
    boxes = [
        (Path(row.file_name).stem, row.split, _unguarded(row._3),
         row.x0, row.y0, row.x1, row.y1)
        for row in found.itertuples()
    ]  # fmt: skip
    return images, boxes


def _unguarded(name: str) -> str:
    return name[1:] if name[:1] == "'" and name[1:2] in tuple("=+-@'") else name


def mlcroissant(folder: Path, _: str) -> Found:
    import mlcroissant as mlc

    found = mlc.Dataset(jsonld=str(folder / "croissant.json"))
    names = {_text(r["splits/name"]) for r in found.records("splits")}
    classes = {
        r["classes/index"]: _text(r["classes/name"]) for r in found.records("classes")
    }
    boxes = []
    for row in found.records("boxes"):
        corners = row["boxes/bbox"]
        if isinstance(corners, (bytes, str)):
            text = corners.decode() if isinstance(corners, bytes) else corners
            corners = [float(part) for part in text.split()]
        name = classes[row["boxes/class_index"]]
        split = _text(row["boxes/split"])
        assert split in names
        boxes.append((_text(row["boxes/image_id"]), split, name, *map(float, corners)))
    return [], boxes


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def mltable(folder: Path, _: str) -> Found:
    import mltable as table

    images, boxes = [], []
    for split in splits(folder):
        rows = table.load(str(folder / split)).to_pandas_dataframe()
        for row in rows.to_dict("records"):
            sample = Path(str(row["image_url"]).rstrip(")")).stem
            images.append((sample, split))
            width, height = (row["image_details"][key] for key in ("width", "height"))
            for box in row["label"]:
                x0, x1 = box["topX"] * width, box["bottomX"] * width
                y0, y1 = box["topY"] * height, box["bottomY"] * height
                boxes.append((sample, split, box["label"], x0, y0, x1, y1))
    return images, boxes


def label_studio(folder: Path, _: str) -> Found:
    from label_studio_sdk.converter import Converter

    images, boxes = [], []
    config = str(folder / "labeling-config.xml")
    for split in splits(folder):
        out = folder.parent / f"{folder.name}-converted-{split}"
        converter = Converter(
            config=config, project_dir=str(folder), download_resources=False
        )
        converter.convert_to_coco(
            input_data=str(folder / f"tasks-{split}.json"),
            output_dir=str(out),
            is_dir=False,
        )
        content = json.loads((out / "result.json").read_bytes())
        names = {c["id"]: c["name"] for c in content["categories"]}
        stems = {}
        for image in content["images"]:
            stem = Path(image["file_name"].replace("%2F", "/")).stem
            stems[image["id"]] = stem
            images.append((stem, split))
        for item in content["annotations"]:
            x, y, w, h = item["bbox"]
            name = names[item["category_id"]]
            boxes.append((stems[item["image_id"]], split, name, x, y, x + w, y + h))
    return images, boxes


def fiftyone(folder: Path, format_name: str) -> Found:
    """FiftyOne's importers, without its database."""
    images, boxes = [], []
    for split in splits(folder):
        with _fiftyone_importer(folder, format_name, split) as importer:
            for path, metadata, found in importer:
                sample = Path(path).stem
                images.append((sample, split))
                width, height = _shown_size(path, metadata)
                if isinstance(found, dict):
                    found = found.get("detections")
                for item in found.detections if found is not None else ():
                    x, y, w, h = item.bounding_box
                    corners = (x * width, y * height, (x + w) * width, (y + h) * height)
                    boxes.append((sample, split, item.label, *corners))
    return images, boxes


def _shown_size(path: str, metadata: Any) -> tuple[int, int]:  # noqa: ANN401
    """What boxes are relative to: the stated size, else the file's."""
    if metadata is not None:
        return metadata.width, metadata.height
    from PIL import Image, ImageOps

    with Image.open(path) as image:
        return ImageOps.exif_transpose(image).size


def _fiftyone_importer(folder: Path, format_name: str, split: str) -> Any:  # noqa: ANN401
    from fiftyone.utils import coco, voc, yolo

    if format_name == "coco":
        return coco.COCODetectionDatasetImporter(
            data_path=str(folder / "images" / split),
            labels_path=str(folder / "annotations" / f"instances_{split}.json"),
            label_types="detections",
        )
    if format_name == "yolo":
        tests = [name for name in splits(folder) if name.startswith("test")]
        further = split in tests[1:]
        return yolo.YOLOv5DatasetImporter(
            dataset_dir=str(folder),
            yaml_path=f"data-{split}.yaml" if further else "data.yaml",
            split="test" if split in tests else split,
        )
    return voc.VOCDetectionDatasetImporter(
        data_path=str(folder / "JPEGImages"), labels_path=str(_voc_part(folder, split))
    )


def _voc_part(folder: Path, split: str) -> Path:
    """The annotations of one split in a folder of their own, for lists are not read."""
    part = folder.parent / f"{folder.name}-{split}"
    part.mkdir(exist_ok=True)
    for stem in (folder / "ImageSets" / "Main" / f"{split}.txt").read_text().split():
        name = f"{stem}.xml"
        (part / name).write_bytes((folder / "Annotations" / name).read_bytes())
    return part


def tensorflow(folder: Path, _: str) -> Found:
    import tensorflow as tf

    lists = ("xmin", "ymin", "xmax", "ymax")
    features = {
        "image/source_id": tf.io.FixedLenFeature([], tf.string),
        "image/encoded": tf.io.FixedLenFeature([], tf.string),
        "image/width": tf.io.FixedLenFeature([], tf.int64),
        "image/height": tf.io.FixedLenFeature([], tf.int64),
        "image/object/class/text": tf.io.VarLenFeature(tf.string),
        **{f"image/object/bbox/{n}": tf.io.VarLenFeature(tf.float32) for n in lists},
    }
    images, boxes = [], []
    for split in splits(folder):
        paths = sorted(map(str, folder.glob(f"{split}-?????-of-?????.tfrecord")))
        for record in tf.data.TFRecordDataset(paths):
            row = tf.io.parse_single_example(record, features)
            sample = row["image/source_id"].numpy().decode()
            images.append((sample, split))
            assert tf.io.decode_image(row["image/encoded"]).shape[2] == 3
            width, height = (int(row[f"image/{s}"]) for s in ("width", "height"))
            names = row["image/object/class/text"].values.numpy().tolist()
            corners = [row[f"image/object/bbox/{n}"].values.numpy() for n in lists]
            for name, x0, y0, x1, y1 in zip(names, *corners, strict=True):
                scaled = (x0 * width, y0 * height, x1 * width, y1 * height)
                boxes.append((sample, split, name.decode(), *map(float, scaled)))
    return images, boxes


READERS: dict[str, Callable[[Path, str], Found]] = {
    "pycocotools": pycocotools,
    "supervision": supervision,
    "datasets": datasets,
    "webdataset": webdataset,
    "tfrecord": tfrecord,
    "lxml": lxml,
    "datumaro": datumaro,
    "pandas": pandas,
    "mlcroissant": mlcroissant,
    "label_studio_sdk": label_studio,
    "mltable": mltable,
    "fiftyone": fiftyone,
    "tensorflow": tensorflow,
}


def main() -> None:
    """Read one export with one reader."""
    reader, format_name, folder = sys.argv[1:4]
    images, boxes = READERS[reader](Path(folder), format_name)
    sys.stdout.write(f"\n{json.dumps({'images': images, 'boxes': boxes})}\n")


if __name__ == "__main__":
    main()
