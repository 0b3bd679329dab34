"""Versions: immutable, content-addressed states of the dataset.

A version is the folder `versions/vN` of a project with `manifest.parquet` and
`version.json`. It is written into a temporary folder beside it, flushed and renamed:
a folder without `version.json` does not exist, whatever else it holds. The number N
is the folder's name alone. Reading a version never opens the catalog.
"""

from __future__ import annotations

import errno
import re
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from . import durable
from .errors import BadFile, NewerProject, NotFound, ProjectError
from .progress import SILENT, Progress
from .records import LabelClass, Split, Version, VersionSample
from .sample_batch import batches_of
from .versions import version_file
from .versions.frozen_version import FrozenVersion
from .versions.version_build import VersionBuild
from .versions.version_file import VersionRecord

__all__ = [
    "FOLDER",
    "FrozenVersion",
    "WrittenVersion",
    "list_versions",
    "read_version",
    "readable_versions",
    "sweep",
    "write_version",
    "write_version_batches",
]

FOLDER: Final = "versions"
_ALIAS = re.compile(r"v([1-9][0-9]{0,8})")
_ABANDONED_US: Final = 24 * 3600 * 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenVersion:
    """A version, and whether it was `known`: the same content is there already.

    `manifest_sha256` is that of the manifest that was written, or lies there.
    """

    version: Version
    known: bool
    manifest_sha256: str


def write_version(
    root: Path,
    *,
    samples: Iterable[VersionSample],
    classes: tuple[LabelClass, ...],
    splits: tuple[Split, ...],
    policy: Mapping[str, Any],
    parent: str | None,
    message: str,
    author: str,
    created_us: int,
    number: int | None = None,
    progress: Progress = SILENT,
) -> WrittenVersion:
    """Freeze samples, which come sorted by id, as a version of the project at `root`.

    Durable when it returns. Memory does not grow with the number of samples. Content
    that an earlier version holds under the same taxonomy and policy makes no new
    version: that one comes back as `known`.

    Args:
        root: the project's folder.
        samples: sorted by id, each once; may be lazy.
        classes: all classes, the retired ones too.
        splits: all splits; those that hold a sample count towards the id.
        policy: what shaped the content, as JSON would hold it; counts towards the id.
        parent: the id of the version before.
        message: what the author says of it.
        author: who froze it.
        created_us: when, in microseconds since the epoch.
        number: of the alias; by default the highest there is, plus one.
        progress: told the number of samples written.

    Raises:
        ProjectError: samples out of order, or a box id twice in one sample.
        StorageFull, ReadOnlyProject: nothing is left behind.
    """
    return write_version_batches(
        root, batches=batches_of(samples), classes=classes, splits=splits,
        policy=policy, parent=parent, message=message, author=author,
        created_us=created_us, number=number, progress=progress,
    )  # fmt: skip


def write_version_batches(
    root: Path,
    *,
    batches: Iterable[pa.RecordBatch],
    classes: tuple[LabelClass, ...],
    splits: tuple[Split, ...],
    policy: Mapping[str, Any],
    parent: str | None,
    message: str,
    author: str,
    created_us: int,
    number: int | None = None,
    check: Callable[[VersionRecord], None] | None = None,
    progress: Progress = SILENT,
) -> WrittenVersion:
    """`write_version` for samples as record batches of `sample_batch.BATCH`.

    The way for a million samples: no Python object is made for a sample or a box.
    Batches of `manifest.FILE` bring their leaves along. `check` may refuse what came
    of it, by raising, before it exists. Raises and guarantees the same.
    """
    folder = root / FOLDER
    durable.make_folder(folder)
    with _temporary(folder) as temporary:
        build = VersionBuild(temporary / version_file.MANIFEST_NAME, splits)
        build.take(batches, progress)
        record = build.record(classes=classes, policy=policy)
        if check is not None:
            check(record)
        for number_there in _aliases(folder):
            known = _open(root, number_there).record
            if known.version.id == record.version.id:
                return _written(known, known=True)
        noted = replace(
            record.version, parent=parent, message=message, author=author,
            created_us=created_us,
        )  # fmt: skip
        data = version_file.encode(replace(record, version=noted))
        durable.write_new(temporary / version_file.FILE_NAME, data)
        durable.sync_folder(temporary)
        given = _publish(temporary, folder, number)
    return _written(replace(record, version=replace(noted, number=given)), known=False)


