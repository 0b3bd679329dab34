"""The station's Ed25519 key: made once, kept by the station, never in a project.

The key is a PEM file (PKCS #8, without a password: the station signs unattended) that
only its owner may read. Its public half goes into every project that the station
signs in; the key's id is the SHA-256 of the public half's 32 bytes (RFC 8032).
"""

from __future__ import annotations

import hashlib
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from .. import durable
from ..errors import ProjectError

_LONGEST_BYTES: Final = 16_384
_MADE_ANEW: Final = (
    "bring the key back from a backup, or name another with FIELDSET_STATION_KEY; a "
    "new one begins a new chain"
)


class StationKey:
    """A private key; it signs, and shows nothing but its public half."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public = private.public_key().public_bytes_raw()
        self.id = key_id(self.public)

    @classmethod
    def fresh(cls) -> StationKey:
        """A new key that is kept nowhere; its station signs until the program ends."""
        return cls(Ed25519PrivateKey.generate())

    def sign(self, data: bytes) -> bytes:
        """The 64 bytes of the signature."""
        return self._private.sign(data)

    def __repr__(self) -> str:
        return f"StationKey({self.id[:12]})"


def key_id(public: bytes) -> str:
    """The id of a key by its public half."""
    return hashlib.sha256(public).hexdigest()


def read_key(path: Path) -> StationKey:
    """The key in that file.

    Raises:
        ProjectError: it is missing, cannot be read, or holds no Ed25519 key.
    """
    try:
        data = path.read_bytes()[: _LONGEST_BYTES + 1]
    except FileNotFoundError as error:
        raise ProjectError(
            f"The station's key is missing: {path}",
            hint="make one with `fieldset station --make-key`, or mount the folder",
        ) from error
    except OSError as error:
        raise ProjectError(
            f"The station's key cannot be read ({error.strerror}): {path}",
            hint="let the user who runs fieldset read it",
        ) from error
    try:
        private = load_pem_private_key(data, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        # What the library says may quote the file.
        raise ProjectError(
            f"The station's key cannot be read, it is no key: {path}", hint=_MADE_ANEW
        ) from error
    if not isinstance(private, Ed25519PrivateKey):
        raise ProjectError(
            f"The station's key is of another kind than Ed25519: {path}",
            hint=_MADE_ANEW,
        )
    return StationKey(private)


def make_key(path: Path) -> StationKey:
    """A new key in that file, or the one that another process put there meanwhile.

    Raises:
        ProjectError: the folder cannot be written.
    """
    text = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    durable.make_folder(path.parent)
    with durable.translated(path):
        temporary = durable.temporary_beside(path)
        try:
            _write_secret(temporary, text)
            # A link fails where the name is taken; a rename would replace the key that
            # another process has begun to sign with.
            with suppress(FileExistsError):
                _put_in_place(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
        durable.sync_folder(path.parent)
    return read_key(path)


def is_open_to_others(path: Path) -> bool:
    """Whether other users of the machine may read the key."""
    return sys.platform != "win32" and bool(path.stat().st_mode & 0o077)


def _write_secret(path: Path, data: bytes) -> None:
    """Write with rights that are narrow from the first moment on."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    handle = os.open(path, flags, 0o600)
    try:
        os.write(handle, data)
        os.fsync(handle)
    finally:
        os.close(handle)


def _put_in_place(temporary: Path, path: Path) -> None:
    try:
        path.hardlink_to(temporary)
    except FileExistsError:
        raise
    except OSError:
        # FAT, as on memory cards, has no links.
        if not path.exists():
            temporary.rename(path)
