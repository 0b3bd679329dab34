"""What `version.json` says of a version, and how its id follows from the content.

    taxonomy digest  =  H(JSON of [[class id, name, retired], ...], by id)
    policy digest    =  H(JSON of {"policy": policy, "splits": [[name, kind], ...]}),
                        the policy without its `record`
    id               =  "dv-" + base32(H("fsv1" images labels splits taxonomy policy))

H is SHA-256; the five parts of the id are raw digests; base32 is lower case without
padding; JSON has sorted keys, no spaces, and is UTF-8. Of the splits only those that
hold a sample count. Colours, keys, shares, parent, message, author and time stay
outside of the id.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..errors import BadFile, NewerProject
from ..records import LabelClass, Split, SplitKind, Version, VersionRoots
from .hash_tree import BUCKETS, HashTree

FILE_NAME: Final = "version.json"
MANIFEST_NAME: Final = "manifest.parquet"
FORMAT: Final = "fieldset version"
SCHEMA: Final = 1
# What stands outside of the id, and what a program would trip over.
_KINDS: Final = {
    "id": str,
    "parent": str | None,
    "created_us": int,
    "message": str,
    "author": str,
    "samples": int,
    "boxes": int,
    "policy": dict,
}
_CLASS_KINDS: Final = {
    "id": int,
    "name": str,
    "colour": str,
    "key": int | None,
    "retired": bool,
}
_SPLIT_KINDS: Final = {"name": str, "rule": str, "share": int | float, "sealed": bool}


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitCount:
    """How much of one split a version holds; split "" is what is in no split."""

    split: str
    samples: int
    boxes: int
    groups: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassCount:
    """How much of one class one split of a version holds."""

    class_id: int
    split: str
    samples: int
    boxes: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trees:
    """The three hash trees of a version, and how many samples each bucket holds."""

    images: HashTree
    labels: HashTree
    splits: HashTree
    rows: NDArray[np.int64]

    @property
    def roots(self) -> VersionRoots:
        """The roots of the three trees."""
        return VersionRoots(
            images=self.images.root, labels=self.labels.root, splits=self.splits.root
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VersionRecord:
    """Everything that `version.json` holds; `version.number` is the folder's."""

    version: Version
    classes: tuple[LabelClass, ...]
    splits: tuple[Split, ...]
    policy: Mapping[str, Any]
    split_counts: tuple[SplitCount, ...]
    class_counts: tuple[ClassCount, ...]
    trees: Trees
    manifest_sha256: str
    manifest_bytes: int


def taxonomy_digest(classes: Sequence[LabelClass]) -> bytes:
    """SHA-256 of the classes: id, name and whether retired."""
    rows = sorted([c.id, c.name, c.retired] for c in classes)
    return hashlib.sha256(_canonical(rows)).digest()


def policy_digest(
    policy: Mapping[str, Any], splits: Sequence[Split], used: Sequence[str]
) -> bytes:
    """SHA-256 of the policy and of the kinds of the splits that hold a sample.

    What stands under `record` in the policy tells what happened at the freeze, such
    as library versions, and does not count.
    """
    kept = {key: value for key, value in policy.items() if key != "record"}
    rows = sorted([s.name, s.kind.value] for s in splits if s.name in set(used))
    content = {"policy": kept, "splits": rows}
    return hashlib.sha256(_canonical(content)).digest()


def version_id(roots: VersionRoots, taxonomy: bytes, policy: bytes) -> str:
    """The content address of a version: `dv-` and 52 characters."""
    parts = [bytes.fromhex(r) for r in (roots.images, roots.labels, roots.splits)]
    digest = hashlib.sha256(b"".join([b"fsv1", *parts, taxonomy, policy])).digest()
    return "dv-" + base64.b32encode(digest).decode("ascii").lower().rstrip("=")


