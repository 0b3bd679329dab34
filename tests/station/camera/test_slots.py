from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from station.camera.slots import SLOTS, Slots, Ticket, make_memory

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memfd is Linux only")
LIMIT = 64 * 64


@contextmanager
def _memory(limit: int = LIMIT) -> Iterator[int]:
    memory = make_memory(limit)
    assert memory is not None
    try:
        yield memory
    finally:
        os.close(memory)


def _picture(value: int, height: int = 5, width: int = 7) -> NDArray[np.uint8]:
    return np.full((height, width, 3), value, np.uint8)


@given(
    sizes=st.lists(
        st.tuples(st.integers(1, 64), st.integers(1, 64)), min_size=1, max_size=SLOTS
    )
)
def test_pictures_come_out_on_the_other_side_as_they_went_in(
    sizes: list[tuple[int, int]],
) -> None:
    random = np.random.default_rng(0)
    pictures = [random.integers(0, 256, (*size, 3), np.uint8) for size in sizes]
    with _memory() as memory:
        writer, reader = Slots(memory, LIMIT), Slots(memory, LIMIT)

        tickets = [writer.write(picture) for picture in pictures]
        read = [reader.read(ticket) for ticket in tickets]

    assert all(
        found is not None and np.array_equal(found, picture)
        for found, picture in zip(read, pictures, strict=True)
    )


def test_picture_that_was_written_over_is_gone() -> None:
    with _memory() as memory:
        writer, reader = Slots(memory, LIMIT), Slots(memory, LIMIT)
        old = writer.write(_picture(1))

        for value in range(SLOTS):
            newest = writer.write(_picture(value))

        assert reader.read(old) is None
        assert reader.read(newest) is not None


def test_picture_that_is_being_written_is_not_read() -> None:
    with _memory() as memory:
        writer, reader = Slots(memory, LIMIT), Slots(memory, LIMIT)
        ticket = writer.write(_picture(1))

        writer._mark(ticket.slot, ticket.number + 1)

        assert reader.read(ticket) is None


def test_what_was_read_belongs_to_the_reader() -> None:
    with _memory() as memory:
        writer, reader = Slots(memory, LIMIT), Slots(memory, LIMIT)
        mine = reader.read(writer.write(_picture(9)))

        for _ in range(2 * SLOTS):
            writer.write(_picture(200))

    assert mine is not None
    assert (mine == 9).all()


@pytest.mark.parametrize(
    ("slot", "height", "width"), [(SLOTS, 1, 1), (0, 0, 5), (0, 65, 64), (-1, 1, 1)]
)
def test_ticket_that_lies_is_refused(slot: int, height: int, width: int) -> None:
    with _memory() as memory:
        reader = Slots(memory, LIMIT)

        with pytest.raises(ValueError, match="no picture lies there"):
            reader.read(Ticket(slot=slot, number=2, height=height, width=width))


@pytest.mark.parametrize("size", [0, 1 << 30])
def test_other_side_can_neither_shrink_nor_grow_the_memory(size: int) -> None:
    with _memory() as memory, pytest.raises(OSError, match="permitted"):
        os.ftruncate(memory, size)


def test_memory_of_a_huge_picture_is_given_back() -> None:
    limit = 2048 * 2048
    with _memory(limit) as memory:
        writer = Slots(memory, limit)
        for _ in range(SLOTS):
            writer.write(_picture(1, 2048, 2048))
        large = os.fstat(memory).st_blocks

        for _ in range(SLOTS):
            writer.write(_picture(1, 64, 64))

        assert os.fstat(memory).st_blocks < large / 100
