from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from dataset.catalog import Catalog
from dataset.errors import NotFound, ProjectError
from dataset.records import Box, LabelEdit, LabelState, SampleState, Verdict
from tests.small_projects import bare_row, bare_session, box, content, proposal, uid
from tests.strategies import boxes as any_box

SESSION = bare_session("s")
IDS = tuple(bare_row(number, SESSION).id for number in range(3))
LABELED = LabelState(state=SampleState.LABELED, boxes=(box("a"), box("b", x0=9)))


def filled_catalog(path: Path) -> Catalog:
    catalog = Catalog.open(path)
    for name in ("car", "bike", "van"):
        catalog.classes.add(name)
    catalog.sessions.add(SESSION)
    for number in range(3):
        catalog.samples.add(bare_row(number, SESSION))
    return catalog


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with filled_catalog(tmp_path / "catalog.db") as opened:
        yield opened


def change(catalog: Catalog, after: LabelState, *, sample: str = IDS[0]) -> LabelEdit:
    edit = LabelEdit(
        sample_id=sample,
        title="edit",
        before=catalog.labels.get(sample),
        after=after,
        at_us=1,
    )
    catalog.labels.apply(edit)
    return edit


def test_labels_come_back_as_they_were_saved(catalog: Catalog) -> None:
    state = replace(
        LABELED,
        state=SampleState.SKIPPED,
        skip_reason="<b>blurred</b>",
        reviewed=True,
        proposals=(proposal("p", Verdict.WEAK), proposal("q", Verdict.LEFT)),
    )

    change(catalog, state)

    assert catalog.labels.get(IDS[0]) == state


def test_two_boxes_of_one_id_are_refused_as_a_whole(catalog: Catalog) -> None:
    before = content(catalog)

    with pytest.raises(Exception, match="UNIQUE"):
        change(catalog, LabelState(boxes=(box("a"), box("a"))))

    assert content(catalog) == before


def test_edit_of_what_changed_elsewhere_is_a_sentence(catalog: Catalog) -> None:
    stale = catalog.labels.get(IDS[0])
    change(catalog, LABELED)
    before = content(catalog)

    with pytest.raises(ProjectError, match=f"changed elsewhere: {IDS[0][:12]}"):
        catalog.labels.apply(
            LabelEdit(
                sample_id=IDS[0],
                title="late",
                before=stale,
                after=LabelState(state=SampleState.EMPTY),
                at_us=2,
            )
        )

    assert content(catalog) == before


def test_labels_of_an_unknown_sample_are_named(catalog: Catalog) -> None:
    with pytest.raises(NotFound, match="no such sample: nobody"):
        catalog.labels.get("nobody")
    with pytest.raises(NotFound):
        catalog.labels.put("nobody", LABELED)


def test_proposals_make_a_new_sample_proposed(catalog: Catalog) -> None:
    assert catalog.labels.propose(IDS[0], (proposal("p"),))

    assert catalog.labels.get(IDS[0]).state is SampleState.PROPOSED
    assert catalog.journal.titles(1) == ()


def test_taking_all_proposals_back_makes_it_new_again(catalog: Catalog) -> None:
    catalog.labels.propose(IDS[0], (proposal("p"),))

    catalog.labels.propose(IDS[0], ())

    assert catalog.labels.get(IDS[0]) == LabelState()


@pytest.mark.parametrize(
    "decided",
    [
        LABELED,
        LabelState(state=SampleState.EMPTY),
        LabelState(state=SampleState.SKIPPED, skip_reason="blurred"),
    ],
)
def test_proposals_never_touch_what_a_person_decided(
    catalog: Catalog, decided: LabelState
) -> None:
    change(catalog, decided)
    before = content(catalog)

    assert not catalog.labels.propose(IDS[0], (proposal("p"),))
    assert content(catalog) == before


def test_box_that_is_there_is_not_proposed_again(catalog: Catalog) -> None:
    drawn = LabelState(state=SampleState.PROPOSED, boxes=(box("a"),))
    change(catalog, drawn)

    catalog.labels.propose(IDS[0], (proposal("a"), proposal("p")))

    found = catalog.labels.get(IDS[0])
    assert found.boxes == drawn.boxes
    assert [p.box.id for p in found.proposals] == [uid("p")]


def test_undo_and_redo_of_nothing_say_so(catalog: Catalog) -> None:
    before = content(catalog)

    assert catalog.labels.undo() is None
    assert catalog.labels.redo() is None
    assert content(catalog) == before


def test_undo_gives_way_where_the_sample_was_changed_elsewhere(
    catalog: Catalog,
) -> None:
    """Ctrl+Z is never stuck: the step is told of, and the one before it is next."""
    change(catalog, LABELED, sample=IDS[1])
    change(catalog, LABELED, sample=IDS[0])
    imported = LabelState(state=SampleState.LABELED, boxes=(box("z"),))
    catalog.labels.put(IDS[0], imported)

    with pytest.raises(ProjectError, match="changed elsewhere") as caught:
        catalog.labels.undo()
    entry = catalog.labels.undo()

    assert caught.value.hint == "undo again takes back the step before this one"
    assert catalog.labels.get(IDS[0]) == imported
    assert entry is not None
    assert entry.sample_id == IDS[1]
    assert catalog.labels.get(IDS[1]) == LabelState()


