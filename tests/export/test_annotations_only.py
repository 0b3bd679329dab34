"""Exports that leave the images at home."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from dataset.errors import ProjectError, UsageError
from dataset.versions.frozen_version import FrozenVersion
from export.contract import Writer
from export.formats import WRITERS, writer_for
from export.side_car import read_side_car
from tests.export.test_writers import contents

BESIDE = pytest.mark.parametrize(
    "writer", [w for w in WRITERS if not w.is_packed], ids=lambda writer: writer.format
)
PACKED = [w.format for w in WRITERS if w.is_packed]
# These tell of the files that are there.
OF_FILES = {"README.md", "SHA256SUMS", "croissant.json", "fieldset.json"}


@BESIDE
def test_files_are_those_of_a_whole_export_without_the_images(
    writer: Writer, frozen: FrozenVersion, tmp_path: Path
) -> None:
    whole = writer.write(frozen, tmp_path / "whole")
    alone = writer.write(frozen, tmp_path / "alone", annotations_only=True)

    images = set(read_side_car(whole.path).image_names)
    with_images, without = contents(whole.path), contents(alone.path)
    assert set(without) == set(with_images) - images
    same = set(without) - OF_FILES
    assert {name: without[name] for name in same} == {
        name: with_images[name] for name in same
    }
    assert (alone.samples, alone.boxes) == (whole.samples, whole.boxes)
    assert alone.bytes == sum(map(len, without.values()))
    assert alone.digest != whole.digest
    assert b"images they name are not here" in without["README.md"]
    described = json.loads(without["croissant.json"])
    assert "images" not in {record["@id"] for record in described["recordSet"]}


@BESIDE
def test_side_car_says_that_the_images_stayed_at_home(
    writer: Writer, frozen: FrozenVersion, tmp_path: Path
) -> None:
    result = writer.write(frozen, tmp_path / "out", annotations_only=True)

    side_car = read_side_car(result.path)
    assert not side_car.has_media
    assert set(side_car.files) == set(contents(result.path)) - {
        *("fieldset.json", "SHA256SUMS")
    }
    for sample in side_car.samples.values():
        assert sample == frozen.sample(sample.id)


def test_missing_images_do_not_matter_then(
    frozen: FrozenVersion, tmp_path: Path
) -> None:
    (frozen.root / frozen.samples[0].path).unlink()

    assert writer_for("coco").write(frozen, tmp_path / "out", annotations_only=True)


@pytest.mark.parametrize("name", PACKED)
def test_format_that_packs_images_refuses(
    name: str, frozen_for: Callable[[str], FrozenVersion], tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=f"cannot hold annotations only: {name}"):
        writer_for(name).write(
            frozen_for(name), tmp_path / "out", annotations_only=True
        )

    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("is_alone", [True, False])
def test_update_neither_drops_nor_brings_images(
    is_alone: bool, frozen: FrozenVersion, tmp_path: Path
) -> None:
    writer = writer_for("coco")
    writer.write(frozen, tmp_path / "out", annotations_only=is_alone)
    before = contents(tmp_path / "out")

    again = writer.write(
        frozen, tmp_path / "out", annotations_only=is_alone, update=True
    )
    assert contents(again.path) == before
    with pytest.raises(ProjectError, match="target holds an export of"):
        writer.write(
            frozen, tmp_path / "out", annotations_only=not is_alone, update=True
        )

    assert contents(tmp_path / "out") == before
