"""The XML of LabelMe's web tool."""

from __future__ import annotations

from pathlib import Path

import pytest

from dataset.errors import BadFile
from dataset.records import SampleState
from export.formats import detect_format, reader_for
from tests.export.test_foreign_readers import corners, folder_with, read, whats


def entry(*points: tuple[float, float], name: str = "bolt", more: str = "") -> str:
    """An object with a polygon."""
    listed = "".join(f"<pt><x>{x}</x><y>{y}</y></pt>" for x, y in points)
    return (
        f"<object><name>\n{name}\n</name><deleted>0</deleted>{more}"
        f"<polygon><username>x</username>{listed}</polygon></object>"
    )


def labelme(*entries: str, name: str = "a.png", size: str = "") -> str:
    return (
        f"<annotation><filename>\n{name}\n</filename><folder>street</folder>{size}"
        f"{''.join(entries)}</annotation>"
    )


SQUARE = ((4, 5), (12, 5), (12, 20), (4, 20))


def test_polygons_become_boxes_and_deleted_objects_stay_out(tmp_path: Path) -> None:
    boxed = entry(*SQUARE, more="<type>bounding_box</type>")
    gone = entry(*SQUARE).replace("<deleted>0", "<deleted>1")
    text = labelme(entry((1, 2), (30, 4), (9, 28)), boxed, gone)

    found = read(folder_with(tmp_path, a__xml=text))

    assert found.format == "labelme-xml"
    assert corners(found) == [(1, 2, 30, 28), (4, 5, 12, 20)]
    assert whats(found) == "a.png: a polygon became its enclosing box"


def test_images_lie_in_a_folder_beside_and_sizes_are_rows_and_columns(
    tmp_path: Path,
) -> None:
    folder_with(tmp_path)
    (tmp_path / "Images" / "street").mkdir(parents=True)
    (tmp_path / "Annotations" / "street").mkdir(parents=True)
    (tmp_path / "a.png").rename(tmp_path / "Images" / "street" / "a.png")
    size = "<imagesize><nrows>64</nrows><ncols>96</ncols></imagesize>"
    (tmp_path / "Annotations" / "street" / "a.xml").write_text(
        labelme(entry(*SQUARE), size=size)
    )

    found = read(tmp_path)

    assert [image.source_name for image in found.images] == ["Images/street/a.png"]
    assert corners(found) == [(2, 2.5, 6, 10)]


def test_what_cannot_be_taken_is_named(tmp_path: Path) -> None:
    mask = "<object><name>sky</name><segm><mask>m.png</mask></segm></object>"
    text = labelme(entry(*SQUARE, name=" "), mask, entry((1, 2), (3, 4)), entry((1, 9)))

    found = read(folder_with(tmp_path, a__xml=text, b__xml=labelme(name="../b.png")))

    assert found.boxes == 0
    said = whats(found)
    assert "it has no name" in said
    assert "it has no polygon" in said
    assert "its points are no numbers (2 times)" in said
    assert "leaves the folder: ../b.png" in said


def test_image_without_objects_is_empty(tmp_path: Path) -> None:
    path = folder_with(tmp_path, a__xml=labelme())

    (image,) = reader_for("labelme-xml").read(path).images

    assert image.state is SampleState.EMPTY


def test_boxes_of_pascal_voc_are_not_mistaken_for_it(tmp_path: Path) -> None:
    box = "<xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax>"
    text = labelme(f"<object><name>bolt</name><bndbox>{box}</bndbox></object>")

    assert detect_format(folder_with(tmp_path, a__xml=text)) == "voc"


BOMB = '<!DOCTYPE a [<!ENTITY x "y">]><annotation>&x;<pt></pt></annotation>'


@pytest.mark.parametrize("text", ["", "<annotation>", "<other/>", BOMB])
def test_files_of_another_shape_are_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadFile, match="LabelMe"):
        reader_for("labelme-xml").read(folder_with(tmp_path, a__xml=text))
