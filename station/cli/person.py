"""Who runs a command, as versions and the test ledger name them."""

from __future__ import annotations

import getpass
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataset.sealing import Person


def user_name() -> str:
    """Who runs the program; "" in a container whose user has no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def acting_person(operator: str | None) -> Person:
    """The operator, by default the user, at this station."""
    from dataset.sealing import Person
    from station.settings import station_name

    return Person(
        operator=user_name() if operator is None else operator,
        station=station_name(os.environ),
    )
