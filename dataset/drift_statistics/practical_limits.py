"""How large a shift must be before it matters, and why.

The limit of a metric is the larger of two: a quarter of the base's own standard
deviation, and a fixed step in the metric's unit. With a quarter of a standard
deviation two bell curves still overlap by 90 %: nine images of ten could have come
from either set, and a model that was trained on one has met the other. The fixed
step guards metrics that hardly vary in the base (a camera with fixed exposure), for
which any change at all would be many standard deviations.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

DEFAULT_SD = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """The shift up to which a metric counts as unchanged.

    `sd` is in standard deviations of the base, `step` in the metric's unit; the
    larger one holds. `reason` says why the step is what it is.

    Raises:
        ValueError: a part is negative or not finite.
    """

    sd: float = DEFAULT_SD
    step: float = 0.0
    reason: str = ""

    def __post_init__(self) -> None:
        if not all(math.isfinite(part) and part >= 0 for part in (self.sd, self.step)):
            raise ValueError(f"a limit is 0 or more: {self.sd} sd, {self.step}")

    def in_unit(self, base_sd: float) -> float:
        """The limit in the metric's unit, for a base of this standard deviation."""
        return max(self.sd * base_sd, self.step)


LIMITS: Mapping[str, Limit] = MappingProxyType(
    {
        "brightness": Limit(step=0.01, reason="2.5 of 255 grey levels"),
        "luma_spread": Limit(step=0.02, reason="5 of 255 grey levels"),
        "clip_low": Limit(step=0.005, reason="half a percent of the pixels"),
        "clip_high": Limit(step=0.005, reason="half a percent of the pixels"),
        "contrast": Limit(step=0.01, reason="2.5 of 255 grey levels"),
        "sharpness": Limit(step=0.5, reason="a ninth of the edge energy"),
        "edge_strength": Limit(step=0.5, reason="a ninth of the edge energy"),
        "noise": Limit(step=0.25, reason="less than what rounding to 8 bits adds"),
        "entropy": Limit(step=0.05, reason="a twentieth of a bit"),
        "saturation": Limit(step=0.01, reason="one percent of the scale"),
        "hue_red": Limit(step=0.01, reason="one percent of the scale"),
        "hue_yellow": Limit(step=0.01, reason="one percent of the scale"),
        "red_green": Limit(step=0.01, reason="one percent of white balance"),
        "blue_green": Limit(step=0.01, reason="one percent of white balance"),
        "black_point": Limit(step=0.01, reason="2.5 of 255 grey levels"),
        "white_point": Limit(step=0.01, reason="2.5 of 255 grey levels"),
        "sharpness_least": Limit(
            step=1.0, reason="a fifth of the edge energy, of one tile of nine only"
        ),
        "sharpness_middle": Limit(step=0.5, reason="a ninth of the edge energy"),
        "edge_least": Limit(
            step=1.0, reason="a fifth of the edge energy, of one tile of nine only"
        ),
        "edge_middle": Limit(step=0.5, reason="a ninth of the edge energy"),
        "blockiness": Limit(
            step=0.25, reason="from quality 90 to 80 it grows by about as much"
        ),
        "jpeg_quality": Limit(
            step=2, reason="rate control of a camera moves it by one or two"
        ),
        "megapixels": Limit(
            step=0.01, reason="no two modes of a camera are as near to each other"
        ),
        "aspect": Limit(step=0.01, reason="0.7 percent of width to height"),
        "file_bytes": Limit(
            step=2048, reason="a thumbnail or a note in the header takes as much"
        ),
        "hour_noon": Limit(step=0.13, reason="half an hour"),
        "hour_morning": Limit(step=0.13, reason="half an hour"),
        "boxes": Limit(step=0.1, reason="one box in ten images"),
        "box_area": Limit(step=0.0005, reason="a twentieth of a percent of the image"),
        "box_aspect": Limit(step=0.05, reason="3.5 percent of width to height"),
        "box_x": Limit(step=0.01, reason="one percent of the width"),
        "box_y": Limit(step=0.01, reason="one percent of the height"),
        "box_edge": Limit(step=0.01, reason="one box in a hundred"),
        "box_overlap": Limit(step=0.01, reason="one box in a hundred"),
        "class_mix": Limit(
            sd=0, step=0.05, reason="one box in twenty of another class"
        ),
        "picture": Limit(
            sd=0,
            step=0.07,
            reason="the AUC of two bell curves a quarter of an sd apart",
        ),
    }
)
