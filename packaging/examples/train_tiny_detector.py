"""Train a tiny real detector on a COCO export and write it as ONNX.

    fieldset export latest --format coco --to EXPORT
    python packaging/examples/train_tiny_detector.py EXPORT cells.onnx
    fieldset label --propose cells.onnx

No framework and no GPU: filters are the principal components of the training images'
patches, two layers of them with averages of their surroundings on top, and the heads
(classes, and the distances from a cell to the four sides of its box) are fitted in
closed form. It is enough for things that differ in colour and texture, trains in a
minute, and its file has the layout of YOLOv8, so that a network of your own takes its
place without another line. Needs `numpy`, `opencv-python-headless`, `scikit-learn`,
`onnxruntime` and `onnx`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler

SIDE = 320
"""Side of the canvas; images are letterboxed onto it as YOLO's are."""
STRIDE = 8
CELLS = SIDE // STRIDE
# A cell speaks for a box when it lies in the middle part of it.
MIDDLE = 0.5
# Of the cells on nothing this share is learned from; each counts for all it stands for.
GROUND = 0.1
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """An image on its canvas, (3, SIDE, SIDE) in 0..1, and what is on it.

    `boxes` is (N, 4): x0, y0, x1, y1 in pixels of the canvas; `labels` is (N,).
    """

    canvas: Floats
    boxes: Floats
    labels: NDArray[np.int64]


def read(export: Path, split: str) -> tuple[list[str], list[Example]]:
    """Names of the classes in the export's order, and the examples of a split."""
    table = json.loads((export / f"annotations/instances_{split}.json").read_bytes())
    numbers = {one["id"]: at for at, one in enumerate(table["categories"])}
    found: dict[int, list[tuple[list[float], int]]] = {
        one["id"]: [] for one in table["images"]
    }
    for one in table["annotations"]:
        box = (one["bbox"], numbers[one["category_id"]])
        found[one["image_id"]].append(box)
    folder = export / "images" / split
    examples = [
        letterboxed(cv2.imread(str(folder / Path(one["file_name"]).name)), held)
        for one in table["images"]
        if (held := found[one["id"]])
    ]
    return [one["name"] for one in table["categories"]], examples


def letterboxed(
    image: NDArray[np.uint8], held: list[tuple[list[float], int]]
) -> Example:
    """The image in the middle of a grey canvas, its boxes moved with it."""
    height, width = image.shape[:2]
    scale = SIDE / max(height, width)
    wide, high = round(width * scale), round(height * scale)
    left, top = (SIDE - wide) // 2, (SIDE - high) // 2
    canvas = np.full((SIDE, SIDE, 3), 114, np.uint8)
    small = cv2.resize(image, (wide, high), interpolation=cv2.INTER_LINEAR)
    canvas[top : top + high, left : left + wide] = small[..., ::-1]
    boxes = np.array([box for box, _ in held], np.float32)
    boxes[:, 2:] += boxes[:, :2]
    return Example(
        canvas=np.ascontiguousarray(canvas.transpose(2, 0, 1), np.float32) / 255,
        boxes=boxes * scale + np.array([left, top, left, top], np.float32),
        labels=np.array([label for _, label in held]),
    )


class Network:
    """An ONNX graph that grows node by node and can be run while it does."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._kept: list[onnx.TensorProto] = []
        self.last = "images"

    def add(self, kind: str, *more: str | Floats, **attributes: object) -> str:
        """Put a node behind the last one; arrays become its constants."""
        inputs = [self.last]
        inputs += [one if isinstance(one, str) else self._keep(one) for one in more]
        self.last = f"{kind.lower()}{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [self.last], **attributes))
        return self.last

    def behind(self, name: str) -> None:
        """Go on from an earlier node."""
        self.last = name

    def _keep(self, array: Floats) -> str:
        name = f"constant{len(self._kept)}"
        self._kept.append(numpy_helper.from_array(array, name))
        return name

    def model(self, names: list[str] | None = None) -> onnx.ModelProto:
        """The graph up to the last node, with the classes' names in its metadata."""
        numbers = onnx.TensorProto.FLOAT
        graph = helper.make_graph(
            self._nodes,
            "tiny",
            [helper.make_tensor_value_info("images", numbers, [1, 3, SIDE, SIDE])],
            [helper.make_tensor_value_info(self.last, numbers, None)],
            self._kept,
        )
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8
        )
        if names is not None:
            told = {"names": str(dict(enumerate(names))), "imgsz": f"[{SIDE}, {SIDE}]"}
            helper.set_model_props(model, told)
        return onnx.shape_inference.infer_shapes(model)

    def run(self, examples: list[Example]) -> Iterator[Floats]:
        """What comes out for each example; (1, ...) float32."""
        session = onnxruntime.InferenceSession(self.model().SerializeToString())
        for one in examples:
            yield session.run(None, {"images": one.canvas[np.newaxis]})[0]


