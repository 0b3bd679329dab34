from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset.errors import BadFile, NewerProject, NotFound, ProjectError
from dataset.findings import Severity
from dataset.progress import Cancelled
from dataset.records import LabelClass, SampleState, Split, SplitKind, VersionSample
from dataset.sample_batch import batch_of
from dataset.version import (
    WrittenVersion,
    list_versions,
    read_version,
    sweep,
    write_version,
    write_version_batches,
)
from dataset.versions import leaf
from dataset.versions.frozen_version import FrozenVersion
from dataset.versions.hash_tree import BUCKETS, HashTree
from dataset.versions.verification import verify
from tests.strategies import CLASSES, SPLITS, sample_sets

Samples = tuple[VersionSample, ...]


def freeze(
    root: Path,
    samples: Iterable[VersionSample],
    *,
    classes: tuple[LabelClass, ...] = CLASSES,
    splits: tuple[Split, ...] = SPLITS,
    policy: dict[str, object] | None = None,
    parent: str | None = None,
    message: str = "",
    author: str = "",
    created_us: int = 0,
    number: int | None = None,
) -> WrittenVersion:
    return write_version(
        root,
        samples=samples,
        classes=classes,
        splits=splits,
        policy=policy or {},
        parent=parent,
        message=message,
        author=author,
        created_us=created_us,
        number=number,
    )


def numbered(count: int, *, split: str = "train") -> Samples:
    """Samples spread over the buckets, without boxes."""
    return tuple(
        VersionSample(
            id=f"{i * 7919 % 4096:03x}{i:061x}",
            width=64,
            height=48,
            suffix="png",
            state=SampleState.EMPTY,
            group=f"group-{i // 10}",
            split=split,
        )
        for i in sorted(range(count), key=lambda i: (i * 7919 % 4096, i))
    )


@settings(deadline=None, max_examples=25)
@given(sample_sets(grid=True))
def test_what_is_frozen_is_read_back(samples: Samples) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        freeze(root, samples, parent="dv-x", message="m", author="a", created_us=7)

        found = read_version(root, "v1")

        assert tuple(found.samples) == samples
        assert [found.sample(s.id) for s in samples] == list(samples)
        assert [found.samples[i] for i in range(len(samples))] == list(samples)
        assert (found.version.parent, found.version.message) == ("dv-x", "m")
        assert (found.classes, found.splits) == (CLASSES, SPLITS)
        assert found.boxes == sum(len(s.boxes) for s in samples)
        assert verify(found) == ()


@settings(deadline=None, max_examples=20)
@given(sample_sets(), st.randoms())
def test_the_id_does_not_depend_on_order_or_provenance(
    samples: Samples, random: Random
) -> None:
    other = []
    for sample in samples:
        own = list(sample.boxes)
        random.shuffle(own)
        other.append(replace(sample, boxes=tuple(own), source_name="x", place="y"))
    with tempfile.TemporaryDirectory() as folder:
        here = freeze(Path(folder) / "here", samples, message="one", created_us=1)

        there = freeze(
            Path(folder) / "there",
            other,
            classes=tuple(reversed(CLASSES)),
            splits=tuple(reversed(SPLITS)),
            message="two",
            author="else",
            created_us=2,
            number=9,
        )

        assert there.version.id == here.version.id
        assert there.version.alias == "v9"


def test_the_id_is_the_documented_one(tmp_path: Path) -> None:
    def sha256(*parts: bytes) -> bytes:
        return hashlib.sha256(b"".join(parts)).digest()

    samples = numbered(5000)
    roots = []
    for which in range(3):
        buckets: dict[str, bytes] = {}
        for sample in samples:
            entry = bytes.fromhex(sample.id) + leaf.leaves(sample)[which]
            buckets[sample.id[:3]] = buckets.get(sample.id[:3], b"fsb1") + entry
        digests = [
            sha256(buckets[key]) if (key := f"{n:03x}") in buckets else bytes(32)
            for n in range(4096)
        ]
        roots.append(sha256(b"fsr1", *digests))
    taxonomy = b'[[1,"car",false],[2,"bike",false],[3,"person",false]]'
    policy = b'{"policy":{"a":1},"splits":[["train","train"]]}'
    whole = sha256(b"fsv1", *roots, sha256(taxonomy), sha256(policy))

    found = freeze(tmp_path, samples, policy={"a": 1}).version

    assert found.id == "dv-" + base64.b32encode(whole).decode().lower().strip("=")
    assert found.roots.labels == roots[1].hex()


