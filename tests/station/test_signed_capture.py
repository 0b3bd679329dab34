"""Records and masks of what a recording keeps."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dataset.errors import ProjectError
from dataset.images.image_file import decode
from dataset.project import Project
from dataset.provenance.proof import prove
from dataset.provenance.station_key import StationKey, make_key
from station.camera.replay import ReplaySource
from station.camera.source import CameraSource, Frame, OnEvent
from station.camera.triggers import ManualTrigger
from station.recorder import Ended, Recorder, RecordingRequest
from station.recording import Kept, Recording, SessionForm
from station.signer import (
    FILE_NAME,
    key_path,
    signer_with,
    station_key,
    station_signer,
)
from tests.small_projects import BEGAN_US, jpeg, new_project, pixels

MASK = "\n[privacy]\nmask = [[0.0, 0.0, 0.5, 1.0]]\n"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with new_project(tmp_path / "p") as made:
        made.signer = signer_with(StationKey.fresh(), "gate")
        yield made


def frame(number: int = 0) -> Frame:
    return Frame(
        index=number,
        captured_us=BEGAN_US + number,
        elapsed_s=float(number),
        pixels=pixels(number),
        encoded=jpeg(number),
        suffix="jpg",
    )


def told(project: Project) -> Mapping[str, Any]:
    (kept,) = project.catalog.provenance.links()
    found = json.loads(kept.link.body or b"")
    assert isinstance(found, dict)
    return found


def test_kept_frame_has_a_sound_record(project: Project) -> None:
    form = SessionForm(name="dawn", operator="ada", conditions=(("light", "day"),))

    Recording(project, form, "0").keep(frame(2))

    assert prove(project).findings == ()
    assert prove(project).total.signed == 1
    assert told(project)["session"]["operator"] == "ada"
    assert told(project)["camera"]["mode"] == "64x48 jpg"
    assert told(project)["camera"]["elapsed_us"] == 2_000_000
    assert not told(project)["camera"]["encoded_here"]


def test_password_of_the_address_is_in_no_row(project: Project) -> None:
    address = "rtsp://ada:sesame@10.0.0.7/stream?token=opensesame"

    Recording(project, SessionForm(), address).keep(frame())

    project.catalog.clear_remnants()
    for path in project.root.rglob("*"):
        assert not path.is_file() or b"sesame" not in path.read_bytes()
    assert told(project)["camera"]["address"] == "rtsp://***@10.0.0.7/stream?token=***"


def test_masked_zone_is_stored_black_and_recorded(project: Project) -> None:
    settings = project.root / "fieldset.toml"
    settings.write_text(settings.read_text("utf-8") + MASK)

    kept = Recording(project, SessionForm(), "0").keep(frame(3))

    assert isinstance(kept, Kept)
    stored = decode(project.images.read(kept.sample.id, "jpg"))
    assert int(stored[:, :24].max()) < 40
    assert np.abs(stored[:, 40:].astype(int) - pixels(3)[:, 40:]).mean() < 12
    assert not kept.frame.pixels[:, :32].any()
    assert told(project)["camera"]["masks"] == [["0", "0", "0.5", "1"]]
    assert told(project)["camera"]["encoded_here"]
    assert project.images.path(kept.sample.id, "jpg").read_bytes() != jpeg(3)


def test_refused_picture_is_shown_masked_too(project: Project) -> None:
    settings = project.root / "fieldset.toml"
    settings.write_text(settings.read_text("utf-8") + MASK)
    recording = Recording(project, SessionForm(), "0")

    seen = recording.masked(frame(1))

    assert not seen.pixels[:, :32].any()


def test_key_is_made_at_its_first_use_in_the_users_folder() -> None:
    first = station_key({})

    assert key_path({}).name == FILE_NAME
    assert station_key({}).id == first.id


def test_key_that_the_environment_names_is_used_and_never_made(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "key.pem"
    environment = {"FIELDSET_STATION_KEY": str(path)}

    with pytest.raises(ProjectError, match="is missing"):
        station_key(environment)

    assert not path.exists()
    made = make_key(path)
    assert station_key(environment).id == made.id


def test_preview_ring_and_trigger_never_see_what_is_masked(project: Project) -> None:
    settings = project.root / "fieldset.toml"
    settings.write_text(settings.read_text("utf-8") + MASK)
    seen: list[Frame] = []

    class Watching:
        def offer(self, given: Frame) -> tuple[Frame, ...]:
            seen.append(given)
            return (given,)

    recorder = Recorder(project, lambda *_: ReplaySource([pixels(n) for n in range(4)]))
    recorder.start(RecordingRequest(source="replay"), Watching())
    kept = until_ended(recorder)
    newest = recorder.newest()
    recorder.close()

    assert newest is not None
    assert len(seen) == len(kept) == 4
    for shown in [*seen, newest, *(one.frame for one in kept)]:
        assert not shown.pixels[:, :32].any()
        assert shown.encoded is None


def test_run_without_its_key_ends_before_the_source_is_opened(
    project: Project, tmp_path: Path
) -> None:
    opened: list[str] = []

    def open_source(address: str, _on_event: OnEvent) -> CameraSource:
        opened.append(address)
        return ReplaySource([pixels(1)])

    environment = {"FIELDSET_STATION_KEY": str(tmp_path / "gone.pem")}
    recorder = Recorder(
        project,
        open_source,
        make_signer=lambda: station_signer(environment, "gate"),
    )
    recorder.start(RecordingRequest(source="replay"), ManualTrigger())
    ended = recorder.wait_event(30.0)
    recorder.close()

    assert isinstance(ended, Ended)
    assert isinstance(ended.error, ProjectError)
    assert opened == []


def until_ended(recorder: Recorder) -> list[Kept]:
    kept = []
    while not isinstance(event := recorder.wait_event(30.0), Ended):
        assert event is not None
        if isinstance(event, Kept):
            kept.append(event)
    return kept
