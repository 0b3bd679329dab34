"""The boxes of a side-car as a file beside it must hold them, one sample at a time."""

from __future__ import annotations

from dataset.records import Box, VersionSample
from dataset.versions.leaf import UNITS_PER_PIXEL

from ..contract import ImportedBox
from .image_draft import clipped


def units(box: Box) -> tuple[int, int, int, int]:
    """The corners as whole 1/1024 pixels, as `leaf.quantise` gives them.

    Said again in plain Python: for one box at a time it is ten times as fast. A test
    holds the two together.
    """
    x0, y0 = round(box.x0 * UNITS_PER_PIXEL), round(box.y0 * UNITS_PER_PIXEL)
    x1, y1 = round(box.x1 * UNITS_PER_PIXEL), round(box.y1 * UNITS_PER_PIXEL)
    return x0, y0, max(x1, x0 + 1), max(y1, y0 + 1)


def clipped_boxes(
    sample: VersionSample, names: dict[int, str]
) -> list[tuple[Box, ImportedBox]]:
    """Each box with what a file holds of it: named, and cut at the image's edge.

    Corners are whole 1/1024 pixels, as in the version. A box outside the image has
    nothing to hold and is left out.
    """
    kept = []
    for box in sample.boxes:
        u0, v0, u1, v1 = units(box)
        corners = (
            u0 / UNITS_PER_PIXEL,
            v0 / UNITS_PER_PIXEL,
            u1 / UNITS_PER_PIXEL,
            v1 / UNITS_PER_PIXEL,
        )
        cut = clipped(corners, sample.width, sample.height)
        if cut is not None:
            x0, y0, x1, y1 = cut
            held = ImportedBox(
                class_name=names[box.class_id], x0=x0, y0=y0, x1=x1, y1=y1
            )
            kept.append((box, held))
    return kept
