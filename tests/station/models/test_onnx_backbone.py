"""Real ONNX backbones in a real child process: good ones, bad ones, and deadly ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest

from dataset.assist_settings import AssistSettings
from dataset.catalog.measures import BACKBONE
from dataset.drift_settings import DriftSettings, read_drift_settings
from dataset.errors import BadFile, BadImage, FieldsetError, NotFound
from dataset.measuring import measured
from dataset.progress import Cancelled
from dataset.project import Project
from dataset.records import LabelState, SampleState
from dataset.versions.freezing import freeze
from station.drift_side import side_table
from station.models.backbone_network import LoadedBackbone
from station.models.onnx_backbone import OnnxBackbone, project_backbone
from station.version_report import write_version_report
from tests import onnx_models as made
from tests.small_projects import box, filled, new_project, new_session
from tests.station.command_line import CommandLine

LOADED_S = 60.0
MEAN = np.array([0.485, 0.456, 0.406])
DEVIATION = np.array([0.229, 0.224, 0.225])
Make = Callable[..., OnnxBackbone]


def settings(**said: object) -> AssistSettings:
    told = {"backbone": {"model": "m.onnx", "seconds": 30.0, **said}}
    found: DriftSettings = read_drift_settings(told)
    assert found.backbone is not None
    return found.backbone


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """128 x 64 pixels, the left half red, the right half blue."""
    image = np.zeros((64, 128, 3), np.uint8)
    image[:, :64] = (0, 0, 255)
    image[:, 64:] = (255, 0, 0)
    path = tmp_path / "picture.png"
    path.write_bytes(cv2.imencode(".png", image)[1].tobytes())
    return path


@pytest.fixture
def backbone() -> Iterator[Make]:
    opened: list[OnnxBackbone] = []

    def make(
        path: Path, *, load_seconds: float = LOADED_S, **said: object
    ) -> OnnxBackbone:
        opened.append(OnnxBackbone(path, settings(**said), load_seconds=load_seconds))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


def seen(path: Path, picture: Path, **said: object) -> list[float]:
    """The vector, in this process: only models that do no harm."""
    answer = LoadedBackbone(path, settings(**said)).answer({"path": str(picture)})
    return list(answer["vector"])


def refusal(eye: OnnxBackbone | Path, picture: Path, **said: object) -> FieldsetError:
    look = eye.embed_file if isinstance(eye, OnnxBackbone) else partial(seen, eye)
    with pytest.raises(FieldsetError) as caught:
        look(picture, **said)
    assert caught.value.exit_code == 3
    assert caught.value.hint
    assert "[assist]" not in caught.value.hint
    assert str(picture.parent) not in caught.value.message
    return caught.value


def test_a_picture_is_stretched_normalised_and_averaged(
    tmp_path: Path, backbone: Make, picture: Path
) -> None:
    eye = backbone(made.averaging(tmp_path / "m.onnx"))

    vector = eye.embed_file(picture)

    assert vector.dtype == np.float32
    expected = (np.array([0.5, 0.0, 0.5]) - MEAN) / DEVIATION
    assert vector == pytest.approx(expected, abs=0.02)


def test_a_letterbox_keeps_the_aspect_between_grey_bars(
    tmp_path: Path, picture: Path
) -> None:
    path = made.averaging(tmp_path / "m.onnx")

    vector = seen(path, picture, fit="letterbox", scale=1 / 255)

    grey = 114 / 255
    expected = [(0.5 + grey) / 2, grey / 2, (0.5 + grey) / 2]
    assert vector == pytest.approx(expected, abs=0.02)


def test_channels_scale_mean_and_deviation_are_the_projects(
    tmp_path: Path, picture: Path
) -> None:
    image = cv2.imread(str(picture))
    image[:] = (200, 100, 50)
    picture.write_bytes(cv2.imencode(".png", image)[1].tobytes())
    path = made.averaging(tmp_path / "m.onnx")
    said = {"channels": "bgr", "scale": 1.0, "mean": [10.0], "deviation": [2.0]}

    assert seen(path, picture, **said) == [95, 45, 20]


@pytest.mark.parametrize(
    ("shape", "kind", "size"),
    [
        ((1, 3, 32, 48), "float32", (48, 32)),
        (("batch", 3, "height", "width"), "float32", (224, 224)),
        ((1, 3, 64, 64), "float16", (64, 64)),
    ],
)
def test_size_and_kind_are_read_from_the_model(
    tmp_path: Path,
    picture: Path,
    shape: tuple[int | str, ...],
    kind: str,
    size: tuple[int, int],
) -> None:
    path = made.averaging(tmp_path / "m.onnx", shape=shape, kind=kind)
    network = LoadedBackbone(path, settings())

    assert len(network.answer({"path": str(picture)})["vector"]) == 3
    assert (network.input.width, network.input.height) == size


@pytest.mark.parametrize(
    ("output", "vector"),
    [
        (np.array([[1, 2, 3]], np.float32), [1, 2, 3]),
        (np.array([[[1, 2], [3, 4], [5, 6]]], np.float32), [3, 4]),
        (np.arange(8, dtype=np.float32).reshape(1, 2, 2, 2), [1.5, 5.5]),
    ],
    ids=["vector", "tokens", "map"],
)
def test_maps_and_tokens_are_averaged(
    tmp_path: Path, picture: Path, output: np.ndarray, vector: list[float]
) -> None:
    outputs = {"count": np.array([7], np.int64), "features": output}
    path = made.answering(tmp_path / "m.onnx", outputs)

    assert seen(path, picture) == vector


def test_a_map_with_channels_last_is_averaged_over_its_places(
    tmp_path: Path, picture: Path
) -> None:
    output = np.arange(8, dtype=np.float32).reshape(1, 2, 2, 2)
    path = made.answering(
        tmp_path / "m.onnx", {"features": output}, shape=(1, 64, 64, 3)
    )

    assert seen(path, picture) == [3, 4]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"hello, this is text", "no ONNX model"),
        (b"\0" * 400, "model"),
    ],
)
def test_a_file_that_is_no_model_is_refused(
    tmp_path: Path, backbone: Make, picture: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(content)

    assert words in refusal(backbone(path), picture).message


def test_a_model_that_was_cut_off_is_refused(
    tmp_path: Path, backbone: Make, picture: Path
) -> None:
    path = made.averaging(tmp_path / "m.onnx")
    path.write_bytes(path.read_bytes()[:-20])

    assert "damaged" in refusal(backbone(path), picture).message


def test_a_missing_or_empty_file_is_told_at_once(
    tmp_path: Path, backbone: Make
) -> None:
    with pytest.raises(NotFound, match="no such model file") as caught:
        backbone(tmp_path / "gone.onnx")
    (tmp_path / "empty.onnx").touch()
    with pytest.raises(BadFile, match="empty"):
        backbone(tmp_path / "empty.onnx")

    assert "[drift.backbone]" in caught.value.hint


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"words": ("int64", (1, 77))}, "int64"),
        ({"sound": ("float32", (1, 16_000))}, "1 x 16000"),
        (
            {
                "images": ("float32", (1, 3, 64, 64)),
                "depths": ("float32", (1, 1, 64, 64)),
            },
            "images, depths",
        ),
        ({"images": ("float32", (8, 3, 64, 64))}, "8 x 3 x 64 x 64"),
    ],
    ids=["words", "sound", "two pictures", "eight at once"],
)
def test_a_model_that_takes_no_single_picture_is_refused(
    tmp_path: Path,
    picture: Path,
    inputs: dict[str, tuple[str, tuple[int, ...]]],
    words: str,
) -> None:
    path = made.answering(
        tmp_path / "m.onnx", {"features": np.zeros((1, 8), np.float32)}, inputs=inputs
    )

    assert words in refusal(path, picture).message


@pytest.mark.parametrize(
    "output",
    [
        np.zeros((1,), np.float32),
        np.zeros((1, 1), np.float32),
        np.zeros((1, 8), np.int64),
        np.zeros((4, 8), np.float32),
        np.zeros((1, 2, 2, 2, 2), np.float32),
    ],
    ids=lambda output: f"{output.dtype}{list(output.shape)}",
)
def test_a_model_that_gives_out_no_vector_is_refused(
    tmp_path: Path, picture: Path, output: np.ndarray
) -> None:
    path = made.answering(tmp_path / "m.onnx", {"something": output})

    said = refusal(path, picture)

    assert f"something {list(output.shape)}" in said.message


def test_a_model_that_gives_nothing_but_nan_is_refused(
    tmp_path: Path, picture: Path
) -> None:
    path = made.answering(
        tmp_path / "m.onnx", {"features": np.full((1, 8), np.nan, np.float32)}
    )

    assert "not a number" in refusal(path, picture).message


def test_a_size_that_the_model_does_not_take_is_told_with_its_table(
    tmp_path: Path, picture: Path
) -> None:
    said = refusal(made.averaging(tmp_path / "m.onnx"), picture, size=[96, 96])

    assert "64 x 64" in said.message
    assert "[drift.backbone]" in said.hint


def test_a_model_that_hangs_at_once_is_ended(
    tmp_path: Path, backbone: Make, picture: Path
) -> None:
    eye = backbone(made.hanging(tmp_path / "m.onnx"), load_seconds=4.0)

    assert "longer than 4 s" in refusal(eye, picture).message


def test_a_model_that_hangs_on_a_picture_is_ended_or_stopped(
    tmp_path: Path, backbone: Make, picture: Path
) -> None:
    path = made.hanging(tmp_path / "m.onnx", only_on_pictures=True)

    def stop() -> None:
        raise Cancelled

    assert "longer than 0.5 s" in refusal(backbone(path, seconds=0.5), picture).message
    with pytest.raises(Cancelled):
        backbone(path).embed_file(picture, waiting=stop)


def test_a_damaged_picture_is_the_pictures_fault(
    tmp_path: Path, backbone: Make, picture: Path
) -> None:
    eye = backbone(made.averaging(tmp_path / "m.onnx"))
    picture.write_bytes(b"nothing")

    with pytest.raises(BadImage):
        eye.embed_file(picture)


def test_frames_go_the_same_way_as_files(
    tmp_path: Path, backbone: Make, picture: Path
) -> None:
    eye = backbone(made.averaging(tmp_path / "m.onnx"))
    pixels = cv2.imread(str(picture)).astype(np.uint8)

    assert np.array_equal(eye.embed_pixels(pixels), eye.embed_file(picture))


def test_the_key_follows_the_model_and_its_use_but_not_the_patience(
    tmp_path: Path, backbone: Make
) -> None:
    path = made.averaging(tmp_path / "m.onnx")
    first = backbone(path).key

    assert backbone(path, seconds=3.0).key == first
    assert backbone(path, fit="letterbox").key != first
    assert backbone(path, mean=[0.5]).key != first
    made.averaging(path, times=2)
    assert backbone(path).key != first


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Two versions; its settings name `m.onnx`, which is not there yet."""
    root = tmp_path / "p"
    with new_project(root) as first:
        for name, seed in (("one", 0), ("two", 50)):
            for sample in filled(first, new_session(first, name), 3, first=seed):
                state = LabelState(state=SampleState.LABELED, boxes=(box("a"),))
                first.catalog.labels.put(sample.id, state)
            freeze(first, message=name)
    with (root / "fieldset.toml").open("a") as file:
        file.write('[drift]\nbackbone = "m.onnx"\n')
    with Project.open(root) as opened:
        yield opened


