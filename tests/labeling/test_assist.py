"""Proposals by a detector: what they join, whom they spare, what is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

from dataset.assist_settings import AssistSettings
from dataset.errors import BadFile, BadImage
from dataset.findings import Finding, Severity
from dataset.progress import Cancelled
from dataset.project import Project
from dataset.records import (
    BoxOrigin,
    LabelState,
    Proposal,
    Sample,
    SampleState,
    Verdict,
)
from labeling.assist import (
    merged,
    place,
    proposals_of,
    propose_all,
    takes_carried,
    uncertainty_of,
)
from labeling.detection.class_map import ClassMap
from labeling.detection.detector import Detection, nothing
from labeling.session import LabelingSession
from tests.small_projects import (
    StopsAt,
    box,
    content,
    filled,
    new_project,
    new_session,
    proposal,
    uid,
)
from tests.strategies import proposals

CLASSES = ClassMap(ids={0: 1})
SETTINGS = AssistSettings(threshold=0.3, sure=0.6)


class Known:
    """A detector that finds the same on each sample, or fails as it is told."""

    origin = BoxOrigin.MODEL
    names: Mapping[int, str] = {0: "car"}

    def __init__(self, *found: Detection, key: str = "one") -> None:
        self.key = key
        self.found = found
        self.asked: list[str] = []
        self.failures: dict[str, Exception] = {}

    def detect(
        self, sample: Sample, *, waiting: Callable[[], None] = nothing
    ) -> Sequence[Detection]:
        waiting()
        self.asked.append(sample.id)
        if sample.id in self.failures:
            raise self.failures[sample.id]
        return self.found

    def remarks(self) -> Sequence[Finding]:
        return ()


def thing(score: float = 0.9, x0: float = 5.0, index: int = 0) -> Detection:
    corners = (x0, 4.0, x0 + 20.0, 19.0)
    return Detection(class_index=index, score=score, corners=corners)


def by_model(name: str, x0: float = 5.0, score: float = 0.9) -> Proposal:
    found = box(name, x0=x0, origin=BoxOrigin.MODEL, score=score)
    return Proposal(box=found)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with new_project(tmp_path / "p") as made:
        yield made


@pytest.fixture
def samples(project: Project) -> tuple[Sample, ...]:
    return filled(project, new_session(project, "morning"), 4)


def test_every_new_sample_gets_proposals_with_origin_and_score(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    outcome = propose_all(project, Known(thing()), CLASSES, SETTINGS)

    (kept,) = project.catalog.labels.proposals(samples[0].id)
    assert (kept.box.origin, kept.box.score) == (BoxOrigin.MODEL, 0.9)
    assert (outcome.looked, outcome.proposed, outcome.boxes) == (4, 4, 4)
    assert project.catalog.samples.states()[SampleState.PROPOSED] == 4


def test_sure_ones_are_accepted_together_and_doubtful_ones_singly() -> None:
    found = proposals_of(
        [thing(0.7), thing(0.4), thing(0.2), thing(0.9, index=5)], CLASSES, SETTINGS
    )

    assert [(p.verdict, p.box.score) for p in found] == [
        (Verdict.MOVED, 0.7),
        (Verdict.WEAK, 0.4),
    ]


def test_what_a_person_decided_or_began_is_not_touched(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    labeling = LabelingSession(project)
    labeling.draw((1, 1, 30, 30), 1)
    labeling.accept()
    labeling.mark_empty()
    labeling.skip("blurred")
    labeling.draw((1, 1, 30, 30), 2)
    before = [project.catalog.labels.get(sample.id) for sample in samples]

    outcome = propose_all(project, Known(thing()), CLASSES, SETTINGS)

    assert outcome.looked == 0
    assert [project.catalog.labels.get(sample.id) for sample in samples] == before


def test_a_decision_made_while_the_detector_looks_is_not_touched(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    class Slow(Known):
        def detect(
            self, sample: Sample, *, waiting: Callable[[], None] = nothing
        ) -> Sequence[Detection]:
            if not self.asked:
                LabelingSession(project).mark_empty()
            return super().detect(sample, waiting=waiting)

    propose_all(project, Slow(thing()), CLASSES, SETTINGS)

    labels = project.catalog.labels.get(samples[0].id)
    assert labels == LabelState(state=SampleState.EMPTY)


def test_a_second_run_asks_nobody_again_and_changes_nothing_else(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    propose_all(project, Known(thing()), CLASSES, SETTINGS)
    again = Known(thing())

    outcome = propose_all(project, again, CLASSES, SETTINGS)

    assert again.asked == []
    assert (outcome.known, outcome.boxes) == (4, 4)
    assert len(project.catalog.labels.proposals(samples[0].id)) == 1


def test_a_second_run_writes_nothing(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    propose_all(project, Known(thing()), CLASSES, SETTINGS)
    before = content(project.catalog)

    propose_all(project, Known(thing()), CLASSES, SETTINGS)

    assert content(project.catalog) == before


def test_another_threshold_needs_no_second_look(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    detector = Known(thing(0.9), thing(0.2, x0=30.0))
    propose_all(project, detector, CLASSES, SETTINGS)

    propose_all(project, detector, CLASSES, replace(SETTINGS, threshold=0.1))

    assert len(detector.asked) == 4
    assert len(project.catalog.labels.proposals(samples[0].id)) == 2


def test_another_model_replaces_what_the_first_proposed(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    propose_all(project, Known(thing()), CLASSES, SETTINGS)

    propose_all(project, Known(key="other"), CLASSES, SETTINGS)

    assert project.catalog.labels.get(samples[0].id) == LabelState()


def test_how_unsure_the_model_was_orders_the_queue(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    detector = Known()
    scores = {samples[1].id: 0.45, samples[2].id: 0.9}

    def detect(
        sample: Sample, *, waiting: Callable[[], None] = nothing
    ) -> Sequence[Detection]:
        return [thing(scores[sample.id])] if sample.id in scores else []

    detector.detect = detect  # type: ignore[method-assign]
    propose_all(project, detector, CLASSES, SETTINGS)

    ids = [sample.id for sample in samples]
    order = project.catalog.detections.most_uncertain_first(ids)
    assert order == (ids[1], ids[2], ids[0], ids[3])


@pytest.mark.parametrize(
    ("scores", "uncertainty"),
    [((), 0.0), ((1.0,), 0.0), ((0.5,), 1.0), ((0.9, 0.25), 0.5)],
)
def test_uncertainty_is_that_of_the_least_clear_box(
    scores: tuple[float, ...], uncertainty: float
) -> None:
    found = uncertainty_of([thing(score) for score in scores])

    assert found == pytest.approx(uncertainty)


def test_a_picture_that_cannot_be_read_is_named_and_stops_nothing(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    detector = Known(thing())
    detector.failures[samples[1].id] = BadImage("The image is cut short: JPEG")

    outcome = propose_all(project, detector, CLASSES, SETTINGS)

    (finding,) = outcome.findings
    assert (finding.severity, finding.path) == (Severity.ERROR, samples[1].id)
    assert outcome.looked == 3


def test_a_model_that_fails_thrice_in_a_row_is_given_up(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    detector = Known(thing())
    for sample in samples:
        detector.failures[sample.id] = BadFile("The model takes longer than 2 s: x")

    with pytest.raises(BadFile, match="longer"):
        propose_all(project, detector, CLASSES, SETTINGS)

    assert len(detector.asked) == 3


def test_classes_that_lead_nowhere_are_warnings(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    classes = ClassMap(ids={0: 1}, missing=("dog",), unknown=("kar",))

    outcome = propose_all(project, Known(), classes, SETTINGS)

    said = [finding.what for finding in outcome.findings]
    assert [text.rpartition(": ")[2] for text in said] == ["dog", "kar"]
    assert {f.severity for f in outcome.findings} == {Severity.WARNING}


def test_cancelling_keeps_what_was_done(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    with pytest.raises(Cancelled):
        propose_all(project, Known(thing()), CLASSES, SETTINGS, progress=StopsAt(2))

    assert project.catalog.samples.states()[SampleState.PROPOSED] == 2


def test_what_somebody_looks_at_is_held_until_it_is_placed(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    seen = samples[1].id

    outcome = propose_all(
        project, Known(thing()), CLASSES, SETTINGS, is_open=lambda one: one == seen
    )

    assert project.catalog.labels.get(seen) == LabelState()
    assert list(outcome.held) == [seen]
    assert place(project.catalog, seen, outcome.held[seen])
    assert len(project.catalog.labels.proposals(seen)) == 1


def test_a_sample_that_is_gone_is_passed_over(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    project.catalog.samples.erase(samples[0].id, at_us=1, reason="a face")

    assert place(project.catalog, samples[0].id, (by_model("m"),)) is False


def test_one_thing_seen_twice_is_one_proposal_with_the_carried_identity() -> None:
    carried, found = proposal("c"), by_model("m", x0=6.0, score=0.95)

    (joined,) = merged((carried,), (found,))

    assert joined.box.id == uid("c")
    assert (joined.box.x0, joined.box.score) == (6.0, 0.95)


def test_the_carried_box_stays_where_it_is_the_surer_one() -> None:
    carried = proposal("c")

    assert merged((carried,), (by_model("m", x0=6.0, score=0.5),)) == (carried,)


def test_things_apart_and_of_another_class_are_added() -> None:
    carried = proposal("c")
    apart = by_model("far", x0=40.0)
    other = Proposal(box=replace(by_model("other").box, class_id=2))

    assert set(merged((carried,), (apart, other))) == {carried, apart, other}


@pytest.mark.parametrize("verdict", [Verdict.WEAK, Verdict.LEFT])
def test_a_ghost_that_the_model_sees_is_a_proposal_again(verdict: Verdict) -> None:
    (joined,) = merged((proposal("c", verdict),), (by_model("m", score=0.7),))

    assert (joined.box.id, joined.verdict) == (uid("c"), Verdict.MOVED)


@given(proposals(BoxOrigin.CARRIED), proposals(BoxOrigin.MODEL))
def test_merging_loses_nothing_and_doubles_nothing(
    carried: tuple[Proposal, ...], found: tuple[Proposal, ...]
) -> None:
    together = merged(carried, found)

    ids = [one.box.id for one in together]
    assert len(set(ids)) == len(ids)
    assert ids[: len(carried)] == [one.box.id for one in carried]
    assert set(ids) <= {one.box.id for one in (*carried, *found)}
    assert len(together) >= max(len(carried), len(found))
    assert merged(carried, ()) == carried


def test_carried_boxes_join_a_models_proposals_and_visiting_writes_nothing(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    propose_all(project, Known(thing()), CLASSES, SETTINGS)
    labeling = LabelingSession(project)
    labeling.accept()
    before = content(project.catalog)

    assert labeling.carry_request() is not None
    view = labeling.offer(samples[1].id, (proposal("c"), proposal("d", x0=40.0)))

    assert view is not None
    assert [p.box.id for p in view.proposals] == [uid("c"), uid("d")]
    assert content(project.catalog) == before


def test_accepting_takes_both_kinds_at_once(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    propose_all(project, Known(thing(x0=5.0)), CLASSES, SETTINGS)
    labeling = LabelingSession(project)
    labeling.offer(samples[0].id, (proposal("d", x0=40.0),))

    labeling.accept()

    labels = project.catalog.labels.get(samples[0].id)
    assert {one.origin for one in labels.boxes} == {BoxOrigin.MODEL, BoxOrigin.CARRIED}
    assert labels.proposals == ()


def test_what_a_person_dropped_is_not_carried_again(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    two = Known(thing(x0=5.0), thing(x0=40.0))
    propose_all(project, two, CLASSES, SETTINGS)
    labeling = LabelingSession(project)
    labeling.accept()
    view = labeling.current
    assert view is not None

    labeling.delete(view.proposals[0].box.id)

    assert labeling.carry_request() is None
    assert propose_all(project, two, CLASSES, SETTINGS).looked == 2


def test_carry_over_joins_only_what_machines_proposed() -> None:
    machine = LabelState(state=SampleState.PROPOSED, proposals=(by_model("m"),))
    person = replace(machine, boxes=(box("b"),))
    carried = LabelState(state=SampleState.PROPOSED, proposals=(proposal("c"),))
    empty = LabelState(state=SampleState.EMPTY)

    taken = [takes_carried(one) for one in (LabelState(), machine, person, carried)]

    assert taken == [True, True, False, False]
    assert not takes_carried(empty)
