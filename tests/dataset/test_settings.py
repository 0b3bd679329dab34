from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset.errors import ProjectError, SettingsError
from dataset.records import SplitKind
from dataset.settings import ProjectSettings, Target, default_text, read_settings


def read(tmp_path: Path, text: str) -> ProjectSettings:
    path = tmp_path / "fieldset.toml"
    path.write_text(text, encoding="utf-8")
    return read_settings(path)


def fault(tmp_path: Path, text: str) -> str:
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, text)
    return caught.value.message


def test_new_projects_file_says_the_defaults(tmp_path: Path) -> None:
    written = read(tmp_path, default_text("bridge"))
    empty = read(tmp_path, "")

    assert written.name == "bridge"
    assert written.capture == empty.capture
    assert written.label == empty.label
    assert written.balance == empty.balance
    assert [(s.name, s.kind, s.share) for s in written.splits] == [
        ("train", SplitKind.TRAIN, 0.70),
        ("val", SplitKind.VAL, 0.15),
        ("test-main", SplitKind.TEST, 0.15),
    ]


def test_everything_that_can_be_said_is_read(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        """
        [project]
        name = "night <b>"
        [split]
        train = 0.6
        val = 0.2
        tests.test-time.rule = "after:2027-01-01"
        [split.tests.test-main]
        share = 0.2
        [split.tests.test-night]
        rule = "condition:light=night/3"
        [balance]
        policy = "warn"
        [balance.targets."big car"]
        boxes = 400
        groups = 10
        conditions = { "light=night" = 80 }
        [capture]
        format = "png"
        jpeg_quality = 80
        keep_gps = true
        [label]
        carry_gap_s = 5
        tracker = ["models/a.onnx", "models/b.onnx"]
        """,
    )

    assert found.name == "night <b>"
    assert {s.name: s.rule for s in found.splits if s.kind is SplitKind.TEST} == {
        "test-time": "after:2027-01-01",
        "test-main": "random",
        "test-night": "condition:light=night/3",
    }
    assert found.balance.targets == (
        ("big car", Target(boxes=400, groups=10, conditions=(("light=night", 80),))),
    )
    assert found.balance.effective_policy == "warn"
    assert (found.capture.image_format, found.capture.jpeg_quality) == ("png", 80)
    assert found.capture.keep_gps
    assert found.label.carry_gap_s == 5.0
    assert found.label.tracker == ("models/a.onnx", "models/b.onnx")


def test_a_condition_may_want_groups_as_well_as_boxes(tmp_path: Path) -> None:
    under = "{ 'light=night' = { groups = 3 }, 'rain=yes' = { boxes = 4, groups = 1 } }"

    ((_, found),) = read(
        tmp_path, f"[balance.targets.car]\nconditions = {under}"
    ).balance.targets

    assert found.conditions == (("light=night", 0), ("rain=yes", 4))
    assert found.group_conditions == (("light=night", 3), ("rain=yes", 1))


def test_targets_alone_make_the_policy_refuse(tmp_path: Path) -> None:
    assert read(tmp_path, "").balance.effective_policy == "warn"
    assert (
        read(tmp_path, "[balance.targets.car]\nboxes = 1").balance.effective_policy
        == "refuse"
    )


def test_shares_by_class_and_condition_are_read(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        """
        [split]
        tests.test-main = { share = 0.15 }
        [split.classes]
        bike = { test-main = 0.3 }
        [split.conditions."light=night"]
        val = 0.2
        test-main = 0.25
        [split.weights]
        size = 2
        """,
    ).shares

    assert found.classes == (("bike", (("test-main", 0.3),)),)
    assert found.conditions == (("light=night", (("val", 0.2), ("test-main", 0.25))),)
    assert (found.size_weight, found.classes_weight) == (2.0, 2.0)


