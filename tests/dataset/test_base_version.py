"""The next version, built on the last one: the same as one read from the catalog."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataset.catalog import Catalog
from dataset.erasure import erase
from dataset.project import Project
from dataset.records import LabelState, LedgerAction, LedgerRow, Sample, SampleState
from dataset.version import write_version_batches
from dataset.versions import base_version
from dataset.versions.base_version import BaseVersion, find_base
from dataset.versions.freezing import Frozen, freeze
from tests.small_projects import box, filled, new_project, new_session

Edit = Callable[[Project, tuple[Sample, ...], int], None]


@pytest.fixture(autouse=True)
def _any_share_may_change(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base_version, "_MOST_CHANGED", 1.0)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with new_project(tmp_path / "p") as made:
        yield made


def labeled(project: Project, name: str, count: int, first: int) -> tuple[Sample, ...]:
    samples = filled(project, new_session(project, name), count, first=first)
    for sample in samples:
        state = LabelState(state=SampleState.LABELED, boxes=(box("a"), box("b")))
        project.catalog.labels.put(sample.id, state)
    return samples


def read_whole(project: Project, root: Path) -> tuple[str, object]:
    """The id and the rows of a version read from the catalog alone."""
    catalog = project.catalog
    with catalog.reading():
        written = write_version_batches(
            root, batches=catalog.frozen_batches(),
            classes=catalog.classes.all(include_retired=True), splits=project.splits,
            policy={"balance": "warn"}, parent=None, message="", author="",
            created_us=0,
        )  # fmt: skip
    return written.version.id, rows(root / "versions" / written.version.alias)


def rows(folder: Path) -> object:
    return pq.read_table(folder / "manifest.parquet").to_pylist()


def frozen_on_base(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> tuple[Frozen, list[int | None]]:
    """A version, and from which clock on the catalog's samples were asked for."""
    asked: list[int | None] = []
    plain = Catalog.frozen_batches

    def noted(self: Catalog, *, since: int | None = None) -> Iterator[object]:
        asked.append(since)
        return plain(self, since=since)

    with monkeypatch.context() as patched:
        patched.setattr(Catalog, "frozen_batches", noted)
        return freeze(project), asked


def _relabel(project: Project, samples: tuple[Sample, ...], pick: int) -> None:
    sample = samples[pick % len(samples)]
    before = project.catalog.labels.get(sample.id)
    moved = (box("a", x1=20.0 + pick), box(f"new-{pick}", class_id=2))
    project.catalog.labels.put(sample.id, replace(before, boxes=moved))


def _decide(state: SampleState) -> Edit:
    def edit(project: Project, samples: tuple[Sample, ...], pick: int) -> None:
        decided = LabelState(state=state, skip_reason="", boxes=())
        project.catalog.labels.put(samples[pick % len(samples)].id, decided)

    return edit


def _review(project: Project, samples: tuple[Sample, ...], pick: int) -> None:
    sample = samples[pick % len(samples)]
    before = project.catalog.labels.get(sample.id)
    project.catalog.labels.put(sample.id, replace(before, reviewed=True))


def _add(project: Project, samples: tuple[Sample, ...], pick: int) -> None:
    del samples
    first = 1000 + 10 * project.catalog.samples.count()
    labeled(project, f"later {first}", 1 + pick % 2, first)


def _erase(project: Project, samples: tuple[Sample, ...], pick: int) -> None:
    sample = samples[pick % len(samples)]
    if project.catalog.samples.has(sample.id) and project.catalog.samples.count() > 1:
        erase(project, sample.id, reason="wrong picture")


def _join(project: Project, samples: tuple[Sample, ...], pick: int) -> None:
    first, second = samples[0].group_id, samples[-1].group_id
    project.catalog.groups.join(first, second, reason=f"alike {pick}", at_us=pick)


def _quarantine(project: Project, samples: tuple[Sample, ...], pick: int) -> None:
    group = project.catalog.groups.living(samples[pick % len(samples)].group_id)
    row = LedgerRow(
        group_id=group, split="train", action=LedgerAction.QUARANTINED,
        reason="a test has it", at_us=pick,
    )  # fmt: skip
    project.catalog.splits.append([row])


def _merge_classes(project: Project, samples: tuple[Sample, ...], pick: int) -> None:
    del samples, pick
    car, bike = project.catalog.classes.all(include_retired=True)[:2]
    if not car.retired:
        project.catalog.classes.merge(car.id, bike.id)


