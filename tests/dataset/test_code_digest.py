"""A change of the code that measures changes the digest its numbers are kept under."""

from __future__ import annotations

import importlib
import py_compile
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import dataset.picture_measures
from dataset.measures import DIGEST
from dataset.picture_measures.code_digest import MEASURING, code_digest

NO_FORMULA = {"code_digest", "boxes", "capture_time", "__init__"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    sys.modules.pop("formula_to_digest", None)


def test_the_digest_in_use_is_that_of_the_code() -> None:
    assert code_digest() == DIGEST
    assert code_digest(MEASURING[:-1]) != DIGEST


def test_every_formula_of_kept_numbers_counts() -> None:
    folder = Path(dataset.picture_measures.__file__).parent
    formulas = {path.stem for path in folder.glob("*.py")} - NO_FORMULA

    counted = {name.rpartition(".")[2] for name in MEASURING}

    assert formulas <= counted


def test_another_text_of_a_module_is_another_digest(folder: Path) -> None:
    place = folder / "formula_to_digest.py"
    place.write_text("HALF = 0.5\n")
    importlib.invalidate_caches()
    first = code_digest(["formula_to_digest"])
    again = code_digest(["formula_to_digest"])
    place.write_text("HALF = 0.25\n")
    importlib.invalidate_caches()

    assert first == again
    assert code_digest(["formula_to_digest"]) != first


def test_a_program_without_source_digests_what_was_compiled(folder: Path) -> None:
    place = folder / "formula_to_digest.py"
    found = []
    for value in ("0.5", "0.25", "0.25"):
        text = f"def half(x):\n    return x in {{'a', 'b', {value}}}\n"
        place.write_text(text)
        py_compile.compile(str(place), str(place.with_suffix(".pyc")), doraise=True)
        place.unlink()
        importlib.invalidate_caches()
        found.append(code_digest(["formula_to_digest"]))

    assert found[0] != found[1] == found[2]


def test_a_module_that_is_not_there_is_refused() -> None:
    with pytest.raises(ImportError, match="no code to digest"):
        code_digest(["no_such_module_anywhere"])
