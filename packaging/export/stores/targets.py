"""What a target's name stands for: a folder, or a part of a container in the cloud."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from dataset.cloud_settings import CloudSettings
from dataset.errors import UsageError
from dataset.policies.recipes import RecipeFault
from dataset.settings import FILE_NAME, read_settings

from .blob_store import BlobStore
from .folder_store import LocalFolderStore

_CONTAINER: Final = re.compile(r"(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_PREFIX_LIMIT: Final = 512
_FORMS: Final = "write a folder, or azure://CONTAINER/PREFIX"


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudPlace:
    """A container and a prefix; `endpoint` "" means the one of the settings."""

    container: str
    prefix: str
    endpoint: str = ""


def open_target(target: str, connect: Callable[[CloudPlace], BlobStore]) -> BlobStore:
    """The blob store that a target's name stands for.

    Args:
        target: a folder, `azure://CONTAINER/PREFIX`, or the https address of a
            container or of a prefix in one.
        connect: opens a place in the cloud.

    Raises:
        UsageError: it is none of them, or holds a secret.
    """
    if "://" not in target:
        return LocalFolderStore(Path(target))
    return connect(parse_place(target))


def parse_place(target: str) -> CloudPlace:
    """The place in the cloud that an address names.

    Raises:
        UsageError: it is no such address; a secret in it is not repeated.
    """
    try:
        address = urlsplit(target)
        host, secret = address.hostname or "", address.username or address.password
    except ValueError:
        raise UsageError("The target is no address", hint=_FORMS) from None
    if secret or address.query or address.fragment:
        raise UsageError(
            "The target's address holds more than a place, maybe a secret",
            hint="leave out what follows `?` or `#`; secrets come from the "
            "environment, a file or the keyring",
        )
    parts = [unquote(part) for part in address.path.split("/") if part]
    if address.scheme == "azure":
        return _place(address.netloc, parts, "")
    if address.scheme == "https":
        is_emulator = _is_loopback(host)
    elif address.scheme == "http" and _is_loopback(host):
        is_emulator = True
    else:
        raise UsageError(
            f"A version is not pushed to such an address: {address.scheme}://{host}",
            hint=_FORMS,
        )
    endpoint = f"{address.scheme}://{address.netloc}"
    if is_emulator and parts:
        endpoint, parts = f"{endpoint}/{parts[0]}", parts[1:]
    return _place(parts[0] if parts else "", parts[1:], endpoint)


def line_settings(
    root: Path | None, overrides: Mapping[str, int | float | str | None]
) -> CloudSettings:
    """The settings of a project, or the defaults, with what the caller says instead.

    Raises:
        UsageError: a value cannot be.
        SettingsError: `fieldset.toml` is not valid.
    """
    given = {key: value for key, value in overrides.items() if value is not None}
    settings = (
        CloudSettings() if root is None else read_settings(root / FILE_NAME).cloud
    )
    try:
        return replace(settings, **given)  # type: ignore[arg-type]
    except RecipeFault as fault:
        raise UsageError(
            f"{fault.what}: {fault.value}",
            hint="leave the option out, or set it in `[cloud]` of `fieldset.toml`",
        ) from None


def _place(container: str, parts: list[str], endpoint: str) -> CloudPlace:
    if not _CONTAINER.fullmatch(container):
        raise UsageError(
            f"A container's name has 3 to 63 small letters, digits and hyphens: "
            f"{container}",
            hint=_FORMS,
        )
    prefix = "/".join(parts)
    is_tame = all(
        part.strip(". ") and part.isprintable() and "\\" not in part and "/" not in part
        for part in parts
    )
    if not is_tame or len(prefix) > _PREFIX_LIMIT:
        raise UsageError(f"A blob's name cannot begin so: {prefix[:80]}", hint=_FORMS)
    return CloudPlace(container=container, prefix=prefix, endpoint=endpoint)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
