from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import keyring
import keyring.backend
import pytest

from dataset.cloud_settings import CloudSettings
from dataset.errors import CloudError, FieldsetError, UsageError
from export.stores.cloud import open_place
from export.stores.credentials import KEYRING_SERVICE, Access, Secret, find_access
from export.stores.targets import CloudPlace, line_settings, open_target, parse_place

KEY = "c2VjcmV0c2VjcmV0c2VjcmV0"
SAS = f"sv=2024-01-01&sp=rcwl&sig={KEY}"
YARD = CloudSettings(account="yard")
HOME = "https://yard.blob.core.windows.net"


def file_of(folder: Path, text: str, mode: int = 0o600) -> dict[str, str]:
    path = folder / "credential"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return {"FIELDSET_AZURE_CREDENTIAL_FILE": str(path)}


def shown(access: Access) -> tuple[str, str, str]:
    key, sas = access.key, access.sas
    return access.endpoint, key.reveal() if key else "", sas.reveal() if sas else ""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"AccountName=yard;AccountKey={KEY}", (HOME, KEY, "")),
        (
            f"AccountName=yard;AccountKey={KEY};EndpointSuffix=core.chinacloudapi.cn",
            ("https://yard.blob.core.chinacloudapi.cn", KEY, ""),
        ),
        (f"BlobEndpoint={HOME}/;SharedAccessSignature={SAS}", (HOME, "", SAS)),
        (f"?{SAS}", (HOME, "", SAS)),
        (f"{HOME}/sets?{SAS}", (HOME, "", SAS)),
        (
            f"http://127.0.0.1:10000/dev/sets?{SAS}",
            ("http://127.0.0.1:10000/dev", "", SAS),
        ),
        (KEY, (HOME, KEY, "")),
    ],
)
def test_every_form_of_a_credential_is_understood(
    tmp_path: Path, text: str, found: tuple[str, str, str]
) -> None:
    access = find_access(file_of(tmp_path, f"{text}\n"), YARD)

    assert shown(access) == found
    assert KEY not in repr(access)


def test_the_file_comes_before_the_environment_and_it_before_the_keyring(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring, "get_password", lambda *_: f"sig={KEY}&from=keyring")
    environment = {"AZURE_STORAGE_SAS_TOKEN": f"sig={KEY}&from=environment"}
    file = file_of(tmp_path, f"sig={KEY}&from=file")

    origins = [
        find_access({**environment, **file}, YARD).origin.split()[0:2],
        find_access(environment, YARD).origin.split()[0:2],
        find_access({}, YARD).origin.split()[0:2],
    ]

    assert origins == [["the", "file"], ["the", "environment"], ["the", "keyring"]]


def test_the_keyring_is_asked_for_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []

    def answer(service: str, user: str) -> str:
        asked.append((service, user))
        return SAS

    monkeypatch.setattr(keyring, "get_password", answer)

    find_access({}, YARD)

    assert asked == [(KEYRING_SERVICE, "yard")]


def test_a_machine_without_a_keyring_is_told_so() -> None:
    with pytest.raises(CloudError, match="no back end on this machine"):
        find_access({}, YARD)


def test_entra_is_asked_where_nothing_else_says_who() -> None:
    access = find_access({}, YARD, has_identity=True)

    assert (access.origin, access.key, access.sas) == ("Entra ID", None, None)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(CloudError, match="Others can read") as told:
        find_access(file_of(tmp_path, SAS, mode), YARD)

    assert "chmod 600" in told.value.hint


def test_a_file_in_the_project_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="never lies in the project"):
        find_access(file_of(tmp_path, SAS), YARD, project=tmp_path)


@pytest.mark.parametrize(
    "environment",
    [
        {"AZURE_STORAGE_CONNECTION_STRING": f"AccountName=yard;AccountKey={KEY}!"},
        {"AZURE_STORAGE_CONNECTION_STRING": f"AccountKey={KEY}"},
        {"AZURE_STORAGE_CONNECTION_STRING": f"BlobEndpoint=ftp://x;AccountKey={KEY}"},
        {
            "AZURE_STORAGE_SAS_TOKEN": SAS,
            "FIELDSET_AZURE_ENDPOINT": "http://far.example",
        },
        {
            "AZURE_STORAGE_SAS_TOKEN": SAS,
            "FIELDSET_AZURE_ENDPOINT": f"{HOME}/?sig={KEY}",
        },
        {"AZURE_STORAGE_ACCOUNT": f"sig={KEY}"},
    ],
)
def test_a_bad_credential_is_refused_without_being_repeated(
    environment: dict[str, str],
) -> None:
    with pytest.raises(FieldsetError) as told:
        find_access(environment, CloudSettings())

    assert KEY not in f"{told.value!r} {told.value.hint} {told.value.__cause__!r}"


def test_a_secret_shows_itself_to_nobody() -> None:
    secret = Secret(KEY)

    assert KEY not in f"{secret} {secret!r} {[secret]}"
    with pytest.raises(TypeError):
        pickle.dumps(secret)


@pytest.mark.parametrize(
    ("target", "place"),
    [
        ("azure://sets", ("sets", "", "")),
        ("azure://sets/yard/north", ("sets", "yard/north", "")),
        (f"{HOME}/sets/yard", ("sets", "yard", HOME)),
        ("http://127.0.0.1:1/dev/sets", ("sets", "", "http://127.0.0.1:1/dev")),
    ],
)
def test_a_target_names_a_place(target: str, place: tuple[str, str, str]) -> None:
    found = parse_place(target)

    assert (found.container, found.prefix, found.endpoint) == place


@pytest.mark.parametrize(
    "target",
    [
        "azure://",
        "azure://UPPER/x",
        "azure://a--b",
        "azure://sets/../x",
        "azure://sets/%2e%2e/x",
        "azure://sets/a%2Fb",
        "azure://sets/a%0Ab",
        "azure://sets/" + "a" * 600,
        "s3://sets/x",
        "ftp://far.example/sets",
        "http://far.example/sets",
        f"{HOME}/sets?sig={KEY}",
        f"https://me:{KEY}@yard.blob.core.windows.net/sets",
        "https://[::1/sets",
    ],
)
def test_a_hostile_target_is_refused_without_its_secret(target: str) -> None:
    with pytest.raises(UsageError) as told:
        parse_place(target)

    assert KEY not in f"{told.value.message} {told.value.hint}"


def test_a_folder_needs_no_credential(tmp_path: Path) -> None:
    def refuse(_place: CloudPlace) -> object:
        raise AssertionError

    store = open_target(str(tmp_path), refuse)  # type: ignore[arg-type]

    assert store.label == str(tmp_path)


def test_a_credential_of_another_account_is_not_sent() -> None:
    place = parse_place("https://other.blob.core.windows.net/sets")
    environment = {
        "AZURE_STORAGE_CONNECTION_STRING": f"AccountName=yard;AccountKey={KEY}"
    }

    with pytest.raises(UsageError, match="another account") as told:
        open_place(place, CloudSettings(), environment, project=None)

    assert KEY not in told.value.message


def test_options_come_before_the_settings_and_are_held_to_the_limits() -> None:
    settings = line_settings(None, {"parallel": 2, "rate_kb_s": None})

    assert settings == replace(CloudSettings(), parallel=2)
    with pytest.raises(UsageError, match="parallel"):
        line_settings(None, {"parallel": 99})
