"""The files of other labeling tools: what is taken, and what is named instead."""

from __future__ import annotations

import base64
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset.errors import BadFile
from dataset.project import Project
from dataset.records import SampleState
from export.contract import ImportedSet
from export.formats import detect_format, reader_for
from export.intake import take_in
from tests.dataset.picture_bytes import encoded, scene

PICTURE = encoded("png", scene())
SIZE = {"original_width": 48, "original_height": 32, "image_rotation": 0}
SHARED = [
    ("formats-labelme", "labelme", 3, {"person": 6, "bus": 2, "car": 1}),
    ("ei-dog-ball-toy", "edge-impulse", 64, {"dog": 62, "ball": 59, "toy": 58}),
    (
        "formats-datumaro/cvat_dataset/for_images/export_project",
        *("cvat", 6, {"label1": 6}),
    ),
    ("formats-datumaro/cvat_dataset/for_video", "cvat", 2, {"II": 1}),
    ("formats-datumaro/vott_json_dataset/dataset", "vott", 3, {}),
    ("formats-datumaro/vott_csv_dataset/dataset", "csv", 4, {"helmet": 1}),
]


def counts(found: ImportedSet) -> dict[str, int]:
    """How many boxes each class has."""
    return dict(Counter(b.class_name for image in found.images for b in image.boxes))


def whats(found: ImportedSet) -> str:
    """All problems as one text."""
    return "\n".join(f"{problem.path}: {problem.what}" for problem in found.problems)


def read(path: Path) -> ImportedSet:
    """The data set in the format that it is found to be in."""
    return reader_for(detect_format(path)).read(path)


def corners(found: ImportedSet) -> list[tuple[float, ...]]:
    """The corners of all boxes, to a thousandth of a pixel."""
    return [
        tuple(round(value, 3) for value in box.corners)
        for image in found.images
        for box in image.boxes
    ]


def folder_with(folder: Path, **files: str | bytes) -> Path:
    """A folder with an image of 48x32 and these files (`__` is a dot in a name)."""
    folder.mkdir(exist_ok=True)
    (folder / "a.png").write_bytes(PICTURE)
    for name, data in files.items():
        target = folder / name.replace("__", ".")
        target.write_bytes(data.encode() if isinstance(data, str) else data)
    return folder


def cvat(folder: Path, body: str, name: str = "a.png") -> Path:
    """A CVAT set with one image."""
    image = f'<image id="0" name="{name}" width="48" height="32">{body}</image>'
    return folder_with(folder, set__xml=f"<annotations>{image}</annotations>")


def task(*results: dict[str, Any], image: str = "a.png", **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """A task of Label Studio with one annotation."""
    return {
        "id": 1,
        "data": {"image": image},
        "annotations": [{"id": 1, "result": list(results), **more}],
    }


def region(x: float, y: float, w: float, h: float, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """A rectangle of Label Studio, in percent."""
    value = {"x": x, "y": y, "width": w, "height": h, "rectanglelabels": ["bolt"]}
    return {"type": "rectanglelabels", "value": {**value, **more}, **SIZE}


def studio(folder: Path, *tasks: dict[str, Any]) -> Path:
    """A Label Studio set with these tasks."""
    return folder_with(folder, tasks__json=json.dumps(list(tasks)))


def labelme(folder: Path, *shapes: dict[str, Any], **more: Any) -> Path:  # noqa: ANN401
    """A labelme set with one image."""
    content = {
        "version": "5.0.0",
        "shapes": list(shapes),
        "imagePath": "a.png",
        "imageData": None,
        **more,
    }
    return folder_with(folder, a__json=json.dumps(content))


def shape(*points: tuple[float, float], kind: str = "rectangle") -> dict[str, Any]:
    """A shape of labelme."""
    return {"label": "bolt", "points": [list(p) for p in points], "shape_type": kind}


def edge_impulse(folder: Path, *files: dict[str, Any]) -> Path:
    """An Edge Impulse set with this `info.labels`."""
    content = json.dumps({"version": 1, "files": list(files)})
    return folder_with(folder, info__labels=content)


BOX = {"label": "bolt", "x": 1, "y": 2, "width": 10, "height": 20}


@pytest.mark.parametrize(("name", "format_name", "images", "boxes"), SHARED)
def test_shared_sets_have_the_counts_of_their_source(
    shared_data: Path, name: str, format_name: str, images: int, boxes: dict[str, int]
) -> None:
    found = read(shared_data / name)

    assert (found.format, len(found.images)) == (format_name, images)
    assert counts(found) == boxes


@pytest.mark.parametrize(
    "name", ["test_export_csv", "test_export_json_min", "test_export_yolo"]
)
def test_tasks_of_label_studio_without_their_images_are_refused(
    shared_data: Path, name: str
) -> None:
    path = shared_data / "formats-labelstudio" / name

    assert detect_format(path) == "label-studio"
    with pytest.raises(BadFile, match="no address is fetched"):
        read(path)


def test_cvat_boxes_polygons_and_other_shapes(tmp_path: Path) -> None:
    found = read(
        cvat(
            tmp_path,
            '<box label="bolt" xtl="1.5" ytl="2" xbr="11" ybr="22"/>'
            '<polygon label="nut" points="5,6;9,6;7,12"/>'
            '<box label="bolt" xtl="10" ytl="10" xbr="20" ybr="14" rotation="90"/>'
            '<polyline label="nut" points="1,1;2,2"/><mask label="nut" rle="1"/>'
            '<box label="" xtl="1" ytl="1" xbr="2" ybr="2"/>',
        )
    )

    assert corners(found) == [(1.5, 2, 11, 22), (5, 6, 9, 12), (13, 7, 17, 17)]
    for words in (
        *("polygon became", "turned box became", "no box: polyline", "no box: mask"),
        "has no class",
    ):
        assert words in whats(found)


def test_cvat_image_without_shapes_is_empty(tmp_path: Path) -> None:
    assert read(cvat(tmp_path, "")).images[0].state is SampleState.EMPTY


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE a [<!ENTITY x "y">]>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd">',
    ],
)
def test_cvat_with_entities_is_refused(tmp_path: Path, head: str) -> None:
    text = f'{head}<annotations><image name="a.png">&x;</image></annotations>'

    with pytest.raises(BadFile):
        read(folder_with(tmp_path, set__xml=text))


