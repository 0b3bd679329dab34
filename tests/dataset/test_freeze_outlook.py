from __future__ import annotations

from pathlib import Path

import pytest

from dataset.project import Project
from dataset.records import LabelState, SampleState
from dataset.versions.freeze_outlook import freeze_outlook
from dataset.versions.freezing import freeze
from tests.small_projects import box, content, filled, new_project, new_session

UNEQUAL = {"car": 24, "bike": 2}


def policy_project(root: Path, balance: str) -> Project:
    """Car on most pictures, bike on few; train takes all; the policy as given."""
    new_project(root).close()
    (root / "fieldset.toml").write_text(
        f'[project]\nname = "p"\n\n[split]\ntrain = 1.0\nval = 0.0\n\n'
        f"[balance]\n{balance}\n",
        encoding="utf-8",
    )
    project = Project.open(root)
    first = 0
    for class_id, count in enumerate(UNEQUAL.values(), start=1):
        for session in range(2):
            half = count // 2
            samples = filled(
                project,
                new_session(project, f"{class_id} {session}"),
                half,
                first=first,
            )
            first += 100
            for sample in samples:
                labels = LabelState(
                    state=SampleState.LABELED, boxes=(box(class_id=class_id),)
                )
                project.catalog.labels.put(sample.id, labels)
    return project


def test_an_outlook_writes_nothing(tmp_path: Path) -> None:
    with policy_project(tmp_path / "p", 'policy = "undersample"') as project:
        before = content(project.catalog)

        found = freeze_outlook(project)

        assert content(project.catalog) == before
        assert found.number == 1
        assert found.samples == 26
        assert len(found.split.assigned) == 4


@pytest.mark.parametrize("policy", ["undersample", "repeat"])
def test_the_outlook_says_what_the_freeze_then_does(
    tmp_path: Path, policy: str
) -> None:
    settings = f'policy = "{policy}"\nratio = 2.0'
    with policy_project(tmp_path / "p", settings) as project:
        plan = freeze_outlook(project).plan

        done = freeze(project).policy

    assert plan.left_out == len(done.left_out)
    assert plan.lifted == len(done.repeats)
    assert plan.occurrences == sum(times for _, times in done.repeats)
    assert plan.classes == done.classes
    assert plan.left_out or plan.occurrences


def test_copies_are_counted_and_not_made(tmp_path: Path) -> None:
    settings = 'policy = "augment"\nratio = 2.0'
    with policy_project(tmp_path / "p", settings) as project:
        before = sorted((tmp_path / "p" / "images").rglob("*"))

        plan = freeze_outlook(project).plan

        assert plan.occurrences > 0
        assert sorted((tmp_path / "p" / "images").rglob("*")) == before


def test_a_refusal_is_foreseen(tmp_path: Path) -> None:
    settings = "[balance.targets.bike]\nboxes = 9"
    with policy_project(tmp_path / "p", settings) as project:
        found = freeze_outlook(project)

    assert found.is_refused
    assert not found.may_freeze


def test_nothing_labeled_cannot_be_frozen(tmp_path: Path) -> None:
    with new_project(tmp_path / "p") as project:
        found = freeze_outlook(project)

    assert not found.samples
    assert not found.may_freeze
