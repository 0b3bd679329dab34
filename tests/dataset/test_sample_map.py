from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from dataset.erasure import erase
from dataset.errors import BadFile, ReadOnlyProject
from dataset.images.image_file import decode
from dataset.mapping.map_measuring import measure_missing
from dataset.measuring import measured
from dataset.progress import Cancelled
from dataset.project import Project
from dataset.records import LabelState, Sample, SampleState
from dataset.sample_map import SampleMap, read_map, unmeasured
from dataset.sealed.sealing import seal
from tests.sealed_projects import labeled_group, members, sealable_project
from tests.small_projects import (
    BEGAN_US,
    StopsAt,
    box,
    filled,
    new_project,
    new_session,
)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with new_project(tmp_path / "p") as made:
        yield made


def two_sessions(project: Project) -> tuple[tuple[Sample, ...], tuple[Sample, ...]]:
    """A night and a day; the night began later and one of it holds two bikes."""
    night = project.begin_session(
        name="night", conditions=(("light", "night"),), started_us=BEGAN_US + 9
    )
    day = project.begin_session(name="day", started_us=BEGAN_US)
    dark, bright = filled(project, night, 2), filled(project, day, 3, first=20)
    boxes = (box("a", class_id=1), box("b", class_id=2), box("c", class_id=2))
    state = LabelState(state=SampleState.LABELED, boxes=boxes)
    project.catalog.labels.put(dark[0].id, state)
    return dark, bright


def mapped(project: Project) -> SampleMap:
    measure_missing(project, unmeasured(project))
    return read_map(project)


def values(found: SampleMap, by: str) -> dict[str, str]:
    ways = found.colouring(by)
    return {row.id: ways.value_of(at) for at, row in enumerate(found.samples)}


def test_samples_are_sorted_by_what_is_known_of_them(project: Project) -> None:
    dark, bright = two_sessions(project)

    found = mapped(project)

    assert values(found, "class") == {
        **dict.fromkeys((s.id for s in (*dark, *bright)), ""),
        dark[0].id: "bike",
    }
    assert values(found, "state")[dark[0].id] == "labeled"
    assert values(found, "session")[bright[1].id] == "day"
    assert values(found, "condition:light") == {
        **{s.id: "night" for s in dark},
        **{s.id: "" for s in bright},
    }
    assert set(values(found, "split").values()) == {""}
    assert found.colouring("session").counts == (3, 2)


def test_chosen_samples_come_session_by_session(project: Project) -> None:
    dark, bright = two_sessions(project)
    found = mapped(project)

    chosen = found.chosen(np.ones(len(found), np.bool_))

    assert [row.id for row in chosen] == [s.id for s in (*bright, *dark)]


def test_two_of_as_many_boxes_count_as_the_class_with_the_smaller_id(
    project: Project,
) -> None:
    (sample,) = filled(project, new_session(project), 1)
    boxes = (box("a", class_id=2), box("b", class_id=1))
    project.catalog.labels.put(
        sample.id, LabelState(state=SampleState.LABELED, boxes=boxes)
    )

    assert values(mapped(project), "class") == {sample.id: "car"}


def test_what_is_not_measured_is_missing_from_the_map(project: Project) -> None:
    dark, bright = two_sessions(project)
    measured(project, [row for row in unmeasured(project) if row.id == dark[0].id])

    found = read_map(project)

    assert [row.id for row in found.samples] == [dark[0].id]
    assert {row.id for row in found.missing} == {s.id for s in (dark[1], *bright)}


def test_a_project_without_samples_has_an_empty_map(project: Project) -> None:
    found = mapped(project)

    assert len(found) == 0
    assert not found.varies
    assert found.chosen(np.zeros(0, np.bool_)) == ()


def test_pictures_that_look_alike_lie_together(project: Project) -> None:
    session = new_session(project)
    first, again, other = (
        filled(project, session, 1),
        (),
        filled(project, session, 1, first=7),
    )
    again = filled(project, session, 1, size=2)

    found = mapped(project)

    place = {row.id: found.places[at] for at, row in enumerate(found.samples)}
    near = np.linalg.norm(place[first[0].id] - place[again[0].id])
    assert near < np.linalg.norm(place[first[0].id] - place[other[0].id])


