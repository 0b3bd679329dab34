"""The versions of a project as rows of a list: those with damaged files, too."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from dataset.errors import FieldsetError
from dataset.progress import Progress
from dataset.records import Split, Version, VersionRoots
from dataset.sealed.published_seals import closed_names
from dataset.version import FOLDER, read_version
from dataset.versions.frozen_version import FrozenVersion
from dataset.versions.semver import semvers
from dataset.versions.version_file import FILE_NAME, MANIFEST_NAME

from ..language import tr
from ..moments import moment_words
from ..views.versions.versions_contract import VersionRow

DERIVED = ("drift.json", "report.html")
NO_ROOTS = VersionRoots(images="", labels="", splits="")
_FOLDER_NAME = re.compile(r"v([1-9][0-9]{0,8})")
Stamp = tuple[object, ...]


class VersionRows:
    """Reads the list of versions; files that did not change are read once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: dict[int, tuple[Stamp, VersionRow]] = {}
        self._faults: dict[str, str] = {}

    def note_fault(self, version_id: str, fault: str) -> None:
        """Remember what a proof found of a version; "" for nothing."""
        self._faults[version_id] = fault

    def read(
        self, kept: tuple[Version, ...], progress: Progress
    ) -> tuple[VersionRow, ...]:
        """Give every version, newest first.

        Args:
            kept: those that the catalog knows; the files may know others.
            progress: told of the versions read.
        """
        by_number = {version.number: version for version in kept}
        numbers = sorted(by_number.keys() | self._on_disk(), reverse=True)
        rows = []
        for done, number in enumerate(numbers, start=1):
            stamp = self._stamp(number)
            known = self._known.get(number)
            if known is None or known[0] != stamp:
                known = stamp, self._row(number, by_number)
                self._known[number] = known
            rows.append(known[1])
            progress.step(done, len(numbers), tr("versions"))
        return self._with_semvers(rows)

    def _with_semvers(self, rows: Sequence[VersionRow]) -> tuple[VersionRow, ...]:
        found = semvers(self._root, [row.version for row in rows if not row.fault])
        return tuple(
            replace(row, semver=str(found.get(row.version.id) or "")) for row in rows
        )

    def _on_disk(self) -> set[int]:
        files = (self._root / FOLDER).glob(f"*/{FILE_NAME}")
        names = (_FOLDER_NAME.fullmatch(path.parent.name) for path in files)
        return {int(match[1]) for match in names if match}

    def _stamp(self, number: int) -> Stamp:
        """What tells whether a version's row is still true, without reading it."""
        found: list[object] = [sorted(self._faults.items()), self._seals()]
        for name in (FILE_NAME, MANIFEST_NAME, *DERIVED):
            try:
                facts = (self._root / FOLDER / f"v{number}" / name).stat()
            except OSError:
                found.append(None)
            else:
                found.append((facts.st_mtime_ns, facts.st_size))
        return tuple(found)

    def _derived_ns(self, folder: Path) -> int:
        """When drift or report were made; a comparison shows them, too."""
        times = [0]
        for name in DERIVED:
            with suppress(OSError):
                times.append((folder / name).stat().st_mtime_ns)
        return max(times)

    def _seals(self) -> list[str]:
        return sorted(path.name for path in (self._root / "seals").glob("*.json"))

    def _row(self, number: int, kept: Mapping[int, Version]) -> VersionRow:
        try:
            with read_version(self._root, f"v{number}") as frozen:
                return self._sound_row(frozen)
        except FieldsetError as error:
            gone = not (self._root / FOLDER / f"v{number}" / FILE_NAME).is_file()
            version = kept.get(number) or _unknown(number)
            return VersionRow(
                version=version,
                when=moment_words(version.created_us) if version.created_us else "",
                fault=tr("its files are gone") if gone else tr("its files are damaged"),
                detail="" if gone else error.message,
                hint=_restore(),
            )

    def _sound_row(self, frozen: FrozenVersion) -> VersionRow:
        _ = frozen.manifest
        version = frozen.version
        used = {count.split for count in frozen.record.split_counts}
        splits = tuple(split for split in frozen.splits if split.name in used)
        fault = self._faults.get(version.id, "")
        return VersionRow(
            version=version,
            when=moment_words(version.created_us),
            splits=tuple(split.name for split in splits),
            sealed=self._closed(splits),
            derived_ns=self._derived_ns(frozen.folder),
            fault=fault,
            hint=_restore() if fault else "",
        )

    def _closed(self, splits: tuple[Split, ...]) -> tuple[str, ...]:
        try:
            closed = closed_names(self._root, splits)
        except FieldsetError:
            # A damaged seal is told of on the Dataset page.
            closed = frozenset(split.name for split in splits if split.sealed)
        return tuple(split.name for split in splits if split.name in closed)


def _restore() -> str:
    return tr("restore it from a backup with `fieldset restore`")


def _unknown(number: int) -> Version:
    """A version of which only the folder's name is known."""
    return Version(
        id="",
        number=number,
        parent=None,
        created_us=0,
        message="",
        author="",
        samples=0,
        boxes=0,
        roots=NO_ROOTS,
    )
