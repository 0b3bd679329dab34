"""The size at which carry-over looks: halved as often as the boxes allow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from dataset.records import Box, BoxOrigin, Proposal, Verdict

LEAST_SIDE = 640
"""The longer side of a picture never gets below this many pixels."""
LEAST_BOX = 32
"""Nor the square root of any box's area: a template has hardly more pixels."""


def halvings(shape: Sequence[int], boxes: Sequence[Box]) -> int:
    """How often a picture of that shape, (rows, columns, ...), may be halved."""
    side, box = float(max(shape[:2])), min(one.area for one in boxes) ** 0.5
    count = 0
    while side >= 2 * LEAST_SIDE and box >= 2 * LEAST_BOX:
        side, box, count = side / 2, box / 2, count + 1
    return count


def halved(pixels: NDArray[np.uint8], times: int) -> NDArray[np.uint8]:
    """The picture, (H, W, 3) uint8, halved so often; an odd last row or column goes."""
    for _ in range(times):
        rows, columns = pixels.shape[0] // 2, pixels.shape[1] // 2
        even = pixels[: 2 * rows, : 2 * columns]
        # Exact halves are many times faster than any other ratio.
        half = cv2.resize(even, (columns, rows), interpolation=cv2.INTER_AREA)
        pixels = np.asarray(half, np.uint8)
    return pixels


def sized(box: Box, scale: float) -> Box:
    """The box in a picture of `scale` times the size."""
    return replace(
        box,
        x0=box.x0 * scale,
        y0=box.y0 * scale,
        x1=box.x1 * scale,
        y1=box.y1 * scale,
    )


def at_full_size(
    proposals: Sequence[Proposal], boxes: Sequence[Box], scale: float
) -> tuple[Proposal, ...]:
    """Proposals found in a smaller picture, in pixels of one `scale` times its size.

    `boxes` are those of the picture before at full size, in order: what is still or
    left keeps its box to the last bit.
    """
    return tuple(
        _enlarged(one, box, scale) for one, box in zip(proposals, boxes, strict=True)
    )


def _enlarged(proposal: Proposal, box: Box, scale: float) -> Proposal:
    if proposal.verdict in {Verdict.STILL, Verdict.LEFT}:
        kept = replace(box, origin=BoxOrigin.CARRIED, score=proposal.box.score)
        return replace(proposal, box=kept)
    if scale == 1:
        return proposal
    return replace(proposal, box=sized(proposal.box, scale))
