"""The pictures of a diff page: the surroundings of each changed box, both boxes drawn.

Pictures come from the project's store by content: bytes that are not the sample's are
not shown. What is missing or damaged leaves a placeholder with a sentence.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from dataset.errors import FieldsetError
from dataset.images.image_file import decode
from dataset.progress import Progress
from dataset.records import Box, VersionSample
from dataset.versions.frozen_version import FrozenVersion

from .diff_cards import BoxCard
from .report_text import data_uri

WIDTH, HEIGHT = 320, 240
PAGE_BYTES: Final = 6_000_000
_MARGIN = 0.45
_LEAST_PX = 48.0
_LARGEST_ZOOM = 6.0
_QUALITY = 80
_FULL: Final = "The page has reached its size, this picture is left out."

Rectangle = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPicture:
    """A crop as a data URI, and the boxes in it: x, y, width, height in its pixels.

    `note` says why there is no picture, "" where there is one; the boxes are drawn in
    any case. `where` is the session, if the sample has one.
    """

    uri: str
    note: str
    where: str
    width: int
    height: int
    old: Rectangle | None
    new: Rectangle | None


def card_pictures(
    frozen: FrozenVersion,
    cards: Sequence[BoxCard],
    *,
    progress: Progress,
    limit_bytes: int = PAGE_BYTES,
) -> dict[BoxCard, CardPicture]:
    """The picture of each card, from the images beside a version.

    Each image is read once. Pictures end where all together reach `limit_bytes`.

    Raises:
        BadFile: the version's manifest is damaged.
        Cancelled: the person asked to stop.
    """
    by_sample: dict[str, list[BoxCard]] = {}
    for card in cards:
        by_sample.setdefault(card.sample_id, []).append(card)
    found: dict[BoxCard, CardPicture] = {}
    pixels: NDArray[np.uint8] | None
    left = limit_bytes
    for done, (sample_id, own) in enumerate(by_sample.items(), start=1):
        sample = frozen.sample(sample_id)
        views = [_view(card, sample) for card in own]
        pixels, note = (
            _pixels(frozen.root, sample, views) if left > 0 else (None, _FULL)
        )
        for card, view in zip(own, views, strict=True):
            found[card] = _picture(card, view, pixels, note, sample)
            left -= len(found[card].uri)
        progress.step(done, len(by_sample), "pictures")
    return found


def _view(card: BoxCard, sample: VersionSample) -> Rectangle:
    """What to show of the image: x, y, width, height; inside of it where it can be."""
    x0, y0, x1, y1 = card.corners
    aspect = WIDTH / HEIGHT
    wide = max(x1 - x0, (y1 - y0) * aspect, _LEAST_PX) * (1 + 2 * _MARGIN)
    wide = max(wide, WIDTH / _LARGEST_ZOOM)
    high = wide / aspect
    wide, high = min(wide, sample.width), min(high, sample.height)
    left = min(max((x0 + x1 - wide) / 2, 0.0), sample.width - wide)
    top = min(max((y0 + y1 - high) / 2, 0.0), sample.height - high)
    return left, top, wide, high


def _pixels(
    root: Path, sample: VersionSample, views: Sequence[Rectangle]
) -> tuple[NDArray[np.uint8] | None, str]:
    """The upright pixels, as small as they may be, or why there are none."""
    try:
        data = (root / sample.path).read_bytes()
    except OSError:
        return None, "The image is missing, fieldset check says more."
    if hashlib.sha256(data).hexdigest() != sample.id:
        return None, "The image was changed since it was stored."
    longest = min(view[2] for view in views)
    reduce = next((r for r in (8, 4, 2) if longest / r >= WIDTH), 1)
    try:
        return decode(data, reduce=reduce), ""
    except FieldsetError as error:
        return None, f"The image cannot be shown: {error.message}"


def _picture(
    card: BoxCard,
    view: Rectangle,
    pixels: NDArray[np.uint8] | None,
    note: str,
    sample: VersionSample,
) -> CardPicture:
    uri = ""
    part = None
    if pixels is not None:
        part, view = _cut(pixels, view, sample)
    scale = min(WIDTH / view[2], HEIGHT / view[3])
    size = (max(1, round(view[2] * scale)), max(1, round(view[3] * scale)))
    if part is not None:
        uri = data_uri("image/jpeg", _jpeg(part, size))
    return CardPicture(
        uri=uri,
        note=note,
        where=sample.session,
        width=size[0],
        height=size[1],
        old=_drawn(card.old, view, scale),
        new=_drawn(card.new, view, scale),
    )


def _cut(
    pixels: NDArray[np.uint8], view: Rectangle, sample: VersionSample
) -> tuple[NDArray[np.uint8], Rectangle]:
    """The whole pixels that hold the view, and where they lie in the image."""
    rows, columns = pixels.shape[:2]
    fx, fy = columns / sample.width, rows / sample.height
    left, top = int(view[0] * fx), int(view[1] * fy)
    right = min(columns, math.ceil((view[0] + view[2]) * fx))
    bottom = min(rows, math.ceil((view[1] + view[3]) * fy))
    exact = (left / fx, top / fy, (right - left) / fx, (bottom - top) / fy)
    return pixels[top:bottom, left:right], exact


def _jpeg(part: NDArray[np.uint8], size: tuple[int, int]) -> bytes:
    way = cv2.INTER_AREA if size[0] < part.shape[1] else cv2.INTER_CUBIC
    shown = cv2.resize(part, size, interpolation=way)
    _, coded = cv2.imencode(".jpg", shown, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return coded.tobytes()


def _drawn(box: Box | None, view: Rectangle, scale: float) -> Rectangle | None:
    if box is None:
        return None
    return (
        round((box.x0 - view[0]) * scale, 2),
        round((box.y0 - view[1]) * scale, 2),
        round(box.width * scale, 2),
        round(box.height * scale, 2),
    )
