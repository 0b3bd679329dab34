from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from dataset.check import check
from dataset.diff import compare
from dataset.erasure import erase
from dataset.errors import PolicyRefusal, StorageFull
from dataset.findings import Severity
from dataset.images.image_file import decode
from dataset.policies.balancing import repeats_of
from dataset.policies.lineage import lineage_of
from dataset.policies.preprocess import from_json
from dataset.progress import SILENT
from dataset.project import Project
from dataset.records import LabelState, SampleState, VersionSample
from dataset.splitting.assignment import assign_splits
from dataset.versions.freezing import Frozen, freeze
from dataset.versions.verification import verify
from export.formats import writer_for
from export.intake import take_in
from tests.dataset.balanced_project import (
    STRESS,
    policy_text,
    unequal_project,
    write_policy,
)
from tests.small_projects import box, files_under, new_project, tiny_disk

POLICIES = ("undersample", "repeat", "augment")
GREY = '[preprocess]\ncolour = "grey"\n'


@pytest.fixture(params=POLICIES)
def project(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Project]:
    text = policy_text(request.param, STRESS, GREY)
    opened = unequal_project(tmp_path / "project", text)
    yield opened
    opened.close()


def _project(tmp_path: Path, policy: str, *more: str) -> Project:
    return unequal_project(tmp_path / "project", policy_text(policy, *more))


def _samples(project: Project, frozen: Frozen) -> list[VersionSample]:
    with project.version(frozen.version.alias) as version:
        return list(version.samples)


def _captured(project: Project) -> dict[str, VersionSample]:
    """What `warn` freezes: every labeled sample with its split."""
    text = policy_text("warn")
    with write_policy(project, text) as plain:
        return {sample.id: sample for sample in _samples(plain, freeze(plain))}


def _boxes(samples: list[VersionSample], split: str) -> Counter[int]:
    rows = [sample for sample in samples if sample.split == split]
    return Counter(box.class_id for sample in rows for box in sample.boxes)


def test_the_same_content_and_policy_is_the_same_version(project: Project) -> None:
    first = freeze(project)

    second = freeze(project)

    assert second.known
    assert second.version.id == first.version.id
    assert second.policy.copies.new == 0


def test_a_policy_touches_train_alone(project: Project) -> None:
    samples = _samples(project, freeze(project))

    captured = _captured(project)

    untouched = {s.id: s for s in samples if s.split in ("val", "test-main")}
    natural = {i: s for i, s in captured.items() if s.split in ("val", "test-main")}
    assert untouched == natural
    for sample in samples:
        lineage = lineage_of(sample)
        if lineage is None:
            assert sample == captured[sample.id]
            continue
        parent = captured[lineage.parent_id]
        assert sample.group == parent.group
        source = "train" if lineage.kind == "augment" else "test-main"
        assert parent.split == source


def test_every_group_is_in_one_split_but_for_stress_sets(project: Project) -> None:
    samples = _samples(project, freeze(project))

    splits: dict[str, set[str]] = {}
    for sample in samples:
        if sample.split != "test-dark":
            splits.setdefault(sample.group, set()).add(sample.split)
    assert all(len(found) == 1 for found in splits.values())


def test_the_version_verifies_down_to_the_made_pictures(project: Project) -> None:
    freeze(project)

    with project.version("latest") as version:
        findings = verify(
            version, lambda sample: (project.root / sample.path).read_bytes()
        )

    assert findings == ()


def test_a_whole_export_taken_in_again_is_the_same_version(
    project: Project, tmp_path: Path
) -> None:
    frozen = freeze(project)
    with project.version("latest") as version:
        writer_for("coco").write(version, tmp_path / "coco")
    text = (project.root / "fieldset.toml").read_text()

    other = write_policy(new_project(tmp_path / "other"), text)
    with other:
        take_in(other, tmp_path / "coco")
        again = freeze(other)

    assert again.version.id == frozen.version.id
    assert again.policy.copies.new == 0


def test_copies_of_an_erased_sample_do_not_come_back_with_an_export(
    project: Project, tmp_path: Path
) -> None:
    freeze(project)
    with project.version("latest") as version:
        writer_for("coco").write(version, tmp_path / "coco")
        copies = [(s.id, lineage_of(s)) for s in version.samples]
    parent_id = next(lineage.parent_id for _, lineage in copies if lineage)
    own = {i for i, lineage in copies if lineage and lineage.parent_id == parent_id}

    erase(project, parent_id)
    done = take_in(project, tmp_path / "coco")

    files = {path.stem for path in project.images.files()}
    assert files.isdisjoint({parent_id, *own})
    assert not any(project.catalog.made.has(one) for one in own)
    reasons = [reason.partition(":")[0] for _, reason in done.skipped]
    assert reasons.count("It was made of a picture that was erased") == len(own) > 0
    assert reasons.count("This picture was erased from the project") == 1


def test_another_recipe_is_another_version(project: Project) -> None:
    first = freeze(project)
    text = (project.root / "fieldset.toml").read_text()

    with write_policy(project, text.replace("ratio = 2.0", "ratio = 3.0")) as other:
        second = freeze(other)

    assert second.version.id != first.version.id


