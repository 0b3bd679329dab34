"""An image of a data set while it is read: its boxes are judged one by one."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from dataset.errors import BadFile, BadImage
from dataset.images.image_format import inspect
from dataset.records import SampleState

from ..contract import ImageFacts, ImportedBox, ImportedImage, Problem, Sizes

# Beyond this a box that reaches over the edge is named, not only cut.
_EDGE_PX = 1.0
_SHAPE_TOLERANCE = 0.02


class FileSizes:
    """Sizes as each image's own header tells them."""

    def facts(self, path: Path) -> ImageFacts:
        """The facts of the image at `path`.

        Raises:
            BadImage: it is no usable image or cannot be read.
        """
        try:
            data = path.read_bytes()
        except OSError as error:
            raise BadImage(f"The file cannot be read: {error.strerror}") from None
        return _facts_of(data)


class ImageDraft:
    """Collects the boxes of one image and what was wrong with them.

    Boxes are added as the file gives them; `done` turns them into upright pixels of
    the real image.
    """

    def __init__(
        self,
        path: Path,
        source_name: str,
        split: str | None,
        unpack: Callable[[], bytes] | None = None,
    ) -> None:
        self._path = path
        self._unpack = unpack
        self._source_name = source_name
        self._split = split
        self._boxes: list[ImportedBox] = []
        self._absolute: list[tuple[str, float, float, float, float]] = []
        self._relative: list[tuple[str, float, float, float, float]] = []
        self._what: Counter[str] = Counter()
        self._stated: tuple[float, float] | None = None
        self.is_annotated = False

    @property
    def path(self) -> Path:
        """Where the image lies."""
        return self._path

    def state_size(self, width: object, height: object) -> None:
        """Note the size that the file claims.

        Anything but two positive numbers is no claim.
        """
        x, y = as_number(width) or 0.0, as_number(height) or 0.0
        if x > 0 and y > 0:
            self._stated = (x, y)

    def add(self, class_name: str, corners: Sequence[object]) -> None:
        """Add a box with corners x0, y0, x1, y1 in pixels of the stated size."""
        self._add(self._absolute, class_name, corners)

    def add_relative(self, class_name: str, corners: Sequence[object]) -> None:
        """Add a box with corners x0, y0, x1, y1 from 0 to 1 of the upright image."""
        self._add(self._relative, class_name, corners)

    def skip(self, what: str) -> None:
        """Note something that is left out or changed, in a few words."""
        self._what[what] += 1

    def done(self, sizes: Sizes) -> tuple[ImportedImage, list[Problem]]:
        """The image and its problems.

        Its state is LABELED with a box, EMPTY where the file says that there is
        nothing, and None where the file is silent or each of its boxes was dropped.
        """
        had = len(self._absolute) + len(self._relative)
        try:
            if had or self._stated:
                self._settle(self._facts(sizes))
        except (BadFile, BadImage) as error:
            self.skip(f"{_plain(error.message)}; its boxes are dropped")
            self._boxes = []
        state = None
        if self._boxes:
            state = SampleState.LABELED
        elif self.is_annotated and not had and not self._what:
            state = SampleState.EMPTY
        image = ImportedImage(
            path=self._path,
            source_name=self._source_name,
            boxes=tuple(self._boxes),
            state=state,
            split=self._split,
            unpack=self._unpack,
        )
        problems = [
            Problem(path=self._source_name, what=_counted(what, count))
            for what, count in sorted(self._what.items())
        ]
        return image, problems

    def _facts(self, sizes: Sizes) -> ImageFacts:
        if self._unpack is None:
            return sizes.facts(self._path)
        return _facts_of(self._unpack())

    def _add(
        self,
        boxes: list[tuple[str, float, float, float, float]],
        class_name: str,
        corners: Sequence[object],
    ) -> None:
        self.is_annotated = True
        numbers = [as_number(value) for value in corners]
        if len(numbers) != 4 or any(number is None for number in numbers):
            self.skip("a box is skipped, its corners are no numbers")
            return
        x0, y0, x1, y1 = (float(number) for number in numbers if number is not None)
        if x1 <= x0 or y1 <= y0:
            self.skip("a box is skipped, it has no width or height")
            return
        boxes.append((class_name, x0, y0, x1, y1))

    def _settle(self, facts: ImageFacts) -> None:
        for name, x0, y0, x1, y1 in self._relative:
            w, h = facts.width, facts.height
            self._keep(name, (x0 * w, y0 * h, x1 * w, y1 * h), facts)
        frame = self._frame(facts)
        if frame is None:
            if self._absolute:
                self.skip("its boxes are dropped")
            return
        scale_x, scale_y, is_stored = frame
        for name, x0, y0, x1, y1 in self._absolute:
            corners = (x0 * scale_x, y0 * scale_y, x1 * scale_x, y1 * scale_y)
            if is_stored:
                corners = turned(corners, facts)
            self._keep(name, corners, facts)

    def _frame(self, facts: ImageFacts) -> tuple[float, float, bool] | None:
        """How stated pixels become pixels: two scales, and whether they must turn."""
        upright = (facts.width, facts.height)
        if self._stated is None or self._stated == upright:
            return 1.0, 1.0, False
        if self._stated == facts.stored_size:
            self.skip("the boxes are turned with the image (EXIF)")
            return 1.0, 1.0, True
        width, height = self._stated
        scale_x, scale_y = upright[0] / width, upright[1] / height
        stated = f"{width:g}x{height:g} for {upright[0]}x{upright[1]}"
        if abs(scale_x / scale_y - 1) <= _SHAPE_TOLERANCE:
            self.skip(f"another size is stated, the boxes are scaled: {stated}")
            return scale_x, scale_y, False
        self.skip(f"another shape is stated: {stated}")
        return None

    def _keep(
        self,
        class_name: str,
        corners: tuple[float, float, float, float],
        facts: ImageFacts,
    ) -> None:
        cut = clipped(corners, facts.width, facts.height)
        if cut is None:
            self.skip("a box is skipped, it lies outside the image")
            return
        if max(abs(a - b) for a, b in zip(corners, cut, strict=True)) > _EDGE_PX:
            self.skip("a box is cut at the image's edge")
        x0, y0, x1, y1 = cut
        self._boxes.append(
            ImportedBox(class_name=class_name, x0=x0, y0=y0, x1=x1, y1=y1)
        )


