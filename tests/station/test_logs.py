from __future__ import annotations

import faulthandler
import logging
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station import logs

SECRET = "s3cr3tV4lue+/=="


@pytest.fixture
def log_file(tmp_path: Path) -> Iterator[Path]:
    yield logs.configure_logging(tmp_path / "log")
    logs.stop_logging()


def raised(exc: Exception) -> Exception:
    try:
        raise exc
    except type(exc) as caught:
        return caught


@pytest.mark.parametrize(
    "text",
    [
        f"https://a.blob.example/c?sv=2024&sig={SECRET}&se=2030",
        f"https://a.blob.example/c?sv=2024&sig%3D{SECRET}",
        f"AccountName=a;AccountKey={SECRET};EndpointSuffix=core",
        f"SharedAccessSignature=sv=2024&sig={SECRET}",
        f"BlobEndpoint=https://a;sharedaccesssignature={SECRET}&x=1",
        f"rtsp://admin:{SECRET}@10.0.0.7:554/stream",
        f"rtsp://admin:pa@ss{SECRET}@10.0.0.7/stream",
        f"http://{SECRET}@10.0.0.7/",
        f"Authorization: Bearer {SECRET}",
        f"{{'Authorization': 'SharedKey account:{SECRET}'}}",
        f'Authorization: Digest username="a", response="{SECRET}"',
        f"Set-Cookie: session={SECRET}; Path=/",
        f'{{"password": "{SECRET}", "user": "a"}}',
        f"api_key = {SECRET}",
        f"access_token={SECRET}",
        f"-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----",
        f"-----BEGIN EC PRIVATE KEY-----\n{SECRET}",
    ],
)
def test_secret_is_struck_out(text: str) -> None:
    clean = logs.redact(text)

    assert SECRET not in clean
    assert logs.REDACTED in clean


def test_web_token_is_struck_out() -> None:
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"

    assert logs.redact(f"got {token} back") == f"got {logs.REDACTED} back"


@pytest.mark.parametrize(
    "text",
    [
        "sample 3fa9 stored in 8 ms",
        "cannot open the camera: rtsp://10.0.0.7:554/stream",
        "export to azure://container/prefix/v3",
        "designer=ann, sigma=2.5, light=night",
        "mail to a@b.example",
    ],
)
def test_harmless_text_stays(text: str) -> None:
    assert logs.redact(text) == text


PASSWORD_SIGNS = st.characters(
    codec="ascii", min_codepoint=33, exclude_characters="\"'<>\x7f"
)


@given(password=st.text(PASSWORD_SIGNS, min_size=1))
def test_no_password_of_an_address_survives(password: str) -> None:
    clean = logs.redact(f"opening rtsp://admin:{password}@camera.example/live now")

    assert clean == f"opening rtsp://{logs.REDACTED}@camera.example/live now"


def test_log_holds_our_news_and_others_warnings(
    log_file: Path, allow_log: Callable[[str], None]
) -> None:
    allow_log("careful")

    logging.getLogger("dataset.catalog").info("migrated")
    logging.getLogger("another.library").info("request sent")
    logging.getLogger("another.library").warning("careful")

    text = log_file.read_text("utf-8")
    assert "INFO" in text
    assert "dataset.catalog: migrated" in text
    assert "another.library: careful" in text
    assert "request sent" not in text


def test_log_holds_no_secret_of_a_trace(
    log_file: Path, allow_log: Callable[[str], None]
) -> None:
    allow_log("push failed")

    exc = raised(OSError(f"https://a.example/?sig={SECRET}"))
    logging.getLogger("station").error("push failed", exc_info=exc)

    text = log_file.read_text("utf-8")
    assert "OSError" in text
    assert SECRET not in text


def test_line_break_in_a_name_makes_no_record_of_its_own(log_file: Path) -> None:
    logging.getLogger("station").info("class %s", "car\n2030 CRITICAL forged")

    lines = log_file.read_text("utf-8").splitlines()
    assert len(lines) == 2
    assert lines[1] == "    2030 CRITICAL forged"


