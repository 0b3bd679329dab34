"""Whether the drift statistics and the report of a version are there and still true."""

from __future__ import annotations

from ..errors import BadFile
from ..sealed.published_seals import closed_names
from ..versions.frozen_version import FrozenVersion
from .kept_drift import REPORT_NAME, read_drift


def is_made(frozen: FrozenVersion) -> bool:
    """Whether both files are there, whole, and show nothing that is closed by now."""
    if not (frozen.folder / REPORT_NAME).is_file():
        return False
    try:
        content = read_drift(frozen)
    except BadFile:
        return False
    return content is not None and "health" in content and not shows_closed(frozen)


def shows_closed(frozen: FrozenVersion) -> bool:
    """Whether the report may show a picture of a set that was closed after it was made.

    Raises:
        BadFile: a published seal is damaged.
    """
    closed = closed_names(frozen.root, frozen.splits)
    if not closed:
        return False
    try:
        content = read_drift(frozen) or {}
    except BadFile:
        return True
    known = content.get("closed")
    return not isinstance(known, list) or not closed <= set(known)
