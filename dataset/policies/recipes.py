"""Recipes: what is done to pixels, as frozen values that travel inside a version.

Three kinds, each read from `fieldset.toml`: how train is augmented
(`[balance.augment]`), how a stress test set is corrupted (`[stress.NAME]`), and what
training and inference do to every image alike (`[preprocess]`). The digest of a recipe
follows from the values alone, never from the names people give or from the libraries
that carry it out; those are recorded beside what they made.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from difflib import get_close_matches
from importlib import metadata
from typing import Any, ClassVar, Final, Self

from ..errors import UsageError

CORRUPTIONS: Final = ("dark", "haze", "blur", "noise", "jpeg")
SEVERITIES: Final = range(1, 6)
DENOISERS: Final = ("none", "median", "bilateral", "nlm")
COLOURS: Final = ("bgr", "rgb", "grey", "hsv", "lab")
DEFAULT_SOURCE: Final = "test-main"
_STRESS_RULE: Final = re.compile(
    r"stress:([a-z0-9][a-z0-9_-]*)(?:/([1-5]))?(?: of ([a-z0-9][a-z0-9_-]*))?"
)
_LIBRARIES: Final = ("albumentations", "numpy", "opencv-python-headless")

Limits = Mapping[str, tuple[float, float]]


class RecipeFault(ValueError):
    """A value that a recipe cannot have: the key, what is wrong, and the value."""

    def __init__(self, key: str, what: str, value: object) -> None:
        super().__init__(f"{what}: {value}")
        self.key = key
        self.what = what
        self.value = value


@dataclass(frozen=True, slots=True, kw_only=True)
class _Recipe:
    """What all recipes share: limits, canonical form and digest."""

    kind: ClassVar[str] = ""
    limits: ClassVar[Limits] = {}
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    names: ClassVar[frozenset[str]] = frozenset()

    def __post_init__(self) -> None:
        for key, (low, high) in self.limits.items():
            value = getattr(self, key)
            if not low <= value <= high:
                raise RecipeFault(key, f"`{key}` lies in {low:g} to {high:g}", value)
        for key, allowed in self.choices.items():
            value = getattr(self, key)
            if value not in allowed:
                raise RecipeFault(key, f"`{key}` is one of {', '.join(allowed)}", value)

    @classmethod
    def read(cls, table: Mapping[str, Any], **given: str) -> Self:
        """The recipe that a table of `fieldset.toml` stands for.

        Raises:
            RecipeFault: a key does not exist, or its value has another type or lies
                outside of its limits.
        """
        kinds = {f.name: f for f in fields(cls) if f.name not in given}
        values: dict[str, Any] = dict(given)
        for key, value in table.items():
            if key not in kinds:
                near = get_close_matches(key, sorted(kinds), n=1)
                fits = f"did you mean {near[0]}?" if near else ", ".join(sorted(kinds))
                raise RecipeFault(key, f"there is no such setting ({fits})", key)
            values[key] = _typed(key, value, kinds[key].default)
        return cls(**values)

    def to_json(self) -> dict[str, Any]:
        """Every value by its name, as JSON holds it; names that people gave too."""
        return {"kind": self.kind, **asdict(self)}

    @property
    def digest(self) -> str:
        """SHA-256 (hexadecimal) of the canonical JSON without names people gave."""
        content = {k: v for k, v in self.to_json().items() if k not in self.names}
        text = json.dumps(
            content, sort_keys=True, separators=(",", ":"), allow_nan=False
        )
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class AugmentRecipe(_Recipe):
    """How copies of train's samples are made.

    Probabilities: `flip` (left to right), `blur`, `noise`. Greatest changes, drawn
    evenly on both sides of none: `rotate_deg` in degrees, `scale` and `shift` as
    parts of the image's size, `brightness`, `contrast` and `saturation` as parts of
    their range, `hue_deg` in degrees of the colour circle. A box of which less than
    the part `visibility` stays inside the copy is dropped.
    """

    kind: ClassVar[str] = "augment"
    limits: ClassVar[Limits] = {
        "seed": (0, 2**53),
        "visibility": (0.0, 1.0),
        "flip": (0.0, 1.0),
        "rotate_deg": (0.0, 45.0),
        "scale": (0.0, 0.9),
        "shift": (0.0, 1.0),
        "brightness": (0.0, 1.0),
        "contrast": (0.0, 1.0),
        "saturation": (0.0, 1.0),
        "hue_deg": (0.0, 180.0),
        "blur": (0.0, 1.0),
        "noise": (0.0, 1.0),
    }

    seed: int = 1
    visibility: float = 0.4
    flip: float = 0.5
    rotate_deg: float = 5.0
    scale: float = 0.1
    shift: float = 0.05
    brightness: float = 0.2
    contrast: float = 0.2
    saturation: float = 0.1
    hue_deg: float = 5.0
    blur: float = 0.1
    noise: float = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class StressRecipe(_Recipe):
    """How a stress set's copies are corrupted: a severity 1 to 5 each, 0 for none.

    They follow one another as light does on its way: dark, haze, blur (lens), noise
    (sensor), jpeg (codec).
    """

    kind: ClassVar[str] = "stress"
    limits: ClassVar[Limits] = {
        "seed": (0, 2**53),
        **dict.fromkeys(CORRUPTIONS, (0, SEVERITIES[-1])),
    }
    names: ClassVar[frozenset[str]] = frozenset({"name"})

    name: str = ""
    seed: int = 1
    dark: int = 0
    haze: int = 0
    blur: int = 0
    noise: int = 0
    jpeg: int = 0

    def __post_init__(self) -> None:
        # No `super()`: slots make a new class, which a bare one does not find.
        _Recipe.__post_init__(self)
        if not self.corruptions:
            fits = ", ".join(CORRUPTIONS)
            raise RecipeFault("", f"a stress recipe names one of {fits}", self.name)

    @property
    def corruptions(self) -> tuple[tuple[str, int], ...]:
        """(corruption, severity) in the order in which they are applied."""
        found = ((name, int(getattr(self, name))) for name in CORRUPTIONS)
        return tuple((name, severity) for name, severity in found if severity)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreprocessRecipe(_Recipe):
    """What is done to every image before a model sees it, in training and after.

    In this order: `denoise` with `strength` (see `preprocess`), `brightness` (a part
    of the full range that is added), `contrast` (a factor around mid-grey),
    `equalise` (clip limit of an adaptive histogram equalisation; 0 is none),
    `colour`. The version's images themselves stay as they were stored.
    """

    kind: ClassVar[str] = "preprocess"
    limits: ClassVar[Limits] = {
        "strength": (1, 9),
        "brightness": (-1.0, 1.0),
        "contrast": (0.0, 4.0),
        "equalise": (0.0, 40.0),
    }
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "denoise": DENOISERS,
        "colour": COLOURS,
    }
    names: ClassVar[frozenset[str]] = frozenset({"name"})

    name: str = "preprocess"
    denoise: str = "none"
    strength: int = 3
    brightness: float = 0.0
    contrast: float = 1.0
    equalise: float = 0.0
    colour: str = "bgr"


@dataclass(frozen=True, slots=True, kw_only=True)
class StressRule:
    """A parsed rule `stress:NAME of SPLIT`, or `stress:CORRUPTION/SEVERITY`.

    `severity` is 0 where `name` is that of a recipe. `source` is the split whose
    samples are copied.
    """

    name: str
    severity: int = 0
    source: str = DEFAULT_SOURCE

    def recipe(self, recipes: Mapping[str, StressRecipe]) -> StressRecipe:
        """What the rule's copies are made by.

        Raises:
            UsageError: there is no recipe of that name.
        """
        if self.severity:
            name = f"{self.name}-{self.severity}"
            return StressRecipe.read({self.name: self.severity}, name=name)
        if self.name not in recipes:
            raise UsageError(
                f"There is no stress recipe of that name: {self.name}",
                hint=f"add a table [stress.{self.name}], or say {self.name}/3 for one "
                f"of {', '.join(CORRUPTIONS)}",
            )
        return recipes[self.name]


def is_stress(rule: str) -> bool:
    """Whether a split's rule speaks of corrupted copies of another one."""
    return rule.startswith("stress:")


