"""Image files turned into what Qt paints, away from the main thread.

A `QImage` made here owns its memory: it is copied before it crosses threads.

Memory of the Label page's pictures: what was decoded before is kept up to
`CACHE_BYTES`. A picture whose pixels take more than `KEPT_PIXELS_BYTES` is first shown
from a smaller decoding and kept only at the size that fits; the one at hand gets its
full size, 3 bytes a pixel and a third more for its halvings where it is huge (400 MB at
100 million pixels, which is the limit of what is taken in), 4 bytes and a third else.
"""

from __future__ import annotations

import hashlib
import math
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QSize, Signal
from PySide6.QtGui import QImage

from dataset.errors import FieldsetError
from dataset.images.image_file import decode, inspect

from .jobs import Job, Lane, Operation, Submitter
from .language import tr
from .views.canvas.canvas_paint import Picture

CACHE_BYTES = 320 * 1024 * 1024
LEAST_HALVED_PX = 1600
KEPT_PIXELS_BYTES = 24 * 1024 * 1024
HUGE_PIXELS = 30_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureRequest:
    """A sample's image, wanted at `scale` device pixels an image pixel.

    Where `size` is given the upright image must have it, where `digest` is given the
    file must have that SHA-256: boxes are not drawn on another image than the one that
    was taken in.
    """

    sample_id: str
    path: Path
    scale: float
    ratio: float = 1.0
    size: tuple[int, int] | None = None
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Loaded:
    """A picture, and its pixels while the full size is not made of them yet."""

    picture: Picture
    pixels: NDArray[np.uint8] | None

    @property
    def size_bytes(self) -> int:
        """How much memory it holds."""
        images = (self.picture.full, self.picture.fitted, *self.picture.halves)
        held = sum(image.sizeInBytes() for image in images if image is not None)
        return held + (0 if self.pixels is None else self.pixels.nbytes)


def image_of(pixels: NDArray[np.uint8]) -> QImage:
    """Give (H, W, 3) BGR or (H, W) grey pixels as an image that owns its memory."""
    code = cv2.COLOR_GRAY2BGRA if pixels.ndim == 2 else cv2.COLOR_BGR2BGRA
    high, wide = pixels.shape[:2]
    image = QImage(wide, high, QImage.Format.Format_RGB32)
    # Written straight into the image's own memory: rows of 32 bit have no padding.
    held = np.frombuffer(image.bits(), np.uint8).reshape(high, wide, 4)
    cv2.cvtColor(pixels, code, dst=held)
    return image


def huge_image_of(pixels: NDArray[np.uint8]) -> QImage:
    """Give (H, W, 3) BGR pixels as an image of 3 bytes a pixel that shares them.

    Qt paints it more slowly than one of 4 bytes, and no part larger than the window.
    """
    held = np.ascontiguousarray(pixels)
    high, wide = held.shape[:2]
    made = QImage(held.data, wide, high, wide * 3, QImage.Format.Format_BGR888)
    # Qt does not know that the memory is the array's: the two live as long.
    made._pixels = held  # type: ignore[attr-defined]
    return made