def _facts_of(data: bytes) -> ImageFacts:
    info = inspect(data)
    return ImageFacts(
        width=info.width, height=info.height, orientation=info.orientation
    )


def as_number(value: object) -> float | None:
    """A finite float of a number or its text, else None (True is no number)."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def clipped(
    corners: tuple[float, float, float, float], width: float, height: float
) -> tuple[float, float, float, float] | None:
    """The part of a box inside the image; None when nothing is left."""
    x0, y0, x1, y1 = corners
    x0, x1 = min(max(x0, 0.0), width), min(max(x1, 0.0), width)
    y0, y1 = min(max(y0, 0.0), height), min(max(y1, 0.0), height)
    return (x0, y0, x1, y1) if x1 > x0 and y1 > y0 else None


def turned(
    corners: tuple[float, float, float, float], facts: ImageFacts
) -> tuple[float, float, float, float]:
    """A box of the STORED image as a box of the upright one (EXIF 1..8).

    Half-open corners swap ends where an axis is mirrored, so nothing is lost.
    """
    x0, y0, x1, y1 = corners
    width, height = facts.stored_size
    if facts.orientation in (2, 3, 7, 8):
        x0, x1 = width - x1, width - x0
    if facts.orientation in (3, 4, 6, 7):
        y0, y1 = height - y1, height - y0
    if facts.orientation >= 5:
        return y0, x0, y1, x1
    return x0, y0, x1, y1


def _counted(what: str, count: int) -> str:
    return what if count == 1 else f"{what} ({count} times)"


def _plain(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
