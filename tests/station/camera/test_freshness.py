from __future__ import annotations

from station.camera.freshness import Freshness


def _steady(freshness: Freshness, *, clock: bool, count: int = 30) -> float:
    for number in range(count):
        at_s = number / 10
        assert freshness.is_fresh(100.0 + at_s, at_s if clock else None)
    return 100.0 + (count - 1) / 10


def test_pictures_in_rhythm_are_fresh() -> None:
    _steady(Freshness(), clock=False)
    _steady(Freshness(), clock=True)


def test_backlog_after_a_gap_is_stale_until_the_rhythm_is_back() -> None:
    freshness = Freshness()
    last_s = _steady(freshness, clock=False)

    backlog = [freshness.is_fresh(last_s + 5.0 + n * 0.001) for n in range(20)]
    after = [freshness.is_fresh(last_s + 5.1 + n * 0.1) for n in range(1, 4)]

    assert not any(backlog)
    assert all(after)


def test_slow_camera_is_not_taken_for_a_gap() -> None:
    freshness = Freshness()

    assert all(freshness.is_fresh(n * 2.0) for n in range(10))


def test_delayed_picture_is_stale_by_the_senders_clock() -> None:
    freshness = Freshness()
    last_s = _steady(freshness, clock=True)

    assert not freshness.is_fresh(last_s + 4.0, 3.0)
    assert freshness.is_fresh(last_s + 4.1, last_s + 4.05 - 100.0)


def test_sender_clock_that_was_set_back_is_believed_in_the_end() -> None:
    freshness = Freshness()
    last_s = _steady(freshness, clock=True)

    late = [freshness.is_fresh(last_s + n / 10, n / 10 - 5.0) for n in range(1, 130)]

    assert not late[0]
    assert late[-1]


def test_sender_clock_that_jumps_far_is_taken_over_at_once() -> None:
    freshness = Freshness()
    last_s = _steady(freshness, clock=True)

    assert freshness.is_fresh(last_s + 0.1, 1_700_000_000.0)
