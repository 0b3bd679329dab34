"""`fieldset.toml`: the policies of a project that a person may edit.

Read and validated as a whole; a fault is told with the file's line. The file is
written once, by `init`; fieldset never rewrites it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from .errors import ProjectError, SettingsError, UsageError
from .recipes import (
    AugmentRecipe,
    PreprocessRecipe,
    RecipeFault,
    StressRecipe,
    is_stress,
    parse_stress,
)
from .records import SPLIT_NAME, Split, SplitKind
from .split_rule import parse_rule
from .test_ledger import DEFAULT_BUDGET

FILE_NAME = "fieldset.toml"
POLICIES = ("warn", "refuse", "undersample", "repeat", "augment")
IMAGE_FORMATS = ("jpeg", "png")
_MISSING = object()
_AnyRecipe = TypeVar("_AnyRecipe", AugmentRecipe, StressRecipe, PreprocessRecipe)
_HEADER = re.compile(r"\s*\[+([^\[\]]+)\]+\s*(?:#.*)?$")
_PART = r"(?:\"[^\"]*\"|'[^']*'|[\w-]+)"
_KEY = re.compile(rf"\s*({_PART}(?:\s*\.\s*{_PART})*)\s*=")
_DEFAULT_TEXT = """\
# The policies of this project. Edit freely; fieldset only reads this file.

[project]
name = {name}

# Each new group (a session and what is alike) goes to one split and stays there.
[split]
train = 0.70
val = 0.15

[split.tests.test-main]
rule = "random"
share = 0.15

# More test sets, each by a rule that takes whole groups:
# [split.tests.test-time]
# rule = "after:2027-01-01"        # captured on or after that day
# [split.tests.test-night]
# rule = "condition:light=night/3" # every third group under that condition
# [split.tests.test-bridge-7]
# rule = "place:bridge 7"          # or "camera:SOURCE", "hand"
# budget = 3                       # draws once it is sealed; 5 where nothing is said
# [split.tests.test-reserve]       # takes over when a used-up test set is retired:
# rule = "vault"                   # with a share of its own
# Corrupted copies of another test set, made when a version is frozen:
# [split.tests.test-dark]
# rule = "stress:dark/3 of test-main"  # or haze, blur, noise, jpeg; or a name of yours
# [stress.wet-night]                   # for rule = "stress:wet-night"
# dark = 3
# blur = 2

[balance]
# With targets set, a version that misses them is refused; "warn" only says so. In train
# "undersample" leaves samples out, "repeat" names some twice, "augment" adds copies.
# policy = "warn"
# ratio = 10.0         # the most between two classes where there are no targets
# copies = 3           # a sample is repeated or copied at most so often
# [balance.targets.car]
# boxes = 400
# groups = 10
# conditions = {{ "light=night" = 80 }}
# [balance.augment]    # seed, visibility, flip, rotate_deg, scale, shift, hue_deg, ...
# rotate_deg = 5.0

# What training and inference do to every image; a version carries the recipe.
# [preprocess]
# denoise = "median"   # or "bilateral", "nlm"; then brightness, contrast, equalise
# colour = "grey"      # or "bgr", "rgb", "hsv", "lab"

[capture]
format = "jpeg"      # what is stored where the camera hands over raw pictures
jpeg_quality = 95
keep_gps = false

[label]
carry_gap_s = 120    # boxes are not carried over a longer pause
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """How much of a class is wanted, in boxes and in groups; 0 means no target."""

    boxes: int = 0
    groups: int = 0
    conditions: tuple[tuple[str, int], ...] = ()


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
class CaptureSettings:
    """How captured pictures are stored and what the shutter refuses."""

    image_format: str = "jpeg"
    jpeg_quality: int = 95
    keep_gps: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelSettings:
    """When boxes stop being carried."""

    carry_gap_s: float = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectSettings:
    """All that `fieldset.toml` says."""

    name: str
    splits: tuple[Split, ...]
    balance: BalanceSettings = field(default_factory=BalanceSettings)
    capture: CaptureSettings = field(default_factory=CaptureSettings)
    label: LabelSettings = field(default_factory=LabelSettings)
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