def test_cvat_that_ends_midway_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="no XML"):
        read(folder_with(tmp_path, set__xml='<annotations><image name="a.png">'))


def test_label_studio_takes_the_true_annotation_and_no_prediction(
    tmp_path: Path,
) -> None:
    both = task(region(0, 0, 50, 50))
    both["annotations"] += [
        {"id": 2, "result": [region(25, 25, 50, 50)], "ground_truth": True},
        {"id": 3, "result": [region(1, 1, 1, 1)]},
        {"id": 4, "result": [region(2, 2, 2, 2)], "was_cancelled": True},
    ]
    both["predictions"] = [{"result": [region(3, 3, 3, 3)]}]

    found = read(studio(tmp_path, both))

    assert corners(found) == [(12, 8, 36, 24)]
    assert "several annotations" in whats(found)


def test_label_studio_turned_boxes_polygons_and_other_regions(tmp_path: Path) -> None:
    points = [[0, 0], [50, 0], [50, 50]]
    polygon = {"type": "polygonlabels", "value": {"points": points}, **SIZE}
    polygon["value"]["polygonlabels"] = ["nut"]
    brush = {"type": "brushlabels", "value": {"brushlabels": ["nut"]}, **SIZE}

    found = read(
        studio(tmp_path, task(region(50, 25, 25, 25, rotation=90), polygon, brush))
    )

    assert corners(found) == [(16, 8, 24, 20), (0, 0, 24, 16)]
    for words in ("turned box became", "polygon became", "no box: brushlabels"):
        assert words in whats(found)


@pytest.mark.parametrize(
    ("rows", "state"),
    [
        (task(), SampleState.EMPTY),
        (task(was_cancelled=True), None),
        ({"data": {"image": "a.png"}, "annotations": []}, None),
    ],
)
def test_label_studio_is_empty_only_where_somebody_said_so(
    tmp_path: Path, rows: dict[str, Any], state: SampleState | None
) -> None:
    assert read(studio(tmp_path, rows)).images[0].state is state


def test_label_studio_short_form_is_taken(tmp_path: Path) -> None:
    row = {"x": 0, "y": 0, "width": 50, "height": 50, "rectanglelabels": ["bolt"]}
    short = {"image": "/data/upload/1/0123abcd-a.png", "id": 1, "label": [row | SIZE]}

    assert corners(read(studio(tmp_path, short))) == [(0, 0, 24, 16)]


