from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dataset.diff import compare
from dataset.differences.changes import SplitChanged, SplitRetired
from dataset.differences.version_diff import VersionDiff
from dataset.project import Project
from dataset.records import LedgerAction, VersionSample
from dataset.sealed.retirement import retired_sets, with_retired
from dataset.sealed.sealing import retire, seal
from dataset.version import read_version, write_version
from dataset.versions.freezing import freeze
from tests.dataset.test_diff import box, sample
from tests.sealed_projects import (
    labeled_group,
    labels,
    members,
    put,
    sealable_project,
)
from tests.strategies import CLASSES, SPLITS


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with sealable_project(tmp_path / "p") as made:
        yield made


def difference(project: Project, old: str, new: str) -> VersionDiff:
    return compare(*(read_version(project.root, name) for name in (old, new)))


def test_a_retired_set_is_no_error(project: Project) -> None:
    freeze(project)
    seal(project, "test-main")
    held = {one.id for one in members(project, "test-main")}
    retire(project, "test-main", reason="spent")
    freeze(project)

    there, back = difference(project, "v1", "v2"), difference(project, "v2", "v1")

    assert (there.splits.retired, there.splits.test_moved) == (len(held), 0)
    assert there.splits.moved == 0
    told = [c for c in there.changes if isinstance(c, SplitRetired)]
    assert {c.sample_id for c in told} == held
    assert told[0].to_json() == {
        "kind": "split_retired", "sample": told[0].sample_id,
        "old": "test-main", "new": "val",
    }  # fmt: skip
    assert (back.splits.retired, back.splits.test_moved) == (len(held), 0)
    assert there.semver_step == "major"


def test_a_member_that_went_elsewhere_is_one(project: Project) -> None:
    freeze(project)
    seal(project, "test-main")
    retire(project, "test-main", reason="spent")
    group = members(project, "test-reserve")[0].group_id
    put(project, group, "", LedgerAction.WITHDRAWN)
    put(project, group, "train", LedgerAction.ASSIGNED)
    freeze(project)

    found = difference(project, "v1", "v2")

    assert found.splits.retired > 0
    assert found.splits.test_moved == found.splits.moved == 3


def test_versions_after_it_say_nothing_of_it(project: Project) -> None:
    freeze(project)
    seal(project, "test-main")
    retire(project, "test-main", reason="spent")
    freeze(project)
    labeled_group(project, "train", first=70)
    freeze(project)

    found = difference(project, "v2", "v3")

    assert retired_sets(read_version(project.root, "v3").policy) == {"test-main"}
    assert found.splits.retired == found.splits.test_moved == 0


def frozen(root: Path, samples: tuple[VersionSample, ...], *retired: str) -> str:
    return write_version(
        root, samples=samples, classes=CLASSES, splits=SPLITS,
        policy=with_retired({"balance": "warn"}, retired), parent=None, message="",
        author="", created_us=0,
    ).version.alias  # fmt: skip


@pytest.mark.parametrize(
    ("split", "before", "after", "is_error"),
    [
        ("val", (), ("test-main",), False),
        ("train", (), ("test-main",), True),
        ("val", (), ("test-night",), True),
        ("val", ("test-main",), ("test-main",), True),
        ("val", (), (), True),
    ],
)
def test_only_the_way_on_record_is_a_retirement(
    tmp_path: Path,
    split: str,
    before: tuple[str, ...],
    after: tuple[str, ...],
    is_error: bool,
) -> None:
    one = sample(1, box(1), split="test-main")
    frozen(tmp_path, (one,), *before)
    frozen(tmp_path, (replace(one, split=split),), *after)

    found = compare(*(read_version(tmp_path, name) for name in ("v1", "v2")))

    (change,) = found.changes
    assert isinstance(change, SplitChanged)
    assert change.touches_test is is_error
    assert (found.splits.test_moved, found.splits.retired) == (
        (1, 0) if is_error else (0, 1)
    )


def test_the_record_stays_outside_of_the_id(tmp_path: Path) -> None:
    samples = (sample(1, box(1)),)

    frozen(tmp_path / "a", samples)
    frozen(tmp_path / "b", samples, "test-main")

    first, second = (
        read_version(tmp_path / name, "v1").version.id for name in ("a", "b")
    )
    assert first == second


def test_what_happened_at_the_freeze_is_kept_beside_it() -> None:
    policy = {"balance": "repeat", "record": {"notes": []}}

    found = with_retired(policy, {"test-main", "test-b"})

    assert found["record"] == {"notes": [], "retired": ["test-b", "test-main"]}
    assert with_retired(policy, ()) == policy
    assert policy["record"] == {"notes": []}


@pytest.mark.parametrize("record", [None, 3, {}, {"retired": "x"}, {"retired": [3]}])
def test_a_strange_record_is_none(record: object) -> None:
    assert retired_sets({"record": record}) == frozenset()


def test_boxes_of_a_retired_set_are_shown_again(project: Project) -> None:
    first, *_ = members(project, "test-main")
    seal(project, "test-main")
    freeze(project)
    retire(project, "test-main", reason="spent")
    project.catalog.labels.put(first.id, labels(9.0))
    freeze(project)

    found = difference(project, "v1", "v2")

    assert found.boxes.moved == 1
    assert found.shown == found.changes
