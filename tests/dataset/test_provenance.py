"""Signed records: what they tell, what they prove, and what the policy makes of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dataset.check import check
from dataset.erasure import erase
from dataset.errors import PolicyRefusal
from dataset.findings import Severity
from dataset.project import Project
from dataset.provenance import record, signing
from dataset.provenance.clock import ClockState
from dataset.provenance.proof import prove
from dataset.records import LabelState, Sample, SampleState
from dataset.versions.freezing import freeze
from tests.dataset.signed_project import (
    CAMERA,
    captured,
    counts,
    key,
    reading,
    signer,
    tamper,
)
from tests.small_projects import BEGAN_US, box, filled, jpeg, new_project, new_session


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with new_project(tmp_path / "p") as made:
        made.signer = signer()
        yield made


@pytest.fixture
def samples(project: Project) -> tuple[Sample, ...]:
    return captured(project, new_session(project, "dawn", place="bridge 4"), 5)


def refuse_unverified(root: Path, more: str = "") -> Project:
    settings = root / "fieldset.toml"
    text = settings.read_text("utf-8")
    settings.write_text(f'{text}\n[provenance]\nunverified = "refuse"\n{more}')
    return Project.open(root)


def test_captured_samples_are_signed_and_sound(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    proof = prove(project)

    assert proof.findings == ()
    assert counts(project) == {"signed": 5}
    assert [(name, tally.signed) for name, tally in proof.sessions] == [("dawn", 5)]
    assert [(k, n) for k, n, _ in proof.stations] == [(key("gate").id, ("gate",))]
    assert [f.severity for f in check(project)] == [Severity.OK]


def test_record_tells_station_camera_session_and_clock(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    link = next(project.catalog.provenance.links()).link
    told = json.loads(link.body or b"")

    assert told["station"] == {"name": "gate", "key": key("gate").id}
    assert told["sample"]["id"] == samples[0].id
    assert told["session"]["place"] == "bridge 4"
    assert told["camera"] == {
        "id": "usb-4711",
        "address": "/dev/video0",
        "mode": "64x48 30 fps jpg",
        "controls": {"auto": True, "exposure": "0.25", "gain": 3},
        "lock": "exposure, gain",
        "masks": [],
        "encoded_here": False,
        "elapsed_us": 0,
    }
    assert told["clock"]["state"] == "synchronised"
    assert told["clock"]["boot"] == "boot-1"
    assert told["software"] == "1.2"


def test_each_record_names_the_one_before(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    links = [kept.link for kept in project.catalog.provenance.links()]

    told = [json.loads(link.body or b"")["previous"] for link in links]

    assert told[1:] == [link.digest for link in links[:-1]]
    assert [link.number for link in links] == [1, 2, 3, 4, 5]


def test_known_bytes_get_no_second_record(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    again = captured(project, new_session(project, "dusk"), 2)

    assert [sample.id for sample in again] == [sample.id for sample in samples[:2]]
    assert counts(project) == {"signed": 5}


def test_sample_and_record_come_together_or_not_at_all(
    project: Project, samples: tuple[Sample, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(signing, "clock_fields", crash)
        with pytest.raises(KeyboardInterrupt):
            captured(project, new_session(project, "dusk"), 1, first=9)

    assert project.catalog.samples.count() == 5
    assert counts(project) == {"signed": 5}


def test_chain_of_a_key_that_is_not_trusted_counts_as_broken(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    trusted = f'keys = ["{key("north").id}"]'

    with refuse_unverified(project.root, trusted) as again:
        assert counts(again) == {"broken": 5}

    (project.root / "fieldset.toml").write_text(
        f'[provenance]\nkeys = ["{key("north").id}", "{key("gate").id}"]\n'
    )
    with Project.open(project.root) as again:
        assert counts(again) == {"signed": 5}


def test_records_of_a_newer_fieldset_are_proven_and_not_judged(
    project: Project, samples: tuple[Sample, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(signing, "FORMAT", record.FORMAT + 1)
        later = captured(project, new_session(project, "dusk"), 2, first=9)

    proof = prove(project)

    assert counts(project) == {"signed": 7, "newer": 2}
    assert [f.severity for f in proof.findings] == [Severity.WARNING]
    tamper(
        project,
        "UPDATE provenance SET body = replace(body, 'gate', 'gaze') "
        "WHERE sample_id = ?",
        later[0].id,
    )
    assert prove(project).total.broken == 1


def test_two_stations_keep_a_chain_each(project: Project) -> None:
    first, second = new_session(project, "dawn"), new_session(project, "dusk")
    captured(project, first, 2)
    project.signer = signer("north")
    captured(project, second, 3, first=10)
    project.signer = signer("gate")
    captured(project, first, 1, first=20)

    proof = prove(project)

    assert proof.findings == ()
    assert {names: t.signed for _, names, t in proof.stations} == {
        ("gate",): 3,
        ("north",): 3,
    }


def test_one_key_under_two_names_is_told(project: Project) -> None:
    session = new_session(project, "dawn")
    captured(project, session, 1)
    project.signer = replace(signer("gate"), station="north")
    captured(project, session, 1, first=5)

    assert [f.what for f in prove(project).findings] == [
        "One key signs for several stations: gate, north"
    ]


def test_erased_sample_is_no_gap(project: Project, samples: tuple[Sample, ...]) -> None:
    erase(project, samples[1].id, reason="a person asked", person="ada")
    captured(project, new_session(project, "dusk"), 1, first=30)

    assert counts(project) == {"signed": 5, "erased": 1}
    assert prove(project).findings == ()
    kept = [k.link for k in project.catalog.provenance.links()][1]
    assert (kept.sample_id, kept.body) == (samples[1].id, None)


def test_samples_without_a_record_are_unsigned(project: Project) -> None:
    project.signer = None
    filled(project, new_session(project, "import"), 3)

    assert counts(project) == {"unsigned": 3}
    assert prove(project).findings == ()


def test_unsigned_sample_among_signed_ones_is_told(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    session = project.catalog.sessions.by_name("dawn")
    filled(project, session, 1, first=50)

    assert [f.what for f in prove(project).findings] == [
        "Samples lack the record that others have: 1"
    ]


@pytest.mark.parametrize("jump_s", [3600, -3600, -1_700_000_000])
def test_jump_of_the_clock_is_told_and_breaks_nothing(
    project: Project, jump_s: int
) -> None:
    project.signer = signer(
        "gate", reading(0), reading(1), reading(2, ahead_s=jump_s), reading(3)
    )
    captured(project, new_session(project, "dawn"), 4)

    proof = prove(project)

    assert counts(project) == {"signed": 4}
    assert [f.what for f in proof.findings] == [
        f"The clock was set during capture, by {jump_s:+d} s",
        f"The clock was set during capture, by {-jump_s:+d} s",
    ]


def test_restart_is_no_jump_of_the_clock(project: Project) -> None:
    project.signer = signer(
        "gate", reading(9, ahead_s=0), reading(0, ahead_s=9, boot="boot-2")
    )
    captured(project, new_session(project, "dawn"), 2)

    assert prove(project).findings == ()


def test_samples_from_before_the_clock_was_set_are_told(project: Project) -> None:
    unset = reading(0, ahead_s=-BEGAN_US // 1_000_000, state=ClockState.NOT_SET)
    project.signer = signer("gate", unset)
    captured(project, new_session(project, "dawn"), 2)

    assert [f.what for f in prove(project).findings] == [
        "Samples were taken before the clock was set: 2"
    ]


def test_policy_refuses_what_nobody_signed(project: Project) -> None:
    session = new_session(project, "dawn")

    with refuse_unverified(project.root) as strict:
        with pytest.raises(PolicyRefusal):
            strict.take_in(jpeg(1), session, captured_us=1)
        with pytest.raises(PolicyRefusal):
            strict.take_in(jpeg(1), session, captured_us=1, capture=CAMERA)

        assert strict.catalog.samples.count() == 0
        strict.signer = signer()
        captured(strict, session, 1)


def label(project: Project, *samples: Sample) -> None:
    for sample in samples:
        state = LabelState(state=SampleState.LABELED, boxes=(box("a"),))
        project.catalog.labels.put(sample.id, state)


def test_policy_refuses_a_version_with_unsigned_samples(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    alien = filled(project, new_session(project, "import"), 1, first=60)
    label(project, *samples)

    with refuse_unverified(project.root) as strict:
        freeze(strict)
        label(strict, *alien)
        with pytest.raises(PolicyRefusal) as refusal:
            freeze(strict)

    assert refusal.value.exit_code == 4
    assert alien[0].id[:12] in refusal.value.message


def test_policy_refuses_a_version_with_a_broken_record(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    label(project, *samples)
    tamper(project, "UPDATE samples SET captured_us = 1 WHERE sequence = 2")

    with refuse_unverified(project.root) as strict, pytest.raises(PolicyRefusal):
        freeze(strict)
