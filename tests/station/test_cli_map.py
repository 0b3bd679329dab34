"""`fieldset map`, and what its ids go on to: `label --only`, `testset pick`."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from dataset.project import Project
from labeling.choice import choice_of, ids_of
from station.cli import label as label_command
from station.identity import labeling_person
from tests.sealed_projects import labeled_group, members, sealable_project
from tests.small_projects import filled, new_project, new_session
from tests.station.command_line import CommandLine


@pytest.fixture
def fieldset(capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(capsys)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    with sealable_project(tmp_path / "p") as project:
        labeled_group(project, "", first=300)
        filled(project, new_session(project, "fresh"), 2, first=400)
    return tmp_path / "p"


@pytest.fixture
def window(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The pages at which the window would have opened."""
    opened: list[str] = []
    monkeypatch.setattr(
        label_command, "open_window", lambda _folder, *, page: opened.append(page)
    )
    return opened


def test_nothing_is_measured_unless_asked_for(
    fieldset: CommandLine, root: Path
) -> None:
    outcome = fieldset.ok("map", "--project", root, "--json")

    assert outcome.json["samples"] == []
    assert len(outcome.json["missing"]) == 20
    assert "20 samples not measured yet" in outcome.err
    assert "hint: fieldset map --measure" in outcome.err


def test_the_map_tells_of_each_sample(fieldset: CommandLine, root: Path) -> None:
    found = fieldset.ok("map", "--measure", "--project", root, "--json").json

    assert found["method"] == "PCA"
    assert 0 < found["share"] <= 1
    assert found["missing"] == []
    assert len(found["samples"]) == 20
    by_session = {one["session"]: one for one in found["samples"]}
    assert by_session["fresh"]["state"] == "new"
    assert by_session["fresh"]["class"] is None
    assert by_session["fresh"]["split"] is None
    assert by_session["session 0"]["split"] == "train"
    assert by_session["session 0"]["class"] == "car"
    assert set(by_session["fresh"]) == {
        *("id", "x", "y", "class", "split", "session", "state", "conditions")
    }


def test_the_same_project_gives_the_same_map(fieldset: CommandLine, root: Path) -> None:
    first = fieldset.ok("map", "--measure", "--project", root, "--json")

    assert fieldset.ok("map", "--project", root, "--json").out == first.out


def test_a_rectangle_gives_the_ids_inside(fieldset: CommandLine, root: Path) -> None:
    samples = fieldset.ok("map", "--measure", "--project", root, "--json").json[
        "samples"
    ]
    right = [one["id"] for one in samples if one["x"] >= 0]

    outcome = fieldset.ok(
        "map", "--project", root, "--inside", "0,-1e9,1e9,1e9", "--ids"
    )

    assert outcome.out.split() == right


def test_a_table_tells_where_each_class_lies(fieldset: CommandLine, root: Path) -> None:
    outcome = fieldset.ok("map", "--measure", "--project", root, "--by", "split")

    lines = [line.split() for line in outcome.out.splitlines()]
    assert lines[0][:2] == ["split", "samples"]
    assert {line[0]: line[1] for line in lines[1:]} == {
        "train": "6",
        "val": "3",
        "test-main": "3",
        "test-reserve": "3",
        "none": "5",
    }
    assert "PCA of the embeddings" in outcome.err


def test_wrong_ways_to_ask_are_told(fieldset: CommandLine, root: Path) -> None:
    by = fieldset("map", "--project", root, "--by", "colour")
    inside = fieldset("map", "--project", root, "--inside", "1,2,3")

    assert (by.code, inside.code) == (2, 2)
    assert "class, split, session, state" in by.err
    assert "X0,Y0,X1,Y1: 1,2,3" in inside.err


def test_a_missing_picture_is_named_and_the_rest_mapped(
    fieldset: CommandLine, root: Path
) -> None:
    with Project.open(root) as project:
        gone = members(project, "val")[0]
        path = project.images.path(gone.id, gone.suffix)
    path.unlink()

    outcome = fieldset("map", "--measure", "--project", root, "--json")

    assert outcome.code == 3
    assert outcome.json["missing"] == [gone.id]
    assert f"The image is missing: sample {gone.id[:12]}" in outcome.err


