"""`SHA256SUMS`, as `sha256sum -c` takes it: every file of an export but itself."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from dataset import durable

FILE_NAME = "SHA256SUMS"


def sums_text(digests: Mapping[str, str]) -> bytes:
    """The file's bytes: "sha256  path", by path; no path of ours needs escaping."""
    lines = (f"{digests[name]}  {name}\n" for name in sorted(digests))
    return "".join(lines).encode()


def note_companions(folder: Path, names: tuple[str, ...]) -> None:
    """Tell an export's sums of files that were laid beside it, or taken away."""
    path = folder / FILE_NAME
    if not path.is_file():
        return
    digests = {}
    for line in path.read_text("utf-8").splitlines():
        digest, _, name = line.partition("  ")
        if name not in names:
            digests[name] = digest
    for name in names:
        companion = folder / name
        if companion.is_file():
            digests[name] = hashlib.sha256(companion.read_bytes()).hexdigest()
    durable.replace(path, sums_text(digests))