@pytest.mark.parametrize(
    "image",
    [
        "/data/upload/1/0123abcd-a.png",
        "/data/local-files/?d=elsewhere/a.png",
        "http://127.0.0.1:9/x/a.png?token=1",
        "s3://bucket/x/a.png",
        "C:\\pictures\\a.png",
        "/mnt/pictures/a.png",
    ],
)
def test_address_means_the_image_of_that_name_in_the_folder(
    tmp_path: Path, image: str
) -> None:
    found = read(studio(tmp_path, task(region(0, 0, 50, 50), image=image)))

    assert [one.path for one in found.images] == [tmp_path / "a.png"]


@pytest.mark.parametrize(
    "image",
    ["../secret.png", "x/../../secret.png", "/data/local-files/?d=../secret.png"],
)
def test_names_that_leave_the_folder_are_refused(tmp_path: Path, image: str) -> None:
    (tmp_path / "secret.png").write_bytes(PICTURE)
    inside = studio(tmp_path / "set", task(), task(image=image))

    found = read(inside)

    assert [one.path.name for one in found.images] == ["a.png"]
    assert "leaves the folder" in whats(found)


def test_bare_name_that_two_images_have_is_not_guessed(tmp_path: Path) -> None:
    path = studio(tmp_path, task(), task(image="http://127.0.0.1:9/b.png"))
    for name in ("one", "two"):
        (path / name).mkdir()
        (path / name / "b.png").write_bytes(PICTURE)

    found = read(path)

    assert [one.source_name for one in found.images] == ["a.png"]
    assert "several images have the bare name" in whats(found)


def test_labelme_corners_stand_in_any_order(tmp_path: Path) -> None:
    found = read(
        labelme(
            tmp_path,
            shape((20, 2), (10, 12)),
            shape((1, 1), (9, 1), (5, 8), kind="polygon"),
            shape((20, 16), (23, 20), kind="circle"),
            shape((3, 3), kind="point"),
        )
    )

    assert corners(found) == [(10, 2, 20, 12), (1, 1, 9, 8), (15, 11, 25, 21)]
    for words in ("polygon became", "circle became", "no box: point"):
        assert words in whats(found)


def test_labelme_embedded_image_comes_in(tmp_path: Path) -> None:
    data = base64.b64encode(encoded("png", scene(seed=7))).decode()
    path = labelme(
        tmp_path / "set",
        shape((1, 2), (10, 20)),
        imageData=data,
        imagePath="..\\elsewhere\\b.png",
    )
    (path / "a.png").unlink()

    with Project.create(tmp_path / "project", []) as project:
        done = take_in(project, path)
        names = [sample.source_name for sample in project.catalog.samples.each()]

    assert (done.format, done.samples, done.boxes, done.skipped) == (
        *("labelme", 1, 1),
        (),
    )
    assert names == ["b.png"]


@pytest.mark.parametrize("data", ["no base64 !", "", base64.b64encode(b"x").decode()])
def test_labelme_embedded_image_that_is_none_is_named(
    tmp_path: Path, data: str
) -> None:
    path = labelme(
        tmp_path / "set", shape((1, 2), (10, 20)), imageData=data, imagePath="b.png"
    )

    with Project.create(tmp_path / "project", []) as project:
        done = take_in(project, path)

    assert (done.samples, done.boxes) == (1, 0)
    assert "b.png" in {where for where, _ in done.skipped}


def test_vott_boxes_tags_and_missing_assets(tmp_path: Path) -> None:
    def asset(name: str, *regions: dict[str, Any]) -> dict[str, Any]:
        about = {"name": name, "path": f"file:C:/x/{name}", "state": 2}
        size = {"size": {"width": 48, "height": 32}}
        return {"asset": {**about, **size}, "regions": list(regions)}

    box = {"left": 1, "top": 2, "width": 10, "height": 20}
    points = [{"x": 5, "y": 5}, {"x": 9, "y": 5}, {"x": 9, "y": 9}]
    regions = (
        {"tags": ["bolt", "nut"], "boundingBox": box},
        {"tags": ["bolt"], "points": points},
        {"tags": [], "boundingBox": box},
    )
    content = {
        "tags": [{"name": "nut"}, {"name": "bolt"}],
        "assets": {"1": asset("a.png", *regions), "2": asset("film.mp4#t=1.5")},
    }

    found = read(folder_with(tmp_path, set__json=json.dumps(content)))

    assert found.classes == ("nut", "bolt")
    assert corners(found) == [(1, 2, 11, 22), (1, 2, 11, 22), (5, 5, 9, 9)]
    for words in ("several tags", "polygon became", "has no class", "film.mp4"):
        assert words in whats(found)


