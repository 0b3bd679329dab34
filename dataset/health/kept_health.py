"""`versions/health.json`: findings on cameras that were worked out once.

An examination decodes dozens of pictures, and the next version mostly holds the same
sessions. A key names the pictures looked at and the code that looked, so that what is
kept is never wrong; the file may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from .. import durable
from ..camera_health import CameraHealth, health_from
from ..errors import FieldsetError
from ..measures import DIGEST
from ..version import FOLDER

FILE_NAME: Final = "health.json"
# Raise it whenever a finding can come out differently.
CODE_VERSION: Final = 1
_FORMAT: Final = "fieldset health"
_MOST: Final = 512


class KeptHealth:
    """The kept findings of a project; with `is_kept` False new ones are not written."""

    def __init__(self, root: Path, *, is_kept: bool = True) -> None:
        self._path = root / FOLDER / FILE_NAME
        self._is_kept = is_kept
        self._found = _read(self._path)

    def get(self, key: str) -> CameraHealth | None:
        """The findings under a key, or None."""
        with suppress(KeyError, TypeError, ValueError):
            return health_from(self._found[key])
        return None

    def put(self, key: str, health: CameraHealth) -> CameraHealth:
        """Keep findings at once, and give them as they come out of the file."""
        plain = health.to_json()
        self._found.pop(key, None)
        self._found[key] = plain
        if self._is_kept:
            last = dict(list(self._found.items())[-_MOST:])
            text = json.dumps({"format": _FORMAT, "findings": last}, ensure_ascii=False)
            with suppress(FieldsetError):
                durable.replace(self._path, text.encode())
        return health_from(plain)


def key_of(reference: Sequence[str], current: Sequence[str], since: str) -> str:
    """The key of an examination: ids of the samples looked at, and its words."""
    asked = [CODE_VERSION, DIGEST, list(reference), list(current), since]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:32]


def _read(path: Path) -> dict[str, Any]:
    with suppress(OSError, ValueError, KeyError, TypeError):
        content = json.loads(path.read_text("utf-8"))
        if content["format"] == _FORMAT:
            return dict(content["findings"])
    return {}
