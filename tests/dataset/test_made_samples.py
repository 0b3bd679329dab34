from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset.backup import back_up
from dataset.check import check
from dataset.erasure import erase
from dataset.errors import BadImage
from dataset.findings import Severity
from dataset.images import image_file
from dataset.policies.lineage import Lineage, labels_digest, lineage_of
from dataset.policies.made_samples import Copy, StressMaker, Wanted, make_copies, merged
from dataset.policies.recipes import StressRecipe, library_versions
from dataset.progress import SILENT, Cancelled
from dataset.project import Project
from dataset.records import SampleState, VersionSample
from dataset.sample_batch import batches_of, samples_of
from tests.dataset.balanced_project import policy_text, unequal_project
from tests.small_projects import box, files_under
from tests.strategies import sample_ids, sample_sets, version_samples

DARK = StressRecipe(name="dark", dark=3)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    opened = unequal_project(tmp_path / "project", policy_text("warn"), sessions=1)
    yield opened
    opened.close()


def _parents(project: Project) -> list[VersionSample]:
    with project.catalog.reading():
        batches = list(project.catalog.frozen_batches())
    return [sample for batch in batches for sample in samples_of(batch)]


def _wanted(project: Project) -> list[Wanted]:
    return [Wanted(parent=p, index=0, split="test-dark") for p in _parents(project)]


class _Emptying:
    """A recipe after which nothing is to be seen."""

    kind = "augment"
    digest = "0" * 64

    def make(
        self,
        pixels: object,  # noqa: ARG002
        parent: VersionSample,  # noqa: ARG002
        index: int,  # noqa: ARG002
    ) -> Copy | None:
        return None


class _Stops:
    """Progress that is cancelled at the second step."""

    def step(self, done: int, total: int | None, what: str) -> None:  # noqa: ARG002
        if done == 1:
            raise Cancelled


def test_a_copy_is_stored_by_content_with_its_lineage(project: Project) -> None:
    wanted = _wanted(project)

    made = make_copies(project, StressMaker(DARK), wanted, progress=SILENT)

    assert made.new == len(wanted)
    parents = {one.parent.id: one.parent for one in wanted}
    for sample in made.samples:
        project.images.verify(sample.id, sample.suffix)
        lineage = lineage_of(sample)
        assert lineage is not None
        parent = parents[lineage.parent_id]
        assert lineage == Lineage(
            kind="stress", recipe=DARK.digest, parent_id=parent.id, index=0
        )
        assert sample.group == parent.group
        assert sample.boxes == parent.boxes
        assert sample.split == "test-dark"
        pixels = image_file.decode(project.images.read(sample.id, sample.suffix))
        assert pixels.shape[:2] == (sample.height, sample.width)


def test_the_second_time_nothing_is_made(project: Project) -> None:
    wanted = _wanted(project)
    first = make_copies(project, StressMaker(DARK), wanted, progress=SILENT)

    second = make_copies(project, StressMaker(DARK), wanted, progress=SILENT)

    assert second.new == 0
    assert second.samples == first.samples
    (libraries,) = second.libraries
    assert library_versions()["numpy"] in libraries


def test_new_boxes_of_the_parent_come_to_the_copy(project: Project) -> None:
    (first, *_) = _wanted(project)
    old = make_copies(project, StressMaker(DARK), [first], progress=SILENT)
    changed = replace(first, parent=replace(first.parent, boxes=(box("new"),)))

    new = make_copies(project, StressMaker(DARK), [changed], progress=SILENT)

    assert new.samples[0].boxes == (box("new"),)
    assert new.samples[0].id == old.samples[0].id


def test_a_lost_file_is_made_again(project: Project) -> None:
    wanted = _wanted(project)[:1]
    (made,) = make_copies(project, StressMaker(DARK), wanted, progress=SILENT).samples
    project.images.path(made.id, made.suffix).unlink()

    again = make_copies(project, StressMaker(DARK), wanted, progress=SILENT)

    assert again.new == 1
    project.images.verify(made.id, made.suffix)


def test_an_emptied_copy_is_dropped_and_counted(project: Project) -> None:
    wanted = _wanted(project)

    made = make_copies(project, _Emptying(), wanted, progress=SILENT)

    assert made.samples == ()
    assert made.emptied == len(wanted)