def default_text(name: str) -> str:
    """The `fieldset.toml` of a new project."""
    return _DEFAULT_TEXT.format(name=_quoted(name))


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
            {"project", "split", "balance", "capture", "label", "stress", "preprocess"},
        )
        project = self._table(self._raw, "", "project")
        self._known(project, "project", {"name"})
        name = self._take(project, "project", "name", str, self._path.parent.name)
        return ProjectSettings(
            name=name,
            splits=self._splits(),
            balance=self._balance(),
            capture=self._capture(),
            label=self._label(),
            stress=self._stress(),
            preprocess=self._preprocess(),
            budgets=self._budgets(),
        )

    def _splits(self) -> tuple[Split, ...]:
        table = self._table(self._raw, "", "split")
        self._known(table, "split", {"train", "val", "tests"})
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
            raise self._fault("split", "train", "the shares add up to over 1", total)
        return tuple(found)

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
        for key in conditions:
            if not all(key.partition("=")):
                what = "a condition is written as key=value"
                raise self._fault(f"{where}.conditions", key, what, key)
        return Target(
            boxes=self._count(table, where, "boxes"),
            groups=self._count(table, where, "groups"),
            conditions=tuple(
                (key, self._count(conditions, f"{where}.conditions", key))
                for key in sorted(conditions)
            ),
        )

    def _capture(self) -> CaptureSettings:
        table = self._table(self._raw, "", "capture")
        self._known(table, "capture", {"format", "jpeg_quality", "keep_gps"})
        image_format = self._take(table, "capture", "format", str, "jpeg")
        if image_format not in IMAGE_FORMATS:
            raise self._fault(
                "capture",
                "format",
                f"the formats are {', '.join(IMAGE_FORMATS)}",
                image_format,
            )
        quality = self._take(table, "capture", "jpeg_quality", int, 95)
        if not 50 <= quality <= 100:
            raise self._fault(
                "capture", "jpeg_quality", "the quality lies in 50 to 100", quality
            )
        return CaptureSettings(
            image_format=image_format,
            jpeg_quality=quality,
            keep_gps=self._take(table, "capture", "keep_gps", bool, False),
        )

    def _label(self) -> LabelSettings:
        table = self._table(self._raw, "", "label")
        self._known(table, "label", {"carry_gap_s"})
        gap = float(self._take(table, "label", "carry_gap_s", (int, float), 120.0))
        if not 0 < gap < 1e9:
            raise self._fault("label", "carry_gap_s", "a pause is above 0 s", gap)
        return LabelSettings(carry_gap_s=gap)

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
                fits = ", ".join(sorted(names))
                raise self._fault(where, key, f"there is no such setting ({fits})", key)

    def _fault(self, where: str, key: str, what: str, value: object) -> SettingsError:
        line = self._line(where, key)
        return SettingsError(
            f"`{FILE_NAME}` line {line}: {what}: {value}",
            hint=f"mend line {line} of {self._path}",
        )

    def _line(self, where: str, key: str) -> int:
        """The line of a key, from 1; that of the table around it where it has none."""
        wanted = f"{where}.{key}".strip(".")
        found, length = 1, 0
        header = ""
        for number, line in enumerate(self._lines, start=1):
            if match := _HEADER.match(line):
                path = header = _bare(match[1])
            elif match := _KEY.match(line):
                path = f"{header}.{_bare(match[1])}".strip(".")
            else:
                continue
            is_around = wanted == path or wanted.startswith(f"{path}.")
            if is_around and len(path) > length:
                found, length = number, len(path)
        return found


def _bare(path: str) -> str:
    """A dotted key without its quotes and spaces."""
    return ".".join(part.strip().strip("\"'") for part in path.split("."))


def _quoted(text: str) -> str:
    """A TOML basic string; what is no valid Unicode becomes a question mark."""
    valid = text.encode("utf-8", "replace").decode()
    escaped = valid.replace("\\", "\\\\").replace('"', '\\"')
    safe = "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in escaped)
    return f'"{safe}"'


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
