"""Settling the disputes of second passes: who decides what, saved and undoable.

A dispute is worked out from the labels as they are now and the second pass's boxes:
it ends when the two agree, or when a person settled it. Each settlement is an edit in
the journal, so that undo opens the dispute again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from dataset.catalog import SecondLook, Settlement
from dataset.errors import NotFound, ProjectError, UsageError
from dataset.project import Project, now_us
from dataset.records import LabelEdit, LabelState, Sample

from .. import edits
from ..agreement import Agreement, agreement, compare
from .disputes import Dispute, Verdict, disputes_of, kept, taken

DISPUTES_ASKED_AT = "look at the disputes again, then settle what is left"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDispute:
    """A dispute that nobody settled, of one sample; `by` made the second pass."""

    sample: Sample
    look_n: int
    dispute: Dispute
    by: str = ""
    at_us: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledDispute:
    """What was decided, on which sample, by whom and when."""

    sample_id: str
    verdict: Verdict
    person: str
    at_us: int


def open_disputes(project: Project) -> tuple[OpenDispute, ...]:
    """Every dispute nobody settled yet, session by session; none of a sealed set."""
    catalog = project.catalog
    with catalog.reading():
        settled = _settled_keys(project)
        looks = catalog.second_looks.finished()
        samples = {s.id: s for s in catalog.samples.many(k.sample_id for k in looks)}
        return tuple(
            OpenDispute(
                sample=samples[look.sample_id],
                look_n=look.n,
                dispute=dispute,
                by=look.person,
                at_us=look.at_us,
            )
            for look in looks
            if not samples[look.sample_id].reviewed
            for dispute in _open_of(
                look, catalog.labels.get(look.sample_id), settled[look.n]
            )
        )


def disputed_samples(project: Project) -> frozenset[str]:
    """The ids of the samples with a dispute that nobody settled."""
    return frozenset(found.sample.id for found in open_disputes(project))


def settled_disputes(project: Project) -> tuple[SettledDispute, ...]:
    """What was decided so far and is not undone, oldest first."""
    catalog = project.catalog
    with catalog.reading():
        looks = {look.n: look.sample_id for look in catalog.second_looks.finished()}
        return tuple(
            SettledDispute(
                sample_id=looks[one.look_n],
                verdict=Verdict(one.verdict),
                person=one.person,
                at_us=one.at_us,
            )
            for one in catalog.second_looks.settlements()
            if one.look_n in looks
        )


def settle(
    project: Project,
    found: OpenDispute,
    verdict: Verdict,
    *,
    person: str = "",
    clock: Callable[[], int] = now_us,
) -> None:
    """Settle a dispute; the last one of a sample gives it its second yes.

    With `edit` the person goes on to change the first boxes: the dispute is settled
    by the next edit of the sample, and the second yes is theirs to say.

    Raises:
        ProjectError: somebody settled it meanwhile, or changed its boxes.
        UsageError: the second pass's class was retired since.
        PolicyRefusal: the sample's test set was sealed since.
    """
    catalog = project.catalog
    with catalog.writing():
        look = catalog.second_looks.get(found.look_n)
        before = catalog.labels.get(look.sample_id)
        still_open = _open_of(look, before, _settled_keys(project)[look.n])
        if before.reviewed or found.dispute not in still_open:
            raise ProjectError(
                f"This dispute was settled or changed elsewhere: {look.sample_id[:12]}",
                hint=DISPUTES_ASKED_AT,
            )
        settlement = Settlement(
            look_n=look.n,
            first_id=found.dispute.key[0],
            second_id=found.dispute.key[1],
            verdict=verdict.value,
            person=person,
            at_us=clock(),
        )
        if verdict is Verdict.EDIT:
            newest = catalog.second_looks.newest_edit()
            catalog.second_looks.settle(settlement, journal_n=newest)
            return
        if verdict is Verdict.SECOND:
            _require_living_class(project, found.dispute)
        after = (taken if verdict is Verdict.SECOND else _kept)(before, found.dispute)
        if len(still_open) == 1:
            after = edits.review(after)
        (number,) = catalog.labels.apply_all(
            [
                LabelEdit(
                    sample_id=look.sample_id,
                    title=_title(verdict),
                    before=before,
                    after=after,
                    at_us=clock(),
                )
            ]
        )
        catalog.second_looks.settle(settlement, journal_n=number)


def settle_all(
    project: Project,
    sample_id: str,
    verdict: Verdict,
    *,
    person: str = "",
    clock: Callable[[], int] = now_us,
) -> int:
    """Settle every open dispute of a sample alike, as one step; gives how many.

    Raises:
        NotFound: nothing is disputed about the sample.
        UsageError: as `settle`.
        PolicyRefusal: as `settle`.
    """
    catalog = project.catalog
    with catalog.journal.one_step(_title(verdict)):
        found = [one for one in open_disputes(project) if one.sample.id == sample_id]
        if not found:
            raise NotFound(
                f"Nothing is disputed about this sample: {sample_id[:12]}",
                hint="see `fieldset review disputes`",
            )
        for one in found:
            settle(project, one, verdict, person=person, clock=clock)
    return len(found)


def say_yes(
    project: Project, sample_id: str, before: LabelState, *, at_us: int
) -> None:
    """Give a sample its second yes: both passes agree."""
    project.catalog.labels.apply(
        LabelEdit(
            sample_id=sample_id,
            title="agreed in a second pass",
            before=before,
            after=edits.review(before),
            at_us=at_us,
        )
    )


def agreement_of(project: Project, pass_n: int | None = None) -> Agreement | None:
    """The agreement of a pass, else of all; as drawn, before anything was settled.

    None where no sample was labeled twice yet. A sample that several passes took
    counts with the newest.
    """
    finished = project.catalog.second_looks.finished()
    looks = [look for look in finished if pass_n in {None, look.pass_n}]
    if not looks:
        return None
    return agreement(compare(look.first, look.second) for look in looks)


def _open_of(
    look: SecondLook, labels: LabelState, settled: frozenset[tuple[str, str]]
) -> tuple[Dispute, ...]:
    return tuple(
        dispute
        for dispute in disputes_of(labels.boxes, look.second)
        if dispute.key not in settled
    )


def _settled_keys(project: Project) -> defaultdict[int, frozenset[tuple[str, str]]]:
    keys: defaultdict[int, frozenset[tuple[str, str]]] = defaultdict(frozenset)
    for one in project.catalog.second_looks.settlements():
        keys[one.look_n] |= {(one.first_id, one.second_id)}
    return keys


def _kept(labels: LabelState, _dispute: Dispute) -> LabelState:
    return kept(labels)


def _require_living_class(project: Project, dispute: Dispute) -> None:
    if dispute.second is None:
        return
    known = project.catalog.classes.get(dispute.second.class_id)
    if known.retired:
        raise UsageError(
            f"The second pass's class was retired since: {known.name}",
            hint="keep the first, or edit the box in Label",
        )


def _title(verdict: Verdict) -> str:
    return {
        Verdict.FIRST: "kept the first pass",
        Verdict.SECOND: "took the second pass",
    }[verdict]
