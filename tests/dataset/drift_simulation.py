"""Session-correlated data from a seed, for the tests and benchmarks of drift."""

from __future__ import annotations

import numpy as np

from dataset.drift import SampleTable


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
