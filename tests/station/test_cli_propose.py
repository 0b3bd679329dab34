"""`fieldset label --propose`: boxes for the queue, without a window."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from dataset.project import Project
from dataset.records import BoxOrigin, SampleState
from labeling.session import LabelingSession
from tests import onnx_models as made
from tests.small_projects import BEGAN_US, new_project, new_session
from tests.station.command_line import PROGRAM, CommandLine

WIDTH, HEIGHT = 128, 96


@pytest.fixture
def fieldset(capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(capsys)


def cells(number: int) -> bytes:
    """A picture with one red cell, another place in each."""
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    image[16:32, 16 * number : 16 * number + 16] = (0, 0, 255)
    return cv2.imencode(".png", image)[1].tobytes()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    with new_project(tmp_path / "p", "red", "car") as project:
        session = new_session(project, "morning")
        for number in range(4):
            project.take_in(
                cells(number), session, captured_us=BEGAN_US + number * 1_000_000
            )
    return tmp_path / "p"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return made.seeing_colours(tmp_path / "colours.onnx")


def say(root: Path, text: str) -> None:
    path = root / "fieldset.toml"
    path.write_text(path.read_text() + "\n" + text)


def test_a_model_proposes_on_all_that_is_new(
    fieldset: CommandLine, root: Path, model: Path
) -> None:
    done = fieldset.ok("label", "--propose", model, "--project", root, "--json")

    assert (done.json["by"], done.json["layout"]) == ("model", "yolov8")
    assert done.json["classes"] == {"red": "red"}
    assert (done.json["missing"], done.json["samples"]) == (["green", "blue"], 4)
    with Project.open(root) as project:
        (first, *_) = project.catalog.detections.open_ids()
        sure = [
            p.box
            for p in project.catalog.labels.proposals(first)
            if (p.box.score or 0) > 0.99
        ]
    assert [(b.x0, b.y0, b.x1, b.y1) for b in sure] == [(0, 16, 16, 32)]
    assert sure[0].origin is BoxOrigin.MODEL


def test_the_project_names_the_model_and_what_its_classes_are(
    fieldset: CommandLine, root: Path, model: Path
) -> None:
    model.rename(root / "mine.onnx")
    say(
        root,
        '[assist]\nmodel = "mine.onnx"\n'
        'classes = { red = "car", green = "", blue = "" }\n',
    )

    done = fieldset.ok("label", "--propose", "--project", root, "--json")

    assert done.json["classes"] == {"red": "car"}
    assert done.json["ignored"] == ["green", "blue"]
    assert done.json["findings"] == []


def test_a_second_run_answers_from_the_catalog(
    fieldset: CommandLine, root: Path, model: Path
) -> None:
    first = fieldset.ok("label", "--propose", model, "--project", root, "--json")

    again = fieldset.ok("label", "--propose", model, "--project", root, "--json")

    assert (first.json["known"], again.json["known"]) == (0, 4)
    assert again.json["boxes"] == first.json["boxes"]


def test_what_was_decided_is_left_alone(
    fieldset: CommandLine, root: Path, model: Path
) -> None:
    with Project.open(root) as project:
        labeling = LabelingSession(project)
        labeling.mark_empty()
        labeling.skip("blurred")

    done = fieldset.ok("label", "--propose", model, "--project", root, "--json")

    assert done.json["samples"] == 2
    with Project.open(root) as project:
        states = project.catalog.samples.states()
    assert (states[SampleState.EMPTY], states[SampleState.SKIPPED]) == (1, 1)


def test_motion_proposes_the_class_that_moves(
    fieldset: CommandLine, root: Path
) -> None:
    say(root, '[assist]\nby = "motion"\nmoving = "car"\n')

    done = fieldset.ok("label", "--propose", "--project", root, "--json")

    assert (done.json["by"], done.json["model"]) == ("motion", "")
    assert done.json["proposed"] > 0
    with Project.open(root) as project:
        found = [
            p.box
            for one in project.catalog.detections.open_ids()
            for p in project.catalog.labels.proposals(one)
        ]
    assert {(b.origin, b.class_id) for b in found} == {(BoxOrigin.MOTION, 2)}


def test_motion_has_to_be_told_a_class(fieldset: CommandLine, root: Path) -> None:
    done = fieldset("label", "--propose", "motion", "--project", root)

    assert done.code == 2
    assert "red, car" in done.err
    assert 'moving = "car"' in done.err


def test_one_session_alone_is_proposed_on(
    fieldset: CommandLine, root: Path, model: Path
) -> None:
    with Project.open(root) as project:
        evening = project.begin_session(name="evening", place="", source="cam")
        project.take_in(cells(6), evening, captured_us=BEGAN_US)

    done = fieldset.ok(
        "label", "--propose", model, "--session", "evening", "--project", root, "--json"
    )

    assert done.json["samples"] == 1


def test_proposals_are_told_in_a_sentence(
    fieldset: CommandLine, root: Path, model: Path
) -> None:
    done = fieldset.ok("label", "--propose", model, "--project", root)

    assert done.out == ""
    assert "colours.onnx (yolov8): " in done.err
    assert "on 4 of 4 samples" in done.err
    assert "green, blue" in done.err


def test_without_a_choice_the_command_says_how_to_choose(
    fieldset: CommandLine, root: Path
) -> None:
    done = fieldset("label", "--propose", "--project", root)

    assert done.code == 2
    assert "[assist]" in done.err


def test_a_model_that_vanished_is_named(fieldset: CommandLine, root: Path) -> None:
    say(root, '[assist]\nmodel = "gone.onnx"\n')

    done = fieldset("label", "--propose", "--project", root)

    assert done.code == 3
    assert "no such model file" in done.err
    assert "hint:" in done.err


def test_a_changed_model_looks_again(
    fieldset: CommandLine, root: Path, model: Path
) -> None:
    fieldset.ok("label", "--propose", model, "--project", root)
    rows = made.nms_rows((0, 0, 32, 32, 0.9, 0))
    made.answering(model, {"out": rows}, notes={"names": "{0: 'red'}"})

    done = fieldset.ok("label", "--propose", model, "--project", root, "--json")

    assert (done.json["known"], done.json["boxes"]) == (0, 4)


def test_a_lost_image_is_named_and_the_rest_done(
    fieldset: CommandLine, root: Path, model: Path
) -> None:
    with Project.open(root) as project:
        first = project.catalog.samples.get(project.catalog.detections.open_ids()[0])
        project.image_path(first).unlink()

    done = fieldset("label", "--propose", model, "--project", root, "--json")

    assert done.code == 3
    assert done.json["samples"] == 3
    assert [f["path"] for f in done.json["findings"] if f["severity"] == "error"] == [
        first.id
    ]


def test_classes_without_a_counterpart_are_refused(
    fieldset: CommandLine, tmp_path: Path, model: Path
) -> None:
    with new_project(tmp_path / "other", "lorry"):
        pass

    done = fieldset("label", "--propose", model, "--project", tmp_path / "other")

    assert done.code == 3
    assert "red, green, blue" in done.err


def test_a_class_in_the_table_that_the_project_has_not_is_refused(
    fieldset: CommandLine, root: Path, model: Path
) -> None:
    say(root, '[assist]\nclasses = { red = "lorry" }\n')

    done = fieldset("label", "--propose", model, "--project", root)

    assert done.code == 3
    assert "fieldset class add 'lorry'" in done.err


def test_json_alone_does_not_open_the_window(fieldset: CommandLine, root: Path) -> None:
    done = fieldset("label", "--json", "--project", root)

    assert done.code == 2
    assert "--propose" in done.err


@pytest.mark.skipif(sys.platform != "linux", reason="children are read from /proc")
def test_an_interrupt_ends_a_model_that_hangs_and_its_process(
    root: Path, tmp_path: Path
) -> None:
    path = made.hanging(tmp_path / "hangs.onnx")
    running = subprocess.Popen(
        [PROGRAM, "label", "--propose", path, "--project", root],
        stderr=subprocess.PIPE,
        text=True,
    )
    children = Path(f"/proc/{running.pid}/task/{running.pid}/children")
    while not children.read_text().strip():
        time.sleep(0.05)
    (child,) = children.read_text().split()
    time.sleep(2)

    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=90)

    assert (running.returncode, said.strip()) == (130, "cancelled")
    while is_running(int(child)):
        time.sleep(0.05)


def is_running(number: int) -> bool:
    """Whether a process lives; one that only waits to be noted has ended."""
    try:
        facts = Path(f"/proc/{number}/stat").read_text()
    except OSError:
        return False
    return facts.rpartition(")")[2].split()[0] not in "ZX"
