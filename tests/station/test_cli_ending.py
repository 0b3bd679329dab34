"""A command that was told to end is gone soon, whatever its disk does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dataset.project import Project
from station.cli.exit_codes import ExitCode
from tests.small_projects import new_project

WAIT_S = 60.0
STUCK = """
import os, sys, threading
from pathlib import Path
from station.cli.main import main

flag, real = Path(sys.argv[1]), os.fsync

def flush(handle):
    if flag.exists():
        threading.Event().wait()
    real(handle)

os.fsync = flush
main(sys.argv[2:])
"""
LATE = """
import threading
from station.cli.ending import LastWords, ending_in_time

with ending_in_time(LastWords(lambda is_late: print("late", is_late)), 0.1) as ending:
    ending.begin()
    threading.Event().wait()
"""

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM")


def test_sigterm_ends_a_capture_whose_disk_does_not_answer(tmp_path: Path) -> None:
    new_project(tmp_path / "p").close()
    flag = tmp_path / "stuck"
    capture = ["capture", "--source", "simulated:", "--every", "50ms", "--json"]
    command = [sys.executable, "-c", STUCK, str(flag), "--project", tmp_path / "p"]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [*command, *capture], stdout=pipe, stderr=pipe, text=True
    ) as process:
        assert process.stdout is not None
        told = [json.loads(process.stdout.readline())]
        flag.touch()
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=WAIT_S)

    assert process.returncode == ExitCode.CANCELLED, err
    told += [json.loads(line) for line in out.splitlines()]
    *samples, summary = told
    assert summary["kept"] == len(samples) >= 1
    with Project.open(tmp_path / "p", read_only=True) as project:
        kept = {one.id: one.suffix for one in project.catalog.samples.each()}
        (session,) = project.catalog.sessions.all()
        for sample_id, suffix in kept.items():
            project.images.verify(sample_id, suffix)
    assert {line["sample"] for line in samples} == set(kept)
    assert session.ended_us is not None


def test_what_does_not_let_go_is_left_with_the_last_words() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LATE],
        capture_output=True,
        text=True,
        check=False,
        timeout=WAIT_S,
    )

    assert done.returncode == ExitCode.CANCELLED
    assert done.stdout == "late True\n"
    assert done.stderr.startswith("error: The disk did not answer in time")