def test_undersampling_leaves_samples_out_of_this_version_only(tmp_path: Path) -> None:
    project = _project(tmp_path, "undersample")

    frozen = freeze(project)

    samples = _samples(project, frozen)
    gone = set(frozen.policy.left_out)
    assert gone
    assert not gone & {sample.id for sample in samples}
    cars, bikes = _boxes(samples, "train")[1], _boxes(samples, "train")[2]
    assert cars == 2 * bikes
    assert gone <= set(_captured(project))


def test_repeats_are_a_list_and_no_copied_files(tmp_path: Path) -> None:
    project = _project(tmp_path, "repeat")
    before = files_under(project.root / "images")

    frozen = freeze(project)

    with project.version("latest") as version:
        repeats = repeats_of(version.policy)
    samples = {sample.id: sample for sample in _samples(project, frozen)}
    assert repeats
    assert {samples[sample_id].split for sample_id in repeats} == {"train"}
    assert files_under(project.root / "images") == before
    (_, bikes) = frozen.policy.classes
    assert bikes[3] == 2.5 * bikes[2]
    project.close()


def test_exports_tell_the_trainer_what_to_repeat(tmp_path: Path) -> None:
    project = _project(tmp_path, "repeat")
    freeze(project)

    with project.version("latest") as version:
        repeats = repeats_of(version.policy)
        writer_for("yolo").write(version, tmp_path / "yolo")
        writer_for("coco").write(version, tmp_path / "coco")
    project.close()

    listed = Counter((tmp_path / "yolo" / "train.txt").read_text().splitlines())
    on_disk = {f"./images/train/{p.name}" for p in tmp_path.glob("yolo/images/train/*")}
    assert set(listed) == on_disk
    assert {Path(n).stem: c for n, c in listed.items() if c > 1} == repeats
    assert "train: train.txt" in (tmp_path / "yolo" / "data.yaml").read_text()
    told = json.loads((tmp_path / "coco" / "repeats.json").read_text())
    assert {Path(n).stem: c for n, c in told["train"].items()} == repeats


def test_an_update_without_repeats_takes_the_list_away(tmp_path: Path) -> None:
    project = _project(tmp_path, "repeat")
    freeze(project)
    with project.version("latest") as version:
        writer_for("yolo").write(version, tmp_path / "yolo")

    with write_policy(project, policy_text("warn")) as plain:
        freeze(plain)
        with plain.version("latest") as version:
            writer_for("yolo").write(version, tmp_path / "yolo", update=True)

    assert not (tmp_path / "yolo" / "train.txt").exists()
    assert not (tmp_path / "yolo" / "repeats.json").exists()


def test_augmented_copies_fill_up_the_rare_class(tmp_path: Path) -> None:
    project = _project(tmp_path, "augment")

    frozen = freeze(project)

    samples = _samples(project, frozen)
    made = [sample for sample in samples if lineage_of(sample)]
    assert len(made) == frozen.policy.copies.new > 0
    assert all(sample.split == "train" and sample.boxes for sample in made)
    (cars, bikes) = frozen.policy.classes
    assert _boxes(samples, "train") == {1: cars[3], 2: bikes[3]}
    assert cars[3] <= 2 * bikes[3]
    project.close()


def test_copies_made_anew_are_the_same_version(tmp_path: Path) -> None:
    """The same content, recipe and libraries: no copy comes from a store here."""
    project = _project(tmp_path, "augment")
    assign_splits(project)
    project.close()
    twin = tmp_path / "twin"
    shutil.copytree(project.root, twin)

    found = []
    for root in (project.root, twin):
        with Project.open(root) as opened:
            found.append(freeze(opened))

    assert found[0].version.id == found[1].version.id
    assert all(frozen.policy.copies.new > 0 for frozen in found)


def test_the_library_versions_are_recorded_but_do_not_count(tmp_path: Path) -> None:
    project = _project(tmp_path, "augment")
    freeze(project)

    with project.version("latest") as version:
        (libraries,) = version.policy["record"]["libraries"]

    assert set(libraries) == {"albumentations", "numpy", "opencv-python-headless"}
    project.close()


def test_a_recipe_that_empties_every_copy_is_said(tmp_path: Path) -> None:
    recipe = "[balance.augment]\nvisibility = 1.0\nrotate_deg = 45\nshift = 1.0\n"
    project = _project(tmp_path, "augment", recipe)

    outcome = freeze(project).policy

    assert outcome.copies.emptied > 0
    said = "\n".join(outcome.sentences)
    assert f"no box stayed visible: {outcome.copies.emptied}" in said
    assert "bike stays short in train" in said
    project.close()


def test_a_stress_set_is_a_darker_copy_of_its_source(tmp_path: Path) -> None:
    project = _project(tmp_path, "warn", STRESS)

    frozen = freeze(project)

    samples = {sample.id: sample for sample in _samples(project, frozen)}
    dark = [sample for sample in samples.values() if sample.split == "test-dark"]
    sources = [s for s in samples.values() if s.split == "test-main"]
    assert len(dark) == len(sources) > 0
    for sample in dark:
        lineage = lineage_of(sample)
        assert lineage is not None
        parent = samples[lineage.parent_id]
        assert sample.boxes == parent.boxes
        assert np.mean(_pixels(project, sample)) < np.mean(_pixels(project, parent))
    assert not any("test-dark" in finding.what for finding in frozen.split.findings)
    project.close()


