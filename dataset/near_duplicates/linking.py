"""Near-duplicates of a project: looks are kept, groups joined or quarantined."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from ..catalog import Decided, Look
from ..errors import BadImage, ProjectError, StorageFull
from ..groups import GroupLink, UnionFind
from ..images.image_file import decode
from ..progress import SILENT, Progress
from ..project import Project, now_us
from .duplicates import (
    AGAIN,
    DuplicateLimits,
    SampleLink,
    Sighting,
    compare,
    group_links,
    is_repeat,
)
from .fingerprint import fingerprint
from .look import Fingerprint, keys_of

# So many samples are looked at and compared at a time: memory stays small, and what
# was looked at is kept when a run is stopped.
_BATCH: Final = 2000
# Of two sessions that may be the same one again so many pictures are laid side by side.
_SIDE_BY_SIDE: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Unseen:
    """A sample whose image could not be looked at, and why, in a sentence."""

    sample_id: str
    group: str
    why: str


@dataclass(slots=True)
class NearDuplicates:
    """What the labelled samples of a project look like, and which are alike.

    Each sample is decoded once after its labels changed. What is new is compared with
    what its keys hit in the catalog's index, so that work grows with what is new. With
    `dry_run` nothing is kept, and what is new is held in memory.
    """

    project: Project
    dry_run: bool = False
    limits: DuplicateLimits = field(default_factory=DuplicateLimits)
    unseen: list[Unseen] = field(default_factory=list)
    _compared: list[tuple[int, int]] = field(default_factory=list)
    _group_of: dict[str, str] = field(default_factory=dict)
    _suspects: set[tuple[str, str]] = field(default_factory=set)
    _fresh: dict[str, list[Fingerprint]] = field(default_factory=dict)
    _varied: dict[str, bool] = field(default_factory=dict)

    def find(self, *, progress: Progress = SILENT) -> tuple[GroupLink, ...]:
        """The links between groups that new samples bring; the groups stay as they are.

        A sample whose image is missing or damaged is noted in `unseen`, stays on the
        queue, and is looked at again by the next run.
        """
        looks = self.project.catalog.looks
        total = looks.count_waiting()
        links: set[SampleLink] = set()
        after, done = 0, 0
        while batch := looks.waiting(after=after, limit=-1 if self.dry_run else _BATCH):
            after = batch[-1].n
            links |= self._compare(batch, done, total, progress)
            if not self.dry_run:
                looks.tidy()
            done += len(batch)
        return (*group_links(links, self._group_of), *self._repeats())

    def keep(self) -> None:
        """Note what was compared; in one transaction with the joins that follow."""
        self.project.catalog.looks.settle(self._compared)

    def _compare(
        self, batch: Sequence[Decided], done: int, total: int, progress: Progress
    ) -> set[SampleLink]:
        catalog = self.project.catalog
        pairs = self._looked_at(batch, done, total, progress)
        new = [_sighting(item, found) for item, found in pairs]
        looks = _looks([item for item, _ in pairs], new)
        near = catalog.looks.near_in_time(looks, self.limits.gap_us)
        near |= catalog.looks.meet(
            looks,
            votes=self.limits.votes,
            best=self.limits.best,
            keep=not self.dry_run,
        )
        known = [
            (item, Fingerprint.from_bytes(item.look or b""))
            for item in catalog.looks.kept(near - {look.n for look in looks})
        ]
        found = compare(
            new,
            [_sighting(item, look) for item, look in known if look is not None],
            self.limits,
        )
        for item, _ in (*pairs, *known):
            self._group_of[item.id] = item.group
        self._suspects.update(
            (one.first, one.second)
            for one in group_links(found.suspects, self._group_of)
        )
        if self.dry_run:
            for item, look in pairs:
                self._fresh.setdefault(item.group, []).append(look)
        self._compared += [(item.n, item.revision) for item, _ in pairs]
        return set(found.links)

    def _looked_at(
        self, items: Sequence[Decided], done: int, total: int, progress: Progress
    ) -> list[tuple[Decided, Fingerprint]]:
        found = []
        with ThreadPoolExecutor(os.cpu_count() or 1, "fingerprint") as pool:
            for number, (item, seen) in enumerate(
                zip(items, pool.map(self._look, items), strict=True), start=1
            ):
                progress.step(done + number, max(total, done + number), "comparing")
                if isinstance(seen, Fingerprint):
                    found.append((item, seen))
                else:
                    self.unseen.append(
                        Unseen(sample_id=item.id, group=item.group, why=seen)
                    )
        return found

    def _look(self, item: Decided) -> Fingerprint | str:
        """What the sample looks like, or why that cannot be told."""
        kept = Fingerprint.from_bytes(item.look) if item.look else None
        if kept is not None:
            return kept
        try:
            data = self.project.images.read(item.id, item.suffix)
            return fingerprint(decode(data), self.project.catalog.labels.boxes(item.id))
        except StorageFull:
            raise
        except (BadImage, ProjectError) as error:
            return error.message

    def _repeats(self) -> tuple[GroupLink, ...]:
        """The suspected pairs of groups that are one session recorded again.

        Most stations are suspected for what stands there every day; a group whose
        pictures are all alike is sorted out once, not with each other one.
        """
        sets, found = UnionFind(), []
        for first, second in sorted(self._suspects):
            if sets.find(first) == sets.find(second):
                continue
            if not (self._is_varied(first) and self._is_varied(second)):
                continue
            if is_repeat(self._members(first), self._members(second), self.limits):
                sets.union(first, second)
                found.append(GroupLink(first=first, second=second, reason=AGAIN))
        return tuple(found)

    def _is_varied(self, group: str) -> bool:
        if group not in self._varied:
            few = self._members(group)
            if len(few) > _SIDE_BY_SIDE // 2:
                few = few[::2]
            self._varied[group] = is_repeat(few, few, self.limits)
        return self._varied[group]

    def _members(self, group: str) -> list[Fingerprint]:
        kept = self.project.catalog.looks.of_group(group, _SIDE_BY_SIDE)
        looks = [Fingerprint.from_bytes(value) for value in kept]
        known = [look for look in looks if look is not None]
        return (known + self._fresh.get(group, []))[: 2 * _SIDE_BY_SIDE]


def join_links(project: Project, links: Iterable[GroupLink]) -> int:
    """Join linked groups, or quarantine the side nearer to training; how many.

    Part of one transaction where the caller has begun one.
    """
    joined = 0
    at_us = now_us()
    with project.catalog.writing():
        for link in links:
            first = project.catalog.groups.living(link.first)
            second = project.catalog.groups.living(link.second)
            if first != second:
                project.catalog.groups.join(
                    first, second, reason=link.reason, at_us=at_us
                )
                joined += 1
    return joined


def _sighting(item: Decided, found: Fingerprint) -> Sighting:
    camera = f"{item.camera} {item.place}".strip() if item.camera else ""
    # Groups rather than sessions: the images of an import share a session only.
    return Sighting(
        sample_id=item.id,
        session=item.group,
        camera=camera,
        captured_us=item.captured_us,
        fingerprint=found,
    )


def _looks(items: Sequence[Decided], sightings: Sequence[Sighting]) -> list[Look]:
    owner, keys = keys_of([one.fingerprint for one in sightings])
    ends = np.searchsorted(owner, np.arange(len(items) + 1))
    return [
        Look(
            n=item.n,
            revision=item.revision,
            camera=_camera_number(one),
            captured_us=item.captured_us,
            value=one.fingerprint.to_bytes(),
            keys=keys[ends[place] : ends[place + 1]],
        )
        for place, (item, one) in enumerate(zip(items, sightings, strict=True))
    ]


def _camera_number(one: Sighting) -> int:
    """A number that is the same in every run; 0 stands for an unknown camera."""
    is_known = bool(one.camera and one.captured_us)
    return 1 + zlib.crc32(one.camera.encode()) if is_known else 0
