"""What a project's policies make of a version, and how the version records it.

Of train: `undersample` leaves samples out of this version only (they stay in the
catalog, and the next version may hold them), `repeat` lists samples that a trainer
shall see more often (their files are never copied), `augment` adds made samples. Stress
sets are made samples, too: corrupted copies of another test set's, in their parents'
groups. Validation and the other tests keep their natural mix. Preprocessing is only
recorded, see `preprocess`.

`policy` of a version holds what follows from settings and content: the levels, the
repeat list, the recipes. It counts towards the version's id, so the same content under
the same policy has the same id wherever it is frozen. Under `record` stands what
happened here: library versions, what was left out, counts. It stays outside of the id.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from ..errors import FieldsetError
from ..progress import Progress
from ..project import Project
from ..records import Split, SplitKind, VersionSample
from ..sample_batch import samples_of
from ..settings import BalanceSettings
from ..splitting.split_rule import parse_rule
from .balancing import (
    Levels,
    TrainRow,
    levels,
    lift,
    repeats_to_json,
    still_short,
    undersample,
)
from .made_samples import (
    Copy,
    MadeCopies,
    Maker,
    Pixels,
    StressMaker,
    Wanted,
    make_copies,
    merged,
)
from .policy_outcome import PolicyOutcome, levels_json, record_of
from .recipes import AugmentRecipe, is_stress, parse_stress
from .train_rows import boxes_by_need, boxes_of_copies, train_rows

MENDING: Final = ("undersample", "repeat", "augment")
RECORD: Final = "record"


class ContentChanged(FieldsetError):
    """Labels or groups changed between planning a version and writing it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedPolicy:
    """What to write: the splits and the policy of the version, and what it holds.

    `content` is the digest of the samples that it was planned for, "" where nothing
    was planned.
    """

    splits: tuple[Split, ...]
    policy: Mapping[str, Any]
    outcome: PolicyOutcome
    made: tuple[VersionSample, ...] = ()
    content: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether the version is what the catalog holds, no more and no less."""
        return not self.content and not self.made

    def batches(self, found: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The version's samples, of those the catalog freezes; sorted by id.

        Raises:
            ContentChanged: at the end, if they are not those it was planned for.
        """
        if not self.content:
            yield from found
            return
        seen = hashlib.sha256()
        left_out = frozenset(self.outcome.left_out)
        yield from merged(_noted(found, seen), left_out=left_out, made=self.made)
        if seen.hexdigest() != self.content:
            raise ContentChanged(
                "The labels changed while the version was frozen",
                hint="freeze it again",
            )


def apply_policy(project: Project, *, progress: Progress) -> AppliedPolicy:
    """Plan what the policies ask for, and make and store the copies they need.

    Raises:
        StorageFull, ReadOnlyProject: copies made so far are whole; no version is.
        ProjectError, BadImage: a parent's image is missing or damaged.
    """
    settings = project.settings
    balance = settings.balance.effective_policy
    policy: dict[str, Any] = {"balance": balance}
    if settings.preprocess is not None:
        recipe = settings.preprocess
        policy["preprocess"] = {**recipe.to_json(), "digest": recipe.digest}
    stress = [split for split in settings.splits if is_stress(split.rule)]
    splits = _sealed_like_sources(project.splits)
    outcome = PolicyOutcome(balance=balance)
    if balance not in MENDING and not stress:
        return AppliedPolicy(splits=splits, policy=policy, outcome=outcome)
    work = _Work(project, policy, progress)
    work.read()
    if balance in MENDING:
        outcome = work.mend(balance)
    copies = [work.corrupt(split) for split in stress]
    counts = zip(stress, copies, strict=True)
    outcome = replace(
        outcome, stress=tuple((s.name, len(made.samples)) for s, made in counts)
    )
    everything = _distinct([outcome.copies, *copies])
    policy[RECORD] = record_of(outcome, [outcome.copies, *copies])
    return AppliedPolicy(
        splits=splits,
        policy=policy,
        outcome=outcome,
        made=everything,
        content=work.content,
    )


class AugmentMaker:
    """Makes augmented copies."""

    kind = "augment"

    def __init__(self, recipe: AugmentRecipe) -> None:
        # It loads Albumentations, which takes seconds: only who augments waits.
        from .augment import Augmenter  # noqa: PLC0415

        self._augmenter = Augmenter(recipe)
        self.digest = recipe.digest

    def make(self, pixels: Pixels, parent: VersionSample, index: int) -> Copy | None:
        """An augmented copy; None where no box stays visible."""
        made = self._augmenter.copy(
            pixels, parent.boxes, parent_id=parent.id, index=index
        )
        if not made.boxes:
            return None
        return Copy(pixels=made.pixels, boxes=made.boxes)


