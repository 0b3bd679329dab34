"""Who may push: where the credential for Azure comes from, and how it stays secret.

Looked for in this order; the first that is there is taken, and nothing falls back
from a bad one to the next:

1. a file that the user named in FIELDSET_AZURE_CREDENTIAL_FILE: a connection string, a
   SAS token or a SAS address; it must belong to the user alone (mode 0600) and lie
   outside of the project
2. the environment: FIELDSET_AZURE_CONNECTION_STRING or AZURE_STORAGE_CONNECTION_STRING;
   FIELDSET_AZURE_SAS_TOKEN or AZURE_STORAGE_SAS_TOKEN; AZURE_STORAGE_KEY
3. the keyring: service `fieldset`, user the account's name
4. Entra ID, where `azure-identity` (the extra `azure`) is installed

The account is FIELDSET_AZURE_ACCOUNT, AZURE_STORAGE_ACCOUNT or `account` in `[cloud]`;
its address, where it is no ordinary one, FIELDSET_AZURE_ENDPOINT or `endpoint`. Best
is a user-delegation SAS, or one of the container alone, that may create, write,
read and list.

A secret is never part of a message: what is wrong with it is said without it.
"""

from __future__ import annotations

import ipaddress
import os
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import keyring
from keyring.errors import KeyringError, NoKeyringError

from dataset.cloud_settings import CloudSettings
from dataset.errors import CloudError, UsageError

FILE_VARIABLE: Final = "FIELDSET_AZURE_CREDENTIAL_FILE"
CONNECTION_VARIABLES: Final = (
    "FIELDSET_AZURE_CONNECTION_STRING",
    "AZURE_STORAGE_CONNECTION_STRING",
)
SAS_VARIABLES: Final = ("FIELDSET_AZURE_SAS_TOKEN", "AZURE_STORAGE_SAS_TOKEN")
KEY_VARIABLES: Final = ("FIELDSET_AZURE_KEY", "AZURE_STORAGE_KEY")
ACCOUNT_VARIABLES: Final = ("FIELDSET_AZURE_ACCOUNT", "AZURE_STORAGE_ACCOUNT")
ENDPOINT_VARIABLE: Final = "FIELDSET_AZURE_ENDPOINT"
KEYRING_SERVICE: Final = "fieldset"
_HINT: Final = (
    "set AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT with a SAS token in "
    "AZURE_STORAGE_SAS_TOKEN, the keyring, or Entra ID (the extra `azure`)"
)
_LIMIT: Final = 16_384


