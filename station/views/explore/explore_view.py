"""The Explore view: all samples on a map, and what a person does with some of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import QPoint, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from dataset.sample_map import MapRow, SampleMap

from ...explore_keys import map_group
from ...jobs import Lane, Operation, Submitter
from ...keys import Action, Page
from ...language import tr
from ...pictures import ThumbnailLoader
from ...theme import Theme
from ..contracts import Commands
from ..empty_page import EmptyNote
from ..label.label_hints import HintBar
from ..rows import dress
from .explore_contract import ExploreDesk, ExploreState, Sent
from .explore_panel import PANEL_PX, ExplorePanel
from .explore_tools import ExploreTools
from .explore_words import (
    empty_words,
    head_words,
    method_words,
    missing_words,
    sample_words,
    unmeasured_words,
)
from .hover_card import HoverCard
from .map_choice import MapChoice
from .map_gestures import Tool
from .map_surface import NOBODY, MapSurface
from .missing_bar import MissingBar
from .set_acts import SetActs
from .viewpoint import STEP

THUMBNAILS_KEPT = 1500
# Others change a project all the time: after a reading of the map follows a pause of
# so many times what it took.
PAUSE = 4
PANEL_SHARE = 4
WIDEST_PANEL_PX = 660


class ExploreView(QWidget):
    """Shows the map of samples; what is chosen on it goes to queue or test set.

    Signals:
        error_came: a `FieldsetError` to show.
        notice_came: a sentence and its tone.
        queue_made: the `QueueChoice` of the picked samples, to be shown in Label.
        sample_requested: the id of a sample to open in Label.
    """

    error_came = Signal(object)
    notice_came = Signal(str, str)
    queue_made = Signal(object)
    sample_requested = Signal(str)

    def __init__(
        self,
        desk: ExploreDesk,
        runner: Submitter,
        theme: Theme,
        actions: tuple[Action, ...],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        dress(self, "page")
        self._desk = desk
        self._runner = runner
        self._is_reading = False
        self._wants_again = False
        self._is_measuring = False
        self._began_s = 0.0
        self.pause = QTimer(self, singleShot=True)
        self.pause.timeout.connect(self._on_pause_over)
        self._is_stale = False
        self._by = "class"
        self.state: ExploreState | None = None
        thumbnails = ThumbnailLoader(runner, THUMBNAILS_KEPT, self)
        self.tools = ExploreTools()
        self.surface = MapSurface(theme, self)
        self.panel = ExplorePanel(theme, thumbnails, self._words_of, self)
        self.choice = MapChoice(self.surface, self.panel, self)
        self.missing = MissingBar(self)
        self.card = HoverCard(thumbnails, self.surface)
        self.acts = SetActs(desk, runner, self)
        self._nothing = EmptyNote(*empty_words(None))
        self._unmeasured = EmptyNote(
            *unmeasured_words(), (("explore.measure", tr("Measure them")),)
        )
        self._hints = HintBar(
            tuple(one for one in actions if one.group == map_group()), Page.DATASET
        )
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        self._stack = QStackedWidget()
        for part in (self._nothing, self._unmeasured, self.surface):
            self._stack.addWidget(part)
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addWidget(self.missing)
        column.addWidget(self._stack, 1)
        column.addWidget(self._hints)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addLayout(column, 1)
        row.addWidget(self.panel)

    def _connect(self) -> None:
        self.tools.tool_chosen.connect(self.surface.set_tool)
        self.tools.by_chosen.connect(self.colour_by)
        self.tools.fit_requested.connect(self.surface.fit)
        self.surface.hovered.connect(self._on_hover)
        self.surface.opened.connect(self._on_opened)
        self.panel.legend.shown_changed.connect(lambda _codes: self._show_looks())
        self.panel.grid.opened.connect(lambda row: self.sample_requested.emit(row.id))
        self.panel.grid.pointed.connect(self._on_pointed)
        self.panel.queue_requested.connect(self.send)
        self.panel.set_requested.connect(self.ask_set)
        self.panel.copy_requested.connect(self.copy_ids)
        self.panel.none_requested.connect(self.choice.choose_none)
        self.missing.measure_requested.connect(self.measure)
        self._unmeasured.action_requested.connect(lambda _id: self.measure())
        self.acts.act_done.connect(self._on_filled)

    def commands(self) -> Commands:
        """Give what each action of this view does, by the action's id."""
        made: dict[str, Callable[[], object]] = {
            "explore.lasso": partial(self.tools.choose_tool, Tool.LASSO),
            "explore.rectangle": partial(self.tools.choose_tool, Tool.RECTANGLE),
            "explore.move": partial(self.tools.choose_tool, Tool.MOVE),
            "explore.fit": self.surface.fit,
            "explore.zoom_in": partial(self.surface.zoom, STEP),
            "explore.zoom_out": partial(self.surface.zoom, 1 / STEP),
            "explore.colour": self.colour_by_next,
            "explore.queue": self.send,
            "explore.test_set": self.ask_set,
            "explore.copy": self.copy_ids,
            "explore.drop": self.choice.drop_marked,
            "explore.open": self.open_marked,
            "explore.all": self.choice.choose_all,
            "explore.none": self.choice.choose_none,
            "explore.measure": self.measure,
        }
        return {name: partial(self._if_shown, do) for name, do in made.items()}

    # What a person asks for

    def open(self) -> None:
        """Read the map; call when the view comes to the front."""
        self.refresh()

    def refresh(self) -> None:
        """Read the map again, once the edits asked for so far are saved."""
        if self._is_reading or self._is_measuring:
            self._wants_again = True
            return
        self._is_reading = True
        self._began_s = time.monotonic()
        self._submit(
            tr("Wait for the edits"),
            lambda _progress: None,
            lambda _nothing: self._read(),
            on_stopped=self._end_reading,
            lane=Lane.CATALOG,
            quiet=True,
        )

    def note_change(self) -> None:
        """Somebody changed the project: read the map again, after a pause."""
        if self.pause.isActive():
            self._is_stale = True
        else:
            self.refresh()

    def colour_by(self, by: str) -> None:
        """Colour the points by something else."""
        keeps_hidden = by == self._by
        self._by = by
        if len(self.map):
            self._show_colours(keeps_hidden=keeps_hidden)

    def colour_by_next(self) -> None:
        """Go on to the next colouring."""
        ways = [one.by for one in self.map.colourings]
        if ways:
            at = ways.index(self._by) if self._by in ways else -1
            self.colour_by(ways[(at + 1) % len(ways)])

    def open_marked(self) -> None:
        """Open the first marked picture, or the only chosen one, in Label."""
        rows = self.panel.grid.marked or self.choice.samples[:1]
        if rows:
            self.sample_requested.emit(rows[0].id)

    def copy_ids(self) -> None:
        """Put the ids of the chosen samples on the clipboard, one a line."""
        ids = self.choice.ids
        if ids:
            QGuiApplication.clipboard().setText("\n".join(ids))
            words = tr("{count} ids are on the clipboard.")
            self.notice_came.emit(words.format(count=f"{len(ids):,}"), "ok")

    def send(self) -> None:
        """Make a queue of the chosen samples and go to it."""
        ids = self.choice.ids
        if ids:
            self._submit(
                tr("Make the queue"),
                lambda _progress: self._desk.send(ids),
                self._on_sent,
                lane=Lane.CATALOG,
                quiet=True,
            )

    def ask_set(self) -> None:
        """Ask which test set the chosen samples are to go into."""
        ids = self.choice.ids
        if ids and self.state is not None:
            self.acts.ask(ids, self.state.sets)

    def measure(self) -> None:
        """Measure what the map lacks."""
        if self._is_measuring or not self.map.missing:
            return
        self._is_measuring = True
        self._show_missing()
        self._submit(
            tr("Measure the samples"),
            self._desk.measure,
            self._on_measured,
            on_stopped=self._end_measuring,
        )

    @property
    def desk(self) -> ExploreDesk:
        """What maps the samples and acts on them."""
        return self._desk

    @property
    def map(self) -> SampleMap:
        """The map that is shown."""
        return SampleMap() if self.state is None else self.state.map

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        self.surface.set_theme(theme)
        self.panel.set_theme(theme)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the pictures more room where there is more."""
        super().resizeEvent(event)
        wanted = self.width() // PANEL_SHARE
        self.panel.setFixedWidth(min(max(wanted, PANEL_PX), WIDEST_PANEL_PX))

    # What came back

    def show_state(self, state: ExploreState) -> None:
        """Show a map; what was chosen stays chosen where it is there still."""
        is_first = not len(self.map)
        self.state = state
        has_map = len(state.map) > 0
        self.choice.show_map(state.map, state.root)
        self._nothing.set_words(*empty_words(state))
        self.tools.sentence.setText(method_words(state.map))
        self.surface.show_places(state.map.places, keeps_view=not is_first)
        self.card.hide()
        for part in (self.panel, self._hints):
            part.setVisible(has_map)
        self.tools.set_usable(has_map)
        self._show_missing()
        if has_map:
            self._show_colours()
        else:
            self.choice.refresh()

    def _if_shown(self, do: Callable[[], object]) -> None:
        """Keys of the map mean nothing while the counts are in front."""
        if self.isVisible():
            do()

    def _read(self) -> None:
        is_first = self.state is None
        self._submit(
            tr("Map the samples"),
            self._desk.state,
            self._on_state,
            on_stopped=self._end_reading,
            lane=Lane.READING,
            quiet=not is_first,
        )

    def _on_state(self, state: ExploreState) -> None:
        self.show_state(state)
        self.pause.start(round(PAUSE * 1e3 * (time.monotonic() - self._began_s)))
        self._end_reading()

    def _on_pause_over(self) -> None:
        if self._is_stale and self.isVisible():
            self.refresh()
        self._is_stale = False

    def _end_reading(self) -> None:
        self._is_reading = False
        if self.state is None:
            self._nothing.set_words(*empty_words(None, is_stopped=True))
        if self._wants_again:
            self._wants_again = False
            self.refresh()

    def _show_colours(self, *, keeps_hidden: bool = True) -> None:
        """Sort the points by what is chosen; where it is gone, by class."""
        colouring = self.map.colouring(self._by)
        self._by = colouring.by
        names = {one.name: one.colour for one in self.map.classes}
        self.tools.show_ways(tuple(c.by for c in self.map.colourings), self._by)
        self.panel.show_head(head_words(self._by))
        self.panel.legend.show_colouring(
            colouring,
            names if self._by == "class" else {},
            keeps_hidden=keeps_hidden,
        )

    def _show_looks(self) -> None:
        """Paint the points as the legend has them; what is hidden is not chosen."""
        if len(self.map):
            codes = self.map.colouring(self._by).codes
            self.surface.show_looks(codes, self.panel.legend.rows.rows)
        self.choice.refresh()

    def _on_hover(self, at: int, where: QPoint) -> None:
        if at == NOBODY or self.state is None:
            self.card.hide()
            self.panel.grid.show_pointed("")
            return
        row = self.map.samples[at]
        self.panel.grid.show_pointed(row.id)
        self.card.show_sample(row, self.state.root, sample_words(self.map, at), where)

    def _on_pointed(self, sample_id: str) -> None:
        self.surface.show_hovered(self.map.index.get(sample_id, NOBODY))

    def _on_opened(self, at: int) -> None:
        self.sample_requested.emit(self.map.samples[at].id)

    def _on_sent(self, sent: Sent) -> None:
        self.queue_made.emit(sent.choice)
        self.notice_came.emit(sent.sentence, sent.tone)

    def _on_filled(self, sentence: str) -> None:
        self.notice_came.emit(sentence, "ok")
        self.refresh()

    def _on_measured(self, told: tuple[str, str]) -> None:
        self.notice_came.emit(*told)
        self._end_measuring()

    def _end_measuring(self) -> None:
        self._is_measuring = False
        self._wants_again = False
        self._show_missing()
        self.refresh()

    def _show_missing(self) -> None:
        count, is_busy = len(self.map.missing), self._is_measuring
        has_map = len(self.map) > 0
        words = missing_words(count, is_measuring=is_busy)
        self.missing.show_missing(words if has_map or is_busy else "", is_busy=is_busy)
        is_offered = count > 0 and not has_map and not is_busy
        if has_map:
            self._stack.setCurrentWidget(self.surface)
        else:
            self._stack.setCurrentWidget(
                self._unmeasured if is_offered else self._nothing
            )

    def _words_of(self, row: MapRow) -> str:
        at = self.map.index.get(row.id, NOBODY)
        return "" if at == NOBODY else ", ".join(sample_words(self.map, at))

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
