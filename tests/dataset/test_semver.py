from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

from dataset.diff import compare
from dataset.records import LabelClass, Version, VersionSample
from dataset.version import list_versions, read_version, write_version
from dataset.versions.semver import CACHE_NAME, Semver, semvers, step_between
from dataset.versions.semver_step import Step
from tests.dataset.test_diff import box, sample
from tests.strategies import CLASSES, SPLITS, edited_sets

Samples = tuple[VersionSample, ...]
MORE = (*CLASSES, LabelClass(id=9, name="bus", colour="#000000"))


def freeze(
    root: Path,
    samples: Samples,
    *,
    classes: tuple[LabelClass, ...] = CLASSES,
    parent: str | None = "latest",
    policy: str = "warn",
) -> Version:
    versions = list_versions(root)
    before = versions[-1].id if versions and parent == "latest" else parent
    return write_version(
        root, samples=samples, classes=classes, splits=SPLITS,
        policy={"balance": policy}, parent=None if before == "latest" else before,
        message="", author="", created_us=0,
    ).version  # fmt: skip


def numbers(root: Path) -> list[str]:
    versions = list_versions(root)
    found = semvers(root, versions)
    return [str(found[version.id]) for version in versions]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Seven versions, each of another kind of step."""
    one, two = sample(1, box(1)), sample(2, box(2))
    freeze(tmp_path, (one,))
    freeze(tmp_path, (one, two))
    freeze(tmp_path, (one, two), classes=MORE)
    freeze(tmp_path, (one, two), classes=MORE, policy="refuse")
    freeze(tmp_path, (one, sample(2, box(2, 5))), classes=MORE)
    freeze(tmp_path, (one, sample(2, box(2, 5)), sample(3)), classes=MORE)
    freeze(tmp_path, (one,), classes=MORE)
    return tmp_path


SEVEN = ["1.0.0", "1.1.0", "1.2.0", "1.2.1", "2.0.0", "2.1.0", "3.0.0"]


def test_numbers_follow_the_chain_of_parents(root: Path) -> None:
    assert numbers(root) == SEVEN


@pytest.mark.parametrize(
    ("samples", "classes"),
    [
        ((sample(1, box(1), split="val"),), CLASSES),
        ((sample(1, box(1), group="other"),), CLASSES),
        ((sample(1, box(1), width=641),), CLASSES),
        ((), CLASSES),
        ((sample(1, box(1)),), (replace(CLASSES[0], name="auto"), *CLASSES[1:])),
        ((sample(1, box(1)),), (replace(CLASSES[0], retired=True), *CLASSES[1:])),
        ((sample(1, box(1)),), CLASSES[:2]),
        ((sample(1, box(1, 9)), sample(2)), CLASSES),
        ((sample(2), sample(3)), CLASSES),
    ],
)
def test_what_changes_an_old_record_is_major(
    tmp_path: Path, samples: Samples, classes: tuple[LabelClass, ...]
) -> None:
    freeze(tmp_path, (sample(1, box(1)),))
    freeze(tmp_path, samples, classes=classes)

    assert numbers(tmp_path) == ["1.0.0", "2.0.0"]


@given(edited_sets())
def test_the_quick_step_is_that_of_the_diff(states: tuple[Samples, Samples]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for state in states:
            freeze(Path(folder), state)
        old, new = (
            read_version(Path(folder), "v1"),
            read_version(Path(folder), "latest"),
        )

        assert step_between(old, new) is compare(old, new).semver_step


def test_the_steps_are_kept_and_may_be_lost(root: Path) -> None:
    kept = root / "versions" / CACHE_NAME
    first = numbers(root)
    for number in range(1, 8):
        (root / "versions" / f"v{number}" / "manifest.parquet").unlink()

    again = numbers(root)
    kept.unlink()

    assert first == again == SEVEN
    # Which step it was is told by counts and trees alone, except for mere additions.
    assert numbers(root)[1:3] == ["None", "None"]
    assert not kept.exists() or "minor" not in kept.read_text()


@pytest.mark.parametrize(
    "garbage", ["", "[]", "{}", '{"steps": 3}', '{"steps": {"a b": ["x"]}}', "\0"]
)
def test_a_damaged_note_of_the_steps_is_no_matter(root: Path, garbage: str) -> None:
    (root / "versions" / CACHE_NAME).write_text(garbage)

    assert numbers(root) == SEVEN


def test_a_lost_parent_leaves_no_number(root: Path) -> None:
    (root / "versions" / "v2" / "version.json").unlink()

    assert numbers(root) == ["1.0.0", *["None"] * 5]


def test_a_ring_of_parents_ends(root: Path) -> None:
    last = list_versions(root)[-1].id
    path = root / "versions" / "v1" / "version.json"
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, "parent": last}))

    assert numbers(root) == ["None"] * 7


def test_two_children_of_one_version_share_a_number(tmp_path: Path) -> None:
    first = freeze(tmp_path, (sample(1),))
    freeze(tmp_path, (sample(1), sample(2)), parent=first.id)
    freeze(tmp_path, (sample(1), sample(3)), parent=first.id)

    assert numbers(tmp_path) == ["1.0.0", "1.1.0", "1.1.0"]


def test_no_step_is_no_new_number() -> None:
    assert Semver().after(Step.NONE) == Semver()
    assert Step.NONE.reason == "the same version"
