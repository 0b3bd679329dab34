"""What the search for near-duplicates has to tell, and which groups must wait for it.

A sample whose image is missing or damaged cannot be compared. That stops nothing else:
it is named in an error, it stays on the queue, and the next run looks again. Its group
is split as ever where one picture of it was seen: the session is what makes a group,
and a duplicate that is found later quarantines the side of train. A group of which
nothing was seen waits, for nobody could train on it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ..findings import Finding, Severity
from ..groups import GroupFacts
from ..project import Project
from ..split import current_split
from .linking import Unseen


def seen_groups(
    project: Project, groups: Sequence[GroupFacts], unseen: Sequence[Unseen]
) -> tuple[GroupFacts, ...]:
    """The groups without those that wait because nothing of them was seen."""
    if not unseen:
        return tuple(groups)
    dark = Counter(project.catalog.groups.living(one.group) for one in unseen)
    held = current_split(project.catalog.splits.ledger())
    return tuple(
        group
        for group in groups
        if dark[group.id] < group.samples or held.get(group.id)
    )


def link_findings(
    groups: Sequence[GroupFacts], unseen: Sequence[Unseen]
) -> tuple[Finding, ...]:
    """An error for each sample that was not seen; a warning where all is one group."""
    return (*map(_unseen, unseen), *_one_group(groups))


def _unseen(one: Unseen) -> Finding:
    return Finding(
        severity=Severity.ERROR,
        what="A sample could not be compared with the others "
        f"({one.why.partition(':')[0].rstrip('.')}): {one.sample_id}",
        path=one.sample_id,
        next_step="put its image back from a backup or `fieldset erase` it, then run "
        "`fieldset split` again",
    )


def _one_group(groups: Sequence[GroupFacts]) -> tuple[Finding, ...]:
    samples = sum(group.samples for group in groups)
    if len(groups) != 1 or samples < 2:
        return ()
    return (
        Finding(
            severity=Severity.WARNING,
            what="All samples are one group, of one session or near-duplicates of each "
            f"other, so nothing can be held out: {samples}",
            path=groups[0].id,
            next_step="capture another session, or import other pictures",
        ),
    )
