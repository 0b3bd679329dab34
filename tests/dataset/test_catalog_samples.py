from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dataset.catalog import Catalog, connection
from dataset.catalog.measures import BACKBONE, BUILT_IN
from dataset.errors import NotFound
from dataset.records import (
    LabelState,
    LedgerAction,
    LedgerRow,
    Sample,
    SampleState,
    Session,
    Split,
    SplitKind,
)
from tests.small_projects import BEGAN_US, bare_row, bare_session, box


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with Catalog.open(tmp_path / "catalog.db") as opened:
        opened.classes.add("car")
        opened.classes.add("bike")
        yield opened


@pytest.fixture
def session(catalog: Catalog) -> Session:
    made = bare_session("s", started_us=100)
    catalog.sessions.add(made)
    return made


def add(catalog: Catalog, session: Session, *numbers: int) -> list[Sample]:
    rows = [bare_row(number, session) for number in numbers]
    for row in rows:
        catalog.samples.add(row)
    return rows


def decide(catalog: Catalog, sample: Sample, state: SampleState) -> None:
    boxes = (box("a"),) if state is SampleState.LABELED else ()
    catalog.labels.put(sample.id, LabelState(state=state, boxes=boxes))


def test_sample_comes_back_as_it_was_kept(catalog: Catalog, session: Session) -> None:
    row = bare_row(
        1,
        session,
        orientation=6,
        source_name="../<b>.jpg",
        state=SampleState.SKIPPED,
        skip_reason="blurred",
        reviewed=True,
    )

    assert catalog.samples.add(row)
    assert catalog.samples.get(row.id) == row
    assert list(catalog.samples.each()) == [row]


def test_sample_that_is_here_is_not_kept_twice(
    catalog: Catalog, session: Session
) -> None:
    (row,) = add(catalog, session, 1)

    assert not catalog.samples.add(replace(row, sequence=2, width=9))
    assert catalog.samples.get(row.id) == row
    assert catalog.samples.count() == 1


def test_sequence_is_given_once(catalog: Catalog, session: Session) -> None:
    add(catalog, session, 1, 2)

    assert catalog.samples.next_sequence(session.id) == 3
    with pytest.raises(connection._SqliteError, match="UNIQUE"):
        catalog.samples.add(bare_row(7, session, sequence=2))


def test_sample_of_no_session_is_refused(catalog: Catalog) -> None:
    with pytest.raises(connection._SqliteError, match="FOREIGN KEY"):
        catalog.samples.add(bare_row(1, bare_session("unknown")))

    assert catalog.samples.count() == 0


def test_beginning_of_an_id_is_enough(catalog: Catalog, session: Session) -> None:
    (row,) = add(catalog, session, 1)

    assert catalog.samples.get(row.id[:8]) == row


@pytest.mark.parametrize("beginning", ["", "a", "abc", "ffff", "%", "_" * 64, "g"])
def test_beginning_that_is_not_enough_is_refused(
    catalog: Catalog, session: Session, beginning: str
) -> None:
    add(catalog, session, 1)

    with pytest.raises(NotFound, match=f": {beginning}"):
        catalog.samples.get(beginning)


def test_beginning_of_two_ids_is_refused(catalog: Catalog, session: Session) -> None:
    for ending in "01":
        row = bare_row(int(ending), session, id="abcdef" + ending * 58)
        catalog.samples.add(row)

    with pytest.raises(NotFound, match="Several samples may begin so: abcdef"):
        catalog.samples.get("abcdef")
    assert catalog.samples.get("abcdef1").id.endswith("1")


