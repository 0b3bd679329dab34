"""A version with its sealed sets closed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from dataset.sealed.published_seals import closed_names
from dataset.version import read_version
from dataset.versions.frozen_version import FrozenVersion


def read_closed(root: Path, name: str) -> FrozenVersion:
    """The version, its splits sealed where their seal was published since."""
    frozen = read_version(root, name)
    closed = closed_names(root, frozen.splits)
    splits = tuple(replace(s, sealed=s.name in closed) for s in frozen.splits)
    record = replace(frozen.record, splits=splits)
    return FrozenVersion(root=frozen.root, folder=frozen.folder, record=record)