def read_version(root: Path, name: str) -> FrozenVersion:
    """The version called `name`: an alias (`v2`), an id (`dv-...`) or `latest`.

    Raises:
        NotFound: the project at `root` has no such version.
        BadFile: the version's files are damaged.
        NewerProject: a newer fieldset wrote it.
    """
    aliases = _aliases(root / FOLDER)
    if name == "latest" and aliases:
        return _open(root, max(aliases))
    if match := _ALIAS.fullmatch(name):
        if int(match[1]) in aliases:
            return _open(root, int(match[1]))
    elif name.startswith("dv-"):
        for number in aliases:
            found = _open(root, number)
            if found.version.id == name:
                return found
    raise NotFound(
        f"The project has no such version: {name}",
        hint="`fieldset version list` shows those there are",
    )


def list_versions(root: Path) -> tuple[Version, ...]:
    """The versions of the project at `root`, by number.

    Raises:
        BadFile: a version's file is damaged.
        NewerProject: a newer fieldset wrote one.
    """
    return tuple(_open(root, number).version for number in _aliases(root / FOLDER))


def readable_versions(root: Path) -> tuple[Version, ...]:
    """The versions as `list_versions` gives them, without those that are damaged."""
    found = []
    for number in _aliases(root / FOLDER):
        with suppress(BadFile, NewerProject):
            found.append(_open(root, number).version)
    return tuple(found)


def sweep(root: Path, *, now_us: int) -> int:
    """Remove what interrupted writers left more than a day ago; how many folders.

    Args:
        root: the project's folder.
        now_us: the present, in microseconds since the epoch. A younger folder may
            belong to a writer at work and stays.
    """
    removed = 0
    for path in (root / FOLDER).glob(durable.TEMPORARY_PREFIX + "*"):
        try:
            times = [item.stat().st_mtime_ns for item in (path, *path.iterdir())]
        except OSError:
            continue
        if now_us - max(times) // 1000 > _ABANDONED_US:
            shutil.rmtree(path, ignore_errors=True)
            removed += 1
    return removed


def _written(record: VersionRecord, *, known: bool) -> WrittenVersion:
    return WrittenVersion(
        version=record.version, known=known, manifest_sha256=record.manifest_sha256
    )


def _open(root: Path, number: int) -> FrozenVersion:
    folder = root / FOLDER / f"v{number}"
    record = version_file.load(folder / version_file.FILE_NAME, number)
    return FrozenVersion(root=root, folder=folder, record=record)


def _aliases(folder: Path) -> list[int]:
    numbers = _numbers(folder)
    return [n for n in numbers if (folder / f"v{n}" / version_file.FILE_NAME).is_file()]


def _numbers(folder: Path) -> list[int]:
    if not folder.is_dir():
        return []
    matches = (_ALIAS.fullmatch(path.name) for path in folder.iterdir())
    return sorted(int(match[1]) for match in matches if match)


@contextmanager
def _temporary(folder: Path) -> Iterator[Path]:
    path = folder / f"{durable.TEMPORARY_PREFIX}{secrets.token_hex(8)}"
    with durable.translated(folder):
        path.mkdir()
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)


def _publish(temporary: Path, folder: Path, number: int | None) -> int:
    """Rename into place; another writer may take the number first."""
    while True:
        given = number or max(_numbers(folder), default=0) + 1
        try:
            # A directory is never renamed onto one that holds something.
            temporary.rename(folder / f"v{given}")
        except OSError as error:
            if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                raise
            if number is not None:
                raise ProjectError(
                    f"The version number is taken: v{number}",
                    hint="leave the number out, or remove the damaged folder",
                ) from error
        else:
            durable.sync_folder(folder)
            return given
