from __future__ import annotations

import json
import math
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from dataset.differences.named_diff import NamedDiff, named_diff
from dataset.errors import BadFile, FieldsetError, NotFound
from dataset.records import Version
from dataset.version import list_versions, read_version, write_version
from dataset.versions.verification import require_sound, verify
from tests.dataset.test_diff import Samples, box, sample
from tests.strategies import CLASSES, SPLITS


def freeze(root: Path, samples: Samples, parent: str | None = None) -> Version:
    return write_version(
        root, samples=samples, classes=CLASSES, splits=SPLITS,
        policy={"balance": "warn"}, parent=parent, message="", author="",
        created_us=0,
    ).version  # fmt: skip


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """v1, and v2 and v3 that come from it."""
    first = freeze(tmp_path, (sample(1, box(1)),))
    freeze(tmp_path, (sample(1, box(1, 5)),), first.id)
    freeze(tmp_path, (sample(1, box(1)), sample(2, box(2), split="val")), first.id)
    return tmp_path


def test_both_numbers_are_told(root: Path) -> None:
    found = named_diff(root, "v2", "v3", "v1").to_json()

    assert found["semver"] == {"old": "2.0.0", "new": "1.1.0", "step": "major"}
    assert found["base"]["is_ancestor"] is True
    assert found["three_way"]["conflicts"] == []


@pytest.mark.parametrize(
    ("old", "new", "base", "strangers"),
    [("v1", "v3", "v2", 2), ("v2", "v3", "v2", 1), ("v1", "v2", "v1", 0)],
)
def test_a_base_that_is_no_ancestor_is_noted(
    root: Path, old: str, new: str, base: str, strangers: int
) -> None:
    assert len(named_diff(root, old, new, base).notes) == strangers


@pytest.mark.parametrize("names", [("v9", "v1", None), ("v1", "dv-x", None),
                                   ("v1", "v2", ""), ("v1", "v2", "v7")])  # fmt: skip
def test_an_unknown_name_is_named(
    root: Path, names: tuple[str, str, str | None]
) -> None:
    with pytest.raises(NotFound, match="no such version"):
        named_diff(root, *names)


def edited(root: Path, path: tuple[Any, ...], value: object, whole: str) -> None:
    content = inner = json.loads(whole)
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    (root / "versions" / "v2" / "version.json").write_text(json.dumps(content))


def places(content: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:  # noqa: ANN401
    """Every place in a version file, of lists the first one only."""
    found = [path] if path else []
    if isinstance(content, dict):
        for name, part in content.items():
            found += places(part, (*path, name))
    elif isinstance(content, list) and content:
        found += places(content[0], (*path, 0))
    return found


@pytest.mark.parametrize(
    "value",
    [None, "x", math.nan, -1, 10**400, [None], {}, True],
    ids=lambda v: str(v)[:4],
)
def test_no_edit_of_a_version_file_is_a_bug_of_ours(root: Path, value: object) -> None:
    whole = (root / "versions" / "v2" / "version.json").read_text()

    for path in places(json.loads(whole)):
        edited(root, path, value, whole)
        found: NamedDiff | None = None
        # Anything but a FieldsetError escapes, and fails the test.
        with suppress(FieldsetError):
            found = named_diff(root, "v1", "v2", None)
            verify(read_version(root, "v2"))
        with suppress(FieldsetError):
            list_versions(root)

        if found is not None:
            json.dumps(found.to_json(with_changes=True), allow_nan=False)
            assert found.new.version.id == json.loads(whole)["id"]


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (("classes", 0, "name"), "tank", "The id is not that of the content"),
        (("policy", "balance"), "refuse", "The id is not that of the content"),
        (("id",), "dv-else", "The id is not that of the content"),
        (("counts", "classes", 0, "boxes"), 7, "The counts of the version do not add"),
        (("counts", "splits", 0, "samples"), 7, "The counts of the version do not add"),
        (("manifest", "bytes"), 7, "The manifest has another length"),
    ],
)
def test_an_edit_is_named_with_its_file(
    root: Path, path: tuple[Any, ...], value: object, sentence: str
) -> None:
    edited(root, path, value, (root / "versions" / "v2" / "version.json").read_text())

    with pytest.raises(BadFile, match=sentence) as caught:
        require_sound(read_version(root, "v2"))

    assert str(root / "versions" / "v2") in caught.value.message
    assert "fieldset version verify v2" in caught.value.hint


def test_counts_that_only_add_up_are_found_by_counting_again(root: Path) -> None:
    samples = (sample(1, box(1, class_id=1), box(2, 50, class_id=2)),)
    freeze(root / "p", samples)
    path = root / "p" / "versions" / "v1" / "version.json"
    content = json.loads(path.read_text())
    first, second = content["counts"]["classes"]
    first["boxes"], second["boxes"] = 2, 0
    path.write_text(json.dumps(content))

    frozen = require_sound(read_version(root / "p", "v1"))

    assert [f.what for f in verify(frozen)] == [
        "The boxes of a class are not as many as it says"
    ]
