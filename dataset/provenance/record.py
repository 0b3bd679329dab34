"""The record of a sample: what is signed when it is stored, and how it is read again.

A record is canonical JSON. Its digest is the SHA-256 of those bytes, and the signature
is over a fixed prefix and the digest, so that a record whose text had to be erased can
still be held against its signature. `FORMAT` rises when a reader of today would take a
record for something else; records of a higher number are proven by digest, signature
and chain, and their content is left alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from ..records import Sample, Session
from .canonical import canonical, decimal_text, valid_text
from .clock import ClockReading

FORMAT: Final = 1
RECORD_PREFIX: Final = b"fieldset record\n"
HEAD_PREFIX: Final = b"fieldset chain head\n"
NO_CONTROLS: Final[Mapping[str, object]] = MappingProxyType({})

Zone = tuple[float, float, float, float]


class RecordKind(StrEnum):
    """What a record tells of."""

    CAPTURE = "capture"
    ERASURE = "erasure"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureFacts:
    """What only the one who captured knows of a picture.

    Attributes:
        camera: its id (serial or stable path), where it has one.
        address: the source's address, without user names, passwords and tokens.
        mode: size, rate and pixel format, in words.
        controls: values as read back from the camera, by name; numbers or texts.
        lock: which controls are locked, in words; "" where that is not known.
        masks: the zones that were filled, normalised x0, y0, x1, y1.
        is_encoded_here: whether the bytes are not those of the camera.
        elapsed_us: the source's own clock when the picture came; for a live camera
            the monotonic one, so that its time can be set right later.
    """

    camera: str = ""
    address: str = ""
    mode: str = ""
    controls: Mapping[str, object] = field(default_factory=lambda: NO_CONTROLS)
    lock: str = ""
    masks: tuple[Zone, ...] = ()
    is_encoded_here: bool = False
    elapsed_us: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """What stays of an erased sample: no pixels, no boxes."""

    sample_id: str
    erased_us: int
    person: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainLink:
    """A record as the catalog keeps it; `body` is None once its sample was erased."""

    key_id: str
    number: int
    kind: str
    sample_id: str
    session_id: str
    body: bytes | None
    digest: str
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainHead:
    """Where the chain of one key ends, signed: a chain cut off behind is found."""

    key_id: str
    public_key: bytes
    number: int
    digest: str
    signature: bytes


def captured_body(
    sample: Sample, session: Session, facts: CaptureFacts
) -> dict[str, Any]:
    """What the record of a captured sample says, without place in the chain."""
    return {
        "kind": RecordKind.CAPTURE.value,
        "sample": sample_fields(sample),
        "session": session_fields(session),
        "camera": {
            "id": valid_text(facts.camera),
            "address": valid_text(facts.address),
            "mode": valid_text(facts.mode),
            "controls": {
                valid_text(str(name)): _control(value)
                for name, value in facts.controls.items()
            },
            "lock": valid_text(facts.lock),
            "masks": [[decimal_text(v) for v in zone] for zone in facts.masks],
            "encoded_here": facts.is_encoded_here,
            "elapsed_us": facts.elapsed_us,
        },
    }


def erased_body(tombstone: Tombstone) -> dict[str, Any]:
    """What the record of an erasure says, without place in the chain."""
    return {
        "kind": RecordKind.ERASURE.value,
        "sample": {"id": tombstone.sample_id},
        "erased_us": tombstone.erased_us,
        "person": valid_text(tombstone.person),
        "reason": valid_text(tombstone.reason),
    }


def sample_fields(sample: Sample) -> dict[str, Any]:
    """What a record holds of a sample: all that never changes."""
    return {
        "id": sample.id,
        "sequence": sample.sequence,
        "suffix": sample.suffix,
        "width": sample.width,
        "height": sample.height,
        "orientation": sample.orientation,
        "size_bytes": sample.size_bytes,
        "captured_us": sample.captured_us,
        "source_name": sample.source_name,
    }


def session_fields(session: Session) -> dict[str, Any]:
    """What a record holds of its session: all but its end."""
    return {
        "id": session.id,
        "name": session.name,
        "station": session.station,
        "source": session.source,
        "place": session.place,
        "operator": session.operator,
        "conditions": [list(pair) for pair in session.conditions],
        "started_us": session.started_us,
    }


def clock_fields(reading: ClockReading) -> dict[str, Any]:
    """What a record holds of the clocks."""
    return {
        "wall_us": reading.wall_us,
        "monotonic_us": reading.monotonic_us,
        "boot": reading.boot,
        "state": reading.state.value,
    }


def first_digest(project_id: str, key_id: str) -> str:
    """What the first record of a chain names as the one before it."""
    text = f"fieldset chain\n{project_id}\n{key_id}"
    return hashlib.sha256(text.encode()).hexdigest()


def digest_of(body: bytes) -> str:
    """The digest of a record's bytes."""
    return hashlib.sha256(body).hexdigest()


def record_message(digest: str) -> bytes:
    """What is signed of a record."""
    return RECORD_PREFIX + bytes.fromhex(digest)


def head_message(project_id: str, number: int, digest: str) -> bytes:
    """What is signed of a chain's end."""
    fields = {"project": project_id, "number": number, "digest": digest}
    return HEAD_PREFIX + canonical(fields)


def parse_body(body: bytes) -> Mapping[str, Any] | None:
    """The record in those bytes; None where they are none."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _control(value: object) -> str | int | bool | None:
    if value is None or isinstance(value, bool | int):
        return value
    return decimal_text(value) if isinstance(value, float) else valid_text(str(value))
