"""A folder that an export is written into: fresh beside its target, or in place.

A first export is built in a temporary folder beside the target and renamed as a whole.
An update writes into the target itself, file by file and each one whole, touches only
what differs, and removes what is stale only if the earlier side-car says it is ours.
Images are copied, sharing their blocks where the file system can, and never linked.

Nothing here is flushed to the disk: an export can be made again, and flushing would
cost more than all the rest. After a power cut the side-car tells what is not whole.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from dataset import durable

from .file_list import FileList, merged
from .image_copies import ImageCopies, ImageCopy, image_bytes
from .outgoing import OutgoingBatch, OutgoingSample
from .placed_file import PlacedFile

_COMPARE_LIMIT = 1 << 22
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)


class ExportFolder:
    """Where one export writes its files; paths are relative, with forward slashes.

    `files` holds the SHA-256 of every file written and `images` that of every image
    copied, `bytes` their size together. `image_kinds` are the images' folders and
    suffixes; no other file is of such a kind.
    """

    def __init__(
        self, root: Path, source: Path, copies: ImageCopies, *, in_place: bool
    ) -> None:
        self.root = root
        self.files = FileList(self.scratch)
        self.images = FileList(self.scratch)
        self.image_kinds: set[tuple[str, str]] = set()
        self.bytes = 0
        self._source = str(source)
        self._copies = copies
        self._in_place = in_place
        self._folders: set[str] = set()

    def copy_all(self, batch: OutgoingBatch) -> None:
        """Have images copied; in place, one of the right size is left alone.

        The id is the digest: that the store's bytes have it, `fieldset check --deep`
        proves. Raises what `ImageCopies.add` raises, also for earlier images.
        """
        names, ids = batch.image_names.to_pylist(), batch.ids.to_pylist()
        paths, sizes = batch.store_paths.to_pylist(), batch.numbers("size_bytes")
        for name, key, path, size in zip(
            names, ids, paths, sizes.tolist(), strict=True
        ):
            target = self._place(name)
            self.images.add(name, key)
            temporary = durable.temporary_beside(Path(target)) if self._in_place else ""
            self._copies.add(
                ImageCopy(
                    source=f"{self._source}/{path}",
                    target=target,
                    size_bytes=size,
                    temporary=str(temporary),
                )
            )
        self.image_kinds.update(map(_kind, names))

    def finish_copies(self) -> None:
        """Wait until every image is there; raises what `ImageCopies.finish` raises."""
        self.bytes += self._copies.finish()

    def write(self, name: str, data: bytes) -> None:
        """Write a file of an export; in place, an equal one is left alone."""
        place = self._place(name)
        self.files.add(name, hashlib.sha256(data).hexdigest())
        self.bytes += len(data)
        if not self._in_place:
            _write(place, data)
            return
        target = Path(place)
        if not _holds(target, data):
            temporary = durable.temporary_beside(target)
            temporary.write_bytes(data)
            temporary.replace(target)

    def write_joined(self, name: str, parts: Iterable[bytes | Path]) -> str:
        """Write one file from pieces, some of them the content of scratch files.

        Gives its SHA-256.
        """
        file = self.open(name)
        try:
            for part in parts:
                for piece in _pieces(part):
                    file.write(piece)
            file.close()
            return file.digest
        finally:
            file.discard()

    def open(self, name: str) -> PlacedFile:
        """A file to write as a stream; in place, an equal one is left alone."""
        target = Path(self._place(name))

        def note(digest: str, size: int) -> None:
            self.files.add(name, digest)
            self.bytes += size

        return PlacedFile(
            target,
            durable.temporary_beside(target),
            keeps_equal=self._in_place,
            on_close=note,
        )

    def read(self, sample: OutgoingSample) -> bytes:
        """The bytes of a sample's image, for a format that packs them.

        Raises:
            ProjectError: the image cannot be read.
            BadImage: it has another size than the version says.
        """
        return image_bytes(f"{self._source}/{sample.path}", sample.size_bytes)

    def make_folder(self, name: str) -> None:
        """Make a folder that may stay empty."""
        (self.root / name).mkdir(parents=True, exist_ok=True)

    def scratch(self) -> Path:
        """A fresh name for a file that must not outlive the export."""
        self.root.mkdir(parents=True, exist_ok=True)
        return durable.temporary_beside(self.root / "scratch")

    def digest(self) -> str:
        """The SHA-256 over the sorted lines "sha256  path" of all files so far."""
        whole = hashlib.sha256()
        for name, digest in merged(self.files, self.images):
            whole.update(f"{digest}  {name}\n".encode())
        return whole.hexdigest()

    def remove_stale(self, names: set[str]) -> int:
        """Remove files of an earlier export that this one does not have."""
        removed = 0
        stale = set(names)
        stale.difference_update(name for name, _ in merged(self.files, self.images))
        for name in sorted(stale):
            path = self.root / name
            if not _is_inside(self.root, path):
                continue
            if path.is_file():
                path.unlink()
                removed += 1
            _remove_empty(path.parent, self.root)
        return removed

    def close(self) -> None:
        """Remove the lists' scratch files."""
        self.files.close()
        self.images.close()

    def _place(self, name: str) -> str:
        folder = name.rpartition("/")[0]
        if folder not in self._folders:
            (self.root / folder).mkdir(parents=True, exist_ok=True)
            self._folders.add(folder)
        return f"{self.root}/{name}"


