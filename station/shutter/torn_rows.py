"""Says whether a picture is put together of two, or has parts that never arrived.

Pictures are (H, W, 3) uint8 in BGR order, upright.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
RowSteps = NDArray[np.float16]

BLOCK: Final = 16
"""Side of the blocks that are looked at: a macroblock of H.264, two of JPEG."""
STRIPS: Final = 16
_EVERY_COLUMN: Final = 8
_NEAR_ROWS: Final = 3
_LEAST_SIDE: Final = 2 * BLOCK
# Where data is missing libjpeg leaves grey, and a YUV of zeros is this green; decoders
# round differently by a level or two.
_DEAD_COLOURS: Final = ((128, 128, 128), (0, 135, 0), (0, 154, 0))
_DEAD_SLACK: Final = 2


def row_steps(pixels: Pixels) -> RowSteps:
    """How much each row differs from the one above, (H - 1, 16) float16 grey levels.

    The means over sixteen strips from left to right, of every eighth column of the
    green channel.
    """
    return steps_of(thinned(pixels))


def thinned(pixels: Pixels) -> Pixels:
    """Every eighth column of the green channel, (H, ceil(W / 8)) uint8."""
    return np.ascontiguousarray(pixels[:, ::_EVERY_COLUMN, 1])


def steps_of(green: Pixels) -> RowSteps:
    """`row_steps` of a picture that was `thinned` already."""
    rows = green.shape[0] - 1
    if rows < 1:
        return np.zeros((0, STRIPS), np.float16)
    apart = cv2.absdiff(green[1:], green[:-1]).astype(np.float32)
    means = cv2.resize(apart, (STRIPS, rows), interpolation=cv2.INTER_AREA)
    return means.astype(np.float16)


def seam(steps: RowSteps, before: RowSteps | None) -> float | None:
    """The height of the strongest step that one row alone makes, in grey levels.

    Where the upper part of a picture is of one moment and the lower part of another,
    two rows differ right across the picture, and no rows near them do. What scenes have
    of horizontal edges is as strong in a row beside it, for lenses blur over a pixel;
    or it is not as wide as the picture; or it stood at that row in the picture before.

    Args:
        steps: `row_steps` of the picture.
        before: those of the picture before; None or of another height counts as no
            steps at all.

    Returns:
        The excess over the rows near and the picture before, the median of the sixteen
        strips; None for a picture too small to say.
    """
    near = _NEAR_ROWS
    if len(steps) < _LEAST_SIDE:
        return None
    own = steps.astype(np.float32)
    others = [np.roll(own, shift, axis=0) for shift in range(-near, near + 1) if shift]
    if before is not None and len(before) == len(steps):
        others.append(before.astype(np.float32))
    excess = np.median(own - np.maximum.reduce(others), axis=1)
    return float(max(0.0, excess[near:-near].max()))


def dead_share(pixels: Pixels) -> float | None:
    """The share of the picture that never arrived, 0 to 1; None where it is too small.

    Blocks of 16 x 16 pixels that hold one colour exactly count, where that is the grey
    or the green that decoders leave, and so do whole rows of one and the same colour
    at the lower end, unless they are black or white.
    """
    height, width = pixels.shape[:2]
    if min(height, width) < _LEAST_SIDE:
        return None
    return max(_dead_blocks(pixels), _flat_end(pixels))


def _dead_blocks(pixels: Pixels) -> float:
    rows, columns = pixels.shape[0] // BLOCK, pixels.shape[1] // BLOCK
    # One pixel a block finds the candidates: nearly all pictures have none.
    middle = BLOCK // 2
    probe = np.ascontiguousarray(pixels[middle::BLOCK, middle::BLOCK][:rows, :columns])
    is_dead = np.zeros((rows, columns), np.bool_)
    for colour in _DEAD_COLOURS:
        low, high = (np.add(colour, slack) for slack in (-_DEAD_SLACK, _DEAD_SLACK))
        is_dead |= cv2.inRange(probe, low, high) > 0
    candidates = np.argwhere(is_dead)
    dead = sum(_is_flat(pixels, int(row), int(column)) for row, column in candidates)
    return float(dead / (rows * columns))


def _is_flat(pixels: Pixels, row: int, column: int) -> bool:
    block = pixels[
        row * BLOCK : (row + 1) * BLOCK, column * BLOCK : (column + 1) * BLOCK
    ]
    return bool((block == block[0, 0]).all())


def _flat_end(pixels: Pixels) -> float:
    """The share of rows at the lower end that are all of the very last pixel's colour.

    What a decoder adds to a JPEG that was cut is the last colour it knew.
    """
    colour = pixels[-1, -1]
    if colour.max() <= BLOCK or colour.min() >= 255 - BLOCK:
        return 0.0
    same = 0
    for row in pixels[::-1]:
        if not (row == colour).all():
            break
        same += 1
    # Less than a block may be a border that the camera draws.
    return same / pixels.shape[0] if same >= BLOCK else 0.0
