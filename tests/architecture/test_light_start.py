from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.architecture.source_tree import ROOT

SLOW = {
    "PySide6",
    "albumentations",
    "azure",
    "cv2",
    "jinja2",
    "matplotlib",
    "numpy",
    "onnxruntime",
    "pyarrow",
    "pyqtgraph",
    "scipy",
    "sklearn",
    "sqlite_utils",
}
LIST_MODULES = """
import json, sys
from station.cli.main import main
sys.argv = ["fieldset", *{arguments!r}]
try:
    main()
except SystemExit as stopped:
    code = stopped.code
else:
    code = 0
print(json.dumps([code, sorted(sys.modules)]), file=sys.stderr)
"""


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--version"], ["capture", "--help"], ["diff", "--help"]],
)
def test_slow_libraries_are_not_imported_by_help(arguments: list[str]) -> None:
    result = subprocess.run(
        [sys.executable, "-c", LIST_MODULES.format(arguments=arguments)],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )

    code, modules = json.loads(result.stderr.splitlines()[-1])
    assert not code
    assert result.stdout
    assert sorted(SLOW.intersection(modules)) == []


def test_the_windows_pages_load_nothing_that_the_first_picture_can_do_without() -> None:
    listing = "import json, sys, station.pages; print(json.dumps(sorted(sys.modules)))"
    result = subprocess.run(
        [sys.executable, "-c", listing],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )

    needed = {"PySide6", "cv2", "numpy", "pyarrow", "sqlite_utils"}
    modules = json.loads(result.stdout.splitlines()[-1])
    assert sorted((SLOW - needed).intersection(modules)) == []
