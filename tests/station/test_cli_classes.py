"""Class work at the command line: colour, key, previews, and undo in the window."""

from __future__ import annotations

from pathlib import Path

import pytest

from dataset.project import Project
from dataset.records import LabelState, SampleState
from labeling.session import LabelingSession
from station.cli.exit_codes import ExitCode
from tests.small_projects import box, filled, new_project, new_session
from tests.station.command_line import CommandLine


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(capsys)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with a car on each of three samples."""
    with new_project(tmp_path / "p") as project:
        for sample in filled(project, new_session(project, "s"), 3):
            state = LabelState(state=SampleState.LABELED, boxes=(box("a"),))
            project.catalog.labels.put(sample.id, state)
    return tmp_path / "p"


def test_colour_and_key_are_changed_and_a_class_comes_back(
    call: CommandLine, root: Path
) -> None:
    where = ("--project", root, "--json")

    coloured = call.ok("class", "colour", "car", "#112233", *where).json["class"]
    keyed = call.ok("class", "key", "car", "9", *where).json["class"]
    bare = call.ok("class", "key", "car", "none", *where).json["class"]
    call.ok("class", "retire", "bike", *where)
    back = call.ok("class", "retire", "bike", "--undo", *where).json["class"]

    assert (coloured["colour"], keyed["key"], bare["key"]) == ("#112233", 9, None)
    assert not back["retired"]


def test_dry_run_tells_what_is_touched_and_changes_nothing(
    call: CommandLine, root: Path
) -> None:
    where = ("--project", root)

    merge = call.ok("class", "merge", "car", "bike", "--dry-run", "--json", *where)
    told = call.ok("class", "retire", "car", "--dry-run", *where)
    added = call.ok("class", "add", "tram", "--dry-run", "--json", *where)
    refused = call("class", "rename", "car", "bike", "--dry-run", *where)

    assert (merge.json["boxes"], merge.json["samples"]) == (3, 3)
    assert merge.json["is_possible"]
    assert "class 1: car, 3 boxes in 3 samples" in told.out
    assert added.json["class"]["name"] == "tram"
    assert refused.code == ExitCode.USAGE
    listed = call.ok("class", "list", "--json", *where).json["classes"]
    assert [(c["name"], c["retired"]) for c in listed] == [
        ("car", False),
        ("bike", False),
    ]


def test_dry_run_names_the_versions_that_hold_the_class(
    call: CommandLine, root: Path
) -> None:
    call.ok("version", "create", "--project", root)

    found = call.ok(
        "class", "merge", "car", "bike", "--dry-run", "--json", "--project", root
    ).json

    assert found["versions"] == ["v1"]


def test_class_work_is_undone_where_labels_are(call: CommandLine, root: Path) -> None:
    call.ok("class", "merge", "car", "bike", "--project", root)

    with Project.open(root) as project:
        LabelingSession(project, state="any").undo()

    listed = call.ok("class", "list", "--json", "--project", root).json["classes"]
    assert [(c["name"], c["boxes"]) for c in listed] == [("car", 3), ("bike", 0)]
