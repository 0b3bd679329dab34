"""What a trigger sees is told with its figures and its limits."""

from __future__ import annotations

import numpy as np

from dataset.drift_statistics.baseline import Departure
from station.camera.motion import MotionView
from station.desks.trigger_speech import trigger_words
from station.shutter.drift_trigger import DriftView
from station.shutter.uncertain_trigger import ModelView

MASK = np.zeros((9, 16), np.uint8)


def motion(share: float, *, is_warm: bool = True) -> MotionView:
    return MotionView(
        moving=MASK, watched=MASK, share=share, least_share=0.005, is_warm=is_warm
    )


def test_motion_is_told_with_what_it_takes() -> None:
    said = trigger_words(motion(0.0123), is_preparing=False)

    assert said == ("motion 1.23 %, takes from 0.50 %", "bad")
    assert trigger_words(motion(0.001), is_preparing=False)[1] == "muted"
    assert (
        "learning" in trigger_words(motion(0.5, is_warm=False), is_preparing=False)[0]
    )


def test_the_measure_that_is_furthest_away_is_named() -> None:
    view = DriftView(
        departures=(
            Departure(metric="entropy", value=1.0, mean=0.0, deviations=-4.2),
            Departure(metric="noise", value=1.0, mean=0.0, deviations=1.0),
        ),
        limit=3.0,
        for_s=5.0,
    )

    words, tone = trigger_words(view, is_preparing=False)

    assert words == "richness of tones -4.2 sd from the baseline, takes from 3 for 5 s"
    assert tone == "bad"
    assert "nothing measured" in trigger_words(DriftView(), is_preparing=False)[0]


def test_an_unsure_model_is_told_with_its_scores_and_its_band() -> None:
    view = ModelView(index=1, scores=(0.91, 0.4), low=0.25, high=0.6, seen=3, failed=0)

    words, tone = trigger_words(view, is_preparing=False)

    assert words == "the model says 0.91, 0.40, unsure from 0.25 to 0.6"
    assert tone == "bad"
    nothing = ModelView(index=1, scores=(), low=0.2, high=0.6, seen=3, failed=0)
    assert trigger_words(nothing, is_preparing=False)[0] == "the model sees nothing"


def test_a_trigger_that_gets_ready_says_so_and_none_says_nothing() -> None:
    assert "gets ready" in trigger_words(None, is_preparing=True)[0]
    assert trigger_words(None, is_preparing=False)[0] == ""
