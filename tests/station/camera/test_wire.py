from __future__ import annotations

import os
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.camera.wire import BrokenWire, Message, receive, send


@contextmanager
def _pipe() -> Iterator[tuple[FileIO, int]]:
    read_end, write_end = os.pipe()
    with FileIO(read_end, "rb") as reader:
        yield reader, write_end


def _received(data: bytes) -> Message | None:
    with _pipe() as (reader, write_end):
        os.write(write_end, data)
        os.close(write_end)
        return receive(reader)


@given(
    name=st.text(max_size=20),
    encoded=st.none() | st.binary(max_size=100),
    height=st.integers(1, 8),
    width=st.integers(1, 8),
)
def test_message_comes_out_as_it_went_in(
    name: str, encoded: bytes | None, height: int, width: int
) -> None:
    pixels = np.arange(height * width * 3, dtype=np.uint8).reshape(height, width, 3)
    with _pipe() as (reader, write_end):
        send(write_end, {"type": "frame", "name": name}, encoded=encoded, pixels=pixels)
        os.close(write_end)

        message = receive(reader)
        after = receive(reader)

    assert message is not None
    assert message.type == "frame"
    assert message.header["name"] == name
    assert message.encoded == encoded
    assert message.pixels is not None
    assert np.array_equal(message.pixels, pixels)
    assert not message.pixels.flags.writeable
    assert after is None


def test_message_larger_than_the_pipe_arrives_whole() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (720, 1280, 3), np.uint8)
    with _pipe() as (reader, write_end):
        writer = threading.Thread(
            target=send, args=(write_end, {"type": "frame"}), kwargs={"pixels": pixels}
        )
        writer.start()

        message = receive(reader)

        writer.join()
        os.close(write_end)
    assert message is not None
    assert message.pixels is not None
    assert np.array_equal(message.pixels, pixels)


@pytest.mark.parametrize(
    "data",
    [
        b"fsc1",
        b"nonsense, and quite a lot of it",
        b"fsc1" + struct.pack("!I", 1 << 30),
        b"fsc1" + struct.pack("!I", 10) + b"{}",
        b"fsc1" + struct.pack("!I", 2) + b"xx",
        b"fsc1" + struct.pack("!I", 2) + b"[]",
        b"fsc1" + struct.pack("!I", 24) + b'{"shape":[99999,99999,3]',
        b"fsc1" + struct.pack("!I", 19) + b'{"shape":[9,9,"a"]}',
        b"fsc1" + struct.pack("!I", 17) + b'{"shape":[2,2,3]}' + b"abc",
        b"fsc1" + struct.pack("!I", 20) + b'{"encoded_bytes":-1}',
    ],
)
def test_broken_message_is_refused(data: bytes) -> None:
    with pytest.raises(BrokenWire):
        _received(data)


def test_closed_pipe_is_the_end() -> None:
    assert _received(b"") is None
