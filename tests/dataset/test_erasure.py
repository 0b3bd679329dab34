from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from dataset.catalog import Catalog
from dataset.check import check
from dataset.erasure import erase
from dataset.errors import NotFound, PolicyRefusal, ReadOnlyProject
from dataset.findings import Severity
from dataset.image_store import ImageStore
from dataset.project import Project, now_us
from dataset.records import LabelState, Sample, SampleState
from dataset.versions.freezing import freeze
from dataset.versions.verification import verify
from export.operation import export_version
from tests.small_projects import (
    box,
    content,
    files_under,
    jpeg,
    new_project,
    new_session,
)
from tests.small_projects import filled as fill


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with new_project(tmp_path / "p") as made:
        yield made


@pytest.fixture
def samples(project: Project) -> tuple[Sample, ...]:
    return fill(project, new_session(project), 3)


def label(project: Project, *samples: Sample) -> None:
    for sample in samples:
        state = LabelState(state=SampleState.LABELED, boxes=(box("a"),))
        project.catalog.labels.put(sample.id, state)


def test_image_and_record_are_gone(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    done = erase(project, samples[1].id[:10], reason="a person asked")

    assert (done.sample_id, done.versions) == (samples[1].id, ())
    assert not project.image_path(samples[1]).exists()
    assert not project.catalog.samples.has(samples[1].id)
    assert project.catalog.samples.is_erased(samples[1].id)
    assert [f.severity for f in check(project, deep=True)] == [Severity.OK]


def test_versions_that_still_list_it_are_named(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    label(project, samples[0])
    freeze(project)
    label(project, samples[1])
    freeze(project)

    assert erase(project, samples[0].id).versions == ("v1", "v2")
    assert erase(project, samples[1].id).versions == ("v2",)
    assert erase(project, samples[2].id).versions == ()


def test_version_after_an_erasure_is_without_it(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    label(project, *samples)
    freeze(project)

    erase(project, samples[0].id)
    freeze(project)

    assert [s.id for s in project.version("v2").samples] == sorted(
        s.id for s in samples[1:]
    )


def test_crash_between_record_and_image_is_put_right(
    project: Project, samples: tuple[Sample, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", crash)
        with pytest.raises(KeyboardInterrupt):
            erase(project, samples[0].id)
    check(project, repair=True, settled_s=0)

    assert not project.image_path(samples[0]).exists()
    assert not project.catalog.samples.has(samples[0].id)


def test_image_that_is_gone_already_is_no_obstacle(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    project.image_path(samples[0]).unlink()

    assert erase(project, samples[0].id).sample_id == samples[0].id


@pytest.mark.parametrize("sample_id", ["", "ab", "0" * 64, "../../etc/passwd"])
def test_sample_that_is_not_there_changes_nothing(
    project: Project, samples: tuple[Sample, ...], sample_id: str
) -> None:
    before, files = content(project.catalog), files_under(project.root)

    with pytest.raises(NotFound):
        erase(project, sample_id)

    assert content(project.catalog) == before
    assert files_under(project.root) == files


def test_read_only_project_keeps_the_sample(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    with (
        Project.open(project.root, read_only=True) as reading,
        pytest.raises(ReadOnlyProject),
    ):
        erase(reading, samples[0].id)

    assert project.image_path(samples[0]).exists()


def bytes_of(sample_bytes: bytes, look: bytes) -> list[bytes]:
    """Stretches of a picture and of its thumbnail that nothing else holds."""
    whole = [(sample_bytes, 24), (look, 16)]
    return [
        data[start : start + size]
        for data, size in whole
        for start in range(len(data) // 3, len(data) - size, max(len(data) // 12, size))
    ]


def found_in(root: Path, wanted: list[bytes]) -> set[str]:
    """The files below a folder that hold any of the stretches."""
    return {
        path.relative_to(root).as_posix()
        for path in root.rglob("*")
        if path.is_file() and any(one in path.read_bytes() for one in wanted)
    }


def full_of_traces(project: Project, samples: tuple[Sample, ...]) -> list[bytes]:
    """The samples labeled, looked at, frozen; stretches of what the first one left."""
    label(project, *samples)
    freeze(project)
    label(project, samples[0])
    image = project.images.read(samples[0].id, "jpg")
    look = project.catalog._connection.value(
        "SELECT l.value FROM looks l JOIN samples s ON s.n = l.sample_n WHERE s.id = ?",
        [samples[0].id],
    )
    assert look
    return bytes_of(image, look)


def test_no_byte_of_the_picture_stays_in_the_project(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    wanted = full_of_traces(project, samples)
    before = found_in(project.root, wanted)

    done = erase(project, samples[0].id)

    assert any(name.startswith("images/") for name in before)
    assert any(name.startswith("catalog.db") for name in before)
    assert found_in(project.root, wanted) == set()
    assert (done.versions, done.remains) == (("v1",), ())


def test_box_of_the_erased_sample_is_nowhere_but_in_the_versions_named(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    only = (box("unique", x0=7.25),)
    state = LabelState(state=SampleState.LABELED, boxes=only)
    project.catalog.labels.put(samples[0].id, state)
    wanted = [only[0].id.encode()]
    assert found_in(project.root, wanted)

    erase(project, samples[0].id)

    assert found_in(project.root, wanted) == set()


def test_quarantine_and_interrupted_writes_are_searched_too(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    data = project.images.read(samples[0].id, "jpg")
    aside = project.root / "quarantine"
    aside.mkdir()
    (aside / "copy.jpg").write_bytes(data)
    (aside / "other.jpg").write_bytes(b"another file")
    half = project.image_path(samples[0]).parent / ".tmp-0011223344556677"
    half.write_bytes(data[: len(data) // 2])

    erase(project, samples[0].id)

    assert not half.exists()
    assert [path.name for path in aside.iterdir()] == ["other.jpg"]


def test_catalog_kept_before_a_migration_forgets_it_too(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    wanted = full_of_traces(project, samples)
    copy = project.root / "catalog-before-migration-20260101-000000.db"
    project.catalog.back_up(copy)
    assert copy.name in found_in(project.root, wanted)

    erase(project, samples[0].id)

    assert found_in(project.root, wanted) == set()
    with Catalog.open(copy, read_only=True) as kept:
        assert kept.samples.count() == len(samples) - 1
        assert kept.damages() == ()


def test_kept_catalog_that_is_damaged_is_named_and_stops_nothing(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    copy = project.root / "catalog-before-migration-20260101-000000.db"
    copy.write_bytes(b"no database, but as long as one would be" * 40)

    done = erase(project, samples[0].id)

    assert len(done.remains) == 1
    assert copy.name in done.remains[0]
    assert not project.catalog.samples.has(samples[0].id)


def test_pages_freed_before_the_promise_are_written_over_once(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    connection = project.catalog._connection
    connection.run("DELETE FROM facts WHERE key = 'remnants_cleared'")
    connection.run("PRAGMA secure_delete=OFF")
    secret = b"a thumbnail that was here " * 400
    connection.run("CREATE TABLE old (value BLOB)")
    connection.run("INSERT INTO old VALUES (?)", [secret])
    connection.run("DROP TABLE old")
    connection.run("PRAGMA secure_delete=ON")
    assert found_in(project.root, [secret[:24]])

    erase(project, samples[0].id)

    assert found_in(project.root, [secret[:24]]) == set()


def test_log_that_another_program_is_reading_is_told_and_cleared_by_repair(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    if project.catalog._connection.journal_mode != "wal":
        pytest.skip("without a write-ahead log nothing stays in it")
    project.catalog.clear_remnants()
    project.catalog._connection.run("PRAGMA busy_timeout=50")
    wanted = full_of_traces(project, samples)
    with (
        Catalog.open(project.catalog.path, read_only=True) as other,
        other.reading(),
    ):
        other.samples.count()
        done = erase(project, samples[0].id)

    assert len(done.remains) == 1
    assert found_in(project.root, wanted) == {"catalog.db-wal"}
    check(project, repair=True)
    assert found_in(project.root, wanted) == set()


def test_tombstone_tells_when_by_whom_and_why(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    before = now_us()

    erase(project, samples[0].id, reason="asked by letter", person="ada")

    (stone,) = project.catalog.provenance.tombstones()
    assert stone.sample_id == samples[0].id
    assert (stone.person, stone.reason) == ("ada", "asked by letter")
    assert before <= stone.erased_us <= now_us()


def test_erased_picture_is_refused_for_good(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    data = project.images.read(samples[0].id, "jpg")
    erase(project, samples[0].id)

    with pytest.raises(PolicyRefusal) as refusal:
        project.take_in(data, new_session(project, "again"), captured_us=1)

    assert refusal.value.message.startswith("This picture was erased")
    assert not project.image_path(samples[0]).exists()


def test_picture_erased_while_it_comes_in_again_stays_out(
    project: Project, samples: tuple[Sample, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    data, session = jpeg(0), new_session(project, "again")
    put = ImageStore.put

    def erased_meanwhile(store: ImageStore, data: bytes, suffix: str) -> str:
        found = put(store, data, suffix)
        erase(project, samples[0].id)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(ImageStore, "put", erased_meanwhile)
        with pytest.raises(PolicyRefusal):
            project.take_in(data, session, captured_us=1)

    assert not project.catalog.samples.has(samples[0].id)
    assert not project.image_path(samples[0]).exists()


def test_version_knows_its_erased_samples_by_their_tombstones(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    label(project, *samples)
    freeze(project)
    erase(project, samples[0].id)
    project.image_path(samples[1]).unlink()

    found = verify(
        project.version("v1"),
        lambda sample: (project.root / sample.path).read_bytes(),
        erased_of=project.catalog.provenance.erased,
    )

    assert [(f.severity, f.what) for f in found] == [
        (Severity.WARNING, "Samples of the version were erased since: 1"),
        (Severity.ERROR, f"An image of the version is missing: {samples[1].id}"),
    ]


def test_export_in_the_projects_folder_is_named_and_not_touched(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    label(project, *samples)
    freeze(project)
    export_version(
        project.root, "v1", formats=("coco",), target=project.root / "exports"
    )
    data = project.images.read(samples[0].id, "jpg")

    done = erase(project, samples[0].id)

    held = found_in(project.root, [data])
    assert len(held) == 1
    (name,) = held
    assert done.remains == (
        f"An export in the project's folder still holds the picture: "
        f"{project.root / name}",
    )


def test_interrupted_freeze_is_cleared_away_or_named(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    old, young = (project.root / "versions" / f".tmp-{n}{n}" for n in (1, 2))
    for folder in (old, young):
        folder.mkdir()
        (folder / "manifest.parquet").write_bytes(b"labels")
    for path in (old, old / "manifest.parquet"):
        os.utime(path, (1_700_000_000, 1_700_000_000))

    done = erase(project, samples[0].id)

    assert not old.exists()
    assert done.remains == (
        f"A version that is being frozen, or was interrupted, may list it: {young}",
    )
