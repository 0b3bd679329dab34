"""Pulls a version out of a blob store into a folder; every byte is proven by SHA-256.

The folder gets `images/` and, last of all, `fieldset.json`: `fieldset import` and
`fieldset merge` take it in. A pull that was cut goes on where it was; what lies there
is proven before it counts.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from dataset import durable
from dataset.cloud_settings import CloudSettings
from dataset.errors import BadFile, NotFound, ProjectError
from dataset.progress import SILENT, Progress

from .proof_reading import fetched
from .side_car import FILE_NAME, SideCar, read_side_car
from .stores.blob_store import BlobStore
from .stores.line import Line
from .stores.shelf import HEADS, Head, decode_head, named_by, read_small
from .stores.transfer import Transfer

MARK: Final = ".fieldset-pull"
WAITING: Final = ".fieldset-side-car"
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class PullResult:
    """What a pull did: blobs fetched and found here, bytes fetched, blobs proven."""

    version: str
    project: str
    path: Path
    complete: bool
    sent: int
    skipped: int
    bytes: int
    verified: int
    samples: int
    boxes: int


def pull_version(
    store: BlobStore,
    name: str,
    folder: Path,
    settings: CloudSettings,
    *,
    progress: Progress = SILENT,
) -> PullResult:
    """Fetch a version into a new or empty folder, or complete an earlier pull of it.

    Args:
        store: where from.
        name: alias, id or `latest`.
        folder: where to.
        settings: how the line is used.
        progress: told the number of blobs, with bytes and the time left.

    Raises:
        NotFound: the store holds no such version.
        ProjectError: several projects have one of that name, or the folder holds
            something else.
        CloudError: the store did not answer, or holds other bytes than were pushed.
        BadFile: the side-car is no such thing.
        Cancelled: the person asked to stop; what was fetched stays, and counts.
    """
    line = Line(settings)
    head = find_head(store, line, name)
    _require_room(folder, head)
    pull = _Pull(store=store, line=line, folder=folder, transfer=Transfer())
    pull.transfer.begin(head.samples + 1, head.bytes)
    with durable.translated(folder):
        pull.fetch(head, progress)
    done = pull.transfer
    return PullResult(
        version=head.version,
        project=head.project,
        path=folder,
        complete=head.is_complete,
        sent=done.sent,
        skipped=done.skipped,
        bytes=done.bytes_sent,
        verified=done.sent + done.skipped,
        samples=head.samples,
        boxes=head.boxes,
    )


def find_head(store: BlobStore, line: Line, name: str) -> Head:
    """The head of the version called `name`: alias, id or `latest`.

    Raises:
        NotFound: there is none.
        ProjectError: versions of several projects, or of two stations, answer to it.
    """

    def listed() -> list[str]:
        return [blob.name for blob in store.listed(HEADS)]

    names = [(n, named) for n in line.asked(listed) if (named := named_by(n))]
    if name.startswith("dv-"):
        names = [(n, named) for n, named in names if named[1] == name]
    heads = [decode_head(read_small(store, line, n), n) for n, _ in names]
    if name == "latest":
        newest = max((head.created_us for head in heads), default=0)
        is_mixed = len({head.project for head in heads}) > 1
        heads = [h for h in heads if is_mixed or h.created_us == newest]
    elif not name.startswith("dv-"):
        heads = [head for head in heads if head.alias == name]
    if not heads:
        raise NotFound(
            f"The store holds no such version, {store.label}: {name}",
            hint="push it first, or name another one",
        )
    if len({head.version for head in heads}) > 1:
        known = ", ".join(sorted(head.version for head in heads))
        raise ProjectError(
            f"Several versions in the store answer to {name}: {known}",
            hint="name the one you mean by its id",
        )
    return heads[0]


@dataclass(slots=True, kw_only=True)
class _Pull:
    """One version on its way into a folder."""

    store: BlobStore
    line: Line
    folder: Path
    transfer: Transfer

    def fetch(self, head: Head, progress: Progress) -> None:
        """Fetch what is missing, the side-car's name last."""
        durable.make_folder(self.folder)
        mark = self.folder / MARK
        durable.replace(mark, f"{head.version}\n".encode())
        waiting = self.folder / WAITING
        waiting.mkdir(exist_ok=True)
        if _has(self.folder / FILE_NAME, head.manifest):
            (self.folder / FILE_NAME).replace(waiting / FILE_NAME)
        self.transfer.add(self._taken(waiting / FILE_NAME, head.manifest))
        side_car = _sound(read_side_car(waiting), head)
        work = self._fetcher(side_car)
        wanted = self._wanted(side_car)
        with closing(self.line.each(self.store, wanted, work)) as fetching:
            for done in fetching:
                if done is not None:
                    self.transfer.add(done)
                self.transfer.tell(progress)
        (waiting / FILE_NAME).replace(self.folder / FILE_NAME)
        durable.sync_folder(self.folder)
        waiting.rmdir()
        mark.unlink(missing_ok=True)

    def _wanted(self, side_car: SideCar) -> Iterator[tuple[str, str]]:
        for sample in side_car.samples.values():
            yield sample.path, sample.id

    def _fetcher(
        self, side_car: SideCar
    ) -> Callable[[tuple[str, str]], tuple[int, bool]]:
        for folder in sorted({Path(s.path).parent for s in side_car.samples.values()}):
            durable.make_folder(self.folder / folder)

        def fetch(wanted: tuple[str, str]) -> tuple[int, bool]:
            with durable.translated(self.folder / wanted[0]):
                return self._taken(self.folder / wanted[0], wanted[1])

        return fetch

    def _taken(self, path: Path, sha256: str) -> tuple[int, bool]:
        """Have the bytes of that digest at `path`; their number, whether fetched."""
        if _has(path, sha256):
            return path.stat().st_size, False
        with _whole_file(path) as file:

            def begin() -> Callable[[bytes], object]:
                file.seek(0)
                file.truncate()
                return file.write

            return fetched(self.store, self.line, sha256, begin), True


