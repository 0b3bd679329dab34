"""What looks alike across splits: the side nearer to training leaves, and only it."""

from __future__ import annotations

from pathlib import Path
from random import Random

import cv2
import numpy as np
import pytest

from dataset.near_duplicates.linking import NearDuplicates, join_links
from dataset.project import Project
from dataset.records import LabelState, LedgerAction, LedgerRow, SampleState

from . import pictures
from .commands import fieldset


def _group_in(project: Project, split: str) -> str:
    """A group of one sample that stands in that split."""
    session = project.begin_session(name=split)
    (data,) = pictures.many(1, split)
    taken = project.take_in(data, session, captured_us=session.started_us)
    row = LedgerRow(
        group_id=taken.sample.group_id,
        split=split,
        action=LedgerAction.ASSIGNED,
        reason="by hand",
        at_us=1,
    )
    project.catalog.splits.append([row])
    return taken.sample.group_id


def test_meeting_again_does_not_quarantine_the_side_that_stays(project: Path) -> None:
    with Project.open(project) as opened:
        catalog = opened.catalog
        for split in opened.splits:
            catalog.splits.define(split)
        train, val = _group_in(opened, "train"), _group_in(opened, "val")

        # The same two are found alike at every later freeze, too.
        for at_us in (2, 3, 4):
            catalog.groups.join(train, val, reason="the same picture", at_us=at_us)

        rows = [(row.group_id, row.action) for row in catalog.splits.ledger()]
    assert rows == [
        (train, LedgerAction.ASSIGNED),
        (val, LedgerAction.ASSIGNED),
        (train, LedgerAction.QUARANTINED),
    ]


def _variants(seed: int) -> list[bytes]:
    """A picture of its own, re-encoded, cropped, and darkened."""
    noise = np.random.default_rng(seed).integers(20, 235, (8, 10, 3), np.uint8)
    pixels = np.asarray(cv2.resize(noise, (320, 240), interpolation=cv2.INTER_CUBIC))
    changed = (pixels, pixels[10:, 20:], (pixels * 0.7).astype(np.uint8))
    options = [cv2.IMWRITE_JPEG_QUALITY, 80 - 10 * seed]
    return [cv2.imencode(".jpg", one, options)[1].tobytes() for one in changed]


def _take_in(project: Project, jpegs: list[bytes]) -> list[str]:
    """The pictures as an import's: each a group of its own, no camera."""
    session = project.begin_session(name="import")
    return [
        project.take_in(
            data, session, captured_us=0, group_id=f"g-{number:016}"
        ).sample.id
        for number, data in enumerate(jpegs)
    ]


def _label(project: Project, ids: list[str]) -> None:
    for sample_id in ids:
        project.catalog.labels.put(sample_id, LabelState(state=SampleState.EMPTY))


def _join(project: Project) -> None:
    duplicates = NearDuplicates(project)
    links = duplicates.find()
    with project.catalog.writing():
        duplicates.keep()
        join_links(project, links)


@pytest.mark.parametrize("seed", range(4))
def test_groups_are_the_same_in_whatever_batches_samples_come(
    tmp_path: Path, seed: int
) -> None:
    jpegs = [data for picture in range(5) for data in _variants(picture)]
    random = Random(seed)
    found = []
    for name, sizes in (("at once", [99]), ("in batches", [1, 4, 2, 5, 99])):
        with Project.create(tmp_path / name, ["car"]) as project:
            ids = _take_in(project, jpegs)
            waiting = list(ids)
            random.shuffle(waiting)
            for size in sizes:
                _label(project, waiting[:size])
                waiting = waiting[size:]
                _join(project)
            found.append([project.catalog.samples.get(i).group_id for i in ids])

    at_once, in_batches = found
    assert at_once == in_batches
    assert at_once == [f"g-{3 * (n // 3):016}" for n in range(15)]


def test_lost_image_stops_neither_split_nor_version(
    project: Path, tmp_path: Path
) -> None:
    root = pictures.write_coco(tmp_path / "set", pictures.traffic(), ["car", "bike"])
    assert fieldset("import", root, "--project", project).code == 0
    with Project.open(project) as opened:
        lost, damaged, *_ = opened.catalog.samples.each()
        opened.image_path(lost).unlink()
        opened.image_path(damaged).chmod(0o644)
        opened.image_path(damaged).write_bytes(b"no picture")

    split = fieldset("split", "--json", "--project", project)
    version = fieldset("version", "create", "--json", "--project", project)
    told = fieldset("split", "--project", project)

    assert (split.code, version.code, told.code) == (3, 3, 3)
    # The others have their splits; these two wait, for they are groups of their own.
    assert len(split.json["assigned"]) == 4
    for done in (split, version):
        errors = [f for f in done.json["findings"] if f["severity"] == "error"]
        assert {f["path"] for f in errors} == {lost.id, damaged.id}
        assert all(f["next"] for f in errors)
    assert version.json["samples"] == 6
    assert "report was not made" in version.talk
    assert lost.id in told.talk


def test_erasing_what_is_lost_ends_the_complaint(project: Path, tmp_path: Path) -> None:
    root = pictures.write_coco(tmp_path / "set", pictures.traffic(), ["car"])
    fieldset("import", root, "--project", project)
    with Project.open(project) as opened:
        lost = next(iter(opened.catalog.samples.each()))
        opened.image_path(lost).unlink()
    assert fieldset("split", "--project", project).code == 3

    fieldset("erase", lost.id, "--project", project)

    assert fieldset("split", "--project", project).code == 0
