"""The Versions page: what was frozen, what changed, what drifted; export and report."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListView,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from dataset.records import Version

from ..jobs import Lane, Operation, Submitter
from ..language import tr
from ..pictures import ThumbnailLoader
from ..theme import Theme
from .contracts import Commands
from .dataset_contract import VersionsDesk, VersionState
from .empty_page import EmptyNote
from .labels import button
from .rows import ROW_ROLE, RowList, dress, plain_list
from .version_dialogs import ExportDialog, FreezeDialog
from .version_list import VersionDelegate, short_id
from .version_view import VersionView

LIST_PX = 264


class VersionsPage(QWidget):
    """Lists the versions and shows one against its parent.

    Signals:
        error_came: a `FieldsetError` to show.
        notice_came: a sentence and its tone.
    """

    error_came = Signal(object)
    notice_came = Signal(str, str)

    def __init__(
        self,
        desk: VersionsDesk,
        runner: Submitter,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        dress(self, "page")
        self._desk = desk
        self._runner = runner
        self._wanted = ""
        self.rows: RowList[Version] = RowList(_words, self)
        self._delegate = VersionDelegate(theme, self)
        self._list: QListView = plain_list(self.rows, self._delegate)
        self._freeze = button(tr("Freeze a version"), "primary")
        self.view = VersionView(theme, ThumbnailLoader(runner, parent=self), self)
        self._nothing = EmptyNote(
            tr("No version is frozen yet"),
            tr(
                "A version is a state of the dataset that never changes: label some "
                "samples, then freeze the first one."
            ),
        )
        self._lay_out()
        self._freeze.clicked.connect(self.ask_freeze)
        self._list.selectionModel().currentChanged.connect(self._on_chosen)
        self.view.report_requested.connect(self.open_report)
        self.view.export_requested.connect(self.ask_export)

    def _lay_out(self) -> None:
        side = QWidget()
        dress(side, "leftside")
        side.setFixedWidth(LIST_PX)
        column = QVBoxLayout(side)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(10)
        column.addWidget(self._freeze)
        column.addWidget(self._list, 1)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._nothing)
        self._stack.addWidget(self.view)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(side)
        row.addWidget(self._stack, 1)

    def commands(self) -> Commands:
        """Give what each action of this page does, by the action's id."""
        return {
            "version.freeze": self.ask_freeze,
            "version.report": self.open_report,
            "version.export": self.ask_export,
            "version.refresh": self.refresh,
        }

    def open(self) -> None:
        """Read the versions; call when the page is shown."""
        self.refresh()

    def refresh(self) -> None:
        """Read the versions again."""
        self._submit(
            tr("Read the versions"),
            lambda _progress: self._desk.versions(),
            self._show_versions,
            lane=Lane.CATALOG,
            quiet=True,
        )

    def ask_freeze(self) -> None:
        """Ask for a message, then freeze."""
        dialog = FreezeDialog(self)
        dialog.message_given.connect(self.freeze)
        dialog.open()

    def freeze(self, message: str) -> None:
        """Freeze what is labeled."""
        self._freeze.setEnabled(False)
        self._submit(
            tr("Freeze a version"),
            lambda progress: self._desk.freeze(message, progress),
            self._on_frozen,
        )

    def open_report(self) -> None:
        """Make the report where it is missing, then open it in the browser."""
        version = self.chosen
        if version is not None:
            self._submit(
                tr("Make the report"),
                lambda progress: self._desk.report(version.alias, progress),
                self._on_report,
            )

    def ask_export(self) -> None:
        """Ask for format and folder, then export."""
        version = self.chosen
        if version is None:
            return
        dialog = ExportDialog(version.alias, self._desk.formats(), self)
        dialog.export_wanted.connect(
            lambda name, target: self.export(version.alias, name, target)
        )
        dialog.open()

    def export(self, alias: str, name: str, target: Path) -> None:
        """Export a version."""
        self._submit(
            tr("Export {alias} as {name}").format(alias=alias, name=name),
            lambda progress: self._desk.export(alias, name, target, progress),
            lambda sentence: self.notice_came.emit(sentence, "ok"),
        )

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        self._delegate.theme = theme
        self.view.set_theme(theme)
        self._list.viewport().update()

    @property
    def chosen(self) -> Version | None:
        """The version shown; None where there is none."""
        row = self._list.currentIndex().data(ROW_ROLE)
        return row if isinstance(row, Version) else None

    def _show_versions(self, versions: tuple[Version, ...]) -> None:
        before = self.chosen
        self.rows.replace(versions)
        self._stack.setCurrentIndex(1 if versions else 0)
        next_alias = f"v{max((v.number for v in versions), default=0) + 1}"
        words = tr("Freeze version {alias}").format(alias=next_alias)
        self._freeze.setText(words)
        self._freeze.setEnabled(True)
        wanted = self._wanted or (before.alias if before else "")
        self._wanted = ""
        at = next((n for n, v in enumerate(versions) if v.alias == wanted), 0)
        if versions:
            self._list.selectionModel().setCurrentIndex(
                self.rows.index(at), QItemSelectionModel.SelectionFlag.ClearAndSelect
            )
            self._ask_state(versions[at])

    def _on_chosen(self, index: QModelIndex, _before: QModelIndex) -> None:
        row = index.data(ROW_ROLE)
        if isinstance(row, Version):
            self._ask_state(row)

    def _ask_state(self, version: Version) -> None:
        self.view.show_version(version, moment_words(version), short_id(version.id))
        self._submit(
            tr("Compare {alias}").format(alias=version.alias),
            lambda progress: self._desk.state(version.alias, progress),
            self._show_state,
            lane=Lane.ASSIST,
            quiet=True,
        )

    def _show_state(self, state: VersionState) -> None:
        chosen = self.chosen
        if chosen is not None and chosen.id == state.version.id:
            self.view.show_state(state)

    def _on_frozen(self, sentence: str) -> None:
        self.notice_came.emit(sentence, "ok")
        self._wanted = ""
        self._list.selectionModel().clear()
        self.refresh()

    def _on_report(self, path: Path) -> None:
        self.refresh()
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
            words = tr("The report is here: {path}").format(path=path)
            self.notice_came.emit(words, "ok")

    def _on_stopped(self) -> None:
        """Read what is there now: cancelled after freezing, the version stands."""
        self._freeze.setEnabled(True)
        self.refresh()

    def _submit(
        self,
        title: str,
        function: Callable[..., object],
        on_done: Callable[..., None],
        *,
        lane: Lane = Lane.WORK,
        quiet: bool = False,
    ) -> None:
        self._runner.submit(
            Operation(
                title=title,
                function=function,
                on_done=on_done,
                on_error=self.error_came.emit,
                on_stopped=None if quiet else self._on_stopped,
                lane=lane,
                quiet=quiet,
            )
        )


def moment_words(version: Version) -> str:
    """Give when a version was frozen, in local time."""
    moment = datetime.fromtimestamp(version.created_us / 1e6, UTC).astimezone()
    return tr("frozen {moment}").format(moment=f"{moment:%Y-%m-%d %H:%M}")


def _words(version: Version) -> str:
    return f"{version.alias}: {version.message}"
