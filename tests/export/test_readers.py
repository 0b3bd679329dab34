"""Data sets from elsewhere: what is in them, what is odd, and what is hostile."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset.errors import BadFile
from dataset.records import SampleState
from export.contract import ImageFacts, ImportedSet
from export.formats import READERS, detect_format, reader_for
from export.intakes.image_draft import turned
from export.readers.coco import CocoReader
from export.readers.image_folder import ImageFolderReader
from export.readers.voc import VocReader
from export.readers.yolo import YoloReader
from tests.dataset.picture_bytes import encoded, exif, jpeg_with, scene

SHARED = [
    ("boxes-bccd", "voc", 364, {"RBC": 4153, "WBC": 372, "Platelets": 361}),
    (
        "boxes-cards",
        "voc",
        67,
        {"ace": 26, "queen": 26, "nine": 26, "jack": 24, "king": 23, "ten": 18},
    ),
    (
        "boxes-fruit-yolo",
        "yolo",
        61,
        {
            "grape": 272,
            "cherry": 143,
            "strawberry": 59,
            "banana": 59,
            "orange": 41,
            "mango": 40,
            "kiwi": 40,
            "chikkoo": 23,
            "apple": 13,
        },
    ),
    ("boxes-traffic-coco", "coco", 97, {"motorbike": 362, "car": 72}),
    (
        "formats-labelstudio/test_import_yolo_data",
        "yolo",
        7,
        {"closed_door": 10, "bus": 8, "number": 6, "opened_door": 1},
    ),
    ("track-otb-crossing", "images", 120, {}),
]
MINIATURES = [
    ("coco", "coco", {"train": ["b"], "val": ["a"]}),
    ("coco-roboflow", "coco", {"train": ["b"], "val": ["a"]}),
    ("yolo-darknet", "yolo", {"train": ["label_2", "label_4"]}),
    (
        "yolo-labels",
        "yolo",
        {"train": ["label_2", "label_4"], "val": ["label_2", "label_4"]},
    ),
    ("voc", "voc", {"train": ["cat", "person"], "test": []}),
    ("odd-images", "images", {None: []}),
]


def counts(found: ImportedSet) -> dict[str, int]:
    """How many boxes each class has."""
    return dict(Counter(b.class_name for image in found.images for b in image.boxes))


def whats(found: ImportedSet) -> str:
    """All problems as one text."""
    return "\n".join(f"{problem.path}: {problem.what}" for problem in found.problems)


def coco_set(folder: Path, **content: Any) -> Path:  # noqa: ANN401
    """A COCO set with one image of 48x32 and what `content` says."""
    folder.mkdir(exist_ok=True)
    (folder / "a.png").write_bytes(encoded("png", scene()))
    whole = {
        "images": [{"id": 1, "file_name": "a.png", "width": 48, "height": 32}],
        "annotations": [],
        "categories": [{"id": 1, "name": "bolt"}],
        **content,
    }
    (folder / "_annotations.coco.json").write_text(json.dumps(whole), "utf-8")
    return folder


def annotation(*bbox: object, **fields: object) -> dict[str, object]:
    """One COCO annotation of image 1, class 1."""
    return {"id": 1, "image_id": 1, "category_id": 1, "bbox": list(bbox), **fields}


def yolo_set(folder: Path, rows: str | None, names: str = "names: [bolt]") -> Path:
    """A YOLO set with one training image of 48x32."""
    for name in ("images", "labels"):
        (folder / name / "train").mkdir(parents=True)
    (folder / "images" / "train" / "a.png").write_bytes(encoded("png", scene()))
    if rows is not None:
        (folder / "labels" / "train" / "a.txt").write_text(rows)
    (folder / "data.yaml").write_text(f"train: images/train\n{names}\n")
    return folder


def voc_set(folder: Path, body: str, name: str = "a.png") -> Path:
    """A VOC set with one image of 48x32 beside its annotation."""
    folder.mkdir(exist_ok=True)
    (folder / "a.png").write_bytes(encoded("png", scene()))
    text = f"<annotation><filename>{name}</filename>{body}</annotation>"
    (folder / "a.xml").write_text(text)
    return folder


def voc_object(*corners: object, name: str = "bolt") -> str:
    """One VOC object."""
    tags = zip(("xmin", "ymin", "xmax", "ymax"), corners, strict=True)
    box = "".join(f"<{tag}>{value}</{tag}>" for tag, value in tags)
    return f"<object><name>{name}</name><bndbox>{box}</bndbox></object>"


@pytest.mark.parametrize(("name", "format_name", "images", "boxes"), SHARED)
def test_shared_sets_have_the_counts_of_their_source(
    shared_data: Path, name: str, format_name: str, images: int, boxes: dict[str, int]
) -> None:
    path = shared_data / name

    found = reader_for(detect_format(path)).read(path)

    assert found.format == format_name
    assert len(found.images) == images
    assert counts(found) == boxes


def test_two_flat_boxes_of_bccd_are_named(shared_data: Path) -> None:
    found = VocReader().read(shared_data / "boxes-bccd")

    assert sorted(Path(problem.path).stem for problem in found.problems) == [
        "BloodImage_00338",
        "BloodImage_00343",
    ]


@pytest.mark.parametrize(("name", "format_name", "classes"), MINIATURES)
def test_miniature_sets_are_detected_and_read(
    formats: Path, name: str, format_name: str, classes: dict[str | None, list[str]]
) -> None:
    path = formats / name

    found = reader_for(detect_format(path)).read(path)

    assert found.format == format_name
    by_split: dict[str | None, list[str]] = {i.split: [] for i in found.images}
    for image in found.images:
        by_split[image.split] += [box.class_name for box in image.boxes]
    assert {split: sorted(names) for split, names in by_split.items()} == classes


def test_one_annotation_file_can_be_read_alone(formats: Path) -> None:
    found = CocoReader().read(formats / "coco" / "annotations" / "instances_val.json")

    assert [image.source_name for image in found.images] == ["images/val/b.jpg"]


def test_nothing_and_empty_folders_are_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no data set")

    for path in (tmp_path, tmp_path / "gone"):
        with pytest.raises(BadFile):
            detect_format(path)
        for reader in READERS:
            with pytest.raises(BadFile):
                reader.read(path)


def test_coco_boxes_are_0_based_and_end_at_x_plus_width(tmp_path: Path) -> None:
    path = coco_set(tmp_path, annotations=[annotation(1.5, 2, 10, 20.25)])

    (image,) = CocoReader().read(path).images

    assert image.boxes[0].corners == (1.5, 2.0, 11.5, 22.25)
    assert image.state is SampleState.LABELED


def test_image_without_annotations_is_empty_only_where_there_are_classes(
    tmp_path: Path,
) -> None:
    (empty,) = CocoReader().read(coco_set(tmp_path / "a")).images
    (silent,) = CocoReader().read(coco_set(tmp_path / "b", categories=[])).images

    assert empty.state is SampleState.EMPTY
    assert silent.state is None


@pytest.mark.parametrize(
    ("bbox", "words"),
    [
        ((1, 1, 0, 5), "no width or height"),
        ((1, 1, -4, 5), "no width or height"),
        ((float("nan"), 1, 4, 5), "no numbers"),
        ((float("inf"), 1, 4, 5), "no numbers"),
        (("a", 1, 4, 5), "no numbers"),
        ((True, 1, 4, 5), "no numbers"),
        ((10**400, 1, 4, 5), "no numbers"),
        ((100, 100, 4, 5), "outside the image"),
        ((-30, 0, 20, 5), "outside the image"),
    ],
)
def test_bad_boxes_are_skipped_and_named(
    tmp_path: Path, bbox: tuple[object, ...], words: str
) -> None:
    good = annotation(1, 1, 5, 5, id=2)
    path = coco_set(tmp_path, annotations=[annotation(*bbox), good])

    found = CocoReader().read(path)

    assert found.boxes == 1
    assert found.images[0].state is SampleState.LABELED
    assert words in whats(found)


def test_image_whose_only_box_is_bad_is_not_called_empty(tmp_path: Path) -> None:
    path = coco_set(tmp_path, annotations=[annotation(1, 1, 0, 0)])

    assert CocoReader().read(path).images[0].state is None


def test_box_over_the_edge_is_cut(tmp_path: Path) -> None:
    path = coco_set(tmp_path, annotations=[annotation(40, 20, 30, 30)])

    found = CocoReader().read(path)

    assert found.images[0].boxes[0].corners == (40, 20, 48, 32)
    assert "cut at the image's edge" in whats(found)


def test_double_ids_strays_and_missing_images_are_named(tmp_path: Path) -> None:
    images = [
        {"id": 1, "file_name": "a.png", "width": 48, "height": 32},
        {"id": 1, "file_name": "b.png", "width": 48, "height": 32},
        {"id": 2, "file_name": "gone.png"},
    ]
    rows = [annotation(1, 1, 5, 5), annotation(2, 2, 5, 5), annotation(0, 0, 1, 1)]
    rows[2]["image_id"] = 77
    path = coco_set(tmp_path, images=images, annotations=rows)

    found = CocoReader().read(path)

    assert (len(found.images), found.boxes) == (1, 2)
    for words in ("id stands there twice", "gone.png", "not here: 1", "kept: 2"):
        assert words in whats(found)


@pytest.mark.parametrize(
    "name",
    [
        "../secret.png",
        "/etc/passwd",
        "x/../../secret.png",
        "..\\secret.png",
        "C:\\a.png",
    ],
)
def test_names_that_leave_the_folder_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.png").write_bytes(encoded("png", scene()))
    inside = tmp_path / "set"
    images = [{"id": 1, "file_name": "a.png"}, {"id": 2, "file_name": name}]

    found = CocoReader().read(coco_set(inside, images=images))

    assert [image.path.name for image in found.images] == ["a.png"]
    assert "leaves the folder" in whats(found)


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no symbolic links here")
def test_address_in_coco_is_no_image_and_never_fetched(tmp_path: Path) -> None:
    # The network guard fails this test if anybody asks for it.
    far = "http://192.0.2.1/far.png"
    path = coco_set(
        tmp_path,
        images=[
            {"id": 1, "file_name": "a.png"},
            {"id": 2, "file_name": far, "coco_url": far},
        ],
    )

    found = CocoReader().read(path)

    assert [image.source_name.rpartition("/")[2] for image in found.images] == ["a.png"]
    assert f"the image is missing: {far}" in whats(found)


def test_links_that_leave_the_folder_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "b.png").write_bytes(encoded("png", scene()))
    inside = coco_set(
        tmp_path / "set",
        images=[
            {"id": 1, "file_name": "a.png"},
            {"id": 2, "file_name": "link.png"},
            {"id": 3, "file_name": "folder/b.png"},
        ],
    )
    (inside / "link.png").symlink_to(tmp_path / "secret" / "b.png")
    (inside / "folder").symlink_to(tmp_path / "secret")
    (inside / "round").symlink_to(inside)

    for reader in (CocoReader(), ImageFolderReader()):
        found = reader.read(inside)
        assert [image.source_name for image in found.images] == ["a.png"]


def test_boxes_of_the_stored_image_are_turned_with_it(tmp_path: Path) -> None:
    path = coco_set(
        tmp_path,
        images=[{"id": 1, "file_name": "r.jpg", "width": 48, "height": 32}],
        annotations=[annotation(0, 0, 10, 4)],
    )
    data = jpeg_with(encoded("jpg", scene()), b"Exif\x00\x00" + exif(6))
    (path / "r.jpg").write_bytes(data)

    found = CocoReader().read(path)

    assert found.images[0].boxes[0].corners == (28, 0, 32, 10)
    assert "turned with the image" in whats(found)


def test_boxes_of_the_upright_image_are_taken_as_they_are(tmp_path: Path) -> None:
    path = coco_set(
        tmp_path,
        images=[{"id": 1, "file_name": "r.jpg", "width": 32, "height": 48}],
        annotations=[annotation(0, 0, 10, 4)],
    )
    data = jpeg_with(encoded("jpg", scene()), b"Exif\x00\x00" + exif(6))
    (path / "r.jpg").write_bytes(data)

    found = CocoReader().read(path)

    assert found.images[0].boxes[0].corners == (0, 0, 10, 4)
    assert found.problems == ()


@pytest.mark.parametrize(
    ("size", "corners"), [((96, 64), (1, 1, 3, 3)), ((100, 10), None)]
)
def test_boxes_for_another_size_are_scaled_or_dropped(
    tmp_path: Path, size: tuple[int, int], corners: tuple[int, ...] | None
) -> None:
    image = {"id": 1, "file_name": "a.png", "width": size[0], "height": size[1]}
    path = coco_set(tmp_path, images=[image], annotations=[annotation(2, 2, 4, 4)])

    found = CocoReader().read(path)

    boxes = found.images[0].boxes
    assert (boxes[0].corners if boxes else None) == corners
    assert "is stated" in whats(found)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_turned_boxes_follow_the_pixels(orientation: int) -> None:
    shown = (48, 32) if orientation < 5 else (32, 48)
    facts = ImageFacts(width=shown[0], height=shown[1], orientation=orientation)
    corner = {1: "tl", 2: "tr", 3: "br", 4: "bl", 5: "tl", 6: "tr", 7: "br", 8: "bl"}

    x0, y0, x1, y1 = turned((0, 0, 6, 4), facts)

    width, height = (6, 4) if orientation < 5 else (4, 6)
    left = 0 if corner[orientation][1] == "l" else shown[0] - width
    top = 0 if corner[orientation][0] == "t" else shown[1] - height
    assert (x0, y0, x1, y1) == (left, top, left + width, top + height)


def test_yolo_rows_polygons_and_odd_rows(tmp_path: Path) -> None:
    rows = """0 0.5 0.5 0.5 0.25
