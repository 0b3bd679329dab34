"""Columns of text, permanent numbers and lists of files: what exports are made of."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from itertools import count
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset.errors import ProjectError
from dataset.version import read_version
from export.handover.column_texts import (
    content,
    float_texts,
    grouped,
    hex_texts,
    integer_texts,
    joined,
    json_texts,
    uuid_texts,
)
from export.handover.file_list import FileList, merged
from export.handover.numbers import Numbers, RisingNumbers
from export.handover.outgoing import ALL_COLUMNS, OutgoingBatch
from export.handover.plan import make_plan
from export.intakes.held_boxes import clipped_boxes
from tests.export.small_version import (
    box,
    small_version,
    stored_samples,
    with_boxes,
)

UNITS = st.integers(0, 2**31 - 1).map(lambda unit: unit / 1024)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
CORNER = st.integers(-5 * 1024, 60 * 1024).map(lambda unit: unit / 1024)


@given(values=st.lists(FINITE | UNITS, min_size=1, max_size=20))
def test_numbers_are_written_as_python_writes_them(values: list[float]) -> None:
    assert float_texts(np.array(values)).to_pylist() == list(map(repr, values))


@given(words=st.lists(st.text(st.characters(codec="utf-8")), max_size=8))
def test_words_are_written_as_json(words: list[str]) -> None:
    said = json_texts(pa.array(words, pa.string())).to_pylist()

    assert said == [json.dumps(word, ensure_ascii=False) for word in words]


@given(ids=st.lists(st.uuids(), max_size=6))
def test_bytes_are_written_as_digits_and_uuids(ids: list[uuid.UUID]) -> None:
    data = b"".join(one.bytes for one in ids)
    raw = np.frombuffer(data, np.uint8).reshape(-1, 16)

    assert uuid_texts(raw).to_pylist() == [str(one) for one in ids]
    assert hex_texts(raw).to_pylist() == [one.hex for one in ids]


def test_columns_are_joined_row_by_row_and_in_runs() -> None:
    texts = joined("<", integer_texts(np.array([1, 22, 3])), ">")

    assert texts.to_pylist() == ["<1>", "<22>", "<3>"]
    assert grouped(texts, np.array([0, 2, 2, 3]), ",").to_pylist() == [
        *("<1>,<22>", "", "<3>")
    ]
    assert content(texts.slice(1)) == b"<22><3>"
    assert content(texts.slice(3)) == b""


@settings(max_examples=15)
@given(
    corners=st.lists(st.tuples(CORNER, CORNER, CORNER, CORNER), min_size=1, max_size=6)
)
def test_boxes_in_columns_are_those_cut_one_by_one(
    tmp_path_factory: pytest.TempPathFactory,
    corners: list[tuple[float, float, float, float]],
) -> None:
    root = tmp_path_factory.mktemp("columns")
    first, second, *_ = stored_samples(root)
    boxes = [
        box(at, x0, y0, x1, y1, class_id=(1, 2, 5)[at % 3])
        for at, (x0, y0, x1, y1) in enumerate(corners)
        if x0 < x1 and y0 < y1
    ]
    samples = (with_boxes(first, *boxes), with_boxes(second))

    with small_version(root, samples) as version:
        plan = make_plan(version, include_sealed=False)
        names = plan.class_names()
        (rows,) = plan.tables(ALL_COLUMNS)
        found = OutgoingBatch(rows, names).box_lists()

        for sample, held in zip(version.samples, found, strict=True):
            assert [(b.id, b.class_id, b.class_name, b.corners) for b in held] == [
                (one.id, one.class_id, shown.class_name, shown.corners)
                for one, shown in clipped_boxes(sample, names)
            ]
    assert plan.boxes == len(boxes)


def test_walks_of_a_plan_agree_whatever_their_steps(tmp_path: Path) -> None:
    with small_version(tmp_path, stored_samples(tmp_path)) as version:
        plan = make_plan(version, include_sealed=False)

        for most in (1, 3, 100):
            tables = list(plan.tables(ALL_COLUMNS, most))
            assert max(table.num_rows for table in tables) <= most
            ids = [s.id for t in tables for s in OutgoingBatch(t, plan.class_names())
                   .samples()]  # fmt: skip
            assert ids == [sample.id for sample in plan.images()]
        kept = [version.sample(key) for key in ids]
        assert sum(plan.bytes.values()) == sum(s.size_bytes for s in kept)
        assert [s.path for s in plan.images()] == [s.path for s in kept]


def test_rising_numbers_are_the_heads_of_digests() -> None:
    numbers = RisingNumbers()

    given_ = [numbers.take(text.ljust(64, "0")) for text in ("0", "1", "1", "f" * 13)]

    assert given_ == [1, 1 << 48, (1 << 48) + 1, (1 << 52) - 1]


def digest(*heads: int) -> bytes:
    """A digest whose groups of 52 bits are these, as far as they go."""
    return bytes.fromhex("".join(f"{head:013x}" for head in heads).ljust(64, "0"))


def test_numbers_that_are_taken_go_on_to_further_digits() -> None:
    numbers = Numbers()

    assert numbers.take_all([digest(7, 8)]) == [7]
    assert numbers.take_all([digest(9), digest(7, 5), digest(9, 7, 4)]) == [9, 5, 4]
    assert numbers.take_all([digest(0, 2)]) == [2]
    with pytest.raises(ProjectError, match="one number"):
        numbers.take_all([digest(7, 9, 5)])


def test_many_numbers_are_all_different() -> None:
    numbers = Numbers()
    draw = np.random.default_rng(3)

    found = [
        number
        for _ in range(40)
        for number in numbers.take_all([draw.bytes(32) for _ in range(200)])
    ]

    assert len(set(found)) == 8000
    assert min(found) > 0
    assert max(found) < 1 << 52


def test_digest_without_digits_left_is_an_error() -> None:
    with pytest.raises(ProjectError, match="one number"):
        Numbers().take_all([bytes(32)])


@pytest.fixture
def fresh(tmp_path: Path) -> Callable[[], Path]:
    numbers = count()
    return lambda: tmp_path / f"scratch-{next(numbers)}"


@given(names=st.lists(st.from_regex(r"[a-c./]{1,5}", fullmatch=True), unique=True))
def test_files_are_listed_by_name_however_few_are_held(
    tmp_path_factory: pytest.TempPathFactory, names: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("lists")
    numbers = count()
    few = FileList(lambda: folder / str(next(numbers)), held=2)
    other = FileList(lambda: folder / str(next(numbers)))
    for at, name in enumerate(names):
        few.add(name, f"{at:064x}")
        other.add(f"{name}~", "f" * 64)

    wanted = sorted((name, f"{at:064x}") for at, name in enumerate(names))
    assert list(few) == wanted
    assert list(few) == wanted
    assert few.count == len(names)
    assert [name for name, _ in merged(few, other)] == sorted(
        [*names, *(f"{name}~" for name in names)]
    )
    few.close()
    assert not list(folder.iterdir())


def test_scratch_files_of_a_list_do_not_stay(
    tmp_path: Path, fresh: Callable[[], Path]
) -> None:
    files = FileList(fresh, held=1)
    for name in ("b", "a", "c"):
        files.add(name, "0" * 64)

    assert len(list(tmp_path.iterdir())) == 2
    files.close()

    assert not list(tmp_path.iterdir())


def test_version_is_read_by_the_columns_that_are_asked_for(tmp_path: Path) -> None:
    made = small_version(tmp_path, stored_samples(tmp_path))

    with read_version(tmp_path, made.version.id) as version:
        plan = make_plan(version, include_sealed=False)
        samples = list(plan.images())

    assert {sample.session for sample in samples} == {""}
    assert {len(sample.boxes) for sample in samples} == {0}
    assert all(sample.width == 48 for sample in samples)
