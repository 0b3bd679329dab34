"""What is installed, what is shipped, and what a commit must not name."""

from __future__ import annotations

import importlib.metadata
import os
import pwd
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.architecture.source_tree import ROOT, repository_files, shown

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
LOCK = (ROOT / "requirements.lock").read_text("utf-8")
# Written in two halves, so that this file does not find itself.
REGISTRY = re.compile(
    r"python"
    r"hosted\.org|registry\.npm"
    r"js\.org|https?://[^\s\"]*/simple\b"
    r"|index-url[ =]+[\"']?https?:|https?://[^\s\"]*\.(whl|tgz|tar\.gz)\b"
)
MACHINE_PATH = re.compile(
    r"/home/[a-z]" r"\w*/|/Users/[A-Za-z]" r"\w*/|[A-Z]:\\Users\\"
)


def texts() -> list[tuple[str, str]]:
    found = []
    for path in repository_files():
        data = path.read_bytes()
        if b"\0" not in data[:8000]:
            found.append((shown(path), data.decode("utf-8", "replace")))
    return found


def test_no_file_names_a_registry() -> None:
    assert [name for name, text in texts() if REGISTRY.search(text)] == []


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    own = (f"{ROOT}/", f"{pwd.getpwuid(os.getuid()).pw_dir.rstrip('/')}/")

    found = [
        name
        for name, text in texts()
        if MACHINE_PATH.search(text) or any(place in text for place in own)
    ]

    assert found == []


def test_lock_pins_every_package_with_hashes() -> None:
    pins = re.findall(r"^[A-Za-z0-9._-]+(?:\[[a-z,]+\])?==\S+.*$", LOCK, re.MULTILINE)
    entries = re.split(r"^(?=[A-Za-z0-9])", LOCK, flags=re.MULTILINE)

    assert len(pins) > len(PROJECT["dependencies"])
    assert len(pins) == len([entry for entry in entries if entry.strip()])
    assert all("--hash=sha256:" in entry for entry in entries if entry.strip())


def test_lock_holds_every_direct_dependency() -> None:
    wanted = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]
    names = {re.split(r"[^A-Za-z0-9_-]", line)[0].lower() for line in wanted}
    locked = set(re.findall(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==", LOCK, re.MULTILINE))

    assert {name.replace("_", "-") for name in names} - locked == set()


def test_exactly_one_opencv_is_installed() -> None:
    names = {
        (distribution.metadata["Name"] or "").lower().replace("_", "-")
        for distribution in importlib.metadata.distributions()
    }

    assert {name for name in names if name.startswith("opencv-")} == {
        "opencv-python-headless"
    }


def test_nobody_elses_package_answers_to_our_names() -> None:
    ours = {"station", "labeling", "dataset", "export"}

    owners = importlib.metadata.packages_distributions()

    for name in ours:
        assert set(owners.get(name, ["fieldset"])) == {"fieldset"}


def test_opencv_leaves_qts_plugins_alone() -> None:
    code = "import os, cv2; print(os.environ.get('QT_QPA_PLATFORM_PLUGIN_PATH'))"

    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True
    )

    assert result.stdout.strip() == "None"


def test_changelog_tells_of_this_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")

    headings = re.findall(r"^## \[(.+?)\]", changelog, re.MULTILINE)

    assert headings[:2] == ["Unreleased", PROJECT["version"]]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from a copy, so that no build folder stays in the repository."""
    base = tmp_path_factory.mktemp("wheel")
    for path in repository_files():
        copy = base / "source" / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, copy)
    pip("wheel", "--no-deps", "--no-build-isolation", "-w", base, base / "source")
    (built,) = base.glob("*.whl")
    return built


def pip(*arguments: str | Path) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input"]
    result = subprocess.run(
        [*command, *map(str, arguments)], capture_output=True, check=False, text=True
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_wheel_ships_types_data_and_licence(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())

    for room in ("dataset", "labeling", "export"):
        assert f"{room}/py.typed" in names
    assert any(name.startswith("station/demo/") for name in names)
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not any(name.startswith(("tests/", "packaging/")) for name in names)


def test_wheel_ships_every_module(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    modules = {
        shown(path).removeprefix("packaging/")
        for path in repository_files()
        if path.suffix == ".py"
        and shown(path).startswith(
            ("station/", "labeling/", "dataset/", "packaging/export/")
        )
        # A developer's script beside the pictures it takes; neither is shipped.
        and not shown(path).startswith("station/screenshots/")
    }

    assert modules - names == set()


def test_wheel_starts_in_a_clean_environment(wheel: Path, tmp_path: Path) -> None:
    """The dependencies are lent by this environment, fieldset itself is not."""
    clean = tmp_path / "clean"
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", clean],
        capture_output=True,
        check=True,
    )
    python = clean / "bin" / "python"
    pip("--python", python, "install", "--no-deps", "--no-index", wheel)
    (packages,) = (clean / "lib").glob("python3.*/site-packages")
    # A path line lends the folder's packages, not the editable fieldset's own hook.
    (packages / "lent.pth").write_text(sysconfig.get_path("purelib"))

    outside = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    version = subprocess.run(
        [clean / "bin" / "fieldset", "--version"],
        cwd=tmp_path,
        env=outside,
        capture_output=True,
        check=False,
        text=True,
    )
    place = subprocess.run(
        [python, "-c", "import export, station; print(export.__file__)"],
        cwd=tmp_path,
        env=outside,
        capture_output=True,
        check=False,
        text=True,
    )

    assert version.returncode == 0, version.stderr
    assert PROJECT["version"] in version.stdout
    assert place.stdout.startswith(str(packages)), place.stderr
