"""Azure Blob Storage as a blob store; the only file that knows the `azure` library.

Small blobs go in one request whose MD5 the service checks; larger ones in staged blocks
whose ids follow from their bytes, so that what a cut left behind is used and not sent
again. Each blob is created, never overwritten, and carries its SHA-256 as metadata.

Retries are the caller's: the library's own would hide a lost answer. No text of the
library or the service leaves this file, for it may repeat an address with a signature;
nor does its exception, not even as the cause of ours.
"""

from __future__ import annotations

import base64
import hashlib
import importlib
import importlib.util
import logging
import socket
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import Any, Final, TypeVar

import requests
import urllib3
from azure.core import MatchConditions
from azure.core.credentials import AzureNamedKeyCredential, AzureSasCredential
from azure.core.exceptions import AzureError, HttpResponseError
from azure.core.pipeline.transport import RequestsTransport
from azure.storage.blob import (
    BlobBlock,
    BlobClient,
    ContainerClient,
    ContentSettings,
)
from requests.adapters import HTTPAdapter

from dataset.cloud_settings import CloudSettings
from dataset.errors import CloudError

from .blob_store import (
    AccessRefused,
    Blob,
    BlobChanged,
    BlobExists,
    Content,
    Pace,
    Unanswered,
    changed,
    exists,
    missing,
    no_pace,
)
from .credentials import Access

_T = TypeVar("_T")
_NOTE: Final = "sha256"
_KIB: Final = 1024
_LONGEST_WAIT_S: Final = 120.0
_TRANSIENT: Final = frozenset((408, 429, 500, 502, 503, 504))
# Garbled on the way: the service compared a digest and found another one.
_GARBLED: Final = frozenset(("Md5Mismatch", "Crc64Mismatch", "InvalidMd5"))
_TYPES: Final = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp",
                 "bmp": "image/bmp", "json": "application/json"}  # fmt: skip


def has_identity() -> bool:
    """Whether `azure-identity`, the extra `azure`, is installed."""
    try:
        return importlib.util.find_spec("azure.identity") is not None
    except ModuleNotFoundError:
        return False