def parse_stress(rule: str) -> StressRule:
    """The stress rule that a split's `rule` text stands for.

    Raises:
        UsageError: it is none.
    """
    match = _STRESS_RULE.fullmatch(rule)
    if match is None or (match[2] and match[1] not in CORRUPTIONS):
        raise UsageError(
            f"There is no such stress rule: {rule}",
            hint="a rule is stress:NAME, stress:dark/3 or stress:dark/3 of test-main; "
            f"the corruptions are {', '.join(CORRUPTIONS)}, severities 1 to 5",
        )
    return StressRule(
        name=match[1], severity=int(match[2] or 0), source=match[3] or DEFAULT_SOURCE
    )


def library_versions() -> dict[str, str]:
    """The versions of the libraries that pixels depend on, by distribution name."""
    found = {}
    for name in _LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "unknown"
    return found


def seed_of(digest: str, sample_id: str, index: int) -> int:
    """The seed of one made sample: the first 32 bits of a SHA-256 of all three."""
    text = f"{digest}\0{sample_id}\0{index}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


def _typed(key: str, value: object, default: object) -> object:
    """The value where it has the type of the default; whole numbers pass as parts."""
    if isinstance(default, float) and type(value) is int:
        return float(value)
    if type(value) is not type(default):
        raise RecipeFault(key, f"`{key}` has another type", value)
    return value
