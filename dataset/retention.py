"""Retention: which samples were kept longer than `[privacy.keep_days]` allows.

Nothing goes by itself. A person or a timer asks for it (`fieldset erase --due`), and
can look at it first. A sample is judged by the day it was captured. One whose day
cannot be true, because it is still to come, or before the station that signed it could
exist, was taken by a clock that was not set: it is named, never erased. Samples of
sealed test sets stay, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .erasure import Erased, clear_remnants, take_out
from .errors import PolicyRefusal
from .privacy_settings import KEPT
from .progress import SILENT, Progress
from .project import Project
from .provenance.clock import OLDEST_US, ClockReading, ClockState
from .records import Sample

# Imported pictures may be old; cameras whose clock stopped say 1970, 1980 or 2000.
_EARLIEST_US = 978_307_200_000_000  # 2001-01-01
_DAY_US = 24 * 3600 * 1_000_000
# Clocks of two machines may differ by so much without any of them being wrong.
_AHEAD_US = _DAY_US


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """The ids of samples that are due, and of those that cannot be judged."""

    samples: tuple[str, ...]
    undated: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionDone:
    """What was erased, what a sealed test set kept, and what else remains.

    `versions` are aliases of versions that still list something of it.
    """

    erased: tuple[str, ...]
    sealed: tuple[str, ...]
    undated: tuple[str, ...]
    versions: tuple[str, ...]
    remains: tuple[str, ...]


def due_samples(project: Project, now: ClockReading) -> Due:
    """What is due at that time, oldest first.

    Raises:
        PolicyRefusal: the clock was not set, so that nothing can be judged.
    """
    if now.state is ClockState.NOT_SET:
        raise PolicyRefusal(
            "What is due cannot be told, the clock of this machine was not set",
            hint="set the clock, then try again",
        )
    found = sorted(
        _over_time(project, now.wall_us), key=lambda s: (s.captured_us, s.id)
    )
    is_dated = {sample.id: _is_dated(project, sample, now.wall_us) for sample in found}
    return Due(
        samples=tuple(s.id for s in found if is_dated[s.id]),
        undated=tuple(s.id for s in found if not is_dated[s.id]),
    )


def erase_due(
    project: Project, due: Due, *, person: str = "", progress: Progress = SILENT
) -> RetentionDone:
    """Erase what is due.

    Raises:
        Cancelled: the person asked to stop; what was erased is erased.
    """
    erased: list[Erased] = []
    sealed: list[str] = []
    versions: dict[str, None] = {}
    try:
        for done, sample_id in enumerate(due.samples):
            progress.step(done, len(due.samples), "erased")
            try:
                gone = take_out(project, sample_id, reason="retention", person=person)
            except PolicyRefusal:
                sealed.append(sample_id)
                continue
            erased.append(gone)
            versions.update(dict.fromkeys(gone.versions))
    finally:
        remains = clear_remnants(project, erased) if erased else ()
    return RetentionDone(
        erased=tuple(gone.sample_id for gone in erased),
        sealed=tuple(sealed),
        undated=due.undated,
        versions=tuple(versions),
        remains=remains,
    )


def _over_time(project: Project, now_us: int) -> Iterator[Sample]:
    for kind, days in project.settings.privacy.keep_days:
        ids = project.catalog.samples.queue_ids(states=KEPT[kind])
        for sample in project.catalog.samples.many(ids):
            is_old = sample.captured_us < now_us - days * _DAY_US
            if is_old or not _is_dated(project, sample, now_us):
                yield sample


def _is_dated(project: Project, sample: Sample, now_us: int) -> bool:
    if not _EARLIEST_US <= sample.captured_us <= now_us + _AHEAD_US:
        return False
    is_new_enough = sample.captured_us >= OLDEST_US
    return is_new_enough or not project.catalog.provenance.has_record(sample.id)
