"""A version as it lies on the disk, read lazily and never through the catalog."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, overload

import numpy as np
import pyarrow as pa

from ..errors import NotFound
from ..records import SAMPLE_ID, LabelClass, Split, Version, VersionSample
from ..sample_batch import samples_of
from .hash_tree import bucket_of
from .manifest import Manifest
from .version_file import MANIFEST_NAME, VersionRecord

_PAGE_ROWS: Final = 512
_PAGES_KEPT: Final = 8


class FrozenVersion:
    """A version that was written: what it holds, without the catalog.

    The manifest is opened at the first look at a sample, and then read by pages: a
    version of a million samples costs no more memory than one of a thousand.
    """

    def __init__(self, *, root: Path, folder: Path, record: VersionRecord) -> None:
        self.root = root
        self.folder = folder
        self.record = record
        self.samples = VersionSamples(self)
        self._manifest: Manifest | None = None
        self._starts = np.concatenate([[0], np.cumsum(record.trees.rows)])

    def __repr__(self) -> str:
        return f"FrozenVersion({self.version.alias}, {self.version.id})"

    def __enter__(self) -> FrozenVersion:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def version(self) -> Version:
        """Id, alias, parent, counts and roots."""
        return self.record.version

    @property
    def classes(self) -> tuple[LabelClass, ...]:
        """All classes of the version's taxonomy, by id, the retired ones too."""
        return self.record.classes

    @property
    def splits(self) -> tuple[Split, ...]:
        """The splits as they were defined when the version was frozen."""
        return self.record.splits

    @property
    def policy(self) -> Mapping[str, Any]:
        """What shaped the version: see `dataset.policies.policy`."""
        return self.record.policy

    @property
    def boxes(self) -> int:
        """How many boxes the version holds; they are found on its samples."""
        return self.version.boxes

    @property
    def manifest(self) -> Manifest:
        """The open manifest.

        Raises:
            BadFile: it is missing or damaged.
        """
        if self._manifest is None:
            self._manifest = Manifest(self.folder / MANIFEST_NAME)
        return self._manifest

    def sample(self, sample_id: str) -> VersionSample:
        """The sample of that id.

        Raises:
            NotFound: the version has no such sample.
        """
        row = self.row_of(sample_id)
        return samples_of(self.manifest.read(row, row + 1))[0]

    def row_of(self, sample_id: str) -> int:
        """The place of a sample in the manifest and in `samples`.

        Raises:
            NotFound: the version has no such sample.
        """
        if SAMPLE_ID.fullmatch(sample_id):
            start, stop = self.rows_of_bucket(bucket_of(sample_id))
            if start < stop:
                column = self.manifest.read(start, stop, ["id"]).column("id")
                found = column.to_pylist()
                wanted = bytes.fromhex(sample_id)
                if wanted in found:
                    return start + int(found.index(wanted))
        raise NotFound(f"{self.version.alias} has no such sample: {sample_id}")

    def rows_of_bucket(self, bucket: int) -> tuple[int, int]:
        """The first row of a bucket of the hash trees, and the row after its last."""
        return int(self._starts[bucket]), int(self._starts[bucket + 1])

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """All rows in order, by row group, as Arrow tables; for work in columns."""
        for group in range(len(self.manifest.starts) - 1):
            yield self.manifest.read_groups([group], columns)

    def close(self) -> None:
        """Close the manifest; a later look opens it again."""
        if self._manifest is not None:
            self._manifest.close()
            self._manifest = None


class VersionSamples(Sequence[VersionSample]):
    """The samples of a version, by id; each look reads the page it needs.

    Iterate for speed; a single index costs the reading of a page of rows.
    """

    def __init__(self, frozen: FrozenVersion) -> None:
        self._frozen = frozen
        self._pages: OrderedDict[int, list[VersionSample]] = OrderedDict()

    def __len__(self) -> int:
        return self._frozen.version.samples

    @overload
    def __getitem__(self, index: int) -> VersionSample: ...
    @overload
    def __getitem__(self, index: slice) -> list[VersionSample]: ...
    def __getitem__(self, index: int | slice) -> Any:
        """One sample, or a list of some."""
        if isinstance(index, slice):
            return [self[at] for at in range(*index.indices(len(self)))]
        at = index + len(self) if index < 0 else index
        if not 0 <= at < len(self):
            raise IndexError(index)
        return self._page(at // _PAGE_ROWS)[at % _PAGE_ROWS]

    def __iter__(self) -> Iterator[VersionSample]:
        for table in self._frozen.batches():
            for start in range(0, table.num_rows, _PAGE_ROWS):
                yield from samples_of(table.slice(start, _PAGE_ROWS))

    def _page(self, page: int) -> list[VersionSample]:
        found = self._pages.get(page)
        if found is None:
            start = page * _PAGE_ROWS
            stop = min(start + _PAGE_ROWS, len(self))
            found = samples_of(self._frozen.manifest.read(start, stop))
            self._pages[page] = found
            if len(self._pages) > _PAGES_KEPT:
                self._pages.popitem(last=False)
        self._pages.move_to_end(page)
        return found