class AzureStore:
    """A container, or a part of one below a prefix, as a blob store."""

    def __init__(
        self, access: Access, container: str, prefix: str, settings: CloudSettings
    ) -> None:
        # What it warns of we tell ourselves; and it may name an address.
        logging.getLogger("azure").setLevel(logging.CRITICAL)
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._label = f"{access.endpoint}/{container}/{self._prefix}".rstrip("/")
        self._block_bytes = settings.block_kb * _KIB
        self._sockets = _Sockets(settings.parallel + 2)
        self._container = ContainerClient(
            access.endpoint,
            container,
            credential=_credential(access),
            transport=RequestsTransport(session=self._sockets.session),
            retry_total=0,
            max_single_get_size=self._block_bytes,
            max_chunk_get_size=self._block_bytes,
            connection_timeout=settings.timeout_s,
            read_timeout=settings.timeout_s,
        )

    @property
    def label(self) -> str:
        """Address, container and prefix."""
        return self._label

    def listed(self, prefix: str) -> Iterator[Blob]:
        """The blobs whose names begin so, by name."""
        pages = self._container.list_blobs(
            name_starts_with=self._prefix + prefix, include=["metadata"]
        )
        rows = iter(pages)
        while True:
            found = self._asked(lambda: next(rows, None), prefix)
            if found is None:
                return
            yield self._blob(found)

    def head(self, name: str) -> Blob | None:
        """What is known of a blob."""
        client = self._client(name)
        found = self._asked(lambda: _or_none(client.get_blob_properties), name)
        return None if found is None else self._blob(found)

    def get(self, name: str) -> Iterator[bytes]:
        """A blob's bytes in pieces."""
        client = self._client(name)
        stream = self._asked(lambda: _or_none(client.download_blob), name)
        if stream is None:
            raise missing(name, self._label)
        pieces = stream.chunks()
        while True:
            piece = self._asked(lambda: next(pieces, None), name)
            if piece is None:
                return
            yield piece

    def put_new(self, name: str, content: Content, pace: Pace = no_pace) -> Blob:
        """Keep a blob under a free name; in blocks where it is larger than one."""
        return self._put(name, content, pace, {"match_condition": _IF_NEW})

    def swap(self, name: str, content: Content, etag: str | None) -> Blob:
        """Put a small blob in the place of the one with that ETag."""
        if etag is None:
            condition: dict[str, Any] = {"match_condition": _IF_NEW}
        else:
            condition = {"match_condition": _IF_SAME, "etag": etag}
        try:
            return self._put(name, content, no_pace, condition)
        except (BlobExists, BlobChanged):
            raise changed(name, self._label) from None

    def abort(self) -> None:
        """Break every connection, so that whoever waits on one stops waiting."""
        self._sockets.abort()

    def close(self) -> None:
        """Let go of the connections."""
        self._container.close()

    def _put(
        self, name: str, content: Content, pace: Pace, condition: dict[str, Any]
    ) -> Blob:
        client = self._client(name)
        about = {"metadata": {_NOTE: content.sha256}, **condition}
        kind = _TYPES.get(name.rpartition(".")[2], "application/octet-stream")
        if content.size_bytes <= self._block_bytes:
            data = b"".join(content.pieces(self._block_bytes))
            pace(len(data))
            about["content_settings"] = ContentSettings(kind)
            # `validate_content` sends the MD5, which the service checks and keeps.
            done = self._asked(
                lambda: client.upload_blob(
                    data, length=len(data), validate_content=True, **about
                ),
                name,
            )
        else:
            blocks, md5 = self._stage(client, name, content, pace)
            about["content_settings"] = ContentSettings(
                kind, content_md5=bytearray(md5)
            )
            done = self._asked(lambda: client.commit_block_list(blocks, **about), name)
        return Blob(
            name=name,
            size_bytes=content.size_bytes,
            etag=str(done["etag"]),
            sha256=content.sha256,
            md5=bytes(done.get("content_md5") or b"").hex(),
        )

    def _stage(
        self, client: BlobClient, name: str, content: Content, pace: Pace
    ) -> tuple[list[BlobBlock], bytes]:
        """Send the blocks that are not there yet; all of them, and the whole's MD5."""
        there = self._asked(lambda: _waiting_blocks(client), name)
        blocks, whole = [], hashlib.md5(usedforsecurity=False)
        for number, piece in enumerate(content.pieces(self._block_bytes)):
            whole.update(piece)
            block_id = _block_id(number, piece)
            if there.get(block_id) != len(piece):
                pace(len(piece))
                self._asked(
                    lambda at=block_id, data=piece: client.stage_block(  # type: ignore[misc]
                        at, data, length=len(data), validate_content=True
                    ),
                    name,
                )
            blocks.append(BlobBlock(block_id))
        return blocks, whole.digest()

    def _client(self, name: str) -> BlobClient:
        return self._container.get_blob_client(self._prefix + name)

    def _blob(self, found: Any) -> Blob:  # noqa: ANN401  (BlobProperties, untyped inside)
        md5 = found.content_settings.content_md5
        notes = {k.lower(): v for k, v in (found.metadata or {}).items()}
        return Blob(
            name=str(found.name).removeprefix(self._prefix),
            size_bytes=int(found.size),
            etag=_quoted(str(found.etag)),
            sha256=str(notes.get(_NOTE, "")),
            md5=bytes(md5).hex() if md5 else "",
        )

    def _asked(self, call: Callable[[], _T], name: str) -> _T:
        """What the service answers; its refusal becomes one of ours, without cause."""
        try:
            return call()
        except HttpResponseError as error:
            refusal = self._refusal(error, name)
        except (AzureError, requests.RequestException, urllib3.exceptions.HTTPError):
            refusal = self._unanswered(name)
        except (OSError, ValueError, AttributeError):
            # A connection that was broken off, or an answer that is no valid one.
            refusal = self._unanswered(name)
        # Outside of the handler, so that not even the context names the address.
        raise refusal

    def _unanswered(self, name: str, wait_s: float = 0.0) -> Unanswered:
        return Unanswered(
            f"The blob service did not answer as it should, {self._label}: {name}",
            hint="check the line, then run the same command again: it goes on",
            wait_s=wait_s,
        )

    def _refusal(self, error: HttpResponseError, name: str) -> CloudError:
        status, code = error.status_code, str(getattr(error, "error_code", "") or "")
        if status is None or status in _TRANSIENT or code in _GARBLED:
            return self._unanswered(name, _wait_s(error))
        if code == "UnauthorizedBlobOverwrite":
            return exists(name, self._label)
        if status in (401, 403):
            return _access_refusal(error, code, self._label)
        if status == 404 and code in ("ContainerNotFound", "ContainerBeingDeleted"):
            return CloudError(
                f"There is no such container: {self._label}",
                hint="make it in the portal, or with `az storage container create`",
            )
        if status == 404:
            return missing(name, self._label)
        if status == 409:
            return exists(name, self._label)
        if status == 412:
            return changed(name, self._label)
        return Unanswered(
            f"The blob service refused with status {status}, {self._label}: {name}",
            hint="check the container's name and settings",
        )


