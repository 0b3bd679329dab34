"""Memory cards of camera traps: folders of plain pictures with sessions in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar, Final

from dataset.images.jpeg import taken
from dataset.progress import SILENT, Progress
from dataset.project import now_us

from .contract import ImportedSession, ImportedSet, Problem, Sizes
from .intakes.card_sessions import (
    Shot,
    by_camera,
    clock_faults,
    is_of_card,
    sessions_of,
)
from .intakes.set_draft import SetDraft
from .intakes.source_folder import SourceFolder

FORMAT: Final = "card"
GAP_S: Final = 3600.0
# An APP1 segment holds at most 64 KB, and EXIF stands in the first one.
_HEAD_BYTES: Final = 68 * 1024
_CLIPS: Final = frozenset((".avi", ".mp4", ".mov", ".m4v", ".mts", ".3gp"))


@dataclass(frozen=True, slots=True)
class CardReader:
    """Takes a card, or a folder of cards, one sub-folder a camera."""

    format: ClassVar[str] = FORMAT
    gap_s: float = GAP_S

    def detect(self, path: Path) -> bool:
        """Whether pictures lie below it as on a card."""
        if not path.is_dir():
            return False
        folder = SourceFolder(path)
        above = f"{folder.root.name}/"
        return any(is_of_card(above + folder.name(one)) for one in folder.images())

    def read(self, path: Path, *, sizes: Sizes | None = None) -> ImportedSet:
        """All pictures in sessions, in the order in which they were taken.

        Raises:
            BadFile: there is none.
        """
        return self.read_slowly(path, sizes=sizes)

    def read_slowly(
        self, path: Path, *, sizes: Sizes | None = None, progress: Progress = SILENT
    ) -> ImportedSet:
        """The same as `read`, telling how far it is: each picture is looked into.

        Raises:
            BadFile: there is none.
            Cancelled: `progress` said so.
        """
        folder = SourceFolder(path)
        draft = SetDraft(self.format, folder, sizes)
        images = folder.images()
        for image in images:
            draft.add_plain(image)
        plain = draft.done()
        cameras = by_camera(_shots(folder, images, progress), _card_name(folder.root))
        by_name = {image.source_name: image for image in plain.images}
        ordered = (
            replace(by_name[name], session=session)
            for camera, shots in cameras.items()
            for name, session in self._sessions(camera, shots)
        )
        faults = clock_faults(cameras, now_us=now_us())
        problems = (*plain.problems, *_clips(folder), *faults)
        return replace(plain, images=tuple(ordered), problems=problems)

    def _sessions(
        self, camera: str, shots: tuple[Shot, ...]
    ) -> Iterator[tuple[str, ImportedSession]]:
        for members in sessions_of(shots, round(self.gap_s * 1e6)):
            began_us = members[0].at_us
            session = ImportedSession(
                name=f"{camera} {_moment(began_us)}",
                source=camera,
                started_us=began_us,
                ended_us=members[-1].at_us,
            )
            yield from ((shot.name, session) for shot in members)


def _shots(
    folder: SourceFolder, images: list[Path], progress: Progress
) -> Iterator[Shot]:
    for done, image in enumerate(images):
        progress.step(done, len(images), "times")
        yield _shot(folder.name(image), image)


def _shot(name: str, path: Path) -> Shot:
    """What the first bytes say; a file that cannot be read says nothing here."""
    try:
        with path.open("rb", buffering=0) as file:
            head = file.read(_HEAD_BYTES)
        written_us = path.stat().st_mtime_ns // 1000
    except OSError:
        return Shot(name=name)
    said = taken(head)
    return Shot(
        name=name,
        taken_us=said.captured_us,
        written_us=max(written_us, 0),
        device=said.device,
    )


def _clips(folder: SourceFolder) -> tuple[Problem, ...]:
    """Clips are sources, not pictures: named, so that nobody misses them."""
    found = [one for one in folder.files() if one.suffix.lower() in _CLIPS]
    if not found:
        return ()
    noun = "1 clip is" if len(found) == 1 else f"{len(found)} clips are"
    what = f"{noun} left where they lie; `fieldset capture --source` takes them"
    return (Problem(path=folder.name(found[0]), what=what),)


def _card_name(root: Path) -> str:
    """What the card is called: its folder's name, or the one above `DCIM`."""
    own = root
    while is_of_card(f"{own.name}/picture") and own.parent != own:
        own = own.parent
    return own.name or FORMAT


def _moment(at_us: int) -> str:
    when = datetime.fromtimestamp(at_us // 1_000_000, UTC)
    return when.strftime("%Y-%m-%d %H:%M:%S")
