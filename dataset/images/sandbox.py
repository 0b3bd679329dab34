"""Images from elsewhere, checked and decoded in child processes.

Decoders are C code fed by strangers: some files abort the whole process, others hang
or ask for gigabytes. Here a child with a memory and a time limit takes that risk; a
file that kills it is refused like any bad image, and the next file gets a new child.

    with ImageChecker(workers=2) as checker:
        info = checker.check(path)
        for path, result in zip(paths, checker.check_all(paths)):
            ...

A child lives for many files, so that a good file costs little more than its decoding.
Memory is limited on POSIX systems only; the time limit holds everywhere.
"""

from __future__ import annotations

import json
import math
import os
import queue
import struct
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import numpy as np
from numpy.typing import NDArray

from ..errors import BadImage
from .image_header import ImageInfo

SECONDS = 20.0
MEMORY_BYTES = 2 << 30
SIZE_LIMIT = 512 << 20
_START_SECONDS = 60.0
_WATCH_SECONDS = 0.05
_LENGTH = struct.Struct(">I")
_ROOT = str(Path(__file__).resolve().parents[2])
_PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from dataset.images.sandbox_child import main; sys.exit(main(int(sys.argv[2])))"
)
FROZEN_FLAG = "--image-checker"

Source = bytes | str | Path


