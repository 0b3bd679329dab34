"""The semantic version numbers of a project's versions, see `semver_step`.

A version without a parent is 1.0.0; the others follow from the content along the chain
of parents. They are computed and never stored in a version. Two versions of one parent
may share a number: the id tells them apart.

The step between two versions never changes, so `versions/semver.json` keeps it; the
file may be deleted at any time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .. import durable
from ..differences.diff_walk import differing_blocks, differing_buckets
from ..errors import FieldsetError
from ..records import LabelClass, Version
from ..version import FOLDER, read_version
from .frozen_version import FrozenVersion
from .semver_step import Step

CACHE_NAME: Final = "semver.json"
_FORMAT: Final = "fieldset semver"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Semver:
    """Major, minor and patch number; `str` gives `2.1.0`."""

    major: int = 1
    minor: int = 0
    patch: int = 0

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    def after(self, step: Step) -> Semver:
        """The number that is one such step further."""
        if step is Step.MAJOR:
            return Semver(major=self.major + 1)
        if step is Step.MINOR:
            return Semver(major=self.major, minor=self.minor + 1)
        if step is Step.PATCH:
            return Semver(major=self.major, minor=self.minor, patch=self.patch + 1)
        return self


def step_between(old: FrozenVersion, new: FrozenVersion) -> Step:
    """The step from one version to another, without matching a box.

    Says the same as `VersionDiff.semver_step`, and stops at the first record that is
    not what it was.

    Raises:
        BadFile: a bucket that had to be read does not hold what was frozen.
    """
    if old.version.id == new.version.id:
        return Step.NONE
    if not _has_all(old.classes, new.classes) or _is_changed(old, new):
        return Step.MAJOR
    is_more = new.version.samples > old.version.samples
    has_more_classes = len(new.classes) > len(old.classes)
    return Step.MINOR if is_more or has_more_classes else Step.PATCH


def semvers(root: Path, versions: Sequence[Version]) -> dict[str, Semver | None]:
    """The number of each version by its id; None where it cannot be told.

    That is so where the parent's folder is gone, or its files are damaged.

    Args:
        root: the project's folder.
        versions: all versions of the project, as `list_versions` gives them.
    """
    chain = _Chain(root, versions)
    found = {version.id: chain.number(version.id) for version in versions}
    chain.keep()
    return found


def _has_all(old: Sequence[LabelClass], new: Sequence[LabelClass]) -> bool:
    """Whether every old class is as it was, apart from its looks."""
    kept = {item.id: (item.name, item.retired) for item in new}
    return all(kept.get(item.id) == (item.name, item.retired) for item in old)


def _is_changed(old: FrozenVersion, new: FrozenVersion) -> bool:
    """Whether a record of the old version is not in the new one as it was."""
    if (new.record.trees.rows < old.record.trees.rows).any():
        return True
    differs = differing_buckets(old, new)
    # The same samples with other labels or splits: nothing has to be read.
    if ((differs["labels"] | differs["splits"]) & ~differs["images"]).any():
        return True
    blocks = differing_blocks(old, new)
    return any(len(block.removed) or len(block.old) for block in blocks)


class _Chain:
    """The versions of a project with their parents, and the steps that are known."""

    def __init__(self, root: Path, versions: Sequence[Version]) -> None:
        self._root = root
        self._versions = {version.id: version for version in versions}
        self._numbers: dict[str, Semver | None] = {}
        self._path = root / FOLDER / CACHE_NAME
        self._steps = _read_steps(self._path)
        self._is_grown = False

    def number(self, version_id: str) -> Semver | None:
        """The number of a version, by way of its ancestors."""
        waiting: list[Version] = []
        at: str | None = version_id
        while at is not None and at not in self._numbers:
            version = self._versions.get(at)
            if version is None or version in waiting:
                # The parent is gone, or an edited file made a ring of ancestors.
                self._numbers[at] = None
                break
            waiting.append(version)
            at = version.parent
        for version in reversed(waiting):
            self._numbers.setdefault(version.id, self._next(version))
        return self._numbers[version_id]

    def keep(self) -> None:
        """Keep new steps for the next time, where the folder can be written."""
        if self._is_grown:
            content = {"format": _FORMAT, "steps": dict(sorted(self._steps.items()))}
            with suppress(FieldsetError):
                durable.replace(self._path, json.dumps(content, indent=1).encode())

    def _next(self, version: Version) -> Semver | None:
        if version.parent is None:
            return Semver()
        before = self._numbers.get(version.parent)
        step = None if before is None else self._step(version.parent, version)
        return None if before is None or step is None else before.after(step)

    def _step(self, parent_id: str, version: Version) -> Step | None:
        key = f"{parent_id} {version.id}"
        if key not in self._steps:
            names = (self._versions[parent_id].alias, version.alias)
            try:
                with (
                    read_version(self._root, names[0]) as old,
                    read_version(self._root, names[1]) as new,
                ):
                    self._steps[key] = step_between(old, new).value
            except FieldsetError:
                return None
            self._is_grown = True
        return Step(self._steps[key])


def _read_steps(path: Path) -> dict[str, str]:
    """The steps that were kept; what is no step is left out and computed again."""
    try:
        steps = json.loads(path.read_bytes())["steps"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    if not isinstance(steps, Mapping):
        return {}
    known = {step.value for step in Step}
    return {k: s for k, s in steps.items() if isinstance(s, str) and s in known}
