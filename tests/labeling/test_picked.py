from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dataset.errors import NotFound, UsageError
from dataset.project import Project
from dataset.sealed.sealing import seal
from labeling.choice import Choice, choice_of, ids_of
from labeling.picked import KEPT, keep_picked, picked_ids
from labeling.session import LabelingSession
from tests.sealed_projects import members, sealable_project
from tests.small_projects import filled, new_project, new_session


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with new_project(tmp_path / "p") as made:
        for name, first in (("one", 0), ("two", 20)):
            filled(made, new_session(made, name), 4, first=first)
        yield made


def ids(project: Project) -> list[str]:
    return list(ids_of(project, Choice(state="any")))


def test_a_queue_of_picked_samples_holds_just_these_in_session_order(
    project: Project,
) -> None:
    known = ids(project)
    wanted = [known[6], known[1], known[3]]

    choice = Choice(state="any", picked=keep_picked(project, wanted))

    assert ids_of(project, choice) == (known[1], known[3], known[6])
    session = LabelingSession(project, choice=choice)
    assert session.current is not None
    assert session.current.sample.id == known[1]


def test_the_same_samples_have_the_same_name(project: Project) -> None:
    known = ids(project)

    assert keep_picked(project, known[:3]) == keep_picked(project, known[2::-1])
    assert keep_picked(project, known[:3]) != keep_picked(project, known[:2])


def test_other_filters_hold_as_well(project: Project) -> None:
    known = ids(project)
    name = keep_picked(project, known)
    session = project.catalog.sessions.by_name("two")

    found = ids_of(project, Choice(session_id=session.id, picked=name))

    assert found == tuple(known[4:])


def test_a_choice_is_found_again_after_a_restart(project: Project) -> None:
    choice = Choice(state="any", picked=keep_picked(project, ids(project)[:2]))

    with Project.open(project.root) as again:
        assert choice_of(choice.to_words(), again) == choice
        assert len(ids_of(again, choice)) == 2


def test_samples_that_are_gone_are_left_out(project: Project) -> None:
    known = ids(project)

    name = keep_picked(project, [known[0], "ab" * 32])

    assert picked_ids(project, name) == {known[0]}


def test_nothing_or_nothing_known_is_no_selection(project: Project) -> None:
    with pytest.raises(UsageError):
        keep_picked(project, [])
    with pytest.raises(NotFound):
        keep_picked(project, ["ab" * 32])


def test_old_selections_are_forgotten(project: Project) -> None:
    known = ids(project)
    names = [keep_picked(project, known[: n + 1]) for n in range(8)]
    newest = keep_picked(project, known[3:5])

    assert len(names) == KEPT
    with pytest.raises(NotFound, match="not kept any more"):
        picked_ids(project, names[0])
    assert picked_ids(project, newest) == {known[3], known[4]}
    assert choice_of({"picked": names[0]}, project) == Choice()


def test_samples_of_a_sealed_set_are_in_no_queue(tmp_path: Path) -> None:
    with sealable_project(tmp_path / "s") as project:
        closed = members(project, "test-main")
        open_one = members(project, "train")[0]
        seal(project, "test-main")
        name = keep_picked(project, [open_one.id, *(s.id for s in closed)])

        assert ids_of(project, Choice(state="any", picked=name)) == (open_one.id,)
