"""`fieldset.json`, the side-car of every export: what the format cannot say.

It holds the taxonomy, the splits, the sessions, and of each sample its group, state and
boxes with UUIDs and exact corners (whole 1/1024 pixels), so that taking a complete
export in again gives the same version id. It names no clock, host, user or absolute
path, and lists the SHA-256 of every other file that is no image; an image's digest is
its sample's id. One sample a line, so that a million of them can be written without
holding them.

    {"fieldset": 1, "format": ..., "version": "dv-...", "complete": true,
     "digest": ..., "classes": [...], "splits": [...], "sessions": [...],
     "samples": [...], "files": {...}}

`"packed": true` says that the images lie inside the format's files, `"media": false`
that they stayed at home.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dataset.errors import BadFile
from dataset.records import (
    SAMPLE_ID,
    SPLIT_NAME,
    Box,
    BoxOrigin,
    LabelClass,
    SampleState,
    Split,
    SplitKind,
    VersionSample,
)
from dataset.versions.leaf import UNITS_PER_PIXEL

from .handover.column_texts import (
    float_texts,
    grouped,
    integer_texts,
    joined,
    json_texts,
)
from .handover.export_folder import ExportFolder
from .handover.outgoing import OutgoingBatch
from .handover.plan import Plan
from .handover.rows import RowFile
from .intakes.source_folder import SourceFolder

FILE_NAME = "fieldset.json"
SCHEMA = 1
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SideCarSession:
    """A session as a side-car tells it; the name is its key."""

    name: str
    place: str = ""
    camera: str = ""
    conditions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SideCar:
    """What a side-car says. `files` maps each file to its SHA-256, images included.

    Where `is_packed`, the images are no files: they lie inside the format's own, and
    their names are those they would have beside them; where not `has_media` they
    stayed at home.
    """

    format: str
    version: str
    is_complete: bool
    digest: str
    classes: tuple[LabelClass, ...]
    splits: tuple[Split, ...]
    sessions: tuple[SideCarSession, ...]
    samples: Mapping[str, VersionSample]
    image_names: Mapping[str, str]
    files: Mapping[str, str]
    is_packed: bool = False
    has_media: bool = True

    def sample_of(self, name: str) -> VersionSample | None:
        """The sample whose image has that relative name."""
        sample_id = self.image_names.get(name)
        return None if sample_id is None else self.samples.get(sample_id)


class SideCarWriter:
    """Writes a side-car: `add` each sample in order, then `finish`.

    `sha256` is that of the side-car itself, once it is finished.
    """

    def __init__(
        self,
        folder: ExportFolder,
        plan: Plan,
        format_name: str,
        *,
        is_packed: bool = False,
        has_media: bool = True,
    ) -> None:
        self.sha256 = ""
        self._folder = folder
        self._is_packed = is_packed
        self._has_media = has_media
        self._plan = plan
        self._format = format_name
        self._sessions: dict[str, SideCarSession] = {}
        self._rows = RowFile(folder, b",\n")

    def add(self, batch: OutgoingBatch, names: pa.Array) -> None:
        """Note samples and the relative names of their images."""
        self._note_sessions(batch)
        self._rows.add_all(_sample_texts(batch, names))

    def _note_sessions(self, batch: OutgoingBatch) -> None:
        """Note the sessions that are new."""
        for row, name in enumerate(batch.words("session").to_pylist()):
            if name not in self._sessions:
                conditions = batch.words("conditions")[row].as_py()
                self._sessions[name] = SideCarSession(
                    name=name,
                    place=batch.words("place")[row].as_py(),
                    camera=batch.words("camera")[row].as_py(),
                    conditions=tuple(tuple(pair) for pair in conditions),
                )

    def finish(self) -> str:
        """Write the side-car and give the digest of the files it speaks of."""
        digest = self._folder.digest()
        self.sha256 = self._folder.write_joined(FILE_NAME, self._parts(digest))
        return digest

    def _parts(self, digest: str) -> Iterator[bytes | Path]:
        frozen = self._plan.frozen
        head = {
            "fieldset": SCHEMA,
            "format": self._format,
            "version": frozen.version.id,
            "complete": self._plan.is_complete,
            "digest": digest,
            **({"packed": True} if self._is_packed else {}),
            **({} if self._has_media else {"media": False}),
        }
        lists = {
            "classes": [_class_row(item) for item in frozen.classes],
            "splits": [_split_row(item) for item in frozen.splits],
            "sessions": [_session_row(s) for _, s in sorted(self._sessions.items())],
        }
        yield _line(head)[:-1] + b",\n"
        for key, rows in lists.items():
            joined = b",\n".join(_line(row) for row in rows)
            yield b'"' + key.encode() + b'":[\n' + joined + b"],\n"
        yield b'"samples":[\n' if self._rows.count else b'"samples":['
        yield self._rows.take()
        yield b"],\n" + b'"files":{\n'
        separator = b""
        for name, value in self._folder.files:
            yield separator + _line(name) + b":" + _line(value)
            separator = b",\n"
        yield b"}}\n"

    def close(self) -> None:
        """Remove what an interrupted export left; harmless after `finish`."""
        self._rows.close()


def has_side_car(folder: Path) -> bool:
    """Whether an export of ours lies in the folder."""
    return (folder / FILE_NAME).is_file()


def read_side_car(folder: Path) -> SideCar:
    """The side-car of an export.

    Raises:
        BadFile: it is missing, damaged, or of a newer fieldset.
    """
    path = folder / FILE_NAME
    content = SourceFolder(folder).json(path)
    if not isinstance(content, dict) or not isinstance(content.get("fieldset"), int):
        raise BadFile(f"This is no side-car of fieldset: {path}")
    if content["fieldset"] > SCHEMA:
        raise BadFile(
            f"The side-car was written by a newer fieldset: {path}",
            hint="update fieldset",
        )
    try:
        return _decoded(content)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadFile(f"The side-car is damaged ({error!r}): {path}") from None


def _decoded(content: Mapping[str, Any]) -> SideCar:
    sessions = {
        row["name"]: SideCarSession(
            name=str(row["name"]),
            place=str(row["place"]),
            camera=str(row["camera"]),
            conditions=tuple((str(k), str(v)) for k, v in row["conditions"]),
        )
        for row in content["sessions"]
    }
    samples = {}
    names = {}
    is_packed = content.get("packed") is True
    has_media = content.get("media") is not False
    for row in content["samples"]:
        sample = _sample(row, sessions[row["session"]])
        samples[sample.id] = sample
        names[str(row["file"])] = sample.id
    return SideCar(
        format=str(content["format"]),
        version=str(content["version"]),
        is_complete=content["complete"] is True,
        digest=str(content["digest"]),
        classes=tuple(_class(row) for row in content["classes"]),
        splits=tuple(_split(row) for row in content["splits"]),
        sessions=tuple(sessions.values()),
        samples=samples,
        image_names=names,
        files={
            **{str(k): str(v) for k, v in content["files"].items()},
            **(names if has_media and not is_packed else {}),
        },
        is_packed=is_packed,
        has_media=has_media,
    )


def _sample_texts(batch: OutgoingBatch, names: pa.Array) -> pa.Array:
    """A row of JSON for each sample."""
    words = {
        name: json_texts(batch.words(name))
        for name in ("state", "group", "split", "session", "source_name")
    }
    whole = {
        name: integer_texts(batch.numbers(name))
        for name in ("width", "height", "orientation", "size_bytes", "captured_us")
    }
    boxes = grouped(_box_texts(batch), batch.kept.bounds, ",")
    return joined(
        *('{"id":"', batch.ids, '","file":"', names),
        *('","width":', whole["width"], ',"height":', whole["height"]),
        *(',"orientation":', whole["orientation"], ',"bytes":', whole["size_bytes"]),
        *(',"state":', words["state"]),
        *(',"reviewed":', batch.words("reviewed").cast(pa.string())),
        *(',"group":', words["group"], ',"split":', words["split"]),
        *(',"session":', words["session"], ',"captured_us":', whole["captured_us"]),
        *(',"source_name":', words["source_name"], ',"boxes":[', boxes, "]}"),
    )


def _box_texts(batch: OutgoingBatch) -> pa.Array:
    """A list of JSON for each box that the version has, also those no file can hold."""
    kept = batch.kept
    x0, y0, x1, y1 = (integer_texts(corner) for corner in kept.corners)
    scores = kept.flat.field("score")
    has_score = scores.is_valid()
    said = float_texts(scores.fill_null(0.0).to_numpy())
    return joined(
        *('["', batch.box_ids, '",', integer_texts(kept.class_ids)),
        *(",", x0, ",", y0, ",", x1, ",", y1),
        *(',"', kept.flat.field("origin"), '",', pc.if_else(has_score, said, "null")),
        "]",
    )


def _sample(row: Mapping[str, Any], session: SideCarSession) -> VersionSample:
    sample_id = str(row["id"])
    split = str(row["split"])
    if not SAMPLE_ID.fullmatch(sample_id) or not SPLIT_NAME.fullmatch(split):
        raise ValueError("a sample's id or split")
    return VersionSample(
        id=sample_id,
        width=int(row["width"]),
        height=int(row["height"]),
        suffix=str(row["file"]).rpartition(".")[2],
        state=SampleState(row["state"]),
        group=str(row["group"]),
        split=split,
        boxes=tuple(_box(box) for box in row["boxes"]),
        session=session.name,
        place=session.place,
        camera=session.camera,
        conditions=session.conditions,
        captured_us=int(row["captured_us"]),
        source_name=str(row["source_name"]),
        size_bytes=int(row["bytes"]),
        reviewed=row["reviewed"] is True,
        orientation=int(row["orientation"]),
    )


def _box(row: list[Any]) -> Box:
    box_id, class_id, x0, y0, x1, y1, origin, score = row
    return Box(
        id=str(box_id),
        class_id=int(class_id),
        x0=int(x0) / UNITS_PER_PIXEL,
        y0=int(y0) / UNITS_PER_PIXEL,
        x1=int(x1) / UNITS_PER_PIXEL,
        y1=int(y1) / UNITS_PER_PIXEL,
        origin=BoxOrigin(origin),
        score=None if score is None else float(score),
    )


def _class_row(item: LabelClass) -> dict[str, Any]:
    return {
        "id": item.id,
        "name": item.name,
        "colour": item.colour,
        "key": item.key,
        "retired": item.retired,
    }


def _class(row: Mapping[str, Any]) -> LabelClass:
    return LabelClass(
        id=int(row["id"]),
        name=str(row["name"]),
        colour=str(row["colour"]),
        key=None if row["key"] is None else int(row["key"]),
        retired=row["retired"] is True,
    )


def _split_row(item: Split) -> dict[str, Any]:
    return {
        "name": item.name,
        "kind": item.kind.value,
        "rule": item.rule,
        "share": item.share,
        "sealed": item.sealed,
    }


def _split(row: Mapping[str, Any]) -> Split:
    return Split(
        name=str(row["name"]),
        kind=SplitKind(row["kind"]),
        rule=str(row["rule"]),
        share=float(row["share"]),
        sealed=row["sealed"] is True,
    )


def _session_row(item: SideCarSession) -> dict[str, Any]:
    return {
        "name": item.name,
        "place": item.place,
        "camera": item.camera,
        "conditions": [list(pair) for pair in item.conditions],
    }


def _line(value: object) -> bytes:
    return _JSON.encode(value).encode()
