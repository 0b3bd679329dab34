from __future__ import annotations

import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from dataset.cloud_settings import CloudSettings
from dataset.progress import SILENT, Cancelled
from export.stores.blob_store import Unanswered
from export.stores.folder_store import LocalFolderStore
from export.stores.line import Line
from export.stores.transfer import Transfer, described
from tests.small_projects import StopsAt


def test_a_call_is_made_again_until_it_is_answered() -> None:
    faults = [Unanswered("cut"), Unanswered("cut")]

    def call() -> str:
        if faults:
            raise faults.pop()
        return "done"

    assert Line(CloudSettings(attempts=3)).asked(call) == "done"


def test_a_line_gives_up_after_so_many_attempts() -> None:
    calls = []

    def call() -> None:
        calls.append(1)
        raise Unanswered("cut")

    with pytest.raises(Unanswered):
        Line(CloudSettings(attempts=2)).asked(call)

    assert len(calls) == 2


def test_memory_does_not_grow_with_the_items(tmp_path: Path) -> None:
    taken = 0

    def items() -> object:
        nonlocal taken
        for number in range(10_000):
            taken += 1
            yield number

    line = Line(CloudSettings(parallel=2))
    with closing(line.each(LocalFolderStore(tmp_path), items(), lambda n: n)) as each:
        first = next(each)

    assert first in range(5)
    assert taken <= 8


def test_leaving_early_stops_the_workers(tmp_path: Path) -> None:
    line = Line(CloudSettings(parallel=2, rate_kb_s=1))
    began = threading.Event()

    def work(_number: int) -> None:
        began.set()
        line.pace(100_000_000)
        line.pace(1)

    with closing(line.each(LocalFolderStore(tmp_path), iter(range(50)), work)) as each:
        assert next(each) is None

    assert began.is_set()
    with pytest.raises(Cancelled):
        line.pace(1)


def test_a_rate_is_kept_by_all_threads_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(time, "monotonic", lambda: 100.0)
    monkeypatch.setattr(
        threading.Event, "wait", lambda _self, seconds: waits.append(seconds)
    )
    line = Line(CloudSettings(rate_kb_s=100))

    for _ in range(4):
        line.pace(10_240)

    assert waits == pytest.approx([0.0, 0.1, 0.2, 0.3])


@pytest.mark.parametrize(
    ("done", "total", "moved", "seconds", "words"),
    [
        (0, 5_000_000, 0, 0.0, "0 of 5 MB"),
        (2_000_000, 4_000_000, 2_000_000, 10.0, "2 of 4 MB, 10 s left"),
        (3_000_000, 4_000_000, 1_000_000, 300.0, "3 of 4 MB, 5 min left"),
        (1_000_000, 9_000_000, 1_000_000, 3600.0, "1 of 9 MB, 8.0 h left"),
    ],
)
def test_time_left_follows_from_what_went_over_the_line(
    done: int, total: int, moved: int, seconds: float, words: str
) -> None:
    assert described(done, total, moved, seconds) == words


def test_a_transfer_counts_what_went_and_what_was_there() -> None:
    transfer = Transfer()
    transfer.begin(3, 30)

    transfer.add((10, True))
    transfer.add((20, False))

    assert (transfer.sent, transfer.skipped) == (1, 1)
    assert (transfer.bytes_sent, transfer.bytes_skipped) == (10, 20)


def test_answer_that_is_waited_for_leaves_the_line_usable(tmp_path: Path) -> None:
    line = Line(CloudSettings())
    store = LocalFolderStore(tmp_path)

    first = line.heard(store, lambda: None, SILENT)
    second = line.heard(store, lambda: "there", SILENT)

    assert (first, second) == (None, "there")


def test_silent_store_can_be_given_up(tmp_path: Path) -> None:
    class Silent(LocalFolderStore):
        def __init__(self, root: Path) -> None:
            super().__init__(root)
            self.broken = threading.Event()

        def abort(self) -> None:
            self.broken.set()

    store = Silent(tmp_path)

    def call() -> None:
        assert store.broken.wait(30)

    with pytest.raises(Cancelled):
        Line(CloudSettings()).heard(store, call, StopsAt())
