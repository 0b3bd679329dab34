"""The Review page: a second pass, boxes side by side, and what is disputed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from labeling.second_opinion.disputes import Verdict
from labeling.second_opinion.odd_boxes import OddBoxes

from ...jobs import Lane, Operation, Submitter
from ...keys import CLASS_KEYS, Action
from ...language import tr
from ...pictures import ThumbnailLoader
from ...theme import Theme
from ..contracts import ClassRow, Commands
from ..empty_page import EmptyNote
from ..labels import ElidedLabel, bar
from ..rows import dress
from ..segments import Segments
from .agreement_panel import AgreementPanel
from .dispute_view import DisputeView
from .odd_comparison import OddComparison, odd_words
from .review_contract import (
    DisputeRow,
    GridChoice,
    GridOrder,
    GridPage,
    ReviewDesk,
    ReviewItem,
    ReviewState,
)
from .review_filters import ReviewFilters
from .review_grid import ReviewGrid
from .review_words import TAB_GROUPS, no_box_words, tab_hints
from .second_view import SecondPassView

TOOLBAR_PX = 44
CROPS_KEPT = 2500
SECOND, GRID, DISPUTES = 0, 1, 2


class ReviewPage(QWidget):
    """Three ways to find wrong labels, with the agreement beside them.

    Signals:
        error_came: a `FieldsetError` to show.
        notice_came: a sentence and its tone.
        sample_requested: the id of a sample to open in Label.
    """

    error_came = Signal(object)
    notice_came = Signal(str, str)
    sample_requested = Signal(str)

    def __init__(
        self,
        desk: ReviewDesk,
        runner: Submitter,
        theme: Theme,
        actions: tuple[Action, ...],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        dress(self, "page")
        self._desk = desk
        self._runner = runner
        self._classes: tuple[ClassRow, ...] = ()
        self._page = GridPage()
        self._odd = OddComparison(desk, runner, self)
        self.state = ReviewState()
        self.grid = ReviewGrid(theme, ThumbnailLoader(runner, CROPS_KEPT, self), self)
        self.second = SecondPassView(desk, runner, theme, self)
        self.disputes = DisputeView(runner, theme, self)
        self.panel = AgreementPanel(theme, self)
        self.filters = ReviewFilters(self)
        self.tabs = Segments(TAB_GROUPS, GRID)
        self._sentence = ElidedLabel("", "muted")
        self._hints = tuple(tab_hints(actions, group) for group in TAB_GROUPS)
        self._nothing = EmptyNote(*no_box_words(GridChoice()))
        self._lay_out()
        self._connect()
        self._show_tab(GRID)

    def _lay_out(self) -> None:
        strip, row = bar("toolbar", TOOLBAR_PX)
        row.addWidget(self.tabs)
        self._filter_area = QScrollArea()
        self._filter_area.setWidgetResizable(True)
        off = Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self._filter_area.setVerticalScrollBarPolicy(off)
        self._filter_area.setHorizontalScrollBarPolicy(off)
        self._filter_area.setWidget(self.filters)
        row.addWidget(self._filter_area, 1)
        row.addStretch(0)
        row.addWidget(self._sentence)
        self._sentence.setAlignment(Qt.AlignmentFlag.AlignRight)
        grid = QWidget()
        inner = QVBoxLayout(grid)
        inner.setContentsMargins(8, 8, 8, 8)
        inner.addWidget(self.grid)
        self._cells = QStackedWidget()
        self._cells.addWidget(self._nothing)
        self._cells.addWidget(grid)
        self._stack = QStackedWidget()
        for part in (self.second, self._cells, self.disputes):
            self._stack.addWidget(part)
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addWidget(strip)
        column.addWidget(self._stack, 1)
        for hints in self._hints:
            column.addWidget(hints)
        across = QHBoxLayout(self)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(0)
        across.addLayout(column, 1)
        across.addWidget(self.panel)

    def _connect(self) -> None:
        self.tabs.chosen_changed.connect(self._show_tab)
        self.grid.chosen_changed.connect(lambda _count: self._show_sentence())
        self.grid.opened.connect(self._open_item)
        self.filters.choice_made.connect(self._on_choice)
        self.panel.settle_requested.connect(partial(self.show_tab, DISPUTES))
        self.panel.kind_chosen.connect(self._show_kind)
        self.disputes.verdict_given.connect(self._settle)
        self._odd.compared.connect(self._on_compared)
        self._odd.stopped.connect(self._on_not_compared)
        self._odd.error_came.connect(self.error_came)
        self.second.error_came.connect(self.error_came)
        self.second.notice_came.connect(self.notice_came)
        self.second.pass_changed.connect(self._read_state)

    def commands(self) -> Commands:
        """Give what each action of this page does, by the action's id."""
        made: dict[str, Callable[[], object]] = {
            "review.second": partial(self.show_tab, SECOND),
            "review.grid": partial(self.show_tab, GRID),
            "review.disputes": partial(self.show_tab, DISPUTES),
            "review.refresh": self.refresh,
            "review.reviewed": self.mark_reviewed,
            "review.open": self.open_chosen,
            "review.delete": self.delete,
            "review.select_all": self._on(GRID, self.grid.selectAll),
            "review.undo": self.undo,
            "review.redo": self.redo,
            "review.accept": self._on(SECOND, self.second.finish),
            "review.empty": self._on(SECOND, partial(self.second.finish, empty=True)),
            "review.draw": self._on(SECOND, self.second.canvas.arm_drawing),
            "review.next_box": self._on(SECOND, self.second.canvas.select_next),
            "review.fit": self._on(SECOND, self.second.canvas.fit),
            "review.cancel": self.cancel,
            "review.next": partial(self._step, 1),
            "review.previous": partial(self._step, -1),
            "review.first": partial(self._give, Verdict.FIRST),
            "review.take_second": partial(self._give, Verdict.SECOND),
        }
        for key in CLASS_KEYS:
            made[f"review.class.{key}"] = partial(self.relabel, key)
        return made

    def open(self) -> None:
        """Read classes, boxes and disputes; call when the page is shown."""
        self._ask(tr("Count the classes"), self._desk.classes, self._show_classes)
        self._read_state()
        self._read_items(keeps_place=True)
        self.second.open()

    def refresh(self) -> None:
        """Read everything again, and compare the boxes anew."""
        self._odd.forget()
        self.open()

    @property
    def tab(self) -> int:
        """Which of the three is shown."""
        return self.tabs.chosen

    def show_tab(self, tab: int) -> None:
        """Show one of the three, as a click does."""
        self.tabs.choose(tab)

    def mark_reviewed(self) -> None:
        """Say a second yes to the samples of the chosen boxes."""
        chosen = self.grid.chosen
        if self.tab == GRID and chosen:
            self._change(lambda: self._desk.mark_reviewed(chosen))

    def delete(self) -> None:
        """Delete the chosen boxes, or the selected second box."""
        if self.tab == SECOND:
            self.second.delete()
        chosen = self.grid.chosen
        if self.tab == GRID and chosen:
            self._change(lambda: self._desk.delete(chosen))

    def relabel(self, key: str) -> None:
        """Give the chosen boxes the class on a key; in a second pass, choose it."""
        ids = [
            row.label_class.id
            for row in self._classes
            if str(row.label_class.key) == key
        ]
        if not ids:
            words = tr("No class is on key {key} yet.").format(key=key)
            self.notice_came.emit(words, "warn")
        elif self.tab == SECOND:
            self.second.choose_class(ids[0])
        elif self.tab == GRID and (chosen := self.grid.chosen):
            self._change(lambda: self._desk.relabel(chosen, ids[0]))

    def open_chosen(self) -> None:
        """Open the sample of the first chosen box, or of the dispute, in Label."""
        if self.tab == DISPUTES:
            self._give(Verdict.EDIT)
        elif self.tab == GRID and (chosen := self.grid.chosen):
            self._open_item(chosen[0])

    def undo(self) -> None:
        """Take the newest step back: of the second pass, or of the labels."""
        if self.tab == SECOND:
            self.second.undo()
        else:
            self._turn(self._desk.undo, tr("Taken back: {title}"))

    def redo(self) -> None:
        """Make the step again that was undone last."""
        if self.tab == SECOND:
            self.second.redo()
        else:
            self._turn(self._desk.redo, tr("Made again: {title}"))

    def cancel(self) -> None:
        """Stop drawing, or choose nothing."""
        if self.tab == SECOND:
            self.second.canvas.cancel()
        elif self.tab == GRID:
            self.grid.clearSelection()

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        for part in (self.grid, self.second, self.disputes, self.panel):
            part.set_theme(theme)

    # What a person asks for

    def _on(self, tab: int, do: Callable[[], object]) -> Callable[[], None]:
        """Do it on one tab only: the keys of the others mean something else."""

        def run() -> None:
            if self.tab == tab:
                do()

        return run

    def _step(self, by: int) -> None:
        if self.tab == SECOND:
            self.second.step(by)
        elif self.tab == DISPUTES:
            self.disputes.step(by)

    def _give(self, verdict: Verdict) -> None:
        if self.tab == DISPUTES:
            self.disputes.give(verdict)

    def _settle(self, row: DisputeRow, verdict: Verdict) -> None:
        sample_id = row.found.sample.id

        def on_done(_none: object) -> None:
            if verdict is Verdict.EDIT:
                self.sample_requested.emit(sample_id)
            else:
                self._refresh_after()

        self._ask(
            tr("Settle a dispute"), lambda: self._desk.settle(row, verdict), on_done
        )

    def _open_item(self, item: ReviewItem) -> None:
        self.sample_requested.emit(item.sample_id)

    def _show_kind(self, name: str) -> None:
        self.show_tab(DISPUTES)
        self.disputes.go_to_kind(name)

    def _on_choice(self, choice: GridChoice) -> None:
        if choice.order is GridOrder.UNLIKE and self._odd.found is None:
            self._odd.start()
        self._read_items(keeps_place=False)

    def _show_tab(self, tab: int) -> None:
        self._stack.setCurrentIndex(tab)
        for at, hints in enumerate(self._hints):
            hints.setVisible(at == tab)
        self._filter_area.setVisible(tab == GRID)
        self._show_sentence()

    # What came back

    def _show_classes(self, rows: tuple[ClassRow, ...]) -> None:
        self._classes = rows
        self.grid.set_names({row.label_class.id: row.label_class.name for row in rows})
        self.filters.show_classes(rows)
        self.second.show_classes(rows)

    def _show_state(self, state: ReviewState) -> None:
        self.state = state
        self.grid.set_names({one.id: one.name for one in state.classes.values()})
        self.panel.show_state(state)
        self.disputes.show_state(state)
        self.second.show_state(state)
        self.filters.show_state(state)
        count = f" {len(state.disputes):,}" if state.disputes else ""
        self.tabs.set_text(DISPUTES, f"{tr('Disputes')}{count}")
        waiting = "" if state.waiting is None else f" {state.waiting:,}"
        self.tabs.set_text(SECOND, f"{tr('Second pass')}{waiting}")

    def _show_items(self, page: GridPage, *, keeps_place: bool) -> None:
        self._page = page
        odd = self._odd.found
        few = frozenset() if odd is None else odd.few
        is_unlike = self.filters.choice.order is GridOrder.UNLIKE
        self.grid.show_odd(
            few,
            is_shown=is_unlike and odd is not None,
            names_class=self.filters.choice.class_id is None,
        )
        self.grid.show_page(page, keeps_place=keeps_place)
        self._cells.setCurrentIndex(1 if page.items else 0)
        self._show_nothing()
        self._show_sentence()

    def _show_nothing(self) -> None:
        self._nothing.set_words(*no_box_words(self.filters.choice))

    def _show_sentence(self) -> None:
        if self.tab != GRID:
            self._sentence.setText("")
            return
        shown, total = len(self._page.items), self._page.total
        words = tr("{count} boxes").format(count=f"{total:,}")
        if shown < total:
            words = tr("the first {shown} of {total} boxes").format(
                shown=f"{shown:,}", total=f"{total:,}"
            )
        chosen = tr("{chosen} chosen").format(chosen=f"{self.grid.chosen_count:,}")
        self._sentence.setText(f"{words}, {chosen}")

    def _on_compared(self, odd: OddBoxes) -> None:
        names = {row.label_class.id: row.label_class.name for row in self._classes}
        for words in odd_words(odd, names):
            self.notice_came.emit(words, "warn")
        self._read_items(keeps_place=False)

    def _on_not_compared(self) -> None:
        if self.filters.choice.order is GridOrder.UNLIKE:
            self.filters.choose(replace(self.filters.choice, order=GridOrder.STORED))

    # Work

    def _read_state(self) -> None:
        self._ask(
            tr("Read the disputes"), self._desk.state, self._show_state, Lane.READING
        )

    def _read_items(self, *, keeps_place: bool) -> None:
        choice, odd = self.filters.choice, self._odd.found
        self._ask(
            tr("Read the boxes"),
            lambda: self._desk.items(choice, odd),
            partial(self._show_items, keeps_place=keeps_place),
            Lane.READING,
        )

    def _turn(self, verb: Callable[[], str | None], words: str) -> None:
        def on_done(title: str | None) -> None:
            if title is None:
                self.notice_came.emit(tr("There is nothing more."), "warn")
            else:
                self.notice_came.emit(words.format(title=title), "ok")
                self._refresh_after()

        self._ask(tr("Save the review"), verb, on_done)

    def _change(self, change: Callable[[], None]) -> None:
        self._ask(tr("Save the review"), change, lambda _none: self._refresh_after())

    def _refresh_after(self) -> None:
        """Show what an edit made of classes, boxes and disputes."""
        self._ask(tr("Count the classes"), self._desk.classes, self._show_classes)
        self._read_state()
        self._read_items(keeps_place=True)

    def _ask(
        self,
        title: str,
        function: Callable[[], object],
        on_done: Callable[..., None],
        lane: Lane = Lane.CATALOG,
    ) -> None:
        def on_error(error: object) -> None:
            self.error_came.emit(error)
            if lane is Lane.CATALOG:
                # What was refused may have been asked of boxes changed elsewhere.
                self._read_state()
                self._read_items(keeps_place=True)

        self._runner.submit(
            Operation(
                title=title,
                function=lambda _progress: function(),
                on_done=on_done,
                on_error=on_error,
                lane=lane,
                quiet=True,
            )
        )
