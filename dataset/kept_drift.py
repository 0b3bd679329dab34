"""`drift.json`: what a version's comparisons found; beside it, outside of its id.

Reading it takes neither the catalog nor OpenCV, so that a diff is quick.
"""

from __future__ import annotations

import json
from typing import Any, Final

from .errors import BadFile
from .frozen_version import FrozenVersion

FILE_NAME: Final = "drift.json"


def read_drift(frozen: FrozenVersion) -> dict[str, Any] | None:
    """What `write_drift` wrote, or None where it was not made yet.

    Raises:
        BadFile: the file is damaged.
    """
    path = frozen.folder / FILE_NAME
    try:
        content = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise BadFile(
            f"The drift statistics cannot be read: {path}",
            hint=f"delete the file and run `fieldset version report "
            f"{frozen.version.alias}`",
        ) from error
    if not isinstance(content, dict):
        raise BadFile(f"The drift statistics cannot be read: {path}")
    return content


def drift_summary(frozen: FrozenVersion, base_id: str) -> dict[str, Any]:
    """The kept comparison of a version with its parent, if that has `base_id`.

    Empty where there is none: then `fieldset drift` computes it.
    """
    if frozen.version.parent != base_id:
        return {}
    content = read_drift(frozen)
    for comparison in (content or {}).get("comparisons", ()):
        if comparison["kind"] == "parent":
            return dict(comparison)
    return {}
