"""Real frames, as many different ones as a test wants."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

TRAFFIC = Path(__file__).resolve().parents[1] / "data" / "traffic"


def traffic() -> tuple[bytes, ...]:
    """Six JPEGs of a road, 320x180."""
    return tuple(path.read_bytes() for path in sorted(TRAFFIC.glob("*.jpg")))


def marked(jpeg: bytes, mark: str) -> bytes:
    """The same picture as other bytes: a comment follows the first segment."""
    end = 4 + int.from_bytes(jpeg[4:6], "big")
    comment = mark.encode()
    segment = b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment
    return jpeg[:end] + segment + jpeg[end:]


def many(count: int, mark: str) -> tuple[bytes, ...]:
    """So many JPEGs of the road; the mark makes their bytes like no others."""
    frames = traffic()
    return tuple(marked(frames[i % len(frames)], f"{mark} {i}") for i in range(count))


def resized(jpegs: Sequence[bytes], width: int, height: int) -> tuple[bytes, ...]:
    """The pictures at another size, encoded anew (4:2:0, typical Huffman tables)."""
    found = []
    for data in jpegs:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        small = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
        found.append(cv2.imencode(".jpg", small)[1].tobytes())
    return tuple(found)


def write_folder(folder: Path, jpegs: Sequence[bytes]) -> Path:
    """The pictures as files 0000.jpg, 0001.jpg, ..."""
    folder.mkdir(parents=True)
    for number, data in enumerate(jpegs):
        (folder / f"{number:04}.jpg").write_bytes(data)
    return folder


def write_coco(folder: Path, jpegs: Sequence[bytes], classes: Sequence[str]) -> Path:
    """The pictures with two boxes each, as a COCO detection set."""
    write_folder(folder, jpegs)
    document = {
        "images": [
            {"id": n, "file_name": f"{n:04}.jpg", "width": 320, "height": 180}
            for n in range(len(jpegs))
        ],
        "annotations": [
            {
                "id": 2 * n + k,
                "image_id": n,
                "category_id": 1 + k % len(classes),
                "bbox": [10 + 40 * k, 20, 30, 25],
                "area": 750,
                "iscrowd": 0,
            }
            for n in range(len(jpegs))
            for k in range(2)
        ],
        "categories": [{"id": 1 + k, "name": name} for k, name in enumerate(classes)],
    }
    (folder / "_annotations.coco.json").write_text(json.dumps(document))
    return folder


def write_clip(path: Path, count: int, mark: str) -> Path:
    """A clip of the road, 10 frames a second, with the mark written into it."""
    frames = [
        cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        for data in traffic()
    ]
    height, width = frames[0].shape[:2]
    kind = cv2.VideoWriter.fourcc(*"MJPG")
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, kind, 10.0, (width, height))
    for number in range(count):
        pixels = frames[number % len(frames)].copy()
        text = f"{mark} {number}"
        cv2.putText(pixels, text, (4, 20), 0, 0.6, (255, 255, 255), 2)
        writer.write(pixels)
    writer.release()
    return path
