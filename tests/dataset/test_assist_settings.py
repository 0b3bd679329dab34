"""What `[assist]` in `fieldset.toml` may say, and how faults are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from dataset.assist_settings import AssistSettings
from dataset.errors import SettingsError
from dataset.settings import read_settings


def read(tmp_path: Path, text: str) -> AssistSettings:
    path = tmp_path / "fieldset.toml"
    path.write_text(f"[project]\nname = 'bridge'\n{text}")
    return read_settings(path).assist


def test_without_a_word_nobody_proposes(tmp_path: Path) -> None:
    assert read(tmp_path, "").proposer == ""


def test_a_named_model_proposes(tmp_path: Path) -> None:
    text = '[assist]\nmodel = "m.onnx"\nclasses = { automobile = "car", dog = "" }\n'

    found = read(tmp_path, text)

    assert found.proposer == "model"
    assert found.classes == (("automobile", "car"), ("dog", ""))


def test_motion_goes_before_a_model_that_is_named_too(tmp_path: Path) -> None:
    text = '[assist]\nmodel = "m.onnx"\nby = "motion"\nmoving = "car"\n'

    assert read(tmp_path, text).proposer == "motion"


def test_everything_that_shapes_the_input_is_read(tmp_path: Path) -> None:
    text = (
        '[assist]\nmodel = "m.onnx"\nsize = [640, 480]\nmean = [0.5]\nscale = 0.01\n'
        'deviation = [0.2, 0.3, 0.4]\nchannels = "bgr"\nfit = "stretch"\n'
        'names = ["car", "van"]\nlayout = "detr"\nseconds = 3\n'
    )

    found = read(tmp_path, text)

    assert (found.size, found.mean, found.deviation) == (
        (640, 480),
        (0.5,),
        (0.2, 0.3, 0.4),
    )
    assert (found.scale, found.channels, found.fit) == (0.01, "bgr", "stretch")
    assert (found.names, found.layout, found.seconds) == (("car", "van"), "detr", 3.0)


def test_one_number_is_a_square(tmp_path: Path) -> None:
    assert read(tmp_path, "[assist]\nsize = 320\n").size == (320, 320)


@pytest.mark.parametrize(
    ("line", "place", "value"),
    [
        ('by = "cloud"', "line 4, column 1", "cloud"),
        ('by = "model"', "line 4, column 1", "model"),
        ("model = 7", "line 4, column 1", "7"),
        ('layout = "yolo99"', "line 4, column 1", "yolo99"),
        ("threshold = 1.5", "line 4, column 1", "1.5"),
        ("threshold = true", "line 4, column 1", "True"),
        ("seconds = 0", "line 4, column 1", "0"),
        ('names = "car"', "line 4, column 1", "car"),
        ("classes = { dog = 1 }", "line 4, column 13", "1"),
        ("classes = 3", "line 4, column 1", "3"),
        ("size = [640]", "line 4, column 1", "[640]"),
        ("size = [640, 9]", "line 4, column 1", "[640, 9]"),
        ("mean = [0.1, 0.2]", "line 4, column 1", "[0.1, 0.2]"),
        ("scale = nan", "line 4, column 1", "nan"),
        ("model_path = 'x'", "line 4, column 1", "model_path"),
    ],
)
def test_a_fault_is_told_with_its_place(
    tmp_path: Path, line: str, place: str, value: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, f"[assist]\n{line}\n")

    assert place in caught.value.message
    assert caught.value.message.endswith(f": {value}")


def test_a_misspelt_key_is_told_the_right_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="did you mean threshold"):
        read(tmp_path, "[assist]\ntreshold = 0.3\n")
