from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset.catalog import Catalog, checked_class_name, folded_name
from dataset.errors import NotFound, UsageError
from dataset.records import CLASS_COLOURS, LabelState, SampleState
from tests.small_projects import bare_row, bare_session, box, proposal


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with Catalog.open(tmp_path / "catalog.db") as opened:
        yield opened


@pytest.fixture
def labeled(catalog: Catalog) -> Catalog:
    """Three samples with a car each; the first one has a bike and a proposal too."""
    for name in ("car", "bike", "van"):
        catalog.classes.add(name)
    session = bare_session("s")
    catalog.sessions.add(session)
    for number in range(3):
        row = bare_row(number, session)
        catalog.samples.add(row)
        boxes = (box("a"), box("b", class_id=2)) if number == 0 else (box("a"),)
        catalog.labels.put(row.id, LabelState(state=SampleState.LABELED, boxes=boxes))
    return catalog


@pytest.mark.parametrize(
    "name",
    [
        "car",
        "<b>bold</b>",
        "../x",
        "'; DROP TABLE classes; --",
        "🚗",
        "👩‍👧",
        "voiture à bras",
        "车",
        "a" * 64,
        "%s {0} $HOME",
    ],
)
def test_any_visible_name_is_kept_as_it_is(catalog: Catalog, name: str) -> None:
    added = catalog.classes.add(name)

    assert added.name == name
    assert catalog.classes.by_name(name) == added


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "needs a name"),
        (" \t ", "needs a name"),
        ("\u200d", "needs a name"),
        ("\u3164", "needs a name"),
        ("a" * 65, "at most 64"),
        ("x" * 200, "at most 64 characters, this one has 200: x{20}…"),
        ("two\nlines", "no control characters"),
        ("bell\x07", "no control characters"),
        ("right\u202eleft", "no control characters"),
        ("half\udcff", "no control characters"),
    ],
)
def test_name_that_cannot_be_shown_is_refused(
    catalog: Catalog, name: str, why: str
) -> None:
    with pytest.raises(UsageError, match=why):
        catalog.classes.add(name)

    assert catalog.classes.all(include_retired=True) == ()


@pytest.mark.parametrize(
    "same", ["Car", " car ", "CAR", "\uff43\uff41\uff52", "ca\u200dr"]
)
def test_double_name_is_refused_however_it_is_written(
    catalog: Catalog, same: str
) -> None:
    catalog.classes.add("car")

    with pytest.raises(UsageError, match="of that name already: car"):
        catalog.classes.add(same)


def test_name_of_a_retired_class_stays_taken(catalog: Catalog) -> None:
    first = catalog.classes.add("car")
    catalog.classes.retire(first.id)

    with pytest.raises(UsageError, match="a retired class of that name already"):
        catalog.classes.add("car")


def test_composed_and_decomposed_letters_are_one_name(catalog: Catalog) -> None:
    added = catalog.classes.add("e\u0301toile")

    assert added.name == "\u00e9toile"
    assert catalog.classes.by_name("e\u0301toile") == added


@given(st.text(max_size=80))
def test_checked_name_is_stable(name: str) -> None:
    try:
        checked = checked_class_name(name)
    except UsageError:
        return

    assert checked_class_name(checked) == checked
    assert 1 <= len(checked) <= 64
    assert folded_name(checked) == folded_name(name.strip())


def test_ids_count_up_and_are_never_given_again(catalog: Catalog) -> None:
    ids = [catalog.classes.add(name).id for name in ("a", "b", "c")]
    catalog.classes.retire(3)

    assert ids == [1, 2, 3]
    assert catalog.classes.add("d").id == 4


def test_colours_follow_each_other_and_keys_are_digits(catalog: Catalog) -> None:
    added = [catalog.classes.add(f"class {n}") for n in range(12)]

    assert [c.colour for c in added[:7]] == list(CLASS_COLOURS)
    assert added[7].colour == CLASS_COLOURS[0]
    assert [c.key for c in added] == [1, 2, 3, 4, 5, 6, 7, 8, 9, 0, None, None]


def test_colour_that_is_no_colour_is_refused(catalog: Catalog) -> None:
    with pytest.raises(UsageError, match="#RRGGBB: red; background: url"):
        catalog.classes.add("car", colour="red; background: url(x)")


def test_key_chooses_one_class_only(catalog: Catalog) -> None:
    catalog.classes.add("car", key=5)

    with pytest.raises(UsageError, match="key 5 chooses another class already: car"):
        catalog.classes.add("bike", key=5)
    with pytest.raises(UsageError, match="is a digit: 12"):
        catalog.classes.add("bike", key=12)


def test_retired_class_gives_its_key_back(catalog: Catalog) -> None:
    first = catalog.classes.add("car")
    retired = catalog.classes.retire(first.id)

    assert (retired.retired, retired.key) == (True, None)
    assert catalog.classes.all() == ()
    assert catalog.classes.add("bike").key == 1


def test_renamed_class_keeps_id_and_boxes(labeled: Catalog) -> None:
    renamed = labeled.classes.rename(1, "automobile")

    assert (renamed.id, renamed.name) == (1, "automobile")
    assert labeled.tables.class_totals()[1] == (3, 3, 1)
    with pytest.raises(NotFound, match="of that name: car"):
        labeled.classes.by_name("car")


def test_class_may_be_renamed_to_another_case_of_its_name(labeled: Catalog) -> None:
    assert labeled.classes.rename(1, "CAR").name == "CAR"


def test_class_is_not_renamed_to_a_taken_name(labeled: Catalog) -> None:
    with pytest.raises(UsageError, match="of that name already: bike"):
        labeled.classes.rename(1, "Bike")

    assert labeled.classes.get(1).name == "car"


def test_merge_moves_boxes_and_proposals(labeled: Catalog) -> None:
    session = labeled.sessions.get("s")
    labeled.samples.add(bare_row(9, session))
    waiting = bare_row(9, session).id
    labeled.labels.propose(waiting, (proposal("p"),))

    moved = labeled.classes.merge(1, 2)

    assert moved == 3
    assert labeled.tables.class_totals() == {2: (4, 3, 1)}
    assert [p.box.class_id for p in labeled.labels.proposals(waiting)] == [2]
    assert [c.name for c in labeled.classes.all()] == ["bike", "van"]
    assert labeled.classes.merged_into(1) == 2


def test_merged_classes_are_followed_through_several_merges(labeled: Catalog) -> None:
    labeled.classes.merge(1, 2)
    labeled.classes.merge(2, 3)

    assert [labeled.classes.merged_into(n) for n in (1, 2, 3)] == [3, 3, 3]


def test_class_is_not_merged_into_itself_or_a_retired_one(labeled: Catalog) -> None:
    labeled.classes.retire(3)

    with pytest.raises(UsageError, match="into itself: car"):
        labeled.classes.merge(1, 1)
    with pytest.raises(UsageError, match="to a retired class: van"):
        labeled.classes.merge(1, 3)
    with pytest.raises(NotFound):
        labeled.classes.merge(1, 99)

    assert labeled.tables.class_totals()[1] == (3, 3, 1)


def test_refused_merge_of_a_merged_pair_makes_no_ring(labeled: Catalog) -> None:
    labeled.classes.merge(1, 2)

    with pytest.raises(UsageError, match="retired"):
        labeled.classes.merge(2, 1)

    assert labeled.classes.merged_into(1) == 2


def test_unknown_class_is_named(catalog: Catalog) -> None:
    with pytest.raises(NotFound, match="of that name: <b>") as caught:
        catalog.classes.by_name("<b>")

    assert caught.value.hint == "see `fieldset class list`"
