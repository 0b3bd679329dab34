"""What holds for every format that goes out."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset.errors import BadFile, BadImage, ProjectError, UsageError
from dataset.progress import Cancelled
from dataset.versions.frozen_version import FrozenVersion
from dataset.versions.leaf import quantise
from export.contract import Writer
from export.formats import READERS, WRITERS, detect_format, reader_for, writer_for
from export.handover import proof
from export.handover.outgoing import OutgoingBox
from export.intakes.held_boxes import units
from export.side_car import read_side_car
from tests.export.small_version import (
    box,
    small_version,
    stored_samples,
    with_boxes,
)

EVERY = pytest.mark.parametrize("writer", WRITERS, ids=lambda writer: writer.format)
READ_FORMATS = {reader.format for reader in READERS}
TAKEN_IN = pytest.mark.parametrize(
    "writer",
    [writer for writer in WRITERS if writer.format in READ_FORMATS],
    ids=lambda writer: writer.format,
)
WHOLE = st.floats(-5, 60, allow_nan=False).map(lambda value: round(value * 4) / 4)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder by its relative name."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@EVERY
def test_export_holds_every_box_and_names_what_stays(
    writer: Writer, frozen: FrozenVersion, tmp_path: Path
) -> None:
    result = writer.write(frozen, tmp_path / "out")

    shown = [s for s in frozen.samples if s.split not in ("", "vault")]
    assert result.samples == len(shown)
    assert result.boxes == sum(len(s.boxes) for s in shown)
    assert dict(result.left_out) == {"sealed in vault": 1, "in no split": 1}


@TAKEN_IN
def test_export_comes_in_again_equal(
    writer: Writer, frozen: FrozenVersion, tmp_path: Path
) -> None:
    writer.write(frozen, tmp_path / "out")

    found = reader_for(detect_format(tmp_path / "out")).read(tmp_path / "out")
    names = {item.id: item.name for item in frozen.classes}
    images = {PurePosixPath(i.source_name).stem: i for i in found.images}
    shown = [s for s in frozen.samples if s.split not in ("", "vault")]
    assert set(images) == {sample.id for sample in shown}
    assert found.problems == ()
    for sample in shown:
        assert images[sample.id].split == sample.split
        assert images[sample.id].state is sample.state
        held = sorted((names[b.class_id], *quantise(b)) for b in sample.boxes)
        read = [
            (b.class_name, *(round(value * 1024) for value in b.corners))
            for b in images[sample.id].boxes
        ]
        assert sorted(read) == held


@EVERY
def test_same_version_gives_the_same_bytes_anywhere(
    writer: Writer, frozen: FrozenVersion, tmp_path: Path
) -> None:
    moved = tmp_path / "another" / "place"
    shutil.copytree(frozen.root, moved)
    with small_version(moved, tuple(frozen.samples)) as second:
        first = writer.write(frozen, tmp_path / "one")
        again = writer.write(second, tmp_path / "deep" / "er" / "two")

    assert contents(first.path) == contents(again.path)
    assert (first.digest, first.bytes) == (again.digest, again.bytes)
    assert str(tmp_path).encode() not in b"".join(contents(first.path).values())


@EVERY
def test_images_are_copies_of_the_same_bytes(
    writer: Writer, frozen: FrozenVersion, tmp_path: Path
) -> None:
    result = writer.write(frozen, tmp_path / "out")

    side_car = read_side_car(result.path)
    packed = b"".join(contents(result.path).values()) if side_car.is_packed else b""
    for name, sample_id in side_car.image_names.items():
        stored = frozen.root / frozen.sample(sample_id).path
        if side_car.is_packed:
            assert packed.count(stored.read_bytes()) == 1
            continue
        path = result.path / name
        assert path.read_bytes() == stored.read_bytes()
        assert path.stat().st_ino != stored.stat().st_ino
        assert path.stat().st_nlink == 1
        assert os.access(path, os.W_OK)


@EVERY
def test_sealed_and_unassigned_samples_stay_at_home(
    writer: Writer, frozen: FrozenVersion, tmp_path: Path
) -> None:
    kept = writer.write(frozen, tmp_path / "kept")
    opened = writer.write(frozen, tmp_path / "opened", include_sealed=True)

    assert dict(kept.left_out) == {"sealed in vault": 1, "in no split": 1}
    assert dict(opened.left_out) == {"in no split": 1}
    assert not list((tmp_path / "kept").rglob("vault*"))
    assert opened.samples == kept.samples + 1


@EVERY
def test_side_car_holds_what_the_format_cannot(
    writer: Writer, frozen: FrozenVersion, tmp_path: Path
) -> None:
    result = writer.write(frozen, tmp_path / "out")

    side_car = read_side_car(result.path)
    assert (side_car.version, side_car.format) == (frozen.version.id, writer.format)
    assert (side_car.digest, side_car.is_complete) == (result.digest, False)
    assert (side_car.classes, side_car.splits) == (frozen.classes, frozen.splits)
    for sample in side_car.samples.values():
        assert sample == frozen.sample(sample.id)
    files = set(contents(result.path)) - {"fieldset.json", "SHA256SUMS"}
    assert set(side_car.files) == files


@EVERY
def test_target_with_other_things_is_refused(
    writer: Writer, frozen: FrozenVersion, tmp_path: Path
) -> None:
    target = tmp_path / "out"
    target.mkdir()
    (target / "mine.txt").write_text("mine")

    with pytest.raises(ProjectError, match="no export of fieldset"):
        writer.write(frozen, target, update=True)

    assert contents(target) == {"mine.txt": b"mine"}


@EVERY
def test_second_export_asks_for_update(
    writer: Writer, frozen: FrozenVersion, tmp_path: Path
) -> None:
    writer.write(frozen, tmp_path / "out")

    with pytest.raises(ProjectError, match="already"):
        writer.write(frozen, tmp_path / "out")


@EVERY
def test_update_gives_what_a_fresh_export_gives(
    writer: Writer, frozen: FrozenVersion, tmp_path: Path
) -> None:
    samples = list(frozen.samples)
    changed = [s for s in samples if s.split == "train"]
    samples.remove(changed[0])
    samples[samples.index(changed[1])] = with_boxes(changed[1], box(9, 1, 2, 30, 31))
    writer.write(frozen, tmp_path / "out")
    (tmp_path / "out" / "mine.txt").write_text("mine")

    with small_version(frozen.root, tuple(samples)) as second:
        updated = writer.write(second, tmp_path / "out", update=True)
        fresh = writer.write(second, tmp_path / "fresh")

    expected = {**contents(fresh.path), "mine.txt": b"mine"}
    assert contents(updated.path) == expected
    assert (updated.digest, updated.bytes) == (fresh.digest, fresh.bytes)


@EVERY
def test_update_to_the_same_version_touches_nothing(
    writer: Writer, frozen: FrozenVersion, tmp_path: Path
) -> None:
    first = writer.write(frozen, tmp_path / "out")
    before = {path: path.stat() for path in first.path.rglob("*") if path.is_file()}

    again = writer.write(frozen, tmp_path / "out", update=True)

    assert again == first
    after = {path: path.stat() for path in first.path.rglob("*") if path.is_file()}
    assert {path: (stat.st_ino, stat.st_mtime_ns) for path, stat in after.items()} == {
        path: (stat.st_ino, stat.st_mtime_ns) for path, stat in before.items()
    }


@EVERY
def test_update_heals_a_file_that_a_trainer_rewrote(
    writer: Writer, frozen: FrozenVersion, tmp_path: Path
) -> None:
    result = writer.write(frozen, tmp_path / "out")
    before = contents(result.path)
    for path in result.path.rglob("*"):
        if path.is_file() and path.name != "fieldset.json":
            path.write_bytes(b"rewritten by a trainer")

    writer.write(frozen, tmp_path / "out", update=True)

    assert contents(result.path) == before


@EVERY
def test_missing_image_stops_the_export_and_leaves_nothing(
    writer: Writer, frozen: FrozenVersion, tmp_path: Path
) -> None:
    (frozen.root / frozen.samples[0].path).unlink()

    with pytest.raises(ProjectError, match="cannot be read"):
        writer.write(frozen, tmp_path / "out")

    assert [path.name for path in tmp_path.iterdir()] == ["project"]


@EVERY
def test_changed_image_stops_the_export(
    writer: Writer, frozen: FrozenVersion, tmp_path: Path
) -> None:
    (frozen.root / frozen.samples[0].path).write_bytes(b"another image")

    with pytest.raises(BadImage, match="not the one of the version"):
        writer.write(frozen, tmp_path / "out")


@EVERY
def test_cancelled_export_leaves_nothing(
    writer: Writer, frozen: FrozenVersion, tmp_path: Path
) -> None:
    class Impatient:
        def step(self, *_: object) -> None:
            raise Cancelled

    with pytest.raises(Cancelled):
        writer.write(frozen, tmp_path / "out", progress=Impatient())

    assert [path.name for path in tmp_path.iterdir()] == ["project"]


@pytest.mark.parametrize(
    "writer",
    # COCO is compared in columns; test_proof spoils each part of its file.
    [writer for writer in WRITERS if writer.format != "coco"],
    ids=lambda writer: writer.format,
)
def test_difference_after_reading_back_is_an_error(
    writer: Writer,
    frozen: FrozenVersion,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def disagree(
        read: Sequence[OutgoingBox], boxes: Sequence[OutgoingBox], tolerance_px: float
    ) -> bool:
        return not boxes

    monkeypatch.setattr(proof, "same_boxes", disagree)

    with pytest.raises(BadFile, match="read back differs"):
        writer.write(frozen, tmp_path / "out")

    assert not (tmp_path / "out").exists()


@EVERY
def test_version_without_an_assigned_sample_is_refused(
    writer: Writer, tmp_path: Path
) -> None:
    root = tmp_path / "project"
    loose = tuple(replace(s, split="") for s in stored_samples(root))

    with small_version(root, loose) as version:  # noqa: SIM117
        with pytest.raises(ProjectError, match="no sample to export"):
            writer.write(version, tmp_path / "out")


@EVERY
@settings(max_examples=15)
@given(
    corners=st.lists(st.tuples(WHOLE, WHOLE, WHOLE, WHOLE), max_size=5),
)
def test_any_boxes_survive_the_way_out_and_back(
    writer: Writer,
    tmp_path_factory: pytest.TempPathFactory,
    corners: list[tuple[float, float, float, float]],
) -> None:
    root = tmp_path_factory.mktemp("any")
    first = stored_samples(root)[0]
    boxes = [
        box(at, x0, y0, x1, y1)
        for at, (x0, y0, x1, y1) in enumerate(corners)
        if x0 < x1 and y0 < y1
    ]

    with small_version(root, (with_boxes(first, *boxes),)) as version:
        result = writer.write(version, root / "out")

    cut = [(max(b.x0, 0), max(b.y0, 0), min(b.x1, 48), min(b.y1, 32)) for b in boxes]
    wanted = [c for c in cut if c[0] < c[2] and c[1] < c[3]]
    assert result.boxes == len(set(wanted) if writer.format == "yolo" else wanted)
    if writer.format in READ_FORMATS:
        found = reader_for(writer.format).read(result.path)
        read = {tuple(round(v * 1024) / 1024 for v in b.corners)
                for b in found.images[0].boxes}  # fmt: skip
        assert read == set(wanted)


def test_other_formats_are_refused_by_name() -> None:
    with pytest.raises(UsageError, match="paper"):
        writer_for("paper")
    with pytest.raises(UsageError, match="paper"):
        reader_for("paper")


@given(corners=st.tuples(*[st.floats(-1e4, 1e4)] * 4))
def test_units_are_those_of_the_leaf(
    corners: tuple[float, float, float, float],
) -> None:
    x0, y0, x1, y1 = corners
    if x0 < x1 and y0 < y1:
        made = box(1, *corners)

        assert units(made) == quantise(made)
