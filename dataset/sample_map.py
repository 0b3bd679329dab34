"""The map of a project's samples: places that tell likeness, and what colours them.

Places come from the embeddings that are kept beside the measures: the built-in ones
(see `measures.embed`), or those of the project's backbone where one is given. They are
laid out by principal component analysis (`mapping.plane`). Pictures that look alike lie
near one another; how far two clouds are apart says little, for the map shows two
directions of many, and `share` tells how much of the variance these two are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .catalog.map_rows import MapRow
from .catalog.measures import BACKBONE, BUILT_IN
from .mapping.plane import METHOD, Layout, Places, Vectors, lay_out
from .measures import DIGEST
from .measuring import Backbone
from .progress import SILENT, Progress
from .project import Project
from .records import LabelClass, Session

__all__ = [
    "METHOD",
    "Colouring",
    "MapRow",
    "SampleMap",
    "laid_out",
    "map_samples",
    "measured_ids",
    "read_map",
    "unmeasured",
]

Codes = NDArray[np.int32]
_BATCH = 2000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Colouring:
    """One way to sort the samples of a map: `codes` (N,) int32 point into `values`.

    `by` is class, split, session, state or `condition:KEY`. The value "" stands for
    none: no box or closed boxes, no split, no such condition.
    """

    by: str
    values: tuple[str, ...]
    codes: Codes

    @property
    def counts(self) -> tuple[int, ...]:
        """How many samples have each value."""
        found = np.bincount(self.codes, minlength=len(self.values))
        return tuple(int(count) for count in found)

    def value_of(self, at: int) -> str:
        """The value of the sample at a place in the map's order."""
        return self.values[int(self.codes[at])]


# Not slotted: two properties are kept.
@dataclass(frozen=True, kw_only=True, eq=False)
class SampleMap:
    """The samples that have a place, sorted by id, and what is known of them.

    `index` and `closed` are worked out when they are first asked for, or by `ready`.

    `places` is (N, 2) float32 as `mapping.plane` gives them, `order` (N,) int64: the
    indices in the order of sessions, as captured. `missing` are the samples without an
    embedding, in the order of ids: not measured yet, or measured otherwise.
    """

    samples: tuple[MapRow, ...] = ()
    places: Places = field(default_factory=lambda: np.zeros((0, 2), np.float32))
    share: float = 0.0
    colourings: tuple[Colouring, ...] = ()
    order: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    missing: tuple[MapRow, ...] = ()
    classes: tuple[LabelClass, ...] = ()
    method: str = METHOD

    def __len__(self) -> int:
        return len(self.samples)

    @cached_property
    def index(self) -> dict[str, int]:
        """The place of each sample's id in `samples`."""
        return {row.id: at for at, row in enumerate(self.samples)}

    @cached_property
    def closed(self) -> NDArray[np.bool_]:
        """Which samples a sealed test set holds, (N,) bool."""
        return np.array([row.closed for row in self.samples], np.bool_)

    def ready(self) -> None:
        """Work out what is asked for later, where it keeps nobody waiting."""
        # Kept once they were asked for.
        self.index, self.closed, self._rows  # noqa: B018

    @property
    def varies(self) -> bool:
        """Whether any two samples differ in their place."""
        return self.share > 0

    def colouring(self, by: str) -> Colouring:
        """The colouring of that name; the first one where there is none such."""
        return next((c for c in self.colourings if c.by == by), self.colourings[0])

    def mask_of(self, sample_ids: Iterable[str]) -> NDArray[np.bool_]:
        """Which samples of the map are among those ids, (N,) bool."""
        mask = np.zeros(len(self), np.bool_)
        known = self.index
        mask[[known[i] for i in sample_ids if i in known]] = True
        return mask

    def chosen(self, mask: NDArray[np.bool_]) -> tuple[MapRow, ...]:
        """The samples of a mask (N,), session by session, as captured."""
        found: list[MapRow] = self._rows[self.order[mask[self.order]]].tolist()
        return tuple(found)

    @cached_property
    def _rows(self) -> NDArray[np.object_]:
        """The samples as an array: a choice of thousands is taken in one step."""
        rows = np.empty(len(self.samples), np.object_)
        rows[:] = self.samples
        return rows


def read_map(
    project: Project,
    *,
    backbone: Backbone | None = None,
    progress: Progress = SILENT,
) -> SampleMap:
    """The map of a project from what is measured; nothing is measured here.

    Raises:
        ProjectError: the catalog is damaged.
    """
    with project.catalog.reading():
        layout = laid_out(project, backbone=backbone, progress=progress)
        return map_samples(project, layout)


