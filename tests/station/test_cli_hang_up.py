"""A capture whose terminal is closed, as a lost line of ssh does it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dataset.project import Project
from station.cli.exit_codes import ExitCode
from tests.small_projects import new_project
from tests.station.command_line import PROGRAM

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows hangs nothing up")

# Its own session with the terminal as its controlling one: else nobody is signalled.
_ON_TERMINAL = """
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


def test_capture_whose_terminal_is_closed_ends_its_session(tmp_path: Path) -> None:
    new_project(tmp_path / "p").close()
    ours, theirs = os.openpty()
    command = [sys.executable, "-c", _ON_TERMINAL, PROGRAM, "capture", "--project"]
    options = [tmp_path / "p", "--source", "simulated:", "--every", "100ms"]
    with subprocess.Popen(
        [*command, *options], stdin=theirs, stdout=theirs, stderr=theirs
    ) as running:
        os.close(theirs)
        told = b""
        while told.count(b"\n") < 2:
            told += os.read(ours, 1000)

        os.close(ours)
        code = running.wait(30)

    assert code == ExitCode.CANCELLED
    with Project.open(tmp_path / "p", read_only=True) as project:
        (session,) = project.catalog.sessions.all()
    assert session.ended_us is not None
