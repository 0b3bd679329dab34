"""What `fieldset.toml` says of memory cards: where one session ends and another begins.

[card]
gap_s = 3600       a longer pause between two pictures begins a session
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from .policies.recipes import RecipeFault

# Below it the pictures of one trigger would be torn apart; 400 days: one session each.
_LEAST_S: Final = 30.0
_MOST_S: Final = 400 * 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CardSettings:
    """How the pictures of a card become sessions."""

    gap_s: float = 3600.0


def read_card(table: Mapping[str, Any]) -> CardSettings:
    """The settings that the table `[card]` stands for.

    Raises:
        RecipeFault: a key does not exist, or has a value it cannot have.
    """
    for key in table:
        if key != "gap_s":
            raise RecipeFault(key, "there is no such setting (gap_s)", key)
    gap_s = table.get("gap_s", CardSettings().gap_s)
    is_number = isinstance(gap_s, int | float) and not isinstance(gap_s, bool)
    if not is_number or not _LEAST_S <= gap_s <= _MOST_S:
        what = f"`gap_s` lies in {_LEAST_S:g} to {_MOST_S:g}"
        raise RecipeFault("gap_s", what, gap_s)
    return CardSettings(gap_s=float(gap_s))
