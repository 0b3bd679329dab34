from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dataset.project import Project
from dataset.records import LabelState, SampleState
from dataset.splitting.assignment import assign_splits
from dataset.status import status
from tests.small_projects import box, filled, new_project, new_session, proposal


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with new_project(tmp_path / "p", "car", "bike", "van") as made:
        yield made


@pytest.fixture
def mixed(project: Project) -> Project:
    """One sample of each state; the labelled one has two cars and a bike."""
    samples = filled(project, new_session(project), 5)
    project.catalog.labels.propose(samples[1].id, (proposal("p"),))
    boxes = (box("a"), box("b", x0=9.0), box("c", class_id=2))
    project.catalog.labels.put(
        samples[2].id, LabelState(state=SampleState.LABELED, boxes=boxes)
    )
    project.catalog.labels.put(samples[3].id, LabelState(state=SampleState.EMPTY))
    project.catalog.labels.put(
        samples[4].id,
        LabelState(state=SampleState.SKIPPED, skip_reason="x", boxes=(box("a"),)),
    )
    return project


def test_new_project_has_zeros_everywhere(project: Project) -> None:
    found = status(project).to_json()

    assert found["samples"] == {
        "total": 0,
        "new": 0,
        "proposed": 0,
        "labeled": 0,
        "empty": 0,
        "skipped": 0,
    }
    assert found["classes"] == [
        {
            "id": number,
            "name": name,
            "boxes": 0,
            "samples": 0,
            "groups": 0,
            "target": None,
            "shortfall": 0,
        }
        for number, name in ((1, "car"), (2, "bike"), (3, "van"))
    ]
    assert found["queue"] == 0
    assert [s["name"] for s in found["splits"]] == ["train", "val", "test-main"]


def test_states_are_counted_and_proposals_never(mixed: Project) -> None:
    found = status(mixed).to_json()

    assert found["samples"] == {
        "total": 5,
        "new": 1,
        "proposed": 1,
        "labeled": 1,
        "empty": 1,
        "skipped": 1,
    }
    assert found["queue"] == 2
    assert [(c["name"], c["boxes"], c["samples"]) for c in found["classes"]] == [
        ("car", 2, 1),
        ("bike", 1, 1),
        ("van", 0, 0),
    ]


def test_splits_are_counted_from_the_ledger(mixed: Project) -> None:
    before = status(mixed).to_json()
    assign_splits(mixed)
    after = status(mixed).to_json()

    assert before["unassigned"] == {"samples": 2, "groups": 1, "boxes": 3}
    assert after["unassigned"] == {"samples": 0, "groups": 0, "boxes": 0}
    (holding,) = [s for s in after["splits"] if s["samples"]]
    assert (holding["samples"], holding["groups"], holding["boxes"]) == (2, 1, 3)
    assert {(row["class"], row["boxes"]) for row in after["table"]} == {(1, 2), (2, 1)}


def test_targets_tell_what_is_short(mixed: Project) -> None:
    with (mixed.root / "fieldset.toml").open("a") as settings:
        settings.write("[balance.targets.bike]\nboxes = 30\n")

    with Project.open(mixed.root) as opened:
        found = status(opened).to_json()

    (bike,) = [c for c in found["classes"] if c["name"] == "bike"]
    assert (bike["target"], bike["shortfall"]) == (30, 29)
    assert found["balance"]["verdict"] == "refuse"
    assert any("bike" in line for line in found["next"])


def test_retired_class_is_not_asked_for(mixed: Project) -> None:
    mixed.catalog.classes.retire(3)

    found = status(mixed)

    assert [line.label_class.name for line in found.classes] == ["car", "bike"]


def test_status_is_of_one_moment_and_writes_nothing(mixed: Project) -> None:
    with Project.open(mixed.root, read_only=True) as reading:
        assert status(reading).to_json() == status(mixed).to_json()


def test_boxes_of_a_joined_group_stand_under_their_own_conditions(
    project: Project,
) -> None:
    """A day and a night that became one group are no two nights."""
    groups = []
    for light, boxes in (("day", 3), ("night", 1)):
        session = project.begin_session(name=light, conditions=[("light", light)])
        (sample,) = filled(project, session, 1, first=boxes)
        state = LabelState(
            state=SampleState.LABELED,
            boxes=tuple(box(str(n), x0=1.0 + n) for n in range(boxes)),
        )
        project.catalog.labels.put(sample.id, state)
        groups.append(sample.group_id)
    project.catalog.groups.join(*groups, reason="alike", at_us=1)
    with (project.root / "fieldset.toml").open("a") as settings:
        settings.write(
            '[balance.targets.car]\ngroups = 2\nconditions = { "light=night" = 2 }\n'
        )

    with Project.open(project.root) as opened:
        found = status(opened).balance

    assert found.next == ("car, at night: 1 more", "car: 1 more session")
    assert found.classes[0].boxes == 4
