"""An export that lies in a blob store, under a prefix of its own: whole or unfinished.

It is made on this machine first, read back and compared like any other, then sent:
every blob is created and none replaced, the sums of each format come last, and what
lies there is listed and compared again. The same version gives the same bytes, so a
sending that was cut is made again and goes on where it was, without a journal.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from dataset import durable
from dataset.cloud_settings import CloudSettings
from dataset.errors import CloudError, ProjectError, ReadOnlyProject
from dataset.progress import SILENT, Progress
from dataset.sealed.sealing import Person
from dataset.version import FOLDER as VERSIONS

from .contract import ExportResult
from .formats import writer_for
from .handover.sums import FILE_NAME as SUMS
from .handover.sums import sums_in
from .operation import export_version
from .stores.blob_store import Blob, BlobStore, Content
from .stores.line import Line
from .stores.once import created
from .stores.shelf import STORE_FILE
from .stores.transfer import Transfer

_HINT: Final = "name a prefix of its own in the container"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredExport:
    """What was written, and what of it went: blobs sent and found there, bytes sent.

    The path of each result is where it was made; `targets` say where each lies now.
    """

    results: tuple[ExportResult, ...]
    targets: tuple[str, ...]
    sent: int
    skipped: int
    bytes: int


def export_to_store(
    root: Path,
    name: str,
    store: BlobStore,
    settings: CloudSettings,
    *,
    formats: Sequence[str],
    include_sealed: bool = False,
    drop_empty: bool = False,
    annotations_only: bool = False,
    reason: str = "",
    by: Person | None = None,
    progress: Progress = SILENT,
) -> StoredExport:
    """Write a version in one or more formats into a store; resumable.

    One format lies at the store's own root (its prefix), several in a part each below
    it. The other arguments are those of `export_version`. It is made inside of the
    project's folder, or in the system's temporary folder where that cannot be
    written; room for the images is needed there, unless the file system shares blocks.

    Raises:
        ProjectError: the target holds other things, or another export; nothing of it
            is touched.
        CloudError: the store refused or did not answer; run it again, it goes on.
        Cancelled: the person asked to stop; what was sent stays, and counts.
        FieldsetError: what `export_version` raises.
    """
    for item in formats:
        writer_for(item)
    line = Line(settings)
    there = _listed(store, line, progress)
    if STORE_FILE in there:
        raise ProjectError(
            f"The target holds pushed versions, not exports: {store.label}", hint=_HINT
        )
    with _scratch(root) as folder:
        results = export_version(
            root,
            name,
            formats=formats,
            target=folder / "export",
            include_sealed=include_sealed,
            drop_empty=drop_empty,
            annotations_only=annotations_only,
            reason=reason,
            by=by,
            progress=progress,
        )
        sending = _Sending(store=store, line=line, results=results)
        # Listed again: what a run before this one had under way may be there by now.
        sending.send(_listed(store, line, progress), progress)
    done = sending.transfer
    return StoredExport(
        results=results,
        targets=tuple(f"{store.label}/{part}".rstrip("/") for part in sending.parts),
        sent=done.sent,
        skipped=done.skipped,
        bytes=done.bytes_sent,
    )


@dataclass(slots=True, kw_only=True)
class _Sending:
    """A finished export on its way."""

    store: BlobStore
    line: Line
    results: tuple[ExportResult, ...]
    transfer: Transfer = field(default_factory=Transfer)

    @property
    def parts(self) -> tuple[str, ...]:
        """What the names of each format begin with, without a slash at the end."""
        is_alone = len(self.results) == 1
        return tuple("" if is_alone else result.format for result in self.results)

    def send(self, there: Mapping[str, Blob], progress: Progress) -> None:
        """Send what is missing, the sums last; compare what lies there afterwards."""
        self._require_ours(there)
        self.transfer.begin(
            sum(1 for _ in self._all()), sum(result.bytes for result in self.results)
        )
        self._send_all(self._files(), there, progress)
        self._send_all(self._sums(), there, progress)
        found = _listed(self.store, self.line, progress)
        for name, content in self._all():
            if name not in found or not _may_be(found[name], content):
                raise CloudError(
                    f"The store lost a file of the export, {self.store.label}: {name}",
                    hint="run the same command again: what is missing is sent",
                )

    def _all(self) -> Iterator[tuple[str, Content]]:
        yield from self._files()
        yield from self._sums()

    def _files(self) -> Iterator[tuple[str, Content]]:
        """Every file but the sums, with the digest that the sums say."""
        for part, result in zip(self.parts, self.results, strict=True):
            for digest, name in sums_in((result.path / SUMS).read_bytes()):
                path = result.path / name
                size = path.stat().st_size
                yield (
                    f"{part}/{name}".lstrip("/"),
                    Content(sha256=digest, size_bytes=size, path=path),
                )

    def _sums(self) -> Iterator[tuple[str, Content]]:
        for part, result in zip(self.parts, self.results, strict=True):
            content = Content.of((result.path / SUMS).read_bytes())
            yield f"{part}/{SUMS}".lstrip("/"), content

    def _require_ours(self, there: Mapping[str, Blob]) -> None:
        """Refuse a place in which anything lies that is no part of this export."""
        if not there:
            return
        strange = set(there)
        for name, content in self._all():
            blob = there.get(name)
            if blob is not None:
                self._require_same(name, blob, content)
                strange.discard(name)
        if strange:
            raise ProjectError(
                f"The target holds other things than this export, "
                f"{self.store.label}: {min(strange)}",
                hint=_HINT,
            )

    def _require_same(self, name: str, blob: Blob, content: Content) -> None:
        if _may_be(blob, content) and (blob.sha256 or self._holds(name, content)):
            return
        raise ProjectError(
            f"The target holds another export, {self.store.label}: {name}", hint=_HINT
        )

    def _holds(self, name: str, content: Content) -> bool:
        """Whether a blob that came without a digest has the bytes of ours."""

        def read() -> str:
            digest = hashlib.sha256()
            for piece in self.store.get(name):
                digest.update(piece)
            return digest.hexdigest()

        return self.line.asked(read) == content.sha256

    def _send_all(
        self,
        files: Iterator[tuple[str, Content]],
        there: Mapping[str, Blob],
        progress: Progress,
    ) -> None:
        def send(file: tuple[str, Content]) -> tuple[int, bool]:
            name, content = file
            if name in there:
                return content.size_bytes, False
            blob = created(self.store, self.line, name, content)
            if blob is not None:
                # Another writer was faster, or the answer to ours was lost.
                self._require_same(name, blob, content)
            return content.size_bytes, blob is None

        with closing(self.line.each(self.store, files, send)) as sending:
            for done in sending:
                if done is not None:
                    self.transfer.add(done)
                self.transfer.tell(progress)


def _may_be(blob: Blob, content: Content) -> bool:
    """Whether a blob has the size, and the digest if it says one, of a file of ours."""
    is_same = blob.sha256 in ("", content.sha256)
    return is_same and blob.size_bytes == content.size_bytes


def _listed(store: BlobStore, line: Line, progress: Progress) -> dict[str, Blob]:
    def listed() -> dict[str, Blob]:
        return {blob.name: blob for blob in store.listed("")}

    return line.heard(store, lambda: line.asked(listed), progress)


@contextmanager
def _scratch(root: Path) -> Iterator[Path]:
    """A folder that is gone afterwards, on the disk of the images where possible.

    It lies among the versions: what a kill leaves there is swept with the leftovers of
    a freeze, and an erasure finds it.
    """
    folder = durable.temporary_beside(root / VERSIONS / "export")
    try:
        with durable.translated(folder):
            folder.mkdir()
    except ReadOnlyProject:
        folder = Path(tempfile.mkdtemp(prefix="fieldset-export-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
