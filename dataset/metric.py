"""What is measured of an image and of its boxes: names, units and plain words.

`METRICS` are the default family of a drift comparison: each member makes Holm's
correction stricter, so that it stays at 21 (and two tests of whole sets). `FURTHER`
are measured, kept and told as well, but judged only where `[drift] metrics` names
them: they follow from members of the family (the darkest tones from brightness and
contrast), or from how pictures are stored (quality, file size), which a change of
settings moves without any change before the lens.

Not a number (NaN) stands for: cannot be measured here. Each metric says when (`gap`).
Gray pictures are measured like colour ones without colour, 16-bit ones as 8-bit, and
an alpha channel is dropped: so `dataset.images.image_file` decodes them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

# Luma (0..255) at or beyond which a pixel counts as clipped.
CLIP_LOW = 3
CLIP_HIGH = 252

_TINY = "a side under 3 pixels"
_NO_GREEN = "mean green under one level of 255"
_NO_BOXES = "no boxes"
_UNTIMED = "the time of capture is not known"
# The energy of a tile whose pixels alternate between black and white, in decibel.
_MOST_DB = 64.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One measured number: its key, its unit and how a person calls it.

    Its values lie in `low` to `high`, both included, or are NaN where `gap` says so;
    "" for a metric that every picture has.
    """

    name: str
    unit: str
    label: str
    about: str = ""
    low: float = -math.inf
    high: float = math.inf
    gap: str = ""


IMAGE_METRICS = (
    Metric(
        name="brightness",
        unit="luma 0-1",
        label="brightness",
        about="mean luma",
        low=0,
        high=1,
    ),
    Metric(
        name="luma_spread",
        unit="luma 0-1",
        label="light to dark range",
        about="luma that 95 % of the pixels stay under, less that of 5 %",
        low=0,
        high=1,
    ),
    Metric(
        name="clip_low",
        unit="share",
        label="black pixels",
        about=f"share of pixels with luma up to {CLIP_LOW} of 255",
        low=0,
        high=1,
    ),
    Metric(
        name="clip_high",
        unit="share",
        label="blown-out pixels",
        about=f"share of pixels with luma from {CLIP_HIGH} of 255",
        low=0,
        high=1,
    ),
    Metric(
        name="contrast",
        unit="luma 0-1",
        label="contrast",
        about="standard deviation of luma (RMS contrast)",
        low=0,
        high=0.5,
    ),
    Metric(
        name="sharpness",
        unit="dB",
        label="sharpness",
        about="energy of the Laplacian; 3 dB less is half of it",
        low=0,
        high=_MOST_DB,
        gap=_TINY,
    ),
    Metric(
        name="edge_strength",
        unit="dB",
        label="strength of edges",
        about="energy of the gradient (Tenengrad); 3 dB less is half of it",
        low=0,
        high=_MOST_DB,
        gap=_TINY,
    ),
    Metric(
        name="noise",
        unit="grey levels",
        label="noise",
        about="standard deviation of the noise, of 255, on the quietest tiles",
        low=0,
        high=430,
        gap=_TINY,
    ),
    Metric(
        name="entropy",
        unit="bit",
        label="richness of tones",
        about="entropy of the luma histogram, 0 to 8",
        low=0,
        high=8,
    ),
    Metric(
        name="saturation",
        unit="share",
        label="colourfulness",
        about="mean HSV saturation, 0 gray to 1",
        low=0,
        high=1,
    ),
    Metric(
        name="hue_red",
        unit="share",
        label="red to cyan",
        about="mean hue as an arrow as long as its saturation: red +1 to cyan -1",
        low=-1,
        high=1,
    ),
    Metric(
        name="hue_yellow",
        unit="share",
        label="yellow-green to violet",
        about="the arrow's other part: yellow-green (90 degrees) +1 to violet -1",
        low=-1,
        high=1,
    ),
    Metric(
        name="red_green",
        unit="ratio",
        label="red to green",
        about="mean red over mean green",
        low=0,
        high=255,
        gap=_NO_GREEN,
    ),
    Metric(
        name="blue_green",
        unit="ratio",
        label="blue to green",
        about="mean blue over mean green",
        low=0,
        high=255,
        gap=_NO_GREEN,
    ),
)
BOX_METRICS = (
    Metric(
        name="boxes",
        unit="boxes",
        label="boxes per image",
        about="accepted boxes; 0 where a person said: nothing here",
        low=0,
    ),
    Metric(
        name="box_area",
        unit="share of image",
        label="box area",
        about="mean area of the boxes over the area of the image",
        low=0,
        high=1,
        gap=_NO_BOXES,
    ),
    Metric(
        name="box_aspect",
        unit="log2 w/h",
        label="box shape",
        about="mean log2 of width over height: 1 is twice as wide as high",
        gap=_NO_BOXES,
    ),
    Metric(
        name="box_x",
        unit="share of width",
        label="box centre, across",
        about="mean centre of the boxes, 0 left to 1 right",
        low=0,
        high=1,
        gap=_NO_BOXES,
    ),
    Metric(
        name="box_y",
        unit="share of height",
        label="box centre, down",
        about="mean centre of the boxes, 0 top to 1 bottom",
        low=0,
        high=1,
        gap=_NO_BOXES,
    ),
    Metric(
        name="box_edge",
        unit="share of boxes",
        label="boxes at the edge",
        about="share of the boxes that touch the border of the image",
        low=0,
        high=1,
        gap=_NO_BOXES,
    ),
    Metric(
        name="box_overlap",
        unit="share of boxes",
        label="boxes that overlap",
        about="share of the boxes that share pixels with another box",
        low=0,
        high=1,
        gap=_NO_BOXES,
    ),
)
METRICS = IMAGE_METRICS + BOX_METRICS

