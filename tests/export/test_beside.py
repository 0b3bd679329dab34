"""What lies beside every export: sums, dataset card, Croissant, drift, recipes."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from dataset.errors import ProjectError, ReadOnlyProject
from dataset.records import LabelClass
from dataset.version import read_version, write_version
from dataset.versions.frozen_version import FrozenVersion
from export.contract import Writer
from export.formats import writer_for
from export.side_car import read_side_car
from tests.export.small_version import (
    CLASSES,
    SPLITS,
    fitting,
    small_version,
    stored_samples,
)
from tests.export.test_writers import EVERY, contents
from tests.small_projects import read_only

COMPANIONS = {"drift.json": b'{"metrics":[]}\n', "report.html": b"<p>drift</p>\n"}


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="there is no sha256sum")
@EVERY
def test_sums_are_what_sha256sum_accepts(
    writer: Writer, frozen: FrozenVersion, tmp_path: Path
) -> None:
    out = writer.write(frozen, tmp_path / "out", companions=COMPANIONS).path

    check = ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"]
    whole = subprocess.run(check, cwd=out, capture_output=True, check=False)
    (out / "README.md").write_bytes(b"another")
    broken = subprocess.run(check, cwd=out, capture_output=True, check=False)

    assert (whole.returncode, whole.stdout, whole.stderr) == (0, b"", b"")
    assert broken.returncode == 1


@EVERY
def test_sums_name_every_file_but_themselves(
    writer: Writer, frozen: FrozenVersion, tmp_path: Path
) -> None:
    out = writer.write(frozen, tmp_path / "out", companions=COMPANIONS).path

    lines = (out / "SHA256SUMS").read_text("utf-8").splitlines()
    files = contents(out)
    del files["SHA256SUMS"]
    assert lines == [
        f"{hashlib.sha256(files[name]).hexdigest()}  {name}" for name in sorted(files)
    ]


@EVERY
def test_drift_goes_along_outside_of_the_digest(
    writer: Writer, frozen: FrozenVersion, tmp_path: Path
) -> None:
    plain = writer.write(frozen, tmp_path / "out")
    told = writer.write(frozen, tmp_path / "out", update=True, companions=COMPANIONS)
    assert (told.path / "drift.json").read_bytes() == COMPANIONS["drift.json"]
    again = writer.write(frozen, tmp_path / "out", update=True)

    assert plain.digest == told.digest == again.digest
    assert not (again.path / "drift.json").exists()
    assert "drift.json" not in (again.path / "SHA256SUMS").read_text()


@EVERY
def test_recipe_and_repeats_go_along(writer: Writer, tmp_path: Path) -> None:
    root = tmp_path / "project"
    samples = fitting(stored_samples(root), writer.format)
    recipe = {"steps": [{"name": "resize", "width": 640}]}
    train = next(s for s in samples if s.split == "train")
    policy = {"preprocess": recipe, "repeat": {"3": [train.id]}}
    made = write_version(
        root,
        samples=sorted(samples, key=lambda sample: sample.id),
        classes=CLASSES,
        splits=SPLITS,
        policy=policy,
        parent=None,
        message="",
        author="",
        created_us=1,
    )

    with read_version(root, made.version.id) as version:
        out = writer.write(version, tmp_path / "out").path

    assert json.loads((out / "preprocess.json").read_bytes()) == recipe
    named = {"train": {f"{train.id}.{train.suffix}": 3}}
    assert json.loads((out / "repeats.json").read_bytes()) == named
    card = (out / "README.md").read_text("utf-8")
    assert "`preprocess.json`" in card
    assert "`repeats.json`" in card


@EVERY
def test_card_tells_splits_classes_and_what_stays(
    writer: Writer, frozen: FrozenVersion, tmp_path: Path
) -> None:
    result = writer.write(frozen, tmp_path / "out")

    text = (result.path / "README.md").read_text("utf-8")
    train = [s for s in frozen.samples if s.split == "train"]
    boxes = sum(len(s.boxes) for s in train)
    assert f"# Data set {frozen.version.id}" in text
    assert f"`{writer.format}`" in text
    assert f"| train | train | - | {len(train)} | {boxes} |" in text
    assert "| test-night | test | condition:light=night | 1 | 1 |" in text
    assert '| Schräubchen "M3", &lt;b> | 2 | 5 |' in text
    assert "- 1: sealed in vault" in text
    assert "vault |" not in text


def test_card_keeps_markup_of_names_out(tmp_path: Path) -> None:
    root = tmp_path / "project"
    name = "| [x](y) <i> `a` *b* #"
    classes = (LabelClass(id=1, name=name, colour="#000000"), *CLASSES[1:])

    with small_version(root, stored_samples(root), classes) as version:
        out = writer_for("coco").write(version, tmp_path / "out").path

    row = next(r for r in (out / "README.md").read_text().splitlines() if "[x" in r)
    assert row.startswith(r"| \| \[x\](y) &lt;i> \`a\` \*b\* \# | 0 | 1 |")


@EVERY
def test_croissant_describes_files_splits_and_boxes(
    writer: Writer, frozen: FrozenVersion, tmp_path: Path
) -> None:
    result = writer.write(frozen, tmp_path / "out")

    described = json.loads((result.path / "croissant.json").read_bytes())
    assert described["conformsTo"] == "http://mlcommons.org/croissant/1.1"
    records = {record["@id"]: record for record in described["recordSet"]}
    assert [row["splits/name"] for row in records["splits"]["data"]] == [
        *("train", "val", "test-main", "test-night")
    ]
    assert [row["classes/name"] for row in records["classes"]["data"]] == [
        item.name for item in frozen.classes if not item.retired
    ]
    for item in described["distribution"]:
        if item["@type"] == "cr:FileObject":
            data = (result.path / item["contentUrl"]).read_bytes()
            assert item["sha256"] == hashlib.sha256(data).hexdigest()
        else:
            assert all(list(result.path.glob(p)) for p in item["includes"])


@EVERY
def test_croissant_table_holds_every_box(
    writer: Writer, frozen: FrozenVersion, tmp_path: Path
) -> None:
    result = writer.write(frozen, tmp_path / "out")

    text = (result.path / "croissant-boxes.csv").read_text("utf-8")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    classes = [item.id for item in frozen.classes if not item.retired]
    assert len(rows) == result.boxes
    for row in rows:
        sample = frozen.sample(row["image_id"])
        assert row["split"] == sample.split
        assert classes[int(row["class_index"])] in {b.class_id for b in sample.boxes}


@EVERY
def test_empty_samples_stay_at_home_on_demand(
    writer: Writer, frozen: FrozenVersion, tmp_path: Path
) -> None:
    result = writer.write(frozen, tmp_path / "out", drop_empty=True)

    side_car = read_side_car(result.path)
    empty = [s for s in frozen.samples if not s.boxes]
    assert empty
    assert dict(result.left_out)["nothing is in it"] == len(empty)
    assert not side_car.is_complete
    assert not {s.id for s in empty} & set(side_car.samples)


@EVERY
def test_update_over_another_projects_export_is_refused(
    writer: Writer, frozen: FrozenVersion, tmp_path: Path
) -> None:
    samples = [s for s in frozen.samples if s.split in ("train", "val")]
    with small_version(frozen.root, tuple(samples[::2])) as ours:
        writer.write(ours, tmp_path / "out")
    before = contents(tmp_path / "out")

    with (
        small_version(frozen.root, tuple(samples[1::2])) as theirs,
        pytest.raises(ProjectError, match="shares no sample"),
    ):
        writer.write(theirs, tmp_path / "out", update=True)

    assert contents(tmp_path / "out") == before


@pytest.mark.parametrize("name", ["coco", "tfrecord"])
def test_read_only_target_is_a_sentence(
    name: str, frozen: FrozenVersion, tmp_path: Path
) -> None:
    (tmp_path / "disk").mkdir()

    with (
        read_only(tmp_path / "disk", tmp_path / "view") as view,
        pytest.raises(ReadOnlyProject, match="cannot be written"),
    ):
        writer_for(name).write(frozen, view / "out")


@EVERY
def test_target_below_a_file_is_a_sentence(
    writer: Writer, frozen: FrozenVersion, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"mine")

    with pytest.raises(ProjectError, match=r"refused|cannot be written"):
        writer.write(frozen, tmp_path / "file" / "out")

    assert (tmp_path / "file").read_bytes() == b"mine"
