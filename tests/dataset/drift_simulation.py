"""Tables from a seed, from a list or drawn, for the tests and benchmarks of drift."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from dataset.drift import DriftReport, MetricDrift, SampleTable

Sessions = Sequence[Sequence[float]]


def simulated_table(
    rng: np.random.Generator,
    *,
    name: str,
    sessions: int,
    per_session: int = 25,
    correlation: float = 0.2,
    metrics: int = 12,
    shifted: int = 0,
    shift: float = 0.0,
) -> SampleTable:
    """Normal values of variance 1, `correlation` of it shared within a session.

    The first `shifted` metrics are moved by `shift` standard deviations.
    """
    common = rng.standard_normal((sessions, 1, metrics))
    own = rng.standard_normal((sessions, per_session, metrics))
    values = np.sqrt(correlation) * common + np.sqrt(1 - correlation) * own
    values[:, :, :shifted] += shift
    flat = values.reshape(sessions * per_session, metrics)
    return SampleTable(
        sample_ids=tuple(f"{name}-{row:06}" for row in range(len(flat))),
        sessions=tuple(f"{name}-{row // per_session:04}" for row in range(len(flat))),
        strata=("camera",) * len(flat),
        values={f"m{column:02}": flat[:, column] for column in range(metrics)},
    )


def whole_table(
    rng: np.random.Generator,
    *,
    name: str,
    sessions: int,
    per_session: int = 25,
    correlation: float = 0.2,
    metrics: int = 12,
    length: int = 32,
) -> SampleTable:
    """A simulated table with embeddings and boxes of four classes beside its metrics.

    The embeddings have the metrics' correlation; a session's rates of boxes spread by
    e to the power of it.
    """
    made = simulated_table(
        rng,
        name=name,
        sessions=sessions,
        per_session=per_session,
        correlation=correlation,
        metrics=metrics,
    )
    seen = simulated_table(
        rng,
        name=name,
        sessions=sessions,
        per_session=per_session,
        correlation=correlation,
        metrics=length,
    )
    rates = np.exp(correlation * rng.standard_normal((sessions, 1, 4)))
    boxes = rng.poisson(np.broadcast_to(rates, (sessions, per_session, 4)))
    counts = boxes.reshape(-1, 4).astype(np.float64)
    return replace(
        made,
        vectors=np.column_stack(list(seen.values.values())).astype(np.float32),
        classes={f"class {number}": counts[:, number] for number in range(4)},
    )


def table(
    name: str, sessions: Sessions, metric: str = "m", cameras: Sequence[str] = ()
) -> SampleTable:
    """One metric, given by session; each session has a camera of its own or "cam"."""
    rows = [
        (session, number)
        for session, values in enumerate(sessions)
        for number in range(len(values))
    ]
    return SampleTable(
        sample_ids=tuple(f"{name}-{session}-{number}" for session, number in rows),
        sessions=tuple(f"{name}-{session}" for session, _ in rows),
        strata=tuple(cameras[s] if cameras else "cam" for s, _ in rows),
        values={
            metric: np.array([v for values in sessions for v in values], dtype=float)
        },
    )


def drawn(
    seed: int, count: int, centre: float = 0.0, spread: float = 0.1
) -> list[list[float]]:
    """Sessions of four samples around their own mean."""
    rng = np.random.default_rng(seed)
    means = rng.normal(centre, spread, count)
    return [list(rng.normal(mean, 1.0, 4)) for mean in means]


def only(report: DriftReport) -> MetricDrift:
    """The one metric of a report."""
    (metric,) = report.metrics
    return metric


def simulated(
    seed: int, base: int, current: int, **shift: float
) -> tuple[SampleTable, SampleTable]:
    """A base and a current table of one seed, correlation 0.2."""
    rng = np.random.default_rng(seed)
    old = simulated_table(rng, name="b", sessions=base)
    new = simulated_table(
        rng,
        name="c",
        sessions=current,
        shifted=int(shift.get("shifted", 0)),
        shift=shift.get("shift", 0.0),
    )
    return old, new


@st.composite
def sample_tables(draw: st.DrawFn, name: str = "b", *, most: int = 6) -> SampleTable:
    """Up to `most` sessions of up to 3 samples, with ties, holes, flat and wild values.

    Session names and cameras may be those of another table; sample ids begin with
    `name`.
    """
    sizes = draw(st.lists(st.integers(1, 3), max_size=most))
    owners = [number for number, size in enumerate(sizes) for _ in range(size)]
    shared = draw(st.integers(0, 2))
    cameras = draw(st.lists(st.sampled_from("ab"), min_size=most, max_size=most))
    wild = st.floats(-1e9, 1e9) | st.sampled_from([0.0, 1.0, math.nan, math.inf])
    kinds = (st.just(0.1), st.sampled_from([0.0, 1.0]), wild, st.just(math.nan))
    rows = len(owners)
    some = {
        f"m{number}": st.lists(kind, min_size=rows, max_size=rows)
        for number, kind in enumerate(kinds)
    }
    counts = st.lists(
        st.integers(0, 3) | st.just(math.nan), min_size=rows, max_size=rows
    )
    vectors = st.lists(st.sampled_from([0.0, 1.0, math.nan]), min_size=3, max_size=3)
    seen = st.lists(vectors, min_size=rows, max_size=rows)
    return SampleTable(
        sample_ids=tuple(f"{name}-{row}" for row in range(rows)),
        sessions=tuple(f"{'s' if at < shared else name}-{at}" for at in owners),
        strata=tuple(cameras[at] for at in owners),
        values={key: np.array(draw(kind), dtype=float) for key, kind in some.items()},
        classes={
            key: np.array(draw(counts), dtype=float)
            for key in draw(st.sets(st.sampled_from("xy")).map(sorted))
        },
        vectors=np.array(draw(seen), np.float32).reshape(rows, 3)
        if draw(st.booleans())
        else None,
    )
