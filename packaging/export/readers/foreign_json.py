"""JSON files of strangers: which may be of a format, and what they hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from dataset.errors import BadFile

from ..intakes.source_folder import SourceFolder

# What our own exports lay beside a format's files.
OURS: Final = frozenset(
    ("fieldset.json", "preprocess.json", "repeats.json", "croissant.json", "drift.json")
)
FILE_LIMIT: Final = 256 << 20
_HEAD_BYTES: Final = 1 << 20
_DETECT_FILES: Final = 20


def opened(path: Path) -> tuple[SourceFolder, Path | None]:
    """The folder that may be read, and the one file that is meant, if it is one.

    Raises:
        BadFile: there is nothing.
    """
    if path.is_file():
        return SourceFolder(path.resolve().parent), path.resolve()
    return SourceFolder(path), None


def json_files(folder: SourceFolder, only: Path | None = None) -> list[Path]:
    """The JSON files that are no side-cars of ours, by relative name; or just one."""
    if only is not None:
        return [only]
    return [
        file
        for file in folder.files()
        if file.suffix.lower() == ".json" and file.name not in OURS
    ]


def json_matches(path: Path, *kinds: Sequence[bytes], opening: bytes = b"{") -> bool:
    """Whether one of the first JSON files at `path` is of one of these kinds.

    A kind is the keys that stand near the file's top, see `any_begins_with`; where
    nothing can be read there is no match.
    """
    try:
        files = json_files(*opened(path))
    except (BadFile, OSError):
        return False
    return any(any_begins_with(files, *keys, opening=opening) for keys in kinds)


def any_begins_with(files: Sequence[Path], *keys: bytes, opening: bytes = b"{") -> bool:
    """Whether one of the first files opens so and names all these keys near its top.

    Only the first megabyte of each is looked at; what cannot be read is no match.
    """
    for file in files[:_DETECT_FILES]:
        try:
            with file.open("rb") as stream:
                head = stream.read(_HEAD_BYTES).removeprefix(b"\xef\xbb\xbf").lstrip()
        except OSError:
            continue
        if head.startswith(opening) and all(key in head for key in keys):
            return True
    return False


def loaded(folder: SourceFolder, file: Path) -> Any:  # noqa: ANN401  (a stranger's)
    """The file as JSON.

    Raises:
        BadFile: larger than 256 MiB, unreadable, not JSON, nested beyond reason.
    """
    try:
        size = file.stat().st_size
    except OSError as error:
        raise BadFile(f"The file cannot be read ({error.strerror}): {file}") from None
    if size > FILE_LIMIT:
        raise BadFile(f"The file is larger than {FILE_LIMIT} bytes: {file}")
    return folder.json(file)


def rows_of(value: object) -> Iterator[Mapping[str, Any]]:
    """The objects of a list; anything else is passed over."""
    if isinstance(value, list):
        yield from (entry for entry in value if isinstance(entry, dict))


def table_of(value: object) -> Mapping[str, Any]:
    """An object, or an empty one where something else stands."""
    return value if isinstance(value, dict) else {}


def text_of(value: object) -> str:
    """A text without outer spaces, or "" where something else stands."""
    return value.strip() if isinstance(value, str) else ""
