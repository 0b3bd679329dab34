"""What the tests of this room share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dataset.versions.frozen_version import FrozenVersion
from tests.export.small_version import fitting, small_version, stored_samples

FORMATS = Path(__file__).resolve().parents[1] / "data" / "formats"


@pytest.fixture
def formats() -> Path:
    """The miniature data sets in the formats of other programs."""
    return FORMATS


@pytest.fixture
def frozen(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FrozenVersion]:
    """A small version with its images.

    Where the test has a `writer`, only with images of kinds that its target takes.
    """
    root = tmp_path / "project"
    known = getattr(request.node, "callspec", None)
    writer = known.params.get("writer") if known is not None else None
    samples = stored_samples(root)
    if writer is not None:
        samples = fitting(samples, writer.format)
    with small_version(root, samples) as version:
        yield version