def test_an_empty_project_has_an_empty_map(
    fieldset: CommandLine, tmp_path: Path
) -> None:
    new_project(tmp_path / "e").close()

    outcome = fieldset.ok("map", "--measure", "--project", tmp_path / "e", "--json")

    assert outcome.json == {"method": "PCA", "share": 0, "samples": [], "missing": []}


def test_ids_go_on_to_the_queue(
    fieldset: CommandLine,
    root: Path,
    window: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FIELDSET_STATION", "north")
    with Project.open(root) as project:
        wanted = [sample.id for sample in members(project, "train")][:2]
    lines = "".join(f"{name}\n" for name in (wanted[0], "# a remark", wanted[1][:12]))
    monkeypatch.setattr("sys.stdin", io.StringIO(lines))

    outcome = fieldset.ok("label", "--only", "-", "--project", root)

    assert window == ["label"]
    assert "2 samples in the queue" in outcome.err
    with Project.open(root) as project:
        place = project.catalog.places.get(labeling_person("", "north"))
        choice = choice_of(place.choice, project)
        assert set(ids_of(project, choice)) == set(wanted)


def test_a_list_of_unknown_samples_opens_nothing(
    fieldset: CommandLine, root: Path, window: list[str], tmp_path: Path
) -> None:
    listed = tmp_path / "ids.txt"
    listed.write_text("ab" * 32, "utf-8")

    outcome = fieldset("label", "--only", listed, "--project", root)

    assert (outcome.code, window) == (3, [])
    assert "no such samples" in outcome.err


def test_a_list_that_cannot_be_read_is_told(
    fieldset: CommandLine, root: Path, window: list[str], tmp_path: Path
) -> None:
    (tmp_path / "noise").write_bytes(b"\xff\xfe\x00")

    gone = fieldset("label", "--only", tmp_path / "gone", "--project", root)
    noise = fieldset("label", "--only", tmp_path / "noise", "--project", root)

    assert (gone.code, noise.code, window) == (3, 3, [])
    assert "cannot be read" in gone.err


def test_only_and_undo_are_not_done_together(
    fieldset: CommandLine, root: Path, window: list[str]
) -> None:
    outcome = fieldset("label", "--only", "-", "--undo", "--project", root)

    assert (outcome.code, window) == (2, [])


def test_picked_samples_make_a_test_set(
    fieldset: CommandLine, root: Path, tmp_path: Path
) -> None:
    listed = tmp_path / "ids.txt"
    with Project.open(root) as project:
        fresh = project.catalog.sessions.by_name("fresh")
        (one, other) = project.catalog.samples.of_session(fresh.id)
        train = members(project, "train")[0]
    listed.write_text(f"{one.id} at night\n\n{train.id}\n", "utf-8")

    tried = fieldset.ok(
        *("testset", "pick", "test-stress", "--from", listed, "--dry-run"),
        *("--project", root, "--json"),
    ).json
    done = fieldset.ok("testset", "pick", "test-stress", one.id[:10], "--project", root)

    assert tried["dry_run"] is True
    assert (tried["samples"], tried["picked"], tried["new"]) == (2, 1, True)
    assert tried["stays"] == [{"split": "train", "samples": 1}]
    assert tried["groups"][0]["sessions"] == ["fresh"]
    assert "1 group went into test-stress" in done.err
    with Project.open(root) as project:
        assert {s.id for s in members(project, "test-stress")} == {one.id, other.id}


def test_what_has_its_split_is_refused_with_4(
    fieldset: CommandLine, root: Path
) -> None:
    with Project.open(root) as project:
        train = members(project, "train")[0]

    outcome = fieldset("testset", "pick", "test-stress", train.id, "--project", root)

    assert outcome.code == 4
    assert "1 in train" in outcome.err
    assert "hint:" in outcome.err


def test_naming_no_sample_is_wrong_usage(fieldset: CommandLine, root: Path) -> None:
    outcome = fieldset("testset", "pick", "test-stress", "--project", root)

    assert outcome.code == 2
