"""Augmentation: seeded copies of a sample, pixels and boxes together.

The only file that speaks to Albumentations. Its callers import it late: it takes
seconds to load, and asks the network for updates unless it is told not to first.

Boxes travel as their four corners (key points), not as Albumentations' boxes: those
raise on the smallest overflow and are clipped at every step, so that what part of a
box is left could not be told in the end. A pixel's centre lies at a whole number
there, and half a pixel in here; the corners are shifted to and fro. The pixels of a
copy never depend on the boxes.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from typing import Any, Final

# Before the import below: it would look for updates at once.
os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"

import albumentations
import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import ProjectError
from ..records import Box
from .recipes import AugmentRecipe, seed_of

Pixels = NDArray[np.uint8]

SMALLEST_SIDE_PX: Final = 1.0
# The grey that trainers fill borders with; a mirrored border would show objects
# that no box names.
_BORDER: Final = 114
_NOISE_STD: Final = (0.01, 0.05)
_BLUR_SIGMA: Final = (0.3, 1.5)
_SUCCESSOR: Final = "albumentationsx"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Augmented:
    """A copy: pixels (H, W, 3) BGR of 8 bit, and the boxes that stayed visible.

    The boxes lie inside the image and keep their ids: each still stands for the same
    object. `dropped` counts those that did not stay.
    """

    pixels: Pixels
    boxes: tuple[Box, ...]
    dropped: int


class Augmenter:
    """Makes copies by one recipe.

    Raises:
        ProjectError: the library's successor, which is another one under another
            licence, has taken its place.
    """

    def __init__(self, recipe: AugmentRecipe) -> None:
        _refuse_successor()
        self.recipe = recipe
        self._digest = recipe.digest
        self._compose = albumentations.Compose(
            _steps(recipe),
            keypoint_params=albumentations.KeypointParams(
                format="xy", remove_invisible=False
            ),
        )

    def copy(
        self, pixels: Pixels, boxes: Sequence[Box], *, parent_id: str, index: int
    ) -> Augmented:
        """The copy of that number; the same arguments give the same copy.

        Args:
            pixels: the parent's, (H, W, 3), BGR, 8 bit, upright; not changed.
            boxes: the parent's; they may reach over the edge, and are clipped first.
            parent_id: the parent's sample id, part of the seed.
            index: the number of the copy, part of the seed.
        """
        height, width = pixels.shape[:2]
        inside = [b for box in boxes if (b := clipped(box, width, height)) is not None]
        self._compose.set_random_seed(seed_of(self._digest, parent_id, index))
        made = self._compose(
            image=cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB),
            keypoints=_corners(inside),
        )
        moved = np.asarray(made["keypoints"], np.float64).reshape(-1, 4, 2) + 0.5
        kept = [
            box
            for old, points in zip(inside, moved, strict=True)
            if (box := self._visible(old, points, width, height)) is not None
        ]
        found = np.asarray(cv2.cvtColor(made["image"], cv2.COLOR_RGB2BGR), np.uint8)
        return Augmented(
            pixels=found, boxes=tuple(kept), dropped=len(boxes) - len(kept)
        )

    def _visible(
        self, box: Box, points: NDArray[np.float64], width: int, height: int
    ) -> Box | None:
        """The box around moved corners, inside the image; None where too little is."""
        (x0, y0), (x1, y1) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
        whole = replace(box, x0=x0, y0=y0, x1=x1, y1=y1)
        cut = clipped(whole, width, height)
        if cut is None or min(cut.width, cut.height) < SMALLEST_SIDE_PX:
            return None
        return cut if cut.area >= self.recipe.visibility * whole.area else None


def clipped(box: Box, width: int, height: int) -> Box | None:
    """The part of a box inside an image of that size in pixels; None for none."""
    x0, y0 = max(0.0, box.x0), max(0.0, box.y0)
    x1, y1 = min(float(width), box.x1), min(float(height), box.y1)
    if x1 <= x0 or y1 <= y0:
        return None
    return replace(box, x0=x0, y0=y0, x1=x1, y1=y1)


def _corners(boxes: Sequence[Box]) -> NDArray[np.float64]:
    points = [
        corner
        for box in boxes
        for corner in (
            (box.x0, box.y0), (box.x1, box.y0), (box.x1, box.y1), (box.x0, box.y1),
        )
    ]  # fmt: skip
    return np.array(points, np.float64).reshape(-1, 2) - 0.5


def _steps(recipe: AugmentRecipe) -> list[Any]:
    """The transforms in order: geometry, light, lens, sensor."""
    moves = recipe.rotate_deg or recipe.scale or recipe.shift
    shift = (-recipe.shift, recipe.shift)
    tones = recipe.brightness or recipe.contrast
    tints = recipe.hue_deg or recipe.saturation
    saturation = 255.0 * recipe.saturation
    return [
        albumentations.HorizontalFlip(p=recipe.flip),
        albumentations.Affine(
            scale=(1.0 - recipe.scale, 1.0 + recipe.scale),
            translate_percent={"x": shift, "y": shift},
            rotate=(-recipe.rotate_deg, recipe.rotate_deg),
            keep_ratio=True,
            border_mode=cv2.BORDER_CONSTANT,
            fill=_BORDER,
            p=1.0 if moves else 0.0,
        ),
        albumentations.RandomBrightnessContrast(
            brightness_limit=recipe.brightness,
            contrast_limit=recipe.contrast,
            p=1.0 if tones else 0.0,
        ),
        albumentations.HueSaturationValue(
            hue_shift_limit=recipe.hue_deg / 2.0,
            sat_shift_limit=saturation,
            val_shift_limit=0,
            p=1.0 if tints else 0.0,
        ),
        albumentations.GaussianBlur(
            blur_limit=0, sigma_limit=_BLUR_SIGMA, p=recipe.blur
        ),
        albumentations.GaussNoise(std_range=_NOISE_STD, p=recipe.noise),
    ]


def _refuse_successor() -> None:
    try:
        found = metadata.version(_SUCCESSOR)
    except metadata.PackageNotFoundError:
        return
    raise ProjectError(
        f"AlbumentationsX has taken the place of Albumentations 2.0.8: {found}",
        hint="install fieldset into an environment of its own",
    )
