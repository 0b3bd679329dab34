"""The README's commands and its Python, run as they stand there, in order.

Every line `$ fieldset ...` of a console block and every Python block runs in one
scratch folder, in which `camera.mp4` is the clip that ships with the demo. `label`
opens the real window; what a person does in it is done beside it, on the same project.
"""

from __future__ import annotations

import contextlib
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from dataset.project import Project
from labeling.session import LabelingSession

from .commands import FIELDSET, Running, fieldset, wait_until

ROOT = Path(__file__).resolve().parents[2]
CLIP = ROOT / "station" / "demo" / "traffic_camera.mp4"
_BLOCK = re.compile(r"^```(console|python)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_PROMPT = "$ "


@dataclass(frozen=True, slots=True)
class Step:
    """One command line, or one block of Python."""

    kind: str
    text: str


def steps(text: str) -> list[Step]:
    """What a README asks to be run, in order."""
    found = []
    for kind, body in _BLOCK.findall(text):
        if kind == "python":
            found.append(Step(kind, body))
            continue
        lines = [line for line in body.splitlines() if line.startswith(_PROMPT)]
        found += [Step(kind, line.removeprefix(_PROMPT)) for line in lines]
    return found


def test_steps_are_found_in_order() -> None:
    text = "```console\n$ fieldset a\nits output\n$ fieldset b\n```\n```sh\nmake\n```\n"
    python = "```python\nimport dataset\n```\n"

    found = steps(text + python)

    assert found == [
        Step("console", "fieldset a"),
        Step("console", "fieldset b"),
        Step("python", "import dataset\n"),
    ]


@pytest.mark.timeout(600)
def test_every_command_of_the_readme_works(tmp_path: Path) -> None:
    shutil.copy(CLIP, tmp_path / "camera.mp4")
    found = steps((ROOT / "README.md").read_text("utf-8"))

    failed = [
        f"{step.text}\n{talk}" for step in found if (talk := _run(step, tmp_path))
    ]

    assert len(found) > 10
    assert not failed, "\n".join(failed)


def _run(step: Step, folder: Path) -> str:
    """Run a step; gives what it said where it failed, else ""."""
    if step.kind == "python":
        done = subprocess.run(
            [sys.executable, "-c", step.text],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        return f"{done.returncode}: {done.stderr}" if done.returncode else ""
    program, *arguments = shlex.split(step.text)
    if program != "fieldset":
        return "only `fieldset` is run here"
    if arguments[0] == "label":
        return _label(folder / arguments[arguments.index("--project") + 1], folder)
    end = fieldset(*arguments, cwd=folder)
    return f"{end.code}: {end.talk}" if end.code else ""


def _label(root: Path, folder: Path) -> str:
    window = Running([FIELDSET, "--project", str(root), "label"], folder, "window")
    try:
        wait_until(lambda: window.is_over or _has_open(window.pid, "catalog.db"))
        with Project.open(root) as project:
            labeling = LabelingSession(project)
            while labeling.current is not None:
                labeling.draw((10.0, 20.0, 60.0, 50.0), 1)
                labeling.accept()
        return f"the window closed: {window.talk()}" if window.is_over else ""
    finally:
        window.end_all()


def _has_open(pid: int, name: str) -> bool:
    """Whether a process has a file of that name open (known on Linux alone)."""
    folder = Path(f"/proc/{pid}/fd")
    if not Path("/proc").is_dir():
        return True
    found = set()
    for link in folder.glob("*"):
        with contextlib.suppress(OSError):
            found.add(link.readlink().name)
    return name in found