def test_an_id_stays_what_it_was(tmp_path: Path) -> None:
    # Another id for this content would orphan every version ever written.
    found = freeze(tmp_path, numbered(3), policy={"a": 1}).version

    assert found.id == "dv-spwmu5kd5zhxqilvdz44clyc24lcoqok277nsfyykkrgxrb7idmq"


@pytest.mark.parametrize(
    "changed",
    [
        {"classes": CLASSES[:2]},
        {"classes": (replace(CLASSES[0], name="truck"), *CLASSES[1:])},
        {"classes": (replace(CLASSES[0], retired=True), *CLASSES[1:])},
        {"policy": {"quality": 3}},
        {"splits": (replace(SPLITS[0], kind=SplitKind.TEST), *SPLITS[1:])},
    ],
)
def test_taxonomy_and_policy_change_the_id(
    tmp_path: Path, changed: dict[str, object]
) -> None:
    plain = freeze(tmp_path, numbered(5))

    other = freeze(tmp_path, numbered(5), **changed)  # type: ignore[arg-type]

    assert not other.known
    assert other.version.id != plain.version.id
    assert other.version.roots == plain.version.roots


@pytest.mark.parametrize(
    "outside",
    [
        {"classes": (replace(CLASSES[0], colour="#000000", key=4), *CLASSES[1:])},
        {"splits": (*SPLITS, Split(name="vault", kind=SplitKind.TEST))},
        {"splits": (replace(SPLITS[0], share=0.5, sealed=True), *SPLITS[1:])},
        {"author": "someone", "created_us": 77, "parent": "dv-y"},
    ],
)
def test_looks_and_notes_do_not_change_the_id(
    tmp_path: Path, outside: dict[str, object]
) -> None:
    plain = freeze(tmp_path, numbered(5))

    other = freeze(tmp_path, numbered(5), **outside)  # type: ignore[arg-type]

    assert other.known
    assert other.version == plain.version
    assert [v.number for v in list_versions(tmp_path)] == [1]


def test_an_empty_version_can_be_frozen(tmp_path: Path) -> None:
    freeze(tmp_path, ())

    found = read_version(tmp_path, "latest")

    assert list(found.samples) == []
    assert found.version.samples == 0
    assert verify(found) == ()


def test_batches_of_any_size_give_the_same_version(tmp_path: Path) -> None:
    samples = numbered(20_000)
    sizes = [1, 7, 8192, 9000, 2000, 799, 1]
    ends = [sum(sizes[: i + 1]) for i in range(len(sizes))]
    parts = [samples[b - a : b] for a, b in zip(sizes, ends, strict=True)]

    found = write_version_batches(
        tmp_path / "batches",
        batches=(batch_of(part) for part in [*parts, samples[ends[-1] :]] if part),
        classes=CLASSES,
        splits=SPLITS,
        policy={},
        parent=None,
        message="",
        author="",
        created_us=0,
    )

    assert found.version.id == freeze(tmp_path / "whole", samples).version.id
    assert tuple(read_version(tmp_path / "batches", "v1").samples) == samples


def test_numbers_go_on_after_the_highest_folder(tmp_path: Path) -> None:
    freeze(tmp_path, numbered(1), number=4)
    (tmp_path / "versions" / "v6").mkdir()

    found = freeze(tmp_path, numbered(2))

    assert found.version.alias == "v7"


