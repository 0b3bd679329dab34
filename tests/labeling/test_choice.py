"""Which samples a queue holds, in which order, and where a person begins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dataset.errors import NotFound, UsageError
from dataset.project import Project
from dataset.records import (
    BoxOrigin,
    LabelState,
    LedgerAction,
    LedgerRow,
    Proposal,
    Sample,
    SampleState,
    Verdict,
)
from labeling.choice import Choice, choice_of, first_of, ids_of, wanted_of
from labeling.session import LabelingSession
from tests.small_projects import BEGAN_US, box, filled, new_project, proposal

DAY, NIGHT = 4, 3
TARGETS = """\
[project]
name = "p"

[balance.targets.bike]
boxes = 10
"""


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Two sessions, one by day and one at night; the first image of each is labeled."""
    new_project(tmp_path / "p").close()
    (tmp_path / "p" / "fieldset.toml").write_text(TARGETS, encoding="utf-8")
    with Project.open(tmp_path / "p") as made:
        for at, (light, count, class_id) in enumerate(
            (("day", DAY, 1), ("night", NIGHT, 2))
        ):
            session = made.begin_session(
                name=light,
                source="cam",
                conditions=(("light", light),),
                started_us=BEGAN_US + at,
            )
            first, *_ = filled(made, session, count, first=10 * at)
            labeled = LabelState(state=SampleState.LABELED, boxes=(box("a", class_id),))
            made.catalog.labels.put(first.id, labeled)
        yield made


@pytest.fixture
def day(project: Project) -> tuple[Sample, ...]:
    return of_session(project, "day")


@pytest.fixture
def night(project: Project) -> tuple[Sample, ...]:
    return of_session(project, "night")


def of_session(project: Project, name: str) -> tuple[Sample, ...]:
    session = project.catalog.sessions.by_name(name)
    return project.catalog.samples.of_session(session.id)


def ids(*samples: Sample) -> tuple[str, ...]:
    return tuple(each.id for each in samples)


def model(name: str, score: float, class_id: int = 1) -> Proposal:
    made = box(name, class_id, origin=BoxOrigin.MODEL, score=score)
    return Proposal(box=made, verdict=Verdict.MOVED)


def test_session_order_is_as_captured(
    project: Project, day: tuple[Sample, ...], night: tuple[Sample, ...]
) -> None:
    assert ids_of(project, Choice(state="any")) == ids(*day, *night)
    assert ids_of(project, Choice()) == ids(*day[1:], *night[1:])


def test_what_status_says_is_missing_comes_first(
    project: Project, day: tuple[Sample, ...], night: tuple[Sample, ...]
) -> None:
    project.catalog.labels.propose(day[3].id, (model("m", 0.9, class_id=2),))

    queue = ids_of(project, Choice(order="wanted"))

    assert wanted_of(project)[0].class_id == 2
    assert set(queue[:3]) == set(ids(day[3], *night[1:]))
    assert queue[3:] == ids(day[1], day[2])


def test_without_targets_the_rarer_class_is_wanted(tmp_path: Path) -> None:
    with new_project(tmp_path / "p") as project:
        session = project.begin_session(name="s", started_us=BEGAN_US)
        samples = filled(project, session, 3)
        labeled = LabelState(state=SampleState.LABELED, boxes=(box("a", 1),))
        project.catalog.labels.put(samples[0].id, labeled)
        project.catalog.labels.propose(samples[2].id, (model("m", 0.9, class_id=2),))

        queue = ids_of(project, Choice(order="wanted"))

    assert queue == ids(samples[2], samples[1])


def test_least_certain_model_proposal_comes_first(
    project: Project, day: tuple[Sample, ...], night: tuple[Sample, ...]
) -> None:
    labels = project.catalog.labels
    labels.propose(day[2].id, (model("a", 0.6), model("b", 0.9)))
    labels.propose(night[2].id, (model("a", 0.3), model("b", 0.99)))
    labels.propose(night[1].id, (proposal("c"),))

    queue = ids_of(project, Choice(order="uncertain"))

    assert queue == ids(night[2], day[2], day[1], day[3], night[1])


def test_weak_proposals_come_first_in_the_order_of_doubt(
    project: Project, day: tuple[Sample, ...], night: tuple[Sample, ...]
) -> None:
    labels = project.catalog.labels
    labels.propose(day[2].id, (model("a", 0.4),))
    labels.propose(night[2].id, (proposal("w", Verdict.WEAK), model("b", 0.99)))

    assert ids_of(project, Choice(order="doubt"))[:2] == ids(night[2], day[2])


def test_what_was_not_reviewed_comes_first_in_the_order_of_doubt(
    project: Project, day: tuple[Sample, ...], night: tuple[Sample, ...]
) -> None:
    before = project.catalog.labels.get(day[0].id)
    project.catalog.labels.put(day[0].id, replace(before, reviewed=True))

    queue = ids_of(project, Choice(order="doubt", state="labeled"))

    assert queue == ids(night[0], day[0])


