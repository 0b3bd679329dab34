"""Class work: colour, key, retiring and back, and what a class holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dataset.catalog import Catalog
from dataset.errors import FieldsetError, NotFound, ProjectError, UsageError
from dataset.records import LabelState, SampleState
from tests.small_projects import bare_row, bare_session, box, proposal


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    """Three classes; a car and a bike on one sample, a proposed car on another."""
    with Catalog.open(tmp_path / "catalog.db") as opened:
        for name in ("car", "bike", "van"):
            opened.classes.add(name)
        session = bare_session("s")
        opened.sessions.add(session)
        for number in range(2):
            opened.samples.add(bare_row(number, session))
        boxes = (box("a"), box("b", class_id=2))
        labeled = LabelState(state=SampleState.LABELED, boxes=boxes)
        opened.labels.put(bare_row(0, session).id, labeled)
        opened.labels.propose(bare_row(1, session).id, (proposal("p"),))
        yield opened


def test_use_counts_boxes_samples_and_proposals(catalog: Catalog) -> None:
    use = catalog.class_acts.use(1)

    assert (use.boxes, use.samples, use.proposals, use.sealed) == (1, 1, 1, ())
    with pytest.raises(NotFound):
        catalog.class_acts.use(99)


def test_colour_and_key_are_changed(catalog: Catalog) -> None:
    coloured = catalog.class_acts.recolour(1, "#123456", at_us=1)
    keyed = catalog.class_acts.rekey(1, 9, at_us=2)
    bare = catalog.class_acts.rekey(1, None, at_us=3)

    assert (coloured.colour, keyed.key, bare.key) == ("#123456", 9, None)


def test_taken_key_and_bad_colour_are_refused(catalog: Catalog) -> None:
    with pytest.raises(UsageError, match="chooses another class already: bike"):
        catalog.class_acts.rekey(1, 2, at_us=1)
    with pytest.raises(UsageError, match="#RRGGBB: red"):
        catalog.class_acts.recolour(1, "red", at_us=1)
    with pytest.raises(UsageError, match="key is a digit: 10"):
        catalog.class_acts.rekey(1, 10, at_us=1)

    assert not catalog.journal.can_undo()


def test_retired_class_comes_back_on_a_free_key(catalog: Catalog) -> None:
    catalog.class_acts.retire(1, at_us=1)
    with pytest.raises(UsageError, match="retired class has no key: car"):
        catalog.class_acts.rekey(1, 7, at_us=2)

    back = catalog.class_acts.bring_back(1, at_us=3)

    assert (back.retired, back.key) == (False, 1)


def test_merged_class_is_not_brought_back(catalog: Catalog) -> None:
    catalog.class_acts.merge(1, 2, at_us=1)

    with pytest.raises(UsageError, match="in another class since a merge: bike"):
        catalog.class_acts.bring_back(1, at_us=2)


def test_act_that_changes_nothing_is_no_step(catalog: Catalog) -> None:
    catalog.class_acts.rename(1, "car", at_us=1)
    catalog.class_acts.rekey(2, 2, at_us=2)

    assert catalog.journal.titles(9) == ()


def test_titles_say_what_was_done_to_which_class(catalog: Catalog) -> None:
    acts = catalog.class_acts
    acts.add("bus", at_us=1)
    acts.rename(1, "auto", at_us=2)
    acts.merge(1, 3, at_us=3)

    assert catalog.journal.titles(9) == (
        "merged class auto into van",
        "renamed class car",
        "added class bus",
    )


def test_merge_takes_proposals_along_and_back(catalog: Catalog) -> None:
    waiting = bare_row(1, bare_session("s")).id
    catalog.class_acts.merge(1, 2, at_us=1)
    merged = catalog.labels.proposals(waiting)[0].box.class_id

    catalog.labels.undo()
    undone = catalog.labels.proposals(waiting)[0].box.class_id
    catalog.labels.redo()

    assert (merged, undone) == (2, 1)
    assert catalog.labels.proposals(waiting)[0].box.class_id == 2
    assert catalog.tables.class_totals() == {2: (2, 1, 1)}
    assert catalog.tallies.differences() == 0


def test_class_changed_elsewhere_is_not_turned_back(catalog: Catalog) -> None:
    catalog.class_acts.rename(1, "auto", at_us=1)
    catalog.classes.rename(1, "motor")

    with pytest.raises(ProjectError, match="class was changed elsewhere: auto"):
        catalog.labels.undo()

    assert catalog.classes.get(1).name == "motor"
    assert catalog.labels.undo() is None


def test_name_that_was_given_away_meanwhile_is_not_taken_back(
    catalog: Catalog,
) -> None:
    catalog.class_acts.rename(1, "auto", at_us=1)
    catalog.classes.add("Car")

    with pytest.raises(FieldsetError, match="has its name or key by now: Car"):
        catalog.labels.undo()


def test_erased_sample_leaves_a_merge_that_can_be_undone(catalog: Catalog) -> None:
    catalog.class_acts.merge(1, 2, at_us=1)
    catalog.samples.erase(bare_row(0, bare_session("s")).id, at_us=2, reason="")

    turned = catalog.labels.undo()

    assert turned is not None
    assert not catalog.classes.get(1).retired
    assert catalog.damages(deep=True) == ()
