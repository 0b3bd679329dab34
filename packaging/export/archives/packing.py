"""A finished export as one archive: the same bytes anywhere, whole or absent.

Members are sorted by name and carry no clock and no owner. Nothing is compressed:
images are already, and another release of a compressor would choose other bytes.
"""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from dataset import durable
from dataset.errors import ProjectError
from dataset.progress import Progress

from ..handover.tar_file import tar_end, tar_head, tar_padding

SUFFIXES: Final = (".tar", ".zip")
_PART: Final = 1 << 20
_MODE: Final = 0o100644
_UNIX: Final = 3
_FIRST_DAY: Final = (1980, 1, 1, 0, 0, 0)


@contextmanager
def archive_of(target: Path, progress: Progress) -> Iterator[Path]:
    """A folder to fill, which becomes the archive `target` when the block succeeds.

    Raises:
        ProjectError: there is something at `target`.
        StorageFull, ReadOnlyProject: it cannot be written; nothing is left behind.
        Cancelled: `progress` said so; nothing is left behind.
    """
    if target.exists():
        raise ProjectError(
            f"There is something here already: {target}",
            hint="give a new name; an archive cannot be brought up to date",
        )
    durable.make_folder(target.parent)
    with durable.translated(target):
        folder, temporary = (durable.temporary_beside(target) for _ in range(2))
        try:
            yield folder
            with temporary.open("xb") as stream:
                _write(folder, stream, target.suffix.lower(), progress)
            durable.sync_file(temporary)
            temporary.replace(target)
            durable.sync_folder(target.parent)
        finally:
            temporary.unlink(missing_ok=True)
            shutil.rmtree(folder, ignore_errors=True)


def _write(folder: Path, stream: IO[bytes], suffix: str, progress: Progress) -> None:
    names = sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file()
    )
    if suffix == ".zip":
        _write_zip(folder, names, stream, progress)
    else:
        _write_tar(folder, names, stream, progress)


def _write_tar(
    folder: Path, names: list[str], stream: IO[bytes], progress: Progress
) -> None:
    for done, name in enumerate(names):
        progress.step(done, len(names), "packed")
        size = (folder / name).stat().st_size
        stream.write(tar_head(name, size))
        with (folder / name).open("rb") as file:
            shutil.copyfileobj(file, stream, _PART)
        stream.write(tar_padding(size))
    stream.write(tar_end())


def _write_zip(
    folder: Path, names: list[str], stream: IO[bytes], progress: Progress
) -> None:
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for done, name in enumerate(names):
            progress.step(done, len(names), "packed")
            info = zipfile.ZipInfo(name, _FIRST_DAY)
            info.create_system = _UNIX
            info.external_attr = _MODE << 16
            info.file_size = (folder / name).stat().st_size
            with (folder / name).open("rb") as file, archive.open(info, "w") as member:
                shutil.copyfileobj(file, member, _PART)
