from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from dataset.backup import back_up, restore
from dataset.check import check
from dataset.errors import ProjectError
from dataset.findings import Severity
from dataset.project import Project
from dataset.records import Split, SplitKind
from dataset.sealed.published_seals import closed_names, seal_path
from dataset.sealed.sealing import draw, ledger, retire, seal
from tests.sealed_projects import MODEL, OTHER, members, sealable_project
from tests.small_projects import new_session


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with sealable_project(tmp_path / "p") as made:
        yield made


TAMPERING = {
    "edit": (
        ["UPDATE test_runs SET model = 'dd' WHERE n = 2"],
        "A line of the test ledger was edited: 2",
    ),
    "delete": (
        ["DELETE FROM test_runs WHERE n = 2"],
        "The test ledger lost lines: 2",
    ),
    "delete the last": (
        ["DELETE FROM test_runs WHERE n = 3"],
        "The test ledger lost lines: 3",
    ),
    "delete all": (
        ["DELETE FROM test_runs"],
        "The test ledger lost lines: 1 to 3",
    ),
    "reorder": (
        [
            "UPDATE test_runs SET n = 99 WHERE n = 2",
            "UPDATE test_runs SET n = 2 WHERE n = 3",
            "UPDATE test_runs SET n = 3 WHERE n = 99",
        ],
        "The lines of the test ledger were reordered, line 3 stands at place: 2",
    ),
    "cut off with its head": (
        [
            "DELETE FROM test_runs",
            "DELETE FROM facts WHERE key = 'test_ledger_head'",
        ],
        "Line 3 of the test ledger is not the one that was published: "
        "seals/test-main.json",
    ),
    "nonsense": (
        ["UPDATE test_runs SET event = 'dreamt' WHERE n = 1"],
        "A line of the test ledger cannot be what fieldset wrote: 1",
    ),
}


@pytest.mark.parametrize("kind", TAMPERING)
def test_tampering_with_the_ledger_is_found(project: Project, kind: str) -> None:
    statements, what = TAMPERING[kind]
    seal(project, "test-main")
    draw(project, "test-main", model=MODEL)
    draw(project, "test-main", model=OTHER)
    connection = project.catalog._connection
    with project.catalog.writing():
        for trigger in ("test_runs_stay", "test_runs_are_kept"):
            connection.run(f"DROP TRIGGER {trigger}")
        for statement in statements:
            connection.run(statement)

    found = check(project, repair=True)

    assert (Severity.ERROR, what) in {(f.severity, f.what) for f in found}
    with pytest.raises(ProjectError):
        ledger(project)
    with pytest.raises(ProjectError):
        retire(project, "test-main")


@pytest.mark.parametrize(
    "verb", ["UPDATE test_runs SET n = 9", "DELETE FROM test_runs"]
)
def test_ledger_is_append_only(project: Project, verb: str) -> None:
    seal(project, "test-main")

    with pytest.raises(Exception, match="append-only"), project.catalog.writing():
        project.catalog._connection.run(verb)

    assert len(ledger(project)) == 1


def test_lost_seal_is_published_again(project: Project) -> None:
    seal(project, "test-main")
    path = seal_path(project.root, "test-main")
    whole = path.read_bytes()
    for content in (None, b"{", b'{"name": "test-night"}'):
        if content is None:
            path.unlink()
        else:
            path.write_bytes(content)

        (found,) = check(project)
        (mended,) = check(project, repair=True)

        assert (found.severity, found.path) == (Severity.WARNING, str(path))
        assert mended.next_step == ""
        assert path.read_bytes() == whole
        assert check(project)[0].severity is Severity.OK


def test_published_seal_tells_of_its_draws(project: Project) -> None:
    seal(project, "test-main")
    drawn = draw(project, "test-main", model=MODEL)

    content = json.loads(seal_path(project.root, "test-main").read_text("utf-8"))

    assert content["draws"] == 1
    assert content["line"] == {"n": 2, "digest": drawn.line.digest}
    assert content["id"].startswith("ts-")


def test_copies_of_a_sealed_set_are_closed_with_it(project: Project) -> None:
    stress = Split(
        name="test-dark", kind=SplitKind.TEST, rule="stress:dark/3 of test-main"
    )
    before = closed_names(project.root, (*project.splits, stress))

    seal(project, "test-main")
    sealed = closed_names(project.root, (*project.splits, stress))
    retire(project, "test-main")
    retired = closed_names(project.root, (*project.splits, stress))

    assert before == {"test-reserve"}
    assert sealed == {"test-reserve", "test-main", "test-dark"}
    assert retired == {"test-reserve"}


def test_backup_brings_ledger_and_seals_along(project: Project, tmp_path: Path) -> None:
    seal(project, "test-main")
    draw(project, "test-main", model=MODEL)

    back_up(project, tmp_path / "backup")
    restore(tmp_path / "backup", tmp_path / "again")

    with Project.open(tmp_path / "again") as restored:
        assert ledger(restored) == ledger(project)
        assert check(restored)[0].severity is Severity.OK


def test_set_that_was_edited_behind_the_seal_is_not_drawn(project: Project) -> None:
    seal(project, "test-main")
    sample = members(project, "test-main")[0]
    with project.catalog.writing():
        project.catalog._connection.run(
            "UPDATE samples SET width = width + 1 WHERE id = ?", [sample.id]
        )

    with pytest.raises(ProjectError, match="not what was sealed: test-main"):
        draw(project, "test-main", model=MODEL)
    found = check(project, deep=True)

    assert "A sealed test set is not what was sealed: test-main" in {
        finding.what for finding in found
    }


def test_open_project_has_an_empty_sound_ledger(project: Project) -> None:
    new_session(project)

    assert ledger(project) == ()
    assert check(project)[0].severity is Severity.OK
