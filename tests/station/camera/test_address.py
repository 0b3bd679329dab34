from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset.errors import CameraError, UsageError
from station.camera.address import parse_address, redact
from station.camera.frames import SourceKind

_SAFE = "abcdefghijklmnopqrstuvwxyz0123456789"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("0", SourceKind.USB),
        ("/dev/video2", SourceKind.USB),
        ("rtsp://10.0.0.7:8554/live", SourceKind.RTSP),
        ("RTSP://camera.local/a", SourceKind.RTSP),
        ("http://10.0.0.7/stream", SourceKind.HTTP),
        ("https://10.0.0.7/stream", SourceKind.HTTP),
    ],
)
def test_address_names_its_kind(text: str, kind: SourceKind) -> None:
    address = parse_address(text)

    assert address.kind is kind
    assert address.live


def test_clip_and_folder_are_told_apart(tmp_path: Path) -> None:
    clip = tmp_path / "a clip.mp4"
    clip.write_bytes(b"x")

    assert parse_address(str(clip)).kind is SourceKind.VIDEO
    assert parse_address(str(tmp_path)).kind is SourceKind.FOLDER
    assert not parse_address(str(clip)).live


def test_file_name_with_a_colon_is_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "concat:a.mp4").write_bytes(b"x")
    monkeypatch.chdir(tmp_path)

    address = parse_address("concat:a.mp4")

    assert address.kind is SourceKind.VIDEO
    assert Path(address.target).is_absolute()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "ftp://10.0.0.7/clip.mp4",
        "udp://239.0.0.1:1234",
        "file:///etc/passwd",
        "concat:a.mp4|b.mp4",
        "data:image/png;base64,AAAA",
        "http://",
        "rtsp:///live",
        "http://host:99999999/",
        "http://host/a\r\nX: 1",
        "http://host/a b",
        "a\0b",
    ],
)
def test_other_schemes_and_broken_addresses_are_wrong_usage(text: str) -> None:
    with pytest.raises(UsageError):
        parse_address(text)


def test_missing_path_is_a_camera_error(tmp_path: Path) -> None:
    with pytest.raises(CameraError, match=r"gone\.mp4"):
        parse_address(str(tmp_path / "gone.mp4"))


def test_other_files_are_no_source(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(CameraError, match="neither a clip nor a folder"):
        parse_address(str(tmp_path / "pipe"))


@given(
    user=st.text(_SAFE, min_size=1, max_size=12),
    password=st.text(_SAFE + "@/:#?!%&", min_size=4, max_size=20),
    scheme=st.sampled_from(["rtsp", "http", "https", "ftp"]),
)
def test_login_is_never_shown(user: str, password: str, scheme: str) -> None:
    text = f"{scheme}://{user}:{password}@camera.example/live"

    assert redact(text) == f"{scheme}://***@camera.example/live"


@pytest.mark.parametrize(
    "query",
    [
        "?user=admin&password=canary1",
        "?usr=admin&pwd=canary1",
        "?token=canary1&x=1",
        "/user=admin_password=canary1_channel=1",
        "?api_key=canary1",
    ],
)
def test_secrets_in_the_query_are_never_shown(query: str) -> None:
    address = parse_address(f"http://10.0.0.7/stream{query}")

    assert "canary1" not in address.shown
    assert "canary1" not in repr(address)
    assert "canary1" in address.target


def test_messages_of_libraries_are_redacted() -> None:
    address = parse_address("rtsp://admin:s%23cret@10.0.0.7/live")

    text = address.redact("failed for s#cret at rtsp://admin:s%23cret@10.0.0.7/live")

    assert "s#cret" not in text
    assert "s%23cret" not in text
    assert "10.0.0.7/live" in text
