"""Pushes a version into a blob store: content first, the side-car next, the head last.

What is there already is learned from the store itself, which alone knows: a push that
was killed, cut or refused goes on where it was, and sends nothing twice. A version that
is there costs one request.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from dataset.cloud_settings import CloudSettings
from dataset.errors import BadFile, CloudError
from dataset.progress import SILENT, Progress
from dataset.project import Project
from dataset.sealed.sealing import Person, require_reason
from dataset.versions.frozen_version import FrozenVersion

from .closed_version import read_closed
from .handover.export_folder import fresh_folder
from .handover.outgoing import ALL_COLUMNS, OutgoingBatch, OutgoingSample
from .handover.plan import Plan, make_plan
from .proof_reading import prove_blobs
from .sealed_leaving import record_sealed
from .side_car import FILE_NAME, SideCarWriter
from .side_car_reader import FORMAT
from .stores.blob_store import BlobChanged, BlobMissing, BlobStore, Content
from .stores.line import Line
from .stores.once import created
from .stores.shelf import (
    BLOBS,
    Head,
    blob_name,
    claim,
    decode_head,
    encode_head,
    head_name,
    read_small,
)
from .stores.transfer import Transfer

_TRIES: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class PushResult:
    """What a push did: blobs sent and found there, bytes sent.

    `verified` counts the blobs that were read back and proven by SHA-256; 0 where
    nobody asked for it. `left_out` pairs a reason with a number of samples.
    """

    version: str
    target: str
    sent: int
    skipped: int
    bytes: int
    verified: int
    left_out: tuple[tuple[str, int], ...]


def push_version(
    root: Path,
    name: str,
    store: BlobStore,
    settings: CloudSettings,
    *,
    include_sealed: bool = False,
    reason: str = "",
    by: Person | None = None,
    verify: bool = False,
    progress: Progress = SILENT,
) -> PushResult:
    """Push a version, and move its head when all of it is there.

    Sealed test sets stay at home, as in an export; with `include_sealed` they go along
    and the test ledger is told before anything is sent: `reason`, and `by` whom.
    With `verify` every blob of the version is read back and its SHA-256 compared.
    Progress is told the number of blobs, with bytes and the time left.

    Raises:
        PolicyRefusal: no reason is given, or the target holds other things.
        CloudError: the store refused or did not answer; run it again, it goes on.
        BadFile: an image is not what was frozen.
        Cancelled: the person asked to stop; what was sent stays, and counts.
    """
    if include_sealed:
        require_reason(reason)
    with Project.open(root, read_only=True) as project:
        project_id = project.catalog.fact("project_id") or ""
    with read_closed(root, name) as frozen, read_closed(root, name) as again:
        push = _Push(
            frozen=frozen,
            again=again,
            include_sealed=include_sealed,
            project=project_id,
            store=store,
            line=Line(settings),
        )
        there = push.line.heard(store, push.head, progress)
        if there is None or not push.holds(there):
            if include_sealed:
                record_sealed(root, frozen, reason, by or Person())
            there = push.send(there, progress)
        else:
            push.transfer.skipped = there.samples + 1
        verified = 0
        if verify:
            verified = prove_blobs(store, push.line, there, push.plan, progress)
    done = push.transfer
    return PushResult(
        version=frozen.version.id,
        target=store.label,
        sent=done.sent,
        skipped=done.skipped,
        bytes=done.bytes_sent,
        verified=verified,
        left_out=there.left_out,
    )


@dataclass(slots=True, kw_only=True)
class _Push:
    """One version on its way; `again` is the same one, opened a second time."""

    frozen: FrozenVersion
    again: FrozenVersion
    include_sealed: bool
    project: str
    store: BlobStore
    line: Line
    transfer: Transfer = field(default_factory=Transfer)
    _plan: Plan | None = None

    @property
    def plan(self) -> Plan:
        """What is to go; a walk through the version, made when it is asked for."""
        if self._plan is None:
            self._plan = make_plan(self.frozen, include_sealed=self.include_sealed)
        return self._plan

    def head(self) -> Head | None:
        """The head that the store has of this version."""
        name = head_name(self.project, self.frozen.version.id)
        try:
            return decode_head(read_small(self.store, self.line, name), name)
        except BlobMissing:
            return None

    def holds(self, there: Head) -> bool:
        """Whether all that is to go is there: a version's content never changes."""
        return there.is_complete or set(there.left_out) <= set(self.plan.left_out)

    def send(self, there: Head | None, progress: Progress) -> Head:
        """Send what is missing; gives the head that leads to it."""
        known = self.line.heard(
            self.store, lambda: self._known(is_new=there is None), progress
        )
        with tempfile.TemporaryDirectory(prefix="fieldset-push-") as place:
            self.transfer.begin(self.plan.samples + 1, self._images_bytes())
            own = replace(self.plan, frozen=self.again)
            with _beside(own, Path(place) / "push") as side_car:
                self._send_all(self._images(), known, progress)
                written = side_car()
            head = self._new_head(written)
            self.transfer.bytes_total = head.bytes
            self._send_all(iter([written]), known, progress)
        self._move_head(head)
        return head

    def _known(self, *, is_new: bool) -> dict[str, int]:
        """Size of each blob that the store has, by name; a new one is claimed."""
        if is_new:
            claim(self.store, self.line)

        def listed() -> dict[str, int]:
            return {blob.name: blob.size_bytes for blob in self.store.listed(BLOBS)}

        return self.line.asked(listed)

    def _images_bytes(self) -> int:
        return sum(self.plan.bytes.values())

    def _images(self) -> Iterator[Content]:
        return (_content(self.frozen.root, s) for s in self.plan.images())

    def _send_all(
        self, contents: Iterator[Content], known: dict[str, int], progress: Progress
    ) -> None:
        work = self._sender(known)
        with closing(self.line.each(self.store, contents, work)) as sending:
            for done in sending:
                if done is not None:
                    self.transfer.add(done)
                self.transfer.tell(progress)

    def _sender(self, known: dict[str, int]) -> Callable[[Content], tuple[int, bool]]:
        """What sends one blob and gives its bytes, and whether it had to go."""

        def send(content: Content) -> tuple[int, bool]:
            name = blob_name(content.sha256)
            size = known.get(name)
            if size is None:
                there = created(self.store, self.line, name, content)
                if there is None:
                    return content.size_bytes, True
                size = there.size_bytes
            if size != content.size_bytes:
                raise CloudError(
                    f"The store holds other bytes under a name of ours, "
                    f"{self.store.label}: {name}",
                    hint="remove that blob, then run the same command again",
                )
            return content.size_bytes, False

        return send

    def _new_head(self, side_car: Content) -> Head:
        version = self.frozen.version
        return Head(
            project=self.project,
            version=version.id,
            alias=version.alias,
            created_us=version.created_us,
            message=version.message,
            samples=self.plan.samples,
            boxes=self.plan.boxes,
            bytes=self._images_bytes() + side_car.size_bytes,
            manifest=side_car.sha256,
            left_out=self.plan.left_out,
        )

    def _move_head(self, head: Head) -> None:
        """Put the head in place, by compare-and-swap; one that says more stays."""
        content = Content.of(encode_head(head))
        for _ in range(_TRIES):
            blob = self.line.asked(lambda: self.store.head(head.name))
            there = self.head() if blob is not None else None
            if there is not None and self.holds(there):
                return
            etag = None if blob is None else blob.etag
            try:
                self.line.asked(lambda at=etag: self.store.swap(head.name, content, at))  # type: ignore[misc]
            except BlobChanged:
                continue
            return
        raise CloudError(
            f"Others kept moving the head of this version: {head.name}",
            hint="run the same command again",
        )


