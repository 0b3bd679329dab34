"""Which sessions of a camera are compared with one another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from dataset.health.seats import course_of, pairings, reference_for
from dataset.records import Session

DAY, NIGHT = (("light", "day"),), (("light", "night"),)


def session(
    name: str,
    began: int,
    conditions: tuple[tuple[str, str], ...] = DAY,
    *,
    station: str = "north",
    source: str = "cam",
    place: str = "bridge",
) -> Session:
    return Session(
        id=name,
        name=name,
        station=station,
        source=source,
        place=place,
        conditions=conditions,
        started_us=began,
    )


DAYS = [session("d1", 1), session("d2", 3), session("d3", 5)]
FULL: defaultdict[str, int] = defaultdict(lambda: 24)
NIGHTS = [session("n1", 2, NIGHT), session("n2", 4, NIGHT)]


def names(sessions: Iterable[Session]) -> str:
    return " ".join(one.name for one in sessions)


def test_a_night_is_compared_with_the_first_night_and_not_with_the_day() -> None:
    found = reference_for([*NIGHTS, *DAYS], NIGHTS[1])

    assert found == NIGHTS[0]


def test_the_first_night_is_compared_with_the_first_session_of_all() -> None:
    assert reference_for([*DAYS, *NIGHTS], NIGHTS[0]) == DAYS[0]


def test_the_first_session_has_no_reference() -> None:
    assert reference_for([*DAYS, *NIGHTS], DAYS[0]) is None


def test_another_station_camera_or_place_is_another_seat() -> None:
    others = [
        session("s", 0, station="south"),
        session("c", 0, source="cam 2"),
        session("p", 0, place="gate"),
    ]

    assert reference_for([*others, *DAYS], DAYS[1]) == DAYS[0]
    found, alone = pairings([*others, *DAYS], FULL)
    assert [names(pair.current) for pair in found] == ["d3"]
    assert alone == 3


def test_every_condition_that_came_twice_has_its_pair_the_newest_first() -> None:
    found, alone = pairings([*NIGHTS, *DAYS], FULL)

    assert [(names(p.reference), names(p.current)) for p in found] == [
        ("d1", "d3"),
        ("n1", "n2"),
    ]
    assert [one.name for one in found[0].course] == ["d1", "d2", "d3"]
    assert alone == 0


def test_a_last_session_under_new_conditions_is_compared_with_the_first_one() -> None:
    rain = session("r", 9, (("weather", "rain"),))

    found, _ = pairings([*DAYS, rain], FULL)

    assert (names(found[0].reference), names(found[0].current)) == ("d1", "r")
    assert found[0].course == (*DAYS, rain)


def test_imports_are_of_no_camera() -> None:
    nowhere = [session("a", 1, source=""), session("b", 2, source="")]

    assert pairings(nowhere, FULL) == ((), 0)


def test_a_trend_ends_with_its_session_and_stays_under_its_conditions() -> None:
    everything = [*DAYS, *NIGHTS]

    assert course_of(everything, DAYS[1]) == DAYS[:2]
    assert course_of(everything, NIGHTS[0]) == [DAYS[0], NIGHTS[0]]


def test_short_sessions_are_taken_together_and_never_stand_on_both_sides() -> None:
    short = [session(f"s{number}", number) for number in range(9)]
    few = {one.id: 6 for one in short}

    ((pair,), _), ((bare,), _) = (
        pairings(short, pictures) for pictures in (few, dict.fromkeys(few, 1))
    )

    assert (names(pair.reference), names(pair.current)) == ("s0 s1 s2", "s6 s7 s8")
    assert names(bare.reference) == "s0 s1 s2 s3"
    assert names(bare.current) == "s5 s6 s7 s8"
