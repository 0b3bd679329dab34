"""Two windows on one queue, each a process of its own, and commands meanwhile."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dataset.project import Project
from dataset.records import Sample, SampleState
from labeling.hold import LIFETIME_S, Hold, has_ended, this_process
from labeling.session import LabelingSession
from tests.small_projects import filled, new_project, new_session

PICTURES = 8
ROOT = Path(__file__).resolve().parents[2]


class Window:
    """A window in a process of its own."""

    def __init__(self, root: Path, person: str) -> None:
        command = [sys.executable, "-m", "tests.labeling.queue_window"]
        self.process = subprocess.Popen(
            [*command, str(root), person],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, words: str) -> dict[str, Any]:
        """Have one thing done; gives what is shown then."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{words}\n")
        self.process.stdin.flush()
        found: dict[str, Any] = json.loads(self.process.stdout.readline())
        return found

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.close()

    def close(self) -> None:
        """Wait for its end."""
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None and not stream.closed:
                stream.close()
        self.process.wait(60)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    with new_project(tmp_path / "p") as project:
        filled(project, new_session(project, "s"), PICTURES)
    return tmp_path / "p"


@pytest.fixture
def open_window(root: Path) -> Iterator[Callable[..., Window]]:
    made: list[Window] = []

    def open_one(person: str = "") -> Window:
        made.append(Window(root, person))
        return made[-1]

    yield open_one
    for window in made:
        window.close()


def samples_of(root: Path) -> tuple[Sample, ...]:
    with Project.open(root, read_only=True) as project:
        session = project.catalog.sessions.all()[0]
        return project.catalog.samples.of_session(session.id)


def label_all(first: Window, second: Window) -> list[list[str]]:
    """Both go on in turn until both have nothing left; gives what each labeled."""
    done: list[list[str]] = [[], []]
    for _ in range(PICTURES):
        for own, window in zip(done, (first, second), strict=True):
            shown = window.ask("show")["sample"]
            if shown is not None:
                own.append(shown)
                window.ask("draw 5")
                window.ask("accept")
    return done


def test_two_windows_get_different_samples_and_together_all(
    root: Path, open_window: Callable[..., Window]
) -> None:
    first = open_window()
    first.ask("show")
    second = open_window()

    one, other = label_all(first, second)

    assert one
    assert other
    assert not set(one) & set(other)
    assert sorted(one + other) == sorted(each.id for each in samples_of(root))
    assert {each.state for each in samples_of(root)} == {SampleState.LABELED}


def test_window_that_left_gives_its_samples_back(
    root: Path, open_window: Callable[..., Window]
) -> None:
    samples = samples_of(root)
    first = open_window()
    assert first.ask("show")["sample"] == samples[0].id
    first.ask("leave")

    second = open_window()

    assert second.ask("show")["sample"] == samples[0].id


def test_killed_window_gives_its_samples_back(
    root: Path, open_window: Callable[..., Window]
) -> None:
    samples = samples_of(root)
    first = open_window("ann")
    first.ask("empty")
    held = first.ask("show")["sample"]
    first.kill()

    second = open_window("ann")

    assert held == samples[1].id
    assert second.ask("show")["sample"] == held


def test_person_goes_on_where_they_were_after_a_crash(
    root: Path, open_window: Callable[..., Window]
) -> None:
    samples = samples_of(root)
    first = open_window("ann")
    for words in ("empty", "next", "next", "empty"):
        first.ask(words)
    first.kill()

    again = open_window("ann").ask("show")["sample"]
    other = open_window("bob").ask("show")["sample"]

    assert again == samples[4].id
    assert other == samples[1].id


def test_stale_save_is_refused_and_the_newer_labels_are_shown(
    root: Path, open_window: Callable[..., Window]
) -> None:
    window = open_window()
    shown = window.ask("draw 5")["sample"]
    with Project.open(root) as project:
        labeling = LabelingSession(project)
        labeling.go_to(shown)
        labeling.draw((30.0, 1.0, 50.0, 20.0), 2)

    refused = window.ask("accept")
    again = window.ask("accept")

    assert "changed elsewhere" in refused["refused"]
    assert refused["hint"] == "look at the sample again, then repeat the change"
    assert (refused["sample"], refused["boxes"]) == (shown, 2)
    assert "refused" not in again
    with Project.open(root, read_only=True) as project:
        assert len(project.catalog.labels.boxes(shown)) == 2


def test_sample_that_a_command_decided_meanwhile_is_passed_over(root: Path) -> None:
    samples = samples_of(root)
    with Project.open(root) as project, Project.open(root) as command:
        labeling = LabelingSession(project, hold=Hold(project.catalog))
        other = LabelingSession(command)
        other.go_to(samples[1].id)
        other.mark_empty()

        view = labeling.mark_empty()

    assert view is not None
    assert view.sample.id == samples[2].id


def test_sample_of_another_window_is_shown_when_asked_for_and_says_so(
    root: Path,
) -> None:
    samples = samples_of(root)
    with Project.open(root) as one, Project.open(root) as two:
        LabelingSession(one, hold=Hold(one.catalog))
        labeling = LabelingSession(two, hold=Hold(two.catalog))

        view = labeling.jump("1")

    assert view is not None
    assert view.sample.id == samples[0].id
    assert view.is_held_elsewhere


def test_holder_on_another_machine_is_freed_when_its_beats_stand_still(
    root: Path,
) -> None:
    now = [1000.0]
    with Project.open(root) as one, Project.open(root) as two:
        far = Hold(one.catalog, machine="elsewhere", process="x 1 2")
        far.beat()
        far.take([each.id for each in samples_of(root)])
        near = Hold(two.catalog, monotonic=lambda: now[0])
        near.beat()
        now[0] += LIFETIME_S - 1
        far.beat()
        near.beat()
        now[0] += LIFETIME_S
        near.beat()
        held = near.others()
        now[0] += 2
        near.beat()

        assert held
        assert near.others() == frozenset()


def test_clock_of_the_wall_frees_nobody(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Project.open(root) as one, Project.open(root) as two:
        far = Hold(one.catalog, machine="elsewhere", process="x 1 2")
        far.beat()
        far.take([each.id for each in samples_of(root)])
        near = Hold(two.catalog)
        near.beat()
        monkeypatch.setattr("time.time", lambda: 4e9)
        near.beat()

        assert near.others()


def test_forgotten_window_holds_again_after_its_next_beat(root: Path) -> None:
    with Project.open(root) as project:
        hold = Hold(project.catalog)
        labeling = LabelingSession(project, hold=hold)
        project.catalog.claims.leave([hold.id])

        labeling.beat()

        view = labeling.current
        assert view is not None
        assert hold.holds(view.sample.id)


def test_process_is_told_from_a_later_one_of_its_number() -> None:
    boot, number, started = this_process().rsplit(" ", 2)

    assert not has_ended(this_process())
    if boot and started:
        assert has_ended(f"{boot} {number} {int(started) + 1}")
        assert has_ended(f"another-boot {number} {started}")
    assert not has_ended(f" {number} ")


def test_last_sample_is_left_to_the_window_that_has_it(root: Path) -> None:
    with Project.open(root) as one, Project.open(root) as two:
        LabelingSession(one, hold=Hold(one.catalog))
        labels = two.catalog.labels
        for sample in samples_of(root)[1:]:
            labels.propose(sample.id, ())
            labeling = LabelingSession(two)
            labeling.go_to(sample.id)
            labeling.mark_empty()

        other = LabelingSession(two, hold=Hold(two.catalog))

        assert other.current is None