def test_what_the_new_projects_file_offers_can_be_said(tmp_path: Path) -> None:
    """Every line that stands there as a comment is valid once the # is taken off."""
    text = re.sub(r"(?m)^# (?=\[|[a-z_-]+ = )", "", default_text("bridge"))

    found = read(tmp_path, text.replace("train = 0.70", "train = 0.60"))

    assert {"test-time", "test-night", "test-dark"} <= {s.name for s in found.splits}
    assert found.shares.classes == (("bike", (("test-main", 0.3),)),)
    assert found.balance.policy == "warn"


def test_name_is_the_folders_where_none_is_given(tmp_path: Path) -> None:
    assert read(tmp_path, "").name == tmp_path.name


@given(st.text())
def test_any_folder_name_makes_a_file_that_can_be_read(name: str) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        found = read(Path(folder), default_text(name))

    assert found.name == name


def test_folder_name_that_is_no_unicode_makes_a_file_that_can_be_read(
    tmp_path: Path,
) -> None:
    assert read(tmp_path, default_text("half \udcff")).name == "half ?"


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("[split]\ntrain = 2", 2, 1, "a share lies between 0 and 1: 2.0"),
        ("[split]\n\n  val=-0.1", 3, 3, "a share lies between 0 and 1: -0.1"),
        ("[split]\ntrain = nan", 2, 1, "a share lies between 0 and 1: nan"),
        ("[split]\ntrain = 'all'", 2, 1, "`train` has another type: all"),
        ("[split]\ntrain = true", 2, 1, "`train` has another type: True"),
        ("[split]\ntrain = 0.9\nval = 0.2", 2, 1, "the shares add up to over 1: 1.1"),
        ("# x\n[splits]\ntrain = 1", 2, 2, "there is no such setting"),
        ("[split]\ntrane = 0.5", 2, 1, "there is no such setting"),
        ("split = 3", 1, 1, "`split` is a table: 3"),
        (
            "[split.tests.Main]\nrule = 'random'",
            1,
            2,
            "small letters, digits and -: Main",
        ),
        ("[split.tests.train]", 1, 2, "small letters, digits and -: train"),
        ("[split.tests.'../x']", 1, 2, "small letters, digits and -: ../x"),
        ("[split.tests.a] # why\n\nrule = 'moon'", 3, 1, ": moon"),
        ("[split.tests.a]\nrule = 'after:2026-13-01'", 2, 1, ": after:2026-13-01"),
        ("[split.tests.a]\nrule = 7", 2, 1, "`rule` has another type: 7"),
        ("[split]\ntests.a = { rule = 'moon' }", 2, 13, ": moon"),
        ("split.train = 7", 1, 1, "a share lies between 0 and 1"),
        ("[balance]\npolicy = 'maybe'", 2, 1, "the policies are warn, refuse"),
        ("[balance.targets.car]\nboxes = -1", 2, 1, "a target is not below 0: -1"),
        ("[balance.targets.car]\nboxes = 1.5", 2, 1, "`boxes` has another type: 1.5"),
        ("[balance.targets]\ncar = 4", 2, 1, "`car` is a table: 4"),
        ("[balance.targets]\n'a b' = { boxes = -4 }", 2, 11, "a target is not below 0"),
        (
            "[balance.targets.car]\nconditions = { 'light=night' = -2 }",
            2,
            16,
            "a target is not below 0: -2",
        ),
        (
            "[balance.targets.car]\nconditions = { 'a=b' = { box = 3 } }",
            2,
            26,
            "did you mean boxes?): box",
        ),
        ("[capture]\nformat = 'gif'", 2, 1, "`format` is one of jpeg, png: gif"),
        ("[capture]\njpeg_quality = 101", 2, 1, "50 to 100: 101"),
        ("[capture]\nkeep_gps = 1", 2, 1, "`keep_gps` is true or false: 1"),
        ("[label]\ncarry_gap_s = 0", 2, 1, "a pause is above 0 s: 0.0"),
        ("[label]\ncarry_gap_s = inf", 2, 1, "a pause is above 0 s: inf"),
        ("[label]\ncarry_gap_s = true", 2, 1, "`carry_gap_s` has another type: True"),
        ("[label]\ntracker = 3", 2, 1, "`tracker` is a file, or a list of two: 3"),
        ("[label]\ntracker = ['a.onnx', 1]", 2, 1, "a file, or a list of two"),
        ("[label]\ntracker = 'vit.pt'", 2, 1, "`tracker` is an ONNX file: vit.pt"),
        ("[label]\ntracker_seconds = 0", 2, 1, "lies in 0.1 to 600: 0"),
        ("[label]\ntrackers = 'a'", 2, 1, "(did you mean tracker?): trackers"),
        ("[[label]]\ncarry_gap_s = 1", 1, 3, "`label` is a table"),
        ("# \u2028 one line still\n[capture]\nformat = 'gif'", 3, 1, "gif"),
        ("[balance.augment]\nflop = 1", 2, 1, "did you mean flip?): flop"),
        ("[split.classes]\ncar = 1", 2, 1, "`car` is a table: 1"),
        ("[split.classes.car]\nvall = 0.1", 2, 1, "split (did you mean val?): vall"),
        ("[split.classes.car]\n val = 2", 2, 2, "a share lies between 0 and 1: 2.0"),
        ("[split.classes]\ncar = { val = 2 }", 2, 9, "between 0 and 1: 2.0"),
        (
            "[split.classes.car]\ntrain = 0.9\nval = 0.2",
            1,
            2,
            "the shares of car do not add up to 1: 1.1",
        ),
        (
            "[split.classes.car]\ntrain = 0.5\nval = 0.2",
            1,
            2,
            "the shares of car do not add up to 1: 0.7",
        ),
        (
            "[split.tests.a]\nrule = 'hand'\n[split.classes.car]\na = 0.1",
            4,
            1,
            "a set that its rule fills has no share: a",
        ),
        ("[split.conditions.night]\nval = 1", 1, 2, "written as key=value: night"),
        ("[split.weights]\nsize = -1", 2, 1, "it lies in 0 to 1000: -1.0"),
        ("[split.weights]\nclass = 1", 2, 1, "did you mean classes?): class"),
        ("\r\n[capture]\r\nformat = 'gif'\r\n", 3, 1, "gif"),
    ],
)
def test_fault_is_told_with_its_line_and_column(
    tmp_path: Path, text: str, line: int, column: int, words: str
) -> None:
    message = fault(tmp_path, text)

    assert message.startswith(f"`fieldset.toml` line {line}, column {column}: ")
    assert words in message


@pytest.mark.parametrize(
    "text", ["[split\n", "a = \n", "[a]\n[a]\n", "x = " + "[" * 5000]
)
def test_text_that_is_no_toml_is_a_sentence(tmp_path: Path, text: str) -> None:
    message = fault(tmp_path, text)

    assert message.startswith("`fieldset.toml` is not valid TOML, ")
    assert message.endswith(f": {tmp_path / 'fieldset.toml'}")


def test_split_that_is_there_twice_is_told_with_its_place(tmp_path: Path) -> None:
    twice = "[split.tests.a]\nrule = 'hand'\n[split.tests.a]\nrule = 'random'\n"

    message = fault(tmp_path, twice)

    assert "(at line 3, column 15)" in message


def test_byte_order_mark_is_let_pass(tmp_path: Path) -> None:
    assert read(tmp_path, "\ufeff[project]\nname = 'x'").name == "x"


def test_bytes_that_are_no_text_are_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "fieldset.toml"
    path.write_bytes(b"[project]\nname = '\xff\xfe'")

    with pytest.raises(SettingsError, match="not UTF-8"):
        read_settings(path)


def test_missing_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="cannot be read"):
        read_settings(tmp_path / "fieldset.toml")
