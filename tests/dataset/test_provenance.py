"""Signed records: what they prove, and that nothing done by raw SQL goes unseen."""

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
from dataset.provenance.proof import ProvenanceProof, prove
from dataset.records import LabelState, Sample, SampleState
from dataset.versions.freezing import freeze
from tests.dataset.signed_project import CAMERA, captured, key, reading, signer, tamper
from tests.small_projects import BEGAN_US, box, filled, jpeg, new_project, new_session


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with new_project(tmp_path / "p") as made:
        made.signer = signer()
        yield made


@pytest.fixture
def samples(project: Project) -> tuple[Sample, ...]:
    return captured(project, new_session(project, "dawn", place="bridge 4"), 5)


def counts(project: Project) -> dict[str, int]:
    """The counts of the proof that are not 0."""
    found = prove(project).total.to_json()
    return {name: count for name, count in found.items() if count}


def errors(proof: ProvenanceProof) -> list[str]:
    return [f.what for f in proof.findings if f.severity is Severity.ERROR]


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


@pytest.mark.parametrize(
    "column",
    [
        "sequence = sequence + 100",
        "suffix = 'png'",
        "width = 63",
        "height = 47",
        "orientation = 3",
        "size_bytes = size_bytes + 1",
        "captured_us = captured_us - 3600000000",
        "source_name = 'other.jpg'",
        "id = 'f' || substr(id, 2)",
    ],
)
def test_changed_field_of_a_sample_is_found(
    project: Project, samples: tuple[Sample, ...], column: str
) -> None:
    tamper(project, f"UPDATE samples SET {column} WHERE id = ?", samples[2].id)

    proof = prove(project)

    assert proof.total.broken == 1
    assert proof.total.signed == 4
    assert errors(proof)


@pytest.mark.parametrize(
    "column",
    [
        "name = 'noon'",
        "station = 'other'",
        "source = 'cam 2'",
        "place = 'bridge 5'",
        "operator = 'somebody'",
        """conditions = '[["light", "night"]]'""",
        "started_us = 1",
    ],
)
def test_changed_field_of_a_session_is_found(
    project: Project, samples: tuple[Sample, ...], column: str
) -> None:
    tamper(project, f"UPDATE sessions SET {column}")

    assert counts(project) == {"broken": 5}


@pytest.mark.parametrize(
    ("column", "broken"),
    [
        ("body = replace(body, 'usb-4711', 'usb-0815')", 1),
        ("body = NULL", 1),
        ("body = x'00'", 1),
        ("digest = 'none'", 2),
        ("digest = replace(digest, substr(digest, 1, 4), 'abcd')", 2),
        ("signature = zeroblob(64)", 1),
        ("signature = 'a text'", 1),
        ("kind = 'erasure'", 1),
        ("session_id = 'another'", 1),
        ("sample_id = (SELECT id FROM samples WHERE sequence = 1)", 1),
        ("key_id = 'another'", 1),
        ("number = 77", 1),
    ],
)
def test_changed_record_is_found(
    project: Project, samples: tuple[Sample, ...], column: str, broken: int
) -> None:
    tamper(
        project, f"UPDATE provenance SET {column} WHERE sample_id = ?", samples[2].id
    )

    proof = prove(project)

    assert proof.total.broken >= broken
    assert errors(proof)


def test_records_that_changed_places_are_found(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    tamper(project, "UPDATE provenance SET number = -2 WHERE number = 2")
    tamper(project, "UPDATE provenance SET number = 2 WHERE number = 3")
    tamper(project, "UPDATE provenance SET number = 3 WHERE number = -2")

    assert prove(project).total.broken >= 2


def test_deleted_record_is_a_gap(project: Project, samples: tuple[Sample, ...]) -> None:
    tamper(project, "DELETE FROM provenance WHERE number IN (2, 3)")

    proof = prove(project)

    assert counts(project) == {"signed": 3, "unsigned": 2, "gap": 2}
    assert dict(proof.sessions)["dawn"].gap == 2
    assert errors(proof) == ["Records are gone from a station's chain: 2"]


def test_chain_cut_off_at_its_end_is_a_gap(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    tamper(project, "DELETE FROM provenance WHERE number > 3")

    assert counts(project) == {"signed": 3, "unsigned": 2, "gap": 2}


def test_end_of_a_chain_cannot_be_moved_along(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    tamper(project, "DELETE FROM provenance WHERE number > 3")
    tamper(
        project,
        "UPDATE stations SET number = 3, digest = "
        "(SELECT digest FROM provenance WHERE number = 3)",
    )

    assert errors(prove(project)) == [
        f"The end of a chain is not the one that was signed: key {key('gate').id[:12]}"
    ]


def test_whole_chain_that_is_gone_leaves_a_gap(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    tamper(project, "DELETE FROM provenance")

    assert counts(project) == {"unsigned": 5, "gap": 5}


def test_sample_that_went_without_a_tombstone_is_found(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    tamper(project, "DELETE FROM samples WHERE id = ?", samples[2].id)

    assert errors(prove(project)) == [
        f"A sample is gone, and was not erased: {samples[2].id}"
    ]


def test_record_signed_anew_with_another_key_is_found(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    thief = key("thief")
    tamper(
        project,
        "UPDATE provenance SET signature = ? WHERE number = 2",
        thief.sign(
            record.record_message(
                [k.link.digest for k in project.catalog.provenance.links()][1]
            )
        ),
    )

    assert errors(prove(project)) == [
        f"A record is not the one that was signed: {samples[1].id}"
    ]


def test_public_key_that_was_exchanged_is_found(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    tamper(project, "UPDATE stations SET public_key = ?", key("thief").public)

    assert counts(project) == {"broken": 5}


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


def test_record_from_another_project_is_found(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    tamper(project, "UPDATE facts SET value = 'another' WHERE key = 'project_id'")

    assert prove(project).total.broken == 5


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


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE tombstones SET person = 'nobody'",
        "UPDATE tombstones SET reason = ''",
        "UPDATE tombstones SET erased_us = 1",
        "DELETE FROM tombstones",
    ],
)
def test_changed_tombstone_is_found(
    project: Project, samples: tuple[Sample, ...], change: str
) -> None:
    erase(project, samples[1].id, reason="a person asked", person="ada")

    tamper(project, change)

    assert errors(prove(project))


def test_sample_taken_out_by_hand_with_a_false_tombstone_is_found(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    tamper(
        project,
        "INSERT INTO tombstones (sample_id, erased_us, reason) VALUES (?, 1, '')",
        samples[1].id,
    )
    tamper(project, "DELETE FROM samples WHERE id = ?", samples[1].id)
    tamper(
        project, "UPDATE provenance SET body = NULL WHERE sample_id = ?", samples[1].id
    )

    assert [f.what for f in prove(project).findings] == [
        f"A sample was erased, and no station signed that: {samples[1].id}"
    ]


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
