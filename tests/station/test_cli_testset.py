from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dataset.errors import StorageFull
from dataset.project import Project
from dataset.sealed.published_seals import seal_path
from dataset.sealed.sealing import ledger
from dataset.test_ledger import LedgerEvent
from export.handover import preflight
from export.handover.target_limits import Target
from export.readers.coco import CocoReader
from tests.sealed_projects import (
    MODEL,
    OTHER,
    frozen,
    labels,
    members,
    sealable_project,
)
from tests.small_projects import files_under, tiny_disk
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


def test_export_that_its_target_would_refuse_is_not_recorded(
    fieldset: CommandLine,
    root: Path,
    project: Project,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    frozen(project)
    fieldset.ok("testset", "seal", "test-main", "--project", root)
    picky = Target(suffixes=frozenset(("gif",)), is_strict=True)
    monkeypatch.setattr(preflight, "TARGETS", {"coco": picky})

    command = ["export", "v1", "--format", "coco", "--project", root]
    asked = ["--include-sealed", "--reason", "audit of May"]
    refused = fieldset(*command, "--to", tmp_path / "a", *asked)

    assert refused.code == 3
    assert "The target coco would refuse this" in refused.err
    assert not (tmp_path / "a").exists()
    assert [line.event for line in ledger(project)] == ["sealed"]


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


# The program, killed when the draw is recorded and its bundle not yet in place.
KILLED = """
import os, signal, sys
import export.evaluation
export.evaluation._put_in_place = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
from station.cli.main import run
run(sys.argv[1:])
"""


def test_bundle_that_was_killed_after_the_record_is_finished(
    fieldset: CommandLine,
    root: Path,
    project: Project,
    tmp_path: Path,
) -> None:
    fieldset.ok("testset", "seal", "test-main", "--project", root)
    command = ["testset", "draw", "test-main", "--model", MODEL, "--project", root]
    bundle = tmp_path / "bundles" / "one"

    killed = subprocess.run(
        [sys.executable, "-c", KILLED, *map(str, command), "--to", str(bundle)],
        check=False,
    )
    recorded = ledger(project)
    elsewhere = fieldset(*command, "--to", tmp_path / "other")
    done = fieldset.ok(*command, "--to", bundle, "--json")

    assert killed.returncode == -signal.SIGKILL
    assert recorded[-1].event is LedgerEvent.DRAWN
    assert elsewhere.code == 4
    assert ledger(project) == recorded
    assert done.json["digest"] == recorded[-1].digest
    assert (done.json["used"], done.json["samples"]) == (1, 3)
    assert images(bundle) == ids(project, "test-main")
    assert CocoReader().read(bundle).boxes == 3
    assert files_under(bundle) >= {"ledger.json", "fieldset.json"}
    assert {path.name for path in bundle.parent.iterdir()} == {"one"}


def test_whole_bundle_without_a_record_is_made_anew(
    fieldset: CommandLine,
    root: Path,
    project: Project,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fieldset.ok("testset", "seal", "test-main", "--project", root)
    command = [
        "testset", "draw", "test-main", "--model", MODEL, "--project", root, "--to",
        tmp_path / "bundles" / "one",
    ]  # fmt: skip

    with monkeypatch.context() as patch:
        patch.setattr("shutil.rmtree", lambda *_, **__: None)
        patch.setattr("dataset.sealed.sealing.append_line", _kill)
        fieldset(*command)
    left = list((tmp_path / "bundles").iterdir())
    fieldset.ok(*command)

    assert [path.name.startswith(".tmp-") for path in left] == [True]
    assert [line.event for line in ledger(project)] == ["sealed", "drawn"]
    assert {path.name for path in (tmp_path / "bundles").iterdir()} == {"one"}


def _kill(*_: object) -> None:
    raise KeyboardInterrupt


def test_full_disk_spends_no_draw(
    fieldset: CommandLine, root: Path, project: Project, tmp_path: Path
) -> None:
    fieldset.ok("testset", "seal", "test-main", "--project", root)
    command = ["testset", "draw", "test-main", "--model", MODEL, "--project", root]

    with tiny_disk(tmp_path / "disk", "16k") as disk:
        failed = fieldset(*command, "--to", disk / "bundle")
        left = files_under(disk)
    fieldset.ok(*command, "--to", tmp_path / "bundle")

    assert failed.code == 3
    assert "hint: " in failed.err
    assert left == set()
    assert [line.event for line in ledger(project)] == ["sealed", "drawn"]


def test_full_disk_between_record_and_place_says_what_to_do(
    fieldset: CommandLine,
    root: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fieldset.ok("testset", "seal", "test-main", "--project", root)
    command = [
        "testset", "draw", "test-main", "--model", MODEL, "--project", root, "--to",
        tmp_path / "one",
    ]  # fmt: skip

    def full(path: Path, *_: object) -> None:
        raise StorageFull(f"There is no room left: {path}")

    with monkeypatch.context() as patch:
        patch.setattr("export.evaluation._ledger_text", full)
        failed = fieldset(*command)
    fieldset.ok(*command)

    assert failed.code == 3
    assert "The draw is recorded" in failed.err
    assert "hint: free some space there, then give the same command again" in failed.err


SPLIT_TAMPERED = {
    "edit": (
        "UPDATE split_ledger SET split = 'val' WHERE n = 2",
        "edited or reordered",
    ),
    "delete": ("DELETE FROM split_ledger WHERE n = 2", "lost rows: 1"),
    "truncate": ("DELETE FROM split_ledger WHERE n > 3", "lost rows: 2"),
    "reorder": ("UPDATE split_ledger SET n = 9 WHERE n = 1", "edited or reordered"),
    "insert": (
        "INSERT INTO split_ledger (group_id, split, action, reason, at_us) "
        "SELECT group_id, 'val', 'withdrawn', '', 1 FROM split_ledger WHERE n = 1",
        "not written by fieldset: 1",
    ),
}


@pytest.mark.parametrize("kind", SPLIT_TAMPERED)
def test_tampering_with_the_split_ledger_is_found(
    fieldset: CommandLine, root: Path, project: Project, kind: str
) -> None:
    statement, words = SPLIT_TAMPERED[kind]
    sound = fieldset("check", "--project", root)
    with project.catalog.writing():
        for trigger in ("ledger_rows_stay", "ledger_rows_are_kept"):
            project.catalog._connection.run(f"DROP TRIGGER {trigger}")
        project.catalog._connection.run(statement)

    checked = fieldset("check", "--project", root)

    assert (sound.code, checked.code) == (0, 3)
    assert words in checked.out + checked.err


TAMPERED = {
    "edit": (["UPDATE test_runs SET model = 'ee' WHERE n = 2"], "was edited: 2"),
    "delete": (["DELETE FROM test_runs WHERE n = 2"], "lost lines: 2"),
    "reorder": (
        [
            "UPDATE test_runs SET n = 99 WHERE n = 2",
            "UPDATE test_runs SET n = 2 WHERE n = 3",
            "UPDATE test_runs SET n = 3 WHERE n = 99",
        ],
        "were reordered, line 3 stands at place: 2",
    ),
    "truncate": (["DELETE FROM test_runs WHERE n = 3"], "lost lines: 3"),
    "truncate with the head": (
        [
            "DELETE FROM test_runs WHERE n = 3",
            "UPDATE facts SET value = (SELECT n || ' ' || digest FROM test_runs "
            "WHERE n = 2) WHERE key = 'test_ledger_head'",
        ],
        "Line 3 of the test ledger is not the one that was published",
    ),
    "insert": (
        [
            "INSERT INTO test_runs SELECT 4, event, split, root, 'ff', version, "
            "operator, station, reason, at_us, digest, digest || '0' FROM test_runs "
            "WHERE n = 3"
        ],
        "was edited: 4",
    ),
    "empty": (["DELETE FROM test_runs"], "lost lines: 1 to 3"),
}


@pytest.mark.parametrize("kind", TAMPERED)
def test_tampering_is_found_by_check_list_and_draw(
    fieldset: CommandLine, root: Path, project: Project, kind: str
) -> None:
    statements, words = TAMPERED[kind]
    fieldset.ok("testset", "seal", "test-main", "--project", root)
    for model in (MODEL, OTHER):
        fieldset.ok("testset", "draw", "test-main", "--model", model, "--project", root)
    with project.catalog.writing():
        for trigger in ("test_runs_stay", "test_runs_are_kept"):
            project.catalog._connection.run(f"DROP TRIGGER {trigger}")
        for statement in statements:
            project.catalog._connection.run(statement)

    checked = fieldset("check", "--project", root)
    listed = fieldset("testset", "list", "--project", root)
    drawn = fieldset("testset", "draw", "test-main", "--model", "dd" * 32, "--project",
                     root)  # fmt: skip

    assert (checked.code, listed.code, drawn.code) == (3, 3, 3)
    assert words in checked.out + checked.err
    assert words in listed.err
    assert words in drawn.err
