"""Requests of our own making are those of the library, signature and answer."""

from __future__ import annotations

import contextlib
from types import SimpleNamespace

import pytest
from azure.core.pipeline.transport import HttpRequest
from azure.storage.blob import ContainerClient
from azure.storage.blob._shared.authentication import SharedKeyCredentialPolicy

from export.stores.blob_store import BlobChanged, Content, Unanswered
from export.stores.put_blob import signed
from tests.export.azure_line import Connect, once, sas
from tests.servers.azurite import ACCOUNT, KEY
from tests.servers.fault_proxy import Fault, FaultProxy, Trouble

HEADERS = {
    "Content-MD5": "XUFAKrxLKna5cZ2REBfFkg==",
    "Content-Type": "application/octet-stream",
    "x-ms-blob-content-type": "image/jpeg",
    "x-ms-blob-type": "BlockBlob",
    "x-ms-date": "Fri, 27 Nov 2026 12:00:00 GMT",
    "x-ms-meta-sha256": "ab" * 32,
    "x-ms-version": "2025-05-05",
}


@pytest.mark.parametrize("length", ["0", "5"])
@pytest.mark.parametrize(
    "condition", [{"If-None-Match": "*"}, {"If-Match": '"0x8D4BCC2E4835CD0"'}]
)
def test_signature_is_the_library_s(length: str, condition: dict[str, str]) -> None:
    headers = {**HEADERS, **condition, "Content-Length": length}
    path = f"/{ACCOUNT}/yard/blobs/ab/a%20b%C3%A4"
    theirs = HttpRequest("PUT", f"http://127.0.0.1:1{path}", headers=headers)
    policy = SharedKeyCredentialPolicy(ACCOUNT, KEY)

    policy.on_request(
        SimpleNamespace(http_request=theirs, context=SimpleNamespace(transport=None))
    )
    ours = signed("PUT", path, headers, ACCOUNT, KEY)

    assert theirs.headers["Authorization"] == f"SharedKey {ACCOUNT}:{ours}"


@pytest.mark.parametrize("name", ["plain", "a b/ä~+&?#%20.json", "quote'\"()[]"])
@pytest.mark.parametrize("is_signed", [False, True])
def test_blob_is_what_the_library_would_have_made(
    connect: Connect,
    container: ContainerClient,
    proxy: FaultProxy,
    name: str,
    is_signed: bool,
) -> None:
    data = b"some bytes"
    variables = {
        "FIELDSET_AZURE_ENDPOINT": f"http://127.0.0.1:{proxy.port}/{ACCOUNT}",
        "AZURE_STORAGE_SAS_TOKEN": sas(container, "rcwl"),
    }

    made = connect(**variables if is_signed else {}).put_new(name, Content.of(data))

    client = container.get_blob_client(f"yard/{name}")
    facts = client.get_blob_properties()
    assert client.download_blob().readall() == data
    assert facts.etag.strip('"') == made.etag.strip('"')
    assert bytes(facts.content_settings.content_md5).hex() == made.md5
    assert facts.metadata["sha256"] == made.sha256 == Content.of(data).sha256
    kind = "application/json" if name.endswith("json") else "application/octet-stream"
    assert facts.content_settings.content_type == kind


def test_empty_blob_is_put(connect: Connect) -> None:
    store = connect()

    store.put_new("nothing", Content.of(b""))

    assert b"".join(store.get("nothing")) == b""


@pytest.mark.parametrize("fault", [Fault.LOST, Fault.HALF_SENT, Fault.CUT])
def test_line_that_breaks_is_no_answer(
    connect: Connect, proxy: FaultProxy, fault: Fault
) -> None:
    proxy.plan = once(Trouble(fault=fault), lambda asked: asked.method == "PUT")
    store = connect()

    with pytest.raises(Unanswered):
        store.put_new("a", Content.of(b"1"))

    assert (store.head("a") is not None) is (fault is Fault.LOST)


def test_etag_of_a_put_is_the_one_that_a_swap_wants(connect: Connect) -> None:
    store = connect()
    first = store.put_new("a", Content.of(b"1"))

    second = store.swap("a", Content.of(b"2"), first.etag)

    with pytest.raises(BlobChanged):
        store.swap("a", Content.of(b"3"), first.etag)
    found = store.head("a")
    assert found is not None
    assert found.etag == second.etag


def test_proxy_of_the_environment_is_kept_to(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nobody listens there.
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    behind = connect()
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    beside = connect()

    with pytest.raises(Unanswered):
        behind.put_new("a", Content.of(b"1"))
    beside.put_new("a", Content.of(b"1"))

    assert beside.head("a") is not None


def test_answer_that_breaks_off_is_not_told_with_its_address(
    connect: Connect,
    container: ContainerClient,
    proxy: FaultProxy,
    caplog: pytest.LogCaptureFixture,
) -> None:
    variables = {
        "FIELDSET_AZURE_ENDPOINT": f"http://127.0.0.1:{proxy.port}/{ACCOUNT}",
        "AZURE_STORAGE_SAS_TOKEN": sas(container, "rcwl"),
    }
    store = connect(**variables)
    store.put_new("a", Content.of(b"1"))
    proxy.plan = lambda _asked: Trouble(fault=Fault.TRUNCATED)

    with contextlib.suppress(Unanswered):
        store.head("a")
    with contextlib.suppress(Unanswered):
        store.put_new("b", Content.of(b"1"))

    assert proxy.requests == 3
    assert caplog.text == ""
