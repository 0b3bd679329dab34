from __future__ import annotations

import os
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from dataset.errors import ProjectError
from dataset.provenance.station_key import (
    StationKey,
    is_open_to_others,
    key_id,
    make_key,
    read_key,
)


def test_key_is_made_once_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "key.pem"

    made = make_key(path)

    assert read_key(path).id == made.id == key_id(made.public)
    assert make_key(path).id == made.id
    assert [p.name for p in path.parent.iterdir()] == ["key.pem"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such rights")
def test_only_the_owner_may_read_the_key(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"

    make_key(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not is_open_to_others(path)
    path.chmod(0o644)
    assert is_open_to_others(path)


def test_two_who_make_the_key_at_once_have_the_same_one(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"

    with ThreadPoolExecutor(8) as threads:
        ids = set(threads.map(lambda _: make_key(path).id, range(16)))

    assert len(ids) == 1


def test_signature_is_ed25519(tmp_path: Path) -> None:
    key = make_key(tmp_path / "key.pem")

    signature = key.sign(b"something")

    Ed25519PublicKey.from_public_bytes(key.public).verify(signature, b"something")


def test_key_does_not_show_itself() -> None:
    key = StationKey.fresh()

    assert repr(key) == f"StationKey({key.id[:12]})"


def test_missing_key_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ProjectError) as refusal:
        read_key(tmp_path / "key.pem")

    assert refusal.value.message.startswith("The station's key is missing: ")
    assert "--make-key" in refusal.value.hint


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no key",
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        b"\x00" * 100_000,
    ],
)
def test_file_that_is_no_key_is_refused_without_quoting_it(
    tmp_path: Path, data: bytes
) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(data)

    with pytest.raises(ProjectError) as refusal:
        read_key(path)

    assert refusal.value.message == (
        f"The station's key cannot be read, it is no key: {path}"
    )


def test_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    other = generate_private_key(SECP256R1())
    path.write_bytes(
        other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )

    with pytest.raises(ProjectError, match="another kind"):
        read_key(path)


def test_key_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    make_key(path)
    path.chmod(0)
    if os.geteuid() == 0:
        path.unlink()
        path.mkdir()

    with pytest.raises(ProjectError, match="cannot be read"):
        read_key(path)
