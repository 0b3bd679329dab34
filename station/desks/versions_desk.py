"""The Versions page's desk: freezing, comparing, proving and reports."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

from dataset.diff import compare
from dataset.differences.changes import BoxMoved, BoxRelabelled
from dataset.drift_statistics.kept_drift import REPORT_NAME
from dataset.drift_statistics.made_report import is_made
from dataset.errors import NotFound
from dataset.progress import Progress
from dataset.project import Project
from dataset.records import VersionSample
from dataset.sealed.published_seals import closed_names
from dataset.version import read_version
from dataset.versions.freeze_outlook import freeze_outlook
from dataset.versions.freezing import freeze
from dataset.versions.frozen_version import FrozenVersion
from dataset.versions.verification import verify
from labeling.geometry import corners_of

from ..identity import user_name
from ..language import TIMES, tr
from ..views.versions.versions_contract import (
    ChangeNode,
    ChangeTree,
    FreezeOutlook,
    FreezeResult,
    PictureRequest,
    Proof,
    VersionRow,
    VersionState,
)
from .change_tree import DiffTree, boxes_before_after
from .dataset_desk import finding_rows
from .freeze_words import outlook_words, result_words
from .version_rows import VersionRows
from .version_state import (
    changed_boxes,
    diff_tiles,
    drift_fields,
    first_tiles,
    step_words,
)


class ProjectVersionsDesk:
    """The versions of the project in one folder.

    Long work opens the project a second time, so that labeling goes on meanwhile.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._rows = VersionRows(root)

    def versions(self, progress: Progress) -> tuple[VersionRow, ...]:
        """Give all versions, newest first, damaged ones marked."""
        with Project.open(self._root, read_only=True) as mine:
            kept = mine.versions()
        return self._rows.read(kept, progress)

    def state(self, alias: str, against: str, progress: Progress) -> VersionState:
        """Compare a version with another, "" for its parent."""
        with ExitStack() as stack:
            frozen = stack.enter_context(read_version(self._root, alias))
            other = self._other(frozen, against)
            has_report = (frozen.folder / REPORT_NAME).is_file()
            drift = drift_fields(frozen)
            if other is None:
                return VersionState(
                    version=frozen.version,
                    tiles=first_tiles(frozen),
                    has_report=has_report,
                    **drift,
                )
            stack.enter_context(other)
            if other.version.id != frozen.version.parent:
                drift |= {"drift": (), "drift_head": "", "drift_note": ""}
            return self._compared(frozen, other, has_report, drift, progress)

    def picture(self, tree: ChangeTree, node: ChangeNode) -> PictureRequest | None:
        """Find the picture of a change; None where there is none to show."""
        if not isinstance(tree, DiffTree) or not node.has_picture:
            return None
        changes = tree.changes(node)
        if not changes:
            return None
        sample, side = self._sample(tree, changes[0].sample_id)
        if sample.split in tree.closed:
            return None
        before, after = boxes_before_after(changes)
        if not before and not after:
            whole = list(sample.boxes)
            before, after = ([], whole) if side == tree.new else (whole, [])
        return PictureRequest(
            path=self._root / sample.path,
            before=tuple(corners_of(box) for box in before),
            after=tuple(corners_of(box) for box in after),
            caption=_caption(sample),
        )

    def outlook(self, progress: Progress) -> FreezeOutlook:
        """Work out what freezing would do; nothing is written."""
        progress.step(0, None, tr("looking for near-duplicates"))
        with Project.open(self._root) as mine:
            return outlook_words(freeze_outlook(mine, progress=progress))

    def freeze(self, message: str, progress: Progress) -> FreezeResult:
        """Freeze a version; drift and report follow and may be cancelled."""
        with Project.open(self._root) as mine:
            frozen = freeze(
                mine, message=message, author=user_name(), progress=progress
            )
            _write_report(mine, frozen.version.alias, progress)
        return result_words(frozen)

    def report(self, alias: str, progress: Progress) -> Path:
        """Make the report where it is missing, or shows what is sealed by now."""
        with read_version(self._root, alias) as frozen:
            if is_made(frozen):
                return frozen.folder / REPORT_NAME
        with Project.open(self._root) as mine:
            return _write_report(mine, alias, progress)

    def verify(self, alias: str, progress: Progress) -> Proof:
        """Prove that a version is what was frozen, down to the bytes of its images."""
        with read_version(self._root, alias) as frozen:
            found = verify(
                frozen,
                lambda sample: (self._root / sample.path).read_bytes(),
                progress=progress,
            )
            version = frozen.version
        self._rows.note_fault(
            version.id, tr("it is not what was frozen") if found else ""
        )
        if found:
            words = tr("{alias} is NOT what was frozen, findings: {count}")
            return Proof(
                alias=alias,
                sentence=words.format(alias=alias, count=len(found)),
                level="bad",
                findings=finding_rows(found),
            )
        words = tr("{alias} is what was frozen: {samples} images, every byte proven")
        return Proof(
            alias=alias,
            sentence=words.format(alias=alias, samples=f"{version.samples:,}"),
            level="ok",
        )

    def _compared(
        self,
        frozen: FrozenVersion,
        other: FrozenVersion,
        has_report: bool,
        drift: dict[str, Any],
        progress: Progress,
    ) -> VersionState:
        closed = closed_names(self._root, (*other.splits, *frozen.splits))
        found = compare(other, frozen, closed=closed, progress=progress)
        names = {known.id: known.name for known in (*other.classes, *frozen.classes)}
        return VersionState(
            version=frozen.version,
            against=found.old.alias,
            step=step_words(found.semver_step),
            tiles=diff_tiles(found, names, drift["drift"]),
            tree=DiffTree(found, names, closed),
            moved=changed_boxes(self._root, frozen, found, BoxMoved),
            relabelled=changed_boxes(self._root, frozen, found, BoxRelabelled),
            has_report=has_report,
            **drift,
        )

    def _other(self, frozen: FrozenVersion, against: str) -> FrozenVersion | None:
        if against:
            return read_version(self._root, against)
        if frozen.version.parent is None:
            return None
        try:
            return read_version(self._root, frozen.version.parent)
        except NotFound:
            return None

    def _sample(self, tree: DiffTree, sample_id: str) -> tuple[VersionSample, str]:
        """A sample as the newer version that holds it knows it, and which that is."""
        with read_version(self._root, tree.new) as frozen:
            try:
                return frozen.sample(sample_id), tree.new
            except NotFound:
                pass
        with read_version(self._root, tree.old) as frozen:
            return frozen.sample(sample_id), tree.old


def _caption(sample: VersionSample) -> str:
    parts = (sample.session, sample.place, f"{sample.width} {TIMES} {sample.height}")
    return " · ".join(part for part in parts if part)


def _write_report(project: Project, alias: str, progress: Progress) -> Path:
    # Matplotlib takes a second to import: not before the first picture is shown.
    from ..version_report import write_version_report  # noqa: PLC0415

    return write_version_report(project, alias, progress=progress).page
