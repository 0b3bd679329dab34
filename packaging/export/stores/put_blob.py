"""Creates or replaces a small blob in one request of our own making.

The library spends several times as long on a request as the bytes do (measured in
`tests/benchmarks/push_bench.py`), and a data set is thousands of small blobs. What is
sent is what the library would send. Sources: "Put Blob" and "Authorize with Shared
Key" in the REST reference of Azure Storage. Entra ID is left to the library.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from email.utils import formatdate
from typing import Final
from urllib.parse import quote, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.utils import select_proxy

from .credentials import Access
from .refusals import Answer

# What is signed of the headers, besides those that begin with `x-ms-`; in this order.
_SIGNED: Final = (
    "Content-Encoding", "Content-Language", "Content-Length", "Content-MD5",
    "Content-Type", "Date", "If-Modified-Since", "If-Match", "If-None-Match",
    "If-Unmodified-Since", "Range",
)  # fmt: skip
_CREATED: Final = 201
_DETAIL: Final = 2000


class Refused(Exception):
    """The service answered, but did not do it; `answer` says what it said."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class Garbled(Exception):
    """The answer is not one that the service gives; nobody knows what it did."""


class BlobPuts:
    """Puts small blobs into a container over a session's connections.

    `version` is that of the service's protocol, `timeout_s` the longest silence.
    """

    def __init__(
        self,
        session: requests.Session,
        access: Access,
        container: str,
        *,
        version: str,
        timeout_s: float,
    ) -> None:
        self._access = access
        self._place = f"{access.endpoint}/{container}"
        address = urlsplit(self._place)
        self._root = f"{address.scheme}://{address.netloc}"
        self._version = version
        self._timeout_s = timeout_s
        self._pool, self._through = _pool(session, self._place)

    @staticmethod
    def can_sign(access: Access) -> bool:
        """Whether a request can be signed here: with a key or a SAS."""
        return access.key is not None or access.sas is not None

    def put(
        self,
        name: str,
        data: bytes,
        *,
        kind: str,
        notes: Mapping[str, str],
        condition: Mapping[str, str],
    ) -> tuple[str, str]:
        """The ETag and the MD5 (hexadecimal) of the blob that was put.

        Args:
            name: the blob's name, not encoded.
            data: all its bytes; the service checks their MD5 and keeps it.
            kind: the content's media type.
            notes: metadata.
            condition: headers such as If-None-Match.

        Raises:
            Refused: it was not done.
            Garbled: nobody knows.
            urllib3.exceptions.HTTPError: the line broke.
        """
        md5 = hashlib.md5(data, usedforsecurity=False).digest()
        encoded = base64.b64encode(md5).decode()
        headers = {
            "Content-Length": str(len(data)),
            "Content-MD5": encoded,
            "Content-Type": "application/octet-stream",
            "x-ms-blob-content-type": kind,
            "x-ms-blob-type": "BlockBlob",
            "x-ms-date": formatdate(usegmt=True),
            "x-ms-version": self._version,
            **{f"x-ms-meta-{key}": text for key, text in notes.items()},
            **condition,
        }
        response = self._answered(
            f"{self._place}/{quote(name, safe='~/')}", headers, data
        )
        etag = response.headers.get("ETag", "")
        said = response.headers.get("Content-MD5", encoded)
        if not etag or said != encoded:
            raise Garbled
        return etag, md5.hex()

    def _answered(
        self, url: str, headers: dict[str, str], data: bytes
    ) -> urllib3.BaseHTTPResponse:
        if self._access.sas is not None:
            url = f"{url}?{self._access.sas.reveal().lstrip('?')}"
        elif self._access.key is not None:
            signature = signed(
                "PUT", urlsplit(url).path, headers, self._access.account,
                self._access.key.reveal(),
            )  # fmt: skip
            headers["Authorization"] = f"SharedKey {self._access.account}:{signature}"
        response = self._pool.urlopen(
            "PUT",
            url if self._through else url.removeprefix(self._root),
            body=data,
            headers=headers,
            redirect=False,
            retries=False,
            assert_same_host=False,
            timeout=urllib3.Timeout(connect=self._timeout_s, read=self._timeout_s),
        )
        if response.status == _CREATED:
            return response
        raise Refused(
            Answer(
                status=response.status,
                code=response.headers.get("x-ms-error-code", ""),
                headers=response.headers,
                detail=response.data[:_DETAIL].decode(errors="replace"),
            )
        )


def _pool(
    session: requests.Session, place: str
) -> tuple[urllib3.HTTPConnectionPool, bool]:
    """The session's connections to a place, and whether whole addresses are asked for.

    Proxies and certificates are those of the environment. A proxy of plain HTTP wants
    whole addresses.
    """
    adapter = session.get_adapter(place)
    if not isinstance(adapter, HTTPAdapter):
        raise TypeError(type(adapter))
    ways = session.merge_environment_settings(place, {}, False, None, None)
    request = requests.Request("PUT", place).prepare()
    pool = adapter.get_connection_with_tls_context(
        request, ways["verify"], proxies=ways["proxies"], cert=ways["cert"]
    )
    adapter.cert_verify(pool, place, ways["verify"], ways["cert"])
    is_proxied = select_proxy(place, ways["proxies"]) is not None
    return pool, is_proxied and not place.startswith("https")


def signed(
    method: str, path: str, headers: Mapping[str, str], account: str, key: str
) -> str:
    """The signature of a request without a query: base64 of HMAC-SHA-256.

    `path` is the encoded path of the address, `key` the account's key in base64.
    """
    given = dict(headers)
    if given.get("Content-Length") == "0":
        given["Content-Length"] = ""
    own = sorted(name for name in given if name.startswith("x-ms-"))
    lines = [
        method,
        *(given.get(name, "") for name in _SIGNED),
        *(f"{name}:{given[name]}" for name in own),
        f"/{account}{path}",
    ]
    digest = hmac.new(base64.b64decode(key), "\n".join(lines).encode(), hashlib.sha256)
    return base64.b64encode(digest.digest()).decode()
