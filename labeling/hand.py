"""The sample in a person's hand: what they saw of it, and what they make of that.

Whoever saves acts on the labels that were shown, with the proposals that were offered:
where something else changed them meanwhile the edit is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from dataset.catalog import Catalog
from dataset.records import LabelEdit, LabelState, Proposal

from .assist import merged, takes_carried


class Hand:
    """Keeps what was shown and offered of the sample at hand, and saves edits of it."""

    def __init__(self, catalog: Catalog, clock: Callable[[], int]) -> None:
        self._catalog = catalog
        self._clock = clock
        self._offers: dict[str, tuple[Proposal, ...]] = {}
        self._seen = ("", LabelState())

    def see(self, sample_id: str) -> LabelState:
        """The labels as they are now; they are what the person has seen then."""
        labels = self._catalog.labels.get(sample_id)
        self._seen = (sample_id, labels)
        return labels

    def looked_at(self, sample_id: str) -> LabelState:
        """The labels that the person has before them; nobody accepts unseen boxes."""
        seen_id, labels = self._seen
        return labels if seen_id == sample_id else self._catalog.labels.get(sample_id)

    def offer(self, sample_id: str, proposals: tuple[Proposal, ...]) -> None:
        """Offer carried proposals, unless a person said something meanwhile."""
        if proposals and takes_carried(self._catalog.labels.get(sample_id)):
            self._offers = {sample_id: proposals}

    def forget_offers(self) -> None:
        """Offer nothing: the person goes on."""
        self._offers.clear()

    def shown(
        self, sample_id: str, labels: LabelState, seen: Collection[str] | None = None
    ) -> LabelState:
        """The labels with what was offered for them; of proposals only those `seen`."""
        offered = self._offers.get(sample_id, ())
        if offered and takes_carried(labels):
            labels = replace(labels, proposals=merged(offered, labels.proposals))
        if seen is None:
            return labels
        kept = tuple(p for p in labels.proposals if p.box.id in seen)
        return replace(labels, proposals=kept)

    def edit(
        self, sample_id: str, title: str, change: Callable[[LabelState], LabelState]
    ) -> None:
        """Save what a change makes of the labels; an edit of nothing is none.

        Raises:
            ProjectError: something else changed them since they were shown.
        """
        with self._catalog.writing():
            before = self.looked_at(sample_id)
            self._catalog.labels.expect(sample_id, before)
            shown = self.shown(sample_id, before)
            if shown.proposals != before.proposals:
                # The first edit of a sample keeps what was offered for it, so that
                # undo can bring a dropped proposal back.
                self._catalog.labels.propose(sample_id, shown.proposals)
                before = self._catalog.labels.get(sample_id)
            after = change(before)
            if after != before:
                self.save(sample_id, title, before, after)
        self._offers.pop(sample_id, None)

    def save(
        self,
        sample_id: str,
        title: str,
        before: LabelState,
        after: LabelState,
        keys: int = 0,
        drags: int = 0,
    ) -> None:
        """Save an edit with its reverse, durable when it returns."""
        self._catalog.labels.apply(
            LabelEdit(
                sample_id=sample_id,
                title=title,
                before=before,
                after=after,
                at_us=self._clock(),
                keys=keys,
                drags=drags,
            )
        )