def measured_ids(
    project: Project, *, backbone: Backbone | None = None
) -> frozenset[str]:
    """The ids of the samples that have an embedding, the backbone's where one is."""
    return project.catalog.measures.vector_ids(*_kind(backbone))


def unmeasured(
    project: Project, *, backbone: Backbone | None = None
) -> tuple[MapRow, ...]:
    """The samples that have no embedding yet, by id."""
    with project.catalog.reading():
        known = measured_ids(project, backbone=backbone)
        rows = project.catalog.map_rows.each()
        return tuple(row for row in rows if row.id not in known)


def laid_out(
    project: Project,
    *,
    backbone: Backbone | None = None,
    progress: Progress = SILENT,
) -> Layout:
    """The places of all samples that are measured; memory grows by 8 bytes a sample."""
    total = len(measured_ids(project, backbone=backbone))
    return lay_out(_vectors(project, _kind(backbone), total, progress))


def map_samples(project: Project, layout: Layout) -> SampleMap:
    """A layout joined with what the catalog says of the samples now.

    Samples erased meanwhile are left out, new ones are `missing`.
    """
    catalog = project.catalog
    with catalog.reading():
        rows = tuple(catalog.map_rows.each())
        sessions = catalog.sessions.all()
        classes = catalog.classes.all(include_retired=True)
    at = {sample_id: place for place, sample_id in enumerate(layout.ids)}
    here = tuple(row for row in rows if row.id in at)
    picked = np.array([at[row.id] for row in here], np.int64)
    return SampleMap(
        samples=here,
        places=layout.places[picked],
        share=layout.share,
        colourings=_colourings(here, sessions, classes),
        order=_order(here, sessions),
        missing=tuple(row for row in rows if row.id not in at),
        classes=classes,
    )


def _kind(backbone: Backbone | None) -> tuple[str, str]:
    """Under which kind and digest the embeddings are kept."""
    return (BUILT_IN, DIGEST) if backbone is None else (BACKBONE, backbone.key)


def _vectors(
    project: Project, kind: tuple[str, str], total: int, progress: Progress
) -> Iterator[tuple[list[str], Vectors]]:
    done = 0
    for found in project.catalog.measures.vector_batches(*kind, _BATCH):
        done += len(found)
        progress.step(done, max(total, done), "reading embeddings")
        # Another length stands for another kind of embedding: each kind by itself.
        for size in sorted({len(vector) for vector in found.values()}):
            ids = [i for i, vector in found.items() if len(vector) == size]
            yield ids, np.stack([found[i] for i in ids])


def _colourings(
    rows: Sequence[MapRow], sessions: Sequence[Session], classes: Sequence[LabelClass]
) -> tuple[Colouring, ...]:
    names = {one.id: one.name for one in classes}
    session_names = {one.id: one.name for one in sessions}
    conditions = {one.id: dict(one.conditions) for one in sessions}
    keys = sorted({key for held in conditions.values() for key in held})
    return (
        _coded(
            "class", [names.get(row.class_id or 0, "") for row in rows], names.values()
        ),
        _coded("split", [row.split for row in rows]),
        _coded(
            "session",
            [session_names.get(row.session_id, "") for row in rows],
            session_names.values(),
        ),
        _coded("state", [row.state.value for row in rows]),
        *(
            _coded(
                f"condition:{key}",
                [conditions.get(row.session_id, {}).get(key, "") for row in rows],
            )
            for key in keys
        ),
    )


def _coded(
    by: str, words: Sequence[str], known: Collection[str] | None = None
) -> Colouring:
    """The words as codes, in the order of `known` or of the alphabet; "" is last."""
    here = set(words)
    order = sorted(here) if known is None else [word for word in known if word in here]
    values = tuple(dict.fromkeys((*(word for word in order if word), *here)))
    code = {word: at for at, word in enumerate(values)}
    return Colouring(
        by=by, values=values, codes=np.array([code[word] for word in words], np.int32)
    )


def _order(rows: Sequence[MapRow], sessions: Sequence[Session]) -> NDArray[np.int64]:
    began = {one.id: (one.started_us, one.name) for one in sessions}
    ranks = {name: at for at, name in enumerate(sorted(began, key=began.__getitem__))}
    session = np.array([ranks.get(row.session_id, 0) for row in rows], np.int64)
    sequence = np.array([row.sequence for row in rows], np.int64)
    return np.lexsort((sequence, session)).astype(np.int64)
