"""packaging/desktop/environment.sh, in a folder of its own with Pythons of ours."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.architecture.source_tree import ROOT

COMMANDS = ("cat", "cksum", "cp", "dirname", "mkdir", "rm")
# Answers like Python: `-c` asks whether it fits, makes environments, its version;
# `-m venv` makes a folder whose python is this script again; `-m pip` notes what it was
# told, and fails once where a file says so.
PYTHON = """#!/bin/sh
case "$1 $2" in
*python3*venv*) echo python3.12-venv ;;
*ensurepip*) exit {cannot_make} ;;
*python_version*) echo {version} ;;
"-m venv") rm -rf .venv && mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
"-m pip") echo "$*" >>pip.txt && ! rm offline 2>/dev/null ;;
esac
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A root with the script, a lock, and nothing on the path but what it calls."""
    script = tmp_path / "packaging" / "desktop" / "environment.sh"
    script.parent.mkdir(parents=True)
    shutil.copy(ROOT / "packaging" / "desktop" / "environment.sh", script)
    (tmp_path / "requirements.lock").write_text("one==1\n")
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    (tmp_path / "bin").mkdir()
    for name in COMMANDS:
        found = shutil.which(name)
        assert found is not None
        # A script, no link: nothing a test writes here may reach the real command.
        add_command(tmp_path, name, f'#!/bin/sh\nexec {found} "$@"\n')
    add_command(tmp_path, "id", "#!/bin/sh\necho 1000\n")
    return tmp_path


def add_command(tree: Path, name: str, text: str) -> None:
    (tree / "bin" / name).write_text(text)
    (tree / "bin" / name).chmod(0o755)


def add_python(tree: Path, name: str, *, cannot_make: int = 0) -> None:
    version = f"{name.removeprefix('python')}.1"
    text = PYTHON.format(cannot_make=cannot_make, version=version)
    add_command(tree, name, text)


def set_up(tree: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", "packaging/desktop/environment.sh"],
        cwd=tree,
        env={"PATH": str(tree / "bin"), **variables},
        capture_output=True,
        check=False,
        text=True,
    )


def pip_calls(tree: Path) -> list[str]:
    notes = tree / "pip.txt"
    calls = notes.read_text().splitlines() if notes.exists() else []
    notes.unlink(missing_ok=True)
    return calls


def test_no_python_that_fits_is_said_in_one_line(tree: Path) -> None:
    add_command(tree, "python3.13", "#!/bin/sh\nexit 127\n")

    result = set_up(tree)

    assert result.returncode == 1
    assert result.stderr == "fieldset needs Python 3.11 to 3.14; none was found\n"


def test_missing_venv_package_is_named_in_one_line(tree: Path) -> None:
    add_python(tree, "python3.12", cannot_make=1)

    result = set_up(tree)

    assert result.returncode == 1
    assert result.stderr.splitlines() == [
        "Python cannot make virtual environments;"
        " run: sudo apt-get install -y python3.12-venv"
    ]


def test_newest_python_that_makes_environments_is_taken(tree: Path) -> None:
    add_python(tree, "python3.11")
    add_python(tree, "python3.12")
    add_python(tree, "python3.13", cannot_make=1)

    result = set_up(tree)

    assert result.returncode == 0, result.stderr
    assert "with Python 3.12.1" in result.stderr


def test_lock_is_installed_with_hashes_and_fieldset_without_dependencies(
    tree: Path,
) -> None:
    add_python(tree, "python3.12")

    set_up(tree)

    of_lock, of_fieldset = pip_calls(tree)
    assert "--require-hashes -r requirements.lock" in of_lock
    assert "--no-deps --no-build-isolation --editable ." in of_fieldset


def test_second_run_does_and_says_nothing(tree: Path) -> None:
    add_python(tree, "python3.12")
    set_up(tree)
    pip_calls(tree)

    result = set_up(tree)

    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert pip_calls(tree) == []


def test_changed_lock_makes_the_environment_anew(tree: Path) -> None:
    add_python(tree, "python3.12")
    set_up(tree)
    pip_calls(tree)
    (tree / "requirements.lock").write_text("one==2\n")

    set_up(tree)

    assert len(pip_calls(tree)) == 2


def test_changed_settings_install_fieldset_alone(tree: Path) -> None:
    add_python(tree, "python3.12")
    set_up(tree)
    pip_calls(tree)
    (tree / "pyproject.toml").write_text("[project]\nname = 'x'\n")

    set_up(tree)

    (of_fieldset,) = pip_calls(tree)
    assert "--editable ." in of_fieldset


def test_another_python_can_be_asked_for(tree: Path) -> None:
    add_python(tree, "python3.11")
    add_python(tree, "python3.12")
    set_up(tree)

    result = set_up(tree, PYTHON="python3.11")
    again = set_up(tree)

    assert "with Python 3.11.1" in result.stderr
    assert again.stderr == ""


def test_failed_installation_says_so_and_is_done_again(tree: Path) -> None:
    add_python(tree, "python3.12")
    (tree / "offline").touch()

    failed = set_up(tree)
    again = set_up(tree)

    assert failed.returncode == 1
    assert failed.stderr.splitlines()[-1].startswith("the packages could not be")
    assert again.returncode == 0
    assert len(pip_calls(tree)) == 3
