"""Sources that are broken, hostile or deadly, through `fieldset capture`."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest
from sqlite_utils import Database

from dataset.project import Project
from tests.station.camera.clips import deadly_clip

from . import pictures
from .commands import Finished, fieldset, running, started_by
from .stored import stored


def _capture(project: Path, source: Path, *more: str) -> Finished:
    return fieldset(
        "--project", project, "capture", "--source", source, "--json",
        "--every", "50ms", *more,
    )  # fmt: skip


def test_clip_that_kills_its_decoder_is_one_sentence(
    project: Path, tmp_path: Path
) -> None:
    good = pictures.write_clip(tmp_path / "good.avi", 10, "good")
    deadly = tmp_path / "deadly.avi"
    deadly.write_bytes(deadly_clip())
    before = _capture(project, good)

    end = _capture(project, deadly)

    assert end.code == 5, end.talk
    assert end.talk.startswith("error: The decoder was killed by SIG")
    assert "Traceback" not in end.talk
    assert end.lines[-1]["kept"] == 0
    assert set(before.samples) == set(stored(project).images)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")
def test_decoder_that_dies_half_way_loses_no_sample(
    project: Path, tmp_path: Path
) -> None:
    clip = pictures.write_clip(tmp_path / "clip.avi", 600, "clip")
    command = ("--project", project, "capture", "--source", clip, "--json")
    with running(tmp_path, *command, "--every", "50ms") as run:
        run.wait_more_lines(5)
        (reader,) = set(started_by(run.mark)) - {run.pid}
        os.kill(reader, signal.SIGABRT)

        end = run.wait()

    kept = stored(project)
    assert end.code == 5, end.talk
    assert "SIGABRT" in end.talk
    assert set(end.samples) == set(kept.images)
    assert end.lines[-1]["kept"] == len(kept.images)
    assert kept.is_ended


def test_folder_of_odd_files_is_taken_in_with_reasons(
    project: Path, shared_data: Path
) -> None:
    end = _capture(project, shared_data / "images-odd-pillow", "--every", "500ms")

    names = _names(project)
    refused = end.lines[-1]["refused"]
    assert end.code == 0, end.talk
    assert "Traceback" not in end.talk
    assert set(end.samples) == set(stored(project).images)
    assert end.talk.count("refused ") == sum(refused.values())
    assert {"hopper.jpg", "pil_sample_cmyk.jpg", "i_trns.png", "hopper.bmp"} <= names
    assert not names & {
        "truncated_jpeg.jpg",
        "truncated_image.png",
        "broken.png",
        "ultrahdr.jpg",
        "iss634.apng",
        "iss634.webp",
        "decompression_bomb.gif",
    }
    assert not any(name.startswith("bmp/b/real") for name in names)
    assert refused["the image is cut short"] >= 5


def test_folder_of_small_faults_is_taken_in_with_reasons(
    project: Path, tmp_path: Path
) -> None:
    whole = pictures.traffic()
    folder = pictures.write_folder(tmp_path / "folder", whole[:2])
    (folder / "cut.jpg").write_bytes(whole[2][:-400])
    (folder / "half.jpg").write_bytes(whole[3][: len(whole[3]) // 2])
    (folder / "nothing.png").write_bytes(b"")
    (folder / "words.jpg").write_bytes(b"these are words\n")
    (folder / "again.jpg").write_bytes(whole[0])
    (folder / "notes.txt").write_bytes(b"not a picture\n")

    end = _capture(project, folder)

    assert end.code == 0, end.talk
    assert _names(project) == {"0000.jpg", "0001.jpg"}
    assert end.lines[-1]["kept"] == 2
    assert end.lines[-1]["known"] == 1
    assert sum(end.lines[-1]["refused"].values()) == 4


def test_exif_orientation_is_applied_once(project: Path, shared_data: Path) -> None:
    end = _capture(project, shared_data / "images-exif-orientation")

    with Project.open(project, read_only=True) as opened:
        sizes = [(s.width, s.height) for s in opened.catalog.samples.each()]
    assert end.code == 0, end.talk
    assert sizes == [(1800, 1200)] * 9


@pytest.mark.parametrize("what", ["no folder", "a file", "no catalog", "a newer one"])
def test_place_that_is_no_project_is_said_so(
    project: Path, tmp_path: Path, what: str
) -> None:
    place = {"no folder": tmp_path / "nowhere", "a file": tmp_path / "file"}.get(
        what, project
    )
    if what == "a file":
        place.write_text("nothing")
    elif what == "no catalog":
        shutil.move(project / "catalog.db", tmp_path / "catalog.db")
    elif what == "a newer one":
        _make_newer(project)

    end = fieldset("--project", place, "status")

    assert end.code == 3, end.talk
    assert end.talk.startswith("error: ")
    assert "Traceback" not in end.talk


def _make_newer(root: Path) -> None:
    step = {"migration_set": "fieldset", "name": "step_of_tomorrow", "applied_at": ""}
    catalog = Database(str(root / "catalog.db"))
    catalog["_sqlite_migrations"].insert(step)
    catalog.close()


def _names(root: Path) -> set[str]:
    with Project.open(root, read_only=True) as project:
        return {sample.source_name for sample in project.catalog.samples.each()}
