"""What a model found, kept in the catalog; and which samples are still nobody's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dataset.catalog import Catalog
from dataset.records import LabelEdit, LabelState, SampleState
from dataset.sealed.sealing import seal
from tests.sealed_projects import members, sealable_project
from tests.small_projects import bare_row, bare_session, box, proposal

ROWS = ((0, 0.9, 1.0, 2.0, 3.0, 4.0), (2, 0.3, 5.0, 6.0, 70.5, 8.0))


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with Catalog.open(tmp_path / "catalog.db") as opened:
        opened.classes.add("car")
        session = bare_session("morning")
        opened.sessions.add(session)
        for number in range(4):
            opened.samples.add(bare_row(number, session))
        yield opened


@pytest.fixture
def ids(catalog: Catalog) -> tuple[str, ...]:
    return catalog.detections.open_ids()


def test_what_was_found_comes_back_for_that_model_alone(
    catalog: Catalog, ids: tuple[str, ...]
) -> None:
    catalog.detections.put(ids[0], "one", ROWS, 0.6)

    assert catalog.detections.get(ids[0], "one") == ROWS
    assert catalog.detections.get(ids[0], "other") is None
    assert catalog.detections.get(ids[1], "one") is None


def test_another_model_takes_the_place(catalog: Catalog, ids: tuple[str, ...]) -> None:
    catalog.detections.put(ids[0], "one", ROWS, 0.6)
    catalog.detections.put(ids[0], "other", (), 0.0)

    assert catalog.detections.get(ids[0], "one") is None
    assert catalog.detections.get(ids[0], "other") == ()


def test_the_most_uncertain_come_first_and_the_unseen_last(
    catalog: Catalog, ids: tuple[str, ...]
) -> None:
    catalog.detections.put(ids[1], "one", ROWS, 0.2)
    catalog.detections.put(ids[3], "one", ROWS, 0.9)

    order = catalog.detections.most_uncertain_first(ids)

    assert order == (ids[3], ids[1], ids[0], ids[2])


def test_an_erased_sample_takes_its_detections_along(
    catalog: Catalog, ids: tuple[str, ...]
) -> None:
    catalog.detections.put(ids[0], "one", ROWS, 0.6)

    catalog.samples.erase(ids[0], at_us=1, reason="a face")
    catalog.detections.put(ids[0], "one", ROWS, 0.6)

    assert catalog.detections.uncertainties() == {}


def test_what_a_person_began_with_is_not_open(
    catalog: Catalog, ids: tuple[str, ...]
) -> None:
    drawn = LabelState(state=SampleState.PROPOSED, boxes=(box(),))
    empty = LabelState(state=SampleState.EMPTY)
    for sample_id, after in ((ids[0], drawn), (ids[1], empty)):
        catalog.labels.apply(
            LabelEdit(
                sample_id=sample_id,
                title="x",
                before=LabelState(),
                after=after,
                at_us=1,
            )
        )
    catalog.labels.propose(ids[2], (proposal("p"),))

    assert catalog.detections.open_ids() == (ids[2], ids[3])
    assert [catalog.detections.is_open(one) for one in ids] == [
        False,
        False,
        True,
        True,
    ]


def test_an_edit_that_was_undone_leaves_the_sample_open(
    catalog: Catalog, ids: tuple[str, ...]
) -> None:
    after = LabelState(state=SampleState.EMPTY)
    catalog.labels.apply(
        LabelEdit(
            sample_id=ids[0], title="x", before=LabelState(), after=after, at_us=1
        )
    )

    catalog.labels.undo()

    assert catalog.detections.is_open(ids[0])


def test_only_one_session_is_asked_for(catalog: Catalog, ids: tuple[str, ...]) -> None:
    assert catalog.detections.open_ids(session_id="morning") == ids
    assert catalog.detections.open_ids(session_id="evening") == ()


def test_what_came_late_into_a_sealed_test_set_is_not_proposed_on(
    tmp_path: Path,
) -> None:
    with sealable_project(tmp_path / "p") as project:
        catalog = project.catalog
        inside = members(project, "test-main")[0]
        session = catalog.sessions.get(inside.session_id)
        seal(project, "test-main")

        catalog.samples.add(bare_row(900, session, group_id=inside.group_id))

        assert catalog.detections.open_ids() == ()
