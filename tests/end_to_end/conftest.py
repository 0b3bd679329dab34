"""Projects that whole commands work on."""

from __future__ import annotations

from pathlib import Path

import pytest

from dataset.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The folder of a new project with two classes.

    Cameras show six pictures again and again here, with other bytes each time.
    """
    with Project.create(tmp_path / "project", ("car", "lorry")) as made:
        with (made.root / "fieldset.toml").open("a") as settings:
            settings.write("\n[capture.gates]\nalike = false\n")
        return made.root
