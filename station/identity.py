"""Who this station is, as sessions name it."""

from __future__ import annotations

import platform
from collections.abc import Mapping

VARIABLE = "FIELDSET_STATION"


def station_name(environment: Mapping[str, str]) -> str:
    """The name in FIELDSET_STATION, else the machine's own."""
    return environment.get(VARIABLE, "").strip() or platform.node() or "station"
