"""Pascal VOC, going out: an XML file an image.

    Annotations/<sample id>.xml
    JPEGImages/<sample id>.<suffix>
    ImageSets/Main/<split>.txt          the stems, sorted

Two dialects. `plain`, which labelImg, Datumaro and most readers mean: corners are
0-based and half-open, whole numbers where they are whole. `strict`, the original
standard: 1-based and inclusive whole pixels, rounded outwards; each file says so in
`source/annotation`, and the card, too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal
from xml.sax.saxutils import escape

from dataset.records import VersionSample

from .contract import ImportedBox, Reader
from .delivery import Pages
from .export_folder import ExportFolder
from .format_writer import FormatWriter
from .pages import FormatPages, RowFile
from .plan import Plan
from .voc import ONE_BASED, VocReader

VocDialect = Literal["plain", "strict"]
_TAGS = ("xmin", "ymin", "xmax", "ymax")


@dataclass(frozen=True, slots=True, kw_only=True)
class VocWriter(FormatWriter):
    """Writes versions as Pascal VOC."""

    format: ClassVar[str] = "voc"
    dialect: VocDialect = "plain"

    def pages(self, plan: Plan, folder: ExportFolder) -> Pages:
        """The files of one export."""
        return _Pages(plan, folder, is_strict=self.dialect == "strict")


class _Pages(FormatPages):
    """The XML files and the lists of stems."""

    format: ClassVar[str] = "voc"

    def __init__(self, plan: Plan, folder: ExportFolder, *, is_strict: bool) -> None:
        super().__init__(plan, folder)
        self._is_strict = is_strict
        self._lists: dict[str, RowFile] = {s.name: self.rows() for s in plan.splits}

    def image_name(self, sample: VersionSample) -> str:
        """`JPEGImages/<id>.<suffix>`, whatever the split."""
        return f"JPEGImages/{sample.id}.{sample.suffix}"

    def add(self, sample: VersionSample) -> Sequence[ImportedBox]:
        """Write the image's XML file."""
        boxes = [shown for _, shown in self.held(sample)]
        if self._is_strict:
            boxes = [outward(box) for box in boxes]
        source = ONE_BASED if self._is_strict else "fieldset VOC, plain"
        objects = "".join(_object(box, is_strict=self._is_strict) for box in boxes)
        text = (
            "<annotation>\n<folder>JPEGImages</folder>\n"
            f"<filename>{sample.id}.{sample.suffix}</filename>\n"
            f"<source><database>{self.plan.frozen.version.id}</database>"
            f"<annotation>{source}</annotation></source>\n"
            f"<size><width>{sample.width}</width><height>{sample.height}</height>"
            "<depth>3</depth></size>\n<segmented>0</segmented>\n"
            f"{objects}</annotation>\n"
        )
        self.folder.write(f"Annotations/{sample.id}.xml", text.encode())
        self._lists[sample.split].add(f"{sample.id}\n")
        return boxes

    def finish(self) -> None:
        """Write the lists of the splits."""
        for name, rows in self._lists.items():
            rows.write(f"ImageSets/Main/{name}.txt")

    def reader(self) -> Reader:
        """The VOC reader; strict files tell it what they are."""
        return VocReader()

    def notes(self) -> tuple[str, ...]:
        """Which dialect this is."""
        return (f"The dialect of VOC is: {'strict' if self._is_strict else 'plain'}",)

    def card(self) -> str:
        """Which dialect this is, in words."""
        if self._is_strict:
            return (
                "The dialect is strict, the original standard: corners are 1-based, "
                "inclusive whole pixels, rounded outwards."
            )
        return (
            "The dialect is plain: corners are 0-based and half-open, so that width = "
            "xmax - xmin; a corner inside a pixel has decimals."
        )


def outward(box: ImportedBox) -> ImportedBox:
    """The smallest box of whole pixels around a box."""
    return ImportedBox(
        class_name=box.class_name,
        x0=float(math.floor(box.x0)),
        y0=float(math.floor(box.y0)),
        x1=float(math.ceil(box.x1)),
        y1=float(math.ceil(box.y1)),
    )


def _object(box: ImportedBox, *, is_strict: bool) -> str:
    x0, y0, x1, y1 = box.corners
    if is_strict:
        x0, y0 = x0 + 1, y0 + 1
    corners = "".join(
        f"<{tag}>{_number(value)}</{tag}>"
        for tag, value in zip(_TAGS, (x0, y0, x1, y1), strict=True)
    )
    return (
        f"<object><name>{escape(box.class_name)}</name><pose>Unspecified</pose>"
        "<truncated>0</truncated><difficult>0</difficult>"
        f"<bndbox>{corners}</bndbox></object>\n"
    )


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() else repr(value)
