from __future__ import annotations

import subprocess
import sys
import tomllib

from tests.architecture.source_tree import (
    ROOMS,
    ROOT,
    imported_modules,
    python_files,
    shown,
    syntax,
)


def contracts() -> dict[str, dict[str, object]]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    return {
        contract["id"]: contract
        for contract in settings["tool"]["importlinter"]["contracts"]
    }


def test_import_contracts_are_kept() -> None:
    run = "from importlinter.cli import lint_imports as run; raise SystemExit(run())"

    result = subprocess.run(
        [sys.executable, "-c", run],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
    )

    assert result.returncode == 0, result.stdout + result.stderr


def test_contract_holds_the_full_order_of_rooms() -> None:
    rooms = contracts()["rooms"]

    assert rooms["type"] == "layers"
    assert rooms["layers"] == ["station", "labeling | export", "dataset"]
    assert "ignore_imports" not in rooms


def test_only_the_window_may_know_qt() -> None:
    window = ROOMS["station"]
    exempt = {window / name for name in ("camera", "cli", "models", "shutter")}
    core = [folder for name, folder in ROOMS.items() if name != "station"]

    offenders = [
        shown(path, node)
        for path in python_files(*core, *exempt)
        for node, name in imported_modules(syntax(path))
        if name.partition(".")[0] in {"PySide6", "shiboken6", "pyqtgraph", "PyQt6"}
    ]

    assert offenders == []