EDITS: dict[str, Edit] = {
    "relabel": _relabel,
    "empty": _decide(SampleState.EMPTY),
    "skip": _decide(SampleState.SKIPPED),
    "review": _review,
    "add": _add,
    "erase": _erase,
    "join": _join,
    "quarantine": _quarantine,
    "merge classes": _merge_classes,
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_gives_the_version_that_the_whole_catalog_gives(
    name: str, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = labeled(project, "one", 3, 0) + labeled(project, "two", 3, 50)
    freeze(project)
    EDITS[name](project, samples, 2)

    frozen, asked = frozen_on_base(project, monkeypatch)

    version_id, expected = read_whole(project, tmp_path / "whole")
    assert asked[0] is not None
    assert None not in asked
    assert frozen.version.id == version_id
    if not frozen.known:
        assert rows(project.root / "versions" / frozen.version.alias) == expected


@given(
    steps=st.lists(
        st.lists(
            st.tuples(st.sampled_from(sorted(EDITS)), st.integers(0, 30)), max_size=3
        ),
        min_size=1, max_size=3,
    )
)  # fmt: skip
@settings(
    max_examples=12,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_versions_on_versions_stay_what_the_whole_catalog_gives(
    steps: list[list[tuple[str, int]]],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    root = tmp_path_factory.mktemp("steps")
    with new_project(root / "p") as project:
        samples = labeled(project, "one", 3, 0) + labeled(project, "two", 2, 50)
        freeze(project)
        for number, edits in enumerate(steps):
            for name, pick in edits:
                EDITS[name](project, samples, pick)

            frozen = freeze(project)

            version_id, expected = read_whole(project, root / f"whole-{number}")
            assert frozen.version.id == version_id
            if not frozen.known:
                folder = project.root / "versions" / frozen.version.alias
                assert rows(folder) == expected


def test_damaged_base_is_not_built_upon(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = labeled(project, "one", 3, 0)
    first = freeze(project).version
    manifest = project.root / "versions" / first.alias / "manifest.parquet"
    data = bytearray(manifest.read_bytes())
    at = data.index(bytes.fromhex(samples[0].id)) + 40
    data[at] ^= 1
    manifest.chmod(0o644)
    manifest.write_bytes(data)
    _relabel(project, samples, 1)

    frozen, asked = frozen_on_base(project, monkeypatch)

    assert asked[-1] is None
    assert frozen.version.id == read_whole(project, tmp_path / "whole")[0]


def test_base_whose_folder_is_gone_is_not_built_upon(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = labeled(project, "one", 3, 0)
    first = freeze(project).version
    (project.root / "versions" / first.alias / "version.json").unlink()
    _relabel(project, samples, 1)

    frozen, asked = frozen_on_base(project, monkeypatch)

    assert asked == [None]
    assert not frozen.known


def test_change_that_the_clock_missed_is_caught_by_the_tallies(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = labeled(project, "one", 3, 0)
    freeze(project)
    with project.catalog.writing():
        project.catalog.labels.put(
            samples[0].id, LabelState(state=SampleState.EMPTY, boxes=())
        )
        project.catalog._connection.run("UPDATE samples SET touched = 0")
    labeled(project, "two", 1, 50)

    frozen, asked = frozen_on_base(project, monkeypatch)

    assert asked[-1] is None
    assert frozen.version.id == read_whole(project, tmp_path / "whole")[0]


def test_version_that_a_policy_shaped_is_no_base(project: Project) -> None:
    labeled(project, "one", 3, 0)
    toml = project.root / "fieldset.toml"
    text = toml.read_text().replace("[balance]\n", '[balance]\npolicy = "repeat"\n')
    toml.write_text(text)
    with Project.open(project.root) as opened:
        freeze(opened)

        with opened.catalog.reading():
            base = find_base(opened)

    assert base is None


def test_base_is_found_where_little_changed(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = labeled(project, "one", 4, 0)
    freeze(project)
    _relabel(project, samples, 1)

    found = []
    for share in (0.5, 0.1):
        monkeypatch.setattr(base_version, "_MOST_CHANGED", share)
        with project.catalog.reading():
            found.append(find_base(project))

    assert isinstance(found[0], BaseVersion)
    assert found[1] is None
