from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from dataset.errors import (
    PolicyRefusal,
    ReadOnlyProject,
    StorageFull,
    UsageError,
)
from dataset.project import Project
from dataset.records import LabelState, Sample, SampleState, Verdict
from dataset.version import list_versions
from dataset.versions.freezing import freeze
from dataset.versions.verification import verify
from tests.small_projects import (
    box,
    files_under,
    filled,
    new_project,
    new_session,
    proposal,
    tiny_disk,
)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with new_project(tmp_path / "p") as made:
        yield made


def label(project: Project, *samples: Sample, class_id: int = 1) -> None:
    for sample in samples:
        state = LabelState(
            state=SampleState.LABELED, boxes=(box("a", class_id=class_id),)
        )
        project.catalog.labels.put(sample.id, state)


def mark(project: Project, sample: Sample, state: SampleState) -> None:
    project.catalog.labels.put(
        sample.id, LabelState(state=state, skip_reason="", boxes=())
    )


def test_version_holds_labeled_and_empty_samples_only(project: Project) -> None:
    samples = filled(project, new_session(project), 5)
    label(project, samples[0], samples[1])
    mark(project, samples[2], SampleState.EMPTY)
    mark(project, samples[3], SampleState.SKIPPED)
    project.catalog.labels.propose(samples[4].id, (proposal("p", Verdict.STILL),))

    frozen = freeze(project, message="first", author="me")

    version = project.version("v1")
    assert [s.id for s in version.samples] == sorted(s.id for s in samples[:3])
    assert {s.id: len(s.boxes) for s in version.samples} == {
        samples[0].id: 1,
        samples[1].id: 1,
        samples[2].id: 0,
    }
    assert (frozen.version.samples, frozen.version.boxes) == (3, 2)
    assert (frozen.version.message, frozen.version.author) == ("first", "me")
    assert project.versions() == (frozen.version,)
    assert not frozen.known


def test_boxes_of_a_skipped_sample_stay_out(project: Project) -> None:
    kept, skipped = filled(project, new_session(project), 2)
    label(project, kept)
    project.catalog.labels.put(
        skipped.id,
        LabelState(state=SampleState.SKIPPED, skip_reason="x", boxes=(box("a"),)),
    )

    assert freeze(project).version.boxes == 1


def test_same_content_makes_no_second_version(project: Project) -> None:
    label(project, *filled(project, new_session(project), 2))
    first = freeze(project, message="one")

    again = freeze(project, message="two")

    assert again.known
    assert again.version.id == first.version.id
    assert again.version.message == "one"
    assert len(project.versions()) == 1


def test_next_version_follows_its_parent(project: Project) -> None:
    samples = filled(project, new_session(project), 2)
    label(project, samples[0])
    first = freeze(project).version
    label(project, samples[1])

    second = freeze(project).version

    assert (second.alias, second.parent) == ("v2", first.id)


def test_same_content_has_the_same_id_in_another_project(tmp_path: Path) -> None:
    ids = []
    for name in ("a", "b"):
        with new_project(tmp_path / name) as project:
            session = new_session(project, "s")
            samples = filled(project, session, 3)
            label(project, *samples)
            # A group's id follows from its session's, which another project has not.
            project.catalog._connection.run("PRAGMA foreign_keys=OFF")
            project.catalog._connection.run("UPDATE samples SET group_id = 'g'")
            ids.append(freeze(project).version.id)

    assert ids[0] == ids[1]


def test_nothing_labeled_is_a_sentence(project: Project) -> None:
    filled(project, new_session(project), 2)

    with pytest.raises(UsageError, match="nothing to freeze"):
        freeze(project)

    assert project.versions() == ()


def test_balance_that_was_asked_for_refuses(project: Project) -> None:
    label(project, *filled(project, new_session(project), 2))
    with (project.root / "fieldset.toml").open("a") as settings:
        settings.write("[balance.targets.bike]\nboxes = 3\n")

    with Project.open(project.root) as opened:
        with pytest.raises(PolicyRefusal, match="bike") as caught:
            freeze(opened)

        assert opened.versions() == ()
    assert 'policy = "warn"' in caught.value.hint
    assert files_under(project.root / "versions") == set()


@pytest.mark.parametrize("room", [10_000, 30_000, 60_000])
def test_full_disk_leaves_no_part_of_a_version(tmp_path: Path, room: int) -> None:
    with tiny_disk(tmp_path / "disk") as disk, new_project(disk / "p") as project:
        label(project, *filled(project, new_session(project), 3))
        freeze(project)
        label(project, *filled(project, new_session(project), 1, first=9))
        free = shutil.disk_usage(disk).free
        (disk / "ballast").write_bytes(bytes(max(0, free - room)))

        with pytest.raises(StorageFull):
            freeze(project)
        (disk / "ballast").unlink()

        assert [v.alias for v in project.versions()] == ["v1"]
        assert {p.name for p in (disk / "p" / "versions").iterdir()} <= {"v1", "v2"}
        assert freeze(project).version.alias == "v2"
        assert [v.alias for v in list_versions(project.root)] == ["v1", "v2"]
        assert verify(project.version("v2")) == ()


def test_read_only_project_is_a_sentence(project: Project) -> None:
    label(project, *filled(project, new_session(project), 1))

    with (
        Project.open(project.root, read_only=True) as reading,
        pytest.raises(ReadOnlyProject),
    ):
        freeze(reading)


def test_freeze_after_an_interrupted_one_knows_its_parent(project: Project) -> None:
    samples = filled(project, new_session(project), 2)
    label(project, samples[0])
    first = freeze(project).version
    project.catalog._connection.run("DELETE FROM versions")
    label(project, samples[1])

    second = freeze(project).version

    assert (second.alias, second.parent) == ("v2", first.id)
    assert [v.alias for v in project.versions()] == ["v1", "v2"]


def test_number_of_a_lost_version_is_not_given_again(project: Project) -> None:
    samples = filled(project, new_session(project), 2)
    label(project, samples[0])
    freeze(project)
    shutil.rmtree(project.root / "versions" / "v1")
    label(project, samples[1])

    assert freeze(project).version.alias == "v2"
    assert [v.alias for v in project.versions()] == ["v1", "v2"]


def test_two_programs_freeze_one_after_the_other(project: Project) -> None:
    samples = filled(project, new_session(project), 2)
    label(project, samples[0])
    with Project.open(project.root) as other:
        freeze(other)
        label(project, samples[1])

        assert freeze(project).version.alias == "v2"
        assert [v.alias for v in other.versions()] == ["v1", "v2"]
