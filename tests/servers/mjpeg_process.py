"""The MJPEG camera in a process of its own, told what to do over its input.

`python -m tests.servers.mjpeg_process FPS FILE...` prints its address, then does each
word of its input: stall, resume, drop, away, back. It ends when its input closes.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from .mjpeg import MjpegServer
from .stamps import stamped

_ROOT = Path(__file__).resolve().parents[2]


class MjpegProcess:
    """Starts the camera and speaks to it; its pictures carry stamps."""

    def __init__(self, files: Sequence[Path], fps: float = 30.0) -> None:
        module = [sys.executable, "-m", "tests.servers.mjpeg_process"]
        self._process = subprocess.Popen(
            [*module, str(fps), *map(str, files)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=_ROOT,
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()

    def tell(self, word: str) -> None:
        """Have it do something, and wait until it is done."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()
        self._process.stdout.readline()

    def close(self) -> None:
        """End the camera."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def main() -> None:
    """Serve the files until the input closes."""
    fps, *names = sys.argv[1:]
    frames = [Path(name).read_bytes() for name in names]

    def stamp(jpeg: bytes, number: int) -> bytes:
        return stamped(jpeg, number, camera.connections)

    camera = MjpegServer(frames, fps=float(fps), stamp=stamp)
    with camera:
        _say(camera.url)
        for word in sys.stdin:
            {
                "stall": camera.stall,
                "resume": camera.resume,
                "drop": camera.drop,
                "away": camera.go_away,
                "back": camera.come_back,
            }[word.strip()]()
            _say("done")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
