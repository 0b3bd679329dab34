"""Whatever is done to records and samples by raw SQL, the proof tells."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dataset.erasure import erase
from dataset.project import Project
from dataset.provenance import record
from dataset.provenance.proof import prove
from dataset.records import Sample
from tests.dataset.signed_project import captured, counts, errors, key, signer, tamper
from tests.small_projects import new_project, new_session


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with new_project(tmp_path / "p") as made:
        made.signer = signer()
        yield made


@pytest.fixture
def samples(project: Project) -> tuple[Sample, ...]:
    return captured(project, new_session(project, "dawn", place="bridge 4"), 5)


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


def test_record_from_another_project_is_found(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    tamper(project, "UPDATE facts SET value = 'another' WHERE key = 'project_id'")

    assert prove(project).total.broken == 5


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