FURTHER_IMAGE_METRICS = (
    Metric(
        name="black_point",
        unit="luma 0-1",
        label="darkest tones",
        about="luma that 1 % of the pixels do not exceed",
        low=0,
        high=1,
    ),
    Metric(
        name="white_point",
        unit="luma 0-1",
        label="brightest tones",
        about="luma that 99 % of the pixels do not exceed",
        low=0,
        high=1,
    ),
    Metric(
        name="sharpness_least",
        unit="dB",
        label="sharpness of the softest part",
        about="sharpness of the tile of nine that has least: dirt, a tilted lens",
        low=0,
        high=_MOST_DB,
        gap=_TINY,
    ),
    Metric(
        name="sharpness_middle",
        unit="dB",
        label="sharpness of the middle part",
        about="median sharpness of the nine tiles: one sharp thing does not move it",
        low=0,
        high=_MOST_DB,
        gap=_TINY,
    ),
    Metric(
        name="edge_least",
        unit="dB",
        label="edges of the softest part",
        about="strength of edges in the tile of nine that has least",
        low=0,
        high=_MOST_DB,
        gap=_TINY,
    ),
    Metric(
        name="edge_middle",
        unit="dB",
        label="edges of the middle part",
        about="median strength of edges of the nine tiles",
        low=0,
        high=_MOST_DB,
        gap=_TINY,
    ),
    Metric(
        name="blockiness",
        unit="grey levels",
        label="blocks of compression",
        about="how much larger steps are at the borders of 8 x 8 blocks than elsewhere",
        low=-255,
        high=255,
        gap="a side under 16 pixels",
    ),
)
FILE_METRICS = (
    Metric(
        name="jpeg_quality",
        unit="quality 1-100",
        label="JPEG quality",
        about="the quality whose table of the Independent JPEG Group is nearest",
        low=1,
        high=100,
        gap="no JPEG",
    ),
    Metric(
        name="megapixels",
        unit="megapixels",
        label="image size",
        about="width times height, in millions",
        low=0,
        high=100,
    ),
    Metric(
        name="aspect",
        unit="log2 w/h",
        label="image shape",
        about="log2 of width over height, upright: 1 is twice as wide as high",
        low=-15,
        high=15,
    ),
    Metric(
        name="file_bytes",
        unit="bytes",
        label="file size",
        about="bytes of the stored file",
        low=0,
    ),
)
TIME_METRICS = (
    Metric(
        name="hour_noon",
        unit="share",
        label="noon to midnight",
        about="hour of capture (UTC) as an arrow: 12:00 +1 to 00:00 -1",
        low=-1,
        high=1,
        gap=_UNTIMED,
    ),
    Metric(
        name="hour_morning",
        unit="share",
        label="morning to evening",
        about="the arrow's other part: 06:00 +1 to 18:00 -1",
        low=-1,
        high=1,
        gap=_UNTIMED,
    ),
)
FURTHER = FURTHER_IMAGE_METRICS + FILE_METRICS + TIME_METRICS
EVERY_METRIC = METRICS + FURTHER
