"""The project's log: what happened to it that no sample tells, a line of JSON each.

`log.jsonl` in the project's folder is only ever added to. Window and commands write to
it at the same time: a line is written with one call, at the file's end. It is a
record for people, not a truth that anything is decided by.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from . import durable

LOG_NAME: Final = "log.jsonl"
_AT, _WHAT = "at", "what"


def add_to_log(
    root: Path, what: str, facts: Mapping[str, object], *, at_us: int
) -> None:
    """Add an entry, on the disk when this returns.

    `what` says of which kind it is; `facts` are values that JSON knows. `at_us` is
    wall-clock time, microseconds since the epoch.

    Raises:
        StorageFull, ReadOnlyProject, ProjectError: it cannot be written.
    """
    when = datetime.fromtimestamp(at_us / 1e6, UTC).isoformat(timespec="seconds")
    entry = {_AT: when, _WHAT: what, **facts}
    path = root / LOG_NAME
    with durable.translated(path):
        is_new = not path.exists()
        handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(handle, _line(handle, entry))
            os.fsync(handle)
        finally:
            os.close(handle)
        if is_new:
            durable.sync_folder(root)


def read_log(root: Path, what: str = "") -> tuple[dict[str, Any], ...]:
    """The entries, oldest first; only those of one kind where it is named.

    A line that a power cut tore is left out.

    Raises:
        ProjectError: it cannot be read.
    """
    path = root / LOG_NAME
    if not path.exists():
        return ()
    found = []
    for line in durable.read_bytes(path).splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict) and what in ("", entry.get(_WHAT)):
            found.append(entry)
    return tuple(found)


def _line(handle: int, entry: Mapping[str, object]) -> bytes:
    """The entry as a line of its own, also behind one that was torn."""
    line = json.dumps(entry, ensure_ascii=False).encode() + b"\n"
    size = os.fstat(handle).st_size
    if size:
        os.lseek(handle, size - 1, os.SEEK_SET)
        if os.read(handle, 1) != b"\n":
            return b"\n" + line
    return line
