"""Bursts among imported pictures: what one camera took moments apart is one group.

Only times that the camera wrote into the picture (EXIF) count: the times of files are
those of the last copy. Pictures of one folder and one camera are put in order of time;
a gap of more than `GAP_US` begins a new group.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import PurePosixPath
from typing import Final

from dataset.images.image_header import ImageInfo
from dataset.project import Project, now_us

GAP_US: Final = 30_000_000


class Bursts:
    """Gathers when the pictures were taken; `join` makes the groups one."""

    def __init__(self) -> None:
        self._taken: set[tuple[str, str, int, str]] = set()

    def note(self, group_id: str, source_name: str, info: ImageInfo) -> None:
        """Note a picture that came in, if it says when it was taken."""
        if info.captured_us:
            folder = str(PurePosixPath(source_name).parent)
            self._taken.add((folder, info.device, info.captured_us, group_id))

    def join(self, project: Project) -> None:
        """Join the groups of pictures that follow each other closely."""
        groups = project.catalog.groups
        with project.catalog.writing():
            for one, other in pairwise(sorted(self._taken)):
                is_one_camera = one[:2] == other[:2]
                if not is_one_camera or other[2] - one[2] > GAP_US:
                    continue
                first, second = groups.living(one[3]), groups.living(other[3])
                if first != second:
                    groups.join(
                        first, second, reason="captured moments apart", at_us=now_us()
                    )
