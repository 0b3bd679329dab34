from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

from dataset.errors import BadFile
from station.headless.health import (
    Health,
    RunState,
    fault_of,
    free_bytes,
    read_health,
    write_health,
)
from tests.strategies import healths

WELL = Health(
    state=RunState.CAPTURING,
    source="rtsp://***@cam/1",
    live=True,
    frame_age_s=0.1,
    written_us=1_790_000_000_000_000,
    written_s=1000.0,
    every_s=10.0,
)


@given(healths())
def test_what_is_written_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, health: Health
) -> None:
    path = tmp_path_factory.mktemp("h") / "health.json"

    write_health(path, health)

    assert read_health(path).to_json() == health.to_json()


def test_file_is_replaced_whole_and_nothing_lies_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "health.json"
    write_health(path, WELL)
    with path.open() as open_before:
        write_health(path, replace(WELL, kept=7))

        assert json.load(open_before)["kept"] == 0

    assert read_health(path).kept == 7
    assert [one.name for one in tmp_path.iterdir()] == ["health.json"]


def test_a_folder_that_is_gone_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_health(tmp_path / "gone" / "health.json", WELL)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        "[" * 100_000,
        "{}",
        "null",
        json.dumps(WELL.to_json() | {"state": "asleep"}),
        json.dumps(WELL.to_json() | {"written_s": "soon"}),
        json.dumps(WELL.to_json() | {"every_s": float("inf")}),
        json.dumps(WELL.to_json() | {"frame_age_s": [1]}),
    ],
)
def test_other_files_are_no_health(tmp_path: Path, text: str) -> None:
    path = tmp_path / "health.json"
    path.write_text(text)

    with pytest.raises(BadFile, match="holds no health"):
        read_health(path)


def test_a_missing_file_says_what_to_start(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="no health to be read") as caught:
        read_health(tmp_path / "none.json")

    assert "--health" in caught.value.hint


def test_fresh_pictures_are_well() -> None:
    assert fault_of(WELL, now_s=1005.0, patience_s=60.0) == ""


def test_silence_of_three_writings_is_a_fault() -> None:
    assert fault_of(WELL, now_s=1030.0, patience_s=60.0) == ""
    assert fault_of(WELL, now_s=1030.1, patience_s=60.0) == (
        "Nothing was heard of the capture since: 2026-09-21 14:13:20 UTC"
    )


def test_a_file_from_before_a_reboot_is_a_fault() -> None:
    assert "Nothing was heard" in fault_of(WELL, now_s=20.0, patience_s=60.0)


def test_an_old_picture_is_a_fault_of_a_camera_alone() -> None:
    old = replace(WELL, frame_age_s=61.0, last_error="The camera ended the stream")

    assert fault_of(old, now_s=1000.0, patience_s=60.0) == (
        "No picture has come for 61 s (The camera ended the stream): rtsp://***@cam/1"
    )
    assert fault_of(replace(old, live=False), now_s=1000.0, patience_s=60.0) == ""


def test_a_start_is_given_time_but_not_for_ever() -> None:
    early = replace(WELL, state=RunState.STARTING, frame_age_s=None, uptime_s=20.0)

    assert fault_of(early, now_s=1000.0, patience_s=60.0) == ""
    late = replace(early, uptime_s=61.0)
    assert "No picture has come" in fault_of(late, now_s=1000.0, patience_s=60.0)


def test_a_capture_that_ended_is_not_well() -> None:
    ended = replace(WELL, state=RunState.ENDED, last_error="The disk is full")

    assert fault_of(ended, now_s=1000.0, patience_s=60.0) == (
        "The capture has ended: The disk is full"
    )


def test_impossible_clock_breaks_no_sentence() -> None:
    broken = replace(WELL, written_us=10**20)

    assert "an impossible time" in fault_of(broken, now_s=2000.0, patience_s=60.0)


def test_free_space_is_that_of_the_folder_or_unknown(tmp_path: Path) -> None:
    assert (free_bytes(tmp_path) or 0) > 0
    assert free_bytes(tmp_path / "gone") is None
