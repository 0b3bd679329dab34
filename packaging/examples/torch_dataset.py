"""A COCO export as a plain PyTorch `Dataset`; needs `torch` and `opencv-python`.

    fieldset export latest --format coco --to EXPORT
    python packaging/examples/torch_dataset.py EXPORT train

Each item is what torchvision's detectors take: an upright image, (3, H, W) float32 in
0..1, RGB; and `boxes`, (N, 4) float32, corners x0, y0, x1, y1 in pixels, with `labels`,
(N,) int64 from 1 on (0 is the background). An empty image has N = 0.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import cv2
import torch
from torch.utils.data import DataLoader, Dataset

Target = dict[str, torch.Tensor]


class ExportedSplit(Dataset[tuple[torch.Tensor, Target]]):
    """One split of a COCO export, in the export's order."""

    def __init__(self, export: Path, split: str) -> None:
        path = export / "annotations" / f"instances_{split}.json"
        table = json.loads(path.read_bytes())
        kinds = sorted(table["categories"], key=lambda one: one["id"])
        labels = {one["id"]: at for at, one in enumerate(kinds, start=1)}
        self.classes = tuple(one["name"] for one in kinds)
        self._folder = export / "images" / split
        self._names = {one["id"]: one["file_name"] for one in table["images"]}
        self._ids = list(self._names)
        self._boxes: dict[int, list[tuple[list[float], int]]] = {
            number: [] for number in self._ids
        }
        for one in table["annotations"]:
            box = (one["bbox"], labels[one["category_id"]])
            self._boxes[one["image_id"]].append(box)

    def __len__(self) -> int:
        return len(self._ids)

    def __getitem__(self, at: int) -> tuple[torch.Tensor, Target]:
        number = self._ids[at]
        # OpenCV turns the image by its EXIF mark: boxes are those of the upright one.
        image = cv2.imread(str(self._folder / Path(self._names[number]).name))
        if image is None:
            raise FileNotFoundError(self._names[number])
        held = self._boxes[number]
        boxes = torch.tensor([box for box, _ in held]).reshape(-1, 4)
        boxes[:, 2:] += boxes[:, :2]
        labels = torch.tensor([label for _, label in held], dtype=torch.int64)
        pixels = torch.from_numpy(image[..., ::-1].copy()).permute(2, 0, 1)
        return pixels.float() / 255, {"boxes": boxes, "labels": labels}


def main(export: str, split: str) -> None:
    """Go through a split once, as a training does."""
    examples = ExportedSplit(Path(export), split)
    # Images differ in size and in their number of boxes: batches are lists.
    loader = DataLoader(examples, batch_size=4, collate_fn=lambda batch: batch)
    boxes = sum(len(target["labels"]) for batch in loader for _, target in batch)
    sys.stdout.write(f"{len(examples)} images, {boxes} boxes, {examples.classes}\n")


if __name__ == "__main__":
    main(*sys.argv[1:3])
