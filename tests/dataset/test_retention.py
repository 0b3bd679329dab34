from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dataset.errors import PolicyRefusal
from dataset.progress import Cancelled
from dataset.project import Project
from dataset.provenance.clock import ClockReading, ClockState
from dataset.provenance.proof import prove
from dataset.records import LabelState, Sample, SampleState
from dataset.retention import Due, due_samples, erase_due
from dataset.versions.freezing import freeze
from tests.dataset.signed_project import CAMERA, reading, signer
from tests.small_projects import (
    BEGAN_US,
    StopsAt,
    box,
    jpeg,
    new_project,
    new_session,
)

DAY_S = 24 * 3600
RULES = "\n[privacy.keep_days]\nunlabeled = 30\nskipped = 7\n"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with new_project(tmp_path / "p") as made:
        path = made.root / "fieldset.toml"
        path.write_text(path.read_text("utf-8") + RULES)
        yield made


def after(days: float) -> ClockReading:
    return reading(int(days * DAY_S))


def taken(project: Project, seed: int, captured_us: int = BEGAN_US) -> Sample:
    sessions = project.catalog.sessions
    has = sessions.has_name("dawn")
    session = sessions.by_name("dawn") if has else new_session(project, "dawn")
    signed = None if project.signer is None else CAMERA
    return project.take_in(
        jpeg(seed), session, captured_us=captured_us, capture=signed
    ).sample


def decide(project: Project, sample: Sample, state: SampleState) -> None:
    boxes = (box("a"),) if state is SampleState.LABELED else ()
    project.catalog.labels.put(sample.id, LabelState(state=state, boxes=boxes))


def test_only_what_was_kept_too_long_is_due(project: Project) -> None:
    old = taken(project, 1)
    taken(project, 2, BEGAN_US + 20 * DAY_S * 1_000_000)

    assert due_samples(project, after(29)) == Due(samples=(), undated=())
    assert due_samples(project, after(31)) == Due(samples=(old.id,), undated=())


def test_days_go_by_what_a_sample_is(project: Project) -> None:
    skipped, labeled = taken(project, 1), taken(project, 2)
    decide(project, skipped, SampleState.SKIPPED)
    decide(project, labeled, SampleState.LABELED)

    assert due_samples(project, after(8)).samples == (skipped.id,)
    assert due_samples(project, after(900)).samples == (skipped.id,)


def test_due_samples_are_erased_and_versions_named(project: Project) -> None:
    sample, other = taken(project, 1), taken(project, 2, BEGAN_US + DAY_S * 10**9)
    decide(project, sample, SampleState.LABELED)
    freeze(project)
    decide(project, sample, SampleState.SKIPPED)

    done = erase_due(project, due_samples(project, after(8)), person="ada")

    assert (done.erased, done.versions, done.remains) == ((sample.id,), ("v1",), ())
    assert [s.id for s in project.catalog.samples.each()] == [other.id]
    (stone,) = project.catalog.provenance.tombstones()
    assert (stone.person, stone.reason) == ("ada", "retention")


def test_sample_with_a_day_that_cannot_be_true_is_named_and_stays(
    project: Project,
) -> None:
    unset = taken(project, 1, 86_400_000_000)
    ahead = taken(project, 2, BEGAN_US + 400 * DAY_S * 1_000_000)

    found = due_samples(project, after(100))

    assert found == Due(samples=(), undated=(unset.id, ahead.id))


def test_old_picture_of_an_import_is_due_and_one_signed_so_is_not(
    project: Project,
) -> None:
    year_2020_us = 1_590_000_000_000_000
    imported = taken(project, 1, year_2020_us)
    project.signer = signer()
    signed = taken(project, 2, year_2020_us)

    found = due_samples(project, after(1))

    assert found == Due(samples=(imported.id,), undated=(signed.id,))


def test_clock_that_was_not_set_erases_nothing(project: Project) -> None:
    taken(project, 1)

    with pytest.raises(PolicyRefusal):
        due_samples(project, reading(0, state=ClockState.NOT_SET))


def test_chain_stays_whole_over_what_is_erased(project: Project) -> None:
    project.signer = signer()
    samples = [taken(project, seed) for seed in range(4)]
    decide(project, samples[1], SampleState.SKIPPED)

    erase_due(project, due_samples(project, after(8)))

    assert prove(project).findings == ()
    assert prove(project).total.erased == 1


def test_stopped_half_way_what_is_erased_is_erased(project: Project) -> None:
    for seed in range(3):
        taken(project, seed)

    with pytest.raises(Cancelled):
        erase_due(project, due_samples(project, after(31)), progress=StopsAt(1))

    assert project.catalog.samples.count() == 2


def test_without_rules_nothing_is_ever_due(tmp_path: Path) -> None:
    with new_project(tmp_path / "q") as project:
        taken(project, 1)

        assert due_samples(project, after(10_000)).samples == ()
