from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dataset.check import QUARANTINE, RECOVERED, check, mend_leftovers
from dataset.durable import TEMPORARY_PREFIX
from dataset.erasure import erase
from dataset.errors import ReadOnlyProject
from dataset.findings import Finding, Severity
from dataset.progress import Cancelled
from dataset.project import Project
from dataset.records import LabelState, Sample, SampleState
from dataset.versions.freezing import freeze
from tests.dataset.picture_bytes import exif, jpeg_with
from tests.small_projects import (
    StopsAt,
    box,
    content,
    files_under,
    filled,
    jpeg,
    new_project,
    new_session,
)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with new_project(tmp_path / "p") as made:
        yield made


@pytest.fixture
def samples(project: Project) -> tuple[Sample, ...]:
    return filled(project, new_session(project), 3)


def found(project: Project, **how: bool) -> list[tuple[Severity, str]]:
    """What the check says, files of any age counted as left behind."""
    findings = check(project, settled_s=0, **how)
    return [(finding.severity, finding.what) for finding in findings]


def whats(findings: list[tuple[Severity, str]]) -> str:
    return "; ".join(what for _, what in findings)


def damage(path: Path, data: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(data)


def label_all(project: Project) -> None:
    for sample in project.catalog.samples.each():
        state = LabelState(state=SampleState.LABELED, boxes=(box("a"),))
        project.catalog.labels.put(sample.id, state)


def test_sound_project_says_so(project: Project, samples: tuple[Sample, ...]) -> None:
    label_all(project)
    freeze(project)

    (one,) = check(project, deep=True)

    assert one.severity is Severity.OK
    assert one.what == "The project is sound: 3 samples, every image proven by hash"
    assert one.to_json() == {
        "severity": "ok",
        "what": one.what,
        "path": str(project.root),
        "next": "",
    }


def test_missing_image_is_an_error_and_keeps_its_labels(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    label_all(project)
    project.image_path(samples[1]).unlink()

    findings = check(project, repair=True)

    assert [f.severity for f in findings] == [Severity.ERROR]
    assert "is missing, its labels are kept" in findings[0].what
    assert findings[0].path == str(project.image_path(samples[1]))
    assert project.catalog.labels.boxes(samples[1].id)


def test_changed_length_is_seen_at_once_and_changed_bytes_only_deep(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    damage(project.image_path(samples[0]), b"short")
    whole = bytearray(project.image_path(samples[1]).read_bytes())
    whole[-10] ^= 1
    damage(project.image_path(samples[1]), bytes(whole))

    assert "another length" in whats(found(project))
    assert len(found(project)) == 1
    assert "other bytes" in whats(found(project, deep=True))
    assert len(found(project, deep=True)) == 2


def test_damaged_image_is_sound_again_after_it_was_taken_in_again(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    session = project.catalog.sessions.all()[0]
    for sample in samples:
        damage(project.image_path(sample), b"short")
        project.take_in(jpeg(sample.sequence - 1), session, captured_us=1)

    assert found(project, deep=True)[0][0] is Severity.OK


def test_image_that_was_never_acknowledged_is_taken_in(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    orphan = project.images.put(jpeg(9), "jpg")

    told = found(project)
    mended = found(project, repair=True)

    assert told == [
        (Severity.WARNING, "An image was stored but never acknowledged"),
    ]
    assert [severity for severity, _ in mended] == [Severity.WARNING]
    sample = project.catalog.samples.get(orphan)
    assert project.catalog.sessions.get(sample.session_id).name == RECOVERED
    assert found(project)[0][0] is Severity.OK


def test_second_repair_uses_the_same_session(project: Project) -> None:
    for seed in (1, 2):
        project.images.put(jpeg(seed), "jpg")
        check(project, repair=True, settled_s=0)

    assert [s.name for s in project.catalog.sessions.all()] == [RECOVERED]
    assert project.catalog.samples.count() == 2


def test_young_file_may_belong_to_a_capture_at_work(project: Project) -> None:
    project.images.put(jpeg(1), "jpg")
    (project.root / "images" / f"{TEMPORARY_PREFIX}1").write_bytes(b"half")
    before = files_under(project.root)

    (one,) = check(project, repair=True)

    assert one.severity is Severity.OK
    assert files_under(project.root) == before


def test_file_that_is_not_what_its_name_says_is_put_aside(project: Project) -> None:
    strange = {"ab" + "0" * 62 + ".jpg": jpeg(1), "ab" + "1" * 62 + ".jpg": b"junk"}
    folder = project.root / "images" / "ab"
    folder.mkdir()
    for name, data in strange.items():
        (folder / name).write_bytes(data)

    mended = found(project, repair=True)

    assert len(mended) == 2
    assert all("put aside" in what for _, what in mended)
    assert {p.name for p in (project.root / QUARANTINE).iterdir()} == set(strange)
    assert found(project)[0][0] is Severity.OK


def test_junk_under_its_own_hash_is_put_aside(project: Project) -> None:
    junk = project.images.put(b"no image at all", "jpg")

    mended = found(project, repair=True)

    assert "put aside" in whats(mended)
    assert (
        project.root / QUARANTINE / f"{junk}.jpg"
    ).read_bytes() == b"no image at all"


def test_erased_image_that_was_left_is_removed_and_not_taken_in(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    erase(project, samples[0].id)
    project.images.put(jpeg(0), "jpg")

    mended = found(project, repair=True)

    assert "it was removed" in whats(mended)
    assert not project.image_path(samples[0]).exists()
    assert not project.catalog.samples.has(samples[0].id)
    assert found(project)[0][0] is Severity.OK


def test_start_takes_in_what_settled_and_leaves_what_is_at_work(
    project: Project,
) -> None:
    settled = project.images.put(jpeg(7), "jpg")
    at_work = project.images.put(jpeg(8), "jpg")
    an_hour_ago = time.time() - 3600
    os.utime(project.images.path(settled, "jpg"), (an_hour_ago, an_hour_ago))

    mended = mend_leftovers(project.root)

    assert len(mended) == 1
    assert project.catalog.samples.has(settled)
    assert not project.catalog.samples.has(at_work)
    assert mend_leftovers(project.root) == ()


def test_orphan_with_gps_is_taken_in_without_it(project: Project) -> None:
    with_gps = jpeg_with(jpeg(1), b"Exif\x00\x00" + exif(1, gps=True))
    orphan = project.images.put(with_gps, "jpg")

    found(project, repair=True)

    (sample,) = project.catalog.samples.each()
    assert sample.id != orphan
    assert [p.stem for p in project.images.files()] == [sample.id]
    assert found(project, deep=True)[0][0] is Severity.OK


def test_temporary_files_are_removed(project: Project) -> None:
    label_all(project)
    folder = project.root / "images" / "ab"
    folder.mkdir()
    left = [
        folder / f"{TEMPORARY_PREFIX}1",
        project.root / "images" / f"{TEMPORARY_PREFIX}2",
        project.root / f"{TEMPORARY_PREFIX}3",
    ]
    for path in left:
        path.write_bytes(b"half")
    (project.root / f"{TEMPORARY_PREFIX}folder").mkdir()

    told, mended = found(project), found(project, repair=True)

    assert len(told) == len(mended) == 3
    assert not any(path.exists() for path in left)
    assert found(project)[0][0] is Severity.OK


def test_old_folder_of_an_interrupted_freeze_is_removed(project: Project) -> None:
    folder = project.root / "versions" / f"{TEMPORARY_PREFIX}1"
    folder.mkdir()
    (folder / "manifest.parquet").write_bytes(b"half")
    for path in (folder / "manifest.parquet", folder):
        os.utime(path, (0, 0))

    mended = found(project, repair=True)

    assert mended == [
        (
            Severity.WARNING,
            "Interrupted freezes left folders, they were removed: 1",
        )
    ]
    assert not folder.exists()


def test_version_that_never_came_to_the_catalog_is_added(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    label_all(project)
    made = freeze(project).version
    project.catalog._connection.run("DELETE FROM versions")

    told, mended = found(project), found(project, repair=True)

    assert told == [(Severity.WARNING, "A whole version is not in the catalog: v1")]
    assert "it was added" in whats(mended)
    assert project.versions() == (made,)


def test_version_that_is_gone_is_an_error(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    label_all(project)
    freeze(project)
    shutil.rmtree(project.root / "versions" / "v1")

    assert found(project, repair=True) == [
        (Severity.ERROR, "A version of the catalog is missing: v1")
    ]


def test_version_file_that_is_damaged_is_a_finding(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    label_all(project)
    freeze(project)
    path = project.root / "versions" / "v1" / "version.json"
    path.write_text('{"format": "fieldset version", "schema": 1}')

    findings = found(project, repair=True)

    assert [severity for severity, _ in findings] == [Severity.ERROR]
    assert "version file cannot be read" in whats(findings)


def test_number_that_two_versions_claim_is_told_and_survived(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    label_all(project)
    freeze(project)
    project.catalog._connection.run("UPDATE versions SET id = 'dv-other'")

    findings = found(project, repair=True)

    assert "A version of the catalog is missing: v1" in whats(findings)
    assert "A whole version is not in the catalog: v1" in whats(findings)
    assert "added" not in whats(findings)


def test_damaged_catalog_is_the_only_finding_and_nothing_is_mended(
    project: Project,
) -> None:
    with project.catalog.writing():
        for number in range(300):
            project.catalog.set_fact(f"fact {number:03}", "x" * 200)
    project.images.put(jpeg(1), "jpg")
    project.close()
    path = project.root / "catalog.db"
    data = bytearray(path.read_bytes())
    data[-4 * 4096 : -3 * 4096] = bytes(4096)
    path.write_bytes(data)

    with Project.open(project.root) as opened:
        findings = check(opened, deep=True, repair=True, settled_s=0)

    assert findings
    assert {f.severity for f in findings} == {Severity.ERROR}
    assert all(f.what.startswith("The catalog is damaged") for f in findings)
    assert findings[0].next_step.endswith("`fieldset restore`")


def test_reading_check_changes_nothing(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    project.images.put(jpeg(9), "jpg")
    (project.root / f"{TEMPORARY_PREFIX}3").write_bytes(b"half")
    project.image_path(samples[0]).unlink()
    before, files = content(project.catalog), files_under(project.root)

    with Project.open(project.root, read_only=True) as opened:
        findings = check(opened, deep=True, settled_s=0)
        with pytest.raises(ReadOnlyProject):
            check(opened, repair=True, settled_s=0)

    assert len(findings) == 3
    assert content(project.catalog) == before
    assert files - files_under(project.root) <= {f"{TEMPORARY_PREFIX}3"}


def test_check_can_be_cancelled(project: Project, samples: tuple[Sample, ...]) -> None:
    with pytest.raises(Cancelled):
        check(project, progress=StopsAt(1))


def test_findings_are_values() -> None:
    assert Finding(severity=Severity.OK, what="a") == Finding(
        severity=Severity.OK, what="a"
    )
