from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset.capture_settings import (
    OPTIONS,
    TRIGGERS,
    CaptureSettings,
    GateSettings,
    read_capture,
    zone_of,
)
from dataset.errors import SettingsError
from dataset.settings import default_text, read_settings

SHARE = st.floats(0.0, 1.0, allow_nan=False)


def written(folder: Path, text: str) -> Path:
    path = folder / "fieldset.toml"
    path.write_text(text)
    return path


def test_what_is_not_said_has_its_default() -> None:
    assert read_capture({}) == CaptureSettings()


def test_template_says_what_is_the_default(tmp_path: Path) -> None:
    text = default_text("p")
    head, _, rest = text.partition("# [capture.gates]\n")
    gates, _, _ = rest.partition("\n[label]")
    bare = "\n".join(line.removeprefix("# ") for line in gates.splitlines())
    told = f"{head}[capture.gates]\n{bare}\n"

    found = read_settings(written(tmp_path, told)).capture.gates

    assert found == GateSettings(by_hand="refuse")


def test_options_of_triggers_and_gates_are_read(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        """
        [capture]
        trigger = "motion"
        pre_s = 6
        [capture.triggers.motion]
        sensitivity = 0.8
        zones = [[0.0, 0.5, 1.0, 1.0], [[0, 0], [1, 0], [0.5, 1]]]
        [capture.triggers.interval]
        every_s = 10
        [capture.gates]
        alike = false
        dark = 0.1
        """,
    )

    found = read_settings(path).capture

    assert (found.trigger, found.pre_s) == ("motion", 6.0)
    assert dict(found.triggers["interval"]) == {"every_s": 10.0}
    assert found.triggers["motion"]["zones"] == (
        ((0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0)),
        ((0.0, 0.0), (1.0, 0.0), (0.5, 1.0)),
    )
    assert found.gates == GateSettings(alike=None, dark=0.1)


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("[capture]\ntriger = 'motion'", 2, 1, "did you mean trigger?"),
        ("[capture]\ntrigger = 'movement'", 2, 1, "`trigger` is one of manual"),
        ("[capture]\npre_s = 61", 2, 1, "0 to 60: 61"),
        ("[capture]\ngates = 'warn'", 2, 1, "`gates` is a table: warn"),
        ("[capture.gates]\nblurr = 3", 2, 1, "did you mean blur?"),
        ("[capture.gates]\ndark = 2", 2, 1, "0 to 1, or is false: 2"),
        ("[capture.gates]\ndark = true", 2, 1, "or is false: True"),
        ("[capture.gates]\nby_hand = 'ask'", 2, 1, "one of warn, refuse: ask"),
        ("[capture.triggers]\nmotion = 3", 2, 1, "`motion` is a table: 3"),
        ("[capture.triggers.movement]\nx = 1", 1, 2, "there is no such trigger"),
        ("[capture.triggers.motion]\nevery_s = 1", 2, 1, "there is no such setting"),
        (
            "[capture.triggers.motion]\nzones = [[0, 0, 1.5, 1]]",
            2, 1, "a zone lies in the picture",
        ),
        (
            "[capture.triggers.motion]\nzones = [[0.5, 0, 0.5, 1]]",
            2, 1, "x0 under x1",
        ),
        ("[capture.triggers.motion]\nzones = []", 2, 1, "a list of zones"),
        (
            "[capture.triggers.motion]\nzones = [[[0, 0], [1, 1]]]",
            2, 1, "three corners",
        ),
        ("[capture.triggers.motion]\nzones = [[[0], [1], [2]]]", 2, 1, "is [x, y]"),
        ("[capture.triggers.interval]\nevery_s = 0", 2, 1, "0.001 to 86400: 0"),
        ("[capture.triggers.interval]\nevery_s = nan", 2, 1, "86400: nan"),
        ("[capture.triggers.burst]\ncount = 2.5", 2, 1, "1 to 10000: 2.5"),
        ("[capture.triggers.drift]\nagainst = ''", 2, 1, "`against` is a text"),
        (
            "[capture.triggers.uncertain]\nlow = 0.7",
            2, 1, "`low` is not above `high`, which is 0.6: 0.7",
        ),
    ],
)  # fmt: skip
def test_fault_is_told_with_its_place(
    tmp_path: Path, text: str, line: int, column: int, words: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(written(tmp_path, text))

    assert f"line {line}, column {column}: " in caught.value.message
    assert words in caught.value.message


@given(SHARE, SHARE, SHARE, SHARE)
def test_rectangle_is_the_polygon_of_its_corners(
    x0: float, y0: float, x1: float, y1: float
) -> None:
    if x0 >= x1 or y0 >= y1:
        with pytest.raises(ValueError, match="a zone"):
            zone_of([x0, y0, x1, y1])
        return

    corners = zone_of([x0, y0, x1, y1])

    assert corners == zone_of([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])


@given(st.lists(st.tuples(SHARE, SHARE), min_size=3, max_size=9))
def test_corners_of_a_polygon_stay_as_they_are(
    corners: list[tuple[float, float]],
) -> None:
    assert zone_of(corners) == tuple(corners)


@pytest.mark.parametrize(
    "zone", [None, 3, "whole", [], [1], [[0, 0], [1, 1]], [[0, 0], [1, 0], [2, 1]]]
)
def test_what_is_no_zone_in_the_picture_is_told(zone: object) -> None:
    with pytest.raises(ValueError, match=r"a zone|a corner"):
        zone_of(zone)


def test_every_trigger_has_its_options() -> None:
    assert set(OPTIONS) == set(TRIGGERS)