def _require_room(folder: Path, head: Head) -> None:
    """Pass where the folder is empty, or an earlier pull of this version."""
    with durable.translated(folder):
        if not folder.exists():
            return
        if not folder.is_dir():
            raise ProjectError(f"This is a file, not a folder: {folder}")
        if not any(folder.iterdir()):
            return
        mark = folder / MARK
        if mark.is_file() and mark.read_bytes().startswith(head.version.encode()):
            return
    try:
        side_car = read_side_car(folder)
    except (BadFile, ProjectError):
        side_car = None
    if side_car is None or side_car.version != head.version:
        raise ProjectError(
            f"The folder holds something else than this version: {folder}",
            hint="choose a new or empty folder",
        )


def _sound(side_car: SideCar, head: Head) -> SideCar:
    """The side-car, where it is that of the head and names nothing but our files."""
    if side_car.version != head.version or len(side_car.samples) != head.samples:
        raise BadFile(f"The side-car is not that of the version: {head.version}")
    for sample in side_car.samples.values():
        if not sample.suffix.isalnum() or len(sample.suffix) > 5:
            raise BadFile(f"A sample's file name is not ours: {sample.path}")
    for name, sample_id in side_car.image_names.items():
        if side_car.samples[sample_id].path != name:
            raise BadFile(f"A sample's file name is not ours: {name}")
    return side_car


def _has(path: Path, sha256: str) -> bool:
    """Whether a file of our own, and no link to another place, has that digest."""
    if path.is_symlink() or not path.is_file():
        return False
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest() == sha256


@contextmanager
def _whole_file(path: Path) -> Iterator[IO[bytes]]:
    """A file that takes its name when the block succeeds, flushed."""
    fresh = durable.temporary_beside(path)
    try:
        with fresh.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        durable.sync_folder(path.parent)
    finally:
        fresh.unlink(missing_ok=True)
