"""Who runs a command, as versions and the test ledger name them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from station.identity import user_name

if TYPE_CHECKING:
    from dataset.sealed.sealing import Person


def acting_person(operator: str | None) -> Person:
    """The operator, by default the user, at this station."""
    from dataset.sealed.sealing import Person
    from station.settings import station_name

    return Person(
        operator=user_name() if operator is None else operator,
        station=station_name(os.environ),
    )
