"""The check of a project: proves it, and mends what an interruption left behind.

A crash can leave a whole image without a row (it was never acknowledged), temporary
files, and a version folder the catalog does not list. All three are repaired without
loss. What was damaged from outside is named, with what to do.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .durable import TEMPORARY_PREFIX, make_folder, translated
from .erasure import remove_file
from .errors import BadImage, FieldsetError, PolicyRefusal, ProjectError
from .findings import Finding, Severity
from .progress import SILENT, Progress
from .project import VERSIONS_NAME, Project, now_us
from .project_folder import QUARANTINE
from .provenance.proof import ProvenanceProof, prove
from .records import Sample
from .sealed.seal_check import ledger_findings
from .splitting.split_chain import broken_chain
from .version import list_versions, sweep

RECOVERED = "recovered"
# A younger file may belong to a capture that is at work right now.
SETTLED_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a check found, and what the records of the samples' origin prove.

    `provenance` is None where the catalog is damaged too far to be asked.
    """

    findings: tuple[Finding, ...]
    provenance: ProvenanceProof | None = None


def check(
    project: Project,
    *,
    deep: bool = False,
    repair: bool = False,
    settled_s: float = SETTLED_S,
    progress: Progress = SILENT,
) -> tuple[Finding, ...]:
    """The findings of `check_all`."""
    return check_all(
        project, deep=deep, repair=repair, settled_s=settled_s, progress=progress
    ).findings


def check_all(
    project: Project,
    *,
    deep: bool = False,
    repair: bool = False,
    settled_s: float = SETTLED_S,
    progress: Progress = SILENT,
) -> Checked:
    """What is wrong with a project; a single OK finding when nothing is.

    Args:
        project: an open project; writable where `repair` is asked for.
        deep: also prove every image's bytes by hash and all of SQLite's pages.
        repair: mend what can be mended without loss.
        settled_s: age in seconds from which an unknown file counts as left behind.
        progress: told of every image looked at.
    """
    found = _catalog_findings(project, deep=deep)
    # What a damaged catalog says of images would be no proof, and repair no mending.
    proof = None
    if not found:
        proof = prove(project, progress=progress)
        found = [
            *_tally_findings(project, repair=repair),
            *_image_findings(project, deep=deep, progress=progress),
            *_leftover_findings(project, repair=repair, settled_s=settled_s),
            *_orphan_findings(project, repair=repair, settled_s=settled_s),
            *_version_findings(project, repair=repair),
            *_split_ledger_findings(project),
            *ledger_findings(project, deep=deep, repair=repair),
            *proof.findings,
        ]
        if repair:
            _clear_remnants(project)
    if found:
        return Checked(findings=tuple(found), provenance=proof)
    count = project.catalog.samples.count()
    how = "proven by hash" if deep else "there"
    sound = Finding(
        severity=Severity.OK,
        what=f"The project is sound: {count} samples, every image {how}",
        path=str(project.root),
    )
    return Checked(findings=(sound,), provenance=proof)


def _clear_remnants(project: Project) -> None:
    """Finish erasures whose last traces another program's reading had kept."""
    if project.catalog.provenance.has_tombstones():
        project.catalog.clear_remnants()


def mend_leftovers(root: Path, *, progress: Progress = SILENT) -> tuple[Finding, ...]:
    """Mend what an interruption left in the project at `root`; what was mended.

    The part of `check --repair` that is worth doing at each start: images that were
    stored and never acknowledged, temporary files, versions the catalog lacks.

    Raises:
        ProjectError: the project cannot be opened or written.
        Cancelled: the person asked to stop.
    """
    found: list[Finding] = []
    with Project.open(root) as project:
        for part in (
            _leftover_findings(project, repair=True, settled_s=SETTLED_S),
            _orphan_findings(project, repair=True, settled_s=SETTLED_S),
            _version_findings(project, repair=True),
        ):
            for finding in part:
                found.append(finding)
                progress.step(len(found), None, "mending")
    return tuple(found)


def _catalog_findings(project: Project, *, deep: bool) -> list[Finding]:
    damages = project.catalog.damages(deep=deep)
    return [
        Finding(
            severity=Severity.ERROR,
            what=f"The catalog is damaged: {damage}",
            path=str(project.catalog.path),
            next_step="restore the newest backup with `fieldset restore`",
        )
        for damage in damages
    ]


def _tally_findings(project: Project, *, repair: bool) -> Iterator[Finding]:
    """Counters are derived: a difference costs nothing but wrong numbers."""
    wrong = project.catalog.tallies.differences()
    if not wrong:
        return
    if repair:
        project.catalog.tallies.rebuild()
    told = ", they were counted anew" if repair else ""
    yield Finding(
        severity=Severity.WARNING,
        what=f"Counters of classes were not what the rows say{told}: {wrong}",
        path=str(project.catalog.path),
        next_step="" if repair else "run `fieldset check --repair`",
    )


def _split_ledger_findings(project: Project) -> Iterator[Finding]:
    splits = project.catalog.splits
    broken = broken_chain(splits.ledger(), splits.head())
    if broken:
        yield Finding(
            severity=Severity.ERROR,
            what=broken,
            path="split ledger",
            next_step="restore the newest backup with `fieldset restore`",
        )


def _image_findings(
    project: Project, *, deep: bool, progress: Progress
) -> Iterator[Finding]:
    total = project.catalog.samples.count()
    for done, sample in enumerate(project.catalog.samples.each(), start=1):
        progress.step(done, total, "images")
        finding = _image_finding(project, sample, deep=deep)
        if finding is not None:
            yield finding