def test_the_projects_backbone_makes_the_vectors_and_they_are_kept(
    project: Project,
) -> None:
    path = made.averaging(project.root / "m.onnx")
    samples = project.version("v2").samples

    with project_backbone(project) as eye:
        found = measured(project, samples, backbone=eye)
        assert eye is not None
        kept = project.catalog.measures.vectors(BACKBONE, eye.key, found)
        table = side_table(project, "v1", backbone=eye)
    path.write_bytes(path.read_bytes())
    with project_backbone(project) as eye:
        again = measured(project, samples, backbone=eye)
        assert eye is not None
        assert eye._child is None

    assert {vector.shape for vector in found.vectors.values()} == {(3,)}
    assert all(np.array_equal(kept[i], found.vectors[i]) for i in found)
    assert all(np.array_equal(again.vectors[i], found.vectors[i]) for i in found)
    assert table.vectors is not None
    assert table.vectors.shape == (len(table), 3)


def test_sessions_folders_and_versions_are_all_seen_by_the_backbone(
    project: Project, tmp_path: Path, picture: Path
) -> None:
    made.averaging(project.root / "m.onnx")
    folder = tmp_path / "visits" / "one"
    folder.mkdir(parents=True)
    (folder / "a.png").write_bytes(picture.read_bytes())

    with project_backbone(project) as eye:
        for text in ("v1", "session:one", str(tmp_path / "visits")):
            table = side_table(project, text, backbone=eye)
            assert table.vectors is not None
            assert table.vectors.shape == (len(table), 3)


def test_reports_and_comparisons_use_the_backbone_or_say_why_not(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(NotFound, match="no such model file"):
        write_version_report(project, "v2")
    (project.root / "m.onnx").write_bytes(b"nothing")
    call = CommandLine(capsys)
    damaged = call("drift", "v1", "v2", "--project", str(project.root))
    made.averaging(project.root / "m.onnx")

    report = write_version_report(project, "v2")
    whole = call("drift", "v1", "v2", "--project", str(project.root))

    assert report.comparisons[0].base_table.vectors is not None
    assert report.comparisons[0].base_table.vectors.shape[1] == 3
    assert (damaged.code, whole.code) == (3, 0)
    assert "no ONNX model" in damaged.err
    assert "not judged" in whole.out
