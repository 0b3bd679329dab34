"""What the tests of this room share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dataset.versions.frozen_version import FrozenVersion
from tests.export.small_version import small_version, stored_samples

FORMATS = Path(__file__).resolve().parents[1] / "data" / "formats"


@pytest.fixture
def formats() -> Path:
    """The miniature data sets in the formats of other programs."""
    return FORMATS


@pytest.fixture
def frozen(tmp_path: Path) -> Iterator[FrozenVersion]:
    """A small version with its images."""
    root = tmp_path / "project"
    with small_version(root, stored_samples(root)) as version:
        yield version
