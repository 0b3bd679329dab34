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
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeVar

import requests
import urllib3
from azure.core import MatchConditions
from azure.core.credentials import AzureNamedKeyCredential, AzureSasCredential
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
)
from azure.core.pipeline.transport import RequestsTransport
from azure.storage.blob import (
    BlobBlock,
    BlobClient,
    ContainerClient,
    ContentSettings,
)

from dataset.cloud_settings import CloudSettings
from dataset.errors import CloudError

from .blob_store import (
    Blob,
    BlobChanged,
    BlobExists,
    Content,
    Pace,
    changed,
    missing,
    no_pace,
)
from .connections import Sockets
from .credentials import Access
from .put_blob import BlobPuts, Garbled, Refused
from .refusals import Answer, refused, unanswered, unknown_person

_T = TypeVar("_T")
_NOTE: Final = "sha256"
_KIB: Final = 1024
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
        # What they warn of we tell ourselves; and they name addresses with signatures.
        for library in ("azure", "urllib3"):
            logging.getLogger(library).setLevel(logging.CRITICAL)
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._label = f"{access.endpoint}/{container}/{self._prefix}".rstrip("/")
        self._block_bytes = settings.block_kb * _KIB
        self._sockets = Sockets(settings.parallel + 2)
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

        self._puts = (
            BlobPuts(
                self._sockets.session,
                access,
                container,
                version=self._container.api_version,
                timeout_s=settings.timeout_s,
            )
            if BlobPuts.can_sign(access)
            else None
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

        def asked() -> Blob | None:
            found = _or_none(client.get_blob_properties)
            return None if found is None else self._blob(found)

        return self._asked(asked, name)

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
        return self._put(name, content, pace, None)

    def swap(self, name: str, content: Content, etag: str | None) -> Blob:
        """Put a small blob in the place of the one with that ETag."""
        try:
            return self._put(name, content, no_pace, etag)
        except (BlobExists, BlobChanged):
            raise changed(name, self._label) from None

    def abort(self) -> None:
        """Break every connection, so that whoever waits on one stops waiting."""
        self._sockets.abort()

    def close(self) -> None:
        """Let go of the connections."""
        self._container.close()

    def _put(self, name: str, content: Content, pace: Pace, etag: str | None) -> Blob:
        kind = _TYPES.get(name.rpartition(".")[2], "application/octet-stream")
        if content.size_bytes <= self._block_bytes and self._puts is not None:
            return self._put_small(name, content, pace, kind, etag)
        client = self._client(name)
        about = {"metadata": {_NOTE: content.sha256}, **_condition(etag)}
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

    def _put_small(
        self, name: str, content: Content, pace: Pace, kind: str, etag: str | None
    ) -> Blob:
        """The same in one request of our own, see `put_blob`."""
        puts = self._puts
        assert puts is not None
        data = b"".join(content.pieces(self._block_bytes))
        pace(len(data))
        given, md5 = self._asked(
            lambda: puts.put(
                self._prefix + name,
                data,
                kind=kind,
                notes={_NOTE: content.sha256},
                condition={"If-None-Match": "*"}
                if etag is None
                else {"If-Match": etag},
            ),
            name,
        )
        return Blob(
            name=name,
            size_bytes=len(data),
            etag=given,
            sha256=content.sha256,
            md5=md5,
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
        refusal: CloudError
        try:
            return call()
        except _NoToken:
            refusal = unknown_person(self._label)
        except Refused as error:
            refusal = refused(error.answer, name, self._label)
        except HttpResponseError as error:
            refusal = refused(_answer(error), name, self._label)
        except (
            Garbled,
            AzureError,
            requests.RequestException,
            urllib3.exceptions.HTTPError,
        ):
            refusal = unanswered(name, self._label)
        except (OSError, ValueError, AttributeError, TypeError):
            # A connection that was broken off, or an answer without its end.
            refusal = unanswered(name, self._label)
        # Outside of the handler, so that not even the context names the address.
        raise refusal


def _condition(etag: str | None) -> dict[str, Any]:
    """Only where there is no blob, or the one with that ETag."""
    if etag is None:
        return {"match_condition": MatchConditions.IfMissing}
    return {"match_condition": MatchConditions.IfNotModified, "etag": etag}


def _credential(access: Access) -> Any:  # noqa: ANN401  (one of three kinds)
    if access.key is not None:
        return AzureNamedKeyCredential(access.account, access.key.reveal())
    if access.sas is not None:
        return AzureSasCredential(access.sas.reveal())
    # An extra, and slow: loaded only where nothing else says who we are.
    identity = importlib.import_module("azure.identity")
    return _Tokens(
        identity.DefaultAzureCredential(exclude_interactive_browser_credential=True)
    )


class _NoToken(Exception):
    """Entra ID does not say who we are."""


class _Tokens:
    """A credential whose refusal is not taken for one of the blob service."""

    def __init__(self, credential: Any) -> None:  # noqa: ANN401  (a TokenCredential)
        self._credential = credential

    def get_token(self, *scopes: str, **wishes: Any) -> Any:  # noqa: ANN401
        """A token, as the library asks for it."""
        try:
            return self._credential.get_token(*scopes, **wishes)
        except ClientAuthenticationError:
            refusal = _NoToken()
        # Outside of the handler: the library's text may hold what nobody is to read.
        raise refusal


def _answer(error: HttpResponseError) -> Answer:
    return Answer(
        status=error.status_code,
        code=str(getattr(error, "error_code", "") or ""),
        headers=getattr(error.response, "headers", None) or {},
        detail=str(getattr(error, "message", "") or ""),
    )


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
