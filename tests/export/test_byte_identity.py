"""The same version gives the same bytes on every day, in every place, for everybody."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from export.formats import WRITERS
from tests.export.small_version import fitting, small_version, stored_samples
from tests.export.test_writers import contents

EXPORT_ALL = """
import os, sys, time
from pathlib import Path

root, out = Path(sys.argv[1]), Path(sys.argv[2])
day = float(sys.argv[3])
time.time = lambda: day
time.time_ns = lambda: int(day * 1e9)
os.umask(int(sys.argv[4], 8))

from export.formats import WRITERS
from tests.export.small_version import fitting, small_version, stored_samples

for writer in WRITERS:
    samples = fitting(stored_samples(root), writer.format)
    with small_version(root, samples) as version:
        writer.write(version, out / writer.format)
"""
HERE = {
    "TZ": "UTC",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "USER": "one",
    "HOME": "/nonexistent/one",
    "PYTHONHASHSEED": "1",
}
THERE = {
    "TZ": "Asia/Kolkata",
    "LANG": "tr_TR.UTF-8",
    "LC_ALL": "de_DE.UTF-8",
    "USER": "another",
    "HOME": "/nonexistent/another",
    "HOSTNAME": "elsewhere",
    "PYTHONHASHSEED": "2",
}


def export_all(root: Path, out: Path, environment: dict[str, str], *more: str) -> None:
    """Every format from a process of its own, in another folder."""
    out.parent.mkdir(parents=True)
    subprocess.run(
        [sys.executable, "-c", EXPORT_ALL, str(root), str(out), *more],
        check=True,
        cwd=out.parent,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
    )


def test_exports_are_equal_on_another_day_in_another_place(tmp_path: Path) -> None:
    one, two = tmp_path / "one" / "out", tmp_path / "two" / "deep er" / "äöü"

    export_all(tmp_path / "here", one, HERE, "1700000000", "022")
    export_all(tmp_path / "there", two, THERE, "1900000000", "077")

    first, second = contents(one), contents(two)
    assert {name.partition("/")[0] for name in first} == {w.format for w in WRITERS}
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []
    whole = b"".join(first.values())
    assert str(tmp_path).encode() not in whole
    assert b"elsewhere" not in whole


def test_order_of_samples_and_boxes_in_memory_changes_nothing(tmp_path: Path) -> None:
    for writer in WRITERS:
        root = tmp_path / writer.format
        samples = fitting(stored_samples(root), writer.format)
        turned = tuple(replace(s, boxes=s.boxes[::-1]) for s in samples[::-1])
        with small_version(root, samples) as version:
            one = writer.write(version, root / "one")
        with small_version(root, turned) as version:
            two = writer.write(version, root / "two")

        assert contents(one.path) == contents(two.path)
