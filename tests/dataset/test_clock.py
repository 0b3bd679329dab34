from __future__ import annotations

import time

import pytest

from dataset.provenance.clock import (
    OLDEST_US,
    ClockState,
    ScriptedClock,
    SystemClock,
    clock_state,
)
from tests.dataset.signed_project import reading


def test_clock_in_1970_was_never_set() -> None:
    assert clock_state(0) is ClockState.NOT_SET
    assert clock_state(OLDEST_US - 1) is ClockState.NOT_SET


def test_plausible_clock_is_synchronised_or_nobody_knows() -> None:
    assert clock_state(OLDEST_US) in (ClockState.SYNCHRONISED, ClockState.UNKNOWN)


def test_monotonic_clock_goes_on_and_the_boot_stays() -> None:
    clock = SystemClock()

    first, second = clock.read(), clock.read()

    assert second.monotonic_us >= first.monotonic_us
    assert second.boot == first.boot
    assert abs(first.wall_us - time.time() * 1e6) < 60e6


@pytest.mark.parametrize("count", [1, 3])
def test_scripted_clock_stays_at_its_last_reading(count: int) -> None:
    readings = [reading(second) for second in range(count)]
    clock = ScriptedClock(*readings)

    seen = [clock.read() for _ in range(count + 2)]

    assert seen == [*readings, readings[-1], readings[-1]]
