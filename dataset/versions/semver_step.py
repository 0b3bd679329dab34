"""How far two versions of a dataset are apart, as Croissant 1.1 defines it.

PATCH: the same records, under another policy or kind of split. MINOR: samples or
classes were only added, and every old record is what it was. MAJOR: a record was
changed, removed or moved between splits, or a class was renamed, retired or taken back.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Step(StrEnum):
    """How far one version is from another; NONE where they are the same."""

    NONE = ""
    PATCH = "patch"
    MINOR = "minor"
    MAJOR = "major"

    @property
    def reason(self) -> str:
        """What the step says, as a part of a sentence."""
        return _REASONS[self]


_REASONS: Final = {
    Step.NONE: "the same version",
    Step.PATCH: "the same records under another policy",
    Step.MINOR: "samples or classes were only added",
    Step.MAJOR: "records or classes were changed, removed or moved",
}
