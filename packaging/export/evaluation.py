"""The evaluation bundle of a draw: one sealed test set, and the line that tells of it.

    annotations/instances_<set>.json, images/<set>/..., fieldset.json    as COCO
    ledger.json                                  the draw: set, root, model, version

It holds images and boxes of that set alone: the machine that evaluates compares the
model's boxes with them. The bundle is made beside its place first, then the draw is
recorded, then the bundle is put in place. So no draw is spent on a bundle that could
not be written, and no bundle is handed out without a record. Where the power fails
between record and place, the same call finishes what lies beside the place; a whole
bundle that lies there without a record is removed.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dataset import durable
from dataset.errors import ProjectError
from dataset.progress import SILENT, Progress
from dataset.project import Project
from dataset.sealed.sealed_set import SealedSet
from dataset.sealed.sealing import Draw, Person, draw, recorded_draw
from dataset.sealed.set_address import set_id
from dataset.test_ledger import model_digest

from .formats import writer_for

LEDGER_NAME: Final = "ledger.json"
# Says of a bundle beside its place what it is, until it is put there.
NOTE_NAME: Final = "unfinished.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A draw and where its evaluation bundle lies."""

    draw: Draw
    path: Path


def draw_bundle(
    project: Project,
    name: str,
    target: Path,
    *,
    model: str,
    trained_on: str = "",
    by: Person | None = None,
    progress: Progress = SILENT,
) -> Bundle:
    """Draw a sealed set for a model and write its evaluation bundle into `target`.

    `target` may not exist or must be empty; for the rest see `sealing.draw`. A
    draw that was recorded, but whose bundle an interruption left beside `target`, is
    not drawn again: its bundle is put in place.

    Raises:
        ProjectError: the target holds something, or an image of the set is missing.
        StorageFull, ReadOnlyProject: the target cannot be written; nothing is
            recorded.
    """
    target = target.absolute()
    _require_free(target)
    durable.make_folder(target.parent)
    note = {"set": name, "model": model_digest(model), "to": target.name}
    left = _interrupted(target, note)
    if left is not None:
        recorded = recorded_draw(project, name, model)
        if recorded is not None:
            _put_in_place(recorded, left, target)
            return Bundle(draw=recorded, path=target)
        shutil.rmtree(left, ignore_errors=True)
    temporary = durable.temporary_beside(target)

    def write(found: SealedSet) -> None:
        writer_for("coco").write(
            found, temporary, include_sealed=True, progress=progress
        )
        durable.write_new(temporary / NOTE_NAME, json.dumps(note).encode())

    try:
        drawn = draw(
            project,
            name,
            model=model,
            trained_on=trained_on,
            by=by or Person(),
            prepare=write,
            progress=progress,
        )
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    _put_in_place(drawn, temporary, target)
    return Bundle(draw=drawn, path=target)


def _require_free(target: Path) -> None:
    with durable.translated(target):
        is_free = not target.exists() or (target.is_dir() and not any(target.iterdir()))
    if not is_free:
        raise ProjectError(
            f"The place for the evaluation bundle holds something: {target}",
            hint="choose a new or empty folder",
        )


def _interrupted(target: Path, note: dict[str, str]) -> Path | None:
    """The bundle that an earlier call with this note made whole, and left."""
    for path in sorted(target.parent.glob(f"{durable.TEMPORARY_PREFIX}*/{NOTE_NAME}")):
        try:
            if json.loads(path.read_bytes()) == note:
                return path.parent
        except (OSError, ValueError):
            continue
    return None


def _put_in_place(drawn: Draw, temporary: Path, target: Path) -> None:
    try:
        durable.write_new(temporary / LEDGER_NAME, _ledger_text(drawn))
        if target.is_dir():
            target.rmdir()
        temporary.rename(target)
        durable.sync_folder(target.parent)
        (target / NOTE_NAME).unlink(missing_ok=True)
    except (OSError, ProjectError) as error:
        raise ProjectError(
            f"The draw is recorded, but its bundle could not be put in place ({error})"
            f": {temporary}",
            hint="free some space there, then give the same command again",
        ) from error


def _ledger_text(drawn: Draw) -> bytes:
    line = drawn.line
    content = {
        "set": line.split,
        "id": set_id(line.root),
        "root": line.root,
        "model": line.model,
        "trained_on": line.version,
        "operator": line.operator,
        "station": line.station,
        "reason": line.reason,
        "at_us": line.at_us,
        "n": line.n,
        "previous": line.previous,
        "digest": line.digest,
    }
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()
