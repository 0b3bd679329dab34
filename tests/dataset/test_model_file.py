from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from dataset.errors import UsageError
from dataset.model_file import digest_file
from dataset.progress import Cancelled
from tests.small_projects import StopsAt


def test_the_digest_is_that_of_the_bytes(tmp_path: Path) -> None:
    model = tmp_path / "model.onnx"
    model.write_bytes(b"weights" * 300_000)

    digest = digest_file(model)

    assert digest == hashlib.sha256(b"weights" * 300_000).hexdigest()


def test_no_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such model file"):
        digest_file(tmp_path / "gone.onnx")


def test_a_folder_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such model file"):
        digest_file(tmp_path)


def test_an_empty_file_is_no_model(tmp_path: Path) -> None:
    model = tmp_path / "model.onnx"
    model.touch()

    with pytest.raises(UsageError, match="empty"):
        digest_file(model)


def test_reading_can_be_stopped(tmp_path: Path) -> None:
    model = tmp_path / "model.onnx"
    model.write_bytes(b"x" * (3 << 20))

    with pytest.raises(Cancelled):
        digest_file(model, progress=StopsAt(2))
