from __future__ import annotations

import pytest

from export.time_left import Timed, left_words


class Watched:
    """Progress that keeps the words it was told."""

    def __init__(self) -> None:
        self.words: list[str] = []

    def step(self, done: int, total: int | None, what: str) -> None:  # noqa: ARG002
        self.words.append(what)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-1.0, "0 s left"),
        (59.4, "59 s left"),
        (300.0, "5 min left"),
        (9000.0, "2.5 h left"),
    ],
)
def test_time_is_told_in_the_unit_that_fits(seconds: float, words: str) -> None:
    assert left_words(seconds) == words


def test_time_left_follows_from_the_pace_of_the_part_at_hand() -> None:
    watched, now = Watched(), [0.0]
    timed = Timed(watched, clock=lambda: now[0])

    for at, done, total, what in (
        (0.0, 0, 100, "samples"),
        (1.0, 10, 100, "samples"),
        (4.0, 40, 100, "samples"),
        (10.0, 100, 100, "samples"),
        (11.0, 50, 100, "read back"),
        (16.0, 75, 100, "read back"),
        (17.0, 3, None, "packed"),
    ):
        now[0] = at
        timed.step(done, total, what)

    assert watched.words == [
        "samples",
        "samples",
        "samples, 6 s left",
        "samples",
        "read back",
        "read back, 5 s left",
        "packed",
    ]
