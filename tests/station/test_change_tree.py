"""The tree of changes: kinds, samples and boxes, filled as it is opened."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from dataset.differences.changes import (
    BoxAdded,
    BoxMoved,
    BoxRelabelled,
    Change,
    ClassChange,
    SampleAdded,
    SplitChanged,
)
from dataset.differences.version_diff import (
    BoxCounts,
    SampleCounts,
    SplitCounts,
    VersionDiff,
)
from dataset.records import Version, VersionRoots
from dataset.versions.version_balance import VersionBalance
from station.desks.change_tree import DiffTree, boxes_before_after
from station.theme import DARK
from station.views.versions.change_tree import PAGE_ROWS, ChangeModel, ChangeView
from tests.small_projects import box

NO_BALANCE = VersionBalance(policy="", ratio=None, train_ratio=None, missing=())
NAMES = {1: "car", 2: "van"}


def sample(number: int) -> str:
    return f"{number:064x}"


def moved(number: int, name: str = "a") -> BoxMoved:
    old = box(name)
    new = replace(old, x0=old.x0 + 4, x1=old.x1 + 4)
    return BoxMoved(
        sample_id=sample(number),
        old=old,
        new=new,
        iou=2 / 3,
        shift=(4.0, 0.0),
        area_ratio=1.0,
    )


def version(number: int) -> Version:
    return Version(
        id=f"dv-{number}",
        number=number,
        parent=None,
        created_us=0,
        message="",
        author="",
        samples=0,
        boxes=0,
        roots=VersionRoots(images="", labels="", splits=""),
    )


def tree(
    *changes: Change,
    taxonomy: tuple[ClassChange, ...] = (),
    sealed: frozenset[str] = frozenset(),
    closed: tuple[str, ...] = (),
) -> DiffTree:
    found = VersionDiff(
        old=version(1),
        new=version(2),
        samples=SampleCounts(),
        boxes=BoxCounts(),
        splits=SplitCounts(),
        classes=(),
        taxonomy=taxonomy,
        balance=(NO_BALANCE, NO_BALANCE),
        changes=changes,
        sealed=sealed,
    )
    return DiffTree(found, NAMES, closed)


def test_boxes_stand_below_their_samples() -> None:
    made = tree(moved(1, "a"), moved(1, "b"), moved(2))

    (kind,) = made.roots
    samples = made.children(kind, 0, 10)
    boxes = made.children(samples[0], 0, 10)

    assert (kind.text, kind.count) == ("Boxes moved", 3)
    assert [node.detail for node in samples] == ["2 boxes", "1 box"]
    assert [node.text for node in boxes] == ["car", "car"]
    assert boxes[0].detail == "IoU 0.67, shift +4.0, 0.0 px"


def test_a_relabelled_box_names_both_classes() -> None:
    change = BoxRelabelled(sample_id=sample(1), old=box("a"), new=box("a", class_id=2))
    made = tree(change)

    (kind,) = made.roots
    (one,) = made.children(kind, 0, 1)
    (leaf,) = made.children(one, 0, 1)

    assert leaf.text == "car → van"


def test_a_test_member_that_moved_comes_first_and_is_bad() -> None:
    change = SplitChanged(
        sample_id=sample(1), old="test-main", new="train", touches_test=True
    )
    made = tree(change, moved(2))

    assert [node.text for node in made.roots] == ["Test members moved", "Boxes moved"]
    assert made.roots[0].tone == "bad"
    (one,) = made.children(made.roots[0], 0, 5)
    assert (one.tone, one.detail) == ("bad", "test-main → train")


def test_splits_tell_moved_from_given_and_left() -> None:
    made = tree(
        SplitChanged(sample_id=sample(1), old="", new="val", touches_test=False),
        SplitChanged(sample_id=sample(2), old="train", new="", touches_test=False),
        SplitChanged(sample_id=sample(3), old="train", new="val", touches_test=False),
    )

    assert [node.count for node in made.roots] == [1, 1, 1]
    assert len({node.text for node in made.roots}) == 3


def test_what_a_sealed_test_holds_is_counted_alone() -> None:
    made = tree(moved(1), moved(2), sealed=frozenset({sample(1)}))

    shown, hidden = made.roots
    assert (shown.count, hidden.count) == (1, 1)
    assert hidden.children == 0


def test_a_sample_of_a_sealed_test_has_no_picture() -> None:
    made = tree(
        SampleAdded(sample_id=sample(1), split="test-main", boxes=2),
        SampleAdded(sample_id=sample(2), split="train", boxes=2),
        closed=("test-main",),
    )

    closed, opened = made.children(made.roots[0], 0, 2)

    assert not closed.has_picture
    assert opened.has_picture


def test_a_kind_of_change_not_known_yet_is_shown_by_its_name() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Faded(Change):
        kind: ClassVar[str] = "sample_faded"

    made = tree(Faded(sample_id=sample(1)))

    assert made.roots[0].text == "Sample faded"
    (one,) = made.children(made.roots[0], 0, 1)
    assert one.children == 0


def test_classes_that_changed_are_named() -> None:
    change = ClassChange(kind="renamed", class_id=1, old="car", new="auto")
    made = tree(taxonomy=(change,))

    (node,) = made.children(made.roots[0], 0, 1)
    assert (node.text, node.detail) == ("auto", "renamed from car")


def test_the_boxes_of_a_change_are_found_before_and_after() -> None:
    added = BoxAdded(sample_id=sample(1), box=box("b"))

    before, after = boxes_before_after([moved(1), added])

    assert len(before) == 1
    assert [found.id for found in after] == [moved(1).new.id, added.box.id]


def test_the_tree_is_a_proper_model(qtmodeltester: ModelTester) -> None:
    model = ChangeModel()
    model.show_tree(tree(moved(1, "a"), moved(1, "b"), moved(2)))

    qtmodeltester.check(model)


def test_lines_are_fetched_by_pages(qtmodeltester: ModelTester) -> None:
    model = ChangeModel()
    model.show_tree(tree(*(moved(number) for number in range(3 * PAGE_ROWS))))
    first = model.index(0, 0)

    assert model.rowCount(first) == 0
    assert model.hasChildren(first)
    model.fetchMore(first)
    assert model.rowCount(first) == PAGE_ROWS
    model.fetchMore(first)
    model.fetchMore(first)
    assert model.rowCount(first) == 3 * PAGE_ROWS
    assert not model.canFetchMore(first)
    qtmodeltester.check(model)


def test_an_index_of_an_earlier_tree_is_nothing(qtbot: QtBot) -> None:
    model = ChangeModel()
    model.show_tree(tree(moved(1), moved(2), moved(3)))
    first = model.index(0, 0)
    model.fetchMore(first)
    old = model.index(2, 0, first)

    model.show_tree(None)

    assert model.node(old) is None
    assert model.data(old) is None


def test_the_first_change_is_chosen_at_once(qtbot: QtBot) -> None:
    view = ChangeView(DARK)
    qtbot.addWidget(view)

    with qtbot.waitSignal(view.change_chosen) as chosen:
        view.show_tree(tree(moved(1)))

    assert chosen.args is not None
    assert chosen.args[0].key == ("sample", "box_moved", 0)
