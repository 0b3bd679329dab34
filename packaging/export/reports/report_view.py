"""A report's contents brought into the shape that the page's template prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dataset.drift import DriftReport, DriftVerdict, MetricDrift, SampleTable
from dataset.drift_statistics.session_means import compared_rows
from dataset.records import CLASS_COLOURS, LabelClass

from .report_plots import (
    MARKERS,
    PointGroup,
    heat_png,
    histogram,
    principal_plane,
    sample_map,
)
from .report_summary import MapPoint, SampleSummary
from .report_text import DASH, GRAY, change_text, plain, safe_colour, signed

_GLYPHS = dict(zip(MARKERS, "●▲■◆▼✚✖", strict=True))
_HEAT_CLASSES = 5
# Width and height of one interval plot, in its own units.
PLOT_WIDTH, PLOT_HEIGHT = 240.0, 24.0
_STUB = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class IntervalPlot:
    """One row of the interval plot, in units of PLOT_WIDTH; None is not drawn.

    `low` and `high` are cut at the edges of the plot; `is_cut_*` says so, and an
    interval wholly beyond an edge is a short stub there.
    """

    band_start: float
    band_end: float
    middle: float
    low: float | None = None
    high: float | None = None
    point: float | None = None
    is_cut_low: bool = False
    is_cut_high: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricRow:
    """One metric as the drift table prints it."""

    metric: MetricDrift
    tone: str
    effect_sd: str
    effect: str
    means: str
    p_adjusted: str
    plot: IntervalPlot


@dataclass(frozen=True, slots=True, kw_only=True)
class LegendEntry:
    """A name with its colour and glyph."""

    name: str
    colour: str
    glyph: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MapView:
    """One map with its legend; `svg` is trusted markup of ours."""

    heading: str
    svg: str
    legend: tuple[LegendEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BarCell:
    """A count with the width of its bar in percent."""

    count: int
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassRow:
    """One class over the splits."""

    label: LabelClass
    colour: str
    cells: tuple[BarCell, ...]
    boxes: int
    samples: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatView:
    """Where the boxes of one class lie; `picture` is a data URI."""

    name: str
    boxes: int
    picture: str


_TONES = {
    DriftVerdict.DRIFT: "bad",
    DriftVerdict.STABLE: "ok",
    DriftVerdict.NOT_ENOUGH: "warn",
}


def tone(verdict: DriftVerdict) -> str:
    """The page's colour class of a verdict."""
    return _TONES[verdict]


def metric_rows(report: DriftReport) -> tuple[MetricRow, ...]:
    """The drift table: drifts first, then what is open, then what is stable."""
    order = [DriftVerdict.DRIFT, DriftVerdict.NOT_ENOUGH, DriftVerdict.STABLE]
    metrics = sorted(report.metrics, key=lambda metric: order.index(metric.verdict))
    span = _span(metrics)
    return tuple(_metric_row(metric, span) for metric in metrics)


def histograms(
    report: DriftReport, base: SampleTable, current: SampleTable, key: str
) -> tuple[tuple[MetricDrift, str], ...]:
    """Each metric with the inline SVG of its two histograms, of what was compared."""
    compared = compared_rows(base, current)
    return tuple(
        (
            row.metric,
            histogram(
                base.values[row.metric.name],
                current.values[row.metric.name][compared],
                unit=row.metric.unit,
                key=f"{key}-{number}",
            ),
        )
        for number, row in enumerate(metric_rows(report))
        if row.metric.name in base.values and row.metric.name in current.values
    )


def class_rows(
    classes: Sequence[LabelClass], splits: Sequence[str], summary: SampleSummary
) -> tuple[ClassRow, ...]:
    """Boxes of each class in each split, with bars on one scale."""
    most = max(summary.boxes.values(), default=0)
    rows = []
    for label in classes:
        counts = [summary.boxes.get((label.id, split), 0) for split in splits]
        rows.append(
            ClassRow(
                label=label,
                colour=safe_colour(label.colour),
                cells=tuple(
                    BarCell(count=count, width=_percent(count, most))
                    for count in counts
                ),
                boxes=sum(counts),
                samples=summary.class_samples.get(label.id, 0),
            )
        )
    return tuple(rows)


def heat_views(
    classes: Sequence[LabelClass], summary: SampleSummary
) -> tuple[HeatView, ...]:
    """Where boxes lie: all classes together, then the largest ones."""
    if not summary.heat:
        return ()
    counts = {
        class_id: sum(
            count for (owner, _), count in summary.boxes.items() if owner == class_id
        )
        for class_id in summary.heat
    }
    names = {label.id: label.name for label in classes}
    total = np.sum(list(summary.heat.values()), axis=0)
    views = [
        HeatView(
            name="all classes", boxes=sum(counts.values()), picture=heat_png(total)
        )
    ]
    largest = sorted(counts, key=lambda class_id: (-counts[class_id], class_id))
    if len(largest) > 1:
        views += [
            HeatView(
                name=names.get(class_id, f"class {class_id}"),
                boxes=counts[class_id],
                picture=heat_png(summary.heat[class_id]),
            )
            for class_id in largest[:_HEAT_CLASSES]
        ]
    return tuple(views)


