"""Cards of camera traps taken in: sessions, clocks, copies, and what is broken."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from dataset.errors import SettingsError
from dataset.images import exif
from dataset.progress import Cancelled
from dataset.project import Project
from dataset.settings import read_settings
from export.formats import detect_format
from export.intake import IntakeSummary, take_in
from tests.dataset.picture_bytes import encoded, exif_taken, jpeg_with, scene
from tests.small_projects import StopsAt
from tests.station.command_line import PROGRAM

CARD = {
    "DCIM/100TRAIL/IMG_0001.JPG": "2026:05:01 04:12:00",
    "DCIM/100TRAIL/IMG_0002.JPG": "2026:05:01 04:12:01",
    "DCIM/100TRAIL/IMG_0003.JPG": "2026:05:01 05:00:00",
    "DCIM/100TRAIL/IMG_0004.JPG": "2026:05:01 09:30:00",
    "DCIM/101TRAIL/IMG_0001.JPG": "2026:05:01 09:31:00",
}


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "project", ["fox"]) as made:
        yield made


@pytest.fixture
def card(tmp_path: Path) -> Path:
    return write(tmp_path / "card 7", CARD)


def picture(seed: int, when: str, **facts: str) -> bytes:
    block = exif.PREFIX + exif_taken(when, model=facts.pop("model", "HC500"), **facts)
    return jpeg_with(encoded("jpg", scene(seed=seed)), block)


def write(root: Path, taken: Mapping[str, str], first: int = 0, **facts: str) -> Path:
    for seed, (name, when) in enumerate(taken.items(), start=first):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture(seed, when, **facts))
        os.utime(path, (1_000_000, 1_000_000))
    return root


def sessions(project: Project) -> dict[str, list[str]]:
    catalog = project.catalog
    return {
        session.name: [s.source_name for s in catalog.samples.of_session(session.id)]
        for session in catalog.sessions.all()
    }


def groups(project: Project) -> int:
    living = {s.group_id for s in project.catalog.samples.each()}
    return len(living)


def whats(done: IntakeSummary) -> list[str]:
    return [what for _, what in done.skipped]


def test_a_card_is_recognised_wherever_one_points(card: Path) -> None:
    for path in (card, card / "DCIM", card / "DCIM" / "100TRAIL", card.parent):
        assert detect_format(path) == "card", path


def test_other_folders_are_no_cards(tmp_path: Path) -> None:
    write(tmp_path / "photos", {"a/1.jpg": "2026:05:01 04:12:00"})

    assert detect_format(tmp_path / "photos") == "images"


def test_pauses_cut_a_card_into_sessions_of_one_group_each(
    project: Project, card: Path
) -> None:
    done = take_in(project, card)

    first, second = list(CARD)[:3], list(CARD)[3:]
    assert (done.format, done.samples, done.sessions) == ("card", 5, 2)
    assert sessions(project) == {
        "card 7 (HC500) 2026-05-01 04:12:00": first,
        "card 7 (HC500) 2026-05-01 09:30:00": second,
    }
    assert groups(project) == 2
    found = project.catalog.sessions.all()
    assert [each.source for each in found] == ["card 7 (HC500)"] * 2
    assert all(each.ended_us for each in found)


def test_the_pause_is_a_setting(project: Project, card: Path) -> None:
    path = project.root / "fieldset.toml"
    path.write_text(path.read_text() + "\n[card]\ngap_s = 30\n")

    done = take_in(project, card)

    assert done.sessions == 4


def test_parts_of_a_second_and_the_offset_count(
    project: Project, tmp_path: Path
) -> None:
    card = tmp_path / "c"
    write(
        card,
        {"DCIM/100TRAIL/IMG_0001.JPG": "2026:05:01 04:12:00"},
        part="250",
        offset="+02:00",
    )

    take_in(project, card)

    (sample,) = project.catalog.samples.each()
    assert sample.captured_us == 1_777_601_520_250_000  # 02:12:00.25 UTC


def test_each_sub_folder_is_a_camera(project: Project, tmp_path: Path) -> None:
    north = {f"north/{name}": when for name, when in CARD.items()}
    south = {f"south/{name}": when for name, when in CARD.items()}
    write(tmp_path / "week 20", north)
    write(tmp_path / "week 20", south, first=10)

    done = take_in(project, tmp_path / "week 20")

    assert done.sessions == 4
    sources = {each.source for each in project.catalog.sessions.all()}
    assert sources == {"north (HC500)", "south (HC500)"}


def test_a_second_import_adds_nothing_and_a_fuller_card_completes_it(
    project: Project, card: Path
) -> None:
    take_in(project, card)
    again = take_in(project, card)
    late = {"DCIM/101TRAIL/IMG_0002.JPG": "2026:05:01 09:32:00"}
    write(card, late, first=50)

    more = take_in(project, card)

    assert (again.samples, again.known, again.sessions) == (0, 5, 0)
    assert (more.samples, more.known) == (1, 5)
    assert sessions(project)["card 7 (HC500) 2026-05-01 09:30:00"][-1] == next(
        iter(late)
    )
    assert groups(project) == 2


def test_copies_on_another_card_are_known_and_join_the_groups(
    project: Project, card: Path, tmp_path: Path
) -> None:
    take_in(project, card)
    copy = write(
        tmp_path / "copy", {"DCIM/100TRAIL/IMG_0009.JPG": "2026:05:01 04:15:00"}, 90
    )
    source = "DCIM/100TRAIL/IMG_0001.JPG"
    (copy / source).write_bytes((card / source).read_bytes())

    done = take_in(project, copy)

    assert (done.samples, done.known) == (1, 1)
    assert len(sessions(project)) == 3
    assert groups(project) == 2


def test_a_clock_that_was_never_set_is_named_and_nothing_is_lost(
    project: Project, tmp_path: Path
) -> None:
    card = write(
        tmp_path / "c",
        {
            "DCIM/100TRAIL/IMG_0001.JPG": "2000:01:01 00:00:10",
            "DCIM/100TRAIL/IMG_0002.JPG": "2000:01:01 00:01:10",
            "DCIM/100TRAIL/IMG_0003.JPG": "1970:01:01 00:00:00",
            "DCIM/100TRAIL/IMG_0004.JPG": "0000:00:00 00:00:00",
            "DCIM/100TRAIL/IMG_0005.JPG": "9999:99:99 99:99:99",
        },
    )

    done = take_in(project, card)

    assert done.samples == 5
    assert any("never set: 2000-01-01" in what for what in whats(done))
    assert any("3 pictures from here on without a time" in what for what in whats(done))


def test_half_written_files_are_named_and_the_rest_comes_in(
    project: Project, card: Path
) -> None:
    folder = card / "DCIM" / "100TRAIL"
    whole = picture(70, "2026:05:01 04:13:00")
    (folder / "IMG_0005.JPG").write_bytes(whole[: len(whole) // 2])
    (folder / "IMG_0006.JPG").write_bytes(b"")
    (folder / "IMG_0007.JPG").write_bytes(bytes(4096))
    (folder / "IMG_0008.AVI").write_bytes(b"RIFF")

    done = take_in(project, card)

    assert done.samples == 5
    refused = [path[-12:] for path, _ in done.skipped]
    assert {f"IMG_000{n}.JPG" for n in (5, 6, 7)} <= set(refused)
    assert any("1 clip is left" in what for what in whats(done))


@pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("setpriv") is None,
    reason="needs setpriv (util-linux) to be without rights",
)
def test_a_folder_and_a_file_without_rights_are_named(
    project: Project, card: Path
) -> None:
    write(card, {"DCIM/102TRAIL/IMG_0001.JPG": "2026:05:01 10:00:00"}, first=80)
    project.close()
    closed = card / "DCIM" / "100TRAIL"
    closed.chmod(0o000)
    (card / "DCIM" / "101TRAIL" / "IMG_0001.JPG").chmod(0o000)
    without = "-dac_override,-dac_read_search"

    done = subprocess.run(
        ["setpriv", f"--bounding-set={without}", f"--inh-caps={without}", PROGRAM,
         "--project", project.root, "import", card, "--json"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    closed.chmod(0o755)
    assert done.returncode == 0, done.stderr
    assert '"samples": 1' in done.stdout
    assert "The file cannot be read: Permission denied" in done.stdout
    assert "the folder cannot be read: Permission denied" in done.stdout
    assert "DCIM/100TRAIL" in done.stdout


def test_an_import_that_is_stopped_while_it_reads_times_adds_nothing(
    project: Project, card: Path
) -> None:
    with pytest.raises(Cancelled):
        take_in(project, card, progress=StopsAt(3))

    assert sessions(project) == {}


def test_who_names_groups_has_them_and_the_sessions_too(
    project: Project, card: Path
) -> None:
    done = take_in(project, card, group_by="folder")

    assert done.sessions == 2
    assert groups(project) == 2
    by_folder = {s.source_name[:13]: s.group_id for s in project.catalog.samples.each()}
    assert len(set(by_folder.values())) == 2


def test_plain_pictures_may_be_taken_as_a_card(
    project: Project, tmp_path: Path
) -> None:
    plain = {f"day/{n}.jpg": f"2026:05:01 0{n}:00:00" for n in range(1, 6)}

    done = take_in(project, write(tmp_path / "p", plain), format="card")

    assert done.sessions == 1


@pytest.mark.parametrize("value", ["0", "29", "1e9", '"long"', "true", "nan"])
def test_a_pause_that_cannot_be_is_told_with_its_line(
    project: Project, value: str
) -> None:
    path = project.root / "fieldset.toml"
    text = path.read_text()
    path.write_text(f"{text}\n[card]\ngap_s = {value}\n")
    line = text.count("\n") + 3

    with pytest.raises(SettingsError, match=f"line {line}, column 1"):
        read_settings(path)


def test_an_unknown_setting_of_cards_is_told(project: Project) -> None:
    path = project.root / "fieldset.toml"
    path.write_text(path.read_text() + "\n[card]\ngap = 60\n")

    with pytest.raises(SettingsError, match="there is no such setting"):
        read_settings(path)