def _image_finding(project: Project, sample: Sample, *, deep: bool) -> Finding | None:
    path = project.image_path(sample)
    try:
        size = path.stat().st_size
    except OSError:
        what = "The image of a sample is missing, its labels are kept"
    else:
        if size != sample.size_bytes:
            what = "The image of a sample has another length than was stored"
        elif deep and _is_changed(project, sample):
            what = "The image of a sample has other bytes than were stored"
        else:
            return None
    return Finding(
        severity=Severity.ERROR,
        what=what,
        path=str(path),
        next_step="put it back from a backup or take the same picture in again, "
        f"else run `fieldset erase {sample.id[:12]}`",
    )


def _is_changed(project: Project, sample: Sample) -> bool:
    try:
        project.images.verify(sample.id, sample.suffix)
    except FieldsetError:
        return True
    return False


def _leftover_findings(
    project: Project, *, repair: bool, settled_s: float
) -> Iterator[Finding]:
    places = [
        *project.images.leftovers(),
        *project.root.glob(f"{TEMPORARY_PREFIX}*"),
        # Drift and report of a version are written beside it, later.
        *(project.root / VERSIONS_NAME).glob(f"v[0-9]*/{TEMPORARY_PREFIX}*"),
    ]
    for path in places:
        if not path.is_file() or not _is_settled(path, settled_s):
            continue
        if repair:
            with translated(path):
                path.unlink(missing_ok=True)
        yield Finding(
            severity=Severity.WARNING,
            what="An interrupted write left a temporary file"
            + (", it was removed" if repair else ""),
            path=str(path),
            next_step="" if repair else "run `fieldset check --repair`",
        )
    removed = sweep(project.root, now_us=now_us()) if repair else 0
    if removed:
        yield Finding(
            severity=Severity.WARNING,
            what=f"Interrupted freezes left folders, they were removed: {removed}",
            path=str(project.root / VERSIONS_NAME),
        )


def _orphan_findings(
    project: Project, *, repair: bool, settled_s: float
) -> Iterator[Finding]:
    for path in project.images.files():
        is_known = project.catalog.samples.has(path.stem) or project.catalog.made.has(
            path.stem
        )
        if is_known or not _is_settled(path, settled_s):
            continue
        if not repair:
            yield Finding(
                severity=Severity.WARNING,
                what=_orphan_words(project, path),
                path=str(path),
                next_step="run `fieldset check --repair` to put that right",
            )
            continue
        yield _mended(project, path)


def _orphan_words(project: Project, path: Path) -> str:
    if project.catalog.samples.is_erased(path.stem):
        return "The image of an erased sample is still there"
    return "An image was stored but never acknowledged"


def _mended(project: Project, path: Path) -> Finding:
    """Adopt an unknown image that is what its name says; put others aside.

    What an interrupted erasure left is removed: put aside it would still be here.
    """
    with translated(path):
        data = path.read_bytes()
    if _is_erased(project, path, data):
        remove_file(path)
        return Finding(
            severity=Severity.WARNING,
            what="The image of an erased sample was still there, it was removed",
            path=str(path),
        )
    try:
        _adopt(project, data, path)
    except (BadImage, PolicyRefusal) as error:
        aside = project.root / QUARANTINE
        make_folder(aside)
        with translated(path):
            path.replace(aside / path.name)
        return Finding(
            severity=Severity.WARNING,
            what=f"An unknown file was put aside ({error})",
            path=str(aside / path.name),
            next_step="look at it, then delete it",
        )
    return Finding(
        severity=Severity.WARNING,
        what=f"An image that was never acknowledged was taken in as `{RECOVERED}`",
        path=str(path),
    )


def _is_erased(project: Project, path: Path, data: bytes) -> bool:
    is_named_so = project.catalog.samples.is_erased(path.stem)
    return is_named_so and hashlib.sha256(data).hexdigest() == path.stem


def _adopt(project: Project, data: bytes, path: Path) -> None:
    if hashlib.sha256(data).hexdigest() != path.stem:
        raise BadImage(f"The bytes are not those of the name: {path}")
    with project.catalog.writing():
        sessions = project.catalog.sessions
        session = (
            sessions.by_name(RECOVERED)
            if sessions.has_name(RECOVERED)
            else project.begin_session(name=RECOVERED)
        )
    stored_us = path.stat().st_mtime_ns // 1000
    taken = project.take_in(data, session, captured_us=stored_us, source_name=path.name)
    if project.image_path(taken.sample) != path:
        # The same picture under its right name, or without its GPS, took its place.
        with translated(path):
            path.unlink()


def _version_findings(project: Project, *, repair: bool) -> Iterator[Finding]:
    folder = project.root / VERSIONS_NAME
    try:
        on_disk = list_versions(project.root)
    except ProjectError as error:
        yield Finding(
            severity=Severity.ERROR,
            what=error.message,
            path=str(folder),
            next_step="put the folder back from a backup",
        )
        return
    listed = project.versions()
    kept = {version.id for version in on_disk}
    for version in listed:
        if version.id not in kept:
            yield Finding(
                severity=Severity.ERROR,
                what=f"A version of the catalog is missing: {version.alias}",
                path=str(folder / version.alias),
                next_step="put the folder back from a backup",
            )
    known = {version.id for version in listed}
    for version in on_disk:
        if version.id in known:
            continue
        is_added = repair and project.catalog.versions.add(version)
        yield Finding(
            severity=Severity.WARNING,
            what=f"A whole version is not in the catalog: {version.alias}"
            + (", it was added" if is_added else ""),
            path=str(folder / version.alias),
            next_step="" if is_added else "run `fieldset check --repair`",
        )


def _is_settled(path: Path, settled_s: float) -> bool:
    try:
        return time.time() - path.stat().st_mtime >= settled_s
    except OSError:
        return False