def map_views(
    summary: SampleSummary,
    embeddings: Mapping[str, NDArray[np.float32]],
    classes: Sequence[LabelClass],
) -> tuple[tuple[MapView, ...], float]:
    """The samples on their two main directions, by class, split and session.

    Returns the maps and the share of variance that they show; no map for fewer than
    three samples or where nothing varies.
    """
    points = [point for point in summary.points if point.sample_id in embeddings]
    if len(points) < 3:
        return (), 0.0
    vectors = np.stack([embeddings[point.sample_id] for point in points])
    place, share = principal_plane(vectors)
    if share <= 0:
        return (), 0.0
    names = {label.id: label.name for label in classes}
    colours = {label.name: safe_colour(label.colour) for label in classes}
    return (
        _map("by class", points, [_class_of(p, names) for p in points], place, colours),
        _map("by split", points, [p.split or "not assigned" for p in points], place),
        _map("by session", points, [p.session for p in points], place),
    ), share


def change_rows(changes: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """The parts of a diff that changed, as name and text."""
    rows = []
    for name, value in changes.items():
        label = value.get("name", name) if isinstance(value, Mapping) else name
        text = change_text(value)
        if text:
            rows.append((str(label), text))
    return tuple(rows)


def _metric_row(metric: MetricDrift, span: float) -> MetricRow:
    p = metric.p_adjusted
    sign = "" if metric.effect is None or metric.effect <= 0 else "+"
    return MetricRow(
        metric=metric,
        tone=tone(metric.verdict),
        effect_sd=signed(metric.effect_sd)
        + ("" if metric.effect_sd is None else " sd"),
        effect=sign + plain(metric.effect),
        means=_means(metric),
        p_adjusted=DASH if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}",
        plot=_interval_plot(metric, span),
    )


def _means(metric: MetricDrift) -> str:
    """Mean of base and of current; a dash where the metric has none, as an AUC."""
    if metric.base_mean is None and metric.current_mean is None:
        return DASH
    return f"{plain(metric.base_mean)} → {plain(metric.current_mean)}"


def _scaled(metric: MetricDrift, value: float | None) -> float | None:
    """A value in sd of the base; where that is 0, in quarters of the limit."""
    if value is None:
        return None
    if metric.base_sd:
        return value / metric.base_sd
    return 0.25 * value / metric.limit if metric.limit else None


def _span(metrics: Sequence[MetricDrift]) -> float:
    """Half the width of the plots: all of most intervals, 0.6 to 2 sd."""
    reach = [0.6]
    for metric in metrics:
        for bound in metric.interval or (metric.effect,):
            scaled = _scaled(metric, bound)
            if scaled is not None:
                reach.append(1.1 * abs(scaled))
    return min(2.0, max(reach))


def _interval_plot(metric: MetricDrift, span: float) -> IntervalPlot:
    half = PLOT_WIDTH / 2

    def across(scaled: float) -> float:
        return round(half + half * min(1.0, max(-1.0, scaled / span)), 2)

    limit = _scaled(metric, metric.limit) or 0.0
    point = _scaled(metric, metric.effect)
    low, high = (_scaled(metric, b) for b in metric.interval or (None, None))
    return IntervalPlot(
        band_start=across(-limit),
        band_end=across(limit),
        middle=half,
        low=None if low is None else min(across(low), PLOT_WIDTH - _STUB),
        high=None if high is None else max(across(high), _STUB),
        point=None if point is None or abs(point) > span else across(point),
        is_cut_low=low is not None and low < -span,
        is_cut_high=high is not None and high > span,
    )


def _class_of(point: MapPoint, names: Mapping[int, str]) -> str:
    if point.class_id is None:
        return "no box"
    return names.get(point.class_id, f"class {point.class_id}")


def _map(
    heading: str,
    points: Sequence[MapPoint],
    groups: Sequence[str],
    place: NDArray[np.float64],
    colours: Mapping[str, str] | None = None,
) -> MapView:
    """One map; the seven largest groups have a colour and a glyph, the others gray."""
    counts: dict[str, int] = {}
    for name in groups:
        counts[name] = counts.get(name, 0) + 1
    plain_names = {"no box", "not assigned"}
    ranked = sorted(
        (name for name in counts if name not in plain_names),
        key=lambda name: (-counts[name], name),
    )
    top = ranked[: len(MARKERS)]
    rest = [name for name in counts if name not in top]
    styles = {
        name: ((colours or {}).get(name, CLASS_COLOURS[index]), MARKERS[index])
        for index, name in enumerate(top)
    }
    members = {name: [i for i, g in enumerate(groups) if g == name] for name in top}
    behind = [index for index, name in enumerate(groups) if name in rest]
    drawn = [PointGroup(points=place[behind], colour=GRAY, marker="o")] * bool(rest)
    drawn += [
        PointGroup(points=place[members[name]], colour=colour, marker=marker)
        for name, (colour, marker) in styles.items()
    ]
    legend = [
        LegendEntry(name=name, colour=colour, glyph=_GLYPHS[marker], count=counts[name])
        for name, (colour, marker) in styles.items()
    ]
    if rest:
        name = rest[0] if len(rest) == 1 else f"{len(rest)} others"
        legend.append(LegendEntry(name=name, colour=GRAY, glyph="●", count=len(behind)))
    key = "map-" + heading.replace(" ", "-")
    svg = sample_map(drawn, key=key) if points else ""
    return MapView(heading=heading, svg=svg, legend=tuple(legend))


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 1) if whole else 0.0
