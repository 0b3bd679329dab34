"""MJPEG over HTTP: every part's bytes are kept as the camera sent them.

A thread drains the connection at all times, so that no old picture waits in the
network's buffers while another is decoded; a few may wait here (`arrivals`).
"""

from __future__ import annotations

import http.client
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit, urlunsplit

from dataset.errors import CameraError

from .address import Address
from .arrivals import Arrivals
from .camera_controls import NoControls
from .feed import FeedInfo, Picture, Rejected, decode_jpeg
from .frames import AccessRefused
from .multipart import MultipartParser, Part

_CHUNK = 1 << 16


class HttpFeed:
    """One HTTP MJPEG stream; `timeout_s` bounds connecting and each read."""

    def __init__(self, address: Address, timeout_s: float) -> None:
        self._address = address
        self._timeout_s = timeout_s
        self._response: http.client.HTTPResponse | None = None
        self._arrivals: Arrivals[Part | CameraError] = Arrivals()

    @property
    def controls(self) -> NoControls:
        """Network cameras keep theirs to themselves."""
        return NoControls()

    def open(self) -> FeedInfo:
        """Connect and check that a multipart stream answers."""
        url, user, password = _without_credentials(self._address.target)
        request = urllib.request.Request(
            url, headers={"User-Agent": "fieldset", "Accept": "*/*"}
        )
        try:
            response = _opener(url, user, password).open(
                request, timeout=self._timeout_s
            )
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise self._refusal(error) from error
        self._response = response
        kind = response.headers.get_content_type()
        if kind.startswith("text/") or kind in ("image/jpeg", "application/json"):
            raise CameraError(
                f"The address gives `{kind}`, not a stream of pictures: "
                f"{self._address.shown}",
                hint="look up the camera's MJPEG stream address in its manual",
            )
        return FeedInfo()

    def pictures(self) -> Iterator[Picture | Rejected]:
        """Yield the parts as they arrive; the newest ones when we are too slow."""
        threading.Thread(target=self._drain, name="http-drain", daemon=True).start()
        while True:
            arrived_s, part = self._arrivals.take()
            if isinstance(part, CameraError):
                raise part
            if part.fault:
                yield Rejected(reason=part.fault)
                continue
            pixels = decode_jpeg(part.data, is_whole=True)
            if isinstance(pixels, Rejected):
                yield pixels
                continue
            yield Picture(
                pixels=pixels,
                arrived_s=arrived_s,
                media_s=part.stamp_s,
                encoded=part.data,
                suffix="jpg",
            )

    def close(self) -> None:
        """Close the connection."""
        if self._response is not None:
            self._response.close()

    def _drain(self) -> None:
        assert self._response is not None
        parser = MultipartParser(self._response.headers.get("Content-Type", ""))
        try:
            while data := self._response.read1(_CHUNK):
                for part in parser.feed(data):
                    self._arrivals.put(part)
            for part in parser.end():
                self._arrivals.put(part)
            reason = "The camera ended the stream"
        except CameraError as error:
            reason = error.message
        except TimeoutError:
            reason = "The camera stopped sending"
        except (OSError, http.client.HTTPException, ValueError):
            reason = "The connection to the camera broke off"
        self._arrivals.put(CameraError(f"{reason}: {self._address.shown}"))

    def _refusal(self, error: Exception) -> CameraError:
        shown = self._address.shown
        if isinstance(error, urllib.error.HTTPError):
            if error.code in (401, 403):
                return AccessRefused(
                    f"The camera refuses the name or password: {shown}",
                    hint="write them into the address: http://NAME:PASSWORD@HOST/",
                )
            return CameraError(f"The camera answers with HTTP {error.code}: {shown}")
        cause = error.reason if isinstance(error, urllib.error.URLError) else error
        if isinstance(cause, TimeoutError):
            return CameraError(
                f"The camera does not answer: {shown}",
                hint="check the address, the cable, and that the camera is on",
            )
        if isinstance(cause, ConnectionRefusedError):
            return CameraError(
                f"Nothing listens at this address: {shown}",
                hint="check the address and its port, and that the camera is on",
            )
        what = self._address.redact(str(cause)) or type(cause).__name__
        return CameraError(f"The camera cannot be reached ({what}): {shown}")


def _without_credentials(url: str) -> tuple[str, str, str]:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    bare = urlunsplit((parts.scheme, host, parts.path or "/", parts.query, ""))
    return bare, unquote(parts.username or ""), unquote(parts.password or "")


def _opener(url: str, user: str, password: str) -> urllib.request.OpenerDirector:
    """HTTP and HTTPS only, no proxy: cameras stand in the local network."""
    passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    if user:
        passwords.add_password(None, url, user, password)
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDigestAuthHandler(passwords),
        urllib.request.HTTPBasicAuthHandler(passwords),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener
