"""Puts what a person picked into a test set of its own: a stress set by hand.

The unit is the group, as everywhere: a picked sample takes its whole group along, for
the other images of its session would tell a model the answer. Only a group that no
split holds yet can be picked; nothing ever moves, and what a model may have been
trained on tests nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import PolicyRefusal, ProjectError, UsageError
from ..near_duplicates.linking import NearDuplicates, join_links
from ..progress import SILENT, Progress
from ..project import Project, now_us
from ..records import SPLIT_NAME, LedgerAction, LedgerRow, Sample, Split, SplitKind
from ..split import current_split

HAND_RULE = "hand"
REASON = "picked by hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class PickedGroup:
    """A group that goes into the set: its sessions and size, how much was picked."""

    group_id: str
    sessions: tuple[str, ...]
    samples: int
    picked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HandPick:
    """What picking did, or would do.

    `stays` is (split, picked samples) of those whose group has its split already, ""
    for what is quarantined. `gone` counts samples that are not there any more, `joined`
    the near-duplicate links that were found on the way.
    """

    name: str
    is_new: bool
    groups: tuple[PickedGroup, ...]
    stays: tuple[tuple[str, int], ...]
    gone: int = 0
    joined: int = 0

    @property
    def samples(self) -> int:
        """How many samples go into the set with their groups."""
        return sum(group.samples for group in self.groups)

    @property
    def picked(self) -> int:
        """How many of the picked samples go into the set."""
        return sum(group.picked for group in self.groups)

    def to_json(self) -> dict[str, Any]:
        """The outcome as `--json` prints it."""
        return {
            "set": self.name,
            "new": self.is_new,
            "groups": [
                {
                    "id": group.group_id,
                    "sessions": list(group.sessions),
                    "samples": group.samples,
                    "picked": group.picked,
                }
                for group in self.groups
            ],
            "samples": self.samples,
            "picked": self.picked,
            "stays": [
                {"split": split or None, "samples": count}
                for split, count in self.stays
            ],
            "gone": self.gone,
            "joined": self.joined,
        }


def hand_sets(project: Project) -> tuple[str, ...]:
    """The names of the test sets that take in what a person picks."""
    retired = project.catalog.test_runs.retired()
    return tuple(
        split.name
        for split in project.splits
        if split.kind is SplitKind.TEST
        and split.rule == HAND_RULE
        and not split.sealed
        and split.name not in retired
    )


def pick_by_hand(
    project: Project,
    name: str,
    sample_ids: Iterable[str],
    *,
    dry_run: bool = False,
    progress: Progress = SILENT,
) -> HandPick:
    """Put the groups of those samples into the test set `name`, for good.

    A set that does not exist is made, with the rule "hand". Near-duplicates among what
    is labeled are joined first, so that a picked group takes its likes along.

    Raises:
        UsageError: the name cannot be used, or is that of a split with another rule.
        PolicyRefusal: the set is sealed or retired, or every picked sample has its
            split already. Not with `dry_run` for the latter: the answer says so.
    """
    wanted = tuple(dict.fromkeys(sample_ids))
    if not wanted:
        raise UsageError("No sample is picked", hint="give the ids of samples")
    set_of_name(project, name)
    duplicates = NearDuplicates(project, dry_run=dry_run)
    links = duplicates.find(progress=progress)
    catalog = project.catalog
    with catalog.trying() if dry_run else catalog.writing():
        duplicates.keep()
        joined = join_links(project, links)
        found = _pick(project, name, wanted, joined)
        if found.groups:
            _write(project, found)
        elif not dry_run:
            raise PolicyRefusal(
                f"Every picked sample has its split already: {_kept_words(found)}",
                hint="nothing moves between splits; pick samples of sessions that no "
                "split holds yet",
            )
    return found


def set_of_name(project: Project, name: str) -> Split | None:
    """The set of that name, None for a new one, where a person may fill it.

    Raises:
        UsageError: the name cannot be used, or is that of a split with another rule.
        PolicyRefusal: the set is sealed or retired.
    """
    if not SPLIT_NAME.fullmatch(name):
        raise UsageError(
            f"A test set cannot have this name: {name}",
            hint="small letters, digits, - and _, as test-stress",
        )
    known = next((split for split in project.splits if split.name == name), None)
    if known is None:
        return None
    if name in project.catalog.test_runs.retired():
        raise PolicyRefusal(
            f"A retired test set takes nothing in: {name}", hint="choose a new name"
        )
    if known.kind is not SplitKind.TEST or known.rule != HAND_RULE:
        raise UsageError(
            f"This split is not filled by hand: {name}",
            hint='only a test set with rule = "hand" is; a new name makes one',
        )
    if known.sealed:
        raise PolicyRefusal(
            f"A sealed test set takes nothing in: {name}", hint="choose a new name"
        )
    return known


def _pick(project: Project, name: str, wanted: Sequence[str], joined: int) -> HandPick:
    """What goes in and what stays, as the ledger stands."""
    samples = project.catalog.samples.many(wanted)
    ledger = project.catalog.splits.ledger()
    current = current_split(ledger)
    stays = Counter(current[s.group_id] for s in samples if s.group_id in current)
    return HandPick(
        name=name,
        is_new=all(split.name != name for split in project.splits),
        groups=_groups(project, [s for s in samples if s.group_id not in current]),
        stays=tuple(sorted(stays.items())),
        gone=len(wanted) - len(samples),
        joined=joined,
    )


def _groups(project: Project, samples: Sequence[Sample]) -> tuple[PickedGroup, ...]:
    picked = Counter(sample.group_id for sample in samples)
    if not picked:
        return ()
    return tuple(
        PickedGroup(
            group_id=line.id,
            sessions=line.sessions,
            samples=line.samples,
            picked=picked[line.id],
        )
        for line in project.catalog.tables.group_lines()
        if line.id in picked
    )


def _write(project: Project, found: HandPick) -> None:
    """Define the set, append to the ledger, and look whether it is so."""
    splits = project.catalog.splits
    if found.is_new:
        splits.define(Split(name=found.name, kind=SplitKind.TEST, rule=HAND_RULE))
    else:
        for split in project.splits:
            if split.name == found.name:
                splits.define(split)
    at_us = now_us()
    splits.append(
        LedgerRow(
            group_id=group.group_id,
            split=found.name,
            action=LedgerAction.ASSIGNED,
            reason=REASON,
            at_us=at_us,
        )
        for group in found.groups
    )
    current = current_split(splits.ledger())
    astray = [g.group_id for g in found.groups if current[g.group_id] != found.name]
    if astray:
        raise ProjectError(
            f"The split ledger does not hold what was written: {astray[0]}",
            hint="fieldset check",
        )


def _kept_words(found: HandPick) -> str:
    parts = [f"{count} in {split or 'quarantine'}" for split, count in found.stays]
    return ", ".join(parts) or f"{found.gone} were erased"
