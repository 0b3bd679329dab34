"""The Versions page: what was frozen, what changed, what drifted; freeze and prove."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListView,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from dataset.errors import FieldsetError

from ...jobs import Job, Lane, Operation, Submitter
from ...language import tr
from ...pictures import ThumbnailLoader
from ...theme import Theme
from ..contracts import Commands
from ..empty_page import EmptyNote
from ..labels import button
from ..rows import ROW_ROLE, RowList, dress, plain_list
from .change_loader import ChangeLoader
from .freeze_view import FreezeView
from .handover_contract import HandoverDesk
from .handover_work import HandoverWork
from .version_list import VersionDelegate, version_words
from .version_view import CHANGES, DRIFT, PROOF, VersionView
from .versions_contract import (
    FreezeOutlook,
    FreezeResult,
    Proof,
    VersionRow,
    VersionsDesk,
    VersionState,
)

LIST_PX = 272
NOTHING, VERSION, FAULT, FREEZE = range(4)


class VersionsPage(QWidget):
    """Lists the versions and shows one against another.

    Signals:
        error_came: a `FieldsetError` to show.
        notice_came: a sentence and its tone.
    """

    error_came = Signal(object)
    notice_came = Signal(str, str)

    def __init__(
        self,
        desk: VersionsDesk,
        handover: HandoverDesk,
        runner: Submitter,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        dress(self, "page")
        self._desk = desk
        self._runner = runner
        self._theme = theme
        self._shown: VersionRow | None = None
        self._comparing: Job | None = None
        self._proofs: dict[str, Proof] = {}
        self.rows: RowList[VersionRow] = RowList(version_words, self)
        self._delegate = VersionDelegate(theme, self)
        self.list: QListView = plain_list(self.rows, self._delegate)
        self._freeze = button(tr("Freeze a version"), "primary")
        self.view = VersionView(theme, ThumbnailLoader(runner, parent=self), self)
        self._pictures = ChangeLoader(desk, runner, self.view)
        self.freezing = FreezeView(theme, self)
        self.handover = HandoverWork(handover, runner, self)
        self.fault = EmptyNote("", "")
        self._nothing = EmptyNote(
            tr("No version is frozen yet"),
            tr(
                "A version is a state of the dataset that never changes: label some "
                "samples, then freeze the first one."
            ),
        )
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        side = QWidget()
        dress(side, "leftside")
        side.setFixedWidth(LIST_PX)
        column = QVBoxLayout(side)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(10)
        column.addWidget(self._freeze)
        column.addWidget(self.list, 1)
        self.stack = QStackedWidget()
        for part in (self._nothing, self.view, self.fault, self.freezing):
            self.stack.addWidget(part)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(side)
        row.addWidget(self.stack, 1)

    def _connect(self) -> None:
        self._freeze.clicked.connect(self.ask_freeze)
        self.list.selectionModel().currentChanged.connect(self._on_chosen)
        self.list.clicked.connect(lambda _index: self._show_right())
        self.view.verify_requested.connect(self.verify)
        self.view.report_requested.connect(self.open_report)
        self.view.export_requested.connect(self.ask_export)
        self.view.other_chosen.connect(self.compare_with)
        self.freezing.freeze_requested.connect(self.freeze)
        self.freezing.left.connect(self._show_right)
        self.handover.notice_came.connect(self.notice_came)
        self.handover.error_came.connect(self.error_came)

    def commands(self) -> Commands:
        """Give what each action of this page does, by the action's id."""
        choose = self.view.tabs.choose
        return {
            "version.freeze": self.ask_freeze,
            "version.verify": self.verify,
            "version.report": self.open_report,
            "version.export": self.ask_export,
            "version.refresh": self.refresh,
            "version.changes": partial(choose, CHANGES),
            "version.drift": partial(choose, DRIFT),
            "version.proof": partial(choose, PROOF),
        }

    def open(self) -> None:
        """Read the versions; call when the page is shown."""
        self.refresh()

    def refresh(self) -> None:
        """Read the versions again; the comparison only where its files changed."""
        self._submit(
            tr("Read the versions"),
            self._desk.versions,
            self._show_versions,
            lane=Lane.READING,
            quiet=True,
        )

    def ask_freeze(self) -> None:
        """Show what freezing would do, and ask for a message."""
        if not self._freeze.isEnabled():
            return
        self.freezing.begin()
        self.stack.setCurrentIndex(FREEZE)
        self._submit(
            tr("Look at what would be frozen"),
            self._desk.outlook,
            self._on_outlook,
            on_error=self._on_no_outlook,
            on_stopped=None,
        )

    def freeze(self, message: str) -> None:
        """Freeze what is labeled."""
        self._freeze.setEnabled(False)
        self.freezing.show_working()
        self._submit(
            tr("Freeze a version"),
            lambda progress: self._desk.freeze(message, progress),
            self._on_frozen,
            on_error=self._on_not_frozen,
            on_stopped=self._on_freeze_stopped,
        )

    def verify(self) -> None:
        """Prove that the chosen version is what was frozen."""
        row = self.chosen
        if row is None or not self.view.verify.isEnabled():
            return
        self.view.verify.setEnabled(False)
        self._submit(
            tr("Verify {alias}").format(alias=row.alias),
            lambda progress: self._desk.verify(row.alias, progress),
            lambda proof: self._on_proof(row, proof),
            on_stopped=lambda: self.view.verify.setEnabled(True),
        )

    def open_report(self) -> None:
        """Make the report where it is missing, then open it in the browser."""
        row = self.chosen
        if row is not None:
            self._submit(
                tr("Make the report"),
                lambda progress: self._desk.report(row.alias, progress),
                self._on_report,
                on_stopped=self.refresh,
            )

    def ask_export(self) -> None:
        """Ask how the chosen version is handed over."""
        row = self.chosen
        if row is not None and not row.fault:
            self.handover.ask(row, self._theme)

    def compare_with(self, alias: str) -> None:
        """Compare the chosen version with another one."""
        row = self.chosen
        if row is not None and not row.fault:
            self._ask_state(row, alias)

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        self._theme = theme
        self._delegate.theme = theme
        self.view.set_theme(theme)
        self.freezing.set_theme(theme)
        self.list.viewport().update()

    @property
    def chosen(self) -> VersionRow | None:
        """The version shown; None where there is none."""
        row = self.list.currentIndex().data(ROW_ROLE)
        return row if isinstance(row, VersionRow) else None

    def _show_versions(self, rows: tuple[VersionRow, ...]) -> None:
        before = self.chosen
        newest_before = self.rows.rows[0].alias if self.rows.rows else ""
        self.rows.replace(rows)
        next_alias = f"v{max((row.version.number for row in rows), default=0) + 1}"
        self._freeze.setText(tr("Freeze version {alias}").format(alias=next_alias))
        wanted = before.alias if before else ""
        if rows and rows[0].alias != newest_before and wanted == newest_before:
            # Who looks at the newest version goes on to the next one.
            wanted = rows[0].alias
        at = next((n for n, row in enumerate(rows) if row.alias == wanted), 0)
        if rows:
            self.list.selectionModel().setCurrentIndex(
                self.rows.index(at), QItemSelectionModel.SelectionFlag.ClearAndSelect
            )
            self._show_row(rows[at])
        if self.stack.currentIndex() != FREEZE:
            self._show_right()

    def _on_chosen(self, index: QModelIndex, _before: QModelIndex) -> None:
        row = index.data(ROW_ROLE)
        if isinstance(row, VersionRow):
            self._show_row(row)

    def _show_row(self, row: VersionRow) -> None:
        """Show a version, unless just this is shown already."""
        if row == self._shown:
            return
        self._shown = row
        if row.fault:
            title = tr("{alias}: {fault}").format(alias=row.alias, fault=row.fault)
            lines = (row.detail, f"{tr('Next step')}: {row.hint}")
            self.fault.set_words(title, "\n".join(line for line in lines if line))
        proof = self._proofs.get(row.version.id)
        others = tuple(
            other.alias for other in self.rows.rows if other.alias != row.alias
        )
        self.view.show_version(row, others)
        self.view.show_proof(proof)
        if not row.fault or proof is not None:
            self._ask_state(row, "")
        if self.stack.currentIndex() != FREEZE:
            self._show_right()

    def _show_right(self) -> None:
        """Show what belongs to the chosen row: the version, or what is wrong."""
        row = self.chosen
        place = NOTHING if row is None else VERSION
        if row is not None and row.fault and row.version.id not in self._proofs:
            place = FAULT
        self.stack.setCurrentIndex(place)

    def _ask_state(self, row: VersionRow, against: str) -> None:
        if self._comparing is not None:
            self._comparing.cancel()
        self._comparing = self._submit(
            tr("Compare {alias}").format(alias=row.alias),
            lambda progress: self._desk.state(row.alias, against, progress),
            self._show_state,
            on_error=partial(self._show_fault, row),
            lane=Lane.READING,
            quiet=True,
        )

    def _show_fault(self, row: VersionRow, error: FieldsetError) -> None:
        """Say in its place why there is no comparison: the other may be damaged."""
        chosen = self.chosen
        if chosen is not None and chosen.version.id == row.version.id:
            self.view.show_fault(error)

    def _show_state(self, state: VersionState) -> None:
        chosen = self.chosen
        if chosen is not None and chosen.version.id == state.version.id:
            self.view.show_state(state)

    def _on_outlook(self, outlook: FreezeOutlook) -> None:
        if self.stack.currentIndex() == FREEZE and self._freeze.isEnabled():
            self.freezing.show_outlook(outlook)

    def _on_no_outlook(self, error: FieldsetError) -> None:
        self.freezing.show_fault(error.message, error.hint)

    def _on_frozen(self, result: FreezeResult) -> None:
        self._freeze.setEnabled(True)
        self.notice_came.emit(result.sentence, "ok")
        self.freezing.show_result(result)
        self.list.selectionModel().clear()
        self.refresh()

    def _on_not_frozen(self, error: FieldsetError) -> None:
        self.freezing.show_fault(error.message, error.hint)
        self.error_came.emit(error)

    def _on_freeze_stopped(self) -> None:
        """Read what is there now: cancelled after freezing, the version stands."""
        self._freeze.setEnabled(True)
        self.refresh()

    def _on_proof(self, row: VersionRow, proof: Proof) -> None:
        self._proofs[row.version.id] = proof
        self.view.verify.setEnabled(True)
        self.notice_came.emit(proof.sentence, proof.level)
        chosen = self.chosen
        if chosen is not None and chosen.version.id == row.version.id:
            self.view.show_proof(proof)
            if proof.findings:
                self.view.tabs.choose(PROOF)
        self.refresh()

    def _on_report(self, path: Path) -> None:
        self.refresh()
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
            words = tr("The report is here: {path}").format(path=path)
            self.notice_came.emit(words, "ok")

    def _submit(
        self,
        title: str,
        function: Callable[..., Any],
        on_done: Callable[..., None],
        *,
        on_error: Callable[[FieldsetError], None] | None = None,
        on_stopped: Callable[[], None] | None = None,
        lane: Lane = Lane.WORK,
        quiet: bool = False,
    ) -> Job:
        return self._runner.submit(
            Operation(
                title=title,
                function=function,
                on_done=on_done,
                on_error=on_error or self.error_came.emit,
                on_stopped=on_stopped,
                lane=lane,
                quiet=quiet,
            )
        )