def test_a_number_that_is_taken_is_refused(tmp_path: Path) -> None:
    freeze(tmp_path, numbered(1))

    with pytest.raises(ProjectError, match="is taken: v1"):
        freeze(tmp_path, numbered(2), number=1)

    assert sorted(path.name for path in (tmp_path / "versions").iterdir()) == ["v1"]


def test_a_version_is_found_by_alias_id_and_latest(tmp_path: Path) -> None:
    first = freeze(tmp_path, numbered(1)).version
    second = freeze(tmp_path, numbered(2)).version

    assert read_version(tmp_path, "v1").version == first
    assert read_version(tmp_path, first.id).version == first
    assert read_version(tmp_path, "latest").version == second
    assert list_versions(tmp_path) == (first, second)


@pytest.mark.parametrize("name", ["v2", "v0", "v01", "latest ", "dv-abc", "", "../v1"])
def test_an_unknown_version_is_named(tmp_path: Path, name: str) -> None:
    freeze(tmp_path, numbered(1))

    with pytest.raises(NotFound, match="no such version"):
        read_version(tmp_path, name)


def test_a_folder_without_version_file_does_not_exist(tmp_path: Path) -> None:
    freeze(tmp_path, numbered(1))
    (tmp_path / "versions" / "v1" / "version.json").unlink()

    assert list_versions(tmp_path) == ()
    with pytest.raises(NotFound):
        read_version(tmp_path, "latest")


def test_an_unknown_sample_is_named(tmp_path: Path) -> None:
    freeze(tmp_path, numbered(30))
    found = read_version(tmp_path, "v1")

    for sample_id in ("f" * 64, "", "xyz"):
        with pytest.raises(NotFound, match="no such sample"):
            found.sample(sample_id)


def test_samples_behave_like_a_sequence(tmp_path: Path) -> None:
    samples = numbered(1300)
    freeze(tmp_path, samples)

    found = read_version(tmp_path, "v1").samples

    assert len(found) == 1300
    assert found[-1] == samples[-1]
    assert found[510:515] == list(samples[510:515])
    with pytest.raises(IndexError):
        found[1300]


def test_counts_by_split_and_class_are_kept(tmp_path: Path) -> None:
    samples = [*numbered(40)]
    samples[3] = replace(samples[3], split="val", group="other")
    samples[9] = replace(samples[9], split="", group="third")

    freeze(tmp_path, samples)

    counts = {c.split: c for c in read_version(tmp_path, "v1").record.split_counts}
    assert {name: c.samples for name, c in counts.items()} == {
        "": 1,
        "train": 38,
        "val": 1,
    }
    assert counts["train"].groups == len(
        {s.group for s in samples} - {"other", "third"}
    )


@settings(deadline=None, max_examples=15)
@given(sample_sets(max_size=8))
def test_class_counts_are_those_of_the_samples(samples: Samples) -> None:
    with tempfile.TemporaryDirectory() as folder:
        freeze(Path(folder), samples)

        rows = read_version(Path(folder), "v1").record.class_counts

    pairs = [(b.class_id, s.split, s.id) for s in samples for b in s.boxes]
    for row in rows:
        own = [p for p in pairs if p[:2] == (row.class_id, row.split)]
        assert (row.boxes, row.samples) == (len(own), len(set(own)))
    assert sum(row.boxes for row in rows) == len(pairs)


@pytest.mark.parametrize(
    "samples",
    [numbered(9)[::-1], (*numbered(9), numbered(9)[-1])],
    ids=["reversed", "twice"],
)
def test_samples_out_of_order_are_refused(tmp_path: Path, samples: Samples) -> None:
    with pytest.raises(ProjectError, match="sorted by id"):
        freeze(tmp_path, samples)

    assert list((tmp_path / "versions").iterdir()) == []


def test_a_split_nobody_defined_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="nobody defined: test-x"):
        freeze(tmp_path, numbered(3, split="test-x"))


