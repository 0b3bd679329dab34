"""packaging/desktop/system_libraries.sh names what Qt's wheel really loads."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source_tree import ROOT

SCRIPT = ROOT / "packaging" / "desktop" / "system_libraries.sh"
# Every Linux with Python has these: the C library, the compiler's, the loader.
BASIC = re.compile(
    r"^(ld-linux|lib(c|m|dl|pthread|rt|resolv|util|gcc_s|stdc\+\+)\.so)|^linux-vdso"
)

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("readelf") is None,
    reason="needs Linux and readelf (binutils)",
)


def qt_folder() -> Path:
    spec = importlib.util.find_spec("PySide6")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def loaded_from_the_system(*starts: Path) -> set[str]:
    """The libraries that files of the wheel need and the wheel does not hold."""
    qt = qt_folder()
    carried = {path.name: path for path in qt.rglob("*.so*")}
    carried |= {path.name: path for path in qt.parent.glob("shiboken6/*.so*")}
    todo, seen, outside = list(starts), set[Path](), set[str]()
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        for name in needed_by(path):
            if name in carried:
                todo.append(carried[name])
            elif not BASIC.match(name):
                outside.add(name)
    return outside


def needed_by(path: Path) -> list[str]:
    listing = subprocess.run(
        ["readelf", "--dynamic", "--wide", path],
        capture_output=True,
        check=True,
        text=True,
    )
    return re.findall(r"\(NEEDED\).*\[(.+?)\]", listing.stdout)


def table(name: str) -> set[str]:
    rows = re.search(rf"^{name}='\n(.*?)'", SCRIPT.read_text("utf-8"), re.M | re.S)
    assert rows is not None
    return {line.split()[0] for line in rows[1].splitlines()}


def modules() -> list[Path]:
    names = ("QtCore", "QtGui", "QtWidgets", "QtSvg", "QtTest", "QtOpenGLWidgets")
    return [qt_folder() / f"{name}.abi3.so" for name in names]


def test_offscreen_table_names_what_qt_needs_without_a_display() -> None:
    plugins = qt_folder() / "Qt" / "plugins"

    needed = loaded_from_the_system(
        plugins / "platforms" / "libqoffscreen.so",
        *(plugins / "imageformats").glob("libq[!p]*.so"),  # qpdf needs QtPdf: not here
        *modules(),
    )

    assert needed - table("offscreen_table") == set()


def test_window_table_names_what_a_window_on_x11_adds() -> None:
    plugins = qt_folder() / "Qt" / "plugins"

    needed = loaded_from_the_system(
        plugins / "platforms" / "libqxcb.so",
        *(plugins / "xcbglintegrations").glob("*.so"),
    )

    assert needed - table("offscreen_table") - table("window_table") == set()


def test_script_names_every_missing_package_in_one_line(tmp_path: Path) -> None:
    for tool, answer in {"ldconfig": ":", "id": "echo 1000", "find": ":"}.items():
        (tmp_path / tool).write_text(f"#!/bin/sh\n{answer}\n")
        (tmp_path / tool).chmod(0o755)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin"}

    note = subprocess.run(
        [SCRIPT, "note"], env=environment, capture_output=True, check=False, text=True
    )
    stop = subprocess.run(
        [SCRIPT, "offscreen"],
        env=environment,
        capture_output=True,
        check=False,
        text=True,
    )

    assert (note.returncode, stop.returncode) == (0, 1)
    assert len(note.stderr.splitlines()) == 1
    for package in ("libegl1", "libxcb-cursor0", "fonts-dejavu-core"):
        assert f" {package}" in note.stderr
