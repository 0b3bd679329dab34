"""Which pictures of an import belong together, as the person who imports says it."""

from __future__ import annotations

import hashlib
import re
from pathlib import PurePosixPath

from dataset.errors import UsageError
from dataset.project import group_of_sample


class Grouping:
    """Which group an image without evidence of a session belongs to."""

    def __init__(self, rule: str | None, set_name: str) -> None:
        self._rule = rule
        self._set_name = set_name
        self._pattern: re.Pattern[str] | None = None
        if rule not in (None, "image", "folder"):
            try:
                self._pattern = re.compile(rule or "")
            except re.error as error:
                raise UsageError(
                    f"The pattern for groups is none ({error}): {rule}",
                    hint="use folder, image, or a regular expression",
                ) from None

    @property
    def is_by_image(self) -> bool:
        """Whether nobody said which images belong together."""
        return self._rule is None

    def group_of(self, sample_id: str, source_name: str) -> str:
        """The group's id, the same on every station."""
        key: str | None = None
        if self._rule == "folder":
            key = str(PurePosixPath(source_name).parent)
        elif self._pattern is not None:
            found = self._pattern.search(source_name)
            if found is not None:
                key = found.group(1) if found.re.groups else found.group()
        if not key:
            return group_of_sample(sample_id)
        text = f"import:{self._set_name}:{key}"
        return "g-" + hashlib.sha256(text.encode()).hexdigest()[:16]
