"""Trackers in memory, in the child process: VitTrack in one file, NanoTrack in two.

Both are known by what they take and give, and tried once before they are believed.
NanoTrack's backbone is often exported for one size and asked for two: OpenCV's own
reader takes that, ONNX Runtime does not.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from dataset.errors import BadFile
from labeling.carrying.tracker import Tracked
from labeling.carrying.tracker_windows import (
    Map,
    inside,
    nano_place,
    nano_windows,
    vit_place,
    vit_windows,
)
from labeling.detection.detector import ModelFacts, Tensor
from labeling.geometry import Corners

from .picture_file import read_picture
from .runtime import facts_of, open_session, run

_HINT: Final = "name one that OpenCV's VitTrack or NanoTrack takes under [label]"
_KEPT_PICTURES: Final = 2
_VIT_TEMPLATE: Final = 128
_NANO_TEMPLATE, _NANO_SEARCH = 127, 255
# What ImageNet's pictures have on average, in the order in which OpenCV hands them
# to VitTrack: on blue, green and red as they stand in its pictures. Each channel is
# divided by its own; OpenCV 5.0 divides by a quaternion (a test shows it).
_MEAN: Final = np.array([0.485, 0.456, 0.406], np.float32)
_DEVIATION: Final = np.array([0.229, 0.224, 0.225], np.float32)

Image = NDArray[np.uint8]


class Network(Protocol):
    """One tracker network that sees one object in one window at a time."""

    family: str

    def sight(
        self, before: Image, after: Image, corners: Corners, place: Corners
    ) -> Tracked | None:
        """Where the object of those corners is, looked for round a place."""


class LoadedTracker:
    """A network with the pictures it was asked about last."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._pictures: OrderedDict[str, Image] = OrderedDict()

    def told(self) -> dict[str, Any]:
        """What the parent is told of the tracker."""
        return {"family": self._network.family}

    def answer(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Corners and score of each object that a request names, or None."""
        before, after = self._picture(asked["before"]), self._picture(asked["path"])
        seen = [
            self._best(before, after, one["corners"], one["places"])
            for one in asked["sought"]
        ]
        return {"seen": [None if s is None else [*s.corners, s.score] for s in seen]}

    def _best(
        self, before: Image, after: Image, corners: Corners, places: Sequence[Corners]
    ) -> Tracked | None:
        height, width = after.shape[:2]
        tried = [self._network.sight(before, after, corners, each) for each in places]
        found = [one for each in tried if (one := inside(each, width, height))]
        return max(found, key=lambda one: one.score, default=None)

    def _picture(self, path: str) -> Image:
        if path not in self._pictures:
            self._pictures[path] = read_picture(Path(path))
        self._pictures.move_to_end(path)
        while len(self._pictures) > _KEPT_PICTURES:
            self._pictures.popitem(last=False)
        return self._pictures[path]


class VitNetwork:
    """One file that takes a template and a search window."""

    family = "vittrack"

    def __init__(self, path: Path) -> None:
        self._session = open_session(path)
        self._name = path.name
        facts = facts_of(self._session)
        self._inputs = _template_and_search(facts, path.name)
        grey = np.full((_VIT_TEMPLATE, _VIT_TEMPLATE, 3), 114, np.uint8)
        self._maps(grey, np.full((2 * _VIT_TEMPLATE,) * 2 + (3,), 114, np.uint8))

    def sight(
        self, before: Image, after: Image, corners: Corners, place: Corners
    ) -> Tracked | None:
        """Where the object is, as VitTrack's three maps say."""
        template, search = vit_windows(corners, place)
        maps = self._maps(
            template.paint(before, _VIT_TEMPLATE),
            search.paint(after, 2 * _VIT_TEMPLATE),
        )
        return vit_place(*maps, search)

    def _maps(self, template: Image, search: Image) -> tuple[Map, Map, Map]:
        values = (_normalised(template), _normalised(search))
        outputs = run(
            self._session, dict(zip(self._inputs, values, strict=True)), hint=_HINT
        )
        shapes = [one.shape for one in outputs]
        grid = shapes[0][-1] if shapes and shapes[0] else 0
        wanted = [(1, 1, grid, grid), (1, 2, grid, grid), (1, 2, grid, grid)]
        if shapes != wanted or grid < 2:
            raise _no_tracker(self._name, f"it gives {_listed(shapes)}")
        conf, sizes, offsets = (np.asarray(one[0], np.float32) for one in outputs)
        return conf[0], sizes, offsets


class NanoNetwork:
    """Two files: a backbone that sees a window, and a head that compares two."""

    family = "nanotrack"

    def __init__(self, backbone: Path, head: Path) -> None:
        self._name = head.name
        self._backbone, self._head = _read_net(backbone), _read_net(head)
        grey = np.full((_NANO_SEARCH, _NANO_SEARCH, 3), 114, np.uint8)
        self._maps(grey[:_NANO_TEMPLATE, :_NANO_TEMPLATE], grey)

    def sight(
        self, before: Image, after: Image, corners: Corners, place: Corners
    ) -> Tracked | None:
        """Where the object is, as the head's two maps say."""
        template, search = nano_windows(corners, place)
        classes, sides = self._maps(
            template.paint(before, _NANO_TEMPLATE, cv2.mean(before)[:3]),
            search.paint(after, _NANO_SEARCH, cv2.mean(after)[:3]),
        )
        return nano_place(classes, sides, corners, search, _NANO_SEARCH)

    def _maps(self, template: Image, search: Image) -> tuple[Map, Map]:
        try:
            looks = [self._features(one) for one in (template, search)]
            self._head.setInput(looks[0], "input1")
            self._head.setInput(looks[1], "input2")
            outputs = self._head.forward(["output1", "output2"])
        except cv2.error as error:
            raise _no_tracker(self._name, _said(error)) from None
        shapes = [one.shape for one in outputs]
        grid = shapes[0][-1] if shapes[0] else 0
        if shapes != [(1, 2, grid, grid), (1, 4, grid, grid)] or grid < 2:
            raise _no_tracker(self._name, f"it gives {_listed(shapes)}")
        classes, sides = (np.asarray(one[0], np.float32) for one in outputs)
        return classes, sides

    def _features(self, window: Image) -> NDArray[Any]:
        self._backbone.setInput(cv2.dnn.blobFromImage(window, swapRB=True))
        return np.array(self._backbone.forward())


def load_tracker(paths: Sequence[Path]) -> LoadedTracker:
    """The tracker in one file or in two.

    Raises:
        BadFile: the files are no ONNX models, or no tracker of a known family.
    """
    if len(paths) == 1:
        return LoadedTracker(VitNetwork(paths[0]))
    return LoadedTracker(NanoNetwork(*paths))


def _normalised(window: Image) -> NDArray[np.float32]:
    """A window as VitTrack takes it: (1, 3, n, n) float32."""
    values = (window.astype(np.float32) / np.float32(255) - _MEAN) / _DEVIATION
    return np.ascontiguousarray(values.transpose(2, 0, 1)[None])


def _template_and_search(facts: ModelFacts, name: str) -> tuple[str, str]:
    """The names of the two inputs, by their names or by their sizes."""
    if len(facts.inputs) != 2 or len(facts.outputs) != 3:
        counts = f"it has {len(facts.inputs)} inputs and {len(facts.outputs)} outputs"
        raise _no_tracker(name, counts)
    names = {one.name for one in facts.inputs}
    first, second = sorted(facts.inputs, key=lambda one: one.shape[-1:] or (0,))
    if names == {"template", "search"}:
        first, second = sorted(facts.inputs, key=lambda one: one.name, reverse=True)
    if not (_takes(first, _VIT_TEMPLATE) and _takes(second, 2 * _VIT_TEMPLATE)):
        raise _no_tracker(name, f"it takes {_listed([first.shape, second.shape])}")
    return first.name, second.name


def _takes(tensor: Tensor, side: int) -> bool:
    """Whether an input takes a picture of that side; sides that are free take any."""
    wanted = (1, 3, side, side)
    return (
        tensor.kind == "float32"
        and len(tensor.shape) == 4
        and all(s in (None, w) for s, w in zip(tensor.shape, wanted, strict=True))
    )


def _read_net(path: Path) -> Any:  # noqa: ANN401  (OpenCV ships no type for a net)
    try:
        return cv2.dnn.readNetFromONNX(str(path))
    except cv2.error as error:
        raise BadFile(
            f"The file is no ONNX model, is damaged, or holds what OpenCV does not "
            f"know: {path.name}",
            hint=f"export it again, for OpenCV {cv2.__version__}",
        ) from error


def _no_tracker(name: str, why: str) -> BadFile:
    return BadFile(
        f"The model is no tracker of a known kind, {why}: {name}", hint=_HINT
    )


def _listed(shapes: Sequence[tuple[int | None, ...]]) -> str:
    """Shapes in words."""
    texts = [" x ".join("?" if s is None else str(s) for s in one) for one in shapes]
    return ", ".join(text or "one number" for text in texts) or "nothing"


def _said(error: cv2.error) -> str:
    words = str(getattr(error, "err", "") or error).strip().splitlines() or ["it fails"]
    return f"OpenCV says {words[0][-100:]}"
