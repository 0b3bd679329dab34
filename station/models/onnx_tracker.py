"""A tracker of the user's own, ONNX files, run in a child process.

It is made ready in the background and helps from then on. What goes wrong is told
once, in a sentence, and carry-over goes on with its own way.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from dataset.errors import BadFile, FieldsetError, NotFound
from dataset.findings import Finding, Severity
from dataset.project import Project
from labeling.carrying.tracker import Sought, Tracked
from labeling.detection.detector import nothing

from .model_process import LOAD_S, MEMORY_BYTES, ModelDied, ModelProcess

_GOES_ON: Final = "boxes are carried the built-in way"


class OnnxTracker:
    """Follows objects with one file (VitTrack) or two (NanoTrack); for all threads.

    Until `prepare` is done, and once something went wrong, it sees nothing.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        seconds: float,
        *,
        load_seconds: float = LOAD_S,
        memory_bytes: int = MEMORY_BYTES,
    ) -> None:
        """Name its files; `seconds` is the time a picture may take."""
        self._paths = tuple(path.absolute() for path in paths)
        self._seconds = seconds
        self._load_seconds = load_seconds
        self._memory_bytes = memory_bytes
        self._child: ModelProcess | None = None
        self._is_loaded = False
        self._is_closed = False
        self._asking = threading.Lock()
        self._said: list[Finding] = []

    @property
    def is_ready(self) -> bool:
        """Whether it can be asked."""
        return self._is_loaded

    def prepare(self, waiting: Callable[[], None] = nothing) -> None:
        """Load the tracker; what is wrong with it is told by `remarks`.

        Raises:
            Cancelled: `waiting`, called ten times a second, said so.
        """
        with self._asking:
            if self._is_closed or self.is_ready:
                return
            try:
                self._load(waiting)
            except FieldsetError as error:
                self._give_up(error.message, error.hint)
            if self._is_closed:
                self._end()

    def follow(
        self, before: Path, after: Path, sought: Sequence[Sought]
    ) -> tuple[Tracked | None, ...]:
        """Where each object is in `after`; () where the tracker cannot say.

        One that is still being loaded is not waited for.
        """
        if not self.is_ready:
            return ()
        request = {
            "before": str(before),
            "path": str(after),
            "sought": [asdict(one) for one in sought],
            "seconds": self._seconds,
        }
        with self._asking:
            child = self._child
            if child is None or self._is_closed:
                return ()
            try:
                answer = child.ask(request, self._seconds)
            except ModelDied as death:
                self._give_up(f"The tracker {death}: {self._name}", _hint_of(death))
                return ()
        if "refused" in answer:
            # A picture that cannot be read is told by who shows it.
            if not answer["is_image"]:
                self._give_up(answer["refused"], answer["hint"])
            return ()
        return tuple(None if row is None else _tracked(row) for row in answer["seen"])

    def remarks(self) -> tuple[Finding, ...]:
        """What went wrong since this was asked last."""
        said, self._said = tuple(self._said), []
        return said

    def close(self) -> None:
        """End the child, also while it is asked something; it is not used again."""
        self._is_closed = True
        self._end()

    @property
    def _name(self) -> str:
        return ", ".join(path.name for path in self._paths)

    def _load(self, waiting: Callable[[], None]) -> None:
        for path in self._paths:
            if not path.is_file():
                raise NotFound(
                    f"There is no such tracker file: {path}",
                    hint="name another under [label] in fieldset.toml",
                )
        self._child = child = ModelProcess()
        request = {
            "model": str(self._paths[0]),
            "tracker": [str(path) for path in self._paths],
            "seconds": self._load_seconds,
            "memory_bytes": self._memory_bytes,
        }
        try:
            answer = child.ask(request, self._load_seconds, waiting)
        except ModelDied as death:
            raise BadFile(
                f"The tracker {death}: {self._name}", hint=_hint_of(death)
            ) from None
        except BaseException:
            self._end()
            raise
        if "refused" in answer:
            raise BadFile(answer["refused"], hint=answer["hint"])
        self._is_loaded = True

    def _give_up(self, what: str, hint: str) -> None:
        """Tell it once and end the child; a close under way is nothing to tell."""
        self._end()
        if self._is_closed:
            return
        self._said.append(
            Finding(
                severity=Severity.WARNING,
                what=f"{what}; {_GOES_ON}",
                path=self._name,
                next_step=hint,
            )
        )

    def _end(self) -> None:
        self._is_loaded = False
        child, self._child = self._child, None
        if child is not None:
            child.end()


def tracker_of(project: Project) -> OnnxTracker | None:
    """The tracker that the project chose; None where it chose none."""
    settings = project.settings.label
    if not settings.tracker:
        return None
    paths = [project.root / name for name in settings.tracker]
    return OnnxTracker(paths, settings.tracker_seconds)


def _hint_of(death: ModelDied) -> str:
    if "longer than" in str(death):
        return (
            "`tracker_seconds` under [label] in fieldset.toml is how long it may take"
        )
    return "try it on a machine where it does no harm, or export it again"


def _tracked(row: list[Any]) -> Tracked:
    x0, y0, x1, y1, score = row
    return Tracked(corners=(x0, y0, x1, y1), score=score)
