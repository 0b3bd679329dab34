from __future__ import annotations

from pathlib import Path

import pytest

from dataset.project import Project
from dataset.records import LabelState, SampleState
from labeling.second_opinion.second_pass import SecondPass, unfinished_pass
from labeling.session import LabelingSession
from station.cli.exit_codes import ExitCode
from tests.small_projects import box, filled, new_project, new_session
from tests.station.command_line import CommandLine


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(capsys)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Three labeled samples, a car in each."""
    folder = tmp_path / "p"
    with new_project(folder) as project:
        for sample in filled(project, new_session(project), 3):
            project.catalog.labels.put(
                sample.id,
                LabelState(state=SampleState.LABELED, boxes=(box(sample.id[:6]),)),
            )
    return folder


def label_as(root: Path, class_id: int) -> None:
    """Finish the pass under way with that class everywhere."""
    with Project.open(root) as project:
        line = unfinished_pass(project)
        assert line is not None
        second = SecondPass(project, line, person="Ada")
        while second.current is not None:
            second.draw((5.0, 4.0, 25.0, 19.0), class_id)
            second.finish()


def test_a_pass_is_begun_measured_and_settled(call: CommandLine, root: Path) -> None:
    at = ("--project", root)
    begun = call.ok("review", "begin", "--share", "1", *at, "--json").json
    assert begun["samples"] == 3
    label_as(root, 2)

    agreed = call.ok("review", "agreement", *at, "--json").json["agreement"]
    listed = call.ok("review", "disputes", *at, "--json").json["disputes"]
    for row in listed:
        call.ok("review", "settle", row["sample"], "second", "--operator", "Bo", *at)
    after = call.ok("review", "disputes", *at, "--json").json

    assert agreed["confusion"] == [{"first": "car", "second": "bike", "boxes": 3}]
    assert [(row["first"], row["second"]) for row in listed] == [("car", "bike")] * 3
    assert after["disputes"] == []
    assert {one["person"] for one in after["settled"]} == {"Bo"}
    classes = call.ok("class", "list", *at, "--json").json["classes"]
    assert [row["boxes"] for row in classes] == [0, 3]


def test_labels_are_undone_and_made_again_without_the_window(
    call: CommandLine, root: Path
) -> None:
    at = ("--project", root)
    call.ok("class", "rename", "car", "lorry", *at)
    call.ok("review", "begin", "--share", "1", *at)
    label_as(root, 2)
    (row, *_) = call.ok("review", "disputes", *at, "--json").json["disputes"]
    call.ok("review", "settle", row["sample"], "second", *at)

    undone = call.ok("label", "--undo", "5", *at, "--json").json["undone"]
    nothing = call.ok("label", "--undo", *at)
    redone = call.ok("label", "--redo", "2", *at, "--json").json["redone"]

    assert [one["sample"] for one in undone] == [row["sample"], None]
    assert "0 steps undone, there is no other" in nothing.err
    assert [one["title"] for one in redone] == [one["title"] for one in undone[::-1]]


def test_one_thing_is_done_at_a_time(call: CommandLine, root: Path) -> None:
    at = ("--project", root)

    both = call("label", "--undo", "--redo", *at)
    none = call("label", "--undo", "0", *at)

    assert (both.code, none.code) == (ExitCode.USAGE, ExitCode.USAGE)


def test_a_step_that_cannot_be_taken_back_is_a_sentence_and_exit_3(
    call: CommandLine, root: Path
) -> None:
    at = ("--project", root)
    with Project.open(root) as project:
        labeling = LabelingSession(project, state="any")
        view = labeling.draw((1.0, 1.0, 20.0, 20.0), 1)
        assert view is not None
        project.catalog.labels.put(view.sample.id, LabelState())

    outcome = call("label", "--undo", *at, "--json")

    assert outcome.code == ExitCode.PROJECT
    assert outcome.json == {"undone": []}
    assert "error: " in outcome.err


def test_exit_code_says_that_disputes_are_open(call: CommandLine, root: Path) -> None:
    at = ("--project", root)
    assert call("review", "disputes", "--exit-code", *at).code == ExitCode.DONE
    call.ok("review", "begin", "--share", "1", *at)
    label_as(root, 2)

    assert call("review", "disputes", *at).code == ExitCode.DONE
    assert call("review", "disputes", "--exit-code", *at).code == ExitCode.FOUND


def test_status_tells_the_agreement(call: CommandLine, root: Path) -> None:
    at = ("--project", root)
    assert call.ok("status", *at, "--json").json["agreement"] is None
    call.ok("review", "begin", "--share", "1", *at)
    label_as(root, 1)

    told = call.ok("status", *at, "--json").json["agreement"]

    assert (told["samples"], told["mean_iou"], told["disputes"]) == (3, 1.0, 0)
    assert "3 samples labeled twice" in call.ok("status", *at).out
    assert "Mean IoU 1.00" in call.ok("review", "agreement", *at).out


def test_odd_says_which_classes_have_too_few_boxes(
    call: CommandLine, root: Path
) -> None:
    found = call.ok("review", "odd", "--project", root, "--json").json

    assert (found["boxes"], found["too_few"]) == ([], ["car"])


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["begin", "--share", "0"], ExitCode.USAGE),
        (["begin", "--way", "disputed"], ExitCode.USAGE),
        (["settle", "0000", "first"], ExitCode.PROJECT),
        (["settle", "0000", "third"], ExitCode.USAGE),
        (["odd", "--class", "none"], ExitCode.PROJECT),
    ],
)
def test_what_cannot_be_is_a_sentence(
    call: CommandLine, root: Path, arguments: list[str], code: int
) -> None:
    outcome = call("review", *arguments, "--project", root)

    assert outcome.code == code
    assert outcome.err.startswith("error: ")
