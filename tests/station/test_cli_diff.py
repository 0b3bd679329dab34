from __future__ import annotations

import json
import math
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from dataset import sample_batch
from dataset.project import Project
from dataset.records import LabelClass, Split, SplitKind
from dataset.sealed.retirement import with_retired
from dataset.version import write_version
from dataset.versions.manifest import ManifestWriter, with_leaves
from labeling.session import LabelingSession
from station.cli.exit_codes import ExitCode
from station.cli.main import run
from tests.dataset.test_diff import sample
from tests.small_projects import uid
from tests.station.command_line import CommandLine
from tests.station.two_versions import add_session, make_two_versions
from tests.strategies import CLASSES, SPLITS


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(capsys)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three versions: v3 adds a session and moves a box."""
    root = make_two_versions(tmp_path_factory.mktemp("versions") / "p")
    with Project.open(root) as project:
        labeling = LabelingSession(project, state="labeled")
        labeling.go_to(project.catalog.samples.queue_ids()[3])
        labeling.move(uid("b"), (43.0, 5.0, 63.0, 20.0))
        add_session(project, 11)
    arguments = ["version", "create", "--no-report", "--project", str(root)]
    assert run([*arguments, "-m", "third"]) == 0
    return root


@pytest.fixture
def root(original: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may spoil."""
    shutil.copytree(original, tmp_path / "p")
    return tmp_path / "p"


def lines(text: str, head: str) -> list[str]:
    return [line for line in text.splitlines() if line.split(" ")[0] == head]


def test_terminal_says_what_differs(call: CommandLine, root: Path) -> None:
    told = call.ok("diff", "v1", "v2", "--project", root).out

    assert told.splitlines()[:2] == [
        "v1 (1.0.0) -> v2 (2.0.0)",
        "major: records or classes were changed, removed or moved",
    ]
    assert lines(told, "samples")[0] == "samples   +6 -0, 2 changed, 22 unchanged"
    assert lines(told, "boxes")[0] == (
        "boxes     +12 -1, 1 relabelled, 0 moved, 46 unchanged"
    )
    assert lines(told, "splits") == ["splits    0 moved"]
    assert "24 -> 30" in lines(told, "samples")[1]
    assert len(lines(told, "car")) == len(lines(told, "bike")) == 1
    assert lines(told, "balance")[0].startswith("balance   most to least")
    assert len(lines(told, "drift")) == 1
    assert not lines(told, "error")


def test_drift_that_was_not_kept_is_said(call: CommandLine, root: Path) -> None:
    told = call.ok("diff", "v2", "v3", "--project", root).out

    assert "not kept for this pair: `fieldset drift v2 v3`" in told


def test_each_change_is_a_line(call: CommandLine, root: Path) -> None:
    told = call.ok("diff", "v1", "v3", "--list", "--project", root).out

    listed = told.splitlines()[-12:]
    kinds = sorted(" ".join(line.split()[1:3]) for line in listed)
    assert kinds == ["box moved", "box relabelled", "box removed"] + 9 * [
        "sample added"
    ]
    (moved,) = (line for line in listed if "box moved" in line)
    assert "IoU 0.66  shift +3.0, +1.0 px  area x1.00" in moved
    (relabelled,) = (line for line in listed if "box relabelled" in line)
    assert relabelled.endswith("car -> bike")


def test_json_tells_balance_and_semver(call: CommandLine, root: Path) -> None:
    found = call.ok("diff", "v1", "v3", "--json", "--project", root).json

    assert found["semver"] == {"old": "1.0.0", "new": "3.0.0", "step": "major"}
    assert set(found["balance"]["new"]) == {
        "policy", "ratio", "train_ratio", "missing",
    }  # fmt: skip
    assert found["balance"]["old"]["ratio"] > 1
    assert found["splits"]["retired"] == 0
    assert "base" not in found


def test_versions_tell_their_semver(call: CommandLine, root: Path) -> None:
    listed = call.ok("version", "list", "--json", "--project", root).json
    shown = call.ok("version", "show", "v2", "--json", "--project", root).json

    assert [v["semver"] for v in listed["versions"]] == ["1.0.0", "2.0.0", "3.0.0"]
    assert shown["semver"] == "2.0.0"
    assert " 2.0.0 " in call.ok("version", "list", "--project", root).out
    assert " 2.0.0 " in call.ok("version", "show", "v2", "--project", root).out


def test_three_ways_are_told(call: CommandLine, root: Path) -> None:
    outcome = call.ok("diff", "v2", "v3", "--base", "v1", "--project", root)
    found = call.ok("diff", "v2", "v3", "--base", "v1", "--json", "--project", root)

    assert lines(outcome.out, "since")[0].startswith("since v1  v2 alone 0, v3 alone 4")
    assert outcome.err == ""
    assert found.json["base"]["is_ancestor"] is True


