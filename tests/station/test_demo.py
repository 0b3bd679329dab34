from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from dataset.project import Project
from dataset.records import BoxOrigin, SplitKind
from dataset.versions.verification import verify
from station.cli.exit_codes import ExitCode
from station.demo.blocks import (
    BLOCK_FRAMES,
    FIRST_BLOCKS,
    LATER_BLOCKS,
    TIME_SPLIT_DAY,
    clip_path,
)
from tests.station.command_line import CommandLine, program

BLOCKS = (*FIRST_BLOCKS, *LATER_BLOCKS)


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `fieldset demo --json` says; the demo runs once for this file."""
    outcome = program("demo", tmp_path_factory.mktemp("demo") / "here", "--json")
    assert outcome.code == 0, outcome.err
    return outcome.json


@pytest.fixture
def root(account: dict[str, Any]) -> Path:
    return Path(account["path"])


def test_directory_itself_becomes_the_project(root: Path) -> None:
    assert root.name == "here"
    assert {"fieldset.toml", "catalog.db", "images", "versions", "exports"} <= {
        path.name for path in root.iterdir()
    }


def test_account_has_the_promised_keys(account: dict[str, Any]) -> None:
    assert set(account) >= {
        "path", "counts", "versions", "diff", "exports", "drift", "report",
    }  # fmt: skip
    assert set(account["counts"]) >= {"sessions", "total", "labeled"}
    assert [v["alias"] for v in account["versions"]] == ["v1", "v2"]
    assert [e["format"] for e in account["exports"]] == ["coco", "yolo"]


def test_clip_ships_with_its_source_and_licence() -> None:
    source = clip_path().with_name("SOURCE.md").read_text("utf-8")

    assert clip_path().stat().st_size > 100_000
    assert "BSD" in source


def test_there_are_a_dozen_sessions_and_no_block_is_used_twice(
    account: dict[str, Any], root: Path
) -> None:
    starts = sorted(block.start for block in BLOCKS)

    assert account["counts"]["sessions"] == len(BLOCKS) >= 12
    assert all(b - a > BLOCK_FRAMES for a, b in pairwise(starts))
    with Project.open(root, read_only=True) as project:
        sessions = project.catalog.sessions.all()
        assert len({s.name for s in sessions}) == len(sessions) == len(BLOCKS)
        assert all(s.ended_us is not None for s in sessions)


def test_later_sessions_are_darker(root: Path) -> None:
    with Project.open(root, read_only=True) as project:
        lights = [dict(s.conditions)["light"] for s in project.catalog.sessions.all()]

    assert {"day", "night"} <= set(lights)
    first = lights[: len(FIRST_BLOCKS)]
    later = lights[len(FIRST_BLOCKS) :]
    assert first.count("day") / len(first) > later.count("day") / len(later)


def test_every_split_holds_samples(account: dict[str, Any]) -> None:
    held = {split["name"]: split for split in account["splits"]}

    assert {"train", "val", "test-main", "test-time"} <= set(held)
    assert sum(split["kind"] == "test" for split in account["splits"]) >= 3
    assert all(s["samples"] and s["boxes"] and s["groups"] for s in held.values())


def test_rules_of_the_test_sets_hold(root: Path) -> None:
    with Project.open(root, read_only=True) as project:
        frozen = project.version("v2")
        by_split: dict[str, set[str]] = {}
        for sample in frozen.samples:
            by_split.setdefault(sample.split, set()).add(sample.group)
            light = dict(sample.conditions)["light"]
            is_late = sample.session >= TIME_SPLIT_DAY
            if sample.split in {"train", "val"}:
                assert not (light == "night" and _held_out(project))
                assert not is_late
            if sample.split == "test-time":
                assert is_late
    groups = [group for found in by_split.values() for group in found]
    assert len(groups) == len(set(groups))


def _held_out(project: Project) -> bool:
    """Whether every group at night is a test's, and not a share of them."""
    return any(s.rule == "condition:light=night" for s in project.splits)


def test_every_sample_was_decided_by_the_labeling_code(
    account: dict[str, Any], root: Path
) -> None:
    counts = account["counts"]

    assert counts["new"] == counts["proposed"] == 0
    assert counts["labeled"] + counts["empty"] == counts["total"] > 40
    with Project.open(root, read_only=True) as project:
        titles = project.catalog.journal.titles(1000)
        decided = [t for t in titles if t.startswith(("accepted", "empty"))]
        assert len(decided) == counts["total"]
        origins = {
            box.origin
            for sample in project.catalog.samples.each()
            for box in project.catalog.labels.boxes(sample.id)
        }
        assert BoxOrigin.MOTION in origins


def test_versions_are_whole_and_true(root: Path, account: dict[str, Any]) -> None:
    with Project.open(root, read_only=True) as project:
        for made in account["versions"]:
            frozen = project.version(made["alias"])
            assert frozen.version.id == made["id"]
            assert (frozen.version.samples, frozen.version.boxes) == (
                made["samples"],
                made["boxes"],
            )
            read = verify(frozen, lambda s: (root / s.path).read_bytes())
            assert read == ()
        assert project.version("v2").version.parent == account["versions"][0]["id"]
        assert {s.kind for s in project.version("v2").splits} == set(SplitKind)


def test_diff_has_something_of_each_kind_to_say(account: dict[str, Any]) -> None:
    diff = account["diff"]

    assert diff["samples"]["added"] > 0
    assert diff["splits"]["moved"] == diff["splits"]["test_moved"] == 0
    for kind in ("added", "removed", "relabelled", "moved", "unchanged"):
        assert diff["boxes"][kind] > 0


def test_exports_are_there_and_hold_the_version(
    account: dict[str, Any], root: Path
) -> None:
    for export in account["exports"]:
        assert Path(export["path"]).is_relative_to(root)
    coco = next(Path(e["path"]) for e in account["exports"] if e["format"] == "coco")
    sets = [json.loads(p.read_text("utf-8")) for p in coco.rglob("*.json")]
    boxes = [len(s["annotations"]) for s in sets if "annotations" in s]
    yolo = next(Path(e["path"]) for e in account["exports"] if e["format"] == "yolo")
    lines = sum(
        len(path.read_text("utf-8").splitlines())
        for path in yolo.rglob("labels/**/*.txt")
    )

    assert sum(boxes) == account["versions"][1]["boxes"] == lines


def test_drift_and_report_are_under_their_promised_names(
    account: dict[str, Any], root: Path
) -> None:
    for alias in ("v1", "v2"):
        folder = root / "versions" / alias
        assert json.loads((folder / "drift.json").read_text("utf-8"))["alias"] == alias
        assert (folder / "report.html").stat().st_size > 1000
    assert account["drift"] == str(root / "versions" / "v2" / "drift.json")
    assert account["report"] == str(root / "versions" / "v2" / "report.html")


def test_check_and_status_agree_with_the_account(
    account: dict[str, Any], root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = CommandLine(capsys)

    (finding,) = call.ok("check", "--deep", "--project", root, "--json").json[
        "findings"
    ]
    status = call.ok("status", "--project", root, "--json").json

    assert finding["severity"] == "ok"
    assert status["splits"] == account["splits"]
    assert status["samples"]["total"] == account["counts"]["total"]
    call.ok("version", "verify", "v2", "--project", root)
    call.ok("drift", "v1", "v2", "--project", root)


def test_second_demo_in_the_same_place_is_refused(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = CommandLine(capsys)("demo", root)

    assert outcome.code == ExitCode.PROJECT
    assert "a project already" in outcome.err
