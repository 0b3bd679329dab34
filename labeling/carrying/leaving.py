"""Whether an object left the picture, by where it was heading and what was found."""

from __future__ import annotations

from ..geometry import Corners, area, clip
from .candidates import Target

LEFT_BELOW = 0.01
"""Hardly ever: a low score says that a thing was not found, not that it is gone."""
LEFT_BELOW_AT_BORDER = 0.25
"""Things leave over the border, so less doubt is enough for a box that was near it, and
whose course is known: of one seen once, nobody knows whether it went out or came in."""
AT_BORDER = 0.4
"""So near, in sizes, a box is at the border."""
GONE_INSIDE = 0.25
"""A box with less of its area than this inside the image has left."""
LEAVING_INSIDE = 0.58
"""One with less than this has left unless it was found for sure: annotators end an
object about where half of it is out, and what is still seen is often something else."""
SURE_AGAINST_COURSE = 0.7
SURE_AT_PLACE = 0.65


def has_left(
    target: Target, found: Corners, score: float, width: int, height: int
) -> bool:
    """True where the box `found` with that score should not be offered.

    Fitted on clips composed of photos, on clips with boxes from motion and on one of
    the shared tracks.
    """
    inside = share_inside(found, width, height)
    if inside < GONE_INSIDE:
        return True
    if inside < LEAVING_INSIDE and score < SURE_AT_PLACE:
        return True
    if target.deviation is None:
        return score < LEFT_BELOW
    ahead = share_inside(target.expected, width, height)
    if ahead < LEAVING_INSIDE and score < SURE_AGAINST_COURSE:
        return True
    is_near = _is_at_border(target, width, height)
    return score < (LEFT_BELOW_AT_BORDER if is_near else LEFT_BELOW)


def share_inside(corners: Corners, width: int, height: int) -> float:
    """Which share of the box's area lies inside the image, 0 to 1."""
    inside = clip(corners, width, height)
    return 0.0 if inside is None else area(inside) / area(corners)


def _is_at_border(target: Target, width: int, height: int) -> bool:
    """True where the box was, or is expected, close to the border or beyond."""
    margin = AT_BORDER * target.size
    return any(
        x0 < margin or y0 < margin or x1 > width - margin or y1 > height - margin
        for x0, y0, x1, y1 in (target.corners, target.expected)
    )
