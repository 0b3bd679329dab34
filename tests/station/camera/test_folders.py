from __future__ import annotations

import os
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from dataset.errors import CameraError
from station.camera import folder_feed
from station.camera.frames import CameraEvent, Refusal
from station.camera.source import open_source, sessions_of

from .frames_of import all_frames


@pytest.fixture
def folder(tmp_path: Path, traffic: tuple[bytes, ...]) -> Path:
    """Two sessions and two images of the folder's own, in awkward names."""
    names = ["10.jpg", "2.jpg", "day/1.jpg", "day/b/x.jpg", "night 1/ä#?.jpg"]
    for name, data in zip(names, traffic, strict=False):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    (tmp_path / "notes.txt").write_text("no image")
    (tmp_path / ".hidden.jpg").write_bytes(traffic[5])
    return tmp_path


def test_every_folder_with_images_is_a_session(folder: Path) -> None:
    sessions = sessions_of(folder)

    assert [session.name for session in sessions] == ["", "day", "day/b", "night 1"]
    assert [path.name for path in sessions[0].images] == ["2.jpg", "10.jpg"]


def test_images_come_in_order_with_their_own_bytes(
    folder: Path, traffic: tuple[bytes, ...]
) -> None:
    with open_source(str(folder)) as source:
        frames = all_frames(source)

    assert [(frame.session, frame.name) for frame in frames] == [
        ("", "2.jpg"),
        ("", "10.jpg"),
        ("day", "day/1.jpg"),
        ("day/b", "day/b/x.jpg"),
        ("night 1", "night 1/ä#?.jpg"),
    ]
    assert [f.encoded for f in frames] == [traffic[n] for n in (1, 0, 2, 3, 4)]
    assert [frame.index for frame in frames] == [0, 1, 2, 3, 4]
    assert [frame.elapsed_s for frame in frames] == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_time_of_an_image_is_that_of_its_file(folder: Path) -> None:
    os.utime(folder / "2.jpg", (1_700_000_000, 1_700_000_000))

    with open_source(str(folder)) as source:
        frames = all_frames(source)

    assert frames[0].captured_us == 1_700_000_000_000_000


def test_images_that_cannot_be_used_are_named_and_passed_over(folder: Path) -> None:
    (folder / "1.jpg").write_bytes(b"")
    (folder / "3.jpg").write_bytes((folder / "2.jpg").read_bytes()[:3000])
    (folder / "4.png").write_bytes(b"no image at all")
    (folder / "5.gif").write_bytes(b"GIF89a" + bytes(100))
    os.mkfifo(folder / "6.jpg")
    events: list[CameraEvent] = []

    with open_source(str(folder), on_event=events.append) as source:
        frames = all_frames(source)
        refused = source.refused

    assert len(frames) == 5
    assert sum(refused.values()) == 5
    names = [event.name for event in events if isinstance(event, Refusal)]
    assert names == ["1.jpg", "3.jpg", "4.png", "5.gif", "6.jpg"]


def test_folder_without_images_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CameraError, match="holds no images"):
        open_source(str(tmp_path))


def test_folder_without_usable_images_says_why(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff\xe0 broken")

    with pytest.raises(CameraError, match="No usable picture") as caught:
        open_source(str(tmp_path))

    assert caught.value.hint.startswith("1 refused: ")


def test_folder_that_cannot_be_listed_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CameraError, match="cannot be read"):
        sessions_of(tmp_path / "gone")


def test_real_images_with_orientation_stand_upright(shared_data: Path) -> None:
    folder = shared_data / "images-exif-orientation"

    with open_source(str(folder)) as source:
        frames = all_frames(source)

    assert len(frames) == 9
    assert {(frame.width, frame.height) for frame in frames} == {(1800, 1200)}
    assert all(f.encoded == (folder / f.name).read_bytes() for f in frames)
    means = [cv2.resize(frame.pixels, (9, 6)).astype(int) for frame in frames]
    assert all(np.abs(mean - means[0]).mean() < 12 for mean in means)


def test_image_that_kills_the_decoder_is_refused_alone(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No such image is known at present, so the child is made to die on one name.
    site = tmp_path / ".site"
    camera = Path(folder_feed.__file__).parent
    shutil.copytree(camera, site / "station" / "camera")
    (site / "station" / "__init__.py").touch()
    feed = site / "station" / "camera" / "folder_feed.py"
    feed.write_text(
        feed.read_text().replace(
            "        stat = path.stat()\n",
            "        stat = path.stat()\n"
            "        if path.name == '10.jpg': import os; os.abort()\n",
        )
    )
    monkeypatch.setattr("station.camera.reader_process._ROOT", str(site))
    root = str(camera.parents[1])
    monkeypatch.setenv(
        "PYTHONPATH", os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])
    )
    events: list[CameraEvent] = []

    with open_source(str(folder), on_event=events.append) as source:
        frames = all_frames(source)

    assert [frame.name for frame in frames] == [
        *("2.jpg", "day/1.jpg", "day/b/x.jpg", "night 1/ä#?.jpg"),
    ]
    assert [frame.index for frame in frames] == [0, 1, 2, 3]
    assert source.refused == {"the image kills the decoder": 1}
    assert [event.name for event in events if isinstance(event, Refusal)] == ["10.jpg"]