class Secret:
    """A text that shows itself to nobody who does not ask for `reveal`."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return "Secret(hidden)"

    def __reduce__(self) -> str:
        raise TypeError("a secret is not written down")

    def reveal(self) -> str:
        """The text itself, for the one who signs with it."""
        return self._text


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Access:
    """Whom to speak to and as whom.

    With `key` (an account key), with `sas` (a shared access signature), or with
    neither: then Entra ID says who we are. `origin` is where the credential was found.
    """

    account: str
    endpoint: str
    origin: str
    key: Secret | None = None
    sas: Secret | None = None


def find_access(
    environment: Mapping[str, str],
    settings: CloudSettings,
    *,
    project: Path | None = None,
    has_identity: bool = False,
) -> Access:
    """The access that the environment, a file, the keyring or Entra ID gives.

    Args:
        environment: the process's variables.
        settings: account and endpoint, where the variables do not name them.
        project: a folder that a credential file may not lie in.
        has_identity: whether Entra ID can be asked.

    Raises:
        CloudError: there is none, or it cannot be used; without the secret.
        UsageError: the account is named wrongly, or a file is in the project.
    """
    account = _first(environment, ACCOUNT_VARIABLES) or settings.account
    endpoint = environment.get(ENDPOINT_VARIABLE, "").strip() or settings.endpoint
    named = environment.get(FILE_VARIABLE, "").strip()
    if named:
        text, origin = _file_text(Path(named), project), f"the file {named}"
        return _understood(text, account, endpoint, origin)
    for names in (CONNECTION_VARIABLES, SAS_VARIABLES):
        if text := _first(environment, names):
            return _understood(text, account, endpoint, "the environment")
    if key := _first(environment, KEY_VARIABLES):
        return _access(account, endpoint, "the environment", key=key)
    kept, why = _from_keyring(account) if account else ("", "")
    if kept:
        return _understood(kept, account, endpoint, "the keyring")
    if account and has_identity:
        return _access(account, endpoint, "Entra ID")
    raise _nothing_found(account, why)


def _nothing_found(account: str, why: str) -> CloudError:
    if not account:
        return CloudError("No Azure credential and no account is given", hint=_HINT)
    told = f" ({why})" if why else ""
    return CloudError(
        f"No credential{told} and no `azure-identity` was found for the account: "
        f"{_shown(account)}",
        hint=_HINT,
    )


def _first(environment: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((v for n in names if (v := environment.get(n, "").strip())), "")


def _from_keyring(account: str) -> tuple[str, str]:
    """What the keyring holds for the account, and why it holds nothing."""
    try:
        found = keyring.get_password(KEYRING_SERVICE, account)
    except NoKeyringError:
        return "", "the keyring has no back end on this machine"
    except KeyringError:
        return "", "the keyring is locked or refused"
    return (found or "").strip(), "" if found else "the keyring holds none"


def _file_text(path: Path, project: Path | None) -> str:
    """The credential in a file that only its owner can read."""
    if project is not None and path.resolve().is_relative_to(project.resolve()):
        raise UsageError(
            f"A credential never lies in the project: {path}",
            hint="move the file elsewhere: a project is copied, pushed and backed up",
        )
    try:
        with path.open(encoding="utf-8") as file:
            status = os.fstat(file.fileno())
            text = file.read(_LIMIT).strip()
    except (OSError, UnicodeDecodeError):
        raise CloudError(f"The credential file cannot be read: {path}") from None
    if sys.platform != "win32" and stat.S_IMODE(status.st_mode) & 0o077:
        raise CloudError(
            f"Others can read the credential file: {path}", hint=f"chmod 600 {path}"
        )
    if not text:
        raise CloudError(f"The credential file is empty: {path}")
    return text


def _understood(text: str, account: str, endpoint: str, origin: str) -> Access:
    """The access that a connection string, a SAS token or a SAS address gives."""
    if text.startswith(("https://", "http://")):
        address = urlsplit(text)
        place = f"{address.scheme}://{address.netloc}"
        if _is_path_style(address.netloc):
            place += "/" + address.path.strip("/").partition("/")[0]
        return _access(account, endpoint or place, origin, sas=address.query)
    parts = _parts(text)
    known = {"accountname", "accountkey", "sharedaccesssignature", "blobendpoint"}
    if known & parts.keys():
        return _from_parts(parts, account, endpoint, origin)
    if "sig=" in text:
        return _access(account, endpoint, origin, sas=text.lstrip("?"))
    return _access(account, endpoint, origin, key=text)


def _parts(text: str) -> dict[str, str]:
    pairs = (item.partition("=") for item in text.split(";") if item.strip())
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _from_parts(
    parts: Mapping[str, str], account: str, endpoint: str, origin: str
) -> Access:
    name = parts.get("accountname", "") or account
    place = parts.get("blobendpoint", "") or endpoint
    if not place and name:
        scheme = parts.get("defaultendpointsprotocol", "https")
        suffix = parts.get("endpointsuffix", "core.windows.net")
        place = f"{scheme}://{name}.blob.{suffix}"
    return _access(
        name,
        place,
        origin,
        key=parts.get("accountkey", ""),
        sas=parts.get("sharedaccesssignature", "").lstrip("?"),
    )


def _access(
    account: str, endpoint: str, origin: str, *, key: str = "", sas: str = ""
) -> Access:
    if not endpoint and not account:
        raise CloudError(
            f"A credential, but no account, is given by {origin}",
            hint="set AZURE_STORAGE_ACCOUNT to the account's name",
        )
    place = (endpoint or f"https://{account}.blob.core.windows.net").rstrip("/")
    address = urlsplit(place)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise UsageError(f"The account's address cannot be used, given by {origin}")
    if address.username or address.password or address.query:
        raise UsageError(f"The account's address holds a secret, given by {origin}")
    if address.scheme == "http" and not _is_loopback(address.hostname):
        raise UsageError(
            f"A credential is not sent over an open line: {place}",
            hint="use the account's https address",
        )
    if key and not _is_key(key):
        raise CloudError(
            f"The account key given by {origin} is not one",
            hint="copy it again, whole, from the account's page in the portal",
        )
    return Access(
        account=account or address.hostname.partition(".")[0],
        endpoint=place,
        origin=origin,
        key=Secret(key) if key else None,
        sas=Secret(sas) if sas and not key else None,
    )


def _is_key(text: str) -> bool:
    letters = text.rstrip("=")
    return len(text) % 4 == 0 and letters.replace("+", "").replace("/", "").isalnum()


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_path_style(netloc: str) -> bool:
    """Whether the account is the path's first part, as emulators have it."""
    return _is_loopback(urlsplit(f"//{netloc}").hostname or "")


def _shown(account: str) -> str:
    """The account's name; what cannot be one may be a secret in the wrong place."""
    is_name = account.isascii() and account.isalnum() and len(account) <= 24
    return account if is_name else "(not a name)"
