"""What `[privacy]` and `[provenance]` may say, and how faults are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from dataset.errors import SettingsError
from dataset.settings import ProjectSettings, read_settings

KEY = "0123456789abcdef" * 4


def read(tmp_path: Path, text: str) -> ProjectSettings:
    path = tmp_path / "fieldset.toml"
    path.write_text(f"[project]\nname = 'bridge'\n{text}")
    return read_settings(path)


def test_without_a_word_all_is_seen_kept_and_accepted(tmp_path: Path) -> None:
    found = read(tmp_path, "")

    assert found.privacy.zones_of("cam") == ()
    assert found.privacy.keep_days == ()
    assert not found.provenance.refuses


def test_zones_of_a_camera_come_after_those_of_all(tmp_path: Path) -> None:
    text = (
        "[privacy]\nmask = [[0, 0, 1, 0.2]]\n"
        '[privacy.cameras]\n"rtsp://10.0.0.7/door" = [[0.5, 0.5, 0.6, 1.0]]\n'
    )

    privacy = read(tmp_path, text).privacy

    assert privacy.zones_of("rtsp://10.0.0.7/door") == (
        (0.0, 0.0, 1.0, 0.2),
        (0.5, 0.5, 0.6, 1.0),
    )
    assert privacy.zones_of("0") == ((0.0, 0.0, 1.0, 0.2),)


def test_days_are_read_by_what_they_are_for(tmp_path: Path) -> None:
    text = "[privacy]\nkeep_days = { unlabeled = 30, skipped = 7 }\n"

    assert read(tmp_path, text).privacy.keep_days == (("unlabeled", 30), ("skipped", 7))


def test_policy_and_trusted_keys_are_read(tmp_path: Path) -> None:
    text = f'[provenance]\nunverified = "refuse"\nkeys = ["{KEY}"]\n'

    found = read(tmp_path, text).provenance

    assert found.refuses
    assert found.keys == (KEY,)


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        ("[privacy]\nmask = [[0, 0, 1.5, 1]]", "line 4, column 1", "within 0 to 1"),
        ("[privacy]\nmask = [[-0.1, 0, 1, 1]]", "line 4, column 1", "within 0 to 1"),
        ("[privacy]\nmask = [[0.5, 0, 0.5, 1]]", "line 4, column 1", "x0 below x1"),
        ("[privacy]\nmask = [[0, 0, 1]]", "line 4, column 1", "[x0, y0, x1, y1]"),
        ("[privacy]\nmask = [[0, 0, nan, 1]]", "line 4, column 1", "four numbers"),
        ("[privacy]\nmask = [[0, 0, true, 1]]", "line 4, column 1", "four numbers"),
        ("[privacy]\nmask = 3", "line 4, column 1", "a list of"),
        ("[privacy]\nmaks = []", "line 4, column 1", "did you mean mask?"),
        ("[privacy]\ncameras = 3", "line 4, column 1", "is a table"),
        (
            '[privacy.cameras]\n"0" = [[0, 0, 2, 1]]',
            "line 4, column 1",
            "within 0 to 1",
        ),
        ("[privacy.keep_days]\nskiped = 3", "line 4, column 1", "did you mean skipped"),
        ("[privacy.keep_days]\nskipped = 0", "line 4, column 1", "1 to 36500"),
        ("[privacy.keep_days]\nskipped = 1.5", "line 4, column 1", "whole number"),
        ('[provenance]\nunverified = "no"', "line 4, column 1", "accept, refuse"),
        ('[provenance]\nkeys = ["ab"]', "line 4, column 1", "64 digits"),
        ("[provenance]\nkeys = 3", "line 4, column 1", "a list of key ids"),
        ("[provenance]\nkey = []", "line 4, column 1", "did you mean keys?"),
    ],
)
def test_fault_is_told_with_its_place(
    tmp_path: Path, text: str, place: str, what: str
) -> None:
    with pytest.raises(SettingsError) as fault:
        read(tmp_path, text)

    assert place in fault.value.message
    assert what in fault.value.message
