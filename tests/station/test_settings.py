from __future__ import annotations

import json
from pathlib import Path

import pytest

from dataset.errors import FieldsetError
from station.settings import (
    UserSettings,
    read_settings,
    settings_path,
    station_name,
    write_settings,
)


def test_settings_come_back_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "new" / "window.json"
    settings = UserSettings(theme="light", station="north-gate", operator="Ada Ø")

    write_settings(path, settings)

    assert read_settings(path).settings == settings
    assert [entry.name for entry in path.parent.iterdir()] == ["window.json"]


def test_a_missing_file_gives_the_defaults_without_a_word(tmp_path: Path) -> None:
    read = read_settings(tmp_path / "none.json")

    assert (read.settings, read.notice) == (UserSettings(), "")


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"theme": 3}', '{"theme": "pink"}', '{"place": null}', "\x00\xff"],
)
def test_a_bad_file_gives_the_defaults_and_a_sentence(
    tmp_path: Path, text: str
) -> None:
    path = tmp_path / "window.json"
    path.write_text(text, "utf-8")

    read = read_settings(path)

    assert read.settings == UserSettings()
    assert str(path) in read.notice


def test_unknown_names_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "window.json"
    path.write_text(json.dumps({"theme": "light", "future": [1]}), "utf-8")

    assert read_settings(path).settings == UserSettings(theme="light")


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(FieldsetError, match=r"window\.json"):
        write_settings(tmp_path / "file" / "window.json", UserSettings())


def test_the_station_is_named_by_the_environment_then_the_user(tmp_path: Path) -> None:
    mine = UserSettings(station="mine")

    assert station_name({"FIELDSET_STATION": " gate "}, mine) == "gate"
    assert station_name({}, mine) == "mine"
    assert station_name({}, UserSettings())
    write_settings(settings_path(), mine)
    assert station_name({}) == "mine"