class _Sockets:
    """A session whose connections can be broken off while others wait on them."""

    def __init__(self, size: int) -> None:
        self._open: weakref.WeakSet[Any] = weakref.WeakSet()
        self._lock = threading.Lock()
        self.session = requests.Session()
        adapter = _Adapter(self, pool_connections=size, pool_maxsize=size)
        for scheme in ("http://", "https://"):
            self.session.mount(scheme, adapter)

    def note(self, connection: object) -> None:
        """Remember a connection for as long as it lives."""
        with self._lock:
            self._open.add(connection)

    def abort(self) -> None:
        """Break them all."""
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            if connection.sock is not None:
                with suppress(OSError):
                    connection.sock.shutdown(socket.SHUT_RDWR)


class _Adapter(HTTPAdapter):
    """Makes connections that are known to their `_Sockets`."""

    def __init__(
        self, sockets: _Sockets, pool_connections: int, pool_maxsize: int
    ) -> None:
        self._known = sockets
        super().__init__(pool_connections, pool_maxsize, max_retries=0)

    def init_poolmanager(self, *args: Any, **named: Any) -> None:  # noqa: ANN401
        """Have the pools of this adapter make noted connections."""
        super().init_poolmanager(*args, **named)
        self.poolmanager.pool_classes_by_scheme = {
            "http": _pool(urllib3.HTTPConnectionPool, self._known),
            "https": _pool(urllib3.HTTPSConnectionPool, self._known),
        }


def _pool(kind: Any, sockets: _Sockets) -> Any:  # noqa: ANN401  (classes made here)
    class Noted(kind.ConnectionCls):  # type: ignore[misc]
        def connect(self) -> None:
            super().connect()
            sockets.note(self)

    return type("NotedPool", (kind,), {"ConnectionCls": Noted})


_IF_NEW: Final = MatchConditions.IfMissing
_IF_SAME: Final = MatchConditions.IfNotModified


def _credential(access: Access) -> Any:  # noqa: ANN401  (one of three kinds)
    if access.key is not None:
        return AzureNamedKeyCredential(access.account, access.key.reveal())
    if access.sas is not None:
        return AzureSasCredential(access.sas.reveal())
    # An extra, and slow: loaded only where nothing else says who we are.
    identity = importlib.import_module("azure.identity")
    return identity.DefaultAzureCredential(exclude_interactive_browser_credential=True)


def _or_none(call: Callable[[], _T]) -> _T | None:
    """The answer, or None where the blob (not the container) does not exist."""
    try:
        return call()
    except HttpResponseError as error:
        code = str(getattr(error, "error_code", "") or "")
        if error.status_code == 404 and code in ("BlobNotFound", ""):
            return None
        raise


def _waiting_blocks(client: BlobClient) -> dict[str, int]:
    """Ids and sizes of the blocks that were staged and not committed."""
    found = _or_none(lambda: client.get_block_list("uncommitted"))
    return {block.id: block.size for block in found[1]} if found else {}


def _block_id(number: int, piece: bytes) -> str:
    """An id that follows from a block's place and bytes; all have the same length."""
    digest = hashlib.sha256(piece).hexdigest()[:40]
    return base64.b64encode(f"{number:06d}-{digest}".encode()).decode()


def _quoted(etag: str) -> str:
    return etag if etag.startswith(('"', "W/")) else f'"{etag}"'


def _wait_s(error: HttpResponseError) -> float:
    """How long the service asks to wait."""
    headers = getattr(error.response, "headers", None) or {}
    with suppress(TypeError, ValueError):
        return min(max(float(headers.get("Retry-After", 0)), 0.0), _LONGEST_WAIT_S)
    return 0.0


def _access_refusal(error: HttpResponseError, code: str, label: str) -> AccessRefused:
    """Why we are not let in, told from the service's code and its clock."""
    detail = str(getattr(error, "message", "") or "").lower()
    skew = _skew_s(error)
    if abs(skew) > 900:
        why, hint = (
            "the clocks differ",
            f"set this machine's clock, it is off by {skew:.0f} s",
        )
    elif "expired" in detail or "signature not valid in the specified time" in detail:
        why, hint = "the signature is expired or not yet valid", "ask for a new SAS"
    elif code in ("AuthorizationPermissionMismatch", "AuthorizationProtocolMismatch"):
        why = "the credential lacks a right"
        hint = "it needs create, write, read and list on this container"
    elif code in ("AuthorizationFailure", "AuthorizationSourceIPMismatch"):
        why, hint = "the credential or the firewall forbids it", "check both"
    else:
        why, hint = "the credential is not accepted", "ask for a new one"
    return AccessRefused(
        f"The blob service does not let us in, {why}: {label}",
        hint=f"{hint}; then run the same command again: it goes on",
    )


def _skew_s(error: HttpResponseError) -> float:
    """By how much this machine's clock is ahead of the service's; 0 if not told."""
    headers = getattr(error.response, "headers", None) or {}
    with suppress(TypeError, ValueError, AttributeError):
        theirs = parsedate_to_datetime(str(headers.get("Date"))).timestamp()
        return time.time() - theirs
    return 0.0
