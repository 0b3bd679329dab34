"""The signer of this station: its name, its key, where that lies, and its clocks."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from platformdirs import user_config_path

from dataset.provenance.clock import SystemClock
from dataset.provenance.signing import StationSigner
from dataset.provenance.station_key import StationKey, make_key, read_key

KEY_VARIABLE = "FIELDSET_STATION_KEY"
FILE_NAME = "station-key.pem"


def key_path(environment: Mapping[str, str]) -> Path:
    """Give where the key lies: FIELDSET_STATION_KEY, else in the user's folder."""
    named = environment.get(KEY_VARIABLE, "").strip()
    if named:
        return Path(named).expanduser()
    return user_config_path("fieldset", appauthor=False) / FILE_NAME


def station_key(environment: Mapping[str, str]) -> StationKey:
    """Give the station's key; in the user's folder it is made at its first use.

    One that FIELDSET_STATION_KEY names is never made by the way: a folder that was
    not mounted would give the station another name each time it starts.

    Raises:
        ProjectError: it is missing, cannot be read or written, or is no key.
    """
    path = key_path(environment)
    is_named = bool(environment.get(KEY_VARIABLE, "").strip())
    return read_key(path) if is_named or path.exists() else make_key(path)


def station_signer(environment: Mapping[str, str], station: str) -> StationSigner:
    """Give what signs for the station of that name.

    Raises:
        ProjectError: its key is missing, cannot be read or written, or is no key.
    """
    return signer_with(station_key(environment), station)


def signer_with(key: StationKey, station: str) -> StationSigner:
    """Give what signs with that key, by this machine's clocks."""
    return StationSigner(
        station=station, key=key, clock=SystemClock(), software=version("fieldset")
    )
