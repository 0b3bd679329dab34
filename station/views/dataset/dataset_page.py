"""The Dataset page: what there is by class and split, what is short, and why."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from ...jobs import Lane, Operation, Submitter
from ...keys import Page
from ...language import tr
from ...theme import Theme
from ..cards import Card, scrolled
from ..contracts import Commands
from ..explore.explore_view import ExploreView
from ..labels import bar, button
from ..rows import dress
from ..segments import Segments
from ..tabs import Tabs
from .balance_card import BalanceCard
from .class_table import ClassSplitTable
from .dataset_contract import (
    ClassView,
    DatasetDesk,
    DatasetState,
    GroupsState,
    SplitPlan,
    TestSetsDesk,
    TestsState,
)
from .group_list import GroupList
from .split_dialog import SplitDialog
from .test_acts import TestActs
from .test_sets import LedgerView, TestSetCard

SIDE_PX = 400
TOOLBAR_PX = 44
COUNTS, EXPLORE = 0, 1
VIEWS = (ClassView.BOXES, ClassView.GROUPS, ClassView.TARGETS)
CARD_FRAME_PX = 74
LEAST_CLASSES_PX = 170
CLASSES_SHARE = 0.55


class DatasetPage(QWidget):
    """Shows what the desks counted, and asks them to split, seal, draw and retire.

    Beside the counts the same page holds the map of samples.

    Signals:
        error_came: a `FieldsetError` to show.
        notice_came: a sentence and its tone.
        page_requested: the page the person wants to go to.
        classes_requested: the person wants to work on the classes.
        intake_requested: the person wants to take pictures in.
    """

    error_came = Signal(object)
    notice_came = Signal(str, str)
    page_requested = Signal(object)
    classes_requested = Signal()
    intake_requested = Signal()

    def __init__(
        self,
        desk: DatasetDesk,
        tests_desk: TestSetsDesk,
        explore: ExploreView,
        runner: Submitter,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        dress(self, "page")
        self.explore = explore
        self._desk = desk
        self._tests_desk = tests_desk
        self._runner = runner
        self._theme = theme
        self._is_splitting = False
        self._groups_text = ""
        self.state = DatasetState()
        self.tests = TestsState()
        self.table = ClassSplitTable(theme, self)
        self.groups = GroupList(theme, self)
        self.ledger = LedgerView(theme, self)
        self.balance = BalanceCard(self)
        self.test_card = TestSetCard(theme, self)
        self.acts = TestActs(tests_desk, runner, self)
        self.plan: SplitDialog | None = None
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        left = QVBoxLayout()
        left.setSpacing(14)
        left.addWidget(self._class_card(), 1)
        left.addWidget(self._lower_card(), 1)
        right = QVBoxLayout()
        right.setSpacing(14)
        right.addWidget(self.balance)
        right.addWidget(self.test_card, 1)
        holder = QWidget()
        right.setContentsMargins(0, 0, 0, 0)
        holder.setLayout(right)
        side = scrolled(holder)
        side.setFixedWidth(SIDE_PX)
        counts = QWidget()
        row = QHBoxLayout(counts)
        row.setContentsMargins(16, 16, 16, 16)
        row.setSpacing(14)
        row.addLayout(left, 1)
        row.addWidget(side)
        self._views = QStackedWidget()
        self._views.addWidget(counts)
        self._views.addWidget(self.explore)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._view_bar())
        column.addWidget(self._views, 1)

    def _view_bar(self) -> QWidget:
        """The bar that chooses between counts and map, with the map's tools."""
        strip, row = bar("toolbar", TOOLBAR_PX)
        self.views = Segments((tr("Counts and splits"), tr("Map of samples")))
        self._tools = QStackedWidget()
        self._tools.addWidget(QWidget())
        self._tools.addWidget(self.explore.tools)
        row.addWidget(self.views)
        row.addWidget(self._tools, 1)
        return strip

    def _class_card(self) -> Card:
        self._classes = Card(tr("Labeled classes"))
        self.class_tabs = Tabs(
            (tr("boxes by split"), tr("groups by split"), tr("against targets"))
        )
        self._classes.line.addWidget(self.class_tabs)
        self.edit_classes = button(tr("Edit…"), "chip")
        self._classes.line.addWidget(self.edit_classes)
        self._classes.column.addWidget(self.table)
        return self._classes

    def _lower_card(self) -> Card:
        self._lower = Card("")
        self.lower_tabs = Tabs((tr("groups"), tr("ledger of tests")))
        self._lower.line.insertWidget(0, self.lower_tabs)
        self.take_in = button(tr("Take in…"), "chip")
        self._lower.line.addWidget(self.take_in)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.groups)
        self._stack.addWidget(self.ledger)
        self._lower.column.addWidget(self._stack, 1)
        return self._lower

    def _connect(self) -> None:
        self.views.chosen_changed.connect(self._show_view)
        self.explore.error_came.connect(self.error_came)
        self.explore.notice_came.connect(self.notice_came)
        self.class_tabs.tab_chosen.connect(lambda _at: self._show_classes())
        self.edit_classes.clicked.connect(self.classes_requested)
        self.take_in.clicked.connect(self.intake_requested)
        self.lower_tabs.tab_chosen.connect(self._on_lower_tab)
        self.balance.split_requested.connect(self.split_now)
        self.balance.plan_requested.connect(self.ask_plan)
        self.balance.capture_requested.connect(
            lambda: self.page_requested.emit(Page.CAPTURE)
        )
        self.groups.story_requested.connect(self._ask_story)
        self.test_card.seal_requested.connect(lambda _row: self.ask_seal())
        self.test_card.draw_requested.connect(lambda _row: self.ask_draw())
        self.test_card.retire_requested.connect(lambda _row: self.ask_retire())
        self.acts.act_done.connect(self._on_act)

    def commands(self) -> Commands:
        """Give what each action of this page does, by the action's id."""
        return {
            "dataset.split": self.split_now,
            "dataset.plan": self.ask_plan,
            "dataset.refresh": self.refresh,
            "dataset.find": self.search,
            "dataset.boxes": partial(self._show_tab, self.class_tabs, 0),
            "dataset.by_group": partial(self._show_tab, self.class_tabs, 1),
            "dataset.targets": partial(self._show_tab, self.class_tabs, 2),
            "dataset.groups": partial(self._show_tab, self.lower_tabs, 0),
            "dataset.ledger": partial(self._show_tab, self.lower_tabs, 1),
            "explore.show": self.show_map,
            **self.explore.commands(),
            "testset.seal": self.ask_seal,
            "testset.draw": self.ask_draw,
            "testset.retire": self.ask_retire,
        }

    def open(self) -> None:
        """Count everything; call when the page is shown."""
        self.refresh()

    def refresh(self) -> None:
        """Count everything again, once the edits asked for so far are saved.

        Where the map is in front, that is read again.
        """
        if self.views.chosen == EXPLORE:
            self.explore.refresh()
            return
        self._submit(
            tr("Wait for the edits"),
            lambda _progress: None,
            lambda _nothing: self._count(),
            lane=Lane.CATALOG,
            quiet=True,
        )

    def note_change(self) -> None:
        """Somebody else changed the project: show it."""
        if self.views.chosen == EXPLORE:
            self.explore.note_change()
        else:
            self.refresh()

    def show_map(self) -> None:
        """Bring the map of samples to the front."""
        if self.views.chosen != EXPLORE:
            self.views.choose(EXPLORE)

    def search(self) -> None:
        """Go to the search over the groups."""
        self._show_tab(self.lower_tabs, 0)
        self.groups.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.groups.search.selectAll()

    def split_now(self) -> None:
        """Assign the new groups to splits."""
        if self._is_splitting:
            return
        self._set_splitting(True)
        self._submit(
            tr("Split"),
            self._desk.split_now,
            self._on_split,
            on_stopped=self._end_split,
        )

    def ask_plan(self) -> None:
        """Show what a split would do before it is done."""
        if self._is_splitting:
            return
        self._set_splitting(True)
        self._submit(
            tr("Try the split"),
            self._desk.split_plan,
            self._on_plan,
            on_stopped=self._end_split,
        )

    def ask_seal(self) -> None:
        """Ask before the chosen set is sealed."""
        row = self.test_card.chosen
        if row is not None and row.may_seal:
            self.acts.ask_seal(row, self.tests)

    def ask_draw(self) -> None:
        """Ask for which model the chosen set is drawn."""
        row = self.test_card.chosen
        if row is not None and row.may_draw:
            self.acts.ask_draw(row, self.tests)

    def ask_retire(self) -> None:
        """Ask before the chosen set is retired."""
        row = self.test_card.chosen
        if row is not None and row.may_retire:
            self.acts.ask_retire(row, self.tests)

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        self._theme = theme
        for part in (
            self.table,
            self.groups,
            self.ledger,
            self.test_card,
            self.explore,
        ):
            part.set_theme(theme)
        self._fit_classes()

    def show_state(self, state: DatasetState) -> None:
        """Show classes and balance."""
        self.state = state
        self.balance.show_state(state)
        self.balance.show_split(state.unassigned, is_busy=self._is_splitting)
        self._show_classes()

    def show_groups(self, state: GroupsState) -> None:
        """Show the groups."""
        self.groups.show_state(state)
        self._groups_text = state.text
        self._show_aside()

    def show_tests(self, state: TestsState) -> None:
        """Show the test sets and their ledger."""
        self.tests = state
        self.test_card.show_state(state)
        self.ledger.show_state(state)
        tab = tr("ledger of tests")
        self.lower_tabs.set_text(1, tab if state.level == "ok" else f"{tab} (!)")
        self._show_aside()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the classes what they need, the groups the rest."""
        super().resizeEvent(event)
        self._fit_classes()

    def _show_view(self, at: int) -> None:
        """Bring counts or map to the front, and read what it shows."""
        self._views.setCurrentIndex(at)
        self._tools.setCurrentIndex(at)
        self.refresh()

    def _show_tab(self, tabs: Tabs, at: int) -> None:
        """Show a part of the counts, as a click does."""
        if self.views.chosen != COUNTS:
            self.views.choose(COUNTS)
        tabs.choose(at)

    def _show_classes(self) -> None:
        self.table.show_state(self.state, VIEWS[self.class_tabs.chosen])
        self._fit_classes()

    def _fit_classes(self) -> None:
        wanted = max(self.table.wanted_height() + CARD_FRAME_PX, LEAST_CLASSES_PX)
        most = int(self.height() * CLASSES_SHARE)
        self._classes.setFixedHeight(min(wanted, max(most, LEAST_CLASSES_PX)))

    def _on_lower_tab(self, at: int) -> None:
        self._stack.setCurrentIndex(at)
        self._show_aside()

    def _show_aside(self) -> None:
        is_ledger = self.lower_tabs.chosen == 1
        words = self.tests.chain if is_ledger else self._groups_text
        self._lower.show_aside(words, self.tests.level if is_ledger else "")

    def _count(self) -> None:
        for title, function, on_done in (
            (tr("Count the dataset"), self._desk.state, self.show_state),
            (tr("Read the test ledger"), self._tests_desk.state, self.show_tests),
            (tr("Read the groups"), self._desk.groups, self.show_groups),
        ):
            self._submit(
                title,
                lambda _progress, ask=function: ask(),
                on_done,
                lane=Lane.READING,
                quiet=True,
            )

    def _ask_story(self, group_id: str) -> None:
        self._submit(
            tr("Read the ledger of a group"),
            lambda _progress: self._desk.story(group_id),
            partial(self.groups.show_story, group_id),
            lane=Lane.READING,
            quiet=True,
        )

    def _set_splitting(self, is_splitting: bool) -> None:
        self._is_splitting = is_splitting
        self.balance.show_split(self.state.unassigned, is_busy=is_splitting)

    def _end_split(self) -> None:
        self._set_splitting(False)

    def _on_split(self, sentence: str) -> None:
        self._set_splitting(False)
        self.notice_came.emit(sentence, "ok")
        self.refresh()

    def _on_plan(self, plan: SplitPlan) -> None:
        self._set_splitting(False)
        self.plan = SplitDialog(plan, self._theme, self)
        self.plan.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.plan.split_requested.connect(self.split_now)
        self.plan.finished.connect(self._forget_plan)
        self.plan.open()

    def _forget_plan(self, _result: int) -> None:
        self.plan = None

    def _on_act(self, sentence: str) -> None:
        self.notice_came.emit(sentence, "ok")
        self.refresh()

    def _submit(
        self,
        title: str,
        function: Callable[..., Any],
        on_done: Callable[..., None],
        *,
        on_stopped: Callable[[], None] | None = None,
        lane: Lane = Lane.WORK,
        quiet: bool = False,
    ) -> None:
        self._runner.submit(
            Operation(
                title=title,
                function=function,
                on_done=on_done,
                on_error=self.error_came.emit,
                on_stopped=on_stopped,
                lane=lane,
                quiet=quiet,
            )
        )