def test_log_turns_over_at_its_size(tmp_path: Path) -> None:
    path = logs.configure_logging(tmp_path, max_bytes=2_000, backups=2)

    for number in range(200):
        logging.getLogger("station").info("line %d", number)
    logs.stop_logging()

    sizes = {file.name: file.stat().st_size for file in tmp_path.iterdir()}
    assert set(sizes) == {path.name, f"{path.name}.1", f"{path.name}.2"}
    assert max(sizes.values()) <= 2_000
    assert "line 199" in path.read_text("utf-8")


def test_second_call_moves_the_log(tmp_path: Path) -> None:
    first = logs.configure_logging(tmp_path / "a")
    second = logs.configure_logging(tmp_path / "b")

    logging.getLogger("station").info("once")
    logs.stop_logging()

    assert first.read_text("utf-8") == ""
    assert second.read_text("utf-8").count("once") == 1


def test_stopping_leaves_other_handlers_alone(tmp_path: Path) -> None:
    root = logging.getLogger()
    before = list(root.handlers)

    logs.configure_logging(tmp_path)
    logs.stop_logging()
    logs.stop_logging()

    assert root.handlers == before
    assert logging.getLogger("station").level == logging.NOTSET


def test_log_is_for_its_owner_alone(log_file: Path) -> None:
    assert stat.S_IMODE(log_file.stat().st_mode) & 0o077 == 0


def test_log_that_cannot_be_written_stops_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure_logging(tmp_path / "log", max_bytes=1)
    # Turning over fails when a folder stands where the older file goes.
    (tmp_path / "log" / "fieldset.log.1" / "x").mkdir(parents=True)

    logging.getLogger("station").info("one")
    logging.getLogger("station").info("two")
    logs.stop_logging()

    assert capsys.readouterr().err == ""


def test_crash_report_holds_trace_causes_versions_and_log(log_file: Path) -> None:
    logging.getLogger("station").info("the last thing before")
    exc = raised(ValueError("outer"))
    exc.__cause__ = raised(KeyError("inner"))

    path = logs.write_crash_report(log_file.parent, exc)

    text = path.read_text("utf-8")
    for part in ("ValueError: outer", "KeyError: 'inner'", "numpy", "Python 3."):
        assert part in text
    assert "the last thing before" in text
    assert path.parent == log_file.parent


def test_crash_report_holds_no_secret(tmp_path: Path) -> None:
    exc = raised(RuntimeError(f"rtsp://admin:{SECRET}@10.0.0.7/"))

    path = logs.write_crash_report(tmp_path / "new", exc)

    assert SECRET not in path.read_text("utf-8")
    assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


def test_missing_distribution_is_named_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "_VERSIONS_IN_REPORT", ("no-such-distribution",))

    path = logs.write_crash_report(tmp_path, raised(ValueError("x")))

    assert "no-such-distribution not installed" in path.read_text("utf-8")


def test_reports_of_one_second_stand_side_by_side(tmp_path: Path) -> None:
    exc = raised(ValueError("x"))

    paths = {logs.write_crash_report(tmp_path, exc) for _ in range(3)}

    assert len(paths) == 3


def test_only_the_newest_reports_are_kept(tmp_path: Path) -> None:
    for day in range(25):
        (tmp_path / f"crash-200001{day + 1:02d}T000000Z-01.txt").touch()

    newest = logs.write_crash_report(tmp_path, raised(ValueError("x")))

    reports = sorted(tmp_path.glob("crash-*.txt"))
    assert len(reports) == 20
    assert reports[-1] == newest


def test_report_goes_to_the_temporary_folder_when_the_own_is_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    path = logs.write_crash_report(tmp_path / "file" / "log", raised(ValueError("x")))

    assert path.parent == tmp_path
    assert "ValueError: x" in path.read_text("utf-8")


@pytest.fixture
def no_faulthandler() -> Iterator[None]:
    faulthandler.disable()
    yield
    faulthandler.enable(sys.__stderr__)


