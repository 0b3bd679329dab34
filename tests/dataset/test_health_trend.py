"""Trends of a camera's measures over its sessions."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from dataset.health.health_finding import HealthVerdict
from dataset.health.health_trend import LEAST_SESSIONS, LIMITS, trend

STEADY = [30.0, 30.4, 29.8, 30.1, 29.9, 30.2, 30.0, 29.7, 30.3, 30.1]


def named(values: Sequence[float]) -> dict[str, float]:
    return {f"s{number}": value for number, value in enumerate(values)}


def test_steady_sessions_are_fine() -> None:
    found = trend("sharpness", named(STEADY), LIMITS["sharpness"])

    assert found.verdict is HealthVerdict.FINE
    assert found.since is None


def test_a_creeping_loss_is_a_fault_that_knows_when_it_began() -> None:
    creeping = [*STEADY, *(30.0 - 0.8 * step for step in range(1, 11))]

    found = trend("sharpness", named(creeping), LIMITS["sharpness"])

    assert found.verdict is HealthVerdict.FAULT
    assert found.since in {"s10", "s11", "s12"}
    assert "lose sharpness" in found.sentence


@pytest.mark.parametrize(("name", "sign"), [("sharpness", 1.0), ("noise", -1.0)])
def test_what_becomes_better_is_no_fault(name: str, sign: float) -> None:
    better = [*STEADY, *(30.0 + sign * step for step in range(1, 11))]

    found = trend(name, named(better), LIMITS[name])

    assert found.verdict is HealthVerdict.FINE
    assert found.since is not None


def test_a_change_that_went_away_again_is_no_fault() -> None:
    there_and_back = [*STEADY, 24.0, 23.0, 24.0, *STEADY, *STEADY, *STEADY]

    found = trend("sharpness", named(there_and_back), LIMITS["sharpness"])

    assert found.verdict is not HealthVerdict.FAULT


@pytest.mark.parametrize("sessions", range(LEAST_SESSIONS))
def test_few_sessions_are_not_enough_data(sessions: int) -> None:
    found = trend("brightness", named([0.5] * sessions), LIMITS["brightness"])

    assert found.verdict is HealthVerdict.NOT_ENOUGH_DATA
    assert found.sentence.endswith(f": {sessions}")


def test_sessions_without_a_value_are_passed_over() -> None:
    values = [math.nan, *STEADY, math.inf]

    found = trend("sharpness", named(values), LIMITS["sharpness"])

    assert found.sessions == len(STEADY)
    assert found.verdict is HealthVerdict.FINE


def test_steady_sessions_seldom_raise_an_alarm() -> None:
    rng = np.random.default_rng(4)

    alarms = sum(
        trend("sharpness", named(rng.normal(30, 2, 25).tolist()), 2.0).verdict
        is HealthVerdict.FAULT
        for _ in range(400)
    )

    assert alarms <= 20
