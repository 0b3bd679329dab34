"""What the tests of this room share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from dataset.versions.frozen_version import FrozenVersion
from export.formats import writer_for
from tests.export.small_version import fitting, small_version, stored_samples

FORMATS = Path(__file__).resolve().parents[1] / "data" / "formats"


@pytest.fixture
def formats() -> Path:
    """The miniature data sets in the formats of other programs."""
    return FORMATS


@pytest.fixture
def frozen_for(tmp_path: Path) -> Iterator[Callable[[str], FrozenVersion]]:
    """Makes a small version with images of kinds that a format's target takes."""
    with ExitStack() as opened:

        def make(format_name: str) -> FrozenVersion:
            root = tmp_path / "project"
            samples = fitting(stored_samples(root), format_name)
            return opened.enter_context(small_version(root, samples))

        yield make


@pytest.fixture
def frozen(
    request: pytest.FixtureRequest, frozen_for: Callable[[str], FrozenVersion]
) -> FrozenVersion:
    """A small version with its images, for the test's `writer` where it has one."""
    known = getattr(request.node, "callspec", None)
    writer = known.params.get("writer") if known is not None else None
    return frozen_for("" if writer is None else writer.format)


@pytest.fixture
def export(
    frozen_for: Callable[[str], FrozenVersion], tmp_path: Path
) -> Callable[[str], Path]:
    """Writes the small version in a format, and gives the folder."""

    def write(name: str) -> Path:
        return writer_for(name).write(frozen_for(name), tmp_path / name).path

    return write
