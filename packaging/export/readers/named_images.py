"""The images that other people's files name: by path, by address, by bare name."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from ..intakes.image_draft import ImageDraft
from ..intakes.set_draft import SetDraft
from ..intakes.source_folder import SourceFolder

# One letter and a colon is a drive of Windows, not an address.
_ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_DRIVE: Final = re.compile(r"[A-Za-z]:")


class NamedImages:
    """Finds images inside the data set's folder and nowhere else.

    A relative name is looked for as it stands, from the file that names it, from the
    folder and its image folders. An address or an absolute path means another machine:
    the image whose own path is the longest end of it counts, else the only one of the
    same bare name. Nothing is ever fetched.
    """

    def __init__(self, folder: SourceFolder, draft: SetDraft) -> None:
        self._folder = folder
        self._draft = draft
        self._by_name: defaultdict[str, list[Path]] = defaultdict(list)
        for image in folder.images():
            self._by_name[image.name].append(image)

    def draft(
        self, file: Path, name: object, split: str | None, *places: str
    ) -> ImageDraft | None:
        """A draft for the image that `file` names; None, and a problem, without one.

        `places` are folders of the format, below the naming file's or the data set's.
        """
        if not isinstance(name, str) or not name.strip():
            self._draft.problem(file, "an image without a name is skipped")
            return None
        found = self.find(file, name, *places)
        if isinstance(found, str):
            self._draft.problem(file, f"{found}: {name[:200]}")
            return None
        return self._draft.draft(found, split)

    def find(self, file: Path, name: str, *places: str) -> Path | str:
        """The image's path, or why there is none."""
        wanted, is_elsewhere = _local(name)
        if ".." in PurePosixPath(wanted).parts or "\x00" in wanted:
            return "a file name leaves the folder"
        if is_elsewhere:
            return self._from_elsewhere(wanted)
        found = self._folder.first(wanted, *self._near(file, places))
        if found is not None:
            return found
        leaves = self._folder.leaves(wanted)
        return "a file name leaves the folder" if leaves else "the image is missing"

    def _near(self, file: Path, places: tuple[str, ...]) -> list[Path]:
        """Folders where a relative name may lie, best first."""
        tops = (file.parent, self._folder.root)
        named = [self._folder.folder(top, place) for top in tops for place in places]
        inner = [self._folder.folder(top, "images") for top in tops]
        found = (*named, *tops, *inner)
        return list(dict.fromkeys(place for place in found if place is not None))

    def _from_elsewhere(self, wanted: str) -> Path | str:
        """The image whose own path ends a strange one, or the only one of its name."""
        parts = PurePosixPath(wanted).parts
        for at in range(len(parts) - 1):
            known = self._folder.known("/".join(parts[at:]))
            if known is not None:
                return known
        same = self._by_name.get(parts[-1] if parts else "", [])
        if len(same) == 1:
            return same[0]
        if same:
            return "several images have the bare name of"
        return "the image is not in the folder, and no address is fetched"


def _local(name: str) -> tuple[str, bool]:
    """The path in a name, and whether it is an address or path of another machine."""
    text = name.strip().replace("\\", "/")
    if _DRIVE.match(text) and not _ADDRESS.match(text):
        return text, True
    if not _ADDRESS.match(text) and not text.startswith("/"):
        return text, False
    try:
        parts = urlsplit(text)
        asked = parse_qs(parts.query).get("d", [])
    except ValueError:
        return text, True
    # Label Studio serves local files as /data/local-files/?d=PATH below a root that
    # may lie anywhere above this folder.
    if asked and not parts.netloc and parts.path.endswith("/local-files/"):
        return asked[0], True
    return unquote(parts.path), True
