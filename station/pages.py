"""The five pages of one open project, joined to the window."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from dataset.errors import FieldsetError
from dataset.project import Project
from dataset.sealed.sealing import Person

from .desks.capture_project_desk import ProjectCaptureDesk
from .desks.class_desk import ProjectClassDesk
from .desks.dataset_desk import ProjectDatasetDesk
from .desks.explore_desk import ProjectExploreDesk
from .desks.handover_desk import ProjectHandoverDesk
from .desks.intake_desk import ProjectIntakeDesk
from .desks.label_desk import ProjectLabelDesk
from .desks.review_desk import ProjectReviewDesk
from .desks.test_sets_desk import ProjectTestSetsDesk
from .desks.versions_desk import ProjectVersionsDesk
from .identity import labeling_person, user_name
from .jobs import Runner, Scope
from .keys import Action, Page
from .language import tr
from .project_watch import ProjectWatch
from .settings import UserSettings, station_name
from .theme import Theme
from .views.capture.capture_contract import SessionForm
from .views.capture.capture_page import CapturePage
from .views.classes.class_work import ClassWork
from .views.contracts import QueueChoice
from .views.dataset.dataset_page import DatasetPage
from .views.explore.explore_view import ExploreView
from .views.intake_work import IntakeWork
from .views.label.label_page import LabelPage
from .views.review.review_page import ReviewPage
from .views.versions.versions_page import VersionsPage
from .window import Window

WATCHING = (Page.DATASET, Page.VERSIONS)


class PageSet(QObject):
    """The pages of one project; they know nothing of one another.

    Signals:
        settings_changed: names and values of user settings to remember.
    """

    settings_changed = Signal(object)

    def __init__(
        self,
        *,
        project: Project,
        scope: Scope,
        theme: Theme,
        capture: CapturePage,
        label: LabelPage,
        review: ReviewPage,
        dataset: DatasetPage,
        versions: VersionsPage,
        recorder: ProjectCaptureDesk,
        label_desk: ProjectLabelDesk,
        classes: ClassWork,
        intake: IntakeWork,
    ) -> None:
        super().__init__()
        self.capture = capture
        self.label = label
        self.review = review
        self.dataset = dataset
        self.versions = versions
        self._recorder = recorder
        self._label_desk = label_desk
        self.classes = classes
        self.intake = intake
        self._scope = scope
        self._theme = theme
        self._window: Window | None = None
        self._sessions: dict[Page, str] = {}
        self._watch = ProjectWatch(project.root, scope, self)
        self._watch.project_changed.connect(self._on_project_changed)
        self._widgets: dict[
            Page, CapturePage | LabelPage | ReviewPage | DatasetPage | VersionsPage
        ] = {
            Page.CAPTURE: capture,
            Page.LABEL: label,
            Page.REVIEW: review,
            Page.DATASET: dataset,
            Page.VERSIONS: versions,
        }

    def join(self, window: Window) -> None:
        """Put the pages into the window and let them talk to its bars."""
        self._window = window
        commands = {
            **self.capture.commands(),
            **self.label.commands(),
            **self.review.commands(),
            **self.dataset.commands(),
            **self.versions.commands(),
        }
        window.set_pages(self._widgets, commands)
        window.page_shown.connect(self._on_page)
        for page in (
            self.capture,
            self.label,
            self.review,
            self.dataset,
            self.versions,
        ):
            page.error_came.connect(window.show_error)
            page.notice_came.connect(window.notice.say)
        self.label.saved_changed.connect(window.status.show_saved)
        self.label.session_came.connect(
            lambda words: self._note_session(Page.LABEL, words)
        )
        self.label.queue_came.connect(self._on_queue)
        self.label.classes_requested.connect(self.ask_classes)
        self.dataset.classes_requested.connect(self.ask_classes)
        self.classes.classes_changed.connect(self._on_classes_changed)
        self.dataset.intake_requested.connect(lambda: self.ask_pictures(window))
        self.intake.taken_in.connect(self._on_taken_in)
        self.intake.notice_came.connect(window.notice.say)
        self.intake.error_came.connect(window.show_error)
        self.capture.camera_changed.connect(window.status.show_camera)
        self.capture.session_came.connect(
            lambda words: self._note_session(Page.CAPTURE, words)
        )
        self.capture.sample_kept.connect(self.label.note_new_samples)
        self.capture.form_used.connect(self._on_form)
        self.dataset.page_requested.connect(window.show_page)
        self.review.sample_requested.connect(self._open_sample)
        self.dataset.explore.sample_requested.connect(self._open_sample)
        self.dataset.explore.queue_made.connect(self._show_queue)

    def set_theme(self, theme: Theme) -> None:
        """Repaint every page in another look."""
        self._theme = theme
        for page in (
            self.capture,
            self.label,
            self.review,
            self.dataset,
            self.versions,
        ):
            page.set_theme(theme)

    def finish(self) -> None:
        """Have everything saved that is not on disk yet, then ask for nothing more."""
        self._watch.watch(False)
        self.intake.close()
        self.versions.handover.close()
        self.capture.halt()
        self.label.canvas.flush()
        self._scope.end()

    def end_capture(self) -> None:
        """End the session; runs on the catalog's thread at the very end."""
        self._recorder.close()

    def end_labeling(self) -> None:
        """Keep the place in the queue and let go of it; runs there, too."""
        # On a full disk the hold ends by itself, a moment later.
        with suppress(FieldsetError):
            self._label_desk.leave()

    def ask_classes(self) -> None:
        """Open the dialog of class work."""
        if self._window is not None:
            self.classes.ask(self._theme, self._window)

    def _on_classes_changed(self, sentence: str) -> None:
        if self._window is None:
            return
        self._window.notice.say(sentence, "ok")
        self.label.note_new_classes()
        if self._window.page in (Page.REVIEW, Page.DATASET):
            self._widgets[self._window.page].open()

    def ask_pictures(self, window: QWidget, path: Path | None = None) -> None:
        """Open the dialog of taking in, for a path where one was dropped."""
        self.intake.ask(self._theme, window, path)

    def _on_taken_in(self, _sentence: str) -> None:
        self.label.note_new_samples()
        if self._window is not None:
            self._on_page(self._window.page)

    def _on_page(self, page: Page) -> None:
        if page in self._widgets:
            self._watch.watch(page in WATCHING)
            if page is not Page.LABEL:
                self.label.pause()
            self._widgets[page].open()
            self._show_session(page)

    def _on_project_changed(self) -> None:
        """Show on the page in front what somebody else changed."""
        if self._window is None:
            return
        if self._window.page is Page.DATASET:
            self.dataset.note_change()
        elif self._window.page is Page.VERSIONS:
            self.versions.refresh()

    def _note_session(self, page: Page, words: str) -> None:
        self._sessions[page] = words
        if self._window is not None:
            self._show_session(self._window.page)

    def _show_session(self, page: Page) -> None:
        """Show the sample's session in Label, else the one that is captured."""
        shown = page if page is Page.LABEL else Page.CAPTURE
        if self._window is not None:
            self._window.top.show_session(self._sessions.get(shown, ""))

    def _on_queue(self, left: int) -> None:
        if self._window is not None:
            self._window.status.show_text("queue", f"{tr('queue')} {left:,}")

    def _on_form(self, form: SessionForm) -> None:
        self.settings_changed.emit(
            {"source": form.source, "operator": form.operator, "place": form.place}
        )

    def _open_sample(self, sample_id: str) -> None:
        if self._window is not None:
            self._window.show_page(Page.LABEL)
            self.label.open_sample(sample_id)

    def show_explore(self) -> None:
        """Show the map of samples, whatever page is in front."""
        if self._window is not None:
            self._window.show_page(Page.DATASET)
            self.dataset.show_map()

    def _show_queue(self, choice: QueueChoice) -> None:
        if self._window is not None:
            self._window.show_page(Page.LABEL)
            self.label.show_queue(choice)


