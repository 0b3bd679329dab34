"""`SHA256SUMS`, as `sha256sum -c` takes it: every file of an export but itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

FILE_NAME: Final = "SHA256SUMS"
# Derived files of a version that go with its exports, outside of their digest.
COMPANIONS: Final = ("drift.json", "report.html")


def sums_text(digests: Mapping[str, str]) -> bytes:
    """The file's bytes: "sha256  path", by path.

    No path of an export needs escaping: each is made of ids, splits and fixed names.
    """
    lines = (f"{digests[name]}  {name}\n" for name in sorted(digests))
    return "".join(lines).encode()


def sums_in(data: bytes) -> Iterator[tuple[str, str]]:
    """Digest and path of each line of a file that `sums_text` gave."""
    for line in data.decode().splitlines():
        digest, _, name = line.partition("  ")
        yield digest, name
