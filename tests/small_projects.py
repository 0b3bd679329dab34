"""Small real projects: tiny pictures, sessions, samples, and what a catalog holds."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from dataset.catalog import Catalog
from dataset.progress import Cancelled
from dataset.project import Project
from dataset.records import Box, BoxOrigin, Proposal, Sample, Session, Verdict

WIDTH, HEIGHT = 64, 48
BEGAN_US = 1_790_000_000_000_000
TRAFFIC = Path(__file__).resolve().parent / "data" / "traffic"


def pixels(seed: int, width: int = WIDTH, height: int = HEIGHT) -> NDArray[np.uint8]:
    """A picture of smooth noise; each seed gives another one."""
    noise = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    large = cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(large, np.uint8)


def jpeg(seed: int, width: int = WIDTH, height: int = HEIGHT) -> bytes:
    """The same picture as the bytes of a JPEG file."""
    return cv2.imencode(".jpg", pixels(seed, width, height))[1].tobytes()


def new_project(root: Path, *classes: str) -> Project:
    """A project of its own folder, with the classes car and bike unless said."""
    return Project.create(root, classes or ("car", "bike"))


def new_session(project: Project, name: str = "", **facts: str) -> Session:
    """A session that began at a fixed time."""
    return project.begin_session(
        name=name, place=facts.get("place", ""), source="cam", started_us=BEGAN_US
    )


def filled(
    project: Project, session: Session, count: int, *, first: int = 0, size: int = 1
) -> tuple[Sample, ...]:
    """Samples with real pictures, one second apart."""
    return tuple(
        project.take_in(
            jpeg(first + i, WIDTH * size, HEIGHT * size),
            session,
            captured_us=BEGAN_US + (first + i) * 1_000_000,
            source_name=f"{first + i}.jpg",
        ).sample
        for i in range(count)
    )


def bare_row(number: int, session: Session, **facts: object) -> Sample:
    """A sample's record for a catalog alone: no picture stands behind it."""
    values: dict[str, object] = {
        "id": hashlib.sha256(f"row {number}".encode()).hexdigest(),
        "session_id": session.id,
        "sequence": number,
        "suffix": "jpg",
        "width": WIDTH,
        "height": HEIGHT,
        "size_bytes": 10,
        "captured_us": BEGAN_US + number,
        "group_id": f"g-{session.id}",
    }
    return Sample(**{**values, **facts})  # type: ignore[arg-type]


def bare_session(name: str, **facts: object) -> Session:
    """A session's record whose id is its name."""
    return Session(id=name, name=name, **facts)  # type: ignore[arg-type]


def uid(name: str) -> str:
    """A UUID that stands for a short name, and sorts as it does."""
    return f"00000000-0000-4000-8000-{name.encode().hex():0>12}"


def box(name: str = "a", class_id: int = 1, x0: float = 5.0, **facts: object) -> Box:
    """A box of 20 x 15 pixels."""
    values: dict[str, object] = {
        "id": uid(name),
        "class_id": class_id,
        "x0": x0,
        "y0": 4.0,
        "x1": x0 + 20.0,
        "y1": 19.0,
    }
    return Box(**{**values, **facts})  # type: ignore[arg-type]


def proposal(name: str, verdict: Verdict = Verdict.MOVED, x0: float = 5.0) -> Proposal:
    """A proposal of carry-over."""
    carried = box(name, x0=x0, origin=BoxOrigin.CARRIED, score=0.8)
    return Proposal(box=carried, verdict=verdict)


def content(catalog: Catalog) -> str:
    """A digest of every row of every table of the catalog."""
    database = catalog._connection.db
    digest = hashlib.sha256()
    for table in sorted(database.table_names()):
        rows = sorted(repr(tuple(row.values())) for row in database[table].rows)
        digest.update(repr((table, rows)).encode())
    return digest.hexdigest()


def files_under(folder: Path) -> set[str]:
    """The files below a folder, relative to it."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file()
    }


class StopsAt:
    """Progress that a person cancels at the given number of things done."""

    def __init__(self, number: int = 0) -> None:
        self._number = number

    def step(self, done: int, total: int | None, what: str) -> None:  # noqa: ARG002
        """Cancel, if enough is done."""
        if done >= self._number:
            raise Cancelled


@contextlib.contextmanager
def tiny_disk(folder: Path, size: str = "2m") -> Iterator[Path]:
    """A disk of that size of its own, in memory; skips where mounting is forbidden."""
    folder.mkdir()
    with _mounted(["-t", "tmpfs", "-o", f"size={size}", "tmpfs"], folder):
        yield folder


@contextlib.contextmanager
def read_only(folder: Path, view: Path) -> Iterator[Path]:
    """The folder as it looks from a disk that cannot be written."""
    if os.geteuid() != 0:
        with _without_rights(folder):
            yield folder
        return
    view.mkdir()
    with _mounted(["--bind", "-o", "ro", str(folder)], view):
        yield view


@contextlib.contextmanager
def _mounted(arguments: list[str], place: Path) -> Iterator[None]:
    mount = shutil.which("mount")
    if mount is None or os.geteuid() != 0:
        pytest.skip("mounting a disk needs root and `mount`")
    done = subprocess.run(
        [mount, *arguments, str(place)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"mounting is not permitted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@contextlib.contextmanager
def _without_rights(folder: Path) -> Iterator[None]:
    everything = [folder, *folder.rglob("*")]
    modes = [(path, path.stat().st_mode) for path in everything]
    for path, mode in modes:
        path.chmod(mode & ~0o222)
    try:
        yield
    finally:
        for path, mode in modes:
            path.chmod(mode)
