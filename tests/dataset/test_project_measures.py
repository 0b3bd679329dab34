from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from dataset import measuring
from dataset.catalog.measures import BACKBONE, BUILT_IN
from dataset.drift_statistics.drift_file import compare_version, write_drift
from dataset.drift_statistics.kept_drift import drift_summary, read_drift
from dataset.errors import BadFile, BadImage, ProjectError
from dataset.measures import DIGEST, EVERY_METRIC, measure_bytes
from dataset.measuring import embeddings, measure_file, measured, with_boxes
from dataset.progress import Cancelled
from dataset.project import Project
from dataset.records import LabelState, SampleState
from dataset.versions.freezing import freeze
from tests.small_projects import (
    StopsAt,
    box,
    content,
    filled,
    jpeg,
    new_project,
    new_session,
)


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


def second_version(project: Project) -> None:
    session = new_session(project, "three")
    for sample in filled(project, session, 3, first=90):
        state = LabelState(state=SampleState.LABELED, boxes=(box("b", x0=30.0),))
        project.catalog.labels.put(sample.id, state)
    freeze(project, message="second")


def test_samples_are_measured_once(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = project.version("v1").samples
    first = measured(project, samples)

    def refuse(path: Path) -> measuring.Found:
        raise AssertionError(f"measured again: {path}")

    monkeypatch.setattr(measuring, "measure_file", refuse)
    again = measured(project, samples)

    assert again == first
    assert set(first) == set(first.vectors) == {sample.id for sample in samples}
    assert all(np.array_equal(first.vectors[i], again.vectors[i]) for i in first)
    assert project.catalog.measures.known(DIGEST, first) == first


def test_other_code_measures_again_and_its_numbers_take_the_place(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = project.version("v1").samples
    first = measured(project, samples)
    project.catalog.measures.put_emptiness({samples[0].id: 0.5})
    monkeypatch.setattr(measuring, "DIGEST", "other code")
    seen: list[Path] = []

    def noting(path: Path) -> measuring.Found:
        seen.append(path)
        return measure_file(path)

    monkeypatch.setattr(measuring, "measure_file", noting)
    again = measured(project, samples)

    kept = project.catalog.measures
    assert len(seen) == len(samples)
    assert again == first
    assert kept.known(DIGEST, first) == {}
    assert kept.vectors(BUILT_IN, DIGEST, first) == {}
    assert set(kept.vectors(BUILT_IN, "other code", first)) == set(first)
    assert kept.emptiness([samples[0].id]) == {samples[0].id: 0.5}


def test_numbers_without_a_vector_are_measured_again(project: Project) -> None:
    samples = project.version("v1").samples
    stale = {sample.id: {"brightness": 99.0} for sample in samples}
    project.catalog.measures.put(DIGEST, stale)

    found = measured(project, samples)

    assert all(values["brightness"] <= 1 for values in found.values())


def test_a_number_that_cannot_be_measured_comes_back_as_none(project: Project) -> None:
    session = new_session(project, "blue")
    blue = np.zeros((1, 1, 3), np.uint8)
    blue[..., 0] = 200
    data = cv2.imencode(".png", blue)[1].tobytes()
    sample = project.take_in(data, session, captured_us=0, source_name="b.png").sample
    stored = measuring.StoredImage(
        id=sample.id, path=f"images/{sample.id[:2]}/{sample.id}.png"
    )

    first, again = measured(project, [stored]), measured(project, [stored])

    for found in (first, again):
        assert np.isnan(
            [found[sample.id]["red_green"], found[sample.id]["noise"]]
        ).all()
        assert found[sample.id]["saturation"] == 1.0
    text = content_of(project, sample.id)
    json.loads(text, parse_constant=lambda word: pytest.fail(word))


def content_of(project: Project, sample_id: str) -> str:
    query = "SELECT numbers FROM measures WHERE sample_id = ?"
    return str(project.catalog._connection.value(query, [sample_id]))


def test_an_erased_sample_leaves_no_numbers_and_none_come_after(
    project: Project,
) -> None:
    session = new_session(project, "unfrozen")
    (sample,) = filled(project, session, 1, first=200)
    stored = measuring.StoredImage(
        id=sample.id, path=f"images/{sample.id[:2]}/{sample.id}.jpg"
    )
    found = measured(project, [stored])
    kept = project.catalog.measures
    kept.put_vectors(BACKBONE, "model", found.vectors)

    project.catalog.samples.erase(sample.id, at_us=5, reason="a person asked")
    late = dict(found.numbers)
    kept.supersede(DIGEST, late, found.vectors)

    assert kept.known(DIGEST, late) == {}
    assert kept.vectors(BUILT_IN, DIGEST, late) == {}
    assert kept.vectors(BACKBONE, "model", late) == {}


class Counting:
    """A backbone that counts what it is shown: the size of the file."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.seen: list[Path] = []

    def embed_file(
        self, path: Path, *, waiting: Callable[[], None]
    ) -> NDArray[np.float32]:
        waiting()
        self.seen.append(path)
        return np.array([path.stat().st_size, 1], np.float32)


def test_vectors_of_a_backbone_are_kept_under_its_key(project: Project) -> None:
    samples = project.version("v1").samples
    one, same, other = Counting("one"), Counting("one"), Counting("other")

    first = measured(project, samples, backbone=one)
    again = measured(project, samples, backbone=same)
    new = measured(project, samples, backbone=other)
    built_in = measured(project, samples)

    assert [len(b.seen) for b in (one, same, other)] == [len(samples), 0, len(samples)]
    assert {v.shape for v in first.vectors.values()} == {(2,)}
    assert all(np.array_equal(first.vectors[i], again.vectors[i]) for i in first)
    assert set(new.vectors) == set(built_in.vectors) == set(first.vectors)
    assert {len(v) for v in built_in.vectors.values()} == {96}
    assert project.catalog.measures.vectors(BACKBONE, "one", first) == {}


def test_a_backbone_that_is_stopped_keeps_what_it_made(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = project.version("v1").samples
    measured(project, samples)
    monkeypatch.setattr(measuring, "_KEPT_AT_ONCE", 1)
    with pytest.raises(Cancelled):
        measured(project, samples, backbone=Counting("one"), progress=StopsAt(3))
    rest = Counting("one")

    measured(project, samples, backbone=rest)

    assert 0 < len(rest.seen) < len(samples)


def test_interrupted_measuring_goes_on_where_it_stopped(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measuring, "_KEPT_AT_ONCE", 1)
    samples = project.version("v1").samples
    with pytest.raises(Cancelled):
        measured(project, samples, progress=StopsAt(3))
    kept = project.catalog.measures.known(DIGEST, (s.id for s in samples))
    seen: list[Path] = []

    def noting(path: Path) -> measuring.Found:
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
    assert names == {metric.name for metric in EVERY_METRIC}
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


def test_no_more_images_are_under_way_than_are_kept_at_once(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So memory does not grow with the number of samples."""
    monkeypatch.setattr(measuring, "_KEPT_AT_ONCE", 3)
    begun: list[Path] = []
    ahead: list[int] = []

    def noting(path: Path) -> measuring.Found:
        begun.append(path)
        return {"brightness": 0.5}, np.zeros(96, np.float32)

    class Watching:
        def step(self, done: int, total: int | None, what: str) -> None:  # noqa: ARG002
            ahead.append(len(begun) - done)

    monkeypatch.setattr(measuring, "measure_file", noting)
    samples = [
        measuring.StoredImage(id=f"{number:064x}", path=f"{number}.jpg")
        for number in range(40)
    ]

    found = measured(project, samples, progress=Watching())

    assert list(found) == [sample.id for sample in samples]
    assert len(begun) == len(samples)
    assert 0 <= max(ahead) < 3


def test_an_image_is_decoded_once_for_all_its_numbers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    decoded: list[int] = []
    decode = cv2.imdecode

    def counting(data: NDArray[np.uint8], flags: int) -> NDArray[np.uint8]:
        decoded.append(flags)
        return np.asarray(decode(data, flags), np.uint8)

    monkeypatch.setattr(cv2, "imdecode", counting)
    measure_bytes(jpeg(1))

    assert len(decoded) == 1
