"""What `fieldset.toml` says of samples whose origin nothing proves.

[provenance]
unverified = "refuse"         no import, no version with them; by default "accept"
keys = ["9f8e..."]            the stations whose records count, by the id that
                              `fieldset station` shows; by default all of them
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

from .policies.recipes import RecipeFault

POLICIES: Final = ("accept", "refuse")
_KEY_ID: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenanceSettings:
    """Whether unverified samples are refused, and whose records count."""

    unverified: str = "accept"
    keys: tuple[str, ...] = ()

    @property
    def refuses(self) -> bool:
        """Whether samples without a proven record are refused."""
        return self.unverified == "refuse"


def read_provenance(table: Mapping[str, Any]) -> ProvenanceSettings:
    """The settings that the table `[provenance]` stands for.

    Raises:
        RecipeFault: a key does not exist, or has a value it cannot have.
    """
    for key in table:
        if key not in ("unverified", "keys"):
            near = get_close_matches(key, ("unverified", "keys"), n=1)
            fits = f"did you mean {near[0]}?" if near else "unverified, keys"
            raise RecipeFault(key, f"there is no such setting ({fits})", key)
    policy = table.get("unverified", "accept")
    if policy not in POLICIES:
        what = f"`unverified` is one of {', '.join(POLICIES)}"
        raise RecipeFault("unverified", what, policy)
    keys = table.get("keys", [])
    if not isinstance(keys, list):
        raise RecipeFault("keys", "`keys` is a list of key ids", keys)
    for one in keys:
        if not isinstance(one, str) or not _KEY_ID.fullmatch(one):
            what = "a key id has 64 digits of 0-9a-f, see `fieldset station`"
            raise RecipeFault("keys", what, one)
    return ProvenanceSettings(unverified=str(policy), keys=tuple(keys))