@contextmanager
def fresh_folder(target: Path, source: Path) -> Iterator[ExportFolder]:
    """A folder beside `target` that becomes it as a whole when the block succeeds.

    Raises:
        ProjectError: the target holds something.
        StorageFull, ReadOnlyProject: it cannot be written; nothing is left behind.
    """
    durable.make_folder(target.parent)
    with durable.translated(target):
        temporary = durable.temporary_beside(target)
        temporary.mkdir()
        try:
            with _opened(temporary, source, in_place=False) as folder:
                yield folder
            if target.is_dir():
                target.rmdir()
            temporary.rename(target)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise


@contextmanager
def kept_folder(target: Path, source: Path) -> Iterator[ExportFolder]:
    """The folder of an earlier export, to be brought up to date in place."""
    with durable.translated(target):
        _remove_scratch(target)
        try:
            with _opened(target, source, in_place=True) as folder:
                yield folder
        finally:
            _remove_scratch(target)


def _kind(name: str) -> tuple[str, str]:
    folder, _, bare = name.rpartition("/")
    return folder, bare.rpartition(".")[2]


@contextmanager
def _opened(root: Path, source: Path, *, in_place: bool) -> Iterator[ExportFolder]:
    with ImageCopies() as copies:
        folder = ExportFolder(root, source, copies, in_place=in_place)
        try:
            yield folder
        finally:
            folder.close()


def stale_caches(target: Path) -> tuple[str, ...]:
    """Caches that a trainer left among the labels; it may trust them wrongly."""
    return tuple(sorted(p.name for p in (target / "labels").glob("*.cache")))


def earlier_files(digests: Mapping[str, object]) -> set[str]:
    """File names of a side-car that may be removed: relative and tame ones only."""
    return {
        name
        for name in digests
        if not name.startswith("/") and ".." not in name.split("/") and "\\" not in name
    }


def _remove_scratch(target: Path) -> None:
    for path in target.rglob(f"{durable.TEMPORARY_PREFIX}*"):
        if path.is_file():
            path.unlink()


def _remove_empty(folder: Path, root: Path) -> None:
    while folder != root:
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent


def _is_inside(root: Path, path: Path) -> bool:
    try:
        return path.parent.resolve().is_relative_to(root.resolve())
    except OSError:
        return False


def _holds(path: Path, data: bytes) -> bool:
    try:
        return path.stat().st_size == len(data) and path.read_bytes() == data
    except FileNotFoundError:
        return False


def _write(place: str, data: bytes) -> None:
    """Write a new file with as few calls to the system as can be."""
    handle = os.open(place, _NEW_FILE, 0o666)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(handle, view) :]
    finally:
        os.close(handle)


def _pieces(part: bytes | Path) -> Iterator[bytes]:
    if isinstance(part, bytes):
        yield part
        return
    with part.open("rb") as stream:
        while piece := stream.read(_COMPARE_LIMIT):
            yield piece
    part.unlink()
