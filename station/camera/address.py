"""Reads the address of a source and hides what is secret in it.

Only these addresses exist: a camera index (`0`), a device (`/dev/video2`), `rtsp://`,
`http://`, `https://`, the path of a clip or of a folder, and `simulated:` for a camera
that is not there (`simulated_feed`). FFmpeg would open far more
(`concat:`, `ftp://`, `udp://`); everything else is refused before it gets there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from dataset.errors import CameraError, UsageError

from .frames import SourceKind

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):")
_URL_KINDS = {
    "rtsp": SourceKind.RTSP,
    "http": SourceKind.HTTP,
    "https": SourceKind.HTTP,
}
# Greedy up to the last @: a password may hold one itself.
_USER_INFO = re.compile(r"(?<=://)[^\s]*@")
_SECRET_FIELD = re.compile(
    r"(?i)(?<![a-z])((?:[a-z]*pass[a-z]*|pwd|psw|usr|user[a-z]*|login|token|auth[a-z]*"
    r"|secret|[a-z_]*key|sig[a-z]*)=)[^&/?#;\s]*"
)
_WHAT_EXISTS = (
    "give a camera number (0), a device (/dev/video0), rtsp://, http://, https://, "
    "or the path of a clip or folder"
)
LIVE_KINDS = frozenset(
    {SourceKind.USB, SourceKind.RTSP, SourceKind.HTTP, SourceKind.SIMULATED}
)
_SIMULATED = re.compile(r"simulated:([A-Za-z0-9_-]{0,30})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A checked address: `target` opens the source, `shown` is safe to show."""

    kind: SourceKind
    target: str = field(repr=False)
    shown: str

    @property
    def live(self) -> bool:
        """Whether pictures come when they come (True) or when asked for."""
        return self.kind in LIVE_KINDS

    def redact(self, text: str) -> str:
        """Return `text` without the user names and passwords of any address in it."""
        for secret in _secrets(self):
            text = text.replace(secret, "***")
        return redact(text)


def redact(text: str) -> str:
    """Return `text` with user, password and token of every URL in it hidden."""
    return _SECRET_FIELD.sub(r"\1***", _USER_INFO.sub("***@", text))


def parse_address(text: str) -> Address:
    """Return the checked address.

    Raises:
        UsageError: no source can have this address.
        CameraError: it is a path and nothing usable lies there.
    """
    text = text.strip()
    if not text or not text.isprintable():
        raise UsageError(
            f"This is no address of a camera: {redact(text)!r}", hint=_WHAT_EXISTS
        )
    if re.fullmatch(r"[0-9]{1,3}", text):
        return Address(kind=SourceKind.USB, target=text, shown=text)
    if (simulated := _SIMULATED.fullmatch(text)) is not None:
        return Address(kind=SourceKind.SIMULATED, target=simulated[1], shown=text)
    if _SCHEME.match(text) and "://" in text:
        return _url(text)
    return _path(text)


def _url(text: str) -> Address:
    scheme = text.partition("://")[0].lower()
    if scheme not in _URL_KINDS:
        raise UsageError(
            f"Cameras are not opened over `{scheme}`: {redact(text)}", hint=_WHAT_EXISTS
        )
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or " " in text:
        raise UsageError(f"The address names no host: {redact(text)}")
    return Address(kind=_URL_KINDS[scheme], target=text, shown=redact(text))


def _path(text: str) -> Address:
    if text.startswith("/dev/"):
        return Address(kind=SourceKind.USB, target=text, shown=text)
    try:
        path = Path(text).expanduser()
        path.stat()
    except FileNotFoundError:
        pass
    except (OSError, RuntimeError) as error:
        # Too long a name, no right to look, or `~` of a user who does not exist.
        raise CameraError(
            f"No clip or folder lies there: {text}", hint="check the path"
        ) from error
    if path.is_dir():
        return Address(kind=SourceKind.FOLDER, target=str(path.absolute()), shown=text)
    if path.is_file():
        return Address(kind=SourceKind.VIDEO, target=str(path.absolute()), shown=text)
    if (match := _SCHEME.match(text)) and not path.exists():
        raise UsageError(
            f"Cameras are not opened over `{match[1]}`: {redact(text)}",
            hint=_WHAT_EXISTS,
        )
    if path.exists():
        raise CameraError(f"This is neither a clip nor a folder: {text}")
    raise CameraError(f"No clip or folder lies there: {text}", hint="check the path")


def _secrets(address: Address) -> tuple[str, ...]:
    """User info and password as they may turn up in a library's message."""
    if address.kind not in _URL_KINDS.values():
        return ()
    parts = urlsplit(address.target)
    found = [text for text in (parts.netloc.rpartition("@")[0], parts.password) if text]
    return tuple(dict.fromkeys([*found, *map(unquote, found)]))
