"""`SHA256SUMS`, as `sha256sum -c` takes it: every file of an export but itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

FILE_NAME: Final = "SHA256SUMS"
# Derived files of a version that go with its exports, outside of their digest.
COMPANIONS: Final = ("drift.json", "report.html")


def sums_lines(digests: Iterable[tuple[str, str]]) -> Iterator[bytes]:
    """The file's lines, "sha256  path", for names with their digests, by name.

    No path of an export needs escaping: each is made of ids, splits and fixed names.
    """
    return (f"{digest}  {name}\n".encode() for name, digest in digests)


def sums_in(data: bytes) -> Iterator[tuple[str, str]]:
    """Digest and path of each line of a file made of `sums_lines`."""
    for line in data.decode().splitlines():
        digest, _, name = line.partition("  ")
        yield digest, name
