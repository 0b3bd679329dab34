"""The pictures of the Label page: the one at hand, and those beside it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from ...jobs import Submitter
from ...language import tr
from ...pictures import PictureLoader, PictureRequest
from ..canvas.canvas import Canvas
from ..canvas.canvas_paint import Picture
from ..contracts import FilmFrame, LabelScene

AHEAD_MS = 150
"""How long decoding ahead waits for the proposals: carry-over needs the same cores."""
SLOW_MS = 250
OFFSETS = (1, -1, 2)


class LabelPictures(QObject):
    """Gives the canvas its picture and has its neighbours decoded, both ways.

    Signals:
        picture_failed: a `FieldsetError`; the picture at hand cannot be read.
    """

    picture_failed = Signal(object)

    def __init__(
        self, canvas: Canvas, runner: Submitter, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self._loader = PictureLoader(runner, self)
        self._loader.picture_loaded.connect(self._on_picture)
        self._loader.picture_failed.connect(self._on_failed)
        self._scene: LabelScene | None = None
        self._has_failed = False
        self._frames: tuple[FilmFrame, ...] = ()
        self._ahead = QTimer(self, singleShot=True, interval=AHEAD_MS)
        self._ahead.timeout.connect(self._want_neighbours)
        self._slow = QTimer(self, singleShot=True, interval=SLOW_MS)
        self._slow.timeout.connect(self._say_slow)

    def show(self, scene: LabelScene) -> None:
        """Show the picture of a sample, or nothing until it is decoded."""
        self._scene = scene
        sample = scene.sample
        size = (sample.width, sample.height)
        self._has_failed = False
        self._canvas.show_picture(self._loader.get(sample.id), size)
        self._slow.start()

    @property
    def has_failed(self) -> bool:
        """True where the picture at hand cannot be shown."""
        return self._has_failed

    def look_ahead(self) -> None:
        """Have the picture at hand decoded where it is not; the others soon."""
        if self._scene is not None and not self._canvas.has_picture:
            self._loader.want([self._request_of(self._scene)])
        self._look_soon()

    def look_now(self) -> None:
        """Decode what is near at once: nothing more urgent is to be done."""
        if self._ahead.isActive():
            self._ahead.start(0)

    def set_neighbours(self, frames: tuple[FilmFrame, ...]) -> None:
        """Say which samples are near, in the order of the queue."""
        self._frames = frames
        self._look_soon()

    def _look_soon(self) -> None:
        # Whoever goes on faster than this is not put off again and again.
        if not self._ahead.isActive():
            self._ahead.start(AHEAD_MS)

    def _want_neighbours(self) -> None:
        """Have the picture at hand made in full, then its neighbours."""
        if self._scene is None:
            return
        ids = [frame.sample_id for frame in self._frames]
        current = self._scene.sample.id
        wanted = [self._request_of(self._scene)]
        if current in ids:
            at = ids.index(current)
            near = [at + offset for offset in OFFSETS if 0 <= at + offset < len(ids)]
            wanted += [self._request_of_frame(self._frames[place]) for place in near]
        self._loader.want(wanted)

    def _request_of(self, scene: LabelScene) -> PictureRequest:
        sample = scene.sample
        return self._request(sample.id, scene.path, (sample.width, sample.height))

    def _request_of_frame(self, frame: FilmFrame) -> PictureRequest:
        size = (frame.width, frame.height)
        return self._request(frame.sample_id, frame.path, size)

    def _request(
        self, sample_id: str, path: Path, size: tuple[int, int]
    ) -> PictureRequest:
        return PictureRequest(
            sample_id=sample_id,
            path=path,
            scale=self._canvas.device_scale(size),
            ratio=self._canvas.devicePixelRatioF(),
            size=size,
            digest=sample_id,
        )

    def _on_picture(self, sample_id: str, picture: Picture) -> None:
        if self._scene is not None and sample_id == self._scene.sample.id:
            sample = self._scene.sample
            self._has_failed = False
            self._canvas.show_picture(picture, (sample.width, sample.height))

    def _say_slow(self) -> None:
        if not self._canvas.has_picture and not self._has_failed:
            self._canvas.show_message(tr("The picture is being read …"))

    def _on_failed(self, sample_id: str, error: object) -> None:
        if self._scene is not None and sample_id == self._scene.sample.id:
            self._has_failed = not self._canvas.has_picture
            hint = getattr(error, "hint", "")
            self._canvas.show_message("\n".join(filter(None, (str(error), hint))))
            self.picture_failed.emit(error)