def add_filters(
    network: Network,
    examples: list[Example],
    rng: np.random.Generator,
    *,
    count: int,
    side: int,
) -> None:
    """A layer of stride 2 whose filters are the principal components of its patches.

    Both signs of each are kept: a dark spot is as telling as a bright one.
    """
    patches = []
    for maps in network.run(examples):
        _, _, rows, columns = maps.shape
        for _ in range(60):
            y = rng.integers(rows - side + 1)
            x = rng.integers(columns - side + 1)
            patches.append(maps[0, :, y : y + side, x : x + side].ravel())
    whole = np.stack(patches)
    found = PCA(count, random_state=0).fit(whole)
    spread = np.sqrt(found.explained_variance_[:, np.newaxis]) + 1e-6
    filters = (found.components_ / spread).astype(np.float32)
    bias = -(filters @ found.mean_).astype(np.float32)
    weights = np.concatenate([filters, -filters]).reshape(2 * count, -1, side, side)
    network.add(
        "Conv",
        weights,
        np.concatenate([bias, -bias]),
        strides=[2, 2],
        pads=[side // 2] * 4,
    )
    network.add("Relu")


def add_surroundings(network: Network) -> None:
    """Each cell beside the averages of what lies around it, near and far."""
    here = network.add("AveragePool", kernel_shape=[2, 2], strides=[2, 2])
    around = []
    for side in (3, 7, 15):
        network.behind(here)
        around.append(
            network.add("AveragePool", kernel_shape=[side, side], pads=[side // 2] * 4)
        )
    network.behind(here)
    network.add("Concat", *around, axis=1)


def add_mixture(network: Network, rng: np.random.Generator, *, width: int) -> None:
    """A random layer, so that what is fitted on top of it is no straight line.

    Huang, Zhu and Siew 2006 show why random weights suffice here.
    """
    channels = network.model().graph.value_info
    deep = next(
        one.type.tensor_type.shape.dim[1].dim_value
        for one in [*channels, *network.model().graph.output]
        if one.name == network.last
    )
    weights = rng.normal(0, 1 / np.sqrt(deep), (width, deep, 1, 1))
    straight = network.last
    network.add("Conv", weights.astype(np.float32))
    network.add("Relu")
    network.add("Concat", straight, axis=1)


def targets(example: Example) -> tuple[NDArray[np.int64], Floats]:
    """For each cell its class (-1 nothing, -2 unclear) and distances to four sides.

    A small box goes before a large one where both hold the cell.
    """
    centres = (np.arange(CELLS) + 0.5) * STRIDE
    x, y = (one.ravel() for one in np.meshgrid(centres, centres))
    kinds = np.full(CELLS * CELLS, -1)
    sides = np.zeros((CELLS * CELLS, 4), np.float32)
    areas = np.prod(example.boxes[:, 2:] - example.boxes[:, :2], axis=1)
    for at in np.argsort(-areas, kind="stable"):
        x0, y0, x1, y1 = example.boxes[at]
        off = np.maximum(
            np.abs(x - (x0 + x1) / 2) / max((x1 - x0) / 2, STRIDE),
            np.abs(y - (y0 + y1) / 2) / max((y1 - y0) / 2, STRIDE),
        )
        kinds[(off <= 1) & (kinds == -1)] = -2
        middle = off <= MIDDLE
        kinds[middle] = example.labels[at]
        sides[middle] = np.stack([x - x0, y - y0, x1 - x, y1 - y], axis=1)[middle]
    return kinds, sides


def add_heads(
    network: Network,
    examples: list[Example],
    rng: np.random.Generator,
    classes: int,
) -> None:
    """Fit classes and sides on the cells, and put both behind the last node."""
    rows, kinds, sides = [], [], []
    for example, maps in zip(examples, network.run(examples), strict=True):
        kind, side = targets(example)
        chosen = (kind >= 0) | ((kind == -1) & (rng.random(len(kind)) < GROUND))
        rows.append(maps.reshape(maps.shape[1], -1).T[chosen])
        kinds.append(kind[chosen])
        sides.append(side[chosen])
    x, kind, side = (np.concatenate(one) for one in (rows, kinds, sides))
    scale = StandardScaler().fit(x)
    x, known = scale.transform(x), kind >= 0
    counts = np.where(known, 1.0, 1 / GROUND)
    weights = np.zeros((classes + 4, x.shape[1]))
    bias = np.full(classes + 4, -9.0)  # a class that train never shows is never found
    for label in np.unique(kind[known]):
        fitted = LogisticRegression(C=0.01, max_iter=500, tol=1e-3)
        fitted.fit(x, kind == label, sample_weight=counts)
        weights[4 + label], bias[4 + label] = fitted.coef_[0], fitted.intercept_[0]
    plane = Ridge(10.0).fit(x[known], side[known])
    weights[:4], bias[:4] = plane.coef_, plane.intercept_
    weights /= scale.scale_
    bias -= weights @ scale.mean_
    _add_decoded(network, weights.astype(np.float32), bias.astype(np.float32))


def _add_decoded(network: Network, weights: Floats, bias: Floats) -> None:
    """The heads as one filter, then centres, sizes and scores as YOLOv8 gives them."""
    network.add("Conv", weights[:, :, np.newaxis, np.newaxis], bias)
    flat = network.add("Reshape", np.array([1, len(bias), CELLS * CELLS]))
    centres = (np.arange(CELLS) + 0.5) * STRIDE
    grid = np.stack([one.ravel() for one in np.meshgrid(centres, centres)])
    # Left, top, right, bottom: half of right - left off the cell is the middle.
    turn = np.array(
        [[-0.5, 0, 0.5, 0], [0, -0.5, 0, 0.5], [1, 0, 1, 0], [0, 1, 0, 1]], np.float32
    )
    network.add("Slice", *_range(0, 4))
    network.add("Relu")
    network.add("Transpose", perm=[0, 2, 1])
    network.add("MatMul", turn.T.copy())
    network.add("Transpose", perm=[0, 2, 1])
    shift = np.concatenate([grid, np.zeros_like(grid)])[np.newaxis].astype(np.float32)
    boxes = network.add("Add", shift)
    network.behind(flat)
    network.add("Slice", *_range(4, len(bias)))
    scores = network.add("Sigmoid")
    network.behind(boxes)
    network.add("Concat", scores, axis=1)


def _range(start: int, end: int) -> tuple[NDArray[np.int64], ...]:
    return tuple(np.array([one]) for one in (start, end, 1))


def train(export: Path, seed: int = 0) -> onnx.ModelProto:
    """A detector of the export's classes, fitted on its train split."""
    rng = np.random.default_rng(seed)
    names, examples = read(export, "train")
    network = Network()
    add_filters(network, examples, rng, count=16, side=5)
    add_filters(network, examples, rng, count=32, side=3)
    add_surroundings(network)
    add_mixture(network, rng, width=256)
    add_heads(network, examples, rng, len(names))
    return network.model(names)


def main() -> None:
    """Train, and write the model."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("export", type=Path, help="folder of a COCO export")
    parser.add_argument("model", type=Path, help="the ONNX file to write")
    wanted = parser.parse_args()
    model = train(wanted.export)
    onnx.save(model, str(wanted.model))
    sys.stdout.write(f"{wanted.model}: {wanted.model.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main()