def test_filters_are_combined(
    project: Project, day: tuple[Sample, ...], night: tuple[Sample, ...]
) -> None:
    project.catalog.labels.propose(night[2].id, (model("m", 0.9, class_id=2),))
    project.catalog.labels.propose(day[2].id, (model("m", 0.9, class_id=2),))
    at_night = Choice(class_id=2, condition="light=night")
    by_day = Choice(state="any", session_id=day[0].session_id, condition="light=day")

    assert ids_of(project, at_night) == ids(night[2])
    assert ids_of(project, replace(by_day, class_id=2)) == ids(day[2])
    assert ids_of(project, replace(by_day, class_id=1)) == ids(day[0])
    assert ids_of(project, replace(by_day, condition="light=night")) == ()


def test_split_is_a_filter_and_so_is_none_yet(
    project: Project, day: tuple[Sample, ...], night: tuple[Sample, ...]
) -> None:
    for known in project.splits:
        project.catalog.splits.define(known)
    row = LedgerRow(
        group_id=day[0].group_id,
        split="train",
        action=LedgerAction.ASSIGNED,
        reason="by hand",
        at_us=1,
    )
    project.catalog.splits.append([row])

    assert ids_of(project, Choice(split="train")) == ids(*day[1:])
    assert ids_of(project, Choice(split="")) == ids(*night[1:])
    assert ids_of(project, Choice(split="val")) == ()


@pytest.mark.parametrize(
    ("given", "words"),
    [({"order": "random"}, "queue order: random"), ({"state": "all"}, "filter: all")],
)
def test_unknown_choice_is_a_sentence(given: dict[str, str], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        Choice(**given)  # type: ignore[arg-type]


def test_choice_is_kept_in_words_and_read_again(
    project: Project, day: tuple[Sample, ...]
) -> None:
    choice = Choice(
        order="doubt", class_id=2, session_id=day[0].session_id, split="", state="any"
    )

    assert choice_of(choice.to_words(), project) == choice
    assert choice_of({}, project) == Choice()


@pytest.mark.parametrize(
    "words",
    [
        {"class_id": "99"},
        {"session_id": "gone"},
        {"order": "of a newer program"},
    ],
)
def test_choice_that_means_nothing_any_more_is_the_first_one(
    project: Project, words: dict[str, str]
) -> None:
    assert choice_of(words, project) == Choice()


def test_beginning_is_the_place_else_the_first_that_is_free() -> None:
    assert first_of("abcd", ["x", "c"], frozenset()) == "c"
    assert first_of("abcd", ["c", "d"], frozenset("c")) == "d"
    assert first_of("abcd", [], frozenset("ab")) == "c"
    assert first_of("ab", [], frozenset("ab")) is None


def test_jump_goes_to_a_number_or_an_id(
    project: Project, day: tuple[Sample, ...], night: tuple[Sample, ...]
) -> None:
    labeling = LabelingSession(project)

    by_number = labeling.jump(" 4 ")
    by_id = labeling.jump(day[2].id[:7].upper())
    elsewhere = labeling.jump(day[0].id[:10])

    assert by_number is not None
    assert by_number.sample.id == night[1].id
    assert by_id is not None
    assert by_id.sample.id == day[2].id
    assert elsewhere is not None
    assert elsewhere.sample.id == day[0].id


@pytest.mark.parametrize("words", ["", "0", "99999999", "zz", "ffffffffffff", "-1"])
def test_jump_to_nowhere_is_a_sentence(project: Project, words: str) -> None:
    labeling = LabelingSession(project)
    before = labeling.current

    with pytest.raises(NotFound, match="No sample has that number or begins so"):
        labeling.jump(words)

    assert labeling.current == before


def test_place_and_choice_live_through_a_restart(
    project: Project, night: tuple[Sample, ...]
) -> None:
    choice = Choice(condition="light=night")
    labeling = LabelingSession(project, choice=choice, person="ann")
    labeling.mark_empty()
    project.close()

    with Project.open(project.root) as again:
        place = again.catalog.places.get("ann")
        known = choice_of(place.choice, again)
        resumed = LabelingSession(again, choice=known, person="ann").current
        stranger = LabelingSession(again, person="bob").current

    assert known == choice
    assert resumed is not None
    assert resumed.sample.id == night[2].id
    assert stranger is not None
    assert stranger.sample.session_id != night[2].session_id


def test_place_is_found_though_its_first_samples_left_the_queue(
    project: Project, day: tuple[Sample, ...]
) -> None:
    labeling = LabelingSession(project, person="ann")
    labeling.next()
    labeling.pause()
    other = LabelingSession(project)
    other.go_to(day[2].id)
    other.mark_empty()

    resumed = LabelingSession(project, person="ann").current

    assert resumed is not None
    assert resumed.sample.id == day[3].id
