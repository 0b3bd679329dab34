from __future__ import annotations

import socket
import threading
from pathlib import Path

from station.camera.address import Address, parse_address
from station.camera.frames import SourceKind
from station.camera.presence import is_there, wait_until_there

from .frames_of import PATIENCE_S


def test_port_that_listens_is_there_and_one_that_does_not_is_away() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://user:pass@127.0.0.1:{server.getsockname()[1]}/stream"

        assert is_there(parse_address(url))
    assert not is_there(parse_address(url))


def test_device_file_that_is_gone_is_away(tmp_path: Path) -> None:
    device = tmp_path / "video0"
    address = Address(kind=SourceKind.USB, target=str(device), shown="video0")
    before = is_there(address)

    device.touch()

    assert not before
    assert is_there(address)


def test_waiting_ends_when_the_device_comes(tmp_path: Path) -> None:
    device = tmp_path / "video0"
    address = Address(kind=SourceKind.USB, target=str(device), shown="video0")
    timer = threading.Timer(0.05, device.touch)
    timer.start()

    assert wait_until_there(address, PATIENCE_S, threading.Event())
    timer.join()


def test_waiting_ends_when_it_is_told_to_or_has_lost_patience(tmp_path: Path) -> None:
    gone = Address(kind=SourceKind.USB, target=str(tmp_path / "x"), shown="x")
    stop = threading.Event()

    assert not wait_until_there(gone, 0.0, stop)
    stop.set()
    assert not wait_until_there(gone, PATIENCE_S, stop)
