"""The pictures of a report: inline SVG that follows the page's colours, or PNG.

Matplotlib draws with placeholder colours, which become CSS variables of the page, so
that one picture serves dark, light and print. The same values give the same bytes:
fixed hash salt, no date, no creator. No name that a person gave is drawn; names stand
in the page's own legends, where they are escaped.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import cv2
import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from numpy.typing import NDArray

from .report_text import data_uri

Floats = NDArray[np.float64]

# Placeholder drawn by Matplotlib, and the page's variable that takes its place.
_TEXT, _MUTED, _LINE = "#010203", "#010204", "#010205"
_BASE, _CURRENT = "#010206", "#010207"
_VARIABLES = {
    _TEXT: "var(--text)",
    _MUTED: "var(--muted)",
    _LINE: "var(--line)",
    _BASE: "var(--base)",
    _CURRENT: "var(--accent)",
}
_FONT = "Inter, system-ui, sans-serif"
HISTOGRAM_BINS = 24
HEAT_COLOUR = (47, 134, 232)
MARKERS = ("o", "^", "s", "D", "v", "P", "X")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PointGroup:
    """Points of the map that share a colour and a marker; `points` is (N, 2)."""

    points: Floats
    colour: str
    marker: str


def histogram(base: Floats, current: Floats, *, unit: str, key: str) -> str:
    """Inline SVG: base filled, current as a line, shares of their samples.

    Values that are not finite are left out; the outer percent of either end is
    gathered into the outermost bins.

    Args:
        base: (N,) float64.
        current: (M,) float64.
        unit: written under the axis.
        key: makes the ids of this picture differ from others on the page.
    """
    old, new = (values[np.isfinite(values)] for values in (base, current))
    edges = _edges(old, new)
    with _styled():
        figure = Figure(figsize=(3.0, 1.55))
        axes = figure.add_axes((0.07, 0.26, 0.86, 0.7))
        axes.stairs(_shares(old, edges), edges, fill=True, color=_BASE, linewidth=0)
        axes.stairs(_shares(new, edges), edges, color=_CURRENT, linewidth=1.6)
        _quiet(axes)
        axes.set_yticks([])
        axes.locator_params(axis="x", nbins=5)
        axes.set_xlim(edges[0], edges[-1])
        axes.set_xlabel(unit, color=_MUTED, labelpad=1)
        return _svg(figure, key)


def sample_map(groups: Sequence[PointGroup], *, key: str) -> str:
    """Inline SVG of a 2-D map: points only, a frame, no axes.

    Points are drawn as pixels inside the SVG, so that thousands stay light.
    """
    with _styled():
        figure = Figure(figsize=(3.4, 3.0))
        axes = figure.add_axes((0.01, 0.01, 0.98, 0.98))
        total = sum(len(group.points) for group in groups)
        size = float(np.clip(6000 / max(1, total), 5, 26))
        for group in groups:
            axes.scatter(
                group.points[:, 0],
                group.points[:, 1],
                s=size,
                c=group.colour,
                marker=group.marker,
                alpha=0.85,
                linewidths=0.3,
                edgecolors="#00000060",
                rasterized=True,
            )
        axes.margins(0.04)
        axes.set_xticks([])
        axes.set_yticks([])
        _quiet(axes)
        return _svg(figure, key)


def heat_png(grid: Floats) -> str:
    """A data URI: where boxes lie, as one colour from clear (none) to full (most)."""
    top = float(grid.max(initial=0.0))
    share = grid / top if top > 0 else np.zeros_like(grid)
    pixels = np.zeros((*grid.shape, 4), dtype=np.uint8)
    pixels[..., :3] = HEAT_COLOUR[::-1]
    pixels[..., 3] = np.rint(255 * np.sqrt(share)).astype(np.uint8)
    _, data = cv2.imencode(".png", pixels)
    return data_uri("image/png", data.tobytes())


def principal_plane(vectors: NDArray[np.float32]) -> tuple[Floats, float]:
    """The two main directions of standardised vectors, and their share of variance.

    Principal component analysis by singular values. The sign of each axis is fixed
    by its largest weight, so that the map does not flip between runs.

    Args:
        vectors: (N, D) float32, finite.

    Returns:
        (N, 2) float64 and the share, 0 to 1; zeros where nothing varies.
    """
    values = np.asarray(vectors, dtype=np.float64)
    centred = values - values.mean(axis=0)
    spread = centred.std(axis=0)
    varies = spread > 1e-9
    if len(values) < 3 or int(varies.sum()) < 2:
        return np.zeros((len(values), 2)), 0.0
    scaled = centred[:, varies] / spread[varies]
    _, weights, axes = np.linalg.svd(scaled, full_matrices=False)
    plane = axes[:2]
    signs = np.sign(plane[np.arange(2), np.abs(plane).argmax(axis=1)])
    place: Floats = np.round(scaled @ (plane * signs[:, None]).T, 6)
    return place, float((weights[:2] ** 2).sum() / (weights**2).sum())


@contextmanager
def _styled() -> Iterator[None]:
    """Matplotlib's settings for our pictures, put back afterwards."""
    with mpl.rc_context():
        mpl.rcParams["svg.hashsalt"] = "fieldset"
        mpl.rcParams["svg.fonttype"] = "none"
        mpl.rcParams["font.family"] = ["DejaVu Sans"]
        mpl.rcParams["font.size"] = 8.0
        mpl.rcParams["text.parse_math"] = False
        mpl.rcParams["axes.unicode_minus"] = True
        mpl.rcParams["axes.linewidth"] = 0.8
        yield


def _edges(old: Floats, new: Floats) -> Floats:
    together = np.concatenate([old, new])
    if not together.size:
        return np.linspace(0.0, 1.0, HISTOGRAM_BINS + 1)
    low, high = np.percentile(together, [0.5, 99.5])
    if high - low <= 1e-9 * max(1.0, abs(high)):
        margin = max(0.5 * abs(low), 0.5)
        low, high = low - margin, high + margin
    edges: Floats = np.linspace(low, high, HISTOGRAM_BINS + 1)
    return edges


def _shares(values: Floats, edges: Floats) -> Floats:
    inside = np.clip(values, edges[0], edges[-1])
    counts, _ = np.histogram(inside, bins=edges)
    shares: Floats = counts / max(1, len(values))
    return shares


def _quiet(axes: Axes) -> None:
    """Thin lines in the page's colours, and no frame but the base line."""
    axes.set_facecolor("none")
    for side in ("top", "left", "right"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(_LINE)
    axes.tick_params(axis="x", colors=_LINE, labelcolor=_MUTED, length=3)


def _svg(figure: Figure, key: str) -> str:
    """The figure as SVG to stand inside a page."""
    figure.patch.set_alpha(0.0)
    FigureCanvasSVG(figure)
    target = io.StringIO()
    figure.savefig(
        target,
        format="svg",
        dpi=200,
        metadata={"Date": None, "Creator": None, "Format": None, "Type": None},
    )
    text = target.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
    text = re.sub(r"<style.*?</style>\s*", "", text, flags=re.DOTALL)
    head, end, rest = text.partition(">")
    head = re.sub(r' (?:width|height)="[^"]*"', "", head)
    text = head + end + rest
    text = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{key}-", text)
    text = text.replace("'DejaVu Sans'", _FONT)
    for placeholder, variable in _VARIABLES.items():
        text = text.replace(placeholder, variable)
    return text.strip()