def full_picture(pixels: NDArray[np.uint8]) -> Picture:
    """Give what the canvas paints at any zoom: the full size and its halvings."""
    is_huge = pixels.shape[0] * pixels.shape[1] > HUGE_PIXELS
    make = huge_image_of if is_huge else image_of
    halves = []
    smaller = pixels
    while smaller.shape[1] >= LEAST_HALVED_PX:
        size = (smaller.shape[1] // 2, max(smaller.shape[0] // 2, 1))
        shrunk = cv2.resize(smaller, size, interpolation=cv2.INTER_AREA)
        smaller = np.asarray(shrunk, np.uint8)
        halves.append(make(smaller))
    return Picture(full=make(pixels), halves=tuple(halves))


def fitted_picture(
    pixels: NDArray[np.uint8],
    scale: float,
    ratio: float = 1.0,
    size: tuple[int, int] | None = None,
) -> Picture:
    """Give what the canvas paints at one zoom below 1, at once.

    `size` is the picture's own where `pixels` were shrunk while they were decoded.
    """
    own = size or (pixels.shape[1], pixels.shape[0])
    wide, high = (max(round(side * scale), 1) for side in own)
    small = cv2.resize(pixels, (wide, high), interpolation=cv2.INTER_AREA)
    fitted = image_of(np.asarray(small, np.uint8))
    fitted.setDevicePixelRatio(ratio)
    return Picture(fitted=fitted, fitted_scale=scale)


def shrunk_image(pixels: NDArray[np.uint8], room: QSize) -> QImage:
    """Give `pixels` as large as they fit into `room` device pixels."""
    high, wide = pixels.shape[:2]
    scale = min(room.width() / wide, room.height() / high)
    size = (max(round(wide * scale), 1), max(round(high * scale), 1))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return image_of(np.asarray(cv2.resize(pixels, size, interpolation=way), np.uint8))


def thumbnail(pixels: NDArray[np.uint8], size: QSize) -> QImage:
    """Give the middle of `pixels`, shrunk so that it fills `size`."""
    high, wide = pixels.shape[:2]
    scale = max(size.width() / wide, size.height() / high)
    part_w = min(max(round(size.width() / scale), 1), wide)
    part_h = min(max(round(size.height() / scale), 1), high)
    left, top = (wide - part_w) // 2, (high - part_h) // 2
    part = pixels[top : top + part_h, left : left + part_w]
    target = (max(size.width(), 1), max(size.height(), 1))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(part, target, interpolation=way)
    return image_of(np.asarray(small, np.uint8))


def crop(
    pixels: NDArray[np.uint8], corners: tuple[float, float, float, float], size: QSize
) -> tuple[QImage, tuple[float, float, float, float]]:
    """Give the surroundings of a box in the shape of `size`, and the box in it."""
    x0, y0, x1, y1 = corners
    aspect = size.width() / max(size.height(), 1)
    wide = max((x1 - x0) * 1.3, (y1 - y0) * 1.3 * aspect, 16.0)
    high = wide / aspect
    left = min(max((x0 + x1 - wide) / 2, 0.0), max(pixels.shape[1] - wide, 0.0))
    top = min(max((y0 + y1 - high) / 2, 0.0), max(pixels.shape[0] - high, 0.0))
    part = pixels[int(top) : int(top + high) + 1, int(left) : int(left + wide) + 1]
    target = (max(size.width(), 1), max(size.height(), 1))
    way = cv2.INTER_AREA if wide > size.width() else cv2.INTER_LINEAR
    image = image_of(np.asarray(cv2.resize(part, target, interpolation=way), np.uint8))
    fx, fy = target[0] / part.shape[1], target[1] / part.shape[0]
    ox, oy = int(left), int(top)
    inner = ((x0 - ox) * fx, (y0 - oy) * fy, (x1 - ox) * fx, (y1 - oy) * fy)
    return image, inner


def reduction_for(longest_px: int, wanted_px: int) -> int:
    """Give by how much (1, 2, 4, 8) an image may shrink while it is decoded."""
    for reduce in (8, 4, 2):
        if longest_px // reduce >= wanted_px:
            return reduce
    return 1


class PictureLoader(QObject):
    """Decodes the pictures of the Label page ahead of the person, both ways.

    Neighbours are made ready at the zoom of the moment only; the picture at hand gets
    its full size as well.

    Signals:
        picture_loaded: sample id and `Picture`.
        picture_failed: sample id and `FieldsetError`.
    """

    picture_loaded = Signal(str, object)
    picture_failed = Signal(str, object)

    def __init__(self, runner: Submitter, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runner = runner
        self._cache: OrderedDict[str, _Loaded] = OrderedDict()
        self._jobs: dict[str, Job] = {}
        self._wanted: set[str] = set()
        self._current: PictureRequest | None = None

    def get(self, sample_id: str) -> Picture | None:
        """Give a picture that is decoded already."""
        known = self._cache.get(sample_id)
        return None if known is None else known.picture

    def want(self, requests: Iterable[PictureRequest]) -> None:
        """Decode these, the first one in full; what was wanted before is given up."""
        wanted = list(requests)
        self._current = wanted[0] if wanted else None
        self._wanted = {request.sample_id for request in wanted}
        for sample_id in [key for key in self._jobs if key not in self._wanted]:
            self._jobs.pop(sample_id).cancel()
        for request in wanted:
            known = self._cache.get(request.sample_id)
            if known is not None and _is_good(known.picture, request):
                self._cache.move_to_end(request.sample_id)
                self._complete(request, known)
            elif request.sample_id not in self._jobs:
                self._submit(request, partial(_load, request))

    def _complete(self, request: PictureRequest, known: _Loaded) -> None:
        """Make the full size of the picture at hand."""
        is_current = self._current is not None and request == self._current
        if not is_current or known.picture.full is not None:
            return
        if request.sample_id in self._jobs:
            return
        pixels, picture = known.pixels, known.picture
        if pixels is None:
            self._submit(request, lambda: _load_full(request, picture))
        else:
            self._submit(request, lambda: _completed(picture, pixels))

    def _submit(self, request: PictureRequest, load: Callable[[], _Loaded]) -> None:
        sample_id = request.sample_id
        self._jobs[sample_id] = self._runner.submit(
            Operation(
                title=tr("Read a picture"),
                function=lambda _progress: load(),
                on_done=lambda loaded: self._on_loaded(request, loaded),
                on_error=lambda error: self._on_failed(sample_id, error),
                lane=Lane.IMAGES,
                quiet=True,
            )
        )

    def _on_loaded(self, request: PictureRequest, loaded: _Loaded) -> None:
        self._jobs.pop(request.sample_id, None)
        self._cache[request.sample_id] = loaded
        self._cache.move_to_end(request.sample_id)
        self._shrink()
        self.picture_loaded.emit(request.sample_id, loaded.picture)
        self._complete(request, loaded)

    def _on_failed(self, sample_id: str, error: FieldsetError) -> None:
        self._jobs.pop(sample_id, None)
        self.picture_failed.emit(sample_id, error)

    def _shrink(self) -> None:
        """Forget the pictures not wanted any more, oldest first."""
        total = sum(loaded.size_bytes for loaded in self._cache.values())
        for sample_id in list(self._cache):
            if total <= CACHE_BYTES:
                return
            if sample_id not in self._wanted:
                total -= self._cache.pop(sample_id).size_bytes


class ThumbnailLoader(QObject):
    """Makes small pictures for strips and grids, newest wish first out.

    Signals:
        thumbnail_loaded: the key and a `QImage`, null where it cannot be read.
    """

    thumbnail_loaded = Signal(object, object)

    def __init__(
        self, runner: Submitter, limit: int = 600, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._runner = runner
        self._limit = limit
        self._cache: OrderedDict[Hashable, QImage] = OrderedDict()
        self._jobs: dict[Hashable, Job] = {}

    def get(self, key: Hashable, make: Callable[[], QImage]) -> QImage | None:
        """Give the image of `key`, or have `make` run in a worker and give None."""
        known = self._cache.get(key)
        if known is not None:
            self._cache.move_to_end(key)
            return known
        if key not in self._jobs:
            self._jobs[key] = self._runner.submit(
                Operation(
                    title=tr("Read a small picture"),
                    function=lambda _progress: make(),
                    on_done=lambda image: self._on_made(key, image),
                    on_error=lambda _error: self._on_made(key, QImage()),
                    lane=Lane.THUMBNAILS,
                    quiet=True,
                )
            )
        return None

    def forget(self, keep: set[Hashable]) -> None:
        """Give up what nobody looks at any more."""
        for key in [key for key in self._jobs if key not in keep]:
            self._jobs.pop(key).cancel()

    def _on_made(self, key: Hashable, image: QImage) -> None:
        self._jobs.pop(key, None)
        self._cache[key] = image
        while len(self._cache) > self._limit:
            self._cache.popitem(last=False)
        self.thumbnail_loaded.emit(key, image)


def _load(request: PictureRequest) -> _Loaded:
    """Read, prove and decode a picture for the zoom it is wanted at."""
    data = _proven_bytes(request)
    info = inspect(data)
    size = (info.width, info.height)
    if request.size not in (None, size):
        raise FieldsetError(
            "The image has another size than when it was taken in: "
            f"{size[0]} x {size[1]}",
            hint="fieldset check --deep",
        )
    try:
        if not 0.0 < request.scale < 1.0:
            return _Loaded(picture=full_picture(decode(data)), pixels=None)
        longest = max(size)
        is_large = size[0] * size[1] * 3 > KEPT_PIXELS_BYTES
        wanted = math.ceil(longest * request.scale)
        reduce = reduction_for(longest, wanted) if is_large else 1
        pixels = decode(data, reduce=reduce)
        picture = fitted_picture(pixels, request.scale, request.ratio, size)
    except (MemoryError, cv2.error) as error:
        raise _too_large(size) from error
    return _Loaded(picture=picture, pixels=None if is_large else pixels)


def _load_full(request: PictureRequest, fitted: Picture) -> _Loaded:
    """Read the picture again, in full, where only a small decoding was kept."""
    data = _proven_bytes(request)
    try:
        return _completed(fitted, decode(data))
    except (MemoryError, cv2.error) as error:
        info = inspect(data)
        raise _too_large((info.width, info.height)) from error


def _completed(fitted: Picture, pixels: NDArray[np.uint8]) -> _Loaded:
    full = full_picture(pixels)
    picture = replace(fitted, full=full.full, halves=full.halves)
    return _Loaded(picture=picture, pixels=None)


def _proven_bytes(request: PictureRequest) -> bytes:
    """Give the bytes of a sample's file, which must be those that were taken in."""
    data = read_bytes(request.path)
    if request.digest and hashlib.sha256(data).hexdigest() != request.digest:
        raise FieldsetError(
            f"The image file was changed on the disk: {request.path.name}",
            hint="fieldset check --deep --repair",
        )
    return data


def _too_large(size: tuple[int, int]) -> FieldsetError:
    return FieldsetError(
        f"There is not enough memory to show the image: {size[0]} x {size[1]}",
        hint="close other programs; S skips it",
    )


def read_bytes(path: Path) -> bytes:
    """Give the bytes of an image file; raises FieldsetError where it is gone."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise FieldsetError(
            f"The image file cannot be read: {path.name}",
            hint="fieldset check --deep",
        ) from error


def load_thumbnail(path: Path, size: QSize, longest_px: int) -> QImage:
    """Read a file and give it as a small picture of `size` device pixels."""
    wanted = max(size.width(), size.height())
    pixels = decode(read_bytes(path), reduce=reduction_for(longest_px, wanted))
    return thumbnail(pixels, size)


def _is_good(picture: Picture, request: PictureRequest) -> bool:
    """Say whether the picture is ready for the zoom it is wanted at."""
    if request.scale >= 1.0 or picture.fitted is None:
        return picture.full is not None
    return abs(picture.fitted_scale - request.scale) < 1e-6