def build_pages(
    project: Project,
    runner: Runner,
    theme: Theme,
    table: tuple[Action, ...],
    settings: UserSettings,
) -> PageSet:
    """Build desks and pages of a project; the catalog is touched by no one yet."""
    scope = Scope(runner)
    station = station_name(os.environ, settings)
    recorder = ProjectCaptureDesk(project, station)
    person = Person(operator=settings.operator or user_name(), station=station)
    label_desk = ProjectLabelDesk(
        project, person=labeling_person(settings.operator, station)
    )
    pages = PageSet(
        project=project,
        scope=scope,
        theme=theme,
        capture=CapturePage(recorder, scope, theme),
        label=LabelPage(label_desk, scope, theme, table),
        review=ReviewPage(
            ProjectReviewDesk(project, person.operator), scope, theme, table
        ),
        dataset=DatasetPage(
            ProjectDatasetDesk(project.root),
            ProjectTestSetsDesk(project.root, person),
            ExploreView(ProjectExploreDesk(project.root), scope, theme, table),
            scope,
            theme,
        ),
        versions=VersionsPage(
            ProjectVersionsDesk(project.root),
            ProjectHandoverDesk(project.root, person),
            scope,
            theme,
        ),
        recorder=recorder,
        label_desk=label_desk,
        classes=ClassWork(ProjectClassDesk(project), scope),
        intake=IntakeWork(ProjectIntakeDesk(project.root), scope),
    )
    pages.capture.panel.form.fill(settings.source, settings.operator, settings.place)
    return pages
