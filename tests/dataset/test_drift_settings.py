"""What `[drift]` in `fieldset.toml` may say, and how faults are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from dataset.drift import LIMITS
from dataset.drift_settings import DriftSettings
from dataset.errors import SettingsError
from dataset.settings import read_settings


def read(tmp_path: Path, text: str) -> DriftSettings:
    path = tmp_path / "fieldset.toml"
    path.write_text(f"[project]\nname = 'bridge'\n{text}")
    return read_settings(path).drift


def test_without_a_word_the_usual_limits_hold(tmp_path: Path) -> None:
    assert read(tmp_path, "").limits == LIMITS


def test_a_limit_of_ones_own_takes_the_place_of_one_usual_limit(tmp_path: Path) -> None:
    text = '[drift.limits.brightness]\nstep = 0.03\nreason = "clouds"\n'

    found = read(tmp_path, text).limits

    assert (found["brightness"].step, found["brightness"].reason) == (0.03, "clouds")
    assert found["brightness"].sd == LIMITS["brightness"].sd
    assert found["contrast"] == LIMITS["contrast"]


def test_a_reason_does_not_outlive_the_step_it_explained(tmp_path: Path) -> None:
    found = read(tmp_path, "[drift.limits.noise]\nstep = 1\n").limits["noise"]

    assert (found.step, found.reason) == (1, "")


def test_without_a_word_the_family_is_the_usual_one_and_nothing_runs_a_model(
    tmp_path: Path,
) -> None:
    found = read(tmp_path, "")

    assert (found.family, found.backbone) == (None, None)


def test_a_family_is_chosen_by_name(tmp_path: Path) -> None:
    found = read(tmp_path, '[drift]\nmetrics = ["noise", "jpeg_quality", "picture"]\n')

    assert found.family == ("noise", "jpeg_quality", "picture")


def test_a_backbone_is_a_path_or_a_table(tmp_path: Path) -> None:
    short = read(tmp_path, '[drift]\nbackbone = "m.onnx"\n').backbone
    table = '[drift.backbone]\nmodel = "m.onnx"\nfit = "letterbox"\nsize = 96\n'
    long = read(tmp_path, table).backbone

    assert short is not None
    assert long is not None
    assert (short.model, short.fit, short.size) == ("m.onnx", "stretch", ())
    assert (long.model, long.fit, long.size) == ("m.onnx", "letterbox", (96, 96))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[drift]\nmetrics = 3\n", "line 4, column 1: `metrics` is a list of names"),
        ('[drift]\nmetrics = ["nois"]\n', "did you mean noise?"),
        ('[drift]\nmetrics = ["noise", "noise"]\n', "stands in `metrics` once"),
        ("[drift]\nbackbone = 3\n", "line 4, column 1: `backbone` is the path"),
        ('[drift]\nbackbone = ""\n', "no `model` is named"),
        ("[drift.backbone]\nfit = 'stretch'\n", "no `model` is named"),
        ("[drift.backbone]\nmodel = 3\n", "line 4, column 1: `model` is a text"),
        ("[drift.backbone]\nfit = 'auto'\n", "`fit` is one of stretch, letterbox"),
        ("[drift.backbone]\nsure = 1\n", "line 4, column 1: there is no such part"),
        ("[drift.backbone]\nmodle = 'm'\n", "did you mean model?"),
        ("[drift]\nlevel = 0.1\n", "line 4, column 1: there is no such setting"),
        ("[drift]\nlimits = 3\n", "line 4, column 1: `limits` is a table"),
        ("[drift.limits.brightnes]\nsd = 1\n", "did you mean brightness?"),
        ("[drift.limits]\nnoise = 3\n", "line 4, column 1: a limit is a table"),
        ("[drift.limits.noise]\nsd = -1\n", "line 4, column 1: `sd` is a number"),
        ("[drift.limits.noise]\nsd = nan\n", "line 4, column 1: `sd` is a number"),
        ("[drift.limits.noise]\nstep = inf\n", "`step` is a number of 0 or more"),
        ("[drift.limits.noise]\nstep = true\n", "`step` is a number of 0 or more"),
        ("[drift.limits.noise]\nreason = 3\n", "`reason` is a text"),
        ("[drift.limits.noise]\nmean = 3\n", "there is no such part"),
    ],
)
def test_a_fault_is_told_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(SettingsError, match="line ") as caught:
        read(tmp_path, text)

    assert told in str(caught.value)
