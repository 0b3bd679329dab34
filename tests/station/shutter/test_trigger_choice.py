from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dataset.capture_settings import OPTIONS, TRIGGERS
from dataset.errors import NotFound, UsageError
from dataset.project import Project
from station.camera.triggers import (
    BurstTrigger,
    IntervalTrigger,
    ManualTrigger,
    MotionTrigger,
    PreRollTrigger,
    inner_of,
)
from station.shutter.drift_trigger import DriftTrigger
from station.shutter.trigger_choice import choose_trigger
from station.shutter.uncertain_trigger import UncertainTrigger
from tests.onnx_models import seeing_colours
from tests.small_projects import new_project

from .scripted import frame

KINDS = {
    "manual": ManualTrigger,
    "interval": IntervalTrigger,
    "burst": BurstTrigger,
    "motion": MotionTrigger,
    "uncertain": UncertainTrigger,
    "drift": DriftTrigger,
}


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with new_project(tmp_path / "p") as made:
        yield made


def set_up(project: Project, text: str) -> Project:
    path = project.root / "fieldset.toml"
    path.write_text(path.read_text() + text)
    project.__dict__.pop("settings", None)
    return project


@pytest.mark.parametrize("name", TRIGGERS)
def test_every_name_makes_its_trigger(project: Project, name: str) -> None:
    seeing_colours(project.root / "m.onnx")
    set_up(project, '\n[assist]\nmodel = "m.onnx"\n')

    assert type(choose_trigger(project, name)) is KINDS[name]


def test_settings_choose_where_nobody_does_and_options_go_over_them(
    project: Project,
) -> None:
    text = (project.root / "fieldset.toml").read_text()
    (project.root / "fieldset.toml").write_text(
        text.replace("[capture]", '[capture]\ntrigger = "burst"\npre_s = 2')
    )
    set_up(project, "\n[capture.triggers.burst]\ncount = 3\nspacing_s = 0\n")

    standing = choose_trigger(project)
    other = choose_trigger(project, options={"count": 1, "pre_s": 0.0})

    assert isinstance(standing, PreRollTrigger)
    burst = inner_of(standing)
    assert [len(burst.offer(frame(n))) for n in range(5)] == [1, 1, 1, 0, 0]
    assert isinstance(other, BurstTrigger)
    assert [len(other.offer(frame(n))) for n in range(3)] == [1, 0, 0]


def test_zones_of_the_settings_reach_the_trigger(project: Project) -> None:
    set_up(project, "\n[capture.triggers.motion]\nzones = [[0.0, 0.5, 1.0, 1.0]]\n")
    trigger = choose_trigger(project, "motion")
    assert isinstance(trigger, MotionTrigger)
    assert trigger.view() is None

    trigger.offer(frame(0))

    view = trigger.view()
    assert view is not None
    assert view.watched[:59].max() == 0
    assert view.watched[61:].min() == 255
    assert view.moving.max() == 0
    assert not view.is_warm


def test_uncertain_without_a_model_is_wrong_usage(project: Project) -> None:
    with pytest.raises(UsageError, match="needs a model"):
        choose_trigger(project, "uncertain")


def test_model_that_is_missing_is_told_before_anything_begins(
    project: Project,
) -> None:
    set_up(project, '\n[assist]\nmodel = "gone.onnx"\n')

    with pytest.raises(NotFound, match=r"gone\.onnx"):
        choose_trigger(project, "uncertain")


@pytest.mark.parametrize("name", [" ", "movement", "Motion"])
def test_name_that_is_no_trigger_names_those_that_are(
    project: Project, name: str
) -> None:
    with pytest.raises(UsageError) as caught:
        choose_trigger(project, name)

    assert all(trigger in caught.value.hint for trigger in TRIGGERS)


@pytest.mark.parametrize("name", OPTIONS)
def test_option_of_another_trigger_is_wrong_usage(project: Project, name: str) -> None:
    seeing_colours(project.root / "m.onnx")
    set_up(project, '\n[assist]\nmodel = "m.onnx"\n')

    with pytest.raises(UsageError, match="no option of this name: colour"):
        choose_trigger(project, name, {"colour": 3})
