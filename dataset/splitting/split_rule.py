"""Which groups a split takes in: the rules of DESIGN section 7, parsed.

""  or "random"          by shortfall (see `split`)
"vault"                  the same; kept closed until another test set is retired
"hand"                   only what a person puts in
"after:2026-11-01"       groups captured wholly on or after that day (UTC)
"after:2026-11-01/7d"    the same, and the groups of the 7 days before, or across
                         the border, go nowhere: an embargo
"place:NAME"             groups captured at that place
"camera:NAME"            groups captured by that camera
"condition:light=night"  groups captured under that condition
"condition:light=night/3"  about a third of them, by keyed hash
"stress:dark/3 of test-main"  no group: corrupted copies of that split's samples
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from ..errors import UsageError
from ..groups import GroupFacts
from ..policies.recipes import is_stress, parse_stress
from ..records import Split

_DAY_US: Final = 86_400_000_000
_AFTER = re.compile(r"after:(\d{4}-\d{2}-\d{2})(?:/(\d{1,4})d)?")
_NAMED = re.compile(r"(place|camera):(.+)")
_CONDITION = re.compile(r"condition:([^=]+)=([^=]+?)(?:/([1-9]\d{0,3}))?")


class Answer(StrEnum):
    """What a rule says of a group."""

    TAKES = "takes"
    EMBARGO = "embargo"
    LEAVES = "leaves"


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitRule:
    """A parsed rule.

    `kind` is shortfall, vault, hand, after, place, camera or condition.
    """

    kind: str
    key: str = ""
    value: str = ""
    every: int = 1
    after_us: int = 0
    embargo_us: int = 0

    @property
    def is_shortfall(self) -> bool:
        """Whether groups come by shortfall rather than by what they are."""
        return self.kind in ("shortfall", "vault")

    @property
    def is_vault(self) -> bool:
        """Whether the set is in reserve: it fills, but is neither drawn nor shown."""
        return self.kind == "vault"

    @property
    def is_held_out(self) -> bool:
        """Whether the rule takes every group of its kind, none of which may train."""
        return self.kind in ("after", "place", "camera") or (
            self.kind == "condition" and self.every == 1
        )

    def answer(self, group: GroupFacts, split: str, salt: bytes) -> Answer:
        """What the rule says of a whole group, for the split of that name.

        A group that was captured at several places counts as captured at each.
        """
        if self.kind == "after":
            return self._after(group)
        if self.kind == "place":
            takes = self.value in group.places
        elif self.kind == "camera":
            takes = self.value in group.cameras
        elif self.kind == "condition":
            takes = (self.key, self.value) in group.conditions
        else:
            takes = False
        if takes and self.every > 1:
            takes = keyed_order(salt, f"{split}\0{group.id}") % self.every == 0
        return Answer.TAKES if takes else Answer.LEAVES

    def _after(self, group: GroupFacts) -> Answer:
        if group.started_us >= self.after_us:
            return Answer.TAKES
        if self.embargo_us and group.ended_us >= self.after_us - self.embargo_us:
            return Answer.EMBARGO
        return Answer.LEAVES


def asks_for_times(splits: Iterable[Split]) -> bool:
    """Whether a rule looks at when groups were captured: that is read of samples."""
    return any(parse_rule(split.rule).kind == "after" for split in splits)


def parse_rule(rule: str) -> SplitRule:
    """The rule that a split's `rule` text stands for.

    Raises:
        UsageError: there is no such rule.
    """
    if rule in ("", "random"):
        return SplitRule(kind="shortfall")
    if rule in ("hand", "vault"):
        return SplitRule(kind=rule)
    if is_stress(rule):
        return SplitRule(kind="stress", value=parse_stress(rule).source)
    if match := _AFTER.fullmatch(rule):
        try:
            day = datetime.strptime(match[1], "%Y-%m-%d").replace(tzinfo=UTC)
        except ValueError as error:
            raise _unknown(rule) from error
        days = int(match[2] or 0)
        return SplitRule(
            kind="after",
            after_us=int(day.timestamp()) * 1_000_000,
            embargo_us=days * _DAY_US,
        )
    if match := _NAMED.fullmatch(rule):
        return SplitRule(kind=match[1], value=match[2])
    if match := _CONDITION.fullmatch(rule):
        every = int(match[3] or 1)
        return SplitRule(kind="condition", key=match[1], value=match[2], every=every)
    raise _unknown(rule)


def keyed_order(salt: bytes, text: str) -> int:
    """A number that only the holder of `salt` can foresee: HMAC-SHA-256 (RFC 2104)."""
    return int.from_bytes(hmac.digest(salt, text.encode(), hashlib.sha256), "big")


def _unknown(rule: str) -> UsageError:
    return UsageError(
        f"There is no such rule for a split: {rule}",
        hint="a rule is random, vault, hand, after:YYYY-MM-DD, place:NAME, camera:NAME "
        "or condition:KEY=VALUE",
    )
