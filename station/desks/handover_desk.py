"""The desk of the hand-over: exports and pushes by the calls the commands make."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

from dataset.errors import FieldsetError, UsageError
from dataset.progress import Progress
from dataset.sealed.sealing import Person
from export.archives.packing import SUFFIXES
from export.contract import ExportResult
from export.formats import WRITERS
from export.handover.preflight import Finding, Severity
from export.operation import Outlook, export_version, look_at_version
from export.push import PushResult, push_version
from export.stored_export import export_to_store
from export.stores.blob_store import BlobStore
from export.stores.targets import CloudPlace, line_settings, open_target, parse_place

from ..language import tr
from ..views.dataset.dataset_contract import FindingRow
from ..views.versions.handover_contract import (
    HandoverFacts,
    HandoverOrder,
    HandoverOutcome,
    HandoverOutlook,
    Place,
    Way,
)

_MEGA = 1_000_000


class ProjectHandoverDesk:
    """Hands over versions of the project in one folder, for one person."""

    def __init__(self, root: Path, by: Person) -> None:
        self._root = root
        self._by = by

    def facts(self) -> HandoverFacts:
        """Give what can be chosen."""
        return HandoverFacts(
            formats=tuple(writer.format for writer in WRITERS),
            home=Path.home(),
            operator=self._by.operator,
        )

    def look(self, order: HandoverOrder, progress: Progress) -> HandoverOutlook:
        """Find out what would go and what speaks against it."""
        progress.step(0, None, tr("looking"))
        credential, has_access = "", True
        if order.place is Place.CLOUD:
            credential, has_access = self._credential(order.target)
        try:
            found = look_at_version(
                self._root,
                order.alias,
                order.formats if order.way is Way.EXPORT else (),
                include_sealed=order.include_sealed,
                drop_empty=order.drop_empty and order.way is Way.EXPORT,
            )
        except FieldsetError as error:
            row = FindingRow(level="bad", what=error.message, next_step=error.hint)
            return HandoverOutlook(
                sentence=tr("It cannot be handed over"),
                findings=(row,),
                credential=credential,
                may_go=False,
            )
        is_refused = any(
            finding.severity is Severity.ERROR for _, finding in found.findings
        )
        return HandoverOutlook(
            sentence=_amount(found),
            stays=_stays(found.left_out),
            findings=tuple(_row(name, finding) for name, finding in found.findings),
            credential=credential,
            may_go=has_access and not is_refused,
        )

    def hand_over(self, order: HandoverOrder, progress: Progress) -> HandoverOutcome:
        """Export or push."""
        if not order.target.strip():
            raise UsageError(
                tr("Say where it goes"), hint=tr("choose a folder, or a container")
            )
        if order.way is Way.PUSH:
            return self._push(order, progress)
        if order.place is Place.CLOUD:
            return self._send(order, progress)
        return self._write(order, progress)

    def _write(self, order: HandoverOrder, progress: Progress) -> HandoverOutcome:
        target = _path(order)
        is_archive = order.place is Place.ARCHIVE
        if is_archive and target.suffix.lower() not in SUFFIXES:
            raise UsageError(
                tr("An archive's name ends in .zip or .tar: {name}").format(
                    name=target.name
                ),
                hint=tr("give it one of these endings"),
            )
        results = export_version(
            self._root,
            order.alias,
            formats=order.formats,
            target=target,
            update=order.update and not is_archive,
            include_sealed=order.include_sealed,
            drop_empty=order.drop_empty,
            reason=order.reason,
            by=self._person(order),
            progress=progress,
        )
        return HandoverOutcome(
            sentence=tr("Written, read back and equal: {path}").format(path=target),
            lines=_result_lines(results),
            folder=target if target.is_dir() else target.parent,
        )

    def _send(self, order: HandoverOrder, progress: Progress) -> HandoverOutcome:
        settings = line_settings(self._root, {})
        with closing(self._store(order)) as store:
            done = export_to_store(
                self._root,
                order.alias,
                store,
                settings,
                formats=order.formats,
                include_sealed=order.include_sealed,
                drop_empty=order.drop_empty,
                reason=order.reason,
                by=self._person(order),
                progress=progress,
            )
        sent = tr("{sent} files sent, {skipped} there before, {size} MB").format(
            sent=f"{done.sent:,}",
            skipped=f"{done.skipped:,}",
            size=f"{done.bytes / _MEGA:,.1f}",
        )
        places = ", ".join(done.targets)
        return HandoverOutcome(
            sentence=tr("It lies whole in {place}").format(place=places),
            lines=(sent, *_result_lines(done.results)),
        )

    def _push(self, order: HandoverOrder, progress: Progress) -> HandoverOutcome:
        settings = line_settings(self._root, {})
        with closing(self._store(order)) as store:
            done = push_version(
                self._root,
                order.alias,
                store,
                settings,
                include_sealed=order.include_sealed,
                reason=order.reason,
                by=self._person(order),
                verify=order.proof,
                progress=progress,
            )
        return HandoverOutcome(
            sentence=tr("It lies whole in {place}").format(place=done.target),
            lines=_push_lines(done),
            folder=None if order.place is Place.CLOUD else Path(done.target),
        )

    def _store(self, order: HandoverOrder) -> BlobStore:
        if order.place is not Place.CLOUD:
            return open_target(str(_path(order)), self._connect)
        # A word without an address would be a folder's name to the command.
        return self._connect(parse_place(order.target.strip()))

    def _connect(self, place: CloudPlace) -> BlobStore:
        # The library of the cloud takes a second to load: not before it is needed.
        from export.stores.cloud import open_place  # noqa: PLC0415

        settings = line_settings(self._root, {})
        return open_place(place, settings, os.environ, project=self._root)

    def _credential(self, target: str) -> tuple[str, bool]:
        """Where the credential comes from, or why it cannot be used."""
        from export.stores.cloud import access_to  # noqa: PLC0415  (see `_connect`)

        try:
            place = parse_place(target.strip())
            access = access_to(
                place,
                line_settings(self._root, {}),
                os.environ,
                project=self._root,
            )
        except FieldsetError as error:
            return f"{error.message}. {tr('Next step')}: {error.hint}", False
        words = tr("Credential from {origin}, account {account}")
        return words.format(origin=access.origin, account=access.account), True

    def _person(self, order: HandoverOrder) -> Person | None:
        if not order.include_sealed:
            return None
        return Person(operator=order.operator.strip(), station=self._by.station)


def _path(order: HandoverOrder) -> Path:
    return Path(order.target.strip()).expanduser().absolute()


def _amount(found: Outlook) -> str:
    words = tr("{samples} samples, {boxes} boxes, {size} MB of images")
    return words.format(
        samples=f"{found.samples:,}",
        boxes=f"{found.boxes:,}",
        size=f"{found.bytes / _MEGA:,.1f}",
    )


def _stays(left_out: tuple[tuple[str, int], ...]) -> str:
    if not left_out:
        return ""
    parts = (f"{count:,} {reason}" for reason, count in left_out)
    return tr("Stays at home: {what}").format(what=", ".join(parts))


def _row(name: str, finding: Finding) -> FindingRow:
    level = "bad" if finding.severity is Severity.ERROR else "warn"
    return FindingRow(level=level, what=f"{name}: {finding.what}")


def _result_lines(results: tuple[ExportResult, ...]) -> tuple[str, ...]:
    words = tr("{format}: {samples} samples, {boxes} boxes, {size} MB")
    lines = [
        words.format(
            format=result.format,
            samples=f"{result.samples:,}",
            boxes=f"{result.boxes:,}",
            size=f"{result.bytes / _MEGA:,.1f}",
        )
        for result in results
    ]
    notes = dict.fromkeys(note for result in results for note in result.notes)
    return (*lines, *notes)


def _push_lines(done: PushResult) -> tuple[str, ...]:
    words = tr("{sent} blobs sent, {skipped} there before, {size} MB")
    lines = [
        words.format(
            sent=f"{done.sent:,}",
            skipped=f"{done.skipped:,}",
            size=f"{done.bytes / _MEGA:,.1f}",
        )
    ]
    if done.verified:
        proven = tr("{count} blobs read back and equal")
        lines.append(proven.format(count=f"{done.verified:,}"))
    return tuple(lines)
