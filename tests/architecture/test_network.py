"""Nothing asks the network by itself."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from loopback_only import LeftLoopback, is_loopback

from tests.architecture.source_tree import ROOMS, ROOT, python_files

FAR_AWAY = "198.51.100.7"  # RFC 5737: for examples, never a real host


def all_modules() -> list[str]:
    names = []
    for room, folder in ROOMS.items():
        for path in python_files(folder):
            parts = path.relative_to(folder).with_suffix("").parts
            if parts[-1] != "__main__":
                names.append(".".join((room, *(p for p in parts if p != "__init__"))))
    return names


def run_python(code: str, **options: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=False,
        text=True,
        **({"cwd": ROOT} | options),
    )


def test_importing_everything_asks_nobody(
    network_attempts: Callable[[], list[str]],
) -> None:
    names = all_modules()
    code = f"import importlib\nfor name in {names!r}: importlib.import_module(name)"

    result = run_python(code)

    assert result.returncode == 0, result.stderr
    assert network_attempts() == []


def test_importing_albumentations_asks_nobody(
    network_attempts: Callable[[], list[str]],
) -> None:
    result = run_python("import albumentations")

    assert result.returncode == 0, result.stderr
    assert network_attempts() == []


def test_demo_asks_nobody(
    tmp_path: Path, network_attempts: Callable[[], list[str]]
) -> None:
    """Capture, label, split, version, diff, export and drift, in one process tree."""
    target = tmp_path / "demo"
    code = (
        "import sys; from station.cli.main import main;"
        f" sys.argv = ['fieldset', 'demo', {str(target)!r}]; main()"
    )

    result = run_python(code)

    assert result.returncode == 0, result.stderr
    assert network_attempts() == []


def test_look_up_in_a_test_is_refused(
    network_attempts: Callable[[], list[str]],
) -> None:
    with pytest.raises(LeftLoopback):
        socket.getaddrinfo("example.org", 443)

    assert len(network_attempts()) == 1


def test_connection_in_a_test_is_refused(
    network_attempts: Callable[[], list[str]],
) -> None:
    with socket.socket() as client, pytest.raises(LeftLoopback):
        client.connect((FAR_AWAY, 80))

    assert len(network_attempts()) == 1


def test_attempt_of_a_child_is_noted(
    tmp_path: Path, network_attempts: Callable[[], list[str]]
) -> None:
    code = "import socket; socket.create_connection(('example.org', 80))"

    result = run_python(code, cwd=tmp_path)

    assert "only loopback is allowed" in result.stderr
    assert len(network_attempts()) == 1


def test_loopback_is_allowed(network_attempts: Callable[[], list[str]]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        accepted, _ = server.accept()

    client.close()
    accepted.close()
    assert network_attempts() == []


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost", b"::1"])
def test_own_addresses_are_loopback(host: str | bytes) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", [FAR_AWAY, "2001:db8::1", "example.org", b"example"])
def test_other_addresses_are_not_loopback(host: str | bytes) -> None:
    assert not is_loopback(host)
