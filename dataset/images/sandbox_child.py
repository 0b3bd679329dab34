"""The child process of `sandbox`: checks and decodes one file after another.

Requests come in on standard input, answers go out on standard output, as messages. A
request is a JSON object, followed by the file's bytes when it names no path; an answer
is a JSON object, followed by raw pixels where they were asked for. The child ends when
its input does. What the decoder prints is caught in a file, because libjpeg tells of
damage in no other way.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

import cv2

from ..errors import BadImage
from . import image_file
from .sandbox import SIZE_LIMIT, read_message, write_message

if sys.platform != "win32":
    import resource

_COMPLAINTS = (
    (b"premature end", "The image is cut short: JPEG"),
    (b"bad Huffman code", "The image is damaged (compressed pixels): JPEG"),
)
_GRACE_S = 2


def main(memory_bytes: int) -> int:
    """Answer requests until the input ends; the exit code is 0."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)
    _limit_memory(memory_bytes)
    answers = os.fdopen(os.dup(1), "wb")
    with tempfile.TemporaryFile() as complaints:
        os.dup2(complaints.fileno(), 1)
        os.dup2(complaints.fileno(), 2)
        write_message(answers, b"ready")
        while (request := read_message(sys.stdin.buffer)) is not None:
            _serve(json.loads(request), answers, complaints.fileno())
    return 0


def _limit_memory(limit_bytes: int) -> None:
    """Let this process address at most so much memory, where the system can."""
    if sys.platform == "win32":
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = limit_bytes if hard == resource.RLIM_INFINITY else min(limit_bytes, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _serve(request: dict[str, Any], answers: IO[bytes], complaints: int) -> None:
    data = None if "path" in request else read_message(sys.stdin.buffer)
    _alarm(request["seconds"])
    answer, pixels = _answer(request, data, complaints)
    _alarm(0)
    write_message(answers, json.dumps(answer).encode())
    if pixels is not None:
        write_message(answers, pixels)


def _alarm(seconds: float) -> None:
    """End this process by itself should the parent die while a decoder hangs."""
    if sys.platform != "win32":
        signal.alarm(int(seconds) + _GRACE_S if seconds else 0)


def _answer(
    request: dict[str, Any], data: bytes | None, complaints: int
) -> tuple[dict[str, Any], memoryview | None]:
    os.ftruncate(complaints, 0)
    os.lseek(complaints, 0, os.SEEK_SET)
    try:
        if data is None:
            data = _read(Path(request["path"]))
        info = image_file.check(data)
        _listen(complaints)
        if "reduce" not in request:
            return asdict(info), None
        pixels = image_file.decode(data, reduce=request["reduce"])
    except BadImage as error:
        return {"refused": error.message, "hint": error.hint}, None
    except MemoryError:
        return {"refused": "The image needs too much memory", "hint": ""}, None
    return {**asdict(info), "shape": pixels.shape}, pixels.data.cast("B")


def _read(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > SIZE_LIMIT:
            raise BadImage(f"An image file has at most {SIZE_LIMIT} bytes: {size}")
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise BadImage(f"The file cannot be read ({reason}): {path.name}") from None


def _listen(complaints: int) -> None:
    """Refuse the image if the decoder complained of missing or wrong data."""
    os.lseek(complaints, 0, os.SEEK_SET)
    said = os.read(complaints, 4096)
    for words, sentence in _COMPLAINTS:
        if words in said:
            raise BadImage(sentence, hint="copy it again from where it came from")