def _content(root: Path, sample: OutgoingSample) -> Content:
    """A sample's image as content; its bytes are proven while they are read."""
    path = root / sample.path
    try:
        size = path.stat().st_size
    except OSError as error:
        raise BadFile(
            f"The image of a sample cannot be read ({error.strerror}): {path}",
            hint="`fieldset check` says what else is missing",
        ) from error
    if size != sample.size_bytes:
        raise BadFile(
            f"An image has another size than was frozen: {path}",
            hint="put it back from a backup",
        )
    return Content(sha256=sample.id, size_bytes=size, path=path)


@contextmanager
def _beside(plan: Plan, place: Path) -> Iterator[Callable[[], Content]]:
    """Gives what waits for the side-car, which is written while the images go.

    `plan` walks through the version by a reader of its own.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="side-car") as pool:
        future = pool.submit(_side_car, plan, place)
        yield future.result


def _side_car(plan: Plan, place: Path) -> Content:
    """The side-car of what is pushed, written into a folder of its own."""
    with fresh_folder(place, plan.frozen.root) as folder:
        writer = SideCarWriter(folder, plan, FORMAT)
        try:
            for rows in plan.tables(ALL_COLUMNS):
                batch = OutgoingBatch(rows, plan.class_names())
                paths, ids = batch.store_paths, batch.ids
                for path, key in zip(paths.to_pylist(), ids.to_pylist(), strict=True):
                    folder.images.add(path, key)
                writer.add(batch, paths)
            writer.finish()
        finally:
            writer.close()
    whole = place / FILE_NAME
    return Content(sha256=writer.sha256, size_bytes=whole.stat().st_size, path=whole)
