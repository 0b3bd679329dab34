"""A project: one folder with one catalog, one image store and one `fieldset.toml`."""

from __future__ import annotations

import hashlib
import secrets
import time
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import TracebackType

from . import durable
from .catalog import Catalog, checked_class_name, folded_name
from .errors import (
    PolicyRefusal,
    ProjectError,
    StorageFull,
    UsageError,
)
from .image_store import ImageStore
from .images.image_file import ImageInfo, inspect, without_gps
from .project_folder import require_project
from .records import Sample, Session, Split, Version
from .settings import FILE_NAME, ProjectSettings, default_text, read_settings
from .splitting.split_rule import parse_rule
from .version import FrozenVersion, read_version

CATALOG_NAME = "catalog.db"
IMAGES_NAME = "images"
VERSIONS_NAME = "versions"
# SQLite takes a shorter file for a new database, and would begin an empty one.
_LEAST_CATALOG_BYTES = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenIn:
    """What became of a picture: the sample, and whether its bytes were known."""

    sample: Sample
    known: bool


class Project:
    """An open project. Close it, or use it in a `with` block.

    Attributes:
        root: the project's folder, absolute.
        catalog: the one truth about samples, labels, splits and versions.
        images: the image store.
    """

    def __init__(self, root: Path, catalog: Catalog) -> None:
        self.root = root
        self.catalog = catalog
        self.images = ImageStore(root / IMAGES_NAME)

    @classmethod
    def create(cls, root: Path, classes: Sequence[str]) -> Project:
        """Make a project in a new or empty-of-projects folder, and open it.

        `fieldset.toml` is written last: an interrupted `create` leaves no project,
        and can simply be run again.

        Raises:
            ProjectError: there is a project already, or the folder cannot be made.
            UsageError: a class name cannot be used or stands there twice.
        """
        names = _distinct_names(classes)
        with durable.translated(root):
            root = root.absolute()
            if (root / FILE_NAME).exists():
                raise ProjectError(
                    f"There is a project already: {root}",
                    hint="choose another folder, or just use this one",
                )
            if root.exists() and not root.is_dir():
                raise ProjectError(f"This is a file, not a folder: {root}")
        for folder in (root, root / IMAGES_NAME, root / VERSIONS_NAME):
            durable.make_folder(folder)
        catalog = Catalog.open(root / CATALOG_NAME)
        try:
            _fill(catalog, names)
            text = default_text(root.name or "project")
            durable.write_new(root / FILE_NAME, text.encode())
        except BaseException:
            catalog.close()
            raise
        return cls(root, catalog)

    @classmethod
    def open(cls, root: Path, *, read_only: bool = False) -> Project:
        """Open the project in a folder.

        Raises:
            NotAProject: the folder holds none.
            NewerProject: a newer fieldset wrote it.
            ReadOnlyProject: it cannot be written and `read_only` is False.
            SettingsError: `fieldset.toml` is not valid.
            ProjectError: the catalog is missing or damaged.
        """
        root = require_project(root)
        read_settings(root / FILE_NAME)
        _require_catalog(root / CATALOG_NAME)
        return cls(root, Catalog.open(root / CATALOG_NAME, read_only=read_only))

    def close(self) -> None:
        """Close the catalog."""
        self.catalog.close()

    def __enter__(self) -> Project:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @cached_property
    def settings(self) -> ProjectSettings:
        """What `fieldset.toml` said when it was first asked for."""
        return read_settings(self.root / FILE_NAME)

    @property
    def name(self) -> str:
        """The project's name."""
        return self.settings.name

    @property
    def salt(self) -> bytes:
        """The project's own salt for the order of groups in a split."""
        return bytes.fromhex(self.catalog.fact("salt") or "")

    @property
    def splits(self) -> tuple[Split, ...]:
        """The splits of the settings, with those that only the ledger still knows.

        What the test ledger says comes first: a sealed set is sealed and keeps the rule
        it was sealed with, an opened vault set is one like any other, and a retired set
        takes nothing in any more. A split that the settings do not name any more keeps
        its groups and takes no share; what its rule holds out, it goes on holding out.
        """
        kept = {split.name: split for split in self.catalog.splits.all()}
        closed = self.catalog.test_runs.closed()
        retired = self.catalog.test_runs.retired()
        names = {split.name for split in self.settings.splits}
        others = (_forgotten(s) for s in kept.values() if s.name not in names)
        return tuple(
            _as_it_stands(split, kept.get(split.name, split), closed, retired)
            for split in (*self.settings.splits, *others)
        )

    def begin_session(
        self,
        *,
        name: str = "",
        station: str = "",
        source: str = "",
        place: str = "",
        operator: str = "",
        conditions: Sequence[tuple[str, str]] = (),
        started_us: int | None = None,
    ) -> Session:
        """Start a session; an empty name becomes its start, made unique.

        Raises:
            UsageError: a session of that name exists.
        """
        started = now_us() if started_us is None else started_us
        with self.catalog.writing():
            name = name.strip()
            self.require_free_session_name(name)
            session = Session(
                id=str(uuid.uuid4()),
                name=_unicode(name) or self._name_of_start(started),
                station=_unicode(station),
                source=_unicode(source),
                place=_unicode(place),
                operator=_unicode(operator),
                conditions=tuple(
                    sorted(
                        (_unicode(key), _unicode(value)) for key, value in conditions
                    )
                ),
                started_us=started,
            )
            self.catalog.sessions.add(session)
        return session

    def require_free_session_name(self, name: str) -> None:
        """Pass where no session has that name, or where it is empty.

        Raises:
            UsageError: a session has it.
        """
        if name and self.catalog.sessions.has_name(_unicode(name)):
            raise UsageError(
                f"There is a session of that name already: {name}",
                hint="choose another name, or leave it out",
            )

    def free_session_name(self, stem: str) -> str:
        """`stem`, or where a session has that name, `stem (2)` and so on."""
        stem = _unicode(stem)
        name, number = stem, 2
        while self.catalog.sessions.has_name(name):
            name, number = f"{stem} ({number})", number + 1
        return name

    def take_in(
        self,
        data: bytes,
        session: Session,
        *,
        captured_us: int,
        source_name: str = "",
        info: ImageInfo | None = None,
        group_id: str | None = None,
        is_stored: bool = False,
    ) -> TakenIn:
        """Store a picture as a sample of the session; durable when it returns.

        Bytes that are here already make no second sample; when they come in
        another session, the two sessions' groups join. GPS is dropped unless the
        settings keep it. `group_id` None means the session's own group.
        `is_stored` says that the caller put the file into the store just now.

        Raises:
            BadImage: the bytes are no usable image.
            PolicyRefusal: the sample was erased from this project.
            StorageFull: no room; nothing is left behind.
        """
        kept = data if self.settings.capture.keep_gps else without_gps(data)
        about = inspect(kept) if info is None else info
        sample_id = hashlib.sha256(kept).hexdigest()
        self._refuse_erased(sample_id)
        sample = Sample(
            id=sample_id,
            session_id=session.id,
            sequence=0,
            suffix=about.suffix,
            width=about.width,
            height=about.height,
            orientation=about.orientation,
            size_bytes=len(kept),
            captured_us=captured_us,
            source_name=_unicode(source_name),
            group_id=group_of_session(session.id) if group_id is None else group_id,
        )
        if not is_stored:
            self.images.put(kept, about.suffix)
        try:
            return self._note(sample, session, kept)
        except StorageFull:
            self._let_go(sample)
            raise

    def version(self, name: str) -> FrozenVersion:
        """A frozen version by alias (`v2`), id or `latest`.

        Raises:
            NotFound: there is no such version.
        """
        return read_version(self.root, name)

    def versions(self) -> tuple[Version, ...]:
        """Every frozen version, oldest first."""
        return self.catalog.versions.all()

    def image_path(self, sample: Sample) -> Path:
        """Where the sample's image lies."""
        return self.images.path(sample.id, sample.suffix)

    def _note(self, sample: Sample, session: Session, data: bytes) -> TakenIn:
        """Note a stored picture in the catalog."""
        with self.catalog.writing():
            group = self.catalog.groups.ensure(sample.group_id)
            if self.catalog.samples.has(sample.id):
                return self._known(sample.id, session, group)
            if not self.image_path(sample).exists():
                # Another program had no room to note it and let go of it just now.
                self.images.put(data, sample.suffix)
            sequence = self.catalog.samples.next_sequence(session.id)
            numbered = replace(sample, sequence=sequence, group_id=group)
            self.catalog.samples.add(numbered)
        return TakenIn(sample=numbered, known=False)

    def _let_go(self, sample: Sample) -> None:
        """Give the room of a picture back that could not be noted."""
        with self.catalog.writing():
            if not self.catalog.samples.has(sample.id):
                self.image_path(sample).unlink(missing_ok=True)

    def _known(self, sample_id: str, session: Session, group: str) -> TakenIn:
        sample = self.catalog.samples.get(sample_id)
        if sample.session_id != session.id and sample.group_id != group:
            self.catalog.groups.join(
                sample.group_id, group, reason="the same bytes", at_us=now_us()
            )
        return TakenIn(sample=sample, known=True)

    def _refuse_erased(self, sample_id: str) -> None:
        if self.catalog.samples.is_erased(sample_id):
            raise PolicyRefusal(
                f"This picture was erased from the project: {sample_id}",
                hint="it stays out; nothing was stored",
            )

    def _name_of_start(self, started_us: int) -> str:
        moment = time.gmtime(started_us / 1_000_000)
        return self.free_session_name(time.strftime("%Y-%m-%d %H:%M:%S", moment))


