"""The parent's end of one model's file: loaded once, asked picture by picture.

It lives until it is closed. A picture on which it dies or hangs is refused, and the
next one gets a new child.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from dataset.errors import BadFile, BadImage, NotFound, UsageError
from dataset.model_file import digest_file

from .model_process import LOAD_S, MEMORY_BYTES, ModelDied, ModelProcess

_WEIGHTS: Final = (".data", "_data")


class ChildModel:
    """A model of the user's in a child process; use it as a context manager.

    Attributes:
        digest: SHA-256 of the model's file alone.
    """

    def __init__(
        self,
        path: Path,
        order: Mapping[str, Any],
        *,
        table: str,
        memory_bytes: int = MEMORY_BYTES,
        load_seconds: float = LOAD_S,
        command: tuple[str, ...] = (),
    ) -> None:
        """Digest the file; nothing is loaded yet.

        `order` is what the child is told beside the path, `table` the part of
        `fieldset.toml` that hints name, `command` another program for the child.

        Raises:
            NotFound: there is no such file.
            BadFile: it is empty.
        """
        self._path = path.absolute()
        self._order = order
        self._table = table
        self._memory_bytes = memory_bytes
        self._load_seconds = load_seconds
        self._command = command
        self._child: ModelProcess | None = None
        self.digest = self._digest()
        self._stamp = _stamp(self._path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the child."""
        child, self._child = self._child, None
        if child is not None:
            child.end()

    def _load(self, waiting: Callable[[], None]) -> dict[str, Any]:
        """What the child tells of the model.

        Raises:
            BadFile: the model cannot be used, or is not the same file any more.
        """
        if _stamp(self._path) != self._stamp:
            raise BadFile(
                f"The model's file changed while it was used: {self._path.name}",
                hint="start again once it is in place",
            )
        self._child = ModelProcess(self._command or None)
        seconds = self._load_seconds
        request = {
            "model": str(self._path),
            **self._order,
            "seconds": seconds,
            "memory_bytes": self._memory_bytes,
        }
        try:
            answer = self._child.ask(request, seconds, waiting)
        except ModelDied as death:
            self.close()
            raise BadFile(
                f"The model {death}: {self._path.name}",
                hint="try it on a machine where it does no harm, or export it again",
            ) from None
        except BaseException:
            self.close()
            raise
        if "refused" in answer:
            self.close()
            raise BadFile(answer["refused"], hint=answer["hint"])
        return answer

    def _asked(
        self, picture: Path, seconds: float, waiting: Callable[[], None]
    ) -> dict[str, Any]:
        """The child's answer to the picture in that file.

        Raises:
            BadImage: the picture cannot be read.
            BadFile: the model failed on it, or is not the same file any more.
        """
        try:
            if self._child is None or not self._child.is_alive:
                self._load(waiting)
            assert self._child is not None
            answer = self._child.ask(
                {"path": str(picture), "seconds": seconds}, seconds, waiting
            )
        except ModelDied as death:
            self.close()
            raise BadFile(
                f"The model {death} on a picture: {picture.name[:12]}",
                hint=f"`seconds` under [{self._table}] in fieldset.toml is how long it "
                "may take",
            ) from None
        if "refused" in answer:
            kind = BadImage if answer["is_image"] else BadFile
            raise kind(answer["refused"], hint=answer["hint"])
        return answer

    def _digest(self) -> str:
        if not self._path.is_file():
            raise NotFound(
                f"There is no such model file: {self._path}",
                hint=f"name another under [{self._table}] in fieldset.toml, or bring "
                "it back",
            )
        try:
            return digest_file(self._path)
        except UsageError as error:
            raise BadFile(error.message, hint="copy the model again") from error

    def _key(self, *used: object) -> str:
        """What answers depend on: the model, its weights, and how it is used."""
        beside = [self._path.with_name(self._path.name + end) for end in _WEIGHTS]
        weights = [digest_file(one) for one in beside if one.is_file()]
        revision, *others = used
        told = [revision, self.digest, weights, *others]
        text = json.dumps(told, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def _stamp(path: Path) -> tuple[int, int]:
    """Size and time of the file: whether it is still the one that was digested."""
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return found.st_size, found.st_mtime_ns