def test_an_erased_sample_leaves_the_map(project: Project) -> None:
    dark, _ = two_sessions(project)
    before = mapped(project)

    erase(project, dark[0].id, reason="asked for")
    after = read_map(project)

    assert len(after) == len(before) - 1
    assert after.mask_of([dark[0].id]).sum() == 0


def test_a_sealed_set_shows_no_class(tmp_path: Path) -> None:
    with sealable_project(tmp_path / "p") as project:
        closed = members(project, "test-main")
        seal(project, "test-main")

        found = mapped(project)

    rows = [found.samples[found.index[sample.id]] for sample in closed]
    assert all(row.closed and row.class_id is None for row in rows)
    assert {row.split for row in rows} == {"test-main"}
    assert sum(row.closed for row in found.samples) == len(closed)


def test_splits_are_those_of_the_ledger(tmp_path: Path) -> None:
    with sealable_project(tmp_path / "p") as project:
        labeled_group(project, "", first=300)

        found = mapped(project)

    ways = found.colouring("split")
    assert dict(zip(ways.values, ways.counts, strict=True)) == {
        "train": 6,
        "val": 3,
        "test-main": 3,
        "test-reserve": 3,
        "": 3,
    }


def test_a_picture_that_is_gone_or_damaged_stops_nothing(project: Project) -> None:
    samples = filled(project, new_session(project), 5)
    gone, broken = (project.images.path(s.id, s.suffix) for s in samples[:2])
    for path in (gone, broken):
        path.chmod(0o644)
    gone.unlink()
    broken.write_bytes(b"no picture")

    done = measure_missing(project, unmeasured(project))

    assert done.measured == 3
    assert sorted(f.what.partition(":")[0] for f in done.findings)[-1] == (
        "The image is missing"
    )
    assert len(done.findings) == 2
    assert {row.id for row in unmeasured(project)} == {s.id for s in samples[:2]}


def test_measuring_goes_on_where_it_was_stopped(project: Project) -> None:
    filled(project, new_session(project), 3)

    with pytest.raises(Cancelled):
        measure_missing(project, unmeasured(project), progress=StopsAt(1))
    done = measure_missing(project, unmeasured(project))

    assert done.findings == ()
    assert unmeasured(project) == ()


def test_a_project_that_cannot_be_written_is_not_measured(project: Project) -> None:
    filled(project, new_session(project), 1)

    with (
        Project.open(project.root, read_only=True) as view,
        pytest.raises(ReadOnlyProject),
    ):
        measure_missing(view, unmeasured(view))


class Brightness:
    """A backbone that sees how bright and how large a picture is, and no more."""

    key = "brightness-1"

    def __init__(self, fails: bool = False) -> None:
        self._fails = fails

    def embed_file(
        self, path: Path, *, waiting: Callable[[], None]
    ) -> NDArray[np.float32]:
        waiting()
        if self._fails:
            raise BadFile(f"The model fails: {path.name}")
        pixels = decode(path.read_bytes())
        return np.array([pixels.mean(), *pixels.shape], np.float32)


def test_the_embeddings_of_a_backbone_make_a_map_of_their_own(project: Project) -> None:
    two_sessions(project)
    built_in, model = mapped(project), Brightness()

    before = read_map(project, backbone=model)
    measure_missing(project, unmeasured(project, backbone=model), backbone=model)
    after = read_map(project, backbone=model)

    assert (len(before), len(before.missing)) == (0, 5)
    assert (len(after), after.missing) == (5, ())
    assert after.share == pytest.approx(1.0)
    assert built_in.share < 1.0


def test_a_backbone_that_fails_is_told_and_no_picture_is_blamed(
    project: Project,
) -> None:
    two_sessions(project)

    with pytest.raises(BadFile, match="model fails"):
        measure_missing(project, unmeasured(project), backbone=Brightness(fails=True))
