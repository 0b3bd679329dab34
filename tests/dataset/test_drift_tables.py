"""The tables that drift compares."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dataset.drift import SampleTable
from dataset.drift_statistics.drift_tables import table_from_version
from dataset.records import SampleState, VersionSample


def frozen(number: int, **fields: str) -> VersionSample:
    return VersionSample(
        id=f"{number:064x}",
        width=10,
        height=10,
        suffix="jpg",
        state=SampleState.EMPTY,
        group=fields.get("group", ""),
        split=fields.get("split", "train"),
        session=fields.get("session", ""),
        camera=fields.get("camera", ""),
    )


class Version:
    def __init__(self, *samples: VersionSample) -> None:
        self.samples = samples


def test_a_version_becomes_a_table_of_sessions_and_cameras() -> None:
    one = frozen(1, session="s1", group="g1", camera="north")
    two = frozen(2, session="s1", group="g1", camera="north", split="val")
    measures = {one.id: {"brightness": 0.5}, two.id: {"brightness": 0.25}}

    whole = table_from_version(Version(one, two), measures)
    train = table_from_version(Version(one, two), measures, split="train")

    assert whole.sessions == ("s1", "s1")
    assert whole.strata == ("north", "north")
    assert whole.values["brightness"].tolist() == [0.5, 0.25]
    assert train.sample_ids == (one.id,)


def test_unrelated_images_of_one_import_are_groups_of_their_own() -> None:
    one = frozen(1, session="import", group="g1")
    two = frozen(2, session="import", group="g2")
    three = frozen(3)

    made = table_from_version(Version(one, two, three), {})

    assert made.sessions == ("g1", "g2", three.id)


def test_a_sample_without_measures_keeps_its_row() -> None:
    one, two = frozen(1, session="s"), frozen(2, session="s")

    made = table_from_version(Version(one, two), {one.id: {"noise": 1.0}})

    assert len(made) == 2
    assert math.isnan(made.values["noise"][1])


def test_a_table_with_columns_of_other_lengths_is_refused() -> None:
    with pytest.raises(ValueError, match="`noise`"):
        SampleTable(
            sample_ids=("a",),
            sessions=("s",),
            strata=("",),
            values={"noise": np.zeros(2)},
        )
    with pytest.raises(ValueError, match="stratum"):
        SampleTable(sample_ids=("a",), sessions=(), strata=(), values={})
    with pytest.raises(ValueError, match="once"):
        SampleTable(
            sample_ids=("a", "a"), sessions=("s", "s"), strata=("", ""), values={}
        )
