"""What the commands say of where samples come from, and of what is erased."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from dataset.project import Project
from dataset.records import LabelState, SampleState
from station.cli.exit_codes import ExitCode
from station.signer import key_path
from tests.dataset.signed_project import tamper
from tests.small_projects import filled, jpeg, new_project, new_session

from .command_line import CommandLine


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(capsys)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    with new_project(tmp_path / "p") as project:
        return project.root


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(4):
        (folder / f"{number}.jpg").write_bytes(jpeg(number))
    return folder


def captured(call: CommandLine, root: Path, pictures: Path) -> list[str]:
    """Ids of the samples that a capture acknowledged."""
    outcome = call.ok(
        "capture", "--source", pictures, "--session", "dawn", "--project", root,
        "--json",
    )  # fmt: skip
    return [line["sample"] for line in outcome.lines if "sample" in line]


def test_captured_samples_are_signed_with_the_stations_key(
    call: CommandLine, root: Path, pictures: Path
) -> None:
    captured(call, root, pictures)

    checked = call.ok("check", "--json", "--project", root).json
    own = call.ok("station", "--json").json

    assert [f["severity"] for f in checked["findings"]] == ["ok"]
    proof = checked["provenance"]
    assert (proof["signed"], proof["unsigned"], proof["broken"]) == (4, 0, 0)
    assert [line["key"] for line in proof["stations"]] == [own["key"]]
    assert [(s["session"], s["signed"]) for s in proof["sessions"]] == [("dawn", 4)]


def test_private_key_is_nowhere_in_the_project(
    call: CommandLine, root: Path, pictures: Path
) -> None:
    captured(call, root, pictures)
    secret = key_path(os.environ).read_bytes().splitlines()[1]

    found = [p for p in root.rglob("*") if p.is_file() and secret in p.read_bytes()]

    assert found == []


def test_check_ends_with_3_where_a_record_is_broken(
    call: CommandLine, root: Path, pictures: Path
) -> None:
    samples = captured(call, root, pictures)
    with Project.open(root) as project:
        tamper(project, "UPDATE samples SET captured_us = 1 WHERE id = ?", samples[0])

    told = call("check", "--project", root)
    checked = call("check", "--json", "--project", root)

    assert told.code == checked.code == ExitCode.PROJECT
    assert "The `captured_us` of a sample is not the one that was signed" in told.out
    assert "provenance: 3 signed, 1 broken" in told.out
    assert "dawn: 3 signed, 0 unsigned, 1 broken" in told.out
    assert checked.json["provenance"]["broken"] == 1


def test_sessions_and_status_show_what_is_unverified(
    call: CommandLine, root: Path, pictures: Path
) -> None:
    captured(call, root, pictures)
    with Project.open(root) as project:
        filled(project, new_session(project, "import x"), 2, first=50)

    sessions = call.ok("session", "list", "--json", "--project", root).json["sessions"]
    status = call.ok("status", "--json", "--project", root).json

    counts = {s["name"]: (s["signed"], s["unverified"]) for s in sessions}
    assert counts == {"dawn": (4, 0), "import x": (0, 2)}
    assert status["provenance"] == {"signed": 4, "unverified": 2}
    assert "unverified" in call.ok("session", "list", "--project", root).out
    assert "4 signed, 2 unverified" in call.ok("status", "--project", root).out


def test_import_is_refused_where_the_project_says_so(
    call: CommandLine, root: Path, pictures: Path
) -> None:
    settings = root / "fieldset.toml"
    settings.write_text(
        settings.read_text("utf-8") + '\n[provenance]\nunverified = "refuse"\n'
    )

    refused = call("import", pictures, "--project", root)

    assert refused.code == ExitCode.REFUSED
    assert "no station signed" in refused.err
    assert len(captured(call, root, pictures)) == 4


def test_capture_ends_before_its_first_picture_where_the_key_is_missing(
    call: CommandLine, root: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIELDSET_STATION_KEY", str(root.parent / "gone" / "key.pem"))

    outcome = call("capture", "--source", pictures, "--project", root)

    assert outcome.code == ExitCode.PROJECT
    assert "The station's key is missing" in outcome.err
    with Project.open(root) as project:
        assert project.catalog.sessions.all() == ()


def test_station_makes_its_key_where_it_is_told_and_keeps_it(
    call: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "keys" / "key.pem"
    monkeypatch.setenv("FIELDSET_STATION_KEY", str(path))

    assert call("station").code == ExitCode.PROJECT
    first = call.ok("station", "--make-key", "--json").json
    again = call.ok("station", "--make-key", "--json").json

    assert first == again
    assert first["path"] == str(path)
    path.chmod(0o644)
    assert "can read the key" in call.ok("station").err


def test_doctor_tells_of_the_key_and_does_not_make_it(
    call: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def line() -> dict[str, str]:
        checks = call("doctor", "--json", "--project", tmp_path).json["checks"]
        (found,) = (one for one in checks if one["name"] == "Station key")
        return dict(found)

    unmade, path = line(), key_path(os.environ)
    is_made = path.exists()
    call.ok("station", "--make-key")
    made = line()
    path.chmod(0o644)
    is_open = line()
    path.write_text("no key")
    broken = line()
    monkeypatch.setenv("FIELDSET_STATION_KEY", str(tmp_path / "gone.pem"))
    missing = line()

    grades = [one["status"] for one in (unmade, made, is_open, broken, missing)]
    assert grades == ["ok", "ok", "warning", "fault", "fault"]
    assert not is_made


def test_erasure_is_signed_and_checked(
    call: CommandLine, root: Path, pictures: Path
) -> None:
    samples = captured(call, root, pictures)

    erased = call.ok(
        "erase", samples[1][:12], "--reason", "asked", "--operator", "ada",
        "--project", root, "--json",
    ).json  # fmt: skip

    assert erased == {"erased": samples[1], "still_in_versions": [], "remains": []}
    checked = call.ok("check", "--json", "--project", root).json
    assert [f["severity"] for f in checked["findings"]] == ["ok"]
    assert checked["provenance"]["erased"] == 1
    assert checked["provenance"]["gap"] == 0


def test_key_that_is_out_of_reach_does_not_stop_an_erasure(
    call: CommandLine, root: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = captured(call, root, pictures)
    monkeypatch.setenv("FIELDSET_STATION_KEY", str(root.parent / "gone.pem"))

    outcome = call.ok("erase", samples[1], "--project", root)

    assert "the erasure is not signed" in outcome.err
    checked = call.ok("check", "--json", "--project", root).json
    assert [f["severity"] for f in checked["findings"]] == ["warning"]


@pytest.mark.parametrize(
    "arguments", [[], ["0000", "--due"], ["0000", "--dry-run"], ["--dry-run"]]
)
def test_erase_takes_one_sample_or_what_is_due(
    call: CommandLine, root: Path, arguments: list[str]
) -> None:
    outcome = call("erase", *arguments, "--project", root)

    assert outcome.code == ExitCode.USAGE


def test_what_is_due_can_be_seen_before_it_is_erased(
    call: CommandLine, root: Path
) -> None:
    settings = root / "fieldset.toml"
    rule = "\n[privacy.keep_days]\nunlabeled = 1\n"
    settings.write_text(settings.read_text("utf-8") + rule)
    with Project.open(root) as project:
        session = new_session(project, "long ago")
        ids = [
            project.take_in(jpeg(n), session, captured_us=1_600_000_000_000_000 + n)
            for n in range(2)
        ]
        undated = project.take_in(jpeg(9), session, captured_us=5).sample.id
    wanted = [taken.sample.id for taken in ids]

    seen = call.ok("erase", "--due", "--dry-run", "--json", "--project", root).json
    listed = call.ok("erase", "--due", "--dry-run", "--project", root)
    erased = call.ok("erase", "--due", "--json", "--project", root).json

    assert (seen["due"], seen["undated"], seen["erased"]) == (wanted, [undated], [])
    assert listed.out.split() == wanted
    assert undated in listed.err
    assert erased["erased"] == wanted
    with Project.open(root) as project:
        assert [s.id for s in project.catalog.samples.each()] == [undated]


def test_version_with_an_erased_sample_verifies_with_a_warning(
    call: CommandLine, root: Path, pictures: Path
) -> None:
    samples = captured(call, root, pictures)
    with Project.open(root) as project:
        for sample in samples:
            state = LabelState(state=SampleState.EMPTY, boxes=())
            project.catalog.labels.put(sample, state)
    call.ok("version", "create", "--project", root)
    call.ok("erase", samples[0], "--project", root)

    verified = call("version", "verify", "v1", "--json", "--project", root)

    assert verified.code == ExitCode.DONE
    assert verified.json["verified"]
    assert json.dumps(verified.json["findings"]).count("erased since: 1") == 1