def now_us() -> int:
    """The wall clock in microseconds since the epoch, UTC."""
    return time.time_ns() // 1000


def group_of_session(session_id: str) -> str:
    """The id of a session's own group; the same on every station."""
    return "g-" + hashlib.sha256(f"session:{session_id}".encode()).hexdigest()[:16]


def group_of_sample(sample_id: str) -> str:
    """The id of the group of a sample that belongs to no session."""
    return f"g-{sample_id[:16]}"


def _require_catalog(path: Path) -> None:
    state = "" if path.is_file() else "missing"
    if not state and path.stat().st_size < _LEAST_CATALOG_BYTES:
        state = "cut off"
    if state:
        raise ProjectError(
            f"The project's catalog is {state}: {path}",
            hint="bring it back with `fieldset restore`, the images are untouched",
        )


def _unicode(text: str) -> str:
    """The text as the catalog can keep it: names of files may be no valid Unicode."""
    return text.encode("utf-8", "replace").decode()


def _distinct_names(classes: Sequence[str]) -> tuple[str, ...]:
    names = tuple(checked_class_name(name) for name in classes)
    for position, name in enumerate(names):
        if folded_name(name) in {folded_name(other) for other in names[:position]}:
            raise UsageError(
                f"A class name stands there twice: {name}", hint="name it once"
            )
    return names


def _fill(catalog: Catalog, names: Sequence[str]) -> None:
    with catalog.writing():
        if catalog.fact("project_id") is None:
            catalog.set_fact("project_id", str(uuid.uuid4()))
            catalog.set_fact("salt", secrets.token_hex(16))
        # An interrupted `create` may have left some of the names behind.
        present = {c.name for c in catalog.classes.all(include_retired=True)}
        for name in names:
            if name not in present:
                catalog.classes.add(name)


def _as_it_stands(
    split: Split, kept: Split, closed: Collection[str], retired: Collection[str]
) -> Split:
    if split.name in retired:
        return replace(split, rule="hand", share=0.0, sealed=False)
    if split.name in closed:
        rule = "random" if kept.rule == "vault" else kept.rule
        return replace(split, rule=rule, sealed=True)
    return replace(split, sealed=split.sealed or kept.sealed)


def _forgotten(split: Split) -> Split:
    """A split that the settings do not name any more."""
    if parse_rule(split.rule).is_shortfall:
        return replace(split, rule="hand", share=0.0)
    return split
