from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from dataset.errors import FieldsetError
from dataset.progress import Progress
from station.jobs import JobState, Lane, Operation, Runner
from tests.gestures import wait_until


def run(runner: Runner, function: Callable[[Progress], object], **rest: object) -> None:
    runner.submit(Operation(title="work", function=function, **rest))


def test_the_result_comes_back_on_the_main_thread(qtbot: QtBot, runner: Runner) -> None:
    got: list[tuple[object, str]] = []
    run(
        runner,
        lambda _progress: threading.current_thread().name,
        on_done=lambda name: got.append((name, threading.current_thread().name)),
    )

    wait_until(qtbot, lambda: got)
    assert got == [("fieldset-work-0", "MainThread")]


def test_the_catalog_lane_has_one_thread_and_keeps_the_order(
    qtbot: QtBot, runner: Runner
) -> None:
    seen: list[tuple[int, str]] = []

    def note(number: int) -> None:
        seen.append((number, threading.current_thread().name))

    for number in range(50):
        run(runner, lambda _p, n=number: note(n), lane=Lane.CATALOG)

    wait_until(qtbot, lambda: runner.is_idle)
    assert [number for number, _ in seen] == list(range(50))
    assert len({name for _, name in seen}) == 1


def test_an_error_of_the_world_goes_to_on_error(qtbot: QtBot, runner: Runner) -> None:
    got: list[FieldsetError] = []

    def fail(_progress: Progress) -> None:
        raise FieldsetError("no room: /data", hint="free some")

    run(runner, fail, on_error=got.append)

    wait_until(qtbot, lambda: got)
    assert (got[0].message, got[0].hint) == ("no room: /data", "free some")


def test_without_on_error_the_runner_announces_the_failure(
    qtbot: QtBot, runner: Runner
) -> None:
    def fail(_progress: Progress) -> None:
        raise FieldsetError("no room")

    with qtbot.waitSignal(runner.job_failed) as caught:
        run(runner, fail)

    assert caught.args[0] == "work"


def test_a_bug_is_announced_and_logged(
    qtbot: QtBot, runner: Runner, allow_log: Callable[[str], None]
) -> None:
    allow_log("a job failed: work")

    def fail(_progress: Progress) -> None:
        raise ZeroDivisionError

    with qtbot.waitSignal(runner.job_crashed) as caught:
        run(runner, fail)

    assert isinstance(caught.args[1], ZeroDivisionError)


@pytest.mark.parametrize("kind", ["error", "bug", "cancel"])
def test_on_stopped_runs_after_every_end_without_a_result(
    qtbot: QtBot, runner: Runner, allow_log: Callable[[str], None], kind: str
) -> None:
    allow_log("a job failed")
    stopped: list[str] = []
    done: list[object] = []

    def work(progress: Progress) -> None:
        if kind == "error":
            raise FieldsetError("no")
        if kind == "bug":
            raise ValueError
        while True:
            progress.step(0, None, "waiting")

    job = runner.submit(
        Operation(
            title="work",
            function=work,
            on_done=done.append,
            on_error=lambda _error: None,
            on_stopped=lambda: stopped.append(kind),
        )
    )
    if kind == "cancel":
        job.cancel()

    wait_until(qtbot, lambda: runner.is_idle)
    assert (stopped, done) == ([kind], [])


def test_progress_is_announced_and_the_last_step_never_dropped(
    qtbot: QtBot, runner: Runner
) -> None:
    states: list[JobState] = []
    runner.job_progressed.connect(states.append)

    def work(progress: Progress) -> None:
        for done in range(1, 101):
            progress.step(done, 100, "pictures")

    run(runner, work)

    wait_until(qtbot, lambda: runner.is_idle)
    assert states[-1].done == 100
    assert len(states) < 100


@pytest.mark.parametrize("is_quiet", [False, True])
def test_who_asked_for_the_work_is_told_how_far_it_is(
    qtbot: QtBot, runner: Runner, is_quiet: bool
) -> None:
    steps: list[tuple[int, str]] = []

    run(
        runner,
        lambda progress: progress.step(3, 3, "samples"),
        on_step=lambda state: steps.append(
            (state.done, threading.current_thread().name)
        ),
        quiet=is_quiet,
    )

    wait_until(qtbot, lambda: runner.is_idle)
    assert steps == [(3, "MainThread")]


def test_quiet_work_is_not_announced(qtbot: QtBot, runner: Runner) -> None:
    announced: list[object] = []
    for signal in (runner.job_started, runner.job_progressed, runner.job_ended):
        signal.connect(announced.append)

    run(runner, lambda progress: progress.step(1, 1, "x"), quiet=True)

    wait_until(qtbot, lambda: runner.is_idle)
    assert announced == []


def test_cancelled_work_that_waits_never_begins(qtbot: QtBot, runner: Runner) -> None:
    gate = threading.Event()
    begun: list[int] = []
    run(runner, lambda _p: gate.wait(5), lane=Lane.CATALOG)
    job = runner.submit(
        Operation(title="b", function=lambda _p: begun.append(1), lane=Lane.CATALOG)
    )

    job.cancel()
    gate.set()

    wait_until(qtbot, lambda: runner.is_idle)
    assert begun == []


def test_closing_finishes_saves_and_gives_up_the_rest(qtbot: QtBot) -> None:
    runner = Runner()
    gate = threading.Event()
    order: list[str] = []
    run(runner, lambda _p: gate.wait(5), lane=Lane.CATALOG, quiet=True)
    for name in ("save 1", "save 2"):
        run(runner, lambda _p, n=name: order.append(n), lane=Lane.CATALOG, quiet=True)

    def endless(progress: Progress) -> None:
        while True:
            progress.step(0, None, "")

    run(runner, endless)
    gate.set()
    runner.close(lambda: order.append("project closed"))

    assert order == ["save 1", "save 2", "project closed"]
    assert not any(t.name.startswith("fieldset-") for t in threading.enumerate())


def test_a_closed_runner_runs_nothing(qtbot: QtBot) -> None:
    runner = Runner()
    runner.close()
    begun: list[int] = []

    job = runner.submit(Operation(title="late", function=lambda _p: begun.append(1)))

    assert job.is_cancelled
    assert begun == []


def test_closing_the_project_may_fail_and_the_threads_still_end(
    qtbot: QtBot, allow_log: Callable[[str], None]
) -> None:
    allow_log("closing the project failed")
    runner = Runner()

    def fail() -> None:
        raise OSError

    runner.close(fail)

    assert not any(t.name.startswith("fieldset-") for t in threading.enumerate())


@pytest.mark.skipif(sys.platform != "linux", reason="a priority a thread is Linux's")
def test_what_may_take_its_time_leaves_the_processor_to_the_window(
    qtbot: QtBot, runner: Runner
) -> None:
    found: dict[Lane, int] = {}
    for lane in (Lane.ASSIST, Lane.IMAGES, Lane.CATALOG):
        run(
            runner,
            lambda _p, lane=lane: found.update(
                {lane: os.getpriority(os.PRIO_PROCESS, threading.get_native_id())}
            ),
            lane=lane,
        )

    wait_until(qtbot, lambda: len(found) == 3)
    assert found[Lane.ASSIST] > found[Lane.CATALOG]
    assert found[Lane.IMAGES] > found[Lane.CATALOG]
