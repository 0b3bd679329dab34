"""Near-duplicates of a project: fingerprints are kept, groups joined or quarantined."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from .catalog import Decided
from .duplicates import Sighting, find_links, group_links
from .fingerprint import Fingerprint, fingerprint
from .groups import GroupLink
from .image_file import decode
from .progress import SILENT, Progress
from .project import Project, now_us


class NearDuplicates:
    """What the labelled samples of a project look like, and which are alike.

    Looking decodes each sample once after its labels changed; the fingerprints of
    the others come from the catalog. So work grows with what is new.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._fresh: dict[str, tuple[int, bytes]] = {}

    def find(self, *, progress: Progress = SILENT) -> tuple[GroupLink, ...]:
        """The links between groups that new samples bring; nothing is written.

        Raises:
            BadImage: a sample's image cannot be decoded.
        """
        kept = self._project.catalog.measures.fingerprints()
        decided = self._project.catalog.tables.decided()
        known, new = [], []
        for item in decided:
            revision, value = kept.get(item.id, (-1, b""))
            found = Fingerprint.from_bytes(value) if revision == item.revision else None
            if found is None:
                new.append(item)
            else:
                known.append(_sighting(item, found))
        fresh = list(self._looked_at(new, progress))
        links = find_links(fresh, known)
        return group_links(links, {item.id: item.group for item in decided})

    def keep(self) -> None:
        """Keep what `find` looked at, so that it need not look again."""
        self._project.catalog.measures.put_fingerprints(self._fresh)

    def _looked_at(
        self, items: Sequence[Decided], progress: Progress
    ) -> Iterator[Sighting]:
        with ThreadPoolExecutor(os.cpu_count() or 1, "fingerprint") as pool:
            for done, (item, found) in enumerate(
                zip(items, pool.map(self._look, items), strict=True), start=1
            ):
                self._fresh[item.id] = (item.revision, found.to_bytes())
                progress.step(done, len(items), "comparing")
                yield _sighting(item, found)

    def _look(self, item: Decided) -> Fingerprint:
        boxes = self._project.catalog.labels.boxes(item.id)
        data = self._project.images.read(item.id, item.suffix)
        return fingerprint(decode(data), boxes)


def join_links(project: Project, links: Sequence[GroupLink]) -> int:
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
