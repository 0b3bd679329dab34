"""The names and digests of an export's files, sorted, in little memory.

Names are kept until there are many; then they go as a sorted run into a scratch file,
and a walk merges the runs. An export of a million label files holds none of them.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Final

_HELD: Final = 20_000
# Below every sign that a name may have, so that runs of lines sort like names.
_BETWEEN: Final = "\x00"


class FileList:
    """Relative names with the SHA-256 of each file; `scratch` names a fresh file.

    A name is added once; `held` is how many are kept in memory.
    """

    def __init__(self, scratch: Callable[[], Path], held: int = _HELD) -> None:
        self._scratch = scratch
        self._most = held
        self._held: dict[str, str] = {}
        self._runs: list[Path] = []
        self.count = 0

    def add(self, name: str, digest: str) -> None:
        """Note a file."""
        if len(self._held) >= self._most:
            self._let_go()
        self._held[name] = digest
        self.count += 1

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Name and digest of each, by name."""
        held = (f"{name}{_BETWEEN}{self._held[name]}\n" for name in sorted(self._held))
        with ExitStack() as opened:
            runs: list[IO[str]] = [
                opened.enter_context(path.open(encoding="utf-8", newline="\n"))
                for path in self._runs
            ]
            for line in heapq.merge(held, *runs):
                name, _, digest = line.partition(_BETWEEN)
                yield name, digest[:-1]

    def close(self) -> None:
        """Remove the scratch files."""
        for path in self._runs:
            path.unlink(missing_ok=True)

    def _let_go(self) -> None:
        path = self._scratch()
        self._runs.append(path)
        with path.open("w", encoding="utf-8", newline="\n") as stream:
            for name in sorted(self._held):
                stream.write(f"{name}{_BETWEEN}{self._held[name]}\n")
        self._held = {}


def merged(*lists: FileList) -> Iterator[tuple[str, str]]:
    """Name and digest of each file of several lists, by name."""
    return heapq.merge(*lists)