def test_cancelling_leaves_nothing(tmp_path: Path) -> None:
    class Impatient:
        def step(self, *_: object) -> None:
            raise Cancelled

    with pytest.raises(Cancelled):
        write_version(
            tmp_path, samples=numbered(3), classes=CLASSES, splits=SPLITS, policy={},
            parent=None, message="", author="", created_us=0, progress=Impatient(),
        )  # fmt: skip

    assert list((tmp_path / "versions").iterdir()) == []


# Forks before it writes, once for each call on the file system that it dies before.
KILLED_WRITERS = """
import os, signal, sys
from pathlib import Path
from tests.dataset.test_version import freeze, numbered

def arm(calls):
    count = 0
    def dying(real):
        def call(*args, **kwargs):
            nonlocal count
            count += 1
            if count == calls:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args, **kwargs)
        return call
    for name in ("fsync", "write", "mkdir", "rename", "replace", "open", "close"):
        setattr(os, name, dying(getattr(os, name)))

for calls in range(1, 100):
    child = os.fork()
    if child == 0:
        root = Path(sys.argv[1]) / str(calls)
        os.mkdir(root)
        arm(calls)
        freeze(root, numbered(300))
        os._exit(0)
    if os.waitpid(child, 0)[1] == 0:
        break
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork and no SIGKILL")
def test_a_killed_writer_leaves_the_whole_version_or_none(tmp_path: Path) -> None:
    expected = freeze(tmp_path / "whole", numbered(300)).version.id
    killed = tmp_path / "killed"
    killed.mkdir()

    command = [sys.executable, "-c", KILLED_WRITERS, str(killed)]
    subprocess.run(command, check=True, env=_environment())

    fates = []
    for root in sorted(killed.iterdir(), key=lambda path: int(path.name)):
        ids = [version.id for version in list_versions(root)]
        assert ids in ([], [expected])
        assert all(verify(read_version(root, name)) == () for name in ids)
        assert freeze(root, numbered(300)).known == bool(ids)
        fates.append(len(ids))
    assert fates == sorted(fates)
    assert fates[0] == 0
    assert fates[-1] == 1
    assert len(fates) > 10


def _environment() -> dict[str, str]:
    root = Path(__file__).resolve().parents[2]
    return {**os.environ, "PYTHONPATH": str(root)}


def test_a_sweep_takes_old_leftovers_alone(tmp_path: Path) -> None:
    freeze(tmp_path, numbered(1))
    leftover = tmp_path / "versions" / ".tmp-0011"
    leftover.mkdir()
    (leftover / "manifest.parquet").write_bytes(b"half")
    written_us = leftover.stat().st_mtime_ns // 1000
    day_us = 24 * 3600 * 1_000_000

    early = sweep(tmp_path, now_us=written_us + 1)
    late = sweep(tmp_path, now_us=written_us + day_us + 60_000_000)

    assert (early, late) == (0, 1)
    assert [path.name for path in (tmp_path / "versions").iterdir()] == ["v1"]


def rewritten(path: Path, change: Callable[[dict[str, object]], object]) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content.pop("roots"),
        lambda content: content.update(format="else"),
        lambda content: content.update(samples=99),
        lambda content: content["buckets"].update(labels="!"),
        lambda content: content["buckets"].update(labels="AAAA"),
    ],
)
def test_a_damaged_version_file_is_named(
    tmp_path: Path, damage: Callable[[dict[str, object]], object]
) -> None:
    freeze(tmp_path, numbered(5))
    path = tmp_path / "versions" / "v1" / "version.json"
    rewritten(path, damage)

    with pytest.raises(BadFile, match="cannot be read"):
        read_version(tmp_path, "v1")


def test_a_version_of_a_newer_fieldset_is_refused(tmp_path: Path) -> None:
    freeze(tmp_path, numbered(5))
    path = tmp_path / "versions" / "v1" / "version.json"
    rewritten(path, lambda content: content.update(schema=2, roots=None))

    with pytest.raises(NewerProject):
        read_version(tmp_path, "v1")


@pytest.fixture
def frozen(tmp_path: Path) -> FrozenVersion:
    freeze(tmp_path, numbered(50))
    return read_version(tmp_path, "v1")


def sentences(frozen: FrozenVersion) -> str:
    findings = verify(frozen)
    assert all(finding.severity is Severity.ERROR for finding in findings)
    return "\n".join(finding.what for finding in findings)


def test_a_renamed_class_is_found(frozen: FrozenVersion) -> None:
    def rename(content: dict[str, object]) -> None:
        content["classes"][0]["name"] = "tank"  # type: ignore[index]

    rewritten(frozen.folder / "version.json", rename)

    assert "The id is not that of the content" in sentences(
        read_version(frozen.root, "v1")
    )


def test_exchanged_buckets_are_found(frozen: FrozenVersion) -> None:
    def swap(content: dict[str, object]) -> None:
        buckets = content["buckets"]
        buckets["labels"] = buckets["splits"]  # type: ignore[index]

    rewritten(frozen.folder / "version.json", swap)

    found = sentences(read_version(frozen.root, "v1"))
    assert "The roots are not those of the buckets" in found
    assert "The labels differ from their root" in found


def test_another_manifest_is_found_and_its_samples_named(
    frozen: FrozenVersion, tmp_path: Path
) -> None:
    edited = [*numbered(50)]
    edited[7] = replace(edited[7], split="val")
    freeze(tmp_path / "other", edited)
    other = tmp_path / "other" / "versions" / "v1" / "manifest.parquet"
    (frozen.folder / "manifest.parquet").write_bytes(other.read_bytes())

    found = sentences(frozen)

    assert "The manifest has other bytes than were written" in found
    assert "The splits differ from their root, buckets: 1" in found


@pytest.mark.parametrize("keep", [0, 100, 3000])
def test_a_truncated_manifest_is_found(frozen: FrozenVersion, keep: int) -> None:
    path = frozen.folder / "manifest.parquet"
    path.write_bytes(path.read_bytes()[:keep])

    found = sentences(frozen)

    assert "The manifest has other bytes" in found
    assert "The manifest cannot be read" in found


def test_a_missing_manifest_is_found(frozen: FrozenVersion) -> None:
    (frozen.folder / "manifest.parquet").unlink()

    assert "The manifest cannot be read" in sentences(frozen)


def test_a_flipped_bit_in_the_manifest_is_found(frozen: FrozenVersion) -> None:
    path = frozen.folder / "manifest.parquet"
    data = bytearray(path.read_bytes())
    data[200] ^= 1
    path.write_bytes(bytes(data))

    assert "The manifest has other bytes" in sentences(frozen)


def test_changed_and_missing_images_are_found(tmp_path: Path) -> None:
    pictures = {hashlib.sha256(data).hexdigest(): data for data in (b"a", b"b", b"c")}
    template = numbered(1)[0]
    freeze(tmp_path, [replace(template, id=key) for key in sorted(pictures)])
    good, changed, missing = sorted(pictures)

    def read_image(sample: VersionSample) -> bytes:
        if sample.id == missing:
            raise FileNotFoundError(sample.path)
        return b"other" if sample.id == changed else pictures[sample.id]

    found = [f.what for f in verify(read_version(tmp_path, "v1"), read_image)]

    assert found == [
        f"An image of the version is missing: {missing}",
        f"An image has other bytes than were frozen: {changed}",
    ]
    assert good not in "".join(found)


def test_a_tree_survives_packing() -> None:
    digests = np.zeros((BUCKETS, 32), np.uint8)
    digests[[0, 17, 4095]] = 7
    tree = HashTree(digests=digests)

    found = HashTree.unpack(tree.pack())

    assert found.root == tree.root
    assert not found.differing(tree).any()


def test_what_is_read_has_the_leaves_that_were_frozen(tmp_path: Path) -> None:
    samples = numbered(12)
    freeze(tmp_path, samples)

    found = read_version(tmp_path, "v1").samples

    assert [leaf.leaves(s) for s in found] == [leaf.leaves(s) for s in samples]
