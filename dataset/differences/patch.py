"""A diff as a patch: its changes, made to the samples of the old version.

Applied to the version they lead from, they give the content of the version they lead
to: the same leaves, so under the same classes and policy the same id. What no change
speaks of (session, place, times, review) stays as the old version has it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from ..errors import ProjectError
from ..records import Box, VersionSample
from .changes import (
    BoxAdded,
    BoxMoved,
    BoxReidentified,
    BoxRelabelled,
    BoxRemoved,
    Change,
    GroupChanged,
    SampleAdded,
    SampleRemoved,
    SizeChanged,
    SplitChanged,
    StateChanged,
)
from .matching import corners

_PAIRED = (BoxRelabelled, BoxMoved, BoxReidentified)


def apply(
    changes: Iterable[Change],
    samples: Iterable[VersionSample],
    arriving: Callable[[str], VersionSample],
) -> Iterator[VersionSample]:
    """The samples as the changes leave them, sorted by id; lazy.

    Args:
        changes: those of one diff, in any order.
        samples: of the version they lead from, sorted by id.
        arriving: gives a sample that is added, by its id; a diff counts its boxes and
            does not hold them.

    Raises:
        ProjectError: a change does not fit: a sample or box is not as it says.
    """
    waiting: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        waiting[change.sample_id].append(change)
    added = sorted(
        sample_id
        for sample_id, own in waiting.items()
        if isinstance(own[0], SampleAdded)
    )
    place = 0
    for sample in samples:
        while place < len(added) and added[place] < sample.id:
            yield _arrived(added[place], waiting, arriving)
            place += 1
        own = waiting.pop(sample.id, ())
        if any(isinstance(change, SampleAdded) for change in own):
            raise _misfit(sample.id)
        if not any(isinstance(change, SampleRemoved) for change in own):
            yield _changed(sample, own) if own else sample
    for sample_id in added[place:]:
        yield _arrived(sample_id, waiting, arriving)
    for sample_id in waiting:
        raise _misfit(sample_id)


def _arrived(
    sample_id: str,
    waiting: dict[str, list[Change]],
    arriving: Callable[[str], VersionSample],
) -> VersionSample:
    if len(waiting.pop(sample_id)) > 1:
        raise _misfit(sample_id)
    return arriving(sample_id)


def _changed(sample: VersionSample, changes: Sequence[Change]) -> VersionSample:
    fields: dict[str, Any] = {}
    for change in changes:
        if isinstance(change, SizeChanged):
            _require((sample.width, sample.height) == change.old, sample)
            fields["width"], fields["height"] = change.new
        elif isinstance(change, StateChanged):
            _require(sample.state is change.old, sample)
            fields["state"] = change.new
        elif isinstance(change, SplitChanged):
            _require(sample.split == change.old, sample)
            fields["split"] = change.new
        elif isinstance(change, GroupChanged):
            _require(sample.group == change.old, sample)
            fields["group"] = change.new
    return replace(sample, boxes=_boxes(sample, changes), **fields)


def _boxes(sample: VersionSample, changes: Sequence[Change]) -> tuple[Box, ...]:
    held = {box.id: box for box in sample.boxes}
    leaving: dict[str, Box] = {}
    coming: dict[str, Box] = {}
    for change in changes:
        if isinstance(change, BoxRemoved):
            leaving[change.box.id] = change.box
        elif isinstance(change, BoxAdded):
            coming[change.box.id] = change.box
        elif isinstance(change, _PAIRED):
            leaving[change.old.id] = change.old
            coming[change.new.id] = change.new
    for box_id, box in leaving.items():
        _require(box_id in held and _is_same(held.pop(box_id), box), sample)
    _require(held.keys().isdisjoint(coming), sample)
    held.update(coming)
    return tuple(held[box_id] for box_id in sorted(held))


def _is_same(first: Box, second: Box) -> bool:
    return first.class_id == second.class_id and corners(first) == corners(second)


def _require(is_fitting: bool, sample: VersionSample) -> None:
    if not is_fitting:
        raise _misfit(sample.id)


def _misfit(sample_id: str) -> ProjectError:
    return ProjectError(
        f"A change does not fit the sample it is about: {sample_id}",
        hint="changes fit the version that their diff starts from",
    )
