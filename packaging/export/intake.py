"""Takes data sets and plain images from elsewhere into a project.

Every image is checked in a child process first; a bad one is skipped and named.
Without evidence of sessions each image is a group of its own, but for those that one
camera took moments apart. Bytes that are here
already add nothing, and an import can be repeated: the second one completes the first.
One of our own exports brings its UUIDs, groups, splits and sessions back with it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dataset.errors import BadFile, BadImage, PolicyRefusal
from dataset.images.image_format import without_gps
from dataset.images.image_header import ImageInfo
from dataset.images.sandbox import ImageChecker
from dataset.progress import SILENT, Progress
from dataset.project import Project, group_of_sample
from dataset.records import Box, LabelState, Sample, SampleState, VersionSample

from .contract import ImportedImage, ImportedSet
from .intake_source import opened_set
from .intakes.bursts import Bursts
from .intakes.intake_bytes import image_bytes
from .intakes.intake_grouping import Grouping
from .intakes.intake_labels import ClassMap, imported_boxes, restored_boxes
from .intakes.intake_made import erased_parent, made_sample
from .intakes.intake_sessions import IntakeSessions
from .intakes.intake_splits import SplitNotes
from .side_car import FILE_NAME, SideCar, has_side_car, read_side_car
from .time_left import Timed

_BATCH = 16
_SMALL_SET = 50
_UNDECIDED = frozenset((SampleState.NEW, SampleState.PROPOSED))


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeSummary:
    """What an import added.

    `samples` and `boxes` are new and lie in `sessions`, `known` images were here
    before; `skipped` names what was left out, changed or is to be known, as (path,
    reason).
    """

    format: str
    samples: int
    boxes: int
    known: int
    sessions: int
    skipped: tuple[tuple[str, str], ...]


def take_in(
    project: Project,
    path: Path,
    *,
    format: str = "auto",  # noqa: A002  (the command's own word)
    group_by: str | None = None,
    add_classes: bool = True,
    ignore_splits: bool = False,
    progress: Progress = SILENT,
) -> IntakeSummary:
    """Take the data set or the images at `path` in; what it says is durable at return.

    Args:
        project: where to.
        path: a folder, one file of a format that allows it, or a tar or zip archive
            of either, which is unpacked beside and never into the project.
        format: a reader's name, or "auto".
        group_by: None makes each image a group of its own, joined by bursts of
            capture times; "image" leaves those apart, too, "folder" makes each folder
            a group; anything else is a pattern (regular expression) searched in the
            relative path, whose first group, or whole match, names the group.
        add_classes: whether classes that the project lacks are added.
        ignore_splits: whether splits named in the files are left alone.
        progress: told the number of images; may cancel, and what is in stays in.

    Raises:
        UsageError: the format or the pattern does not exist.
        BadFile: there is nothing that a reader takes, or a hostile archive.
        PolicyRefusal: the project refuses what no station signed.
        StorageFull, ReadOnlyProject: the project cannot be written.
    """
    project.refuse_unverified()
    gap_s = project.settings.card.gap_s
    with opened_set(path, format=format, gap_s=gap_s, progress=progress) as found:
        return take_in_set(
            project,
            found,
            group_by=group_by,
            add_classes=add_classes,
            ignore_splits=ignore_splits,
            progress=progress,
        )


def take_in_set(
    project: Project,
    found: ImportedSet,
    *,
    group_by: str | None = None,
    add_classes: bool = True,
    ignore_splits: bool = False,
    progress: Progress = SILENT,
) -> IntakeSummary:
    """Take in a data set that was opened, as `take_in` does.

    Raises:
        UsageError: the pattern of `group_by` is none.
        PolicyRefusal: the project refuses what no station signed.
        StorageFull, ReadOnlyProject: the project cannot be written.
    """
    project.refuse_unverified()
    side_car, unread = _side_car(found)
    intake = _Intake(
        project=project,
        found=found,
        side_car=side_car,
        grouping=Grouping(group_by, found.root.name),
        classes=ClassMap(project.catalog, may_add=add_classes),
        splits=SplitNotes({s.name: s for s in side_car.splits} if side_car else {}),
        sessions=IntakeSessions(project, found.root.name),
    )
    intake.run(Timed(progress))
    intake.bursts.join(project)
    intake.sessions.finish()
    refused = () if ignore_splits else intake.splits.write(project)
    return IntakeSummary(
        format=found.format,
        samples=intake.samples,
        boxes=intake.boxes,
        known=intake.known,
        sessions=intake.sessions.count,
        skipped=(
            *((problem.path, problem.what) for problem in found.problems),
            *unread,
            *intake.skipped,
            *refused,
        ),
    )


def _side_car(
    found: ImportedSet,
) -> tuple[SideCar | None, tuple[tuple[str, str], ...]]:
    """The side-car of one of our own exports, and what is to be said if it is spoilt.

    Without it the export is a data set like any other.
    """
    if not has_side_car(found.root):
        return None, ()
    try:
        side_car = read_side_car(found.root)
    except BadFile as error:
        return None, ((FILE_NAME, error.message),)
    # The strict dialect of VOC is read by the reader of both.
    is_its_own = side_car.format.removesuffix("-strict") == found.format
    return (side_car, ()) if is_its_own else (None, ())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Loaded:
    """An image whose bytes were read and found good."""

    image: ImportedImage
    data: bytes
    info: ImageInfo
    captured_us: int

    @property
    def sample_id(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


@dataclass(slots=True, kw_only=True)
class _Intake:
    """One import on its way."""

    project: Project
    found: ImportedSet
    side_car: SideCar | None
    grouping: Grouping
    classes: ClassMap
    splits: SplitNotes
    sessions: IntakeSessions
    bursts: Bursts = field(default_factory=Bursts)
    samples: int = 0
    boxes: int = 0
    known: int = 0
    skipped: list[tuple[str, str]] = field(default_factory=list)

    def run(self, progress: Progress) -> None:
        """Take every image in, a few at a time."""
        if self.side_car is not None:
            self.classes.restore(self.side_car.classes)
        else:
            self.classes.add_all(self.found.classes)
        total = len(self.found.images)
        batch: list[_Loaded] = []
        for done, loaded in enumerate(self._loaded()):
            progress.step(done, total, "images")
            if loaded is not None:
                batch.append(loaded)
            if len(batch) >= _BATCH:
                self._store(batch)
                batch = []
        self._store(batch)
        progress.step(total, total, "images")

    def _loaded(self) -> Iterator[_Loaded | None]:
        """The images in order, each checked in a child process; None for a bad one."""
        waiting: list[tuple[ImportedImage, bytes, int]] = []
        is_large = len(self.found.images) > _SMALL_SET
        workers = min(2, os.cpu_count() or 1) if is_large else 1
        with ImageChecker(workers=workers) as checker:
            for result in checker.check_all(self._read(waiting)):
                image, data, written_us = waiting.pop(0)
                if isinstance(result, BadImage):
                    self.skipped.append((image.source_name, result.message))
                    yield None
                    continue
                yield _Loaded(
                    image=image,
                    data=self._kept(data),
                    info=result,
                    captured_us=result.captured_us or written_us,
                )

    def _read(self, waiting: list[tuple[ImportedImage, bytes, int]]) -> Iterator[bytes]:
        """The bytes of each image, noted in `waiting` for when they were checked."""
        for image in self.found.images:
            try:
                # The child is given bytes, so that what was checked is what comes in.
                data, written_us = image_bytes(image)
            except (BadFile, BadImage) as error:
                self.skipped.append((image.source_name, error.message))
                continue
            waiting.append((image, data, written_us))
            yield data

    def _kept(self, data: bytes) -> bytes:
        return data if self.project.settings.capture.keep_gps else without_gps(data)

    def _store(self, batch: list[_Loaded]) -> None:
        """Write the files first, so that the transaction is short; then the rows."""
        batch = [loaded for loaded in batch if not self._keep_made(loaded)]
        samples = self.project.catalog.samples
        for loaded in batch:
            # What was erased must not even lie there until it is refused.
            is_wanted = not samples.is_erased(loaded.sample_id)
            if is_wanted and not samples.has(loaded.sample_id):
                self.project.images.put(loaded.data, loaded.info.suffix)
        with self.project.catalog.writing():
            for loaded in batch:
                self._take(loaded)

    def _keep_made(self, loaded: _Loaded) -> bool:
        """Take in, or skip, an image that a recipe made; False for any other."""
        side_car = self.side_car
        ours = side_car.sample_of(loaded.image.source_name) if side_car else None
        if side_car is None or ours is None or ours.id != loaded.sample_id:
            return False
        if parent_id := erased_parent(ours, self.project.catalog):
            what = f"It was made of a picture that was erased: {parent_id}"
            self.skipped.append((loaded.image.source_name, what))
            return True
        made = made_sample(ours, side_car, self.classes)
        if made is None or self.project.catalog.samples.has(made.id):
            return False
        self.project.catalog.made.add([made])
        self.project.images.put(loaded.data, loaded.info.suffix)
        return True

    def _take(self, loaded: _Loaded) -> None:
        ours = self._ours(loaded)
        catalog = self.project.catalog
        source_name = loaded.image.source_name
        if catalog.samples.has(loaded.sample_id):
            self.known += 1
            sample = catalog.samples.get(loaded.sample_id)
            self._join(sample, loaded)
        else:
            try:
                sample = self._add(loaded, ours)
            except PolicyRefusal as refusal:
                self.skipped.append((source_name, refusal.message))
                return
            self.samples += 1
        self._label(sample, loaded, ours)
        has_session = ours is not None or loaded.image.session is not None
        if not has_session and self.grouping.is_by_image:
            self.bursts.note(sample.group_id, source_name, loaded.info)
        split = ours.split if ours is not None else loaded.image.split
        self.splits.note(sample.group_id, split)

    def _ours(self, loaded: _Loaded) -> VersionSample | None:
        """What the side-car says of the image, if its bytes are still the same."""
        if self.side_car is None:
            return None
        sample = self.side_car.sample_of(loaded.image.source_name)
        if sample is None or sample.id == loaded.sample_id:
            return sample
        self.skipped.append(
            (
                loaded.image.source_name,
                "the image was changed since the export: it comes in as a new one",
            )
        )
        return None

    def _add(self, loaded: _Loaded, ours: VersionSample | None) -> Sample:
        source_name = loaded.image.source_name
        taken = self.project.take_in(
            loaded.data,
            self.sessions.of(loaded.image, ours),
            captured_us=ours.captured_us if ours else loaded.captured_us,
            source_name=ours.source_name if ours else source_name,
            info=loaded.info,
            group_id=ours.group if ours else self._group(loaded),
        )
        return taken.sample

    def _group(self, loaded: _Loaded) -> str | None:
        """The group of a new image; None: that of its session, where there is one."""
        if loaded.image.session is not None and self.grouping.is_by_image:
            return None
        return self.grouping.group_of(loaded.sample_id, loaded.image.source_name)

    def _join(self, sample: Sample, loaded: _Loaded) -> None:
        """A known image that now has company: its group and the company's join."""
        if loaded.image.session is not None and self.grouping.is_by_image:
            self.sessions.note_known(loaded.image, sample)
            return
        group = self.grouping.group_of(sample.id, loaded.image.source_name)
        if self.side_car is None and group != group_of_sample(sample.id):
            catalog = self.project.catalog
            if catalog.groups.living(group) != sample.group_id:
                catalog.groups.join(
                    sample.group_id,
                    group,
                    reason="the same bytes",
                    at_us=loaded.captured_us,
                )

    def _label(
        self, sample: Sample, loaded: _Loaded, ours: VersionSample | None
    ) -> None:
        """Store what the files say, where nobody has decided yet."""
        if sample.state not in _UNDECIDED or loaded.image.state is None:
            return
        boxes, refused = self._boxes(sample, loaded, ours)
        for name in refused:
            self.skipped.append((loaded.image.source_name, self._refusal(name)))
        state = SampleState.LABELED if boxes else loaded.image.state
        if state is SampleState.LABELED and not boxes:
            return
        reviewed = ours.reviewed if ours is not None else False
        labels = LabelState(state=state, boxes=boxes, reviewed=reviewed)
        try:
            self.project.catalog.labels.put(sample.id, labels)
        except PolicyRefusal as refusal:
            self.skipped.append((loaded.image.source_name, refusal.message))
            return
        self.boxes += len(boxes)

    def _boxes(
        self, sample: Sample, loaded: _Loaded, ours: VersionSample | None
    ) -> tuple[tuple[Box, ...], tuple[str, ...]]:
        if ours is None or self.side_car is None:
            return imported_boxes(sample.id, loaded.image.boxes, self.classes)
        names = {item.id: item.name for item in self.side_car.classes}
        return restored_boxes(ours, names, loaded.image.boxes, self.classes)

    def _refusal(self, name: str) -> str:
        return f"a box is skipped, {self.classes.refused.get(name, 'no class')}: {name}"
