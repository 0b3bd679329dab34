"""`drift.json`: what a version's comparisons found; beside it, outside of its id.

Reading it takes neither the catalog nor OpenCV, so that a diff is quick.
"""

from __future__ import annotations

import json
from typing import Any, Final

from ..errors import BadFile
from ..versions.frozen_version import FrozenVersion

FILE_NAME: Final = "drift.json"
REPORT_NAME: Final = "report.html"
_TOLD: Final = ("kind", "verdict", "summary")
_TOLD_OF_A_CAMERA: Final = ("verdict", "sentence")


def read_drift(frozen: FrozenVersion) -> dict[str, Any] | None:
    """What `write_drift` wrote, or None where it was not made yet.

    Raises:
        BadFile: the file is damaged.
    """
    path = frozen.folder / FILE_NAME
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise _damaged(frozen) from error
    try:
        content = json.loads(text, parse_constant=_refuse)
        told = [one[key] for one in content["comparisons"] for key in _TOLD]
        told += _told_of(content.get("health"))
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(frozen) from error
    if not all(isinstance(words, str) for words in told):
        raise _damaged(frozen)
    return dict(content)


def _told_of(health: dict[str, Any] | None) -> list[object]:
    """What must be text in what is told of the cameras."""
    if health is None:
        return []
    parts = [
        part
        for camera in health["cameras"]
        for part in (*camera["findings"], *camera["trends"])
    ]
    return [health["summary"], *(p[key] for p in parts for key in _TOLD_OF_A_CAMERA)]


def _refuse(constant: str) -> float:
    """JSON has no NaN and no infinity, and what we print shall have none."""
    raise ValueError(constant)


def _damaged(frozen: FrozenVersion) -> BadFile:
    alias = frozen.version.alias
    return BadFile(
        f"The drift statistics cannot be read: {frozen.folder / FILE_NAME}",
        hint=f"`fieldset version report {alias}` computes them again",
    )


def drift_summary(frozen: FrozenVersion, base_id: str) -> dict[str, Any]:
    """The kept comparison of a version with its parent, if that has `base_id`.

    Empty where there is none: then `fieldset drift` computes it.
    """
    if frozen.version.parent != base_id:
        return {}
    content = read_drift(frozen)
    for comparison in content["comparisons"] if content else ():
        if comparison["kind"] == "parent":
            return dict(comparison)
    return {}