def test_redo_gives_way_where_the_sample_was_changed_elsewhere(
    catalog: Catalog,
) -> None:
    change(catalog, LABELED, sample=IDS[0])
    change(catalog, LABELED, sample=IDS[1])
    catalog.labels.undo()
    catalog.labels.undo()
    catalog.labels.put(IDS[0], LabelState(state=SampleState.EMPTY))

    with pytest.raises(ProjectError, match="changed elsewhere"):
        catalog.labels.redo()
    entry = catalog.labels.redo()

    assert entry is not None
    assert entry.sample_id == IDS[1]
    assert catalog.labels.get(IDS[0]).state is SampleState.EMPTY


def test_undo_follows_classes_that_were_merged_since(catalog: Catalog) -> None:
    change(catalog, LabelState(state=SampleState.LABELED, boxes=(box("a"),)))
    both = (box("a"), box("b", class_id=3))
    change(catalog, LabelState(state=SampleState.LABELED, boxes=both))
    catalog.classes.merge(1, 2)
    catalog.classes.merge(2, 3)

    catalog.labels.undo()
    undone = catalog.labels.get(IDS[0])
    catalog.labels.redo()
    redone = catalog.labels.get(IDS[0])

    assert [(b.id, b.class_id) for b in undone.boxes] == [(uid("a"), 3)]
    assert [(b.id, b.class_id) for b in redone.boxes] == [(uid("a"), 3), (uid("b"), 3)]


def test_new_proposals_do_not_stand_in_the_way_of_undo(catalog: Catalog) -> None:
    change(catalog, LabelState(state=SampleState.PROPOSED, boxes=(box("a"),)))
    catalog.labels.propose(IDS[0], (proposal("p"),))

    catalog.labels.undo()

    assert catalog.labels.get(IDS[0]).boxes == ()


def test_two_programs_edit_one_sample(tmp_path: Path, catalog: Catalog) -> None:
    with Catalog.open(tmp_path / "catalog.db") as other:
        change(catalog, LABELED)

        entry = other.labels.undo()

        assert entry is not None
        assert catalog.labels.get(IDS[0]) == LabelState()
        assert catalog.journal.can_redo()


def test_revision_grows_with_every_change(catalog: Catalog) -> None:
    def revision() -> int:
        return int(
            catalog._connection.value(
                "SELECT revision FROM samples WHERE id = ?", [IDS[0]]
            )
        )

    numbers = [revision()]
    change(catalog, LABELED)
    numbers.append(revision())
    catalog.labels.undo()
    numbers.append(revision())
    change(catalog, LABELED)
    catalog.classes.merge(1, 2)
    numbers.append(revision())

    assert numbers == sorted(set(numbers))


@dataclass
class PlainLabels:
    """What labels with undo and redo are, without a database."""

    labels: dict[str, LabelState] = field(
        default_factory=lambda: dict.fromkeys(IDS, LabelState())
    )
    done: list[tuple[str, LabelState, LabelState]] = field(default_factory=list)
    undone: list[tuple[str, LabelState, LabelState]] = field(default_factory=list)

    def apply(self, sample: str, after: LabelState) -> None:
        self.done.append((sample, self.labels[sample], after))
        self.undone.clear()
        self.labels[sample] = after

    def undo(self) -> None:
        if self.done:
            sample, before, after = self.done.pop()
            self.undone.append((sample, before, after))
            self.labels[sample] = before

    def redo(self) -> None:
        if self.undone:
            sample, before, after = self.undone.pop()
            self.done.append((sample, before, after))
            self.labels[sample] = after


def by_id(boxes: list[Box]) -> tuple[Box, ...]:
    return tuple(sorted({b.id: b for b in boxes}.values(), key=lambda b: b.id))


class LabelsMachine(RuleBasedStateMachine):
    """The catalog's labels against plain lists, through restarts."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.catalog = filled_catalog(self.folder / "catalog.db")
        self.model = PlainLabels()

    @rule(
        sample=st.sampled_from(IDS),
        boxes=st.lists(any_box(), min_size=1, max_size=3).map(by_id),
    )
    def label(self, sample: str, boxes: tuple[Box, ...]) -> None:
        self._apply(sample, LabelState(state=SampleState.LABELED, boxes=boxes))

    @rule(sample=st.sampled_from(IDS))
    def mark_empty(self, sample: str) -> None:
        self._apply(sample, LabelState(state=SampleState.EMPTY))

    @rule(sample=st.sampled_from(IDS), reason=st.text(max_size=5))
    def skip(self, sample: str, reason: str) -> None:
        kept = self.model.labels[sample].boxes
        self._apply(
            sample,
            LabelState(state=SampleState.SKIPPED, skip_reason=reason, boxes=kept),
        )

    @rule()
    def undo(self) -> None:
        self.catalog.labels.undo()
        self.model.undo()

    @rule()
    def redo(self) -> None:
        self.catalog.labels.redo()
        self.model.redo()

    @precondition(lambda self: self.model.done)
    @rule()
    def restart(self) -> None:
        self.catalog.close()
        self.catalog = Catalog.open(self.folder / "catalog.db")

    @invariant()
    def all_labels_are_equal(self) -> None:
        if hasattr(self, "catalog"):
            found = {sample: self.catalog.labels.get(sample) for sample in IDS}
            assert found == self.model.labels
            assert self.catalog.journal.can_undo() == bool(self.model.done)
            assert self.catalog.journal.can_redo() == bool(self.model.undone)

    def teardown(self) -> None:
        if hasattr(self, "catalog"):
            self.catalog.close()
            shutil.rmtree(self.folder)

    def _apply(self, sample: str, after: LabelState) -> None:
        change(self.catalog, after, sample=sample)
        self.model.apply(sample, after)


TestLabelsMachine = LabelsMachine.TestCase
TestLabelsMachine.settings = settings(max_examples=25, stateful_step_count=25)
