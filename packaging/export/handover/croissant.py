"""Croissant 1.1 beside every export: what the files are, for machines.

    croissant.json          JSON-LD: files with their digests, splits, images, boxes
    croissant-boxes.csv     a row a box, for readers that know Croissant and no format

The table says the boxes once more, in whole pixels and parts of them, so that every
format can be read by the same description. The specification: Croissant Format 1.1,
MLCommons, docs.mlcommons.org/croissant. `version` is 1.0.0 with the id of the version
behind the plus sign: whether it follows another one is nothing that an export knows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from dataset.records import SplitKind

from .column_texts import joined
from .csv_text import csv_cell, csv_row
from .export_folder import ExportFolder
from .outgoing import OutgoingBatch
from .plan import Plan
from .rows import RowFile

FILE_NAME: Final = "croissant.json"
TABLE_NAME: Final = "croissant-boxes.csv"
_FEW_FILES = 16
_COLUMNS = ("image_id", "file_name", "split", "class_index", "label", "bbox")
_SPLIT_URLS = {
    SplitKind.TRAIN: "cr:TrainingSplit",
    SplitKind.VAL: "cr:ValidationSplit",
    SplitKind.TEST: "cr:TestSplit",
}
_MIMES = {
    "csv": "text/csv",
    "json": "application/json",
    "jsonl": "application/jsonlines",
    "labels": "application/json",
    "md": "text/markdown",
    "parquet": "application/x-parquet",
    "tar": "application/x-tar",
    "tfrecord": "application/octet-stream",
    "txt": "text/plain",
    "xml": "application/xml",
    "yaml": "application/yaml",
}
_IMAGE_MIMES = {"jpg": "image/jpeg"}
_CONTEXT: Final[dict[str, Any]] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


class BoxTable:
    """The table of boxes while it is written."""

    def __init__(self, folder: ExportFolder, plan: Plan) -> None:
        self._rows = RowFile(folder)
        self._classes = {
            item.id: f"{index},{csv_cell(item.name)}"
            for index, item in enumerate(plan.classes)
        }

    def add(self, batch: OutgoingBatch) -> None:
        """Add a row for each box."""
        head = joined(batch.ids, ",", batch.image_names, ",", batch.words("split"))
        classes = batch.boxes.said(self._classes)
        x0, y0, x1, y1 = batch.corner_texts
        corners = (x0, " ", y0, " ", x1, " ", y1)
        self._rows.add_all(
            joined(batch.of_boxes(head), ",", classes, ",", *corners, "\n")
        )

    def write(self) -> None:
        """Put the table in its place."""
        self._rows.write(TABLE_NAME, head=csv_row(_COLUMNS))

    def close(self) -> None:
        """Remove what an interrupted export left; harmless after `write`."""
        self._rows.close()


def croissant(plan: Plan, folder: ExportFolder) -> bytes:
    """The JSON-LD of what lies in the folder so far.

    The side-car and the sums are written later: it tells of neither.
    """
    objects = _files(folder.files)
    sets = _file_sets(folder.image_kinds)
    content = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.1",
        "name": plan.frozen.version.id,
        "description": (
            f"{plan.samples} images with boxes, frozen as {plan.frozen.version.id}."
        ),
        "version": f"1.0.0+{plan.frozen.version.id}",
        "distribution": [*objects, *sets],
        "recordSet": [
            _splits(plan),
            _classes(plan),
            *([_images()] if sets else []),
            _boxes(),
        ],
    }
    text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True)
    return text.encode() + b"\n"


def _files(files: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    """Each file by itself; where a folder has many of a kind, they are one set."""
    kinds: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for name, digest in files:
        few = kinds.setdefault(_kind(name), [])
        if len(few) <= _FEW_FILES:
            few.append((name, digest))
    found = []
    for (folder, suffix), few in kinds.items():
        if len(few) <= _FEW_FILES:
            found += [_file(name, digest) for name, digest in few]
            continue
        pattern = _pattern(folder, suffix)
        mime = _MIMES.get(suffix, "text/plain")
        found.append(_file_set(pattern, [mime], [pattern]))
    return found


def _kind(name: str) -> tuple[str, str]:
    """A file's folder and suffix, "" for none; names are ours, paths too slow here."""
    folder, _, base = name.rpartition("/")
    _, dot, suffix = base.rpartition(".")
    return folder, suffix if dot else ""