class ImageChecker:
    """A few child processes that check and decode images from elsewhere.

    Use it as a context manager. It may be called from several threads; each call
    occupies one child, and a call waits while all are busy.
    """

    def __init__(
        self,
        *,
        workers: int = 1,
        seconds: float = SECONDS,
        memory_bytes: int = MEMORY_BYTES,
    ) -> None:
        """Prepare `workers` children; each starts with its first file.

        `seconds` is the time one file may take, `memory_bytes` what a child may
        address, its libraries included (well under 0.5 GB).
        """
        if workers < 1:
            raise ValueError(f"a checker needs a worker: {workers}")
        self._workers = workers
        self._seconds = seconds
        self._memory_bytes = memory_bytes
        self._idle: queue.LifoQueue[_Child | None] = queue.LifoQueue()
        self._watchdog = _Watchdog()
        for _ in range(workers):
            self._idle.put(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the children; a later call would start new ones."""
        children = [self._idle.get() for _ in range(self._workers)]
        for child in children:
            if child is not None:
                child.end()
            self._idle.put(None)
        self._watchdog.close()

    def check(self, source: Source) -> ImageInfo:
        """What the image is, after `image_file.check` in a child.

        Stricter in one point: damage inside a JPEG's compressed pixels, of which the
        decoder only prints a warning, is refused, too.

        Raises:
            BadImage: the image is refused, kills the decoder or takes too long.
        """
        answer, _ = self._ask(source, {})
        return _info(answer)

    def decode(self, source: Source, *, reduce: int = 1) -> NDArray[np.uint8]:
        """The upright pixels as `image_file.decode` gives them, made in a child.

        Raises:
            BadImage: as `check`.
        """
        answer, pixels = self._ask(source, {"reduce": reduce})
        return np.frombuffer(bytearray(pixels), np.uint8).reshape(answer["shape"])

    def check_all(self, sources: Iterable[Source]) -> Iterator[ImageInfo | BadImage]:
        """The info or the refusal of each source, in their order.

        All children work at once, a few files ahead of what was taken.
        """
        waiting: deque[Future[ImageInfo | BadImage]] = deque()
        with ThreadPoolExecutor(self._workers) as threads:
            try:
                for source in sources:
                    waiting.append(threads.submit(self._checked, source))
                    if len(waiting) > 2 * self._workers:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                for left in waiting:
                    left.cancel()

    def _checked(self, source: Source) -> ImageInfo | BadImage:
        try:
            return self.check(source)
        except BadImage as refusal:
            return refusal

    def _ask(
        self, source: Source, extra: dict[str, Any]
    ) -> tuple[dict[str, Any], bytes]:
        request = {"seconds": self._seconds, **extra}
        data = source if isinstance(source, bytes) else None
        if data is None:
            request["path"] = os.fspath(str(source))
        child = self._idle.get()
        is_answered = False
        try:
            if child is None or not child.is_alive:
                child = _Child(self._memory_bytes, self._watchdog)
            answer, pixels = child.ask(request, data, self._seconds)
            is_answered = True
        except _ChildDied as death:
            name = "bytes" if data is not None else Path(str(source)).name
            raise BadImage(f"The image {death}: {name}") from None
        finally:
            # A child interrupted in an answer would give it to the next file.
            if child is not None and not is_answered:
                child.end()
            self._idle.put(child if is_answered else None)
        if "refused" in answer:
            raise BadImage(answer["refused"], hint=answer["hint"])
        return answer, pixels


class _ChildDied(Exception):
    """The child ended before it answered; the text says what the image did."""


class _Child:
    """One child process that answers one request at a time.

    `deadline` is when the watchdog kills it (monotonic seconds).
    """

    def __init__(self, memory_bytes: int, watchdog: _Watchdog) -> None:
        if getattr(sys, "frozen", False):
            command = [sys.executable, FROZEN_FLAG, str(memory_bytes)]
        else:
            command = [sys.executable, "-c", _PROGRAM, _ROOT, str(memory_bytes)]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **_QUIET},
        )
        self.deadline = time.monotonic() + _START_SECONDS
        self.was_overdue = False
        watchdog.add(self)
        ready = read_message(self._output)
        self.deadline = math.inf
        if ready is None:
            self.end()
            raise RuntimeError(f"The image checker does not start: {command}")

    @property
    def is_alive(self) -> bool:
        """Whether it can be asked."""
        return self._process.poll() is None

    @property
    def _input(self) -> IO[bytes]:
        assert self._process.stdin is not None
        return self._process.stdin

    @property
    def _output(self) -> IO[bytes]:
        assert self._process.stdout is not None
        return self._process.stdout

    def ask(
        self, request: dict[str, Any], data: bytes | None, seconds: float
    ) -> tuple[dict[str, Any], bytes]:
        """The answer and, where pixels were asked for, their bytes.

        Raises:
            _ChildDied: it ended or was too slow; it is gone in both cases.
        """
        parts = [json.dumps(request).encode(), *([] if data is None else [data])]
        self.deadline = time.monotonic() + seconds
        try:
            write_message(self._input, *parts)
            reply = read_message(self._output)
            answer = json.loads(reply) if reply is not None else {}
            pixels = read_message(self._output) if "shape" in answer else b""
        except OSError:
            reply = pixels = None
        self.deadline = math.inf
        if reply is None or pixels is None:
            self.end()
            if self.was_overdue:
                raise _ChildDied(f"keeps the decoder busy for over {seconds:g} s")
            raise _ChildDied("kills the decoder")
        return answer, pixels

    def kill_overdue(self) -> None:
        """Kill the process because its answer did not come in time."""
        self.was_overdue = True
        self._process.kill()

    def end(self) -> None:
        """End the process, whatever it does, and wait until it is gone."""
        self._process.kill()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                _close_quietly(stream)
        self._process.wait()


class _Watchdog:
    """One thread that kills each child whose answer is overdue."""

    def __init__(self) -> None:
        self._children: set[_Child] = set()
        self._lock = threading.Lock()
        self._is_closed = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, child: _Child) -> None:
        """Watch `child` from now on."""
        with self._lock:
            self._children = {c for c in self._children if c.is_alive} | {child}
            if self._thread is None:
                self._is_closed.clear()
                self._thread = threading.Thread(target=self._watch, daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Stop watching and end the thread."""
        with self._lock:
            thread, self._thread = self._thread, None
            self._is_closed.set()
        if thread is not None:
            thread.join()

    def _watch(self) -> None:
        while not self._is_closed.wait(_WATCH_SECONDS):
            now = time.monotonic()
            with self._lock:
                overdue = [c for c in self._children if c.deadline < now]
            for child in overdue:
                child.kill_overdue()


_QUIET = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENCV_LOG_LEVEL": "SILENT",
    "OPENCV_IO_MAX_IMAGE_WIDTH": "32767",
    "OPENCV_IO_MAX_IMAGE_HEIGHT": "32767",
    "OPENCV_IO_MAX_IMAGE_PIXELS": "100000000",
}


def read_message(stream: IO[bytes]) -> bytes | None:
    """One message (4-byte big-endian length, then the bytes); None at the end.

    A stream that ends in the middle of a message has ended, too.
    """
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (size,) = _LENGTH.unpack(head)
    body = stream.read(size)
    return body if len(body) == size else None


def write_message(stream: IO[bytes], *parts: bytes | memoryview) -> None:
    """Write each part as one message, then flush.

    Raises:
        OSError: the other side is gone.
    """
    for part in parts:
        stream.write(_LENGTH.pack(len(part)))
        stream.write(part)
    stream.flush()


def _close_quietly(stream: IO[bytes]) -> None:
    try:
        stream.close()
    except OSError:
        return


def _info(answer: dict[str, Any]) -> ImageInfo:
    return ImageInfo(
        suffix=answer["suffix"],
        width=answer["width"],
        height=answer["height"],
        orientation=answer["orientation"],
        channels=answer["channels"],
        bits=answer["bits"],
        captured_us=answer["captured_us"],
        device=answer["device"],
    )
