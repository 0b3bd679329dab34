"""How a process is killed: SIGKILL at a moment, or at its N-th system call."""

from __future__ import annotations

import contextlib
import random
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from .commands import Finished, Running, started_by, wait_until

# Calls that change what a disk holds. Not `openat`: imports would drown the rest.
CALLS = (
    "write", "pwrite64", "fsync", "fdatasync", "ftruncate", "rename", "renameat",
    "renameat2", "unlink", "unlinkat", "rmdir", "mkdir", "fchmod", "link",
)  # fmt: skip
# A camera's child writes pictures into a pipe; it is not the one to be killed.
CALLS_WITH_CHILD = tuple(name for name in CALLS if name != "write")
_KILLED = (-9, 137)
_START_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Struck:
    """A process that was to be killed: how it ended, and whether by that."""

    end: Finished

    @property
    def is_killed(self) -> bool:
        return self.end.code in _KILLED

    @property
    def lines(self) -> tuple[dict[str, Any], ...]:
        """What it had said, for a command that says one JSON object a line."""
        return self.end.lines


@cache
def why_no_strace() -> str:
    """Why processes cannot be killed at system calls here, or ""."""
    strace = shutil.which("strace")
    if strace is None or not sys.platform.startswith("linux"):
        return "strace is not installed"
    with tempfile.TemporaryDirectory() as folder:
        command = [
            strace, "-f", "-qq", "-o", f"{folder}/trace", "-e", "trace=mkdir",
            "-e", "inject=mkdir:signal=KILL:when=1", "mkdir", f"{folder}/never",
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode in _KILLED:
        return ""
    words = done.stderr.strip().splitlines() or ["it does not kill"]
    return f"strace cannot be used: {words[-1]}"


class Killer:
    """Kills commands; what it learns of their length makes later kills hit them."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.random = random.Random(seed)
        self._folder = folder
        self._number = 0
        self._duration_s: dict[str, float] = {}
        self._calls: dict[str, int] = {}

    def at_a_moment(self, command: list[str], kind: str, *, talks: bool) -> Struck:
        """Kill it at a random moment of its work.

        A command that `talks` prints a line for each thing done; most kills come
        after some of them, the others at any time since the start.
        """
        run = self._start(command)
        began_s = time.monotonic()
        if talks and self.random.random() < 0.8:
            run.wait_lines(self.random.randint(1, 30))
            delay_s = self.random.uniform(0.0, 0.03)
        else:
            # The first part of a run is Python's imports: nothing to see there.
            whole_s = self._duration_s.get(kind, _START_S)
            delay_s = self.random.uniform(0.3, 1.05) * whole_s
        with contextlib.suppress(subprocess.TimeoutExpired):
            run.process.wait(delay_s)
        run.process.kill()
        end = run.wait()
        if end.code not in _KILLED and not talks:
            self._duration_s[kind] = time.monotonic() - began_s
        return Struck(end=end)

    def at_a_call(
        self, command: list[str], kind: str, calls: tuple[str, ...], most: int
    ) -> Struck:
        """Kill it at the entry of a random system call of those, in any thread.

        strace counts for each thread by itself; `most` is the highest number tried.
        """
        when = self.random.randint(1, min(most, self._calls.get(kind, most)))
        run = self._start(
            [
                "strace", "-f", "-qq", "-o", "/dev/null",
                "-e", f"trace={','.join(calls)}",
                "-e", f"inject={','.join(calls)}:signal=KILL:when={when}",
                *command,
            ]
        )  # fmt: skip
        struck = Struck(end=run.wait())
        if not struck.is_killed:
            # So many calls are never made: the next kill comes earlier.
            self._calls[kind] = max(1, when - 1)
        return struck

    def all_are_gone(self) -> bool:
        """Wait for what the killed processes had started to end by itself."""
        with contextlib.suppress(AssertionError):
            wait_until(lambda: not started_by(f"{self._folder}/run-"))
            return True
        return False

    def _start(self, command: list[str]) -> Running:
        self._number += 1
        return Running(command, self._folder, f"run-{self._number:04}")