def test_copies_of_a_sealed_set_are_sealed(tmp_path: Path) -> None:
    vault = '[split.tests.test-vault]\nrule = "vault"\nshare = 0.1\n'
    stress = '[split.tests.test-fog]\nrule = "stress:haze/2 of test-vault"\n'
    text = policy_text("warn", vault, stress).replace("train = 0.70", "train = 0.55")
    project = unequal_project(tmp_path / "project", text, sessions=12)

    freeze(project)

    with project.version("latest") as version:
        sealed = {split.name for split in version.splits if split.sealed}
    assert sealed == {"test-vault", "test-fog"}
    project.close()


def test_the_preprocessing_travels_with_version_and_export(tmp_path: Path) -> None:
    project = _project(tmp_path, "warn", GREY)
    freeze(project)

    with project.version("latest") as version:
        recipe = dict(version.policy["preprocess"])
        writer_for("coco").write(version, tmp_path / "coco")

    told = json.loads((tmp_path / "coco" / "preprocess.json").read_text())
    assert told == recipe
    assert from_json(told) == project.settings.preprocess
    project.close()


def test_changed_boxes_change_the_copies_and_the_diff_tells(tmp_path: Path) -> None:
    project = _project(tmp_path, "augment")
    first = freeze(project)
    copies = [s for s in _samples(project, first) if lineage_of(s)]
    lineage = lineage_of(copies[0])
    assert lineage is not None
    moved = LabelState(state=SampleState.LABELED, boxes=(box("m", 2, x0=30.0),))
    project.catalog.labels.put(lineage.parent_id, moved)

    freeze(project)

    with project.version("v1") as old, project.version("v2") as new:
        changes = compare(old, new).to_json()
        kept = {s.id: s for s in new.samples}
        assert all(b.id == box("m").id for b in kept[copies[0].id].boxes)
    assert changes["samples"]["removed"] == 0
    project.close()


def test_labels_changed_meanwhile_are_planned_again(tmp_path: Path) -> None:
    project = _project(tmp_path, "augment")
    freeze(project)
    captured = _captured(project)
    train = sorted(i for i, s in captured.items() if s.split == "train" and s.boxes)
    project = write_policy(project, policy_text("augment", "[balance.augment]\nseed=2"))

    class Meddles:
        """A person who labels while the copies are made."""

        done = False

        def step(self, done: int, total: int | None, what: str) -> None:  # noqa: ARG002
            if what == "augment copies" and not self.done:
                self.done = True
                state = LabelState(state=SampleState.LABELED, boxes=(box("late", 2),))
                project.catalog.labels.put(train[0], state)

    meddles = Meddles()
    frozen = freeze(project, progress=meddles)

    assert meddles.done
    samples = {sample.id: sample for sample in _samples(project, frozen)}
    assert samples[train[0]].boxes == (box("late", 2),)
    assert freeze(project, progress=SILENT).version.id == frozen.version.id
    project.close()


def test_refuse_still_refuses_what_is_short(tmp_path: Path) -> None:
    targets = "[balance.targets.bike]\nboxes = 5000\n"
    project = _project(tmp_path, "refuse", targets)

    with pytest.raises(PolicyRefusal, match="bike"):
        freeze(project)

    project.close()


def test_a_target_beyond_reach_is_said_and_not_refused(tmp_path: Path) -> None:
    targets = "[balance.targets.bike]\nboxes = 5000\n"
    project = _project(tmp_path, "repeat", targets)

    outcome = freeze(project).policy

    assert any(note.startswith("bike stays short") for note in outcome.notes)
    assert all(times == 3 for _, times in outcome.repeats)
    project.close()


def test_a_full_disk_leaves_no_version_and_a_sound_project(tmp_path: Path) -> None:
    with tiny_disk(tmp_path / "disk", "8m") as disk:
        plain = policy_text("warn")
        with unequal_project(disk / "project", plain, size=8) as project:
            freeze(project)
        text = policy_text("augment")
        with write_policy(Project.open(disk / "project"), text) as project:
            ballast = disk / "ballast"
            _fill(ballast, leave=150_000)

            with pytest.raises(StorageFull):
                freeze(project)

            ballast.unlink()
            assert list(project.catalog.made.each())
            assert [v.number for v in project.versions()] == [1]
            (finding,) = check(project, deep=True, settled_s=0.0)
            assert finding.severity is Severity.OK
            assert freeze(project).version.number == 2


def _fill(ballast: Path, *, leave: int) -> None:
    with ballast.open("wb", buffering=0) as stream:
        try:
            while stream.write(bytes(4096)):
                pass
        except OSError:
            stream.truncate(max(0, stream.tell() - leave))


def _pixels(project: Project, sample: VersionSample) -> np.ndarray:
    return decode((project.root / sample.path).read_bytes())
