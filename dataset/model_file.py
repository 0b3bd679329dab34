"""The digest of a model's file, by which the test ledger knows it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from .errors import BadFile, UsageError
from .progress import SILENT, Progress

_CHUNK: Final = 1 << 20


def digest_file(path: Path, *, progress: Progress = SILENT) -> str:
    """The SHA-256 of a file's bytes in hexadecimal, as `sha256sum` prints it.

    The file is only read, never opened as a model. `progress` is told of megabytes.

    Raises:
        UsageError: it is no file, or an empty one.
        BadFile: it cannot be read.
    """
    if not path.is_file():
        raise UsageError(
            f"There is no such model file: {path}",
            hint="choose the file that the model was saved to",
        )
    digest, done = hashlib.sha256(), 0
    try:
        total = path.stat().st_size
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                done += len(chunk)
                progress.step(done // _CHUNK, total // _CHUNK, "megabytes")
    except OSError as error:
        raise BadFile(
            f"The model file cannot be read ({error.strerror}): {path}",
            hint="copy it to this machine, then try again",
        ) from error
    if not done:
        raise UsageError(f"The model file is empty: {path}")
    return digest.hexdigest()