@dataclass(slots=True)
class _Work:
    """One application of the policies of a project."""

    project: Project
    policy: dict[str, Any]
    progress: Progress
    rows: list[TrainRow] = field(default_factory=list)
    content: str = ""

    def read(self) -> None:
        """Note train's rows and the digest of everything that would be frozen."""
        seen = hashlib.sha256()
        train = self._train()
        with self.project.catalog.reading():
            for batch in _noted(self.project.catalog.frozen_batches(), seen):
                self.rows += train_rows(batch, train)
        self.content = seen.hexdigest()

    def mend(self, balance: str) -> PolicyOutcome:
        """Carry out undersample, repeat or augment."""
        settings = self.project.settings.balance
        wanted = self._levels(settings)
        share = train_share(self.project)
        self.policy["levels"] = levels_json(settings, self._ids(), share)
        left_out: tuple[str, ...] = ()
        extra: tuple[tuple[str, int], ...] = ()
        made = MadeCopies()
        if balance == "undersample":
            left_out = undersample(self.rows, wanted)
        else:
            extra = lift(self.rows, wanted, limit=settings.copies)
            self.policy["copies"] = settings.copies
        if balance == "repeat":
            self.policy["repeat"] = repeats_to_json(extra)
        if balance == "augment":
            recipe = settings.augment
            self.policy["augment"] = {**recipe.to_json(), "digest": recipe.digest}
            made = self._augmented(recipe, extra)
            extra = ()
        return self._outcome(balance, wanted, left_out, extra, made)

    def corrupt(self, split: Split) -> MadeCopies:
        """The corrupted copies that a stress set holds."""
        rule = parse_stress(split.rule)
        recipes = {recipe.name: recipe for recipe in self.project.settings.stress}
        recipe = rule.recipe(recipes)
        content = {k: v for k, v in recipe.to_json().items() if k not in recipe.names}
        self.policy.setdefault("stress", {})[split.name] = {
            "of": rule.source,
            "digest": recipe.digest,
            **content,
        }
        parents = self._samples(split=rule.source)
        wanted = [Wanted(parent=p, index=0, split=split.name) for p in parents]
        return self._copies(StressMaker(recipe), wanted)

    def _augmented(
        self, recipe: AugmentRecipe, extra: Sequence[tuple[str, int]]
    ) -> MadeCopies:
        if not extra:
            return MadeCopies()
        times = dict(extra)
        wanted = [
            Wanted(parent=parent, index=index, split=parent.split)
            for parent in self._samples(ids=times)
            for index in range(times[parent.id])
        ]
        return self._copies(AugmentMaker(recipe), wanted)

    def _copies(self, maker: Maker, wanted: Sequence[Wanted]) -> MadeCopies:
        return make_copies(self.project, maker, wanted, progress=self.progress)

    def _samples(
        self, *, split: str = "", ids: Mapping[str, int] | None = None
    ) -> list[VersionSample]:
        """Samples of the version to be, by id: those of a split, or some of them."""
        found: list[VersionSample] = []
        raw = None if ids is None else pa.array([bytes.fromhex(i) for i in ids])
        with self.project.catalog.reading():
            for batch in self.project.catalog.frozen_batches():
                if raw is None:
                    chosen = pc.equal(batch.column("split"), split)
                else:
                    column = batch.column("id").cast(pa.binary())
                    chosen = pc.is_in(column, value_set=raw)
                found += samples_of(batch.filter(chosen))
        return found

    def _levels(self, settings: BalanceSettings) -> Levels:
        catalog = self.project.catalog
        return levels(
            self.rows,
            settings,
            catalog.classes.all(),
            train_share=train_share(self.project),
            known_conditions=known_conditions(self.project),
        )

    def _outcome(
        self,
        balance: str,
        wanted: Levels,
        left_out: tuple[str, ...],
        extra: tuple[tuple[str, int], ...],
        made: MadeCopies,
    ) -> PolicyOutcome:
        before = boxes_by_need(self.rows, {})
        weights = {**dict.fromkeys(left_out, 0), **{i: 1 + n for i, n in extra}}
        after = boxes_by_need(self.rows, weights)
        after.update(boxes_of_copies(made.samples))
        names = {c.id: c.name for c in self.project.catalog.classes.all()}
        short = still_short(after, wanted, names) if balance != "undersample" else ()
        return PolicyOutcome(
            balance=balance,
            classes=tuple(
                (c, name, before[c, ""], after[c, ""])
                for c, name in sorted(names.items())
            ),
            left_out=left_out,
            repeats=extra,
            copies=made,
            notes=(*wanted.notes, *short),
        )

    def _ids(self) -> dict[str, int]:
        return {item.name: item.id for item in self.project.catalog.classes.all()}

    def _train(self) -> frozenset[str]:
        splits = self.project.splits
        return frozenset(s.name for s in splits if s.kind is SplitKind.TRAIN)


def train_share(project: Project) -> float:
    """Train's part of what the settings of a project split by shares, 0 to 1."""
    pool = [s for s in project.settings.splits if parse_rule(s.rule).is_shortfall]
    total = sum(split.share for split in pool)
    own = sum(split.share for split in pool if split.kind is SplitKind.TRAIN)
    return own / total if total else 1.0


def known_conditions(project: Project) -> frozenset[str]:
    """Every condition, as `key=value`, that a session of a project has."""
    return frozenset(
        f"{key}={value}"
        for session in project.catalog.sessions.all()
        for key, value in session.conditions
    )


def _noted(
    batches: Iterable[pa.RecordBatch],
    seen: Any,  # noqa: ANN401  (hashlib's hash)
) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        seen.update(batch.serialize())
        yield batch


def _distinct(made: Sequence[MadeCopies]) -> tuple[VersionSample, ...]:
    """All copies by id; the first of equal bytes stays."""
    found: dict[str, VersionSample] = {}
    for copies in made:
        for sample in copies.samples:
            found.setdefault(sample.id, sample)
    return tuple(found[sample_id] for sample_id in sorted(found))


def _sealed_like_sources(splits: Sequence[Split]) -> tuple[Split, ...]:
    """Copies of a sealed set show it as well as it does itself: they are sealed."""
    sealed = {split.name for split in splits if split.sealed}
    return tuple(
        replace(split, sealed=True)
        if is_stress(split.rule) and parse_stress(split.rule).source in sealed
        else split
        for split in splits
    )
