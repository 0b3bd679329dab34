"""The real `fieldset` command in processes of its own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FIELDSET = str(Path(sys.executable).with_name("fieldset"))
PATIENCE_S = 90.0
_MARK = "END_TO_END_RUN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A command that ended: its exit code and what it printed."""

    code: int
    out: str
    talk: str

    @property
    def json(self) -> dict[str, Any]:
        """The one JSON object on stdout."""
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found

    @property
    def lines(self) -> tuple[dict[str, Any], ...]:
        """The JSON objects on stdout, one a line."""
        return json_lines(self.out)

    @property
    def samples(self) -> tuple[str, ...]:
        """The ids that a capture acknowledged."""
        return tuple(line["sample"] for line in self.lines if "sample" in line)


def fieldset(
    *arguments: str | Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> Finished:
    """Run the command to its end."""
    done = subprocess.run(
        [FIELDSET, *map(str, arguments)],
        cwd=cwd,
        env=None if env is None else {**os.environ, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    return Finished(code=done.returncode, out=done.stdout, talk=done.stderr)


class Running:
    """A command at work; its output goes into files, which a kill leaves whole."""

    def __init__(self, command: list[str], folder: Path, name: str) -> None:
        self._out = folder / f"{name}.out"
        self._talk = folder / f"{name}.err"
        self.mark = f"{folder}/{name}"
        with self._out.open("wb") as out, self._talk.open("wb") as talk:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=talk,
                # What it starts inherits the mark, and can be found after its death.
                env={**os.environ, _MARK: self.mark},
                # So that it can be ended together with strace.
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def is_over(self) -> bool:
        return self.process.poll() is not None

    def line_count(self) -> int:
        """How many whole lines stand on stdout so far."""
        return self._out.read_bytes().count(b"\n")

    def lines(self) -> tuple[dict[str, Any], ...]:
        """The JSON objects on stdout so far; half a line does not count."""
        return json_lines(self._out.read_text("utf-8"))

    def talk(self) -> str:
        """What it said on stderr so far."""
        return self._talk.read_text("utf-8")

    def wait_talk(self, words: str, times: int = 1) -> None:
        """Wait until it has said that so often."""
        wait_until(lambda: self.is_over or self.talk().count(words) >= times)
        assert self.talk().count(words) >= times, self.talk()

    def wait_more_lines(self, count: int) -> None:
        """Wait until so many further lines stand there."""
        wanted = self.line_count() + count
        assert self.wait_lines(wanted), self.talk()

    def terminate(self) -> Finished:
        """Send SIGTERM and wait for the end."""
        self.process.terminate()
        return self.wait()

    def wait_lines(self, count: int) -> bool:
        """Wait until so many lines stand there; False when it ended before."""
        wait_until(lambda: self.is_over or self.line_count() >= count)
        return self.line_count() >= count

    def wait(self) -> Finished:
        """Wait for the end."""
        try:
            code = self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.end_all()
            raise
        return Finished(
            code=code,
            out=self._out.read_text("utf-8"),
            talk=self._talk.read_text("utf-8"),
        )

    def end_all(self) -> None:
        """Kill it and what it started: the group is named by its process id."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait(PATIENCE_S)


@contextlib.contextmanager
def running(folder: Path, *arguments: str | Path) -> Iterator[Running]:
    """The command at work; killed at the end of the block when it still is."""
    command = [FIELDSET, *map(str, arguments)]
    run = Running(command, folder, f"run-{time.monotonic_ns()}")
    try:
        yield run
    finally:
        run.end_all()


def json_lines(text: str) -> tuple[dict[str, Any], ...]:
    """The JSON objects of all whole lines."""
    whole = text[: text.rfind("\n") + 1]
    return tuple(json.loads(line) for line in whole.splitlines())


def wait_until(is_met: Callable[[], bool]) -> None:
    """Wait for a condition that nobody signals."""
    until_s = time.monotonic() + PATIENCE_S
    while not is_met():
        assert time.monotonic() < until_s, "the condition was never met"
        time.sleep(0.002)


def started_by(mark: str) -> list[int]:
    """Living processes of all `Running`s whose mark begins so, and theirs (Linux)."""
    wanted = f"{_MARK}={mark}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
            values = (folder / "environ").read_bytes().split(b"\0")
            if state not in "ZX" and any(v.startswith(wanted) for v in values):
                found.append(int(folder.name))
    return found
