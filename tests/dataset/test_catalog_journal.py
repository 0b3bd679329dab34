from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset.catalog import Catalog
from dataset.catalog.journal import _from_json, _to_json
from dataset.records import BoxOrigin, LabelEdit, LabelState, Proposal, Verdict
from dataset.records import SampleState as State
from tests.small_projects import bare_row, bare_session, box
from tests.strategies import boxes as any_box


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with Catalog.open(tmp_path / "catalog.db") as opened:
        for name in ("car", "bike", "van"):
            opened.classes.add(name)
        session = bare_session("s")
        opened.sessions.add(session)
        for number in range(3):
            opened.samples.add(bare_row(number, session))
        yield opened


def edit(
    catalog: Catalog, number: int, after: LabelState, *, keys: int = 0, title: str = ""
) -> None:
    sample_id = bare_row(number, bare_session("s")).id
    catalog.labels.apply(
        LabelEdit(
            sample_id=sample_id,
            title=title or f"edit of {number}",
            before=catalog.labels.get(sample_id),
            after=after,
            at_us=1000 * (len(catalog.journal.titles(100)) + 1),
            keys=keys,
        )
    )


LABELED = LabelState(state=State.LABELED, boxes=(box("a"),))
EMPTY = LabelState(state=State.EMPTY)

states = st.builds(
    LabelState,
    state=st.sampled_from(State),
    skip_reason=st.text(max_size=20),
    reviewed=st.booleans(),
    boxes=st.lists(any_box(), max_size=3).map(tuple),
    proposals=st.lists(
        st.builds(Proposal, box=any_box(), verdict=st.sampled_from(Verdict)),
        max_size=3,
    ).map(tuple),
)


@given(states)
def test_journal_gives_back_exactly_what_was_noted(state: LabelState) -> None:
    assert _from_json(_to_json(state)) == state


def test_titles_come_newest_first(catalog: Catalog) -> None:
    edit(catalog, 0, LABELED, title="first")
    edit(catalog, 1, EMPTY, title="second <b>")

    assert catalog.journal.titles(5) == ("second <b>", "first")
    assert catalog.journal.titles(1) == ("second <b>",)


def test_undone_edits_leave_the_list_of_titles(catalog: Catalog) -> None:
    edit(catalog, 0, LABELED, title="first")
    edit(catalog, 1, EMPTY, title="second")

    catalog.labels.undo()

    assert catalog.journal.titles(5) == ("first",)
    assert (catalog.journal.can_undo(), catalog.journal.can_redo()) == (True, True)


def test_new_edit_after_an_undo_starts_another_branch(catalog: Catalog) -> None:
    edit(catalog, 0, LABELED, title="first")
    catalog.labels.undo()

    edit(catalog, 1, EMPTY, title="other")

    assert not catalog.journal.can_redo()
    assert catalog.labels.redo() is None
    assert catalog.journal.titles(5) == ("other",)


def test_decisions_are_the_edits_that_went_on(catalog: Catalog) -> None:
    edit(catalog, 0, LabelState(state=State.PROPOSED, boxes=(box("a"),)))
    edit(
        catalog, 0, LabelState(state=State.LABELED, boxes=(box("a"), box("b"))), keys=3
    )
    edit(catalog, 1, EMPTY, keys=1)
    edit(catalog, 2, LABELED, keys=2)
    catalog.labels.undo()

    accepts = catalog.journal.accepts(10)

    assert [(each.boxes, each.keys) for each in accepts] == [(0, 1), (2, 3)]
    assert accepts[0].at_us > accepts[1].at_us


def test_journal_lives_through_a_restart(tmp_path: Path, catalog: Catalog) -> None:
    edit(catalog, 0, LABELED)
    catalog.close()

    with Catalog.open(tmp_path / "catalog.db") as again:
        entry = again.labels.undo()

        assert entry is not None
        assert entry.after == LABELED
        assert again.labels.get(entry.sample_id) == LabelState()


def test_edits_of_an_erased_sample_are_gone(catalog: Catalog) -> None:
    edit(catalog, 0, LABELED)
    edit(catalog, 1, EMPTY)
    gone = bare_row(1, bare_session("s")).id

    catalog.samples.erase(gone, at_us=1, reason="")
    entry = catalog.labels.undo()

    assert entry is not None
    assert entry.sample_id != gone
    assert catalog.labels.undo() is None


def test_origin_and_score_are_kept(catalog: Catalog) -> None:
    carried = box("a", origin=BoxOrigin.CARRIED, score=0.25)

    edit(catalog, 0, LabelState(state=State.LABELED, boxes=(carried,)))
    catalog.labels.undo()
    catalog.labels.redo()

    assert catalog.labels.boxes(bare_row(0, bare_session("s")).id) == (carried,)
