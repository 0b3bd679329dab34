"""`packaging/` is a plain folder here; PyPI's `packaging` must win (its README)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source_tree import ROOT

IN_PROCESS = "test_import_in_process_finds_the_one_from_the_index"


def is_ours(module_file: str | None) -> bool:
    return module_file is None or Path(module_file).is_relative_to(ROOT / "packaging")


def test_plain_folder_never_becomes_a_package() -> None:
    assert not (ROOT / "packaging" / "__init__.py").exists()


def test_import_in_process_finds_the_one_from_the_index() -> None:
    import packaging.version

    assert not is_ours(packaging.version.__file__)


def test_import_from_the_root_finds_the_one_from_the_index() -> None:
    code = "import packaging.version, sys; print(packaging.__file__, sys.path[0] == '')"

    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )

    module_file, root_is_first = result.stdout.split()
    assert not is_ours(module_file)
    assert root_is_first == "True"


@pytest.mark.parametrize(
    "command",
    [[sys.executable, "-m", "pytest"], [str(Path(sys.executable).with_name("pytest"))]],
    ids=["python -m pytest", "pytest"],
)
def test_import_under_pytest_finds_the_one_from_the_index(command: list[str]) -> None:
    arguments = ["-q", "-p", "no:cacheprovider", f"{__file__}::{IN_PROCESS}"]

    result = subprocess.run(
        [*command, *arguments], cwd=ROOT, capture_output=True, check=False, text=True
    )

    assert result.returncode == 0, result.stdout
    assert "1 passed" in result.stdout
