from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from export.intakes.card_sessions import (
    Shot,
    by_camera,
    clock_faults,
    in_order,
    is_of_card,
    root_of,
    sessions_of,
)
from tests.strategies import shots

MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US
NOON_US = 1_790_000_000_000_000


def row(*minutes: int | None, device: str = "") -> tuple[Shot, ...]:
    """Numbered shots at these minutes after noon; None: nothing is stated."""
    return tuple(
        Shot(
            name=f"DCIM/100TRAIL/IMG_{number:04}.JPG",
            taken_us=0 if at is None else NOON_US + at * MINUTE_US,
            written_us=NOON_US + 900 * DAY_US,
            device=device,
        )
        for number, at in enumerate(minutes, start=1)
    )


def numbers(sessions: tuple[tuple[Shot, ...], ...]) -> list[list[int]]:
    return [[int(one.name[-8:-4]) for one in each] for each in sessions]


def test_folders_of_a_card_are_known_by_their_names() -> None:
    assert is_of_card("DCIM/100RECNX/RCNX0001.JPG")
    assert is_of_card("gate 7/dcim/IMG_0001.jpg")
    assert is_of_card("101EK113/x.jpg")
    assert not is_of_card("train/images/1.jpg")
    assert not is_of_card("099ABCDE/1.jpg")
    assert not is_of_card("IMG_0001.JPG")


def test_what_lies_above_the_card_is_the_camera() -> None:
    assert root_of("gate 7/cam a/DCIM/100TRAIL/IMG_0001.JPG") == "gate 7/cam a"
    assert root_of("DCIM/100TRAIL/IMG_0001.JPG") == ""
    assert root_of("north/100TRAIL/IMG_0001.JPG") == "north"
    assert root_of("loose/1.jpg") == "loose"


def test_places_and_devices_are_cameras_of_their_own() -> None:
    found = by_camera(
        (
            Shot(name="north/DCIM/100TRAIL/IMG_0001.JPG", device="HC500"),
            Shot(name="north/DCIM/100TRAIL/IMG_0002.JPG", device="Spypoint"),
            Shot(name="south/DCIM/100TRAIL/IMG_0001.JPG", device="HC500"),
            Shot(name="DCIM/100TRAIL/IMG_0001.JPG"),
        ),
        "card 3",
    )

    assert list(found) == [
        "card 3",
        "north (HC500)",
        "north (Spypoint)",
        "south (HC500)",
    ]


def test_a_long_pause_begins_a_session_and_a_burst_stays_whole() -> None:
    shots = row(0, 0, 0, 30, 91, 91, 92)

    assert numbers(sessions_of(shots, HOUR_US)) == [[1, 2, 3, 4], [5, 6, 7]]


def test_a_clock_that_goes_back_an_hour_tears_no_session() -> None:
    shots = row(0, 10, -50, -40)

    assert numbers(sessions_of(in_order(shots), HOUR_US)) == [[1, 2, 3, 4]]


def test_a_clock_that_is_lost_begins_a_session_and_keeps_the_order() -> None:
    lost = tuple(
        Shot(name=f"DCIM/100TRAIL/IMG_{number:04}.JPG", taken_us=946_684_800_000_000)
        for number in (3, 4)
    )

    found = sessions_of(in_order((*lost, *row(0, 10))), HOUR_US)

    assert numbers(found) == [[1, 2], [3, 4]]


def test_names_without_numbers_are_put_in_order_of_time() -> None:
    shots = (
        Shot(name="b.jpg", taken_us=3),
        Shot(name="c.jpg", taken_us=1),
        Shot(name="a.jpg", taken_us=2),
    )

    assert [one.name for one in in_order(shots)] == ["c.jpg", "a.jpg", "b.jpg"]


def test_a_shot_without_a_time_stays_with_the_one_before() -> None:
    shots = row(None, 0, None, 200, None)

    assert numbers(sessions_of(shots, HOUR_US)) == [[1, 2, 3], [4, 5]]


def test_where_no_shot_has_a_time_those_of_the_files_count() -> None:
    shots = tuple(
        Shot(name=f"IMG_{number:04}.JPG", written_us=NOON_US + number * 40 * MINUTE_US)
        for number in (1, 2, 5)
    )

    assert numbers(sessions_of(shots, HOUR_US)) == [[1, 2], [5]]


def test_a_clock_that_was_never_set_is_named_once() -> None:
    shots = tuple(
        Shot(name=f"IMG_{number:04}.JPG", taken_us=946_684_800_000_000 + number)
        for number in (1, 2, 3)
    )

    (fault,) = clock_faults({"north": shots}, now_us=NOON_US)

    assert fault.path == "IMG_0001.JPG"
    assert fault.what == (
        "3 pictures from here on of a clock that was never set: 2000-01-01"
    )


def test_a_clock_that_lies_ahead_or_was_set_back_is_named() -> None:
    shots = row(0, 3 * 24 * 60, 10)

    faults = clock_faults({"north": shots}, now_us=NOON_US)

    assert [(one.path[-12:], one.what) for one in faults] == [
        ("IMG_0002.JPG", "1 picture of a clock that goes ahead: 2026-09-24"),
        ("IMG_0003.JPG", "the clock was set back here by 3 days"),
    ]


def test_an_hour_of_winter_time_is_told_in_hours() -> None:
    (fault,) = clock_faults({"north": row(0, -60)}, now_us=NOON_US)

    assert fault.what == "the clock was set back here by 1.0 h"


def test_missing_times_are_named() -> None:
    some = clock_faults({"north": row(0, None, None)}, now_us=NOON_US)
    none = clock_faults({"north": row(None)}, now_us=NOON_US)

    assert [one.what for one in (*some, *none)] == [
        "2 pictures from here on without a time of capture",
        "1 picture without a time; those of the files count",
    ]


def test_a_clock_that_is_well_is_not_named() -> None:
    assert clock_faults({"north": row(0, 10, 3000)}, now_us=NOON_US + 9 * DAY_US) == ()


@given(st.lists(shots(), max_size=12), st.integers(30, 10**6))
def test_each_shot_is_in_one_session_and_the_order_stays(
    found: list[Shot], gap_s: int
) -> None:
    ordered = in_order(found)

    sessions = sessions_of(ordered, gap_s * 1_000_000)

    assert tuple(shot for each in sessions for shot in each) == ordered
    assert all(sessions)


@given(st.lists(shots(), max_size=12))
def test_every_shot_has_one_camera(found: list[Shot]) -> None:
    cameras = by_camera(found, "card")

    assert sorted(shot.name for each in cameras.values() for shot in each) == sorted(
        shot.name for shot in found
    )
