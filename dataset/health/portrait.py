"""A camera's portrait: what a session says of the camera, with the scene taken out.

At most FRAMES frames are looked at, in four blocks that follow one another: how much
the blocks differ is how much the camera differs from itself.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from ..measures import measure_image
from .pixel_defects import DefectSearch, PixelDefects
from .tile_detail import TileDetail, detail, tiles_of

FRAMES = 24
BLOCKS = 4
# Two frames a block, one for either of its median pictures.
LEAST_FRAMES = 2 * BLOCKS
VIEW_SIDE = 320
TONES = ("brightness", "noise", "red_green", "blue_green", "saturation")

Pixels = NDArray[np.uint8]
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Portrait:
    """What a session's frames have in common.

    `tones` has one value a block of each of TONES (NaN: not known), `views` the
    median luma of each block at (h, w) with at most 320 pixels a side. `detail` is
    None for pictures too small to have tiles, `defects` without any frame. With fewer
    than LEAST_FRAMES frames there are no blocks and nothing is known. `times_s` are
    the moments of all frames that came, also of those not looked at; `longest_run` is
    the largest number of looked-at frames in a row that are one and the same picture;
    `other_size` counts frames that were left out for their size.
    """

    width: int
    height: int
    frames: int
    longest_run: int
    other_size: int
    tones: dict[str, NDArray[np.float64]]
    views: NDArray[np.uint8]
    detail: TileDetail | None
    defects: PixelDefects | None
    times_s: NDArray[np.float64]

    @property
    def is_known(self) -> bool:
        """Whether enough frames were seen to say anything."""
        return self.frames >= LEAST_FRAMES


def spread_out(items: Sequence[Item], count: int = FRAMES) -> list[Item]:
    """At most `count` of the items, evenly spaced, the first and last among them."""
    if len(items) <= count:
        return list(items)
    places = np.linspace(0, len(items) - 1, count).round().astype(int)
    return [items[place] for place in places.tolist()]


class PortraitMaker:
    """Takes in frames one by one and keeps only small parts of each."""

    def __init__(self) -> None:
        self._size: tuple[int, int] | None = None
        self._tones: list[dict[str, float]] = []
        self._views: list[Pixels] = []
        self._tiles: list[NDArray[np.uint8]] = []
        self._search = DefectSearch()
        self._last: Pixels | None = None
        self._run = self._longest = self._other_size = 0

    def add(self, pixels: Pixels) -> None:
        """Look at a frame, (H, W, 3) uint8 BGR; one of another size is only counted.

        Raises:
            ValueError: the array is no such image.
        """
        tones = measure_image(pixels)
        if self._size not in (None, pixels.shape[:2]):
            self._other_size += 1
            return
        self._size = (pixels.shape[0], pixels.shape[1])
        self._tones.append(tones)
        gray = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), np.uint8)
        self._views.append(_view(gray))
        tiles = tiles_of(gray)
        if tiles is not None:
            self._tiles.append(tiles)
        self._search.add(pixels)
        is_same = self._last is not None and np.array_equal(self._last, pixels)
        self._run = self._run + 1 if is_same else 1
        self._longest = max(self._longest, self._run)
        self._last = pixels

    def portrait(self, times_s: Sequence[float] = ()) -> Portrait:
        """The portrait of what was added; `times_s` in seconds, as they came."""
        height, width = self._size or (0, 0)
        parts = _blocks(len(self._views))
        return Portrait(
            width=width,
            height=height,
            frames=len(self._views),
            longest_run=self._longest,
            other_size=self._other_size,
            tones={name: self._by_block(name, parts) for name in TONES},
            views=_medians([self._views[part] for part in parts]),
            detail=detail([np.stack(self._tiles[part]) for part in parts])
            if self._tiles and parts
            else None,
            defects=self._search.found(),
            times_s=np.array(times_s, dtype=np.float64),
        )

    def _by_block(self, name: str, parts: Sequence[slice]) -> NDArray[np.float64]:
        """The median of each block; NaN where any of its frames has none."""
        values = np.array([tones[name] for tones in self._tones], dtype=np.float64)
        return np.array([np.median(values[part]) for part in parts], dtype=np.float64)


def _blocks(frames: int) -> list[slice]:
    """Four runs of as equal a length as can be, or none."""
    if frames < LEAST_FRAMES:
        return []
    edges = np.linspace(0, frames, BLOCKS + 1).round().astype(int).tolist()
    return [slice(a, b) for a, b in itertools.pairwise(edges)]


def _medians(blocks: Sequence[Sequence[Pixels]]) -> NDArray[np.uint8]:
    if not blocks:
        return np.zeros((0, 1, 1), np.uint8)
    return np.stack([np.median(np.stack(b), axis=0) for b in blocks]).astype(np.uint8)


def _view(gray: Pixels) -> Pixels:
    height, width = gray.shape
    scale = min(1.0, VIEW_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(gray, size, interpolation=cv2.INTER_AREA), np.uint8)