def test_equal_copies_are_kept_once_and_counted(project: Project) -> None:
    (first, *_) = _wanted(project)
    recipe = StressRecipe(name="soft", blur=1)

    made = make_copies(
        project, StressMaker(recipe), [first, replace(first, index=1)], progress=SILENT
    )

    assert len(made.samples) == 1
    assert made.alike == 1


def test_a_stopped_run_leaves_a_sound_project(project: Project) -> None:
    with pytest.raises(Cancelled):
        make_copies(project, StressMaker(DARK), _wanted(project), progress=_Stops())

    (finding,) = check(project, deep=True, settled_s=0.0)
    assert finding.severity is Severity.OK


def test_a_damaged_parent_is_named(project: Project) -> None:
    (first, *_) = _wanted(project)
    path = project.images.path(first.parent.id, first.parent.suffix)
    path.chmod(0o644)
    path.write_bytes(b"no picture")

    with pytest.raises(BadImage):
        make_copies(project, StressMaker(DARK), [first], progress=SILENT)


def test_made_samples_are_no_samples_of_the_project(project: Project) -> None:
    before = project.catalog.samples.count()

    make_copies(project, StressMaker(DARK), _wanted(project), progress=SILENT)

    assert project.catalog.samples.count() == before
    (finding,) = check(project, repair=True, settled_s=0.0)
    assert finding.severity is Severity.OK
    assert project.catalog.samples.count() == before


def test_erasing_a_sample_erases_what_was_made_of_it(project: Project) -> None:
    wanted = _wanted(project)
    made = make_copies(project, StressMaker(DARK), wanted, progress=SILENT)
    parent_id = wanted[0].parent.id
    (copy,) = [
        sample
        for sample in made.samples
        if (found := lineage_of(sample)) and found.parent_id == parent_id
    ]

    erase(project, parent_id)

    assert not project.images.path(copy.id, copy.suffix).exists()
    assert project.catalog.made.of_parent(parent_id) == ()


def test_a_backup_holds_what_was_made(project: Project, tmp_path: Path) -> None:
    make_copies(project, StressMaker(DARK), _wanted(project), progress=SILENT)

    back_up(project, tmp_path / "backup")

    ours = files_under(project.root / "images")
    assert files_under(tmp_path / "backup" / "images") == ours


@given(version_samples(grid=True), sample_ids, sample_ids, st.integers(0, 99))
def test_lineage_is_read_back_from_a_sample(
    sample: VersionSample, recipe: str, parent_id: str, index: int
) -> None:
    lineage = Lineage(kind="augment", recipe=recipe, parent_id=parent_id, index=index)

    assert lineage_of(replace(sample, source_name=lineage.source_name)) == lineage
    assert lineage_of(sample) is None


@given(version_samples(grid=True))
def test_the_digest_of_labels_does_not_depend_on_order(sample: VersionSample) -> None:
    turned = tuple(reversed(sample.boxes))

    assert labels_digest(turned) == labels_digest(sample.boxes)


@given(sample_sets(max_size=8, grid=True), st.data(), st.integers(1, 4))
def test_merging_is_sorted_and_complete(
    samples: tuple[VersionSample, ...], data: st.DataObject, rows: int
) -> None:
    captured, made, left_out = [], [], set()
    for sample in samples:
        (made if data.draw(st.booleans()) else captured).append(sample)
    for sample in captured:
        if data.draw(st.booleans()):
            left_out.add(sample.id)

    batches: list[pa.RecordBatch] = list(
        merged(batches_of(captured, rows), left_out=frozenset(left_out), made=made)
    )

    found = [sample for batch in batches for sample in samples_of(batch)]
    assert found == [sample for sample in samples if sample.id not in left_out]


def test_a_copy_of_an_empty_sample_stays_empty(project: Project) -> None:
    (first, *_) = _wanted(project)
    nothing = replace(first.parent, boxes=(), state=SampleState.EMPTY)

    made = make_copies(
        project,
        StressMaker(DARK),
        [replace(first, parent=nothing)],
        progress=SILENT,
    )

    assert made.samples[0].state is SampleState.EMPTY
