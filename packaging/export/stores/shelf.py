"""How versions lie in a blob store; the same in a folder and in the cloud.

    fieldset-store.json                      says whose this is; written first
    blobs/ab/ab12...                         bytes, named by their SHA-256
    heads/PROJECT/dv-....json                a version of a project; written last

A head names the version's side-car by digest, and the side-car its images: what a head
leads to is there, whole. Blobs are only ever created. A head is moved by
compare-and-swap: from a version without its sealed sets to the same one with them.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from typing import Any, Final

from dataset.errors import BadFile, NewerProject, PolicyRefusal

from .blob_store import BlobExists, BlobStore, Content
from .line import Line

STORE_FILE: Final = "fieldset-store.json"
BLOBS: Final = "blobs/"
HEADS: Final = "heads/"
SCHEMA: Final = 1
_HEAD_NAME: Final = re.compile(r"heads/([0-9a-f-]{1,64})/(dv-[a-z2-7]{52})\.json")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_MARK: Final = b'{"format": "fieldset store", "schema": 1}\n'
_HEAD_FORM: Final = "fieldset head"
_SMALL: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What a store says of a version: `bytes` and `samples` are those that went.

    `manifest` is the SHA-256 of the side-car, `left_out` pairs a reason with a number
    of samples. Equal where the same content was pushed.
    """

    project: str
    version: str
    alias: str
    created_us: int
    message: str
    samples: int
    boxes: int
    bytes: int
    manifest: str
    left_out: tuple[tuple[str, int], ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether nothing of the version stayed at home."""
        return not self.left_out

    @property
    def name(self) -> str:
        """The head's own name in the store."""
        return head_name(self.project, self.version)


def head_name(project: str, version: str) -> str:
    """Where the head of a project's version lies."""
    return f"{HEADS}{project}/{version}.json"


def named_by(name: str) -> tuple[str, str] | None:
    """Project and version that a head's name speaks of; None where it is no head's."""
    match = _HEAD_NAME.fullmatch(name)
    return (match[1], match[2]) if match else None


def blob_name(sha256: str) -> str:
    """Where the bytes of that digest lie."""
    return f"{BLOBS}{sha256[:2]}/{sha256}"


def encode_head(head: Head) -> bytes:
    """The bytes of a head."""
    content = {"format": _HEAD_FORM, "schema": SCHEMA, **asdict(head)}
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()


def decode_head(data: bytes, name: str) -> Head:
    """The head that the bytes under `name` say.

    Raises:
        NewerProject: a newer fieldset wrote it.
        BadFile: it is damaged, or speaks of another version than its name.
    """
    try:
        return _head(json.loads(data), name)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BadFile(
            f"The head of a version is damaged: {name}", hint="push the version again"
        ) from None


def _head(content: dict[str, Any], name: str) -> Head:
    form, schema = content.pop("format"), content.pop("schema")
    if form == _HEAD_FORM and schema > SCHEMA:
        raise NewerProject(
            f"A newer fieldset pushed this version: {name}", hint="update fieldset"
        )
    left_out = tuple((str(why), int(count)) for why, count in content["left_out"])
    head = Head(**{**content, "left_out": left_out})
    texts = (head.project, head.version, head.alias, head.message, head.manifest)
    numbers = (head.created_us, head.samples, head.boxes, head.bytes)
    is_sound = all(type(text) is str for text in texts) and all(
        type(number) is int and number >= 0 for number in numbers
    )
    if (
        form != _HEAD_FORM
        or not is_sound
        or head.name != name
        or not _DIGEST.fullmatch(head.manifest)
    ):
        raise ValueError(name)
    return head


def read_small(store: BlobStore, line: Line, name: str) -> bytes:
    """A small blob whole.

    Raises:
        BlobMissing: there is none.
        BadFile: it is not small.
    """

    def read() -> bytes:
        data = bytearray()
        for piece in store.get(name):
            data += piece
            if len(data) > _SMALL:
                raise BadFile(f"A blob is far too long for what it is: {name}")
        return bytes(data)

    return line.asked(read)


def claim(store: BlobStore, line: Line) -> None:
    """Make sure that the place is a store of fieldset; an empty one becomes it.

    Raises:
        PolicyRefusal: other things lie there.
        NewerProject: a newer fieldset laid it out.
    """
    if line.asked(lambda: store.head(STORE_FILE)) is not None:
        if read_small(store, line, STORE_FILE) != _MARK:
            raise NewerProject(
                f"The store is not one that this fieldset knows: {store.label}",
                hint="update fieldset, or push to another place",
            )
        return
    other = line.asked(lambda: next(iter(store.listed("")), None))
    if other is not None and other.name != STORE_FILE:
        raise PolicyRefusal(
            f"The target holds other things than versions: {store.label}",
            hint="name an empty folder, or a prefix of your own in the container",
        )
    try:
        line.asked(lambda: store.put_new(STORE_FILE, Content.of(_MARK)))
    except BlobExists:
        claim(store, line)


def digest_of(data: bytes) -> str:
    """SHA-256, hexadecimal."""
    return hashlib.sha256(data).hexdigest()
