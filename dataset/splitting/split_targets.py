"""How a split is to look: the weights of size, classes and conditions, and shares.

Every split has a share of everything. A class or a condition may be split otherwise:
what is said of it counts as it stands, and the splits of which nothing is said share
the rest as they do elsewhere. So `bike = { test-main = 0.30 }` puts 30 % of the bikes
into test-main, and the other 70 % go to train and val as 0.70 to 0.15.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from ..findings import Finding, Severity
from ..records import LabelClass, Split

# Kind (size, class or condition) and what: "", a class id, or (key, value).
Name = tuple[str, object]
Shares = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitTargets:
    """How much size, classes and conditions weigh, and shares that differ.

    `class_shares` and `condition_shares` hold what is said of (split, class id) and
    (split, key, value). `class_names` is what reasons call the classes.
    """

    size: float = 1.0
    classes: float = 2.0
    conditions: float = 0.5
    class_shares: Mapping[tuple[str, int], float] = field(default_factory=dict)
    condition_shares: Mapping[tuple[str, str, str], float] = field(default_factory=dict)
    class_names: Mapping[int, str] = field(default_factory=dict)

    @property
    def is_plain(self) -> bool:
        """Whether every class and condition is split as everything is."""
        return not self.class_shares and not self.condition_shares

    def shares(self, splits: Sequence[Split], name: Name) -> list[float]:
        """The part of a dimension that each split should have; they add up to 1.

        All 0 where no split has a share.
        """
        given = [self._given(split.name, name) for split in splits]
        total = sum(share for share in given if share is not None)
        rest = sum(s.share for s, own in zip(splits, given, strict=True) if own is None)
        part = max(0.0, 1.0 - total) / rest if rest else 0.0
        found = [
            split.share * part if own is None else own
            for split, own in zip(splits, given, strict=True)
        ]
        whole = sum(found)
        return [share / whole for share in found] if whole else found

    def _given(self, split: str, name: Name) -> float | None:
        kind, what = name
        if kind == "class" and isinstance(what, int):
            return self.class_shares.get((split, what))
        if kind == "condition" and isinstance(what, tuple):
            return self.condition_shares.get((split, what[0], what[1]))
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareSettings:
    """What `fieldset.toml` says of shares by class and condition, and the weights.

    `classes` holds (class name, shares by split), `conditions` (`key=value`, shares).
    """

    classes: tuple[tuple[str, Shares], ...] = ()
    conditions: tuple[tuple[str, Shares], ...] = ()
    size_weight: float = 1.0
    classes_weight: float = 2.0
    conditions_weight: float = 0.5


def targets_of(settings: ShareSettings, classes: Sequence[LabelClass]) -> SplitTargets:
    """The settings with class ids for names; unknown names are left out.

    Args:
        settings: those of a project.
        classes: the taxonomy, the retired ones too.
    """
    ids = {item.name: item.id for item in classes if not item.retired}
    return SplitTargets(
        size=settings.size_weight,
        classes=settings.classes_weight,
        conditions=settings.conditions_weight,
        class_shares={
            (split, ids[name]): share
            for name, shares in settings.classes
            if name in ids
            for split, share in shares
        },
        condition_shares={
            (split, *_pair(condition)): share
            for condition, shares in settings.conditions
            for split, share in shares
        },
        class_names={item.id: item.name for item in classes},
    )


def strange_targets(
    settings: ShareSettings, classes: Sequence[LabelClass], conditions: Collection[str]
) -> tuple[Finding, ...]:
    """A warning for each class and condition that the project does not have.

    Args:
        settings: those of a project.
        classes: the taxonomy; a retired class counts as not there.
        conditions: every condition of a session, as `key=value`.
    """
    names = [item.name for item in classes if not item.retired]
    found = [
        _strange("class", f"[split.classes.{name}]", name, names)
        for name, _ in settings.classes
        if name not in names
    ]
    return tuple(
        found
        + [
            _strange("condition", f'[split.conditions."{name}"]', name, conditions)
            for name, _ in settings.conditions
            if name not in conditions
        ]
    )


def strange_conditions(
    targets: Sequence[tuple[str, str]], conditions: Collection[str]
) -> tuple[Finding, ...]:
    """A warning for each balance target under a condition that no session has.

    Args:
        targets: (class name, condition as `key=value`).
        conditions: those of all sessions; where there are none yet nothing is strange.
    """
    return tuple(
        Finding(
            severity=Severity.WARNING,
            what=f"No session has the condition that a target of {name} names: "
            f"{condition}",
            next_step=_correction(condition, conditions, f"[balance.targets.{name}]"),
        )
        for name, condition in targets
        if conditions and condition not in conditions
    )


def _strange(kind: str, table: str, name: str, known: Collection[str]) -> Finding:
    return Finding(
        severity=Severity.WARNING,
        what=f"No {kind} of this project is called so, its shares do nothing: {name}",
        next_step=_correction(name, known, table),
    )


def _correction(name: str, known: Collection[str], table: str) -> str:
    near = get_close_matches(name, sorted(known), n=1)
    return f"write `{near[0]}` in {table}" if near else f"look at {table}"


def _pair(condition: str) -> tuple[str, str]:
    key, _, value = condition.partition("=")
    return key, value
