from __future__ import annotations

from station.camera.arrivals import Arrivals


class _Clock:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def _decoded(
    camera_s: float, decoder_s: float, seconds: float
) -> list[tuple[float, int]]:
    """How late each decoded part was, and its number, with both at a steady pace."""
    clock = _Clock()
    arrivals: Arrivals[int] = Arrivals(clock)
    decoded = []
    sent, free_s, end_s = 0, clock.now_s, clock.now_s + seconds
    while clock.now_s < end_s:
        arrivals.put(sent)
        sent += 1
        due_s = clock.now_s + camera_s
        while decoded_to(decoded) < sent - 1 and free_s < due_s:
            clock.now_s = max(clock.now_s, free_s)
            arrived_s, number = arrivals.take()
            decoded.append((clock.now_s - arrived_s, number))
            free_s = clock.now_s + decoder_s
        clock.now_s = due_s
    return decoded


def decoded_to(decoded: list[tuple[float, int]]) -> int:
    """The number of the part that was decoded last."""
    return decoded[-1][1] if decoded else -1


def test_parts_come_in_order_with_their_time() -> None:
    clock = _Clock()
    arrivals: Arrivals[str] = Arrivals(clock)
    arrivals.put("one")
    clock.now_s += 0.01
    arrivals.put("two")

    assert arrivals.take() == (100.0, "one")
    assert arrivals.take() == (100.01, "two")


def test_decoder_that_hesitates_once_loses_nothing() -> None:
    clock = _Clock()
    arrivals: Arrivals[int] = Arrivals(clock)
    for number in range(7):
        arrivals.put(number)
        clock.now_s += 0.033

    assert [arrivals.take()[1] for _ in range(7)] == list(range(7))


def test_full_queue_drops_its_oldest() -> None:
    arrivals: Arrivals[int] = Arrivals(_Clock())
    for number in range(20):
        arrivals.put(number)

    assert arrivals.take()[1] == 12


def test_decoder_that_keeps_up_decodes_every_part() -> None:
    decoded = _decoded(camera_s=0.033, decoder_s=0.03, seconds=10.0)

    assert [number for _, number in decoded] == list(range(len(decoded)))


def test_decoder_that_is_too_slow_is_not_late_for_good() -> None:
    decoded = _decoded(camera_s=0.033, decoder_s=0.05, seconds=20.0)

    lateness = sorted(late_s for late_s, _ in decoded)
    numbers = [number for _, number in decoded]
    assert lateness[len(lateness) // 2] < 0.15
    assert lateness[-1] < 8 * 0.033 + 0.05
    assert numbers == sorted(set(numbers))
    assert numbers[-1] > 590
