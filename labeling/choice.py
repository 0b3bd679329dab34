"""Which samples a person goes through, in which order, and where they were last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dataset.catalog import Wanted
from dataset.errors import NotFound, UsageError
from dataset.project import Project
from dataset.records import SampleState
from dataset.status import balance_of

from .picked import picked_ids
from .second_opinion.settling import disputed_samples

QUIET = "quiet"
PROBABLY_EMPTY = 0.75
"""From this emptiness on a sample that nobody looked at is offered as empty."""

TODO = (SampleState.NEW, SampleState.PROPOSED)
STATE_FILTERS: dict[str, tuple[SampleState, ...]] = {
    "todo": TODO,
    "new": (SampleState.NEW,),
    "proposed": (SampleState.PROPOSED,),
    "labeled": (SampleState.LABELED,),
    "empty": (SampleState.EMPTY,),
    "skipped": (SampleState.SKIPPED,),
    QUIET: (SampleState.NEW,),
    "any": (),
}
ORDERS = ("session", "wanted", "uncertain", "doubt", "emptiness")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A queue in words; None lets everything through.

    `split` "" is what no split holds, `condition` is `key=value` of a session. The
    state `quiet` is what is new and looks empty, see `labeling.empties`. `picked` is
    the name of a selection, see `labeling.picked`.

    Raises:
        UsageError: there is no such state or order.
    """

    order: str = "session"
    state: str = "todo"
    class_id: int | None = None
    session_id: str | None = None
    split: str | None = None
    condition: str | None = None
    picked: str | None = None

    def __post_init__(self) -> None:
        if self.state not in STATE_FILTERS:
            raise UsageError(
                f"There is no such queue filter: {self.state}",
                hint=f"the filters are {', '.join(STATE_FILTERS)}",
            )
        if self.order not in ORDERS:
            raise UsageError(
                f"There is no such queue order: {self.order}",
                hint=f"the orders are {', '.join(ORDERS)}",
            )

    def to_words(self) -> dict[str, str]:
        """The choice as it is kept in the catalog."""
        named = {name: getattr(self, name) for name in self.__slots__}
        return {name: str(value) for name, value in named.items() if value is not None}


def choice_of(words: Mapping[str, str], project: Project) -> Choice:
    """The choice that was kept; the first one where it means nothing any more."""
    known = {name: words[name] for name in Choice.__slots__ if name in words}
    class_id = known.pop("class_id", "")
    try:
        number = int(class_id) if class_id.isdecimal() else None
        if number is not None:
            project.catalog.classes.get(number)
        if "session_id" in known:
            project.catalog.sessions.get(known["session_id"])
        if "picked" in known:
            picked_ids(project, known["picked"])
        return Choice(**known, class_id=number)
    except (UsageError, NotFound):
        return Choice()


def ids_of(project: Project, choice: Choice) -> tuple[str, ...]:
    """The ids of the samples of a choice, in its order.

    In the order of doubt what two passes dispute comes before all else.
    """
    found = project.catalog.samples.queue_ids(
        states=STATE_FILTERS[choice.state],
        class_id=choice.class_id,
        session_id=choice.session_id,
        split=choice.split,
        condition=choice.condition,
        emptiness=PROBABLY_EMPTY if choice.state == QUIET else None,
        order=choice.order,
        wanted=wanted_of(project) if choice.order == "wanted" else (),
    )
    if choice.picked is not None:
        picked = picked_ids(project, choice.picked)
        found = tuple(sample_id for sample_id in found if sample_id in picked)
    if choice.order != "doubt":
        return found
    disputed = disputed_samples(project)
    return tuple(sorted(found, key=lambda sample_id: sample_id not in disputed))


def wanted_of(project: Project) -> tuple[Wanted, ...]:
    """What `status` says is missing, as shares of what was aimed at.

    Without targets the rarer a class is beside the most frequent one the more it is
    wanted. Nothing is wanted of classes that are full.
    """
    balance = balance_of(project)
    most = max((row.boxes for row in balance.classes), default=0)
    has_targets = any(row.target or row.group_target for row in balance.classes)
    found: list[Wanted] = []
    for row in balance.classes:
        lacks = (
            (row.shortfall, row.target),
            (row.group_shortfall, row.group_target),
        )
        if not has_targets and not row.conditions:
            lacks = ((most - row.boxes, most), (0, 0))
        weight = max(_share(*pair) for pair in lacks)
        found.append(Wanted(class_id=row.id, weight=weight))
        for condition, _, target, shortfall in (
            *row.conditions,
            *row.group_conditions,
        ):
            found.append(
                Wanted(
                    class_id=row.id,
                    weight=_share(shortfall, target),
                    condition=condition,
                )
            )
    return tuple(each for each in found if each.weight > 0)


def first_of(
    ids: Sequence[str], places: Sequence[str], taken: frozenset[str]
) -> str | None:
    """Where a person begins: where they were, else at the first sample that is free."""
    held = set(ids)
    for each in places:
        if each in held and each not in taken:
            return each
    return next((each for each in ids if each not in taken), None)


def _share(lacking: int, aim: int) -> float:
    return lacking / aim if aim > 0 else 0.0