def test_a_base_that_is_no_ancestor_is_said(call: CommandLine, root: Path) -> None:
    outcome = call.ok("diff", "v1", "v2", "--base", "v3", "--json", "--project", root)

    assert "note: v3 is no ancestor of v1" in outcome.err
    assert "note: v3 is no ancestor of v2" in outcome.err
    assert outcome.json["base"]["is_ancestor"] is False


@pytest.fixture
def moved(tmp_path: Path) -> Path:
    """Two bare versions: a test member in train, one retired, and other classes."""
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "fieldset.toml").write_text('[project]\nname = "bare"\n')
    before = (
        sample(1, split="test-main"), sample(2, split="test-b"), sample(3, split=""),
        sample(4), sample(5),
    )  # fmt: skip
    after = (
        sample(1), sample(2, split="val"), sample(3, split="val"),
        sample(4, split=""), sample(5, group="h"),
    )  # fmt: skip
    names = (*SPLITS, Split(name="test-b", kind=SplitKind.TEST))
    classes = (
        replace(CLASSES[0], name="auto"), replace(CLASSES[1], retired=True),
        LabelClass(id=9, name="bus", colour="#000000"),
    )  # fmt: skip
    for samples, taxonomy, retired in (
        (before, CLASSES, ()), (after, classes, ("test-b",)),
    ):  # fmt: skip
        write_version(
            bare, samples=samples, classes=taxonomy, splits=names, parent=None,
            policy=with_retired({"balance": "warn"}, retired), message="", author="",
            created_us=0,
        )  # fmt: skip
    return bare


def test_a_moved_test_member_is_an_error_line(call: CommandLine, moved: Path) -> None:
    told = call.ok("diff", "v1", "v2", "--list", "--project", moved).out

    assert lines(told, "splits") == [
        "splits    1 moved, 1 retired into validation, 1 assigned, 1 quarantined or "
        "withdrawn"
    ]
    assert lines(told, "error")[0].startswith(
        "error     samples that left or entered a test set: 1; "
    )
    assert "split changed     test-main -> train  error: a test set is touched" in told
    assert "split retired     test-b -> val" in told
    assert "split changed     train -> no split\n" in told
    assert "group changed     g -> h" in told


def test_classes_are_told_in_words(call: CommandLine, moved: Path) -> None:
    told = call.ok("diff", "v1", "v2", "--project", moved).out

    assert lines(told, "class") == [
        "class     car was renamed to auto (class 1)",
        "class     bike was retired (class 2)",
        "class     person was removed (class 3)",
        "class     bus was added (class 9)",
    ]


def test_page_has_the_changed_boxes(
    call: CommandLine, root: Path, tmp_path: Path
) -> None:
    page = tmp_path / "diff.html"

    outcome = call.ok(
        "diff", "v1", "v3", "--base", "v1", "--html", page, "--project", root
    )

    text = page.read_text("utf-8")
    assert text.count('<figure class="card">') == 3
    assert text.count("data:image/jpeg") == 3
    assert f"page: {page}" in outcome.err


def test_page_that_cannot_be_written_is_3(
    call: CommandLine, root: Path, tmp_path: Path
) -> None:
    outcome = call(
        "diff", "v1", "v2", "--html", tmp_path / "no" / "x.html", "--project", root
    )

    assert outcome.code == ExitCode.PROJECT
    assert "x.html" in outcome.err


def test_missing_images_are_no_obstacle(
    call: CommandLine, root: Path, tmp_path: Path
) -> None:
    shutil.rmtree(root / "images")

    call.ok("diff", "v1", "v3", "--html", tmp_path / "d.html", "--project", root)

    text = (tmp_path / "d.html").read_text("utf-8")
    assert text.count("The image is missing") == 3


def version_file(root: Path) -> Path:
    return root / "versions" / "v2" / "version.json"


def manifest(root: Path) -> Path:
    return root / "versions" / "v2" / "manifest.parquet"


def edited_json(root: Path, change: Any) -> None:  # noqa: ANN401
    content = json.loads(version_file(root).read_text())
    change(content)
    version_file(root).write_text(json.dumps(content))


def cut_manifest(root: Path) -> None:
    manifest(root).write_bytes(manifest(root).read_bytes()[:2000])


def cut_json(root: Path) -> None:
    version_file(root).write_bytes(version_file(root).read_bytes()[:2000])


def rename_class(root: Path) -> None:
    edited_json(root, lambda content: content["classes"][0].update(name="tank"))


def more_samples(root: Path) -> None:
    edited_json(root, lambda content: content["counts"]["splits"][0].update(boxes=999))


