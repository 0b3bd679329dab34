"""The Explore view's desk: the map of samples, and what becomes of a selection.

It opens the project a second time for each piece of work, see `dataset_desk`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dataset.mapping.map_measuring import measure_missing
from dataset.mapping.plane import Layout
from dataset.progress import Progress
from dataset.project import Project
from dataset.sample_map import laid_out, map_samples, measured_ids, unmeasured
from dataset.splitting.hand_picking import HandPick, hand_sets, pick_by_hand
from labeling.choice import Choice, ids_of
from labeling.picked import keep_picked

from ..language import tr
from ..models.onnx_backbone import project_backbone
from ..views.contracts import QueueChoice
from ..views.explore.explore_contract import ExploreState, Sent, SetPlan

SESSIONS_NAMED = 3
ANY_STATE = "any"


class ProjectExploreDesk:
    """Maps the project in one folder; the places are kept while no embedding is new."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: tuple[str, frozenset[str]] | None = None
        self._layout = Layout()

    def state(self, progress: Progress) -> ExploreState:
        """Read the map."""
        progress.step(0, None, tr("reading embeddings"))
        with (
            Project.open(self._root, read_only=True) as mine,
            project_backbone(mine) as backbone,
            mine.catalog.reading(),
        ):
            kind = "" if backbone is None else backbone.key
            known = kind, measured_ids(mine, backbone=backbone)
            if known != self._known:
                self._layout = laid_out(mine, backbone=backbone, progress=progress)
                self._known = known
            found = map_samples(mine, self._layout)
            sets = hand_sets(mine)
        # Worked out here, not on the main thread.
        found.ready()
        return ExploreState(map=found, root=self._root, sets=sets)

    def measure(self, progress: Progress) -> tuple[str, str]:
        """Measure what the map lacks."""
        with Project.open(self._root) as mine, project_backbone(mine) as backbone:
            done = measure_missing(
                mine,
                unmeasured(mine, backbone=backbone),
                backbone=backbone,
                progress=progress,
            )
        words = tr("{count} samples were measured.").format(count=f"{done.measured:,}")
        if not done.findings:
            return words, "ok"
        unread = tr("{count} could not be read: {first}").format(
            count=f"{len(done.findings):,}", first=done.findings[0].what
        )
        return f"{words} {unread}", "warn"

    def send(self, sample_ids: Sequence[str]) -> Sent:
        """Keep a selection as a queue."""
        with Project.open(self._root) as mine:
            name = keep_picked(mine, sample_ids)
            shown = len(ids_of(mine, Choice(state=ANY_STATE, picked=name)))
        words = tr("The queue shows {count} picked samples, session by session.")
        sentence = words.format(count=f"{shown:,}")
        if shown < len(sample_ids):
            rest = tr("{count} are not shown: erased, or closed in a sealed test set.")
            left_out = rest.format(count=f"{len(sample_ids) - shown:,}")
            sentence = f"{sentence} {left_out}"
        return Sent(
            choice=QueueChoice(state=ANY_STATE, picked=name),
            sentence=sentence,
            tone="ok" if shown == len(sample_ids) else "warn",
        )

    def plan_set(
        self, name: str, sample_ids: Sequence[str], progress: Progress
    ) -> SetPlan:
        """Say what `fill_set` would do."""
        progress.step(0, None, tr("looking for near-duplicates"))
        with Project.open(self._root) as mine:
            found = pick_by_hand(
                mine, name, sample_ids, dry_run=True, progress=progress
            )
        return SetPlan(
            name=name,
            goes=_goes_words(found),
            stays=_stays_words(found),
            may_go=bool(found.groups),
        )

    def fill_set(self, name: str, sample_ids: Sequence[str], progress: Progress) -> str:
        """Put the groups of these samples into a test set."""
        progress.step(0, None, tr("looking for near-duplicates"))
        with Project.open(self._root) as mine:
            found = pick_by_hand(mine, name, sample_ids, progress=progress)
        words = tr("{samples} samples in {groups} are in {name} now.")
        return words.format(
            samples=f"{found.samples:,}",
            groups=_groups_words(len(found.groups)),
            name=name,
        )


def _goes_words(found: HandPick) -> str:
    """What goes in, with the sessions by name."""
    if not found.groups:
        return tr("Nothing would go in: no picked sample is without a split.")
    names = list(dict.fromkeys(n for group in found.groups for n in group.sessions))
    shown = ", ".join(names[:SESSIONS_NAMED])
    if len(names) > SESSIONS_NAMED:
        more = tr("and {count} more").format(count=len(names) - SESSIONS_NAMED)
        shown = f"{shown} {more}"
    words = tr(
        "{picked} picked samples take their groups along, for what was captured with "
        "them would tell the answer: {samples} samples in {groups}, of {names}."
    )
    return words.format(
        picked=f"{found.picked:,}",
        samples=f"{found.samples:,}",
        groups=_groups_words(len(found.groups)),
        names=shown,
    )


def _groups_words(count: int) -> str:
    return tr("one group") if count == 1 else tr("{n} groups").format(n=f"{count:,}")


def _stays_words(found: HandPick) -> str:
    """What stays where it is, and why."""
    if not found.stays:
        return ""
    parts = ", ".join(
        f"{count:,} {tr('in')} {split or tr('quarantine')}"
        for split, count in found.stays
    )
    words = tr("Others have their split already and stay: {parts}. Nothing moves.")
    return words.format(parts=parts)