@pytest.fixture
def quiet_hooks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Stands where Python prints traces, and notes the faults that came through."""
    seen: list[str] = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, *_: seen.append(kind.__name__))
    monkeypatch.setattr(
        threading, "excepthook", lambda args: seen.append(args.exc_type.__name__)
    )
    return seen


def test_fault_is_logged_reported_announced_and_handed_on(
    log_file: Path, quiet_hooks: list[str], allow_log: Callable[[str], None]
) -> None:
    allow_log("nobody caught")
    told: list[Path] = []
    undo = logs.install_crash_hooks(log_file.parent, lambda path, _: told.append(path))
    exc = raised(ZeroDivisionError("a / b"))

    sys.excepthook(type(exc), exc, exc.__traceback__)
    undo()

    assert "ZeroDivisionError: a / b" in told[0].read_text("utf-8")
    assert "ZeroDivisionError: a / b" in log_file.read_text("utf-8")
    assert quiet_hooks == ["ZeroDivisionError"]


def test_fault_on_a_thread_is_reported(
    tmp_path: Path, quiet_hooks: list[str], allow_log: Callable[[str], None]
) -> None:
    allow_log("nobody caught")
    told: list[BaseException] = []
    undo = logs.install_crash_hooks(tmp_path, lambda _, exc: told.append(exc))

    thread = threading.Thread(target=lambda: {}["missing"])
    thread.start()
    thread.join()
    undo()

    assert [type(exc) for exc in told] == [KeyError]
    assert quiet_hooks == ["KeyError"]


def test_thread_fault_without_its_exception_is_handed_on(
    tmp_path: Path, quiet_hooks: list[str]
) -> None:
    undo = logs.install_crash_hooks(tmp_path, lambda *_: None)

    threading.excepthook(threading.ExceptHookArgs((ValueError, None, None, None)))
    undo()

    assert quiet_hooks == ["ValueError"]
    assert list(tmp_path.glob("crash-*")) == []


def test_interrupt_is_no_fault(tmp_path: Path, quiet_hooks: list[str]) -> None:
    undo = logs.install_crash_hooks(tmp_path, lambda *_: None)

    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    undo()

    assert quiet_hooks == ["KeyboardInterrupt"]
    assert list(tmp_path.glob("crash-*")) == []


def test_fault_of_the_announcement_does_not_hide_the_first(
    tmp_path: Path,
    quiet_hooks: list[str],
    allow_log: Callable[[str], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    allow_log("nobody caught")

    def announce(path: Path, exc: BaseException) -> None:
        raise RuntimeError("no window any more")

    undo = logs.install_crash_hooks(tmp_path, announce)
    exc = raised(ValueError("first"))

    sys.excepthook(ValueError, exc, exc.__traceback__)
    undo()

    assert "no window any more" in capsys.readouterr().err
    assert quiet_hooks == ["ValueError"]


def test_undoing_brings_the_hooks_back(tmp_path: Path) -> None:
    before = sys.excepthook, threading.excepthook

    undo = logs.install_crash_hooks(tmp_path, lambda *_: None)
    undo()

    assert (sys.excepthook, threading.excepthook) == before


@pytest.mark.usefixtures("no_faulthandler")
def test_native_crashes_are_watched_until_undone(tmp_path: Path) -> None:
    undo = logs.install_crash_hooks(tmp_path / "log", lambda *_: None)

    watched = faulthandler.is_enabled()
    undo()

    assert watched
    assert not faulthandler.is_enabled()
    assert (tmp_path / "log" / logs.NATIVE_CRASH_NAME).exists()


@pytest.mark.usefixtures("no_faulthandler")
def test_hooks_do_without_a_folder_for_native_crashes(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    undo = logs.install_crash_hooks(tmp_path / "file" / "log", lambda *_: None)
    undo()

    assert not faulthandler.is_enabled()


def test_abort_in_native_code_leaves_a_trace(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from station import logs;"
        "logs.install_crash_hooks(Path(sys.argv[1]), lambda *_: None); os.abort()"
    )

    result = subprocess.run(
        [sys.executable, "-c", code, tmp_path],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        check=False,
    )

    assert result.returncode < 0
    assert "Fatal Python error: Aborted" in (
        tmp_path / logs.NATIVE_CRASH_NAME
    ).read_text("utf-8")
