"""CVAT for images 1.1, going out: one XML file, each split a subset.

    annotations.xml                         a project with labels, subsets and images
    images/<split>/<sample id>.<suffix>

Corners are pixels of the upright image, 0-based and half-open.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, Final
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import iterparse

from ..handover.export_folder import ExportFolder
from ..handover.outgoing import OutgoingBox, OutgoingSample
from ..handover.pages import Pages
from ..handover.plan import Plan
from ..handover.proof import FoundImage, WrittenExport
from ..handover.texts import number_text, xml_attribute, xml_text

_FILE: Final = "annotations.xml"
_CORNERS: Final = ("xtl", "ytl", "xbr", "ybr")


class CvatPages(Pages):
    """The one XML file."""

    format: ClassVar[str] = "cvat"

    def __init__(self, plan: Plan, folder: ExportFolder) -> None:
        super().__init__(plan, folder)
        self._rows = self.rows()
        self._tasks = {split.name: at for at, split in enumerate(plan.splits)}

    def add(self, sample: OutgoingSample, boxes: Sequence[OutgoingBox]) -> None:
        """Write the image's element."""
        self._rows.add(
            f'<image id="{self._rows.count}" name="{sample.id}.{sample.suffix}" '
            f'subset="{sample.split}" task_id="{self._tasks[sample.split]}" '
            f'width="{sample.width}" height="{sample.height}">\n'
            f"{''.join(map(_shape, boxes))}</image>\n"
        )

    def finish(self) -> None:
        """Put the file together."""
        labels = "".join(
            f"<label><name>{xml_text(item.name)}</name>"
            f"<color>{xml_text(item.colour)}</color>"
            "<type>rectangle</type><attributes></attributes></label>\n"
            for item in self.plan.classes
        )
        tasks = "".join(
            f"<task><id>{at}</id><name>{name}</name><mode>annotation</mode>"
            f"<subset>{name}</subset></task>\n"
            for name, at in self._tasks.items()
        )
        head = (
            '<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n'
            "<version>1.1</version>\n<meta><project>"
            f"<name>{self.plan.frozen.version.id}</name>"
            f"<tasks>\n{tasks}</tasks>\n<labels>\n{labels}</labels>"
            "</project></meta>\n"
        )
        self._rows.write(_FILE, head, "</annotations>\n")

    def read_back(self, written: WrittenExport) -> Iterator[FoundImage]:
        """Each image of the XML file."""
        events = iterparse(
            str(written.root / _FILE),
            events=("start", "end"),
            forbid_dtd=True,
            forbid_entities=True,
            forbid_external=True,
        )
        _, top = next(events)
        for event, element in events:
            if event == "end" and element.tag == "image":
                yield _found(element)
                top.remove(element)

    def card(self) -> str:
        """Where the files are."""
        return (
            f"`{_FILE}` is CVAT for images 1.1; each subset is a split, with its "
            "images in `images/<split>`."
        )


def _shape(box: OutgoingBox) -> str:
    corners = " ".join(
        f'{name}="{number_text(value)}"'
        for name, value in zip(_CORNERS, box.corners, strict=True)
    )
    return (
        f'<box label={xml_attribute(box.class_name)} source="manual" occluded="0" '
        f'{corners} z_order="0"></box>\n'
    )


def _found(element: Element) -> FoundImage:
    split = element.attrib["subset"]
    return FoundImage(
        name=f"images/{split}/{element.attrib['name']}",
        split=split,
        size=(int(element.attrib["width"]), int(element.attrib["height"])),
        boxes=list(map(_box, element)),
    )


def _box(shape: Element) -> OutgoingBox:
    x0, y0, x1, y1 = (float(shape.attrib[corner]) for corner in _CORNERS)
    return OutgoingBox(shape.attrib["label"], x0, y0, x1, y1)
