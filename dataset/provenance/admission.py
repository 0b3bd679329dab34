"""Whether the origin of what a version takes is proven, where that is asked for."""

from __future__ import annotations

from ..errors import PolicyRefusal
from ..progress import SILENT, Progress
from ..project import Project
from ..settings import FILE_NAME
from .proof import prove

_NAMED = 3


def require_verified(project: Project, *, progress: Progress = SILENT) -> None:
    """Pass where every labeled or empty sample is signed, or nobody asks for that.

    With `unverified = "refuse"` every record is proven again: that a row is there
    proves nothing.

    Raises:
        PolicyRefusal: some are not; the sentence names the first.
    """
    if not project.settings.provenance.refuses:
        return
    unsigned = project.catalog.provenance.unsigned(decided=True)
    broken = prove(project, progress=progress).broken
    decided = project.catalog.samples.many(sorted(broken))
    found = [*unsigned, *(s.id for s in decided if s.state in ("labeled", "empty"))]
    if found:
        names = ", ".join(sample_id[:12] for sample_id in found[:_NAMED])
        raise PolicyRefusal(
            f"The version would hold {len(found)} unverified samples, among them: "
            f"{names}",
            hint="see `fieldset check`; skip or erase them, or change [provenance] in "
            f"{FILE_NAME}",
        )
