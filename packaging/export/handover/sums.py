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