def test_states_are_counted_as_they_change(catalog: Catalog, session: Session) -> None:
    rows = add(catalog, session, *range(1, 7))
    decide(catalog, rows[0], SampleState.LABELED)
    decide(catalog, rows[1], SampleState.LABELED)
    decide(catalog, rows[2], SampleState.EMPTY)
    decide(catalog, rows[3], SampleState.SKIPPED)
    decide(catalog, rows[1], SampleState.NEW)
    catalog.samples.erase(rows[2].id, at_us=1, reason="")

    counts = catalog.samples.states()

    assert counts == {
        SampleState.NEW: 3,
        SampleState.PROPOSED: 0,
        SampleState.LABELED: 1,
        SampleState.EMPTY: 0,
        SampleState.SKIPPED: 1,
    }
    assert catalog.samples.count() == 5 == len(list(catalog.samples.each()))


def test_counts_of_states_are_taken_back_with_the_block(
    catalog: Catalog, session: Session
) -> None:
    def failing() -> None:
        with catalog.writing():
            add(catalog, session, 1, 2)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        failing()

    assert catalog.samples.count() == 0


def test_queue_goes_session_by_session_as_captured(catalog: Catalog) -> None:
    late, early = bare_session("late", started_us=9), bare_session("early")
    for session in (late, early):
        catalog.sessions.add(session)
    rows = [
        *add(catalog, late, 12, 11),
        *add(catalog, early, 3, 1),
    ]

    ids = catalog.samples.queue_ids()

    assert ids == (rows[3].id, rows[2].id, rows[1].id, rows[0].id)


def test_queue_is_filtered(catalog: Catalog, session: Session) -> None:
    rows = add(catalog, session, 1, 2, 3, 4)
    decide(catalog, rows[0], SampleState.LABELED)
    decide(catalog, rows[1], SampleState.EMPTY)
    catalog.labels.put(
        rows[2].id,
        LabelState(state=SampleState.LABELED, boxes=(box("b", class_id=2),)),
    )
    other = bare_session("other")
    catalog.sessions.add(other)
    (elsewhere,) = add(catalog, other, 9)
    queue = catalog.samples.queue_ids

    assert queue(states=[SampleState.LABELED]) == (rows[0].id, rows[2].id)
    assert queue(class_id=2) == (rows[2].id,)
    assert queue(session_id="other") == (elsewhere.id,)
    assert queue(states=[SampleState.NEW], session_id="s") == (rows[3].id,)
    assert queue(split="train") == ()


def test_queue_of_a_split_holds_what_the_ledger_says_now(
    catalog: Catalog, session: Session
) -> None:
    rows = [bare_row(n, session, group_id=f"g{n}") for n in (1, 2, 3)]
    for row in rows:
        catalog.samples.add(row)
    catalog.splits.define(Split(name="train", kind=SplitKind.TRAIN, share=0.7))

    def note(group: str, split: str, action: LedgerAction) -> LedgerRow:
        return LedgerRow(group_id=group, split=split, action=action, reason="", at_us=1)

    catalog.splits.append(
        [
            note("g1", "train", LedgerAction.ASSIGNED),
            note("g2", "train", LedgerAction.ASSIGNED),
            note("g3", "val", LedgerAction.ASSIGNED),
            note("g2", "train", LedgerAction.QUARANTINED),
        ]
    )

    assert catalog.samples.queue_ids(split="train") == (rows[0].id,)


def test_decided_neighbours_come_nearest_first(
    catalog: Catalog, session: Session
) -> None:
    rows = add(catalog, session, *range(1, 8))
    for row in (rows[0], rows[2], rows[3]):
        decide(catalog, row, SampleState.LABELED)
    decide(catalog, rows[1], SampleState.EMPTY)
    decide(catalog, rows[4], SampleState.SKIPPED)

    found = catalog.samples.decided_before(rows[6], 3)

    assert [s.sequence for s in found] == [4, 3, 2]


