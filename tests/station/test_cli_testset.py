from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from dataset.project import Project
from dataset.published_seals import seal_path
from dataset.sealing import ledger
from export.coco import CocoReader
from tests.sealed_projects import (
    MODEL,
    OTHER,
    frozen,
    labels,
    members,
    sealable_project,
)
from tests.small_projects import files_under
from tests.station.command_line import CommandLine


@pytest.fixture
def fieldset(capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(capsys)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    sealable_project(tmp_path / "p").close()
    return tmp_path / "p"


@pytest.fixture
def project(root: Path) -> Iterator[Project]:
    with Project.open(root) as opened:
        yield opened


def images(folder: Path) -> set[str]:
    """The sample ids of the pictures below a folder."""
    return {Path(name).stem for name in files_under(folder) if name.endswith(".jpg")}


def ids(project: Project, split: str) -> set[str]:
    return {sample.id for sample in members(project, split)}


def test_list_tells_of_sets_and_runs(
    fieldset: CommandLine, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIELDSET_STATION", "north-gate")
    fieldset.ok("--project", root, "testset", "seal", "test-main")
    fieldset.ok(
        "--project", root, "testset", "draw", "test-main", "--model", MODEL,
        "--operator", "ida",
    )  # fmt: skip

    found = fieldset.ok("testset", "list", "--project", root, "--json").json

    sets = {item["name"]: item for item in found["sets"]}
    assert {name: item["state"] for name, item in sets.items()} == {
        "test-main": "sealed",
        "test-bridge": "open",
        "test-reserve": "vault",
    }
    main = sets["test-main"]
    assert (main["samples"], main["boxes"], main["used"], main["left"]) == (3, 3, 1, 1)
    (run,) = found["runs"]
    assert run["model"] == MODEL
    assert run["root"] == main["root"]
    assert (run["operator"], run["station"]) == ("ida", "north-gate")
    assert [line["event"] for line in found["ledger"]] == ["sealed", "drawn"]


def test_list_reads_well_without_json(fieldset: CommandLine, root: Path) -> None:
    fieldset.ok("testset", "seal", "test-main", "--project", root)

    shown = fieldset.ok("testset", "list", "--project", root).out

    assert "test-reserve  vault" in shown
    assert "3 samples, 3 boxes" in shown
    assert "None" not in shown


def test_seal_prints_the_root_and_publishes_it(
    fieldset: CommandLine, root: Path
) -> None:
    done = fieldset.ok("testset", "seal", "test-main", "--project", root, "--json")

    published = json.loads(seal_path(root, "test-main").read_text("utf-8"))
    assert done.json["root"] == published["root"]
    assert done.json["path"] == str(seal_path(root, "test-main"))


def test_draw_hands_out_that_set_alone(
    fieldset: CommandLine, root: Path, project: Project, tmp_path: Path
) -> None:
    frozen(project)
    fieldset.ok("testset", "seal", "test-main", "--project", root)
    bundle = tmp_path / "bundles" / "one"

    done = fieldset.ok(
        "testset", "draw", "test-main", "--model", MODEL, "--trained-on", "v1",
        "--to", bundle, "--project", root, "--json",
    )  # fmt: skip

    assert images(bundle) == ids(project, "test-main")
    assert CocoReader().read(bundle).boxes == 3
    told = json.loads((bundle / "ledger.json").read_text("utf-8"))
    assert told["digest"] == done.json["digest"] == ledger(project)[-1].digest
    assert told["model"] == MODEL
    assert (done.json["trained_on_alias"], done.json["left"]) == ("v1", 1)
    assert {path.name for path in bundle.parent.iterdir()} == {"one"}


@pytest.mark.parametrize(
    ("before", "arguments", "code", "words"),
    [
        ([], ["draw", "test-main", "--model", MODEL], 4, "not sealed: test-main"),
        ([["seal", "test-main"]], ["draw", "test-main", "--model", "best"], 2, "best"),
        ([["seal", "test-main"]], ["draw", "nothing", "--model", MODEL], 3, "nothing"),
        (
            [["seal", "test-main"], ["draw", "test-main", "--model", MODEL]],
            ["draw", "test-main", "--model", MODEL],
            4,
            "drawn for this model before",
        ),
        ([], ["seal", "test-reserve"], 4, "stays closed"),
        ([], ["retire", "test-main"], 4, "not sealed: test-main"),
        ([], ["seal", "train"], 2, "no test set: train"),
    ],
)
def test_refusals_are_sentences_with_a_hint(
    fieldset: CommandLine,
    root: Path,
    before: list[list[str]],
    arguments: list[str],
    code: int,
    words: str,
) -> None:
    for command in before:
        fieldset.ok("--project", root, "testset", *command)

    refused = fieldset("--project", root, "testset", *arguments)

    assert refused.code == code
    assert refused.out == ""
    assert words in refused.err
    if code == 4:
        assert "hint: " in refused.err


def test_bundle_is_not_written_over_something(
    fieldset: CommandLine, root: Path, project: Project, tmp_path: Path
) -> None:
    fieldset.ok("testset", "seal", "test-main", "--project", root)
    place = tmp_path / "full"
    place.mkdir()
    (place / "mine").touch()

    refused = fieldset(
        "testset", "draw", "test-main", "--model", MODEL, "--to", place,
        "--project", root,
    )  # fmt: skip

    assert refused.code == 3
    assert files_under(place) == {"mine"}
    assert len(ledger(project)) == 1


def test_refused_draw_leaves_no_bundle(
    fieldset: CommandLine, root: Path, project: Project, tmp_path: Path
) -> None:
    fieldset.ok("testset", "seal", "test-main", "--project", root)
    lost = members(project, "test-main")[0]
    project.image_path(lost).unlink()

    refused = fieldset(
        "testset", "draw", "test-main", "--model", MODEL, "--to", tmp_path / "b",
        "--project", root,
    )  # fmt: skip

    assert refused.code == 3
    assert {path.name for path in tmp_path.iterdir()} == {"p"}
    assert len(ledger(project)) == 1


def test_retire_tells_what_it_opened(fieldset: CommandLine, root: Path) -> None:
    fieldset.ok("testset", "seal", "test-main", "--project", root)

    done = fieldset.ok(
        "testset", "retire", "test-main", "--reason", "used up", "--project", root,
        "--json",
    ).json  # fmt: skip

    assert (done["event"], done["set"], done["groups"]) == ("retired", "test-main", 1)
    assert (done["opened"], done["not_opened"]) == ("test-reserve", [])


def test_export_leaves_sealed_sets_at_home(
    fieldset: CommandLine, root: Path, project: Project, tmp_path: Path
) -> None:
    before = frozen(project)
    fieldset.ok("testset", "seal", "test-main", "--project", root)
    after = frozen(project)

    for version in {before.id, after.id}:
        target = tmp_path / version
        fieldset.ok(
            "export", version, "--format", "yolo", "--to", target, "--project", root
        )
        assert images(target) == ids(project, "train") | ids(project, "val")
    assert len(ledger(project)) == 1


def test_export_of_sealed_sets_is_recorded(
    fieldset: CommandLine, root: Path, project: Project, tmp_path: Path
) -> None:
    version = frozen(project)
    fieldset.ok("testset", "seal", "test-main", "--project", root)
    command = ["export", "v1", "--format", "coco", "--project", root, "--to"]

    refused = fieldset(*command, tmp_path / "a", "--include-sealed")
    fieldset.ok(
        *command, tmp_path / "b", "--include-sealed", "--reason", "audit of May"
    )

    assert refused.code == 4
    assert "without a reason" in refused.err
    assert not (tmp_path / "a").exists()
    assert ids(project, "test-main") < images(tmp_path / "b")
    assert [
        (line.event, line.split, line.version, line.reason)
        for line in ledger(project)[1:]
    ] == [
        ("exported", "test-main", version.id, "audit of May"),
        ("exported", "test-reserve", version.id, "audit of May"),
    ]


def test_diff_counts_what_changed_in_a_sealed_set_and_shows_no_box(
    fieldset: CommandLine, root: Path, project: Project
) -> None:
    frozen(project)
    for split in ("train", "test-main"):
        sample = members(project, split)[0]
        project.catalog.labels.put(sample.id, labels(x0=9.0))
    frozen(project)
    fieldset.ok("testset", "seal", "test-main", "--project", root)

    found = fieldset.ok("diff", "v1", "v2", "--list", "--json", "--project", root).json

    assert found["boxes"]["moved"] == 2
    assert [change["sample"] for change in found["changes"]] == [
        members(project, "train")[0].id
    ]
    assert found["sealed_changes"] == 1


def test_reason_alone_is_wrong_usage(
    fieldset: CommandLine, root: Path, project: Project, tmp_path: Path
) -> None:
    frozen(project)

    refused = fieldset(
        "export", "v1", "--format", "coco", "--to", tmp_path / "a", "--reason", "x",
        "--project", root,
    )  # fmt: skip

    assert refused.code == 2


def test_check_reports_a_broken_chain(
    fieldset: CommandLine, root: Path, project: Project
) -> None:
    fieldset.ok("testset", "seal", "test-main", "--project", root)
    fieldset.ok("testset", "draw", "test-main", "--model", MODEL, "--project", root)
    with project.catalog.writing():
        project.catalog._connection.run("DROP TRIGGER test_runs_stay")
        project.catalog._connection.run(
            "UPDATE test_runs SET model = ? WHERE n = 2", [OTHER]
        )

    found = fieldset("check", "--project", root, "--json")
    listed = fieldset("testset", "list", "--project", root)

    assert found.code == listed.code == 3
    assert "A line of the test ledger was edited: 2" in {
        finding["what"] for finding in found.json["findings"]
    }
    assert "edited: 2" in listed.err
