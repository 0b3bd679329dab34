"""What every format keeps to: the values that come in and what a writer gives back.

Boxes are float pixels of the UPRIGHT image (EXIF orientation applied), 0-based,
continuous and half-open, like everywhere in fieldset. Three rules hold for files that
come in:

- A format that states the image's size is held to it. Where the stated size is the
  STORED one of an image that EXIF turns by a quarter, the boxes are turned, too;
  where it is another size of the same shape they are scaled; otherwise they are
  dropped. Each is reported. Formats with relative boxes mean the upright image.
- A box that is not finite, has no width or height, or lies outside the image is
  reported and skipped; one that reaches over the edge is cut at the edge.
- A path that leaves the folder is refused, and nothing is ever fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol

import pyarrow as pa

from dataset.progress import SILENT, Progress
from dataset.records import LabelClass, SampleState, Split, Version


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedBox:
    """A box of a file from elsewhere, or what such a file must hold of ours."""

    class_name: str
    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def corners(self) -> tuple[float, float, float, float]:
        """x0, y0, x1, y1."""
        return self.x0, self.y0, self.x1, self.y1


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedSession:
    """A session that the files tell of; times in microseconds since the epoch, UTC."""

    name: str
    source: str
    started_us: int
    ended_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedImage:
    """An image of a data set from elsewhere.

    `path` is where the file lies, inside the data set's folder; `source_name` is the
    same relative to that folder with forward slashes. Where `unpack` is given, the
    image is packed inside the file at `path`: calling it gives its bytes (raises
    BadFile when they cannot be had), and `source_name` is a name of its own.

    `state` is LABELED, EMPTY (the data set says that nothing is there) or None (nobody
    said anything). `split` is the data set's own word for it ("train", "val", "test",
    ...) or None. `session` is None where nothing tells of one.
    """

    path: Path
    source_name: str
    boxes: tuple[ImportedBox, ...] = ()
    state: SampleState | None = None
    split: str | None = None
    session: ImportedSession | None = None
    unpack: Callable[[], bytes] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that was skipped or changed: where (relative path), and what."""

    path: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedSet:
    """A data set from elsewhere, as far as it could be read.

    `images` are in the order of `source_name`, those of sessions as they were taken;
    `classes` in the order of the file.
    """

    format: str
    root: Path
    images: tuple[ImportedImage, ...]
    classes: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def boxes(self) -> int:
        """How many boxes the images have together."""
        return sum(len(image.boxes) for image in self.images)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportResult:
    """What a writer wrote.

    `digest` is the SHA-256 over the sorted lines "sha256  path" of every file but the
    side-car, the sums and the companions. `bytes` counts all files. `left_out` says how
    many samples of the version are not here, by reason; `notes` are sentences for the
    person.
    """

    version: str
    format: str
    path: Path
    samples: int
    boxes: int
    bytes: int
    digest: str
    left_out: tuple[tuple[str, int], ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFacts:
    """An image's size as shown and its EXIF orientation 1..8."""

    width: int
    height: int
    orientation: int = 1

    @property
    def stored_size(self) -> tuple[int, int]:
        """Width and height before the orientation is applied."""
        if self.orientation >= 5:
            return self.height, self.width
        return self.width, self.height


class Sizes(Protocol):
    """Where a reader learns an image's size."""

    def facts(self, path: Path) -> ImageFacts:
        """The facts of the image at `path`.

        Raises:
            BadImage: it is no usable image.
        """


class Reader(Protocol):
    """Takes data sets of one format in."""

    format: ClassVar[str]

    def detect(self, path: Path) -> bool:
        """Whether the file or folder looks like this format; never raises."""

    def read(self, path: Path, *, sizes: Sizes | None = None) -> ImportedSet:
        """Everything in it; bad items are skipped and named in `problems`.

        `sizes` None means that each image's own header is read.

        Raises:
            BadFile: it is not this format, or its index cannot be read.
        """


class FrozenSamples(Protocol):
    """What a writer needs of a frozen version (`dataset.version.FrozenVersion`)."""

    @property
    def version(self) -> Version:
        """The version's record."""

    @property
    def classes(self) -> tuple[LabelClass, ...]:
        """Its classes, retired ones included."""

    @property
    def splits(self) -> tuple[Split, ...]:
        """Its splits."""

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """Its samples, sorted by id, as tables with these columns of the manifest."""

    @property
    def policy(self) -> Mapping[str, Any]:
        """What shaped it: balance, repeat list, recipes."""

    @property
    def root(self) -> Path:
        """The folder under which `sample.path` lies."""


class Writer(Protocol):
    """Writes versions in one format."""

    @property
    def format(self) -> str:
        """The format's name."""

    @property
    def is_packed(self) -> bool:
        """Whether the images lie inside the format's files."""

    def write(
        self,
        version: FrozenSamples,
        target: Path,
        *,
        update: bool = False,
        include_sealed: bool = False,
        drop_empty: bool = False,
        annotations_only: bool = False,
        companions: Mapping[str, bytes] = ...,
        progress: Progress = SILENT,
    ) -> ExportResult:
        """Write the version into `target`, read it back and compare box for box.

        `target` may not exist or must be empty; with `update` it may hold an earlier
        export of the same format, of which only what changed is touched. `drop_empty`
        leaves out samples with nothing in them, `annotations_only` the images: their
        names stand in the files as they would otherwise. `companions` are files (name,
        bytes) that go along, outside of the digest.

        Raises:
            UsageError: annotations only, and the format packs images.
            ProjectError: the target holds something else, an image is missing, nothing
                of the version is to be exported, or the format cannot take it.
            BadFile: what was read back differs from the version.
            StorageFull, ReadOnlyProject: the target cannot be written.
            Cancelled: the person asked to stop; nothing is left behind, or with
                `update` what the next update completes.
        """