def _pattern(folder: str, suffix: str) -> str:
    kind = f"*.{suffix}" if suffix else "*"
    return f"{folder}/{kind}" if folder else kind


def _file_set(key: str, mimes: list[str], patterns: list[str]) -> dict[str, Any]:
    return {
        "@type": "cr:FileSet",
        "@id": key,
        "name": key,
        "encodingFormat": mimes,
        "includes": patterns,
    }


def _file(name: str, digest: str) -> dict[str, Any]:
    _, suffix = _kind(name)
    return {
        "@type": "cr:FileObject",
        "@id": name,
        "name": name,
        "contentUrl": name,
        "encodingFormat": _MIMES.get(suffix, "text/plain"),
        "sha256": digest,
    }


def _file_sets(kinds: set[tuple[str, str]]) -> list[dict[str, Any]]:
    """One set of all image files: their folders and suffixes as patterns."""
    if not kinds:
        return []
    mimes = sorted({_IMAGE_MIMES.get(s, f"image/{s}") for _, s in kinds})
    patterns = sorted(_pattern(folder, suffix) for folder, suffix in kinds)
    return [_file_set("image-files", mimes, patterns)]


def _splits(plan: Plan) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": "splits",
        "name": "splits",
        "dataType": "cr:Split",
        "key": {"@id": "splits/name"},
        "field": [_text("splits/name"), _text("splits/url")],
        "data": [
            {"splits/name": split.name, "splits/url": _SPLIT_URLS[split.kind]}
            for split in plan.splits
        ],
    }


def _classes(plan: Plan) -> dict[str, Any]:
    index = {**_text("classes/index"), "dataType": "sc:Integer"}
    return {
        "@type": "cr:RecordSet",
        "@id": "classes",
        "name": "classes",
        "key": {"@id": "classes/index"},
        "field": [_text("classes/name"), index],
        "data": [
            {"classes/name": item.name, "classes/index": number}
            for number, item in enumerate(plan.classes)
        ],
    }


def _images() -> dict[str, Any]:
    def source(what: str) -> dict[str, Any]:
        return {"fileSet": {"@id": "image-files"}, "extract": {"fileProperty": what}}

    return {
        "@type": "cr:RecordSet",
        "@id": "images",
        "name": "images",
        "key": {"@id": "images/file_name"},
        "field": [
            {**_text("images/file_name"), "source": source("filename")},
            {
                "@type": "cr:Field",
                "@id": "images/content",
                "name": "images/content",
                "dataType": "sc:ImageObject",
                "source": source("content"),
            },
        ],
    }


def _boxes() -> dict[str, Any]:
    fields = [_text(f"boxes/{column}") for column in _COLUMNS]
    fields[-1]["dataType"] = "cr:BoundingBox"
    for field, column in zip(fields, _COLUMNS, strict=True):
        field["source"] = {
            "fileObject": {"@id": TABLE_NAME},
            "extract": {"column": column},
        }
    fields[-1]["source"]["format"] = "XYXY"
    fields[2]["references"] = {"field": {"@id": "splits/name"}}
    fields[3]["references"] = {"field": {"@id": "classes/index"}}
    fields[3]["dataType"] = "sc:Integer"
    return {
        "@type": "cr:RecordSet",
        "@id": "boxes",
        "name": "boxes",
        "description": (
            "Pixels of the upright image, 0-based, half-open. A label that begins with "
            "= + - @ has an apostrophe in front; `class_index` is the safer key, for "
            "readers of CSV may take a label such as `null` for nothing."
        ),
        "field": fields,
    }


def _text(key: str) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": key,
        "name": key,
        "dataType": "sc:Text",
    }
