"""What the targets of exports would refuse, told before anything is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from dataset.errors import ProjectError, StorageFull
from dataset.records import LabelClass, Split, SplitKind, VersionSample
from export.formats import WRITERS, writer_for
from export.handover import preflight
from export.handover.plan import Plan, make_plan
from export.handover.preflight import Finding, Severity, findings, require_fit
from export.operation import look_at_version
from tests.export.small_version import box, small_version, stored_samples, with_boxes
from tests.small_projects import tiny_disk

MakePlan = Callable[..., Plan]
MANY = tuple(LabelClass(id=n, name=f"c{n}", colour="#E69F00") for n in range(1, 23))


@pytest.fixture
def plan_of(tmp_path: Path) -> MakePlan:
    """Makes a plan of one sample that is changed, or of others."""
    root = tmp_path / "project"
    sample = stored_samples(root)[0]

    def make(
        *samples: VersionSample, classes: tuple[LabelClass, ...] = MANY, **changes: int
    ) -> Plan:
        rows = samples or (replace(sample, **changes),)
        with small_version(root, rows, classes) as version:
            return make_plan(version, include_sealed=False)

    return make


def errors(found: tuple[Finding, ...]) -> list[str]:
    """What the errors say."""
    return [item.what for item in found if item.severity is Severity.ERROR]


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"width": 10_241, "height": 5_000}, "more than 10240 pixels"),
        ({"width": 7_801, "height": 300}, "longer than 25:1"),
        ({"size_bytes": (6 << 20) + 1}, "more than 6,291,456 bytes"),
        ({"suffix": "webp"}, "kind that is not taken: webp"),
    ],
)
def test_custom_vision_refuses_images_it_does_not_take(
    plan_of: MakePlan, changes: dict[str, int], what: str
) -> None:
    (said,) = errors(findings("custom-vision", plan_of(**changes)))

    assert what in said
    assert "(1 image)" in said


def test_custom_vision_takes_images_at_its_limits(plan_of: MakePlan) -> None:
    at_limit = plan_of(width=10_240, height=410, size_bytes=6 << 20)

    assert errors(findings("custom-vision", at_limit)) == []


def test_custom_vision_refuses_crowded_images(
    plan_of: MakePlan, tmp_path: Path
) -> None:
    sample = stored_samples(tmp_path / "s")[0]
    crowd = with_boxes(sample, *(box(n, 1, 1, 9, 9) for n in range(301)))
    mixed = with_boxes(sample, *(box(n, 1, 1, 9, 9, class_id=n) for n in range(1, 22)))

    assert "300 regions" in errors(findings("custom-vision", plan_of(crowd)))[0]
    assert "20 tags" in errors(findings("custom-vision", plan_of(mixed)))[0]


def test_rare_classes_and_small_images_are_warnings(plan_of: MakePlan) -> None:
    said = [item.what for item in findings("custom-vision", plan_of())]

    assert any(
        what.endswith("c7 (0), c8 (0) and 14 more") and "fewer have: c1 (1)" in what
        for what in said
    )
    assert any("256 pixels" in what for what in said)


def test_project_quotas_are_errors_or_warnings_of_the_free_one(
    plan_of: MakePlan,
) -> None:
    def classes(count: int) -> tuple[LabelClass, ...]:
        return tuple(
            LabelClass(id=n, name=f"c{n}", colour="#E69F00") for n in range(1, count)
        )

    warned = findings("custom-vision", plan_of(classes=classes(60)))
    refused = findings("custom-vision", plan_of(classes=classes(502)))

    assert any("at most 50 tags: 59" in item.what for item in warned)
    assert errors(warned) == []
    assert errors(refused) == ["A project holds at most 500 tags: 501"]


def test_azure_machine_learning_takes_no_webp(plan_of: MakePlan) -> None:
    (said,) = errors(findings("azureml", plan_of(suffix="webp")))

    assert "webp" in said


def test_train_is_missed_where_it_is_needed(plan_of: MakePlan, tmp_path: Path) -> None:
    tests_only = plan_of(replace(stored_samples(tmp_path / "s")[0], split="val"))

    assert any("split: train" in f.what for f in findings("azureml", tests_only))
    assert findings("coco", tests_only) == ()


def test_turned_images_are_named_for_every_format(plan_of: MakePlan) -> None:
    for writer in WRITERS:
        said = [f.what for f in findings(writer.format, plan_of(orientation=6))]

        assert any("EXIF" in what for what in said), writer.format


@pytest.mark.parametrize("name", ["bell\x07", "\ufffe"])
def test_xml_refuses_names_that_it_cannot_hold(plan_of: MakePlan, name: str) -> None:
    plan = plan_of(classes=(LabelClass(id=1, name=name, colour="#000000"), *MANY[1:]))

    for format_name in ("voc", "voc-strict", "cvat", "label-studio"):
        assert "XML cannot hold" in errors(findings(format_name, plan))[0]
    assert errors(findings("coco", plan)) == []


def test_two_classes_of_one_name_are_refused(plan_of: MakePlan) -> None:
    twins = tuple(LabelClass(id=n, name="bolt", colour="#000000") for n in (1, 2))

    for writer in WRITERS:
        said = errors(findings(writer.format, plan_of(classes=(*twins, *MANY[2:]))))
        assert said == ["2 classes have one name: 'bolt'"]


def test_splits_that_become_one_name_are_refused(
    plan_of: MakePlan,
) -> None:
    splits = tuple(Split(name=n, kind=SplitKind.TEST) for n in ("test-a", "test_a"))
    plan = replace(plan_of(), splits=splits)

    assert errors(findings("huggingface-parquet", plan)) == [
        "Splits have one name without hyphens: test_a"
    ]
    assert errors(findings("webdataset", plan)) == []


def test_split_without_boxes_is_named_for_loaders_that_guess(
    plan_of: MakePlan, tmp_path: Path
) -> None:
    plan = plan_of(with_boxes(stored_samples(tmp_path / "s")[0]))

    assert any(
        "without one box: train" in f.what for f in findings("huggingface", plan)
    )


def test_refusal_comes_before_anything_is_written(
    plan_of: MakePlan, tmp_path: Path
) -> None:
    root = tmp_path / "project"
    sample = replace(stored_samples(root)[0], width=9_000, height=300)

    with (
        small_version(root, (sample,)) as version,
        pytest.raises(ProjectError, match=r"custom-vision would refuse this: .*25:1"),
    ):
        writer_for("custom-vision").write(version, tmp_path / "out")

    assert [path.name for path in tmp_path.iterdir()] == ["project"]


def test_refusal_counts_further_errors(plan_of: MakePlan) -> None:
    plan = plan_of(width=10_300, height=300, size_bytes=7 << 20)

    with pytest.raises(ProjectError, match=r"\(and 2 more\)"):
        require_fit("custom-vision", plan)


def test_too_small_a_disk_is_refused_before_anything_is_written(
    tmp_path: Path,
) -> None:
    root = tmp_path / "project"
    samples = tuple(replace(s, size_bytes=1 << 20) for s in stored_samples(root))

    with (
        tiny_disk(tmp_path / "disk") as disk,
        small_version(root, samples) as version,
    ):
        with pytest.raises(StorageFull, match="are free there"):
            writer_for("coco").write(version, disk / "out")

        assert list(disk.iterdir()) == []


def test_disk_that_fills_on_the_way_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "project"
    monkeypatch.setattr(preflight.shutil, "disk_usage", _roomy)

    with (
        tiny_disk(tmp_path / "disk", "48k") as disk,
        small_version(root, stored_samples(root)) as version,
    ):
        for name in ("coco", "webdataset", "huggingface-parquet"):
            with pytest.raises(StorageFull, match="disk is full"):
                writer_for(name).write(version, disk / "out")

            assert list(disk.iterdir()) == []


def _roomy(_: Path) -> SimpleNamespace:
    return SimpleNamespace(free=1 << 40)


def test_version_is_asked_about_without_a_target(tmp_path: Path) -> None:
    root = tmp_path / "project"
    with small_version(root, stored_samples(root)):
        seen = look_at_version(root, "latest", ["csv", "azureml"])
        pushed = look_at_version(root, "latest", [])

    name, said = seen.findings[0]
    assert (name, said.severity) == ("azureml", Severity.ERROR)
    assert "kind that is not taken: webp (1 image)" in said.what
    assert (pushed.samples, pushed.findings) == (seen.samples, ())
    assert not (tmp_path / "out").exists()
