from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from dataset import measuring
from dataset.drift_statistics.drift_file import compare_version, write_drift
from dataset.drift_statistics.kept_drift import drift_summary, read_drift
from dataset.erasure import erase
from dataset.errors import BadFile, BadImage, ProjectError
from dataset.measures import DIGEST, METRICS
from dataset.measuring import embeddings, measure_file, measured, with_boxes
from dataset.progress import Cancelled
from dataset.project import Project
from dataset.records import LabelState, SampleState
from dataset.versions.freezing import freeze
from tests.small_projects import StopsAt, box, content, filled, new_project, new_session


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with new_project(tmp_path / "p") as made:
        for name in ("one", "two"):
            seeds = {"one": 0, "two": 50}[name]
            for sample in filled(made, new_session(made, name), 3, first=seeds):
                state = LabelState(state=SampleState.LABELED, boxes=(box("a"),))
                made.catalog.labels.put(sample.id, state)
        freeze(made, message="first")
        yield made


def second_version(project: Project, name: str = "three", first: int = 90) -> None:
    session = new_session(project, name)
    for sample in filled(project, session, 3, first=first):
        state = LabelState(state=SampleState.LABELED, boxes=(box("b", x0=30.0),))
        project.catalog.labels.put(sample.id, state)
    freeze(project, message=name)


def test_samples_are_measured_once(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = project.version("v1").samples
    first = measured(project, samples)

    def refuse(path: Path) -> dict[str, float]:
        raise AssertionError(f"measured again: {path}")

    monkeypatch.setattr(measuring, "measure_file", refuse)
    again = measured(project, samples)

    assert again == first
    assert set(first) == {sample.id for sample in samples}
    assert project.catalog.measures.known(DIGEST, first) == first


def test_interrupted_measuring_goes_on_where_it_stopped(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measuring, "_KEPT_AT_ONCE", 1)
    samples = project.version("v1").samples
    with pytest.raises(Cancelled):
        measured(project, samples, progress=StopsAt(3))
    kept = project.catalog.measures.known(DIGEST, (s.id for s in samples))
    seen: list[Path] = []

    def noting(path: Path) -> dict[str, float]:
        seen.append(path)
        return measure_file(path)

    monkeypatch.setattr(measuring, "measure_file", noting)
    measured(project, samples)

    assert 0 < len(kept) < len(samples)
    assert len(seen) == len(samples) - len(kept)


def test_project_open_for_reading_is_measured_and_not_written(
    project: Project,
) -> None:
    before = content(project.catalog)
    with Project.open(project.root, read_only=True) as reading:
        numbers = measured(reading, reading.version("v1").samples)

    assert len(numbers) == 6
    assert content(project.catalog) == before


def test_boxes_are_measured_with_the_image_and_embeddings_apart(
    project: Project,
) -> None:
    samples = project.version("v1").samples
    numbers = measured(project, samples)

    joined = with_boxes(numbers, samples)
    vectors = embeddings(numbers)

    names = {name for values in joined.values() for name in values}
    assert names == {metric.name for metric in METRICS} & names
    assert not any(name.startswith("embedding") for name in names)
    assert {v.dtype for v in vectors.values()} == {np.dtype(np.float32)}
    assert len({v.shape for v in vectors.values()}) == 1
    assert set(vectors) == set(joined)


def test_missing_or_damaged_image_is_a_sentence(project: Project) -> None:
    first, second, *_ = project.version("v1").samples
    (project.root / first.path).unlink()
    (project.root / second.path).chmod(0o644)
    (project.root / second.path).write_bytes(b"no picture")

    with pytest.raises(ProjectError, match=f"No such file.*{first.id}"):
        measured(project, [first])
    with pytest.raises(BadImage):
        measured(project, [second])


def test_first_version_is_compared_with_its_own_train(project: Project) -> None:
    found = compare_version(project, project.version("v1"))

    assert all(c.base == "v1:train" for c in found)


def test_second_version_is_compared_with_its_parent_and_kept(
    project: Project,
) -> None:
    second_version(project)
    frozen = project.version("v2")

    comparisons = compare_version(project, frozen)
    path = write_drift(frozen, comparisons)

    kept = read_drift(frozen)
    assert path == frozen.folder / "drift.json"
    assert kept is not None
    assert kept["alias"] == "v2"
    assert kept["comparisons"][0]["kind"] == "parent"
    assert [kept["comparisons"][0][f"{side}_set"] for side in ("base", "current")] == [
        "v1",
        "v2",
    ]
    metric = kept["comparisons"][0]["metrics"][0]
    assert {"name", "unit", "effect", "ci", "p", "p_adjusted", "verdict"} <= set(metric)
    parent = project.version("v1").version.id
    assert drift_summary(frozen, parent) == kept["comparisons"][0]
    assert drift_summary(frozen, "dv-other") == {}


def test_a_version_is_compared_with_its_parent_and_the_baseline(
    project: Project,
) -> None:
    second_version(project)
    second_version(project, "four", 130)

    found = compare_version(project, project.version("v3"))
    shutil.rmtree(project.root / "versions" / "v1")
    without = compare_version(project, project.version("v3"))

    assert [(c.kind, c.base, c.current) for c in found][:2] == [
        ("parent", "v2", "v3"),
        ("baseline", "v1", "v3"),
    ]
    assert [(c.kind, c.base) for c in without][:1] == [("parent", "v2")]
    assert "baseline" not in {c.kind for c in without}


def test_a_sample_that_was_erased_since_is_no_missing_picture(
    project: Project,
) -> None:
    second_version(project)
    erase(project, project.version("v1").samples[0].id)

    (parent, *_) = compare_version(project, project.version("v2"))

    assert parent.kind == "parent"
    assert np.isnan(parent.base_table.values["brightness"]).sum() == 1


def test_same_version_has_the_same_drift_bytes(project: Project) -> None:
    second_version(project)
    frozen = project.version("v2")

    first = write_drift(frozen, compare_version(project, frozen)).read_bytes()
    second = write_drift(frozen, compare_version(project, frozen)).read_bytes()

    assert first == second


def test_drift_file_that_was_not_made_or_is_damaged(project: Project) -> None:
    frozen = project.version("v1")
    assert read_drift(frozen) is None

    for damaged in ("", "[]", "{", "\x00"):
        (frozen.folder / "drift.json").write_text(damaged)
        with pytest.raises(BadFile, match="drift statistics cannot be read"):
            read_drift(frozen)