def test_edge_impulse_boxes_beside_an_image_win(tmp_path: Path) -> None:
    path = edge_impulse(
        tmp_path,
        {"path": "a.png", "category": "validation", "boundingBoxes": [BOX]},
        {"path": "gone.png", "category": "testing"},
    )
    other = {"a.png": [{**BOX, "x": 5}, {**BOX, "label": ""}]}
    listed = {"version": 1, "type": "bounding-box-labels", "boundingBoxes": other}
    (path / "bounding_boxes.labels").write_text(json.dumps(listed))

    found = read(path)

    assert corners(found) == [(5, 2, 15, 22)]
    assert found.images[0].split == "val"
    assert "gone.png" in whats(found)
    assert "has no class" in whats(found)


def test_edge_impulse_line_by_line_is_taken(tmp_path: Path) -> None:
    entry = {"path": "a.png", "category": "training", "boundingBoxes": [BOX]}
    lines = [{"__ndjson": True, "version": 1}, {"__key": "files", "__item": entry}]
    text = "\n".join(json.dumps(line, separators=(",", ":")) for line in lines)
    path = folder_with(tmp_path, info__labels=text)

    found = reader_for("edge-impulse").read(path)

    assert corners(found) == [(1, 2, 11, 22)]
    assert detect_format(path) == "edge-impulse"


def test_custom_vision_answer_of_the_service_is_taken(tmp_path: Path) -> None:
    sides = {"left": 0.25, "top": 0.25, "width": 0.5, "height": 0.5}
    rows = [
        {
            "id": "a",
            "originalImageUri": "http://127.0.0.1:9/a",
            "regions": [{"tagName": "bolt", **sides}],
        },
        {"id": "gone", "regions": []},
    ]

    found = read(folder_with(tmp_path, images__json=json.dumps(rows)))

    assert (found.format, corners(found)) == ("custom-vision", [(12, 8, 36, 24)])
    assert "missing: gone" in whats(found)


@pytest.mark.parametrize(
    "text", ["", "[", "{}", "[]", "[1, 2]", "null", '"x"', "\x00", "[" * 100_000]
)
@pytest.mark.parametrize(
    "name",
    ["labelme", "label-studio", "vott", "edge-impulse", "custom-vision", "cvat"],
)
def test_files_of_another_shape_are_refused(
    tmp_path: Path, name: str, text: str
) -> None:
    path = folder_with(tmp_path, set__json=text, set__xml=text, info__labels=text)

    try:
        found = reader_for(name).read(path)
    except BadFile:
        return
    assert found.boxes == 0


def test_500_mb_on_one_line_are_refused_unread(tmp_path: Path) -> None:
    path = folder_with(tmp_path)
    with (path / "big.json").open("wb") as stream:
        stream.write(b'[{"data":{"image":"a.png"},"annotations":[]},"')
        stream.truncate(500 << 20)

    with pytest.raises(BadFile):
        reader_for("label-studio").read(path)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.integers(-5, 60)
    | st.sampled_from(["a.png", "bolt", "rectangle", "../a.png", ""]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("x", "y", "width", "height", "label", "points", "shape_type"),
                    *("value", "rectanglelabels", "polygonlabels", "result", "tags"),
                    *("original_width", "original_height", "boundingBox", "regions"),
                    *("path", "name", "tag", "left", "top", "file", "image", "type"),
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=12,
)


@given(value=JSON, other=JSON)
def test_any_json_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, value: object, other: object
) -> None:
    path = folder_with(tmp_path_factory.getbasetemp() / "any_foreign")
    wholes = {
        "labelme": {
            "shapes": [value, other],
            "imagePath": "a.png",
            "imageWidth": other,
        },
        "label-studio": [
            {"data": {"image": "a.png"}, "annotations": [{"result": [value, other]}]},
            {"data": value, "annotations": other},
            {"image": "a.png", "label": [value]},
        ],
        "vott": {
            "tags": value,
            "assets": {
                "1": {"asset": {"path": "a.png", "size": other}, "regions": [value]}
            },
        },
        "edge-impulse": {"files": [{"path": "a.png", "boundingBoxes": value}, other]},
        "custom-vision": {
            "images": [{"file": "a.png", "regions": [value, other]}, other]
        },
    }

    for name, whole in wholes.items():
        file = "info.labels" if name == "edge-impulse" else "set.json"
        (path / file).write_text(json.dumps(whole))
        try:
            found = reader_for(name).read(path)
        except BadFile:
            continue
        for box in (box for image in found.images for box in image.boxes):
            assert 0 <= box.x0 < box.x1 <= 48
            assert 0 <= box.y0 < box.y1 <= 32
