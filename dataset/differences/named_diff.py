"""The diff of two versions by their names, with all that is known of the pair.

Version files alone are read: no catalog, no OpenCV, no statistics.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..diff import compare
from ..drift_statistics.kept_drift import drift_summary
from ..progress import SILENT, Progress
from ..records import Version
from ..sealed.published_seals import closed_names
from ..version import read_version, readable_versions
from ..versions.frozen_version import FrozenVersion
from ..versions.semver import semvers
from ..versions.verification import require_sound
from .version_diff import VersionDiff


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NamedDiff:
    """Two versions and what differs.

    `semver` are the numbers of old and new, "" where they cannot be told. `drift` is
    the comparison that was kept when `new` was frozen, if `old` is its parent. `notes`
    are sentences about the comparison itself.
    """

    diff: VersionDiff
    old: FrozenVersion
    new: FrozenVersion
    base: FrozenVersion | None
    semver: tuple[str, str]
    drift: Mapping[str, Any]
    notes: tuple[str, ...]

    def to_json(self, *, with_changes: bool = False) -> dict[str, Any]:
        """What `diff --json` prints."""
        content = self.diff.to_json(with_changes=with_changes)
        content["drift"] = dict(self.drift)
        for side, number in zip(("old", "new"), self.semver, strict=True):
            content["semver"][side] = number or None
        if self.base is not None:
            base = self.base.version
            content["base"] = {
                "id": base.id, "alias": base.alias, "is_ancestor": not self.notes,
            }  # fmt: skip
        return content


def named_diff(
    root: Path, old: str, new: str, base: str | None, *, progress: Progress = SILENT
) -> NamedDiff:
    """Compare the versions of the project at `root` that are called so.

    Raises:
        NotFound: there is no such version.
        BadFile: files of one of them were edited, cut or deleted.
        NewerProject: a newer fieldset wrote one.
    """
    before, after = (require_sound(read_version(root, name)) for name in (old, new))
    ancestor = require_sound(read_version(root, base)) if base is not None else None
    splits = (*before.splits, *after.splits, *(ancestor.splits if ancestor else ()))
    closed = closed_names(root, splits)
    versions = readable_versions(root)
    numbers = semvers(root, versions)
    return NamedDiff(
        diff=compare(before, after, ancestor, closed=closed, progress=progress),
        old=before,
        new=after,
        base=ancestor,
        semver=(
            str(numbers.get(before.version.id) or ""),
            str(numbers.get(after.version.id) or ""),
        ),
        drift=drift_summary(after, before.version.id),
        notes=tuple(_strangers(ancestor, (before, after), versions)),
    )


def _strangers(
    base: FrozenVersion | None,
    sides: Sequence[FrozenVersion],
    versions: Sequence[Version],
) -> Iterator[str]:
    """A sentence for each side that does not come from the base."""
    if base is None:
        return
    parents = {version.id: version.parent for version in versions}
    for side in sides:
        at: str | None = side.version.id
        seen: set[str] = set()
        while at is not None and at != base.version.id and at not in seen:
            seen.add(at)
            at = parents.get(at)
        if at != base.version.id:
            yield (
                f"{base.version.alias} is no ancestor of {side.version.alias}: what "
                "differs from it may be older than both"
            )
