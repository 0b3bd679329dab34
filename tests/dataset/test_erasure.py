from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dataset.check import check
from dataset.erasure import erase
from dataset.errors import NotFound, ReadOnlyProject
from dataset.findings import Severity
from dataset.project import Project
from dataset.records import LabelState, Sample, SampleState
from dataset.versions.freezing import freeze
from tests.small_projects import box, content, files_under, new_project, new_session
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
