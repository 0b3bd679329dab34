"""What is measured of an image and of its boxes: names, units and plain words."""

from __future__ import annotations

from dataclasses import dataclass

# Luma (0..255) at or beyond which a pixel counts as clipped.
CLIP_LOW = 3
CLIP_HIGH = 252


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One measured number: its key, its unit and how a person calls it."""

    name: str
    unit: str
    label: str
    about: str = ""


IMAGE_METRICS = (
    Metric(
        name="brightness",
        unit="luma 0-1",
        label="brightness",
        about="mean luma",
    ),
    Metric(
        name="luma_spread",
        unit="luma 0-1",
        label="light to dark range",
        about="luma that 95 % of the pixels stay under, less that of 5 %",
    ),
    Metric(
        name="clip_low",
        unit="share",
        label="black pixels",
        about=f"share of pixels with luma up to {CLIP_LOW} of 255",
    ),
    Metric(
        name="clip_high",
        unit="share",
        label="blown-out pixels",
        about=f"share of pixels with luma from {CLIP_HIGH} of 255",
    ),
    Metric(
        name="contrast",
        unit="luma 0-1",
        label="contrast",
        about="standard deviation of luma (RMS contrast)",
    ),
    Metric(
        name="sharpness",
        unit="dB",
        label="sharpness",
        about="energy of the Laplacian; 3 dB less is half of it",
    ),
    Metric(
        name="edge_strength",
        unit="dB",
        label="strength of edges",
        about="energy of the gradient (Tenengrad); 3 dB less is half of it",
    ),
    Metric(
        name="noise",
        unit="grey levels",
        label="noise",
        about="standard deviation of the noise, of 255, on the quietest tiles",
    ),
    Metric(
        name="entropy",
        unit="bit",
        label="richness of tones",
        about="entropy of the luma histogram, 0 to 8",
    ),
    Metric(
        name="saturation",
        unit="share",
        label="colourfulness",
        about="mean HSV saturation, 0 gray to 1",
    ),
    Metric(
        name="hue_red",
        unit="share",
        label="red to cyan",
        about="mean hue as an arrow as long as its saturation: red +1 to cyan -1",
    ),
    Metric(
        name="hue_yellow",
        unit="share",
        label="yellow-green to violet",
        about="the arrow's other part: yellow-green (90 degrees) +1 to violet -1",
    ),
    Metric(
        name="red_green",
        unit="ratio",
        label="red to green",
        about="mean red over mean green",
    ),
    Metric(
        name="blue_green",
        unit="ratio",
        label="blue to green",
        about="mean blue over mean green",
    ),
)
BOX_METRICS = (
    Metric(
        name="boxes",
        unit="boxes",
        label="boxes per image",
        about="accepted boxes; 0 where a person said: nothing here",
    ),
    Metric(
        name="box_area",
        unit="share of image",
        label="box area",
        about="mean area of the boxes over the area of the image",
    ),
    Metric(
        name="box_aspect",
        unit="log2 w/h",
        label="box shape",
        about="mean log2 of width over height: 1 is twice as wide as high",
    ),
    Metric(
        name="box_x",
        unit="share of width",
        label="box centre, across",
        about="mean centre of the boxes, 0 left to 1 right",
    ),
    Metric(
        name="box_y",
        unit="share of height",
        label="box centre, down",
        about="mean centre of the boxes, 0 top to 1 bottom",
    ),
    Metric(
        name="box_edge",
        unit="share of boxes",
        label="boxes at the edge",
        about="share of the boxes that touch the border of the image",
    ),
    Metric(
        name="box_overlap",
        unit="share of boxes",
        label="boxes that overlap",
        about="share of the boxes that share pixels with another box",
    ),
)
METRICS = IMAGE_METRICS + BOX_METRICS
