"""Conditions of a session as a person types them: `light=night weather=rain`."""

from __future__ import annotations

import re

from dataset.errors import UsageError

PAIR_LIMIT = 20
TEXT_LIMIT = 64


def parse_conditions(text: str) -> tuple[tuple[str, str], ...]:
    """Read `key=value` pairs, split by spaces or commas, sorted by key.

    Raises:
        UsageError: a part is no pair, or a key stands there twice.
    """
    found: dict[str, str] = {}
    for part in re.split(r"[\s,;]+", text.strip()):
        if not part:
            continue
        key, sign, value = part.partition("=")
        if not (sign and key and value) or max(len(key), len(value)) > TEXT_LIMIT:
            raise UsageError(
                f"A condition is written key=value: {part[:TEXT_LIMIT]}",
                hint="for example light=night weather=rain",
            )
        if key in found:
            raise UsageError(f"A condition stands there twice: {key}")
        found[key] = value
    if len(found) > PAIR_LIMIT:
        raise UsageError(f"A session has at most {PAIR_LIMIT} conditions: {len(found)}")
    return tuple(sorted(found.items()))
