"""Proves that a version on the disk is what its id says, down to the pictures."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .. import sample_batch
from ..errors import BadFile, FieldsetError
from ..findings import Finding, Severity
from ..progress import SILENT, Progress
from ..records import VersionSample
from . import version_file
from .frozen_version import FrozenVersion
from .hash_tree import TreeBuilder
from .version_file import MANIFEST_NAME

NAMED: Final = 20
_CHUNK: Final = 1 << 20
_KINDS: Final = ("images", "labels", "splits")

ReadImage = Callable[[VersionSample], bytes]
ErasedOf = Callable[[list[str]], Collection[str]]


def verify(
    frozen: FrozenVersion,
    read_image: ReadImage | None = None,
    *,
    erased_of: ErasedOf | None = None,
    progress: Progress = SILENT,
) -> tuple[Finding, ...]:
    """What is wrong with a version; () when it is whole and true.

    The id is computed again from `version.json`, the manifest's digest from its
    bytes, every leaf and the three trees from the manifest's rows, and, with
    `read_image`, the SHA-256 of every picture. At most `NAMED` samples of a kind are
    named one by one; the rest are counted.

    Args:
        frozen: the version.
        read_image: gives the bytes of a sample's image, or raises FieldsetError or
            OSError; None leaves the pictures out.
        erased_of: gives those of some ids that were erased on purpose, asked where
            images are missing; the catalog need not be opened before.
        progress: told the number of samples looked at.
    """
    found = [
        *_id_findings(frozen),
        *_sum_findings(frozen),
        *_file_findings(frozen),
    ]
    try:
        found += _row_findings(frozen, progress)
        if read_image is not None:
            found += _image_findings(frozen, read_image, erased_of, progress)
    except (FieldsetError, ValueError, UnicodeDecodeError) as error:
        found.append(_error(str(error), frozen.folder / MANIFEST_NAME))
    return tuple(found)


def require_sound(
    frozen: FrozenVersion, *, with_manifest: bool = False
) -> FrozenVersion:
    """The version, after the quick part of `verify`: no row, no picture.

    The id is that of `version.json`, its counts add up, and the manifest is there in
    full length; `with_manifest` its bytes are proven, too. What a diff reads of it is
    proven there.

    Raises:
        BadFile: it is not so; the sentence names the file.
    """
    findings = [*_id_findings(frozen), *_sum_findings(frozen)]
    if not findings:
        check = _file_findings if with_manifest else _length_findings
        findings += check(frozen)
    for finding in findings:
        raise BadFile(
            f"{finding.what}: {finding.path}",
            hint=f"`fieldset version verify {frozen.version.alias}` says more; restore "
            "the folder from a backup",
        )
    return frozen


def _id_findings(frozen: FrozenVersion) -> Iterator[Finding]:
    record, version = frozen.record, frozen.version
    path = frozen.folder / version_file.FILE_NAME
    if record.trees.roots != version.roots:
        yield _error("The roots are not those of the buckets", path)
    used = [count.split for count in record.split_counts]
    try:
        computed = version_file.version_id(
            version.roots,
            version_file.taxonomy_digest(record.classes),
            version_file.policy_digest(record.policy, record.splits, used),
        )
    except (TypeError, ValueError):
        # Values that no version was ever made of.
        computed = ""
    if computed != version.id:
        yield _error(f"The id is not that of the content: {version.id}", path)


def _sum_findings(frozen: FrozenVersion) -> Iterator[Finding]:
    """Counts stand outside of the id: `verify` counts again, this only adds up."""
    record, version = frozen.record, frozen.version
    counts = [
        [count.samples for count in record.split_counts],
        [count.boxes for count in record.split_counts],
        [count.boxes for count in record.class_counts],
    ]
    numbers = [number for row in counts for number in row]
    is_whole = all(type(number) is int and number >= 0 for number in numbers)
    sums = [sum(row) for row in counts] if is_whole else []
    if sums != [version.samples, version.boxes, version.boxes]:
        path = frozen.folder / version_file.FILE_NAME
        yield _error("The counts of the version do not add up", path)


def _length_findings(frozen: FrozenVersion) -> Iterator[Finding]:
    path = frozen.folder / MANIFEST_NAME
    try:
        size_bytes = path.stat().st_size
    except OSError as error:
        yield _error(f"The manifest cannot be read ({error.strerror})", path)
        return
    if size_bytes != frozen.record.manifest_bytes:
        yield _error("The manifest has another length than was written", path)


def _file_findings(frozen: FrozenVersion) -> Iterator[Finding]:
    path = frozen.folder / MANIFEST_NAME
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except OSError as error:
        yield _error(f"The manifest cannot be read ({error.strerror})", path)
        return
    if digest.hexdigest() != frozen.record.manifest_sha256:
        yield _error("The manifest has other bytes than were written", path)


def _row_findings(frozen: FrozenVersion, progress: Progress) -> list[Finding]:
    path = frozen.folder / MANIFEST_NAME
    builders = {kind: TreeBuilder() for kind in _KINDS}
    changed: dict[str, list[str]] = {kind: [] for kind in _KINDS}
    counts: Counter[tuple[int, str]] = Counter()
    done = 0
    for table in frozen.batches():
        batch = table.combine_chunks().to_batches()[0]
        counts.update(_class_counts(batch))
        columns = sample_batch.leaf_columns(batch)
        for kind in _KINDS:
            leaves = getattr(columns, kind)
            builders[kind].add(columns.ids, leaves)
            stored = sample_batch.raw_bytes(batch.column(f"{kind}_leaf"))
            rows = np.flatnonzero((stored != leaves).any(axis=1))
            changed[kind] += [columns.ids[row].tobytes().hex() for row in rows]
        done += batch.num_rows
        progress.step(done, frozen.version.samples, "samples")
    found = []
    for kind in _KINDS:
        found += _named(
            f"The {kind} of a sample are not those that were frozen",
            changed[kind], path,
        )  # fmt: skip
        tree, stored_tree = builders[kind].finish(), getattr(frozen.record.trees, kind)
        if count := int(tree.differing(stored_tree).sum()):
            found.append(
                _error(f"The {kind} differ from their root, buckets: {count}", path)
            )
    told = {(c.class_id, c.split): c.boxes for c in frozen.record.class_counts}
    if counts != Counter(told):
        file = frozen.folder / version_file.FILE_NAME
        found.append(_error("The boxes of a class are not as many as it says", file))
    return found


def _class_counts(batch: pa.RecordBatch) -> Counter[tuple[int, str]]:
    """How many boxes of each class are in each split."""
    column = batch.column("boxes")
    split_of = pc.take(batch.column("split"), pc.list_parent_indices(column))
    classes = column.flatten().field("class_id")
    table = pa.table({"class": classes, "split": split_of})
    rows = table.group_by(["class", "split"]).aggregate([([], "count_all")])
    return Counter(
        {(row["class"], row["split"]): row["count_all"] for row in rows.to_pylist()}
    )


def _image_findings(
    frozen: FrozenVersion,
    read_image: ReadImage,
    erased_of: ErasedOf | None,
    progress: Progress,
) -> list[Finding]:
    missing, changed = [], []
    for done, sample in enumerate(frozen.samples, start=1):
        try:
            data = read_image(sample)
        except (FieldsetError, OSError):
            missing.append(sample.id)
        else:
            if hashlib.sha256(data).hexdigest() != sample.id:
                changed.append(sample.id)
        progress.step(done, frozen.version.samples, "images")
    images = frozen.root / "images"
    erased = erased_of(missing) if erased_of is not None and missing else ()
    missing = [sample_id for sample_id in missing if sample_id not in erased]
    return [
        *_erased_findings(len(erased), images),
        *_named("An image of the version is missing", missing, images),
        *_named("An image has other bytes than were frozen", changed, images),
    ]


def _erased_findings(count: int, path: Path) -> Iterator[Finding]:
    if count:
        yield Finding(
            severity=Severity.WARNING,
            what=f"Samples of the version were erased since: {count}",
            path=str(path),
            next_step="freeze a version without them and use that",
        )


def _named(what: str, sample_ids: list[str], path: Path) -> list[Finding]:
    found = [_error(f"{what}: {sample_id}", path) for sample_id in sample_ids[:NAMED]]
    if len(sample_ids) > NAMED:
        rest = len(sample_ids) - NAMED
        found.append(_error(f"{what}, further samples: {rest}", path))
    return found


def _error(what: str, path: Path) -> Finding:
    return Finding(
        severity=Severity.ERROR,
        what=what,
        path=str(path),
        next_step="restore it from a backup",
    )
