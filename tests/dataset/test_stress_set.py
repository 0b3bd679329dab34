from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dataset.check import check
from dataset.errors import PolicyRefusal, ProjectError, UsageError
from dataset.findings import Severity
from dataset.project import Project
from dataset.records import LedgerAction
from dataset.sealed.sealed_set import SealedSet
from dataset.sealed.sealing import draw, ledger, retire, seal
from dataset.sealed.test_sets import SetState, set_lines
from dataset.status import status
from dataset.version import read_version
from dataset.versions.freezing import freeze
from tests.dataset.balanced_project import STRESS, policy_text, unequal_project
from tests.sealed_projects import MODEL, OTHER, members, put

VAULT = '[split.tests.test-reserve]\nrule = "vault"\nshare = 0.1\n'


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Eight sessions and v1, in which test-dark has copies of test-main."""
    with unequal_project(tmp_path / "p", policy_text("warn", STRESS)) as made:
        freeze(made)
        yield made


def copies(project: Project, name: str = "latest") -> set[str]:
    with read_version(project.root, name) as frozen:
        return {s.id for s in frozen.samples if s.split == "test-dark"}


def state(project: Project) -> SetState:
    lines = set_lines(project, ledger(project))
    return {line.split.name: line.state for line in lines}["test-dark"]


def test_status_counts_the_copies_of_the_latest_version(project: Project) -> None:
    found = status(project)

    (line,) = (line for line in found.splits if line.split.name == "test-dark")
    (main,) = (line for line in found.splits if line.split.name == "test-main")
    assert (line.version, line.count.samples) == ("v1", main.count.samples)
    assert line.count.samples == len(copies(project)) > 0
    boxes = {(r.class_id, r.split): r.boxes for r in found.table}
    assert boxes[1, "test-dark"] == boxes[1, "test-main"]


def test_status_before_a_version_says_nothing_of_copies(tmp_path: Path) -> None:
    with unequal_project(tmp_path / "p", policy_text("warn", STRESS)) as made:
        found = status(made).to_json()["splits"]

    (line,) = (line for line in found if line["name"] == "test-dark")
    assert (line["samples"], line["version"]) == (0, None)


def test_copies_are_sealed_after_what_they_are_made_of(project: Project) -> None:
    with pytest.raises(PolicyRefusal, match="is made of: test-main"):
        seal(project, "test-dark")
    seal(project, "test-main")

    line = seal(project, "test-dark")

    assert line.version == read_version(project.root, "v1").version.id
    assert state(project) is SetState.SEALED
    with pytest.raises(UsageError, match="sealed already: test-dark"):
        seal(project, "test-dark")


def test_copies_of_boxes_that_changed_since_are_not_sealed(project: Project) -> None:
    sample = members(project, "test-main")[0]
    before = project.catalog.labels.get(sample.id)
    moved = tuple(b for b in before.boxes[:-1])
    project.catalog.labels.put(sample.id, type(before)(state=before.state, boxes=moved))
    seal(project, "test-main")

    with pytest.raises(PolicyRefusal, match="No version holds copies of the sealed"):
        seal(project, "test-dark")
    freeze(project)

    assert seal(project, "test-dark").version == (
        read_version(project.root, "v2").version.id
    )


def test_draw_hands_out_the_copies_that_were_sealed(project: Project) -> None:
    seal(project, "test-main")
    seal(project, "test-dark")
    sealed = copies(project)
    handed: list[SealedSet] = []

    draw(project, "test-dark", model=MODEL, prepare=handed.append)

    assert {sample.id for sample in handed[0].samples} == sealed
    with pytest.raises(PolicyRefusal, match="drawn for this model before"):
        draw(project, "test-dark", model=MODEL)
    assert draw(project, "test-main", model=MODEL).used == 1


def test_model_that_saw_what_the_copies_are_made_of_is_refused(
    project: Project,
) -> None:
    group = members(project, "test-main")[0].group_id
    with project.catalog.writing():
        put(project, group, "test-main", LedgerAction.WITHDRAWN)
        put(project, group, "train", LedgerAction.ASSIGNED)
    freeze(project, message="with a later test member in train")
    with project.catalog.writing():
        put(project, group, "train", LedgerAction.WITHDRAWN)
        put(project, group, "test-main", LedgerAction.ASSIGNED)
    freeze(project)
    seal(project, "test-main")
    seal(project, "test-dark")

    with pytest.raises(
        PolicyRefusal, match=r"v2 held \d+ samples of test-dark in train"
    ):
        draw(project, "test-dark", model=MODEL, trained_on="v2")

    assert draw(project, "test-dark", model=OTHER, trained_on="none").used == 1


def test_copies_end_with_the_set_they_are_made_of(project: Project) -> None:
    seal(project, "test-main")
    seal(project, "test-dark")

    done = retire(project, "test-main")

    assert done.copies == ("test-dark",)
    assert state(project) is SetState.RETIRED
    with pytest.raises(PolicyRefusal, match="retired"):
        draw(project, "test-dark", model=MODEL)


def test_a_retired_set_of_copies_opens_no_vault(tmp_path: Path) -> None:
    text = policy_text("warn", STRESS, VAULT).replace("0.70", "0.60")
    with unequal_project(tmp_path / "p", text, sessions=12) as project:
        freeze(project)
        seal(project, "test-main")
        seal(project, "test-dark")

        done = retire(project, "test-dark")

        assert (done.groups, done.opened, done.not_opened) == (0, "", ())
        assert ledger(project)[-1].split == "test-dark"


def test_lost_version_of_sealed_copies_is_named(project: Project) -> None:
    seal(project, "test-main")
    seal(project, "test-dark")
    sound = check(project, deep=True)
    (project.root / "versions" / "v1").rename(project.root / "away")

    with pytest.raises(ProjectError, match="The version that holds test-dark"):
        draw(project, "test-dark", model=MODEL)

    assert [f.severity for f in sound] == [Severity.OK]
    assert any("test-dark is not there" in f.what for f in check(project, deep=True))
