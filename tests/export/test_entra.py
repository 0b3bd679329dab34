"""Entra ID: real tokens' way through `azure-identity`, against an Azurite that checks.

No tenant is asked: the token comes from a program `az` of the test, as `azure-identity`
would have it from the real one, and the service looks at its claims.
"""

from __future__ import annotations

import base64
import ipaddress
import json
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from azure.storage.blob import ContainerClient
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from dataset.cloud_settings import CloudSettings
from dataset.errors import CloudError
from export.pull import pull_version
from export.push import push_version
from export.stores.blob_store import AccessRefused, BlobStore
from export.stores.cloud import access_to, open_place
from export.stores.credentials import find_access
from export.stores.targets import CloudPlace
from tests.servers.azurite import ACCOUNT, Azurite, running_azurite
from tests.station.two_versions import freeze_two

TENANT = "11111111-2222-3333-4444-555555555555"
QUICK = CloudSettings(parallel=2, attempts=2, timeout_s=10)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signed itself, and its key."""
    folder = tmp_path_factory.mktemp("certificate")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "cert.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths


@pytest.fixture(scope="module")
def secure(
    certificate: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Azurite]:
    """A blob service that takes tokens, over https."""
    cert, key = certificate
    with running_azurite(
        tmp_path_factory.mktemp("azurite"),
        *("--oauth", "basic", "--cert", str(cert), "--key", str(key)),
    ) as azurite:
        yield azurite


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return freeze_two(tmp_path_factory.mktemp("entra") / "p")


@pytest.fixture
def place(secure: Azurite, certificate: tuple[Path, Path]) -> CloudPlace:
    """A new container, as a place."""
    name = f"t-{uuid4().hex[:16]}"
    with ContainerClient.from_connection_string(
        secure.connection(), name, connection_verify=str(certificate[0])
    ) as client:
        client.create_container()
    return CloudPlace(container=name, prefix="yard")


@pytest.fixture
def signed_in(
    certificate: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """What the program `az` prints; nobody is signed in while the file is missing."""
    said = tmp_path / "said.json"
    program = tmp_path / "bin" / "az"
    program.parent.mkdir()
    program.write_text(
        f"#!{sys.executable}\n"
        "import pathlib, sys\n"
        f"said = pathlib.Path({str(said)!r})\n"
        "if not said.exists():\n"
        "    sys.exit('ERROR: Please run az login to set up an account.')\n"
        "print(said.read_text())\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "AzureCliCredential")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate[0]))
    return said


def token(*, seconds: float = 3600) -> str:
    """What `az account get-access-token` prints: a token that nobody signed."""
    ends = int(time.time() + seconds)
    claims = {
        "aud": "https://storage.azure.com",
        "iss": f"https://sts.windows.net/{TENANT}/",
        "iat": ends - 7200,
        "nbf": ends - 7200,
        "exp": ends,
        "tid": TENANT,
        "oid": TENANT,
    }
    parts = ({"alg": "RS256", "typ": "JWT"}, claims)
    encoded = [_base64(json.dumps(part).encode()) for part in parts]
    # The library is told another end, or it would not even ask with a stale one.
    return json.dumps(
        {
            "accessToken": ".".join([*encoded, _base64(b"signature")]),
            "expires_on": int(time.time() + 3600),
            "tenant": TENANT,
            "tokenType": "Bearer",
        }
    )


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def opened(service: Azurite, place: CloudPlace) -> BlobStore:
    variables = {
        "AZURE_STORAGE_ACCOUNT": ACCOUNT,
        "FIELDSET_AZURE_ENDPOINT": service.endpoint(),
    }
    assert access_to(place, QUICK, variables, project=None).origin == "Entra ID"
    return open_place(place, QUICK, variables, project=None)


def test_who_is_signed_in_may_push_and_pull(
    secure: Azurite, place: CloudPlace, signed_in: Path, root: Path, tmp_path: Path
) -> None:
    signed_in.write_text(token())

    with closing(opened(secure, place)) as store:
        pushed = push_version(root, "v1", store, QUICK, verify=True)
        pulled = pull_version(store, "v1", tmp_path / "got", QUICK)

    assert (pushed.sent, pushed.verified, pulled.verified) == (25, 25, 25)


def test_who_is_not_signed_in_is_told_what_to_do(
    secure: Azurite, place: CloudPlace, signed_in: Path, root: Path
) -> None:
    assert not signed_in.exists()

    with (
        closing(opened(secure, place)) as store,
        pytest.raises(AccessRefused, match="Entra ID gives no token") as refused,
    ):
        push_version(root, "v1", store, QUICK)

    assert "az login" in refused.value.hint
    assert refused.value.exit_code == 5


def test_token_that_expired_is_refused_and_a_new_one_goes_on(
    secure: Azurite, place: CloudPlace, signed_in: Path, root: Path
) -> None:
    signed_in.write_text(token(seconds=-600))

    with (
        closing(opened(secure, place)) as store,
        pytest.raises(AccessRefused, match="does not let us in") as refused,
    ):
        push_version(root, "v1", store, QUICK)
    signed_in.write_text(token())
    with closing(opened(secure, place)) as store:
        pushed = push_version(root, "v1", store, QUICK)

    assert "eyJ" not in f"{refused.value!r} {refused.value.__context__!r}"
    assert pushed.sent == 25


def test_missing_library_is_a_sentence_that_names_the_extra() -> None:
    with pytest.raises(CloudError, match="no `azure-identity` was found") as told:
        find_access({"AZURE_STORAGE_ACCOUNT": ACCOUNT}, QUICK, has_identity=False)

    assert "extra `azure`" in told.value.hint