0 0.25 0.25 0.75 0.25 0.5 0.75
0 0.5 0.5 0.5 0.25 0.9
7 0.5 0.5 0.1 0.1
bolt 0.5 0.5 0.1 0.1
0 5 5 5 5
0 0.5 0.5
0 nan 0.5 0.1 0.1

"""

    found = YoloReader().read(yolo_set(tmp_path, rows))

    read = [box.corners for box in found.images[0].boxes]
    assert read == [(12, 12, 36, 20), (12, 8, 36, 24), (12, 12, 36, 20)]
    for words in (
        "polygon became its enclosing box",
        "taken for a confidence",
        "not in the list",
        "begin with a class number",
        "between 0 and 1",
        "this many columns: 3",
        "no number",
    ):
        assert words in whats(found)


def test_yolo_empty_file_says_nothing_is_there_and_no_file_says_nothing(
    tmp_path: Path,
) -> None:
    empty = YoloReader().read(yolo_set(tmp_path / "a", ""))
    silent = YoloReader().read(yolo_set(tmp_path / "b", None))

    assert empty.images[0].state is SampleState.EMPTY
    assert silent.images[0].state is None


@pytest.mark.parametrize(
    "names",
    ["names: {0: bolt}", "names: ['bolt']", "names:\n  - bolt", "names: {'0': bolt}"],
)
def test_yolo_class_names_come_as_list_or_mapping(tmp_path: Path, names: str) -> None:
    found = YoloReader().read(yolo_set(tmp_path, "0 0.5 0.5 0.5 0.5", names))

    assert found.classes == ("bolt",)
    assert found.images[0].boxes[0].class_name == "bolt"


def test_yolo_missing_split_is_named(tmp_path: Path) -> None:
    path = yolo_set(tmp_path, "", "names: [bolt]\ntest: ../test/images")

    assert "missing: ../test/images" in whats(YoloReader().read(path))


def test_yaml_with_nested_aliases_or_tags_is_refused(tmp_path: Path) -> None:
    levels = [f"l{n}: &l{n} [{','.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 9)]
    bomb = "l0: &l0 [x]\n" + "\n".join(levels) + "\nnames: *l8"
    tag = "names: !!python/object/apply:os.system ['true']"

    for number, text in enumerate((bomb, tag, "names: [" * 3000)):
        path = yolo_set(tmp_path / str(number), "", text)
        with pytest.raises(BadFile):
            YoloReader().read(path)
        assert not YoloReader().detect(path)


def test_voc_is_plain_by_default_and_1_based_on_wish(tmp_path: Path) -> None:
    path = voc_set(tmp_path, voc_object(1, 2, 10, 20))

    plain = VocReader().read(path).images[0].boxes[0]
    strict = VocReader(one_based=True).read(path).images[0].boxes[0]

    assert plain.corners == (1, 2, 10, 20)
    assert strict.corners == (0, 1, 10, 20)


def test_voc_image_is_found_by_stem_before_its_stated_name(tmp_path: Path) -> None:
    path = voc_set(tmp_path, voc_object(1, 2, 10, 20), name="elsewhere.jpg")

    assert [i.source_name for i in VocReader().read(path).images] == ["a.png"]


def test_voc_without_objects_is_empty_and_image_without_file_is_silent(
    tmp_path: Path,
) -> None:
    path = voc_set(tmp_path, "")
    (path / "b.png").write_bytes(encoded("png", scene(seed=2)))

    states = {i.source_name: i.state for i in VocReader().read(path).images}

    assert states == {"a.png": SampleState.EMPTY, "b.png": None}


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE a [<!ENTITY x "y">]><annotation>&x;</annotation>',
        '<!DOCTYPE a SYSTEM "file:///etc/passwd"><annotation/>',
        "<annotation><object>",
        "",
        "<annotation>" * 50,
    ],
)
def test_hostile_xml_is_skipped_and_named(tmp_path: Path, text: str) -> None:
    path = voc_set(tmp_path, voc_object(1, 2, 10, 20))
    (path / "z.xml").write_text(text)

    found = VocReader().read(path)

    assert found.boxes == 1
    assert "z.xml" in whats(found)


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "{", "[1, 2]", '{"images": 5}', "\x00"]
)
def test_hostile_json_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "_annotations.coco.json").write_text(text)

    assert not CocoReader().detect(tmp_path)
    with pytest.raises(BadFile):
        CocoReader().read(tmp_path)


def test_files_beside_plain_images_that_may_hold_labels_are_named(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.png").write_bytes(encoded("png", scene()))
    for name in ("a.json", "b.json", "marks.xml", "README.txt", "notes.md"):
        (tmp_path / name).write_text("{}")

    found = ImageFolderReader().read(tmp_path)

    assert [image.source_name for image in found.images] == ["a.png"]
    assert [(one.path, one.what) for one in found.problems] == [
        (
            "a.json",
            "the file is not read, nor 1 more `.json`: labels there are not taken in",
        ),
        ("marks.xml", "the file is not read: labels there are not taken in"),
    ]


def test_files_that_are_no_regular_files_are_passed_over(tmp_path: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("no named pipes here")
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "a.png").write_bytes(encoded("png", scene()))

    found = ImageFolderReader().read(tmp_path)

    assert [image.source_name for image in found.images] == ["a.png"]


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=4) | st.integers(-5, 60),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=5,
)


@given(
    images=st.lists(
        st.fixed_dictionaries({}, optional={
            "id": JSON, "file_name": st.just("a.png") | JSON, "width": JSON,
            "height": JSON,
        }), max_size=3,
    ),
    rows=st.lists(
        st.fixed_dictionaries({}, optional={
            "id": JSON, "image_id": JSON, "category_id": JSON, "bbox": JSON,
            "segmentation": JSON, "iscrowd": JSON,
        }), max_size=4,
    ),
    categories=st.lists(
        st.fixed_dictionaries(
            {}, optional={"id": JSON, "name": JSON, "supercategory": JSON}
        ), max_size=3,
    ),
)  # fmt: skip
def test_any_json_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory,
    images: list[object],
    rows: list[object],
    categories: list[object],
) -> None:
    path = coco_set(
        tmp_path_factory.mktemp("any"),
        images=[{"id": 1, "file_name": "a.png"}, *images],
        annotations=rows,
        categories=categories,
    )

    try:
        found = CocoReader().read(path)
    except BadFile:
        return
    for image in found.images:
        for box in image.boxes:
            assert 0 <= box.x0 < box.x1 <= 48
            assert 0 <= box.y0 < box.y1 <= 32
