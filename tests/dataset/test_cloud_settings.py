from __future__ import annotations

from pathlib import Path

import pytest

from dataset.cloud_settings import CloudSettings
from dataset.errors import SettingsError
from dataset.policies.recipes import RecipeFault
from dataset.settings import read_settings
from dataset.settings_template import default_text

HEAD = '[project]\nname = "yard"\n\n[split]\ntrain = 0.8\nval = 0.2\n\n[cloud]\n'


def read(folder: Path, lines: str) -> CloudSettings:
    path = folder / "fieldset.toml"
    path.write_text(HEAD + lines, encoding="utf-8")
    return read_settings(path).cloud


def test_nothing_said_means_the_defaults(tmp_path: Path) -> None:
    assert read(tmp_path, "") == CloudSettings()


def test_a_slow_line_is_described(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        "parallel = 2\nblock_kb = 256\ntimeout_s = 120.5\nrate_kb_s = 50\n"
        'attempts = 20\naccount = "yardstore"\n'
        'endpoint = "https://yardstore.blob.core.windows.net"\n',
    )

    assert (settings.parallel, settings.block_kb, settings.timeout_s) == (2, 256, 120.5)
    assert (settings.rate_kb_s, settings.attempts) == (50, 20)
    assert settings.account == "yardstore"


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("parallel = 0", "`parallel` lies in 1 to 64"),
        ("parallel = true", "another type"),
        ("parallel = 2.5", "another type"),
        ("timeout_s = nan", "`timeout_s` lies in"),
        ("block_kb = 1", "`block_kb` lies in"),
        ('account = "UPPER"', "small letters and digits"),
        ("speed = 3", "no such setting"),
        ('sas_token = "x"', "no such setting"),
    ],
)
def test_a_fault_is_told_with_its_place(tmp_path: Path, line: str, what: str) -> None:
    with pytest.raises(SettingsError, match=what) as told:
        read(tmp_path, f"{line}\n")

    assert "9" in told.value.message


@pytest.mark.parametrize(
    "line",
    [
        'account = "sv=2024&sig=c2VjcmV0"',
        'endpoint = "https://yard.blob.core.windows.net/?sig=c2VjcmV0"',
        'endpoint = "https://user:c2VjcmV0@yard.blob.core.windows.net"',
        'parallel = "AccountKey=c2VjcmV0"',
    ],
)
def test_what_may_be_a_secret_is_not_repeated(tmp_path: Path, line: str) -> None:
    with pytest.raises(SettingsError) as told:
        read(tmp_path, f"{line}\n")

    assert "c2VjcmV0" not in f"{told.value.message} {told.value.hint}"


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://elsewhere.example",
        "http://yard.blob.core.windows.net",
        "https://yard.blob.core.windows.net.elsewhere.example",
        "http://127.0.0.1:10000/devstoreaccount1",
    ],
)
def test_a_project_sends_no_credential_elsewhere(tmp_path: Path, endpoint: str) -> None:
    with pytest.raises(SettingsError, match="FIELDSET_AZURE_ENDPOINT"):
        read(tmp_path, f'endpoint = "{endpoint}"\n')


def test_the_template_explains_every_setting() -> None:
    template = default_text("yard")

    assert all(f"# {key} = " in template for key in CloudSettings.limits)


def test_a_value_of_a_caller_is_held_to_the_limits() -> None:
    with pytest.raises(RecipeFault):
        CloudSettings(attempts=0)
