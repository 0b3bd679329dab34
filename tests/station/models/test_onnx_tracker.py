"""Real ONNX trackers in a real child process: good ones, bad ones, and deadly ones."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from labeling.carrying.tracker import Sought
from labeling.geometry import Corners, iou
from station.models.onnx_tracker import OnnxTracker
from station.models.tracker_networks import VitNetwork
from tests import onnx_models as made
from tests import onnx_trackers as trackers

RED, BLUE = (0, 0, 255), (255, 0, 0)
WAS = (100.0, 80.0, 140.0, 120.0)
IS = (130.0, 95.0, 170.0, 135.0)
OTHER = (220.0, 30.0, 250.0, 60.0)


def picture(path: Path, *squares: tuple[Corners, tuple[int, int, int]]) -> Path:
    """Grey noise with squares of a colour on it."""
    noise = np.random.default_rng(7).integers(100, 140, (240, 320, 3))
    image = noise.astype(np.uint8)
    for (x0, y0, x1, y1), colour in squares:
        image[int(y0) : int(y1), int(x0) : int(x1)] = colour
    path.write_bytes(cv2.imencode(".png", image)[1].tobytes())
    return path


@pytest.fixture
def before(tmp_path: Path) -> Path:
    return picture(tmp_path / "before.png", (WAS, RED), (OTHER, BLUE))


@pytest.fixture
def after(tmp_path: Path) -> Path:
    return picture(tmp_path / "after.png", (IS, RED), (OTHER, BLUE))


@pytest.fixture(params=["vittrack", "nanotrack"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> list[Path]:
    if request.param == "vittrack":
        return [trackers.following_colours(tmp_path / "vit.onnx")]
    return [
        trackers.nano_backbone(tmp_path / "backbone.onnx"),
        trackers.nano_head(tmp_path / "head.onnx"),
    ]


@pytest.fixture
def tracker(files: list[Path]) -> Iterator[OnnxTracker]:
    made_ready = OnnxTracker(files, 30.0)
    made_ready.prepare()
    yield made_ready
    made_ready.close()


def sought(*boxes: Corners) -> list[Sought]:
    return [Sought(corners=each, places=(each,)) for each in boxes]


def refusal(*paths: Path, load_seconds: float = 60.0) -> str:
    """What a tracker says that cannot be used; it never raises and sees nothing."""
    broken = OnnxTracker(paths, 5.0, load_seconds=load_seconds)
    broken.prepare()

    assert broken.follow(paths[0], paths[0], sought(WAS)) == ()
    (remark,) = broken.remarks()
    assert not broken.is_ready
    assert broken.remarks() == ()
    assert remark.next_step
    return remark.what


def test_each_object_is_followed_by_its_own_look(
    tracker: OnnxTracker, before: Path, after: Path
) -> None:
    moved, stayed = tracker.follow(before, after, sought(WAS, OTHER))

    assert tracker.remarks() == ()
    assert moved is not None
    assert stayed is not None
    assert iou(moved.corners, IS) > 0.7
    assert iou(stayed.corners, OTHER) > 0.7
    assert moved.score > 0.5


def test_an_object_beyond_the_window_is_found_at_the_other_place(
    tracker: OnnxTracker, before: Path, tmp_path: Path
) -> None:
    far = (20.0, 180.0, 60.0, 220.0)
    after = picture(tmp_path / "far.png", (far, RED))

    (seen,) = tracker.follow(before, after, [Sought(corners=WAS, places=(WAS, far))])

    assert seen is not None
    assert iou(seen.corners, far) > 0.7


def test_a_box_at_the_border_stays_inside_the_picture(
    tracker: OnnxTracker, tmp_path: Path
) -> None:
    corner = (0.0, 0.0, 40.0, 40.0)
    path = picture(tmp_path / "corner.png", (corner, RED))

    (seen,) = tracker.follow(path, path, sought(corner))

    assert seen is not None
    assert min(seen.corners) >= 0.0
    assert iou(seen.corners, corner) > 0.7


def test_before_it_is_ready_it_sees_nothing(files: list[Path], before: Path) -> None:
    waiting = OnnxTracker(files, 30.0)

    assert waiting.follow(before, before, sought(WAS)) == ()
    assert waiting.remarks() == ()


def test_a_picture_that_vanished_is_not_the_trackers_fault(
    tracker: OnnxTracker, before: Path, tmp_path: Path
) -> None:
    assert tracker.follow(before, tmp_path / "gone.png", sought(WAS)) == ()
    assert tracker.remarks() == ()
    assert tracker.is_ready


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    said = refusal(tmp_path / "gone.onnx")

    assert said.startswith("There is no such tracker file")


@pytest.mark.parametrize("count", [1, 2])
def test_a_damaged_file_is_told(tmp_path: Path, count: int) -> None:
    paths = [tmp_path / f"{n}.onnx" for n in range(count)]
    for path in paths:
        path.write_bytes(b"no model at all" * 50)

    assert "no ONNX model" in refusal(*paths)


def test_a_detector_is_no_tracker(tmp_path: Path) -> None:
    said = refusal(made.seeing_colours(tmp_path / "detector.onnx"))

    assert said.startswith("The model is no tracker of a known kind, it has 1 inputs")


def test_a_backbone_without_its_head_is_no_tracker(tmp_path: Path) -> None:
    backbone = trackers.nano_backbone(tmp_path / "backbone.onnx")

    assert "no tracker of a known kind" in refusal(backbone)
    assert "no tracker of a known kind" in refusal(backbone, backbone)


@pytest.mark.parametrize(
    ("maps", "told"),
    [
        ({"a": (1, 1, 8, 8), "b": (1, 2, 16, 16), "c": (1, 2, 16, 16)}, "1 x 1 x 8"),
        ({"a": (1, 4, 16, 16), "b": (1, 2, 16, 16), "c": (1, 2, 16, 16)}, "1 x 4"),
        ({"a": (4,), "b": (1,), "c": (1,)}, "it gives 4, 1, 1"),
    ],
)
def test_maps_of_another_kind_are_no_tracker(
    tmp_path: Path, maps: dict[str, tuple[int, ...]], told: str
) -> None:
    outputs = {name: np.zeros(shape, np.float32) for name, shape in maps.items()}
    path = made.answering(tmp_path / "m.onnx", outputs, inputs=made.VIT_INPUTS)

    said = refusal(path)

    assert told in said


def test_inputs_of_another_size_are_no_tracker(tmp_path: Path) -> None:
    grid = np.zeros((1, 2, 16, 16), np.float32)
    outputs = {"a": grid[:, :1], "b": grid, "c": grid}
    inputs = {
        "template": ("float32", (1, 3, 112, 112)),
        "search": ("float32", (1, 3, 224, 224)),
    }

    said = refusal(made.answering(tmp_path / "m.onnx", outputs, inputs=inputs))

    assert "it takes 1 x 3 x 112 x 112, 1 x 3 x 224 x 224" in said


def test_numbers_that_are_none_are_seen_as_nothing(
    tmp_path: Path, before: Path
) -> None:
    grid = np.full((1, 2, 16, 16), np.nan, np.float32)
    outputs = {"a": grid[:, :1], "b": grid, "c": grid}
    path = made.answering(tmp_path / "m.onnx", outputs, inputs=made.VIT_INPUTS)
    blind = OnnxTracker([path], 30.0)
    blind.prepare()

    seen = blind.follow(before, before, sought(WAS))

    blind.close()
    assert seen == (None,)


def test_a_model_that_hangs_is_ended_and_told(tmp_path: Path) -> None:
    # It hangs while it is loaded and tried, whatever kind it is.
    path = made.hanging(tmp_path / "m.onnx", pair=True)

    said = refusal(path, load_seconds=4.0)

    assert "takes longer than 4 s" in said
    assert said.endswith("boxes are carried the built-in way")


def test_a_child_that_dies_is_told_and_not_asked_again(
    tracker: OnnxTracker, before: Path, after: Path
) -> None:
    assert tracker._child is not None
    tracker._child._process.kill()

    assert tracker.follow(before, after, sought(WAS)) == ()

    (remark,) = tracker.remarks()
    assert "ends the process" in remark.what
    assert tracker.follow(before, after, sought(WAS)) == ()
    assert tracker.remarks() == ()


def test_closing_ends_a_tracker_that_hangs(tmp_path: Path) -> None:
    slow = OnnxTracker([made.hanging(tmp_path / "m.onnx", pair=True)], 30.0)
    loading = threading.Thread(target=slow.prepare)
    loading.start()

    while loading.is_alive():
        slow.close()
        loading.join(0.1)

    assert not slow.is_ready
    assert slow.remarks() == ()


def test_nanotracks_place_is_that_of_opencvs_own_tracker(
    tmp_path: Path, before: Path, after: Path
) -> None:
    files = [
        trackers.nano_backbone(tmp_path / "backbone.onnx"),
        trackers.nano_head(tmp_path / "head.onnx"),
    ]
    said = cv2.TrackerNano.Params()
    said.backbone, said.neckhead = (str(path) for path in files)
    theirs = cv2.TrackerNano.create(said)
    x0, y0, x1, y1 = (round(v) for v in WAS)
    theirs.init(cv2.imread(str(before)), (x0, y0, x1 - x0, y1 - y0))
    is_found, (x, y, width, height) = theirs.update(cv2.imread(str(after)))
    tracker = OnnxTracker(files, 30.0)
    tracker.prepare()

    (ours,) = tracker.follow(before, after, sought(WAS))

    tracker.close()
    assert is_found
    assert ours is not None
    # OpenCV rounds to whole pixels, and smooths sizes over a video.
    assert iou(ours.corners, (x, y, x + width, y + height)) > 0.85


def opencvs_vittrack(path: Path, deviation: tuple[float, ...]) -> cv2.TrackerVit:
    said = cv2.TrackerVit.Params()
    said.net, said.stdvalue = str(path), deviation
    return cv2.TrackerVit.create(said)


def as_quaternion(deviation: tuple[float, ...]) -> tuple[float, ...]:
    """The deviation that makes OpenCV divide by the given one.

    It writes 1 / deviation with a `cv::Scalar`, whose division is a quaternion's: the
    others than the first change their sign, and all are divided by the square sum.
    """
    first, *others = 1 / np.array(deviation)
    inverse = np.array([first, *(-value for value in others)])
    return (*(inverse / (inverse @ inverse)).tolist(), 0.0)


@pytest.mark.parametrize("shift", [(0, 0), (8, 0), (16, 0), (30, 15), (0, 30)])
def test_vittracks_place_is_that_of_opencvs_own_tracker_with_its_division_mended(
    tmp_path: Path, before: Path, shift: tuple[int, int]
) -> None:
    path = trackers.following_colours(tmp_path / "vit.onnx")
    x0, y0, x1, y1 = (round(v) for v in WAS)
    moved = (x0 + shift[0], y0 + shift[1], x1 + shift[0], y1 + shift[1])
    after = picture(tmp_path / "after.png", (moved, RED), (OTHER, BLUE))
    theirs = opencvs_vittrack(path, as_quaternion((0.229, 0.224, 0.225)))
    theirs.init(cv2.imread(str(before)), (x0, y0, x1 - x0, y1 - y0))
    is_found, (x, y, width, height) = theirs.update(cv2.imread(str(after)))

    ours = VitNetwork(path).sight(
        cv2.imread(str(before)), cv2.imread(str(after)), WAS, WAS
    )

    assert is_found
    assert ours is not None
    assert ours.corners == (x, y, x + width, y + height)


def test_opencvs_own_division_is_not_that_of_each_channel(
    tmp_path: Path, before: Path
) -> None:
    """Why places differ by a cell from OpenCV 5.0; where this fails it was mended."""
    path = trackers.following_colours(tmp_path / "vit.onnx")
    far = (130.0, 80.0, 170.0, 120.0)
    after = picture(tmp_path / "after.png", (far, RED), (OTHER, BLUE))
    theirs = opencvs_vittrack(path, (0.229, 0.224, 0.225, 0.0))
    theirs.init(cv2.imread(str(before)), (100, 80, 40, 40))
    _, (x, *_) = theirs.update(cv2.imread(str(after)))

    ours = VitNetwork(path).sight(
        cv2.imread(str(before)), cv2.imread(str(after)), WAS, WAS
    )

    assert ours is not None
    assert ours.corners == far
    assert far[0] - x == 10
