"""Brings the picture of the chosen change, away from the main thread."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QImage

from ...jobs import Job, Lane, Operation, Submitter
from ...language import tr
from .change_picture import load_picture
from .version_view import VersionView
from .versions_contract import ChangeNode, VersionsDesk


class ChangeLoader(QObject):
    """Loads the picture of the newest choice; those before it are given up."""

    def __init__(
        self, desk: VersionsDesk, runner: Submitter, view: VersionView
    ) -> None:
        super().__init__(view)
        self._desk = desk
        self._runner = runner
        self._view = view
        self._job: Job | None = None
        self._node: ChangeNode | None = None
        view.changes.change_chosen.connect(self.load)
        view.picture.picture_requested.connect(self._load_again)

    def load(self, node: ChangeNode) -> None:
        """Show the picture of a change as soon as it is read."""
        if self._job is not None:
            self._job.cancel()
        self._node = node
        picture, tree = self._view.picture, self._view.changes.model.tree
        words = ": ".join(part for part in (node.text, node.detail) if part)
        if tree is None or not node.has_picture:
            picture.show_words(_nothing_words(node), words)
            return
        room = picture.room

        def work(_progress: object) -> tuple[QImage, str]:
            request = self._desk.picture(tree, node)
            if request is None:
                return QImage(), words
            image = load_picture(request, room)
            return image, f"{words}\n{request.caption}"

        self._job = self._runner.submit(
            Operation(
                title=tr("Read a picture"),
                function=work,
                on_done=lambda loaded: self._show(node, *loaded),
                on_error=lambda error: self._show_fault(node, error.message),
                lane=Lane.IMAGES,
                quiet=True,
            )
        )

    def _load_again(self) -> None:
        if self._node is not None:
            self.load(self._node)

    def _show(self, node: ChangeNode, image: QImage, caption: str) -> None:
        if node is not self._node:
            return
        if image.isNull():
            self._view.picture.show_words(_sealed_words(), caption)
        else:
            self._view.picture.show_picture(image, caption)

    def _show_fault(self, node: ChangeNode, words: str) -> None:
        if node is self._node:
            self._view.picture.show_words(words)


def _nothing_words(node: ChangeNode) -> str:
    if node.children or node.count is not None:
        return tr("Open it and choose a sample to see the picture")
    return (
        _sealed_words() if node.key[0] == "sample" else tr("No picture belongs to it")
    )


def _sealed_words() -> str:
    return tr("A sealed test set holds it: it is counted and not shown")
