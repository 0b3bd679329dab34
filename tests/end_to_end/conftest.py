"""Projects that whole commands work on."""

from __future__ import annotations

from pathlib import Path

import pytest

from dataset.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The folder of a new project with two classes."""
    with Project.create(tmp_path / "project", ("car", "lorry")) as made:
        return made.root
