from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from dataset.project import Project
from dataset.sealed.sealing import seal
from station.cli import output
from tests.dataset.balanced_project import STRESS, policy_text, unequal_project
from tests.sealed_projects import labeled_group, sealable_project
from tests.small_projects import content, read_only
from tests.station.command_line import CommandLine


@pytest.fixture
def fieldset(capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(capsys)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with sealable_project(tmp_path / "p") as made:
        yield made


def narrow(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    """Let the commands believe in a terminal of that width."""
    monkeypatch.setattr(
        output, "get_terminal_size", lambda: os.terminal_size((columns, 24))
    )
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)


def test_dry_run_on_a_read_only_project_tells_every_group(
    fieldset: CommandLine, project: Project, tmp_path: Path
) -> None:
    labeled_group(project, "", first=700)
    before = content(project.catalog)
    project.close()

    with read_only(project.root, tmp_path / "view") as view:
        done = fieldset.ok("split", "--dry-run", "--project", view)
        told = fieldset.ok("split", "--dry-run", "--project", view, "--json").json
        refused = fieldset("split", "--project", view)

    assert "session 700" in done.out
    assert "1 new group would be assigned" in done.err
    assert [row["sessions"] for row in told["assigned"]] == [["session 700"]]
    assert told["moved"] == 0
    assert refused.code == 3
    with Project.open(project.root) as opened:
        assert content(opened.catalog) == before


def test_dry_run_counts_splits_as_they_would_be(
    fieldset: CommandLine, project: Project
) -> None:
    labeled_group(project, "", first=700)

    planned = fieldset.ok(
        "split", "--dry-run", "--project", project.root, "--json"
    ).json
    done = fieldset.ok("split", "--project", project.root, "--json").json

    assert planned == done
    assert sum(split["groups"] for split in planned["splits"]) == 6


def test_what_waits_for_a_sealed_set_is_told(
    fieldset: CommandLine, project: Project
) -> None:
    labeled_group(project, "test-bridge", first=500, place="bridge")
    seal(project, "test-bridge")
    labeled_group(project, "", first=600, place="bridge")

    done = fieldset.ok("split", "--project", project.root)
    told = fieldset.ok("split", "--project", project.root, "--json").json

    assert "waits" in done.out
    assert "test-bridge is sealed and holds it out" in done.out
    assert "1 waiting" in done.err
    assert [(w["sessions"], w["for"]) for w in told["waiting"]] == [
        (["session 600"], "test-bridge")
    ]


@pytest.mark.parametrize("columns", [80, 160])
def test_tables_fit_into_the_terminal(
    fieldset: CommandLine,
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    columns: int,
) -> None:
    labeled_group(project, "", first=700)
    narrow(monkeypatch, columns)

    for command in (["split", "--dry-run"], ["status"]):
        lines = fieldset.ok(*command, "--project", project.root).out.splitlines()

        assert max(len(line) for line in lines) <= columns


def test_status_says_what_is_short_full_and_next(
    fieldset: CommandLine, tmp_path: Path
) -> None:
    targets = (
        "[balance.targets.car]\nboxes = 4",
        "[balance.targets.bike]\nboxes = 90\ngroups = 9",
    )
    unequal_project(tmp_path / "p", policy_text("refuse", STRESS, *targets)).close()

    shown = fieldset.ok("status", "--project", tmp_path / "p").out
    told = fieldset.ok("status", "--project", tmp_path / "p", "--json").json

    assert "Balance: refuse, no version is frozen until this is mended:" in shown
    assert "  bike: 8 of 90 boxes" in shown
    assert "  bike: 8 of 9 sessions" in shown
    assert "Full, no more needed: car" in shown
    assert "Capture next: 82 more of bike; car is full" in shown
    assert "test-dark: no copies yet, made anew when a version is frozen" in shown
    assert told["balance"]["full"] == ["car"]


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ("warn", "warn, a version is frozen all the same:"),
        ("repeat", "warn, mended in train of each version by `repeat` as far as"),
    ],
)
def test_status_says_what_the_verdict_means(
    fieldset: CommandLine, tmp_path: Path, policy: str, words: str
) -> None:
    target = "[balance.targets.bike]\nboxes = 90"
    unequal_project(tmp_path / "p", policy_text(policy, target)).close()

    assert words in fieldset.ok("status", "--project", tmp_path / "p").out
