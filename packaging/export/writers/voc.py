"""Pascal VOC, going out: an XML file an image, in one of two dialects.

    Annotations/<sample id>.xml
    JPEGImages/<sample id>.<suffix>
    ImageSets/Main/<split>.txt          the stems, sorted
    labelmap.txt                        the classes in their fixed order, with colours

`voc` is the plain dialect, which labelImg, Datumaro and most readers mean: corners are
0-based and half-open, whole numbers where they are whole. `voc-strict` is the original
standard: 1-based and inclusive whole pixels, rounded outwards; each of its files says
so in `source/annotation`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Final
from xml.etree.ElementTree import Element

import numpy as np

from ..handover.export_folder import ExportFolder
from ..handover.outgoing import HeldBoxes, OutgoingBox, OutgoingSample
from ..handover.pages import Pages
from ..handover.plan import Plan
from ..handover.proof import FoundImage, WrittenExport, by_sample
from ..handover.texts import number_text, xml_root, xml_text
from ..readers.voc import ONE_BASED

_PLAIN: Final = "fieldset VOC, 0-based and half-open"
_LABELS: Final = "# label:color_rgb:parts:actions"
_TAGS: Final = ("xmin", "ymin", "xmax", "ymax")


class VocPages(Pages):
    """The XML files and the lists of stems, in the plain dialect."""

    format: ClassVar[str] = "voc"
    dialect: ClassVar[str] = _PLAIN

    def __init__(self, plan: Plan, folder: ExportFolder) -> None:
        super().__init__(plan, folder)
        self._lists = {split.name: self.rows() for split in plan.splits}

    def image_folder(self, _: str) -> str:
        """`JPEGImages`, whatever the split."""
        return "JPEGImages"

    def add(self, sample: OutgoingSample, boxes: Sequence[OutgoingBox]) -> None:
        """Write the image's XML file."""
        objects = "".join(map(self._object, boxes))
        text = (
            "<annotation>\n<folder>JPEGImages</folder>\n"
            f"<filename>{sample.id}.{sample.suffix}</filename>\n"
            f"<source><database>{self.plan.frozen.version.id}</database>"
            f"<annotation>{self.dialect}</annotation></source>\n"
            f"<size><width>{sample.width}</width><height>{sample.height}</height>"
            "<depth>3</depth></size>\n<segmented>0</segmented>\n"
            f"{objects}</annotation>\n"
        )
        self.folder.write(f"Annotations/{sample.id}.xml", text.encode())
        self._lists[sample.split].add(f"{sample.id}\n")

    def finish(self) -> None:
        """Write the lists of the splits."""
        for name, rows in self._lists.items():
            rows.write(f"ImageSets/Main/{name}.txt")
        lines = "".join(
            f"{item.name}:{_red_green_blue(item.colour)}::\n"
            for item in self.plan.classes
            if _is_plain(item.name)
        )
        self.folder.write("labelmap.txt", f"{_LABELS}\n{lines}".encode())

    def notes(self) -> tuple[str, ...]:
        """Classes that `labelmap.txt` cannot name."""
        names = [i.name for i in self.plan.classes if not _is_plain(i.name)]
        if not names:
            return ()
        what = "labelmap.txt cannot name a class with a colon or a hash in front"
        return (f"{what}: {', '.join(names)}",)

    def read_back(self, written: WrittenExport) -> Iterator[FoundImage]:
        """The XML file of each stem of each list."""
        return by_sample(
            self._listed(written.root, split.name) for split in self.plan.splits
        )

    def _listed(self, root: Path, split: str) -> Iterator[FoundImage]:
        with (root / "ImageSets" / "Main" / f"{split}.txt").open() as stems:
            for line in stems:
                annotation = xml_root(root / "Annotations" / f"{line.rstrip()}.xml")
                yield self._found(annotation, split)

    def card(self) -> str:
        """Which dialect this is, in words."""
        return (
            "The dialect is plain: corners are 0-based and half-open, so that width = "
            "xmax - xmin; a corner inside a pixel has decimals."
        )

    def _corners(self, box: OutgoingBox) -> tuple[float, float, float, float]:
        """xmin, ymin, xmax, ymax as the dialect writes them."""
        return box.corners

    def _box(self, name: str, corners: Sequence[float]) -> OutgoingBox:
        """The box that the dialect's corners mean."""
        x0, y0, x1, y1 = corners
        return OutgoingBox(name, x0, y0, x1, y1)

    def _object(self, box: OutgoingBox) -> str:
        corners = "".join(
            f"<{tag}>{number_text(value)}</{tag}>"
            for tag, value in zip(_TAGS, self._corners(box), strict=True)
        )
        return (
            f"<object><name>{xml_text(box.class_name)}</name><pose>Unspecified</pose>"
            "<truncated>0</truncated><difficult>0</difficult>"
            f"<bndbox>{corners}</bndbox></object>\n"
        )

    def _found(self, root: Element, split: str) -> FoundImage:
        if _text(root, "source/annotation") != self.dialect:
            raise ValueError("the dialect is another")
        return FoundImage(
            name=f"JPEGImages/{_text(root, 'filename')}",
            split=split,
            size=(int(_text(root, "size/width")), int(_text(root, "size/height"))),
            boxes=tuple(
                self._box(
                    _text(entry, "name"),
                    [float(_text(entry, f"bndbox/{tag}")) for tag in _TAGS],
                )
                for entry in root.findall("object")
            ),
        )


class StrictVocPages(VocPages):
    """The same in the dialect of the original standard."""

    format: ClassVar[str] = "voc-strict"
    dialect: ClassVar[str] = ONE_BASED

    def card(self) -> str:
        """Which dialect this is, in words."""
        return (
            "The dialect is strict, the original standard: corners are 1-based, "
            "inclusive whole pixels, rounded outwards."
        )

    def fit(self, boxes: HeldBoxes) -> HeldBoxes:
        """The smallest box of whole pixels around each box."""
        low, high = boxes.corners[:2], boxes.corners[2:]
        return replace(boxes, corners=np.concatenate([np.floor(low), np.ceil(high)]))

    def _corners(self, box: OutgoingBox) -> tuple[float, float, float, float]:
        """The first and the last pixel, counted from 1."""
        return box.x0 + 1, box.y0 + 1, box.x1, box.y1

    def _box(self, name: str, corners: Sequence[float]) -> OutgoingBox:
        """Half-open corners again."""
        x0, y0, x1, y1 = corners
        return super()._box(name, (x0 - 1, y0 - 1, x1, y1))


def _is_plain(name: str) -> bool:
    """Whether a line of `labelmap.txt` can begin with the name."""
    return ":" not in name and not name.startswith("#")


def _red_green_blue(colour: str) -> str:
    """`#RRGGBB` as three decimal numbers."""
    return ",".join(str(part) for part in bytes.fromhex(colour.removeprefix("#")))


def _text(element: Element, path: str) -> str:
    found = element.findtext(path)
    if found is None:
        raise ValueError(f"an element is missing: {path}")
    return found
