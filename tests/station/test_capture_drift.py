"""The gauge of drift on the Capture page, and the modes to choose from."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from dataset.drift import DriftVerdict
from dataset.drift_statistics.baseline import Departure
from dataset.drift_statistics.live_drift import LiveDrift
from dataset.errors import BadImage, NotFound
from dataset.project import Project
from dataset.records import LabelState, SampleState
from dataset.versions.freezing import freeze
from station.desks.drift_speech import gauge_of
from station.keys import Page
from station.language import TIMES
from station.views.capture.capture_contract import DriftGauge, Readings
from station.views.capture.capture_words import drift_notice, with_drift
from tests.gestures import LONG_WAIT_MS, wait_until
from tests.small_projects import box
from tests.station.capturing import SIMULATED, begin, end
from tests.station.conftest import OpenStation, make_project, pages_of

NOTHING_MEASURED = Readings(lines=(), histogram=())
FAR = Departure(metric="brightness", value=0.9, mean=0.5, deviations=5.24)
NEAR = Departure(metric="noise", value=1.0, mean=1.2, deviations=-0.44)


def frozen(root: Path) -> None:
    """A project with a version of six samples of one session."""
    make_project(root, pictures=6)
    with Project.open(root) as project:
        for sample in project.catalog.samples.each():
            state = LabelState(state=SampleState.LABELED, boxes=(box("a"),))
            project.catalog.labels.put(sample.id, state)
        freeze(project, message="first")


def test_the_page_watches_the_stream_against_the_latest_version(
    qtbot: QtBot, open_station: OpenStation, tmp_path: Path
) -> None:
    frozen(tmp_path / "p")
    station = open_station(tmp_path / "p", Page.CAPTURE)
    page = pages_of(station).capture
    gauge = page.panel.drift
    assert gauge.isHidden()

    begin(qtbot, page, SIMULATED)
    wait_until(qtbot, lambda: gauge.picture, LONG_WAIT_MS)

    assert gauge.isVisibleTo(page)
    assert gauge.verdict == "not enough data"
    assert gauge.picture.startswith("This picture is unusual: ")
    end(qtbot, page)
    wait_until(qtbot, gauge.isHidden)


def test_without_a_version_the_page_says_that_there_is_nothing_to_compare_with(
    qtbot: QtBot, open_station: OpenStation, project_root: Path
) -> None:
    page = pages_of(open_station(project_root, Page.CAPTURE)).capture

    begin(qtbot, page, SIMULATED)
    gauge = page.panel.drift
    wait_until(qtbot, lambda: gauge.verdict == "not watched", LONG_WAIT_MS)

    assert gauge.reason == "there is no version to compare with yet"
    end(qtbot, page)


@pytest.mark.parametrize(
    ("verdict", "tone"),
    [
        (DriftVerdict.DRIFT, "bad"),
        (DriftVerdict.STABLE, "ok"),
        (DriftVerdict.NOT_ENOUGH, "muted"),
    ],
)
def test_each_verdict_has_its_word_and_its_tone(
    verdict: DriftVerdict, tone: str
) -> None:
    view = LiveDrift(
        baseline="v6",
        verdict=verdict,
        reason="why",
        metrics=12,
        base_sessions=9,
        current_sessions=4,
    )

    gauge = gauge_of(view, None)

    assert (gauge.verdict, gauge.tone) == (verdict.value, tone)
    assert gauge.counts == "12 metrics, 4 sessions against 9"
    assert gauge.reason == "why"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (1, "about one session more would answer it"),
        (7, "about 7 sessions more would answer it"),
        (None, "why"),
    ],
)
def test_an_open_verdict_says_how_many_sessions_it_takes(
    more: int | None, words: str
) -> None:
    view = LiveDrift(baseline="v6", reason="why", sessions_more=more)

    assert gauge_of(view, None).reason == words


def test_a_stream_alone_is_one_session() -> None:
    view = LiveDrift(baseline="v6", metrics=12, base_sessions=9, current_sessions=1)

    assert gauge_of(view, None).counts == "12 metrics, this session against 9"


def test_the_picture_is_told_in_other_words_than_the_verdict() -> None:
    usual = gauge_of(LiveDrift(baseline="v6", furthest=NEAR), None)
    unusual = gauge_of(LiveDrift(baseline="v6", away=(FAR,), furthest=FAR), None)

    assert usual.picture == "This picture is as usual (noise -0.4 sd)"
    assert usual.picture_tone == "muted"
    assert unusual.picture == "This picture is unusual: brightness +5.2 sd"
    assert unusual.picture_tone == "warn"
    assert usual.verdict == unusual.verdict == "not enough data"


def test_the_live_picture_shows_the_verdict_and_what_is_unusual() -> None:
    view = LiveDrift(baseline="v6", away=(FAR,), furthest=FAR)

    shown = with_drift(NOTHING_MEASURED, gauge_of(view, None))

    assert [(one.text, one.word, one.tone) for one in shown.lines] == [
        ("Against v6", "not enough data", "muted"),
        ("This picture", "unusual", "warn"),
    ]
    assert with_drift(NOTHING_MEASURED, gauge_of(None, None)) is NOTHING_MEASURED


def test_a_verdict_that_changes_is_said_once() -> None:
    still = gauge_of(LiveDrift(baseline="v6", reason="why"), None)
    drift = gauge_of(
        LiveDrift(baseline="v6", verdict=DriftVerdict.DRIFT, reason="noise is higher"),
        None,
    )

    assert drift_notice(DriftGauge(), still) == ("", "muted")
    assert drift_notice(still, still) == ("", "muted")
    assert drift_notice(still, drift) == (
        "Against baseline v6: drift. noise is higher",
        "bad",
    )


def test_what_hinders_the_watch_is_said() -> None:
    assert gauge_of(None, None).reason == "the baseline is being measured"
    assert "no version" in gauge_of(None, NotFound("none")).reason
    assert gauge_of(None, BadImage("An image is cut short: a")).reason == (
        "An image is cut short: a"
    )


def test_modes_of_a_camera_are_offered_and_the_chosen_one_is_read_back(
    qtbot: QtBot, open_station: OpenStation, project_root: Path
) -> None:
    page = pages_of(open_station(project_root, Page.CAPTURE)).capture
    form = page.panel.form
    form.set_text("source", SIMULATED)
    wait_until(qtbot, lambda: form.modes)
    assert "640x480@15/YUYV" in form.modes

    form.set_text("mode", "640x480@15/YUYV")
    begin(qtbot, page, SIMULATED)
    wait_until(qtbot, lambda: page.status.mode)

    assert page.status.mode.startswith(f"640{TIMES}480 · 15 fps · YUYV")
    assert form.modes
    end(qtbot, page)


def test_a_mode_is_asked_of_cameras_alone(
    qtbot: QtBot, open_station: OpenStation, project_root: Path
) -> None:
    form = pages_of(open_station(project_root, Page.CAPTURE)).capture.panel.form
    form.set_text("source", SIMULATED)
    wait_until(qtbot, lambda: form.modes)
    form.set_text("mode", "1280x720@15")
    assert form.mode == "1280x720@15"

    form.set_text("source", "rtsp://127.0.0.1:9/")
    wait_until(qtbot, lambda: not form.mode)

    form.set_text("source", "/dev/video99")
    wait_until(qtbot, lambda: form.mode == "1280x720@15")
    assert form.modes == ()
