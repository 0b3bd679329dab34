"""What freezing a version would do now, worked out without writing anything.

The new groups get their split in a trial that is rolled back, the balance is judged,
and the policy is planned on train as it would be then. Copies are counted, not made:
some of those planned may turn out without a visible box.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from ..balance import Balance, BalanceVerdict
from ..policies.balancing import TrainRow, levels, lift, still_short, undersample
from ..policies.policy import MENDING, known_conditions, train_share
from ..policies.recipes import is_stress
from ..policies.train_rows import boxes_by_need, train_rows
from ..progress import SILENT, Progress
from ..project import Project
from ..records import LedgerAction, SplitKind
from ..splitting.assignment import SplitOutcome, assign_splits
from ..status import balance_of


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyPlan:
    """What a policy would make of train.

    `occurrences` are the further ones of repeated samples, or the copies that augment
    would make. `classes` is (id, name, boxes before, after); `notes` are sentences on
    what no policy can mend.
    """

    left_out: int = 0
    lifted: int = 0
    occurrences: int = 0
    classes: tuple[tuple[int, str, int, int], ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What a freeze would meet: nothing to freeze, a refusal, or what it would do.

    `samples` are those that would be frozen, before the policy; `number` is that of
    the next version.
    """

    number: int
    samples: int
    balance: Balance
    policy: str
    split: SplitOutcome
    plan: PolicyPlan = field(default_factory=PolicyPlan)
    stress: tuple[str, ...] = ()

    @property
    def is_refused(self) -> bool:
        """Whether the balance policy would refuse the version."""
        return self.balance.verdict is BalanceVerdict.REFUSE

    @property
    def may_freeze(self) -> bool:
        """Whether a freeze would make, or find, a version."""
        return bool(self.samples) and not self.is_refused


def freeze_outlook(project: Project, *, progress: Progress = SILENT) -> Outlook:
    """What `freezing.freeze` would do now; nothing is written.

    Raises:
        BadImage: the image of a new sample cannot be decoded.
    """
    split = assign_splits(project, dry_run=True, progress=progress)
    settings = project.settings
    policy = settings.balance.effective_policy
    catalog = project.catalog
    with catalog.reading():
        counts = catalog.tables.by_split()
        balance = balance_of(project)
        versions = project.versions()
        plan = PolicyPlan()
        if policy in MENDING:
            plan = _plan(project, policy, _new_splits(split))
    return Outlook(
        number=max((version.number for version in versions), default=0) + 1,
        samples=sum(count.samples for count in counts),
        balance=balance,
        policy=policy,
        split=split,
        plan=plan,
        stress=tuple(s.name for s in settings.splits if is_stress(s.rule)),
    )


def _new_splits(outcome: SplitOutcome) -> dict[str, str]:
    """The splits that new groups would be in, by group."""
    return {
        one.group_id: one.split
        for one in outcome.assigned
        if one.action is LedgerAction.ASSIGNED
    }


def _plan(project: Project, policy: str, new: Mapping[str, str]) -> PolicyPlan:
    """What the policy would make of train; call it inside `reading`."""
    rows = list(_rows(project, new))
    settings = project.settings.balance
    classes = project.catalog.classes.all()
    wanted = levels(
        rows,
        settings,
        classes,
        train_share=train_share(project),
        known_conditions=known_conditions(project),
    )
    left_out: tuple[str, ...] = ()
    extra: tuple[tuple[str, int], ...] = ()
    if policy == "undersample":
        left_out = undersample(rows, wanted)
    else:
        extra = lift(rows, wanted, limit=settings.copies)
    before = boxes_by_need(rows, {})
    weights = {**dict.fromkeys(left_out, 0), **{i: 1 + n for i, n in extra}}
    after = boxes_by_need(rows, weights)
    names = {item.id: item.name for item in classes}
    short = still_short(after, wanted, names) if policy != "undersample" else ()
    return PolicyPlan(
        left_out=len(left_out),
        lifted=len(extra),
        occurrences=sum(times for _, times in extra),
        classes=tuple(
            (class_id, name, before[class_id, ""], after[class_id, ""])
            for class_id, name in sorted(names.items())
        ),
        notes=(*wanted.notes, *short),
    )


def _rows(project: Project, new: Mapping[str, str]) -> Iterator[TrainRow]:
    """Train's rows as they would be once the new groups are assigned."""
    train = frozenset(s.name for s in project.splits if s.kind is SplitKind.TRAIN)
    for batch in project.catalog.frozen_batches():
        yield from train_rows(_assigned(batch, new), train)


def _assigned(batch: pa.RecordBatch, new: Mapping[str, str]) -> pa.RecordBatch:
    """The batch with the splits that new groups would have."""
    groups = batch.column("group").to_pylist()
    if not any(group in new for group in groups):
        return batch
    splits = batch.column("split").to_pylist()
    changed = pa.array(
        [new.get(g, split) for g, split in zip(groups, splits, strict=True)],
        batch.column("split").type,
    )
    return batch.set_column(batch.schema.get_field_index("split"), "split", changed)
