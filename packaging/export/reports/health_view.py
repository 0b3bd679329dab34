"""The health of cameras as the report prints it: findings, and trends as plots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from dataset.health.health_finding import HealthFinding, HealthVerdict
from dataset.health.health_trend import (
    BASE,
    WEIGHT,
    H,
    HealthTrend,
    TrendCourse,
)
from dataset.health.tile_detail import COLUMNS, ROWS
from dataset.health.version_health import SeatHealth, VersionHealth

from .report_text import DASH, MINUS, plain

# Width and height of a trend's plot in its own units: means above, sums below.
WIDTH, HEIGHT = 240.0, 104.0
_MEANS_TOP, _MEANS_BOTTOM = 4.0, 68.0
_SUMS_TOP, _SUMS_BOTTOM = 74.0, 102.0
# The height of the sums' half, in limits of CUSUM.
_SUMS_REACH = 2.0
_TONES = {
    HealthVerdict.FAULT: "bad",
    HealthVerdict.FINE: "ok",
    HealthVerdict.NOT_ENOUGH_DATA: "warn",
}
_ORDER = (HealthVerdict.FAULT, HealthVerdict.NOT_ENOUGH_DATA, HealthVerdict.FINE)
_UNITS = {"share of width": "% of width", "log2": "log2", "ratio": ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRow:
    """One finding; `tiles` are (column, row, is bad) of the picture's 24, or none."""

    name: str
    sentence: str
    step: str
    change: str
    limit: str
    verdict: str
    tone: str
    tiles: tuple[tuple[int, int, bool], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SumBar:
    """One bar of CUSUM."""

    x: float
    y: float
    width: float
    height: float
    is_over: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CoursePlot:
    """A trend in units of WIDTH and HEIGHT; y grows downward.

    `smooth` is the EWMA as the points of a polyline, "" where there is none.
    """

    band_top: float
    band_height: float
    level: float
    marks: tuple[tuple[float, float], ...]
    radius: float
    smooth: str
    sum_limits: tuple[float, ...]
    bars: tuple[SumBar, ...]
    top_text: str
    bottom_text: str
    height: float
    bottom: float = _MEANS_BOTTOM


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendView:
    """One trend with its plot; the sentence is "" where the camera says it for all."""

    name: str
    verdict: str
    tone: str
    sentence: str
    plot: CoursePlot


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraView:
    """One camera of the report; `trend_note` is what is said of all trends alike."""

    name: str
    verdict: str
    tone: str
    compared: str
    rows: tuple[FindingRow, ...]
    trends: tuple[TrendView, ...]
    trend_note: str = ""


def tone(verdict: HealthVerdict) -> str:
    """The page's colour class of a verdict."""
    return _TONES[verdict]


def context(health: VersionHealth | None) -> dict[str, object]:
    """What the template prints of the health of cameras."""
    return {
        "health": health,
        "health_tone": "" if health is None else tone(health.verdict),
        "cameras": () if health is None else tuple(map(camera_view, health.cameras)),
        "ewma_weight": WEIGHT,
        "trend_base": BASE,
        "cusum_limit": H,
        "course_width": WIDTH,
    }


def camera_view(seat: SeatHealth) -> CameraView:
    """A camera with its findings, faults first, and the trends of its measures."""
    health = seat.health
    sentences = {one.sentence for one in seat.trends}
    note = sentences.pop() if len(sentences) == 1 else ""
    return CameraView(
        name=seat.name,
        verdict=seat.verdict.value,
        tone=tone(seat.verdict),
        compared=f"{_span(seat.current)}, {health.current_frames} pictures looked at, "
        f"against {_span(seat.reference)}, {health.reference_frames} pictures. Trends "
        f"over {seat.sessions} sessions.",
        rows=_rows(health.findings),
        trends=tuple(
            _trend(one, one.course, has_note=bool(note))
            for one in seat.trends
            if one.course is not None
        ),
        trend_note=note,
    )


def course_plot(course: TrendCourse, limit: float) -> CoursePlot:
    """The plot of a course: means and EWMA above, the sums of CUSUM below."""
    inside = (*course.means, *course.ewma, course.level - limit, course.level + limit)
    low, high = min(inside), max(inside)
    margin = 0.06 * ((high - low) or 1.0)
    low, high = low - margin, high + margin

    def down(value: float) -> float:
        share = (value - low) / (high - low)
        return round(_MEANS_BOTTOM - share * (_MEANS_BOTTOM - _MEANS_TOP), 2)

    count = len(course.means)
    step = WIDTH / count
    places = [round((at + 0.5) * step, 2) for at in range(count)]
    later = places[count - len(course.ewma) :]
    middle = (_SUMS_TOP + _SUMS_BOTTOM) / 2
    reach = (_SUMS_BOTTOM - _SUMS_TOP) / 2 / _SUMS_REACH
    return CoursePlot(
        band_top=down(course.level + limit),
        band_height=round(down(course.level - limit) - down(course.level + limit), 2),
        level=down(course.level),
        marks=tuple(zip(places, map(down, course.means), strict=True)),
        radius=round(min(3.0, max(1.0, step / 3)), 2),
        smooth=" ".join(
            f"{x},{down(value)}" for x, value in zip(later, course.ewma, strict=True)
        ),
        sum_limits=(middle - reach, middle + reach),
        height=HEIGHT if course.ewma else _MEANS_BOTTOM + _MEANS_TOP,
        bars=_bars(later, course.up, step, -1) + _bars(later, course.down, step, 1),
        top_text=plain(high - margin),
        bottom_text=plain(low + margin),
    )


def _span(sessions: Sequence[str]) -> str:
    """The sessions of one side by their first and last."""
    if len(sessions) == 1:
        return sessions[0]
    return f"{sessions[0]} to {sessions[-1]} ({len(sessions)} sessions)"


def _bars(
    places: Sequence[float], sums: Sequence[float], step: float, sign: int
) -> tuple[SumBar, ...]:
    """Bars from the middle line, up where `sign` is -1; cut at the edge."""
    middle = (_SUMS_TOP + _SUMS_BOTTOM) / 2
    most = (_SUMS_BOTTOM - _SUMS_TOP) / 2
    bars = []
    for x, total in zip(places, sums, strict=True):
        height = round(min(most, most * total / H / _SUMS_REACH), 2)
        if height > 0:
            bars.append(
                SumBar(
                    x=round(x - 0.35 * step, 2),
                    y=round(middle - height, 2) if sign < 0 else middle,
                    width=round(0.7 * step, 2),
                    height=height,
                    is_over=total > H,
                )
            )
    return tuple(bars)


def _trend(trend: HealthTrend, course: TrendCourse, *, has_note: bool) -> TrendView:
    return TrendView(
        name=trend.name.replace("_", " to "),
        verdict=trend.verdict.value,
        tone=tone(trend.verdict),
        sentence="" if has_note else trend.sentence,
        plot=course_plot(course, trend.limit),
    )


def _rows(findings: Sequence[HealthFinding]) -> tuple[FindingRow, ...]:
    """Faults first; what is open for one and the same reason is one row."""
    ordered = sorted(findings, key=lambda one: _ORDER.index(one.verdict))
    rows = []
    for _, alike in groupby(ordered, key=lambda one: (one.verdict, one.sentence)):
        group = list(alike)
        rows.append(_row(group[0], ", ".join(one.name for one in group)))
    return tuple(rows)


def _row(finding: HealthFinding, name: str) -> FindingRow:
    step = finding.next_step
    return FindingRow(
        name=name,
        sentence=finding.sentence,
        step=f"{step[:1].upper()}{step[1:]}." if step else "",
        change=_change(finding),
        limit=DASH if finding.limit is None else _in_unit(finding.limit, finding.unit),
        verdict=finding.verdict.value,
        tone=tone(finding.verdict),
        tiles=_tiles(finding),
    )


def _change(finding: HealthFinding) -> str:
    if finding.effect is None:
        return DASH
    if finding.unit == "share of width":
        return _in_unit(finding.effect, finding.unit)
    if finding.unit in {"frames", "pixels"}:
        return _in_unit(finding.effect, finding.unit)
    sign = "+" if finding.effect > 0 else ""
    text = sign + _in_unit(finding.effect, "")
    if finding.margin is not None:
        text += f" ± {plain(finding.margin)}"
    return f"{text} {_UNITS.get(finding.unit, finding.unit)}".rstrip()


def _in_unit(value: float, unit: str) -> str:
    if unit == "share of width":
        value *= 100
    text = f"{value:g}" if value == int(value) else plain(value)
    text = text.replace("-", MINUS)
    if unit in {"frames", "pixels"} and value == 1:
        unit = unit[:-1]
    return f"{text} {_UNITS.get(unit, unit)}".rstrip()


def _tiles(finding: HealthFinding) -> tuple[tuple[int, int, bool], ...]:
    """The 24 parts of the picture, where the finding names some of them."""
    if finding.name != "dirt" or not finding.places:
        return ()
    bad = set(finding.places)
    return tuple(
        (column, row, (column, row) in bad)
        for row in range(ROWS)
        for column in range(COLUMNS)
    )
