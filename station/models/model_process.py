"""The parent's end of a model's child process: asks, waits, and ends it in time."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final

from dataset.images.sandbox import read_message, write_message

LOAD_S: Final = 60.0
"""The time a model may take to be loaded and tried once."""
MEMORY_BYTES: Final = 6 << 30
"""What a child may address, its libraries and the model included (POSIX only)."""
FROZEN_FLAG: Final = "--model-runner"
_LOOK_S: Final = 0.1
_ROOT: Final = str(Path(__file__).resolve().parents[2])
_PROGRAM: Final = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from station.models.model_child import main; sys.exit(main())"
)
# Threads of the runtime are its own business; those of NumPy would come on top.
_QUIET: Final = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


class ModelDied(Exception):
    """The child ended before it answered; the text says what the model did."""


class ModelProcess:
    """One child process that answers one request at a time.

    While an answer is awaited `waiting` is called ten times a second; what it raises
    ends the child, so that a person can stop a model that hangs.
    """

    def __init__(self, command: Sequence[str] | None = None) -> None:
        """Start the child; `command` is another program, for tests of this one."""
        self._process = subprocess.Popen(
            list(command or _command()),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **_QUIET},
        )
        self._answers: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._listener = threading.Thread(
            target=self._listen, name="fieldset-model", daemon=True
        )
        self._listener.start()

    @property
    def pid(self) -> int:
        """The child's process number."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it can be asked."""
        return self._process.poll() is None

    def ask(
        self,
        request: Mapping[str, Any],
        seconds: float,
        waiting: Callable[[], None] = lambda: None,
    ) -> dict[str, Any]:
        """The answer to a request.

        Raises:
            ModelDied: it ended or was too slow; it is gone in both cases.
        """
        try:
            write_message(self._input, json.dumps(request).encode())
            return self._awaited(seconds, waiting)
        except OSError:
            self.end()
            raise ModelDied(self._last_words()) from None
        except BaseException:
            # Interrupted in an answer, it would give that to the next request.
            self.end()
            raise

    def end(self) -> None:
        """End the process, whatever it does, and wait until it is gone."""
        self._process.kill()
        self._process.wait()
        self._listener.join()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                _close_quietly(stream)

    @property
    def _input(self) -> IO[bytes]:
        assert self._process.stdin is not None
        return self._process.stdin

    def _listen(self) -> None:
        assert self._process.stdout is not None
        while (answer := read_message(self._process.stdout)) is not None:
            self._answers.put(answer)
        self._answers.put(None)

    def _awaited(self, seconds: float, waiting: Callable[[], None]) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while True:
            left = deadline - time.monotonic()
            try:
                answer = self._answers.get(timeout=max(min(_LOOK_S, left), 0.001))
            except queue.Empty:
                waiting()
                if left > 0:
                    continue
                raise ModelDied(f"takes longer than {seconds:g} s") from None
            if answer is None:
                self._process.wait()
                raise ModelDied(self._last_words())
            found = json.loads(answer)
            assert isinstance(found, dict)
            return found

    def _last_words(self) -> str:
        code = self._process.returncode
        if code is not None and code < 0:
            return f"ends the process that runs it (signal {-code})"
        return f"ends the process that runs it (code {code})"


def _command() -> list[str]:
    if getattr(sys, "frozen", False):
        return [sys.executable, FROZEN_FLAG]
    return [sys.executable, "-c", _PROGRAM, _ROOT]


def _close_quietly(stream: IO[bytes]) -> None:
    try:
        stream.close()
    except OSError:
        return
