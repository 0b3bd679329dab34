"""Permutation tests and intervals for the shift between two sets of sessions.

The unit is the session: images of one session resemble each other, so that only
whole sessions are exchanged, and only within their stratum (camera). Each session
counts once, with the mean of its samples.

Model: value of a session = level of its stratum + shift if it is current + noise.
The shift is estimated by least squares, which for one stratum is the difference of
the means. The statistic is the shift over its heteroscedasticity-consistent (HC2)
standard error: MacKinnon and White, Journal of Econometrics 29 (1985); for one
stratum that is Welch's t. Permuting a studentised statistic stays valid when the
two sides differ in spread: Janssen, Statistics and Probability Letters 36 (1997);
Chung and Romano, Annals of Statistics 41 (2013). A two-sided p is twice the smaller
one-sided one.

"Stays valid" is for many sessions. Where few sessions spread more than many (8 new
ones of three images each against 40 of twenty-five), the dealt-out statistic is too
narrow in its tails: twice the variance made 12 % alarms of 5 %, eight times 33 %.
So the shift must hold against Student's t, too, with as many degrees of freedom as
the noisier side allows: Welch, Biometrika 29 (1938), the estimate that takes 2 off
the end, over the sessions of one stratum and side. The p is the larger of both, which
never alarms more often than the permutation alone.

The interval holds every shift that either test would not reject (test inversion), so
interval and p never contradict each other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .arrangements import Floats, Layout, dealt_sums
from .student_t import quantile, two_sided_p

# The bounds are exact to a ten-thousandth of a session's standard deviation.
_BISECTIONS = 14
_DOUBLINGS = 30
# A residual variance under this share of the total is rounding, not variance.
_ROUNDING = 1e-10


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """The shift of one metric from base to current, in the metric's unit.

    `p` and the interval are None where the layout leaves no residual variance to
    judge by; a bound of the interval is infinite where too few arrangements exist.
    The variances are those of one session, around its side's mean.
    """

    shift: float
    p: float | None = None
    low: float = -math.inf
    high: float = math.inf
    base_variance: float = math.nan
    current_variance: float = math.nan


def estimate(
    values: Floats, layout: Layout, *, permutations: int, seed: int
) -> tuple[Estimate, ...]:
    """The shift of each metric, with p and 95 % interval.

    Args:
        values: (N, M) float64, finite: one row a session, one column a metric.
        layout: stratum and side of the N sessions.
        permutations: random arrangements beside the observed one; where no more
            exist, all of them are taken and p is exact.
        seed: of the random arrangements.
    """
    design = Design.of(layout)
    centred = _centred(values, layout)
    scale = np.abs(centred).max(axis=0, initial=0.0)
    constant = scale <= 1e-12 * np.abs(values).max(axis=0, initial=0.0)
    safe = np.where(constant, 1.0, scale)
    unit = np.where(constant, 0.0, centred / safe)
    shift = design.shift(unit)
    if not design.is_testable:
        return tuple(
            Estimate(shift=float(value * size))
            for value, size in zip(shift, safe, strict=True)
        )
    moments = _moments(unit, design, layout, permutations, seed)
    spread = design.side_variances(unit, shift)
    errors, freedom = design.errors(unit, shift, layout)
    return tuple(
        _estimate_one(
            moments,
            column,
            float(safe[column]),
            spread[:, column],
            _Student(error=float(errors[column]), freedom=float(freedom[column])),
        )
        if not constant[column]
        else Estimate(
            shift=0.0, p=1.0, low=0.0, high=0.0, base_variance=0, current_variance=0
        )
        for column in range(values.shape[1])
    )


def joint_p(
    values: Floats, layout: Layout, *, permutations: int, seed: int
) -> float | None:
    """The p that no column shifted, by the largest |t| of any; None: untestable.

    Arguments as for `estimate`; 1 where every column is constant. Against Student's
    t the smallest p of any column counts, after Sidak's correction.
    """
    design = Design.of(layout)
    if not design.is_testable:
        return None
    centred = _centred(values, layout)
    scale = np.abs(centred).max(axis=0, initial=0.0)
    varies = scale > 1e-12 * np.abs(values).max(axis=0, initial=0.0)
    if not varies.any():
        return 1.0
    unit = centred[:, varies] / scale[varies]
    moments = _moments(unit, design, layout, permutations, seed)
    largest = np.abs(moments.statistics(0, 0.0))
    for column in range(1, unit.shape[1]):
        np.maximum(largest, np.abs(moments.statistics(column, 0.0)), out=largest)
    slack = 1e-9 * (1 + largest[0])
    shift = design.shift(unit)
    errors, freedom = design.errors(unit, shift, layout)
    least = min(
        _Student(error=float(error), freedom=float(free)).p(float(moved))
        for moved, error, free in zip(shift, errors, freedom, strict=True)
    )
    sidak = 1.0 - math.pow(1.0 - least, unit.shape[1])
    return max(float((largest >= largest[0] - slack).mean()), sidak)


def _centred(values: Floats, layout: Layout) -> Floats:
    """Values less the mean of their stratum."""
    centred: Floats = np.array(values, dtype=np.float64)
    for start, end, _ in layout.blocks:
        centred[start:end] -= centred[start:end].mean(axis=0)
    return centred


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Design:
    """The least-squares weights that do not change when sessions are dealt anew.

    `share` is each session's stratum's share of current sessions, so that the
    regressor is 1 - share for a current session and -share for a base one; `total`
    is its sum of squares. `c0` and `c1` weigh a session's squared residual in the
    variance of the shift, when it is dealt to base or to current; `free` is what the
    fit leaves of its variance, as it was observed.
    """

    current: Floats
    share: Floats
    total: float
    c0: Floats
    c1: Floats
    free: Floats
    is_testable: bool

    @classmethod
    def of(cls, layout: Layout) -> Design:
        """The weights of a layout."""
        size = np.zeros(len(layout.strata))
        share = np.zeros(len(layout.strata))
        for start, end, count in layout.blocks:
            size[start:end] = end - start
            share[start:end] = count / (end - start)
        current = layout.current.astype(np.float64)
        total = float(((current - share) ** 2).sum())
        free0 = 1 - 1 / size - share**2 / total
        free1 = 1 - 1 / size - (1 - share) ** 2 / total
        used = np.where(layout.current, free1, free0)
        testable = bool((used > 1e-9).all())
        with np.errstate(divide="ignore", invalid="ignore"):
            c0 = share**2 / (total**2 * free0)
            c1 = (1 - share) ** 2 / (total**2 * free1)
        return cls(
            current=current,
            share=share,
            total=total,
            c0=c0,
            c1=c1,
            free=used,
            is_testable=testable,
        )

    def shift(self, unit: Floats) -> Floats:
        """The observed shift of each column, (M,)."""
        answer: Floats = (self.current - self.share) @ unit / self.total
        return answer

    def _parts(self, unit: Floats, shift: Floats) -> Floats:
        """What each session adds to the variance of the shift, (N, M)."""
        residual = unit - np.outer(self.current - self.share, shift)
        weights = np.where(self.current > 0, self.c1, self.c0)
        answer: Floats = weights[:, None] * residual**2
        return answer

    def errors(
        self, unit: Floats, shift: Floats, layout: Layout
    ) -> tuple[Floats, Floats]:
        """Standard error of the shift and its degrees of freedom, (M,) each."""
        parts = self._parts(unit, shift)
        variance = parts.sum(axis=0)
        fourth = np.zeros(len(shift))
        for start, end, _ in layout.blocks:
            for side in (False, True):
                rows = start + np.flatnonzero(layout.current[start:end] == side)
                fourth += parts[rows].sum(axis=0) ** 2 / (self.free[rows].sum() + 2)
        most = len(unit) - len(layout.blocks) - 1
        with np.errstate(divide="ignore", invalid="ignore"):
            freedom = np.clip(np.nan_to_num(variance**2 / fourth - 2), 0.5, most)
        return np.sqrt(variance), freedom

    def side_variances(self, unit: Floats, shift: Floats) -> Floats:
        """Variance of one session in base and in current, (2, M)."""
        parts = self._parts(unit, shift)
        now = self.current > 0
        rows = [
            parts[~now].sum(axis=0) * (~now).sum(),
            parts[now].sum(axis=0) * now.sum(),
        ]
        return np.array(rows, dtype=np.float64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Moments:
    """What the statistic needs of each arrangement, for any assumed shift.

    Rows are arrangements, the observed one first. With y the centred values, z the
    observed regressor, d the shift and c the variance weights of an arrangement:
    `shift` d(y), `square` sum c y y, `cross` sum c y z, `line` sum c r y (r the
    arrangement's own regressor) are (B, M); `own_shift` d(z), `own_square` sum c z z
    and `own_line` sum c r z are (B,); `fixed` is sum c r r, the same for all.
    """

    shift: Floats
    square: Floats
    cross: Floats
    line: Floats
    own_shift: Floats
    own_square: Floats
    own_line: Floats
    fixed: float

    def statistics(self, column: int, assumed: float) -> Floats:
        """(B,) the studentised shift of each arrangement, less an assumed shift."""
        shift = self.shift[:, column] - assumed * self.own_shift
        square = (
            self.square[:, column]
            - 2 * assumed * self.cross[:, column]
            + assumed**2 * self.own_square
        )
        line = self.line[:, column] - assumed * self.own_line
        variance = square - 2 * shift * line + shift**2 * self.fixed
        floor = _ROUNDING * np.maximum(square, 0.0) + _ROUNDING**2
        answer: Floats = shift / np.sqrt(np.maximum(variance, floor))
        return answer

    def tails(self, column: int, assumed: float) -> tuple[float, float]:
        """One-sided p of an assumed shift: too high, too low an observation."""
        t = self.statistics(column, assumed)
        slack = 1e-9 * (1 + abs(t[0]))
        above = float((t >= t[0] - slack).mean())
        below = float((t <= t[0] + slack).mean())
        return above, below


def _moments(
    unit: Floats, design: Design, layout: Layout, permutations: int, seed: int
) -> _Moments:
    """Moments of every arrangement."""
    metrics = unit.shape[1]
    share = design.share
    own = design.current - share
    rise = design.c1 - design.c0
    turn = design.c1 * (1 - share) + design.c0 * share
    both = np.column_stack([unit, own])
    products = np.column_stack([unit**2, unit * own[:, None], own**2])
    gains = np.column_stack(
        [both / design.total, rise[:, None] * products, turn[:, None] * both]
    )
    start = np.concatenate(
        [
            np.zeros(metrics + 1),
            design.c0 @ products,
            -(design.c0 * share) @ both,
        ]
    )
    table = dealt_sums(gains, layout, permutations=permutations, seed=seed)
    table += start
    cuts = np.cumsum([metrics, 1, metrics, metrics, 1, metrics])
    shift, own_shift, square, cross, own_square, line, own_line = np.split(
        table, cuts, axis=1
    )
    weights = np.where(own > 0, design.c1, design.c0)
    return _Moments(
        shift=shift,
        square=square,
        cross=cross,
        line=line,
        own_shift=own_shift[:, 0],
        own_square=own_square[:, 0],
        own_line=own_line[:, 0],
        fixed=float((weights * own**2).sum()),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Student:
    """A shift's standard error, and how many degrees of freedom tell it."""

    error: float
    freedom: float

    def p(self, shift: float) -> float:
        """Two-sided p of a shift; 0 where nothing spreads."""
        if self.error <= _ROUNDING * abs(shift):
            return 0.0 if shift else 1.0
        return two_sided_p(shift / self.error, self.freedom)

    @property
    def reach(self) -> float:
        """Half the width of the 95 % interval."""
        return quantile(0.975, self.freedom) * self.error


def _estimate_one(
    moments: _Moments, column: int, scale: float, spread: Floats, student: _Student
) -> Estimate:
    above, below = moments.tails(column, 0.0)
    shift = float(moments.shift[0, column])
    low = _bound(moments, column, shift, spread, side=0)
    high = _bound(moments, column, shift, spread, side=1)
    return Estimate(
        shift=shift * scale,
        p=max(min(1.0, 2 * min(above, below)), student.p(shift)),
        low=min(low, shift - student.reach) * scale,
        high=max(high, shift + student.reach) * scale,
        base_variance=float(spread[0]) * scale**2,
        current_variance=float(spread[1]) * scale**2,
    )


def _bound(
    moments: _Moments, column: int, shift: float, spread: Floats, *, side: int
) -> float:
    """The shift where the one-sided p of 2.5 % ends; infinite if it never does."""
    step = math.sqrt(float(spread.sum())) + 1e-9
    sign = 1 if side else -1
    inside, outside = shift, shift + sign * step
    for _ in range(_DOUBLINGS):
        if moments.tails(column, outside)[side] <= 0.025:
            break
        inside = outside
        step *= 2
        outside = shift + sign * step
    else:
        return sign * math.inf
    for _ in range(_BISECTIONS):
        middle = (inside + outside) / 2
        if moments.tails(column, middle)[side] <= 0.025:
            outside = middle
        else:
            inside = middle
    return outside