def not_a_number(root: Path) -> None:
    edited_json(root, lambda content: content["counts"].update(classes=[math.nan]))


def another_bucket(root: Path) -> None:
    def swap(content: dict[str, Any]) -> None:
        content["buckets"]["labels"] = content["buckets"]["images"]

    edited_json(root, swap)


@pytest.mark.parametrize("command", ["diff", "show", "verify"])
@pytest.mark.parametrize(
    "damage",
    [
        lambda root: manifest(root).unlink(),
        cut_manifest,
        cut_json,
        lambda root: version_file(root).write_bytes(b""),
        lambda root: version_file(root).write_bytes(b"\xff\xfe{}"),
        rename_class,
        more_samples,
        not_a_number,
        another_bucket,
    ],
)
def test_damaged_version_is_named_with_the_next_step(
    call: CommandLine,
    root: Path,
    command: str,
    damage: Any,  # noqa: ANN401
) -> None:
    damage(root)
    arguments = {
        "diff": ["diff", "v1", "v2"],
        "show": ["version", "show", "v2"],
        "verify": ["version", "verify", "v2"],
    }[command]

    outcome = call(*arguments, "--project", root)

    assert outcome.code == ExitCode.PROJECT
    told = outcome.out + outcome.err
    assert str(root / "versions" / "v2") in told
    assert "hint: " in outcome.err
    assert "restore" in outcome.err
    assert "nan" not in told.lower()


def rewritten(root: Path, *, with_leaf: bool) -> None:
    """The manifest of v2 with every box wider, at a length that is not suspicious."""
    path = manifest(root)
    table = pq.read_table(path).cast(pq.read_schema(path))
    samples = sample_batch.samples_of(table)
    changed = [
        replace(s, boxes=tuple(replace(b, x1=b.x1 + 1) for b in s.boxes))
        for s in samples
    ]
    batch = sample_batch.batch_of(changed)
    leaves = sample_batch.leaf_columns(
        batch if with_leaf else sample_batch.batch_of(samples)
    )
    path.unlink()
    with ManifestWriter(path) as writer:
        writer.write(with_leaves(batch, leaves))
    size = path.stat().st_size
    edited_json(root, lambda content: content["manifest"].update(bytes=size))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"comparisons": 3}',
        '{"comparisons": [{}]}',
        '{"comparisons": [{"kind": "parent", "verdict": "stable", "summary": NaN}]}',
        '{"comparisons": [{"kind": "parent", "verdict": 1, "summary": ""}]}',
        '{"comparisons": [], "health": 3}',
        '{"comparisons": [], "health": {"cameras": [{}], "summary": ""}}',
        '{"comparisons": [], "health": {"cameras": [], "summary": null}}',
    ],
)
def test_damaged_drift_is_named(call: CommandLine, root: Path, text: str) -> None:
    (root / "versions" / "v2" / "drift.json").write_text(text)

    outcome = call("diff", "v1", "v2", "--json", "--project", root)

    assert (outcome.code, outcome.out) == (ExitCode.PROJECT, "")
    assert "drift.json" in outcome.err
    assert "hint: `fieldset version report v2`" in outcome.err


@pytest.mark.parametrize("with_leaf", [False, True])
def test_a_changed_row_is_never_told_as_a_difference(
    call: CommandLine, root: Path, with_leaf: bool
) -> None:
    rewritten(root, with_leaf=with_leaf)

    for arguments in (["diff", "v1", "v2"], ["version", "show", "v2"]):
        outcome = call(*arguments, "--project", root)

        assert (outcome.code, outcome.out) == (ExitCode.PROJECT, "")
        assert str(manifest(root)) in outcome.err
        assert "hint: " in outcome.err
    proven = call("version", "verify", "v2", "--project", root)
    assert proven.code == ExitCode.PROJECT
    assert "labels" in proven.out


def test_a_damaged_version_does_not_hide_the_others(
    call: CommandLine, root: Path
) -> None:
    cut_json(root)

    outcome = call.ok("diff", "v1", "v3", "--json", "--project", root)

    assert outcome.json["semver"] == {"old": "1.0.0", "new": None, "step": "major"}


def test_diff_opens_no_catalog_and_loads_nothing_slow(
    root: Path,
) -> None:
    (root / "catalog.db").unlink()
    code = (
        "import sys; from station.cli.main import run\n"
        "assert run(['diff', 'v1', 'v3', '--list', '--project', sys.argv[1]]) == 0\n"
        "slow = {'cv2', 'scipy', 'sklearn', 'sqlite_utils', 'jinja2', 'matplotlib'}\n"
        "assert not slow & set(sys.modules), slow & set(sys.modules)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, str(root)], check=False, capture_output=True,
        text=True, cwd=Path(__file__).resolve().parents[2],
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