def test_picture_that_was_held_still_comes_before_those_taken_meanwhile(
    catalog: Catalog, session: Session
) -> None:
    first, third, fourth, held = (
        bare_row(number, session, captured_us=BEGAN_US + at)
        for number, at in ((1, 1), (2, 30), (3, 40), (4, 20))
    )
    for row in (first, third, fourth, held):
        catalog.samples.add(row)
    for row in (first, held):
        decide(catalog, row, SampleState.LABELED)

    found = {
        row.id: [one.sequence for one in catalog.samples.decided_before(row, 2)]
        for row in (first, third, fourth)
    }

    assert found == {first.id: [], third.id: [4, 1], fourth.id: [4, 1]}


def test_many_keeps_the_order_and_leaves_unknown_ids_out(
    catalog: Catalog, session: Session
) -> None:
    rows = add(catalog, session, *range(1, 1203))
    wanted = [row.id for row in reversed(rows)]

    found = catalog.samples.many([*wanted[:600], "nobody", *wanted[600:]])

    assert [s.id for s in found] == wanted


def test_erased_sample_is_gone_with_all_that_was_said_of_it(
    catalog: Catalog, session: Session
) -> None:
    row, other = add(catalog, session, 1, 2)
    decide(catalog, row, SampleState.LABELED)
    catalog.measures.put("d", {row.id: {"x": 1.0}, other.id: {"x": 2.0}})

    catalog.samples.erase(row.id, at_us=5, reason="a person asked")

    assert not catalog.samples.has(row.id)
    assert catalog.samples.is_erased(row.id)
    assert not catalog.samples.is_erased(other.id)
    assert catalog.measures.known("d", [row.id, other.id]) == {other.id: {"x": 2.0}}
    assert catalog.tables.class_totals() == {}
    with pytest.raises(NotFound):
        catalog.samples.erase(row.id, at_us=6, reason="")


def test_number_of_an_erased_sample_may_be_given_again_only_at_the_end(
    catalog: Catalog, session: Session
) -> None:
    rows = add(catalog, session, 1, 2, 3)

    catalog.samples.erase(rows[1].id, at_us=5, reason="")

    assert catalog.samples.next_sequence(session.id) == 4


def test_measures_are_kept_under_their_digest(catalog: Catalog) -> None:
    catalog.measures.put("old", {"a": {"x": 1.0}})
    catalog.measures.put("new", {"a": {"x": 2.0}, "b": {"x": 3.0}})
    catalog.measures.put("new", {"a": {"x": 2.5}})

    assert catalog.measures.known("new", ["a", "c"]) == {"a": {"x": 2.5}}
    assert catalog.measures.known("old", ["a", "b"]) == {"a": {"x": 1.0}}


def test_vectors_are_kept_under_kind_and_digest_and_read_in_order(
    catalog: Catalog,
) -> None:
    one, two = np.array([1.5, 2.5], np.float32), np.array([3.0, 4.0], np.float32)
    catalog.measures.put_vectors(BUILT_IN, "d", {"b": one, "a": two, "c": one})
    catalog.measures.put_vectors(BACKBONE, "d", {"a": one})
    catalog.measures.put_vectors(BUILT_IN, "other", {"c": two})

    found = catalog.measures.vectors(BUILT_IN, "d", ["a", "b", "c", "x"])
    batches = list(catalog.measures.vector_batches(BUILT_IN, "d", 1))

    assert {key: value.tolist() for key, value in found.items()} == {
        "a": [3.0, 4.0],
        "b": [1.5, 2.5],
    }
    assert [list(batch) for batch in batches] == [["a"], ["b"]]
    assert found["a"].flags.writeable


def test_ids_of_what_was_measured_are_those_of_the_digest(catalog: Catalog) -> None:
    catalog.measures.put("d", {"a": {"x": 1.0}, "b": {"x": 2.0}})
    catalog.measures.put("other", {"c": {"x": 1.0}})

    assert catalog.measures.ids("d") == {"a", "b"}


def test_many_ids_are_asked_in_parts(catalog: Catalog) -> None:
    numbers = {f"s{number}": {"x": float(number)} for number in range(1203)}
    catalog.measures.put("d", numbers)

    assert catalog.measures.known("d", numbers) == numbers
