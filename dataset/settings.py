"""`fieldset.toml`: the policies of a project that a person may edit.

Read and validated as a whole; a fault is told with the file's line and column. The
file is written once, by `init`; fieldset never rewrites it. What shapes the split:

    [split]                       shares; stretched where they add up to under 1
    train = 0.70
    [split.tests.NAME]            a test set: `rule`, `share`, `budget`
    [split.classes.CLASS]         other shares for the boxes of one class
    test-main = 0.30              (who is not named shares the rest as above)
    [split.conditions."K=V"]      the same for samples under one condition
    [split.weights]               of `size`, `classes` and `conditions`
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from .assist_settings import AssistSettings, read_assist
from .capture_settings import CaptureSettings, read_capture
from .card_settings import CardSettings, read_card
from .cloud_settings import CloudSettings
from .drift_settings import DriftSettings, read_drift_settings
from .errors import ProjectError, SettingsError, UsageError
from .label_settings import LabelSettings, read_label
from .policies.recipes import (
    AugmentRecipe,
    PreprocessRecipe,
    RecipeFault,
    StressRecipe,
    is_stress,
    parse_stress,
)
from .privacy_settings import PrivacySettings, read_privacy
from .provenance_settings import ProvenanceSettings, read_provenance
from .records import SPLIT_NAME, Split, SplitKind
from .settings_template import default_text
from .splitting.split_rule import parse_rule
from .splitting.split_targets import Shares, ShareSettings
from .test_ledger import DEFAULT_BUDGET
from .toml_place import find_place

__all__ = [
    "FILE_NAME",
    "POLICIES",
    "AssistSettings",
    "BalanceSettings",
    "CaptureSettings",
    "CardSettings",
    "DriftSettings",
    "LabelSettings",
    "PrivacySettings",
    "ProjectSettings",
    "ProvenanceSettings",
    "Target",
    "default_text",
    "read_settings",
]

FILE_NAME = "fieldset.toml"
POLICIES = ("warn", "refuse", "undersample", "repeat", "augment")
_MISSING = object()
_Part = TypeVar("_Part")
_AnyRecipe = TypeVar("_AnyRecipe", AugmentRecipe, StressRecipe, PreprocessRecipe)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """How much of a class is wanted, in boxes and in groups; 0 means no target.

    `conditions` are boxes by condition, `group_conditions` groups by condition.
    """

    boxes: int = 0
    groups: int = 0
    conditions: tuple[tuple[str, int], ...] = ()
    group_conditions: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceSettings:
    """The balance policy and the targets by class name.

    `ratio` is the wanted ratio between the most and the least frequent class where no
    targets are set; `copies` the most often that `repeat` and `augment` use a sample
    again.
    """

    policy: str = ""
    targets: tuple[tuple[str, Target], ...] = ()
    ratio: float = 10.0
    copies: int = 3
    augment: AugmentRecipe = field(default_factory=AugmentRecipe)

    @property
    def effective_policy(self) -> str:
        """`policy`, or by default refuse where targets are set and warn elsewhere."""
        return self.policy or ("refuse" if self.targets else "warn")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectSettings:
    """All that `fieldset.toml` says."""

    name: str
    splits: tuple[Split, ...]
    balance: BalanceSettings = field(default_factory=BalanceSettings)
    capture: CaptureSettings = field(default_factory=CaptureSettings)
    label: LabelSettings = field(default_factory=LabelSettings)
    assist: AssistSettings = field(default_factory=AssistSettings)
    card: CardSettings = field(default_factory=CardSettings)
    drift: DriftSettings = field(default_factory=DriftSettings)
    privacy: PrivacySettings = field(default_factory=PrivacySettings)
    provenance: ProvenanceSettings = field(default_factory=ProvenanceSettings)
    cloud: CloudSettings = field(default_factory=CloudSettings)
    shares: ShareSettings = field(default_factory=ShareSettings)
    stress: tuple[StressRecipe, ...] = ()
    preprocess: PreprocessRecipe | None = None
    budgets: tuple[tuple[str, int], ...] = ()

    def budget_of(self, name: str) -> int:
        """How often the sealed test set of that name may be drawn."""
        return dict(self.budgets).get(name, DEFAULT_BUDGET)


def read_settings(path: Path) -> ProjectSettings:
    """The settings in that file.

    Raises:
        SettingsError: it is not valid; the sentence names line and value.
        ProjectError: it cannot be read.
    """
    try:
        # Some editors begin a file with a byte-order mark, which is no TOML.
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise SettingsError(f"The settings are not UTF-8 text: {path}") from error
    except OSError as error:
        raise ProjectError(
            f"The settings cannot be read ({error.strerror}): {path}"
        ) from error
    try:
        raw = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingsError(
            f"`{FILE_NAME}` is not valid TOML, {_lower(str(error))}: {path}",
            hint="mend that line; `fieldset init` in an empty folder shows a good file",
        ) from error
    return _Reader(raw, text, path).settings()


class _Reader:
    """Walks the parsed file and points at lines."""

    def __init__(self, raw: dict[str, Any], text: str, path: Path) -> None:
        self._raw = raw
        self._lines = text.split("\n")
        self._path = path

    def settings(self) -> ProjectSettings:
        self._known(
            self._raw,
            "",
            {
                "project",
                "split",
                "balance",
                "capture",
                "label",
                "assist",
                "card",
                "cloud",
                "drift",
                "stress",
                "preprocess",
                "privacy",
                "provenance",
            },
        )
        project = self._table(self._raw, "", "project")
        self._known(project, "project", {"name"})
        name = self._take(project, "project", "name", str, self._path.parent.name)
        splits = self._splits()
        return ProjectSettings(
            name=name,
            splits=splits,
            shares=self._shares(splits),
            balance=self._balance(),
            capture=self._capture(),
            label=self._part("label", read_label),
            assist=self._part("assist", read_assist),
            card=self._part("card", read_card),
            cloud=self._part("cloud", CloudSettings.read),
            drift=self._part("drift", read_drift_settings),
            privacy=self._part("privacy", read_privacy),
            provenance=self._part("provenance", read_provenance),
            stress=self._stress(),
            preprocess=self._preprocess(),
            budgets=self._budgets(),
        )

    def _splits(self) -> tuple[Split, ...]:
        table = self._table(self._raw, "", "split")
        self._known(
            table,
            "split",
            {"train", "val", "tests", "classes", "conditions", "weights"},
        )
        train = self._share(table, "split", "train", 0.70)
        val = self._share(table, "split", "val", 0.15)
        found = [
            Split(name="train", kind=SplitKind.TRAIN, share=train),
            Split(name="val", kind=SplitKind.VAL, share=val),
        ]
        tests = self._table(table, "split", "tests")
        found += [self._test(name, tests) for name in tests]
        total = sum(split.share for split in found)
        if total > 1.0 + 1e-9:
            raise self._fault(
                "split", "train", "the shares add up to over 1", f"{total:g}"
            )
        return tuple(found)

    def _shares(self, splits: tuple[Split, ...]) -> ShareSettings:
        table = self._table(self._raw, "", "split")
        pool = [s.name for s in splits if parse_rule(s.rule).is_shortfall]
        ruled = {s.name for s in splits} - set(pool)
        weights = self._table(table, "split", "weights")
        self._known(weights, "split.weights", {"size", "classes", "conditions"})
        conditions = self._table(table, "split", "conditions")
        for name in conditions:
            self._require_condition("split.conditions", name)
        return ShareSettings(
            classes=self._shares_by_name(table, "classes", pool, ruled),
            conditions=self._shares_by_name(table, "conditions", pool, ruled),
            size_weight=self._weight(weights, "size", 1.0),
            classes_weight=self._weight(weights, "classes", 2.0),
            conditions_weight=self._weight(weights, "conditions", 0.5),
        )

    def _shares_by_name(
        self, split: Mapping[str, Any], key: str, pool: list[str], ruled: set[str]
    ) -> tuple[tuple[str, Shares], ...]:
        table = self._table(split, "split", key)
        found = []
        for name in table:
            where = f"split.{key}.{name}"
            shares = self._table(table, f"split.{key}", name)
            for split_name in shares:
                if split_name in ruled:
                    what = "a set that its rule fills has no share"
                    raise self._fault(where, split_name, what, split_name)
                if split_name not in pool:
                    what = "there is no such split"
                    raise self._unknown(where, split_name, what, pool)
            own = tuple((s, self._share(shares, where, s, 0.0)) for s in shares)
            total = sum(share for _, share in own)
            if total > 1.0 + 1e-9 or (len(own) == len(pool) and total < 1.0 - 1e-9):
                what = f"the shares of {name} do not add up to 1"
                raise self._fault(where, "", what, f"{total:g}")
            found.append((name, own))
        return tuple(found)

    def _weight(self, table: Mapping[str, Any], key: str, default: float) -> float:
        weight = float(self._take(table, "split.weights", key, (int, float), default))
        if not 0.0 <= weight <= 1000.0:
            raise self._fault("split.weights", key, "it lies in 0 to 1000", weight)
        return weight

    def _require_condition(self, where: str, key: str) -> None:
        if not all(key.partition("=")):
            what = "a condition is written as key=value"
            raise self._fault(where, key, what, key)

    def _test(self, name: str, tests: Mapping[str, Any]) -> Split:
        where = f"split.tests.{name}"
        if not SPLIT_NAME.fullmatch(name) or name in {"train", "val"}:
            raise self._fault(
                where, "", "a test set is named in small letters, digits and -", name
            )
        table = self._table(tests, "split.tests", name)
        self._known(table, where, {"rule", "share", "budget"})
        rule = self._take(table, where, "rule", str, "random")
        try:
            parse_rule(rule)
        except UsageError as error:
            what = _lower(error.message.split(":", 1)[0])
            raise self._fault(where, "rule", what, rule) from error
        share = self._share(table, where, "share", 0.15 if rule == "random" else 0.0)
        is_vault = rule == "vault"
        if is_vault and not share:
            raise self._fault(where, "share", "a vault set needs a share", share)
        return Split(
            name=name, kind=SplitKind.TEST, rule=rule, share=share, sealed=is_vault
        )

    def _budgets(self) -> tuple[tuple[str, int], ...]:
        split = self._table(self._raw, "", "split")
        tests = self._table(split, "split", "tests")
        return tuple((name, self._budget(name, tests)) for name in tests)

    def _budget(self, name: str, tests: Mapping[str, Any]) -> int:
        where = f"split.tests.{name}"
        table = self._table(tests, "split.tests", name)
        budget = self._take(table, where, "budget", int, DEFAULT_BUDGET)
        if budget < 1:
            raise self._fault(where, "budget", "a budget is at least 1", budget)
        return int(budget)

    def _balance(self) -> BalanceSettings:
        table = self._table(self._raw, "", "balance")
        self._known(
            table, "balance", {"policy", "targets", "ratio", "copies", "augment"}
        )
        policy = self._take(table, "balance", "policy", str, "")
        if policy and policy not in POLICIES:
            raise self._fault(
                "balance", "policy", f"the policies are {', '.join(POLICIES)}", policy
            )
        targets = self._table(table, "balance", "targets")
        ratio = float(self._take(table, "balance", "ratio", (int, float), 10.0))
        if not 1.0 <= ratio <= 1e6:
            raise self._fault("balance", "ratio", "a ratio is not below 1", ratio)
        copies = self._take(table, "balance", "copies", int, 3)
        if not 1 <= copies <= 100:
            raise self._fault("balance", "copies", "it lies in 1 to 100", copies)
        return BalanceSettings(
            policy=policy,
            targets=tuple((name, self._target(name, targets)) for name in targets),
            ratio=ratio,
            copies=copies,
            augment=self._recipe(AugmentRecipe, table, "balance", "augment"),
        )

    def _stress(self) -> tuple[StressRecipe, ...]:
        table = self._table(self._raw, "", "stress")
        found = tuple(
            self._recipe(StressRecipe, table, "stress", name, name=name)
            for name in table
        )
        self._check_stress_rules({recipe.name: recipe for recipe in found})
        return found

    def _check_stress_rules(self, recipes: Mapping[str, StressRecipe]) -> None:
        """Each stress set names a recipe that is there, and a split with groups."""
        splits = {split.name: split for split in self._splits()}
        for split in splits.values():
            if not is_stress(split.rule):
                continue
            where = f"split.tests.{split.name}"
            rule = parse_stress(split.rule)
            try:
                rule.recipe(recipes)
            except UsageError as error:
                what = _lower(error.message.split(":", 1)[0])
                raise self._fault(where, "rule", what, rule.name) from error
            source = splits.get(rule.source)
            is_held_out = source is not None and source.kind is not SplitKind.TRAIN
            if source is None or not is_held_out or is_stress(source.rule):
                what = "a stress set is made of val or of another test set, not of"
                raise self._fault(where, "rule", what, rule.source)

    def _preprocess(self) -> PreprocessRecipe | None:
        if "preprocess" not in self._raw:
            return None
        return self._recipe(PreprocessRecipe, self._raw, "", "preprocess")

    def _recipe(
        self,
        kind: type[_AnyRecipe],
        parent: Mapping[str, Any],
        where: str,
        key: str,
        **given: str,
    ) -> _AnyRecipe:
        try:
            return kind.read(self._table(parent, where, key), **given)
        except RecipeFault as fault:
            place = f"{where}.{key}".strip(".")
            raise self._fault(place, fault.key, fault.what, fault.value) from fault

    def _target(self, name: str, targets: Mapping[str, Any]) -> Target:
        where = f"balance.targets.{name}"
        table = self._table(targets, "balance.targets", name)
        self._known(table, where, {"boxes", "groups", "conditions"})
        conditions = self._table(table, where, "conditions")
        wanted = {
            key: self._under(conditions, where, key) for key in sorted(conditions)
        }
        return Target(
            boxes=self._count(table, where, "boxes"),
            groups=self._count(table, where, "groups"),
            conditions=tuple((key, boxes) for key, (boxes, _) in wanted.items()),
            group_conditions=tuple(
                (key, groups) for key, (_, groups) in wanted.items() if groups
            ),
        )

    def _under(
        self, conditions: Mapping[str, Any], around: str, key: str
    ) -> tuple[int, int]:
        """Boxes and groups wanted under a condition: a number, or a table of both."""
        where = f"{around}.conditions"
        self._require_condition(where, key)
        if not isinstance(conditions[key], dict):
            return self._count(conditions, where, key), 0
        table = self._table(conditions, where, key)
        self._known(table, f"{where}.{key}", {"boxes", "groups"})
        return (
            self._count(table, f"{where}.{key}", "boxes"),
            self._count(table, f"{where}.{key}", "groups"),
        )

    def _capture(self) -> CaptureSettings:
        try:
            return read_capture(self._table(self._raw, "", "capture"))
        except RecipeFault as fault:
            table, _, key = fault.key.partition(".")
            where = f"capture.{table}".strip(".")
            raise self._fault(where, key, fault.what, fault.value) from fault

    def _part(self, name: str, read: Callable[[Mapping[str, Any]], _Part]) -> _Part:
        """A table that a file of its own reads; its fault is told with its place."""
        try:
            return read(self._table(self._raw, "", name))
        except RecipeFault as fault:
            table, dot, key = fault.key.partition(".")
            where, key = (f"{name}.{table}", key) if dot else (name, table)
            raise self._fault(where, key, fault.what, fault.value) from fault

    def _share(
        self, table: Mapping[str, Any], where: str, key: str, default: float
    ) -> float:
        share = float(self._take(table, where, key, (int, float), default))
        if not 0.0 <= share <= 1.0:
            raise self._fault(where, key, "a share lies between 0 and 1", share)
        return share

    def _count(self, table: Mapping[str, Any], where: str, key: str) -> int:
        count = self._take(table, where, key, int, 0)
        if count < 0:
            raise self._fault(where, key, "a target is not below 0", count)
        return int(count)

    def _table(
        self, parent: Mapping[str, Any], where: str, key: str
    ) -> Mapping[str, Any]:
        value = parent.get(key, {})
        if not isinstance(value, dict):
            raise self._fault(where, key, f"`{key}` is a table", value)
        return value

    def _take(
        self,
        table: Mapping[str, Any],
        where: str,
        key: str,
        kind: type | tuple[type, ...],
        default: object,
    ) -> Any:  # noqa: ANN401  (one of the TOML types, checked here)
        value = table.get(key, _MISSING)
        if value is _MISSING:
            return default
        is_number_wanted = kind is not bool
        if not isinstance(value, kind) or (
            is_number_wanted and isinstance(value, bool)
        ):
            raise self._fault(where, key, f"`{key}` has another type", value)
        return value

    def _known(self, table: Mapping[str, Any], where: str, names: set[str]) -> None:
        for key in table:
            if key not in names:
                raise self._unknown(where, key, "there is no such setting", names)

    def _unknown(
        self, where: str, key: str, what: str, names: Collection[str]
    ) -> SettingsError:
        near = get_close_matches(key, sorted(names), n=1)
        fits = f"did you mean {near[0]}?" if near else ", ".join(sorted(names))
        return self._fault(where, key, f"{what} ({fits})", key)

    def _fault(self, where: str, key: str, what: str, value: object) -> SettingsError:
        place = find_place(self._lines, where, key)
        return SettingsError(
            f"`{FILE_NAME}` {place}: {what}: {value}",
            hint=f"mend line {place.line} of {self._path}",
        )


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