def encode(record: VersionRecord) -> bytes:
    """The bytes of `version.json`: indented JSON, UTF-8, LF."""
    version, trees = record.version, record.trees
    content = {
        "format": FORMAT,
        "schema": SCHEMA,
        "id": version.id,
        "parent": version.parent,
        "message": version.message,
        "author": version.author,
        "created_us": version.created_us,
        "samples": version.samples,
        "boxes": version.boxes,
        "roots": _fields(version.roots),
        "manifest": {
            "sha256": record.manifest_sha256,
            "bytes": record.manifest_bytes,
        },
        "classes": [_fields(item) for item in record.classes],
        "splits": [_fields(item) for item in record.splits],
        "policy": record.policy,
        "counts": {
            "splits": [_fields(item) for item in record.split_counts],
            "classes": [_fields(item) for item in record.class_counts],
        },
        "buckets": {
            "images": trees.images.pack(),
            "labels": trees.labels.pack(),
            "splits": trees.splits.pack(),
            "rows": base64.b64encode(trees.rows.astype("<u4").tobytes()).decode(),
        },
    }
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()


def load(path: Path, number: int) -> VersionRecord:
    """What the `version.json` at `path` says; `number` is that of its folder.

    Raises:
        NewerProject: a newer fieldset wrote it.
        BadFile: it is damaged, or its roots are not those of its buckets.
    """
    try:
        content = json.loads(path.read_bytes(), parse_constant=_refuse)
        if content["format"] == FORMAT and content["schema"] > SCHEMA:
            raise NewerProject(
                f"The version was written by a newer fieldset: {path.parent}",
                hint="update fieldset",
            )
        return _decode(content, number)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadFile(
            f"The version file cannot be read: {path}",
            hint="run `fieldset check`, or restore the folder from a backup",
        ) from error


def _require_kinds(content: Mapping[str, Any], kinds: Mapping[str, Any]) -> None:
    """Raise TypeError where a value is not of its kind; a truth value is no number."""
    for name, kind in kinds.items():
        value = content[name]
        if not isinstance(value, kind) or (
            isinstance(value, bool) and kind is not bool
        ):
            raise TypeError(name)


def _refuse(constant: str) -> float:
    """JSON has no NaN and no infinity; no version was ever made of them."""
    raise ValueError(constant)


def _decode(content: dict[str, Any], number: int) -> VersionRecord:
    if content["format"] != FORMAT:
        raise ValueError("not a version file")
    _require_kinds(content, _KINDS)
    for item in content["classes"]:
        _require_kinds(item, _CLASS_KINDS)
    for item in content["splits"]:
        _require_kinds(item, _SPLIT_KINDS)
    for part in ("splits", "classes"):
        for item in content["counts"][part]:
            _require_kinds(item, {n: str if n == "split" else int for n in item})
    buckets, counts = content["buckets"], content["counts"]
    rows = np.frombuffer(base64.b64decode(buckets["rows"]), "<u4").astype(np.int64)
    trees = Trees(
        images=HashTree.unpack(buckets["images"]),
        labels=HashTree.unpack(buckets["labels"]),
        splits=HashTree.unpack(buckets["splits"]),
        rows=rows,
    )
    version = Version(
        number=number,
        roots=VersionRoots(**content["roots"]),
        **{
            name: content[name]
            for name in (
                "id", "parent", "created_us", "message", "author", "samples", "boxes",
            )
        },
    )  # fmt: skip
    if len(rows) != BUCKETS or rows.sum() != version.samples:
        raise ValueError("the buckets do not hold the samples")
    return VersionRecord(
        version=version,
        classes=tuple(LabelClass(**item) for item in content["classes"]),
        splits=tuple(
            Split(**{**item, "kind": SplitKind(item["kind"])})
            for item in content["splits"]
        ),
        policy=content["policy"],
        split_counts=tuple(SplitCount(**item) for item in counts["splits"]),
        class_counts=tuple(ClassCount(**item) for item in counts["classes"]),
        trees=trees,
        manifest_sha256=content["manifest"]["sha256"],
        manifest_bytes=content["manifest"]["bytes"],
    )


def _fields(item: object) -> dict[str, Any]:
    return {name: getattr(item, name) for name in type(item).__slots__}  # type: ignore[attr-defined]


def _canonical(content: object) -> bytes:
    text = json.dumps(
        content, sort_keys=True, separators=(",", ":"), ensure_ascii=False,
        allow_nan=False,
    )  # fmt: skip
    return text.encode()
