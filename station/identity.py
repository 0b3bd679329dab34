"""Who this station is, and who sits at it, as sessions and versions name them."""

from __future__ import annotations

import getpass
import platform
from collections.abc import Mapping

VARIABLE = "FIELDSET_STATION"


def station_name(environment: Mapping[str, str]) -> str:
    """The name in FIELDSET_STATION, else the machine's own."""
    return environment.get(VARIABLE, "").strip() or platform.node() or "station"


def user_name() -> str:
    """Who runs the program; "" in a container whose user has no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def labeling_person(operator: str, station: str) -> str:
    """Whose place in the queue is kept; "" as operator stands for the user."""
    return f"{operator or user_name()}@{station}"
