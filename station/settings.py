"""What this user likes, kept outside every project: look, station name, last project.

Knows no Qt: the command line reads the station's name here, too.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from platformdirs import user_config_path

from dataset import durable
from dataset.errors import FieldsetError

FILE_NAME = "window.json"
THEME_NAMES = ("dark", "light", "sunlight")
STATION_VARIABLE = "FIELDSET_STATION"
TEXT_LIMIT = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class UserSettings:
    """One person's settings; every field has a default that works."""

    theme: str = THEME_NAMES[0]
    station: str = ""
    operator: str = ""
    place: str = ""
    source: str = ""
    last_project: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSettings:
    """Settings as read, and what to tell the person where the file was not good."""

    settings: UserSettings
    notice: str = ""


def station_name(
    environment: Mapping[str, str], settings: UserSettings | None = None
) -> str:
    """Give this station's name: FIELDSET_STATION, the user's, else the machine's.

    `settings` None reads those of this user.
    """
    named = environment.get(STATION_VARIABLE, "").strip()
    if named:
        return named
    known = read_settings(settings_path()).settings if settings is None else settings
    return known.station or platform.node() or "station"


def settings_path() -> Path:
    """Give where the settings of this user lie."""
    return user_config_path("fieldset", appauthor=False) / FILE_NAME


def read_settings(path: Path) -> ReadSettings:
    """Read the settings; a missing file is normal, a bad one gives the defaults."""
    try:
        data = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return ReadSettings(settings=UserSettings())
    except (OSError, ValueError):
        return _defaults_for(path)
    if not isinstance(data, dict):
        return _defaults_for(path)
    known = {field.name for field in fields(UserSettings)}
    good = {key: value for key, value in data.items() if key in known}
    are_texts = all(
        isinstance(value, str) and len(value) <= TEXT_LIMIT for value in good.values()
    )
    if not are_texts or good.get("theme", THEME_NAMES[0]) not in THEME_NAMES:
        return _defaults_for(path)
    return ReadSettings(settings=UserSettings(**good))


def write_settings(path: Path, settings: UserSettings) -> None:
    """Write the settings, whole or not at all.

    Raises:
        FieldsetError: the folder cannot be written.
    """
    text = json.dumps(asdict(settings), indent=2, sort_keys=True, ensure_ascii=False)
    try:
        durable.make_folder(path.parent)
        durable.replace(path, f"{text}\n".encode())
    except OSError as error:
        raise FieldsetError(
            f"The window's settings cannot be kept: {path}",
            hint="make the folder writable; the project itself is not affected",
        ) from error


def _defaults_for(path: Path) -> ReadSettings:
    notice = f"The window's settings could not be read, defaults are used: {path}"
    return ReadSettings(settings=UserSettings(), notice=notice)
