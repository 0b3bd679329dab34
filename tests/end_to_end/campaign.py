"""The kill campaign: real commands die at random, and nothing acknowledged is lost.

Every operation runs as a process of its own, is killed, and is then held to its word:
what it had printed before it died must be there, before any repair. After that the
project is checked, repaired and checked again.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dataset.backup import back_up, restore
from dataset.check import check
from dataset.errors import FieldsetError, NotAProject
from dataset.findings import Severity
from dataset.project import Project
from dataset.version import read_version
from dataset.versions.freezing import freeze
from dataset.versions.verification import verify
from export.intake import take_in
from export.operation import export_version
from labeling.session import LabelingSession
from tests.servers.mjpeg import MjpegServer

from . import pictures
from .commands import FIELDSET
from .promises import Promises
from .strikes import CALLS, CALLS_WITH_CHILD, Killer, Struck, why_no_strace

LABELER = str(Path(__file__).with_name("labeler.py"))
CLASSES = ("car", "lorry")
_KILLS_A_PROJECT = 25
_QUEUE = 40
_IMPORTED = 60
_COUNT = 80


@dataclass(slots=True)
class Figures:
    """What a campaign did and found; `faults` must be empty."""

    seed: int
    kills: Counter[str] = field(default_factory=Counter)
    at_calls: int = 0
    survived: int = 0
    samples: int = 0
    edits: int = 0
    versions: int = 0
    exports: int = 0
    orphans: int = 0
    leftovers: int = 0
    put_aside: int = 0
    projects: int = 0
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """The figures in a few lines."""
        kinds = ", ".join(f"{name} {n}" for name, n in sorted(self.kills.items()))
        return (
            f"kill campaign, seed {self.seed}: {self.kills.total()} kills ({kinds}), "
            f"{self.at_calls} of them at a system call; "
            f"{self.survived} runs ended before their kill\n"
            f"acknowledged: {self.samples} samples, {self.edits} label edits, "
            f"{self.versions} versions, {self.exports} exports "
            f"in {self.projects} projects\n"
            f"left behind and mended: {self.orphans} images, {self.leftovers} "
            f"temporary files, {self.put_aside} put aside\n"
            f"faults: {len(self.faults)}" + "".join(f"\n  {f}" for f in self.faults)
        )


class Campaign:
    """Kills operations on project after project, and keeps the figures."""

    def __init__(
        self, folder: Path, seed: int, camera: MjpegServer, *, share_at_calls: float
    ) -> None:
        """Begin; that share of the kills comes at a system call, if strace is here."""
        self.figures = Figures(seed=seed)
        self._folder = folder
        self._camera = camera
        self._killer = Killer(folder, seed)
        self._random = self._killer.random
        self._share_at_calls = 0.0 if why_no_strace() else share_at_calls
        self._number = 0
        self._root = folder
        self._promises = Promises()
        self._operations: dict[str, Callable[[], Struck]] = {
            "capture": self._capture,
            "label": self._label,
            "version": self._version,
            "export": self._export,
            "import": self._import,
            "backup": self._backup,
            "init": self._init,
        }

    def run(self, kills: Mapping[str, int]) -> Figures:
        """Kill each operation so many times, in a random order."""
        order = [name for name, count in kills.items() for _ in range(count)]
        self._random.shuffle(order)
        for position, name in enumerate(order):
            if position % _KILLS_A_PROJECT == 0:
                self._new_project()
            self._kill_once(name)
            if len(self.figures.faults) > 20:
                break
        self._close_project()
        if not self._killer.all_are_gone():
            self._fault("processes outlived the command that started them")
        return self.figures

    def _kill_once(self, name: str) -> None:
        for _ in range(8):
            try:
                struck = self._operations[name]()
            except FieldsetError as error:
                self._fault(f"around {name}: {error!r}")
                return
            if struck.end.code not in (0, -9, 137):
                self._fault(f"{name} ended with {struck.end.code}: {struck.end.talk}")
            self._hold_to_its_word(name)
            if struck.is_killed:
                self.figures.kills[name] += 1
                return
            self.figures.survived += 1
        self._fault(f"{name} could not be killed in time")

    def _strike(
        self,
        command: list[str],
        kind: str,
        *,
        calls: tuple[str, ...] = CALLS,
        most: int = 0,
        talks: bool = False,
    ) -> Struck:
        if most and self._random.random() < self._share_at_calls:
            struck = self._killer.at_a_call(command, kind, calls, most)
            self.figures.at_calls += struck.is_killed
            return struck
        return self._killer.at_a_moment(command, kind, talks=talks)

    # The operations: each runs one command, kills it, and notes what it had promised.

    def _capture(self) -> Struck:
        kind, source, every = self._source()
        command = [
            FIELDSET, "--project", str(self._root), "capture", "--json",
            "--source", source, "--every", every, "--count", str(_COUNT),
        ]  # fmt: skip
        struck = self._strike(
            command,
            f"capture {kind}",
            calls=CALLS_WITH_CHILD,
            most=400,
            talks=True,
        )
        self.figures.samples += self._promises.take_captured(struck.lines)
        return struck

    def _label(self) -> Struck:
        self._fill_queue()
        command = [
            sys.executable, LABELER, str(self._root), str(self._random.getrandbits(32))
        ]  # fmt: skip
        struck = self._strike(command, "label", most=400, talks=True)
        self.figures.edits += self._promises.take_labeled(struck.lines)
        return struck

    def _version(self) -> Struck:
        self._label_some(3)
        command = [
            FIELDSET,
            "--project",
            str(self._root),
            "version",
            "create",
            "--json",
        ]
        if self._random.random() < 0.1:
            # The report takes seconds: it is killed, too, but not under strace.
            struck = self._strike(command, "version with report")
        else:
            struck = self._strike([*command, "--no-report"], "version", most=60)
        if struck.end.out.strip():
            self.figures.versions += 1
            self._promises.take_version(struck.end.json["id"])
        return struck

    def _export(self) -> Struck:
        format_name = self._random.choice(("coco", "yolo"))
        with Project.open(self._root) as project:
            self._label_in(project, 3)
            freeze(project)
        target = self._folder / "exports" / f"{self._root.name}-{format_name}"
        command = [
            FIELDSET, "--project", str(self._root), "export", "latest", "--json",
            "--format", format_name, "--to", str(target),
        ]  # fmt: skip
        if target.exists():
            command.append("--update")
        struck = self._strike(command, f"export {len(command)}", most=60)
        if struck.end.out.strip():
            self.figures.exports += 1
        self._compare_export(format_name, target, struck)
        return struck

    def _import(self) -> Struck:
        """A killed import is repaired, then finished: every image has its boxes."""
        self._number += 1
        folder = self._folder / "sources" / f"{self._number:04}"
        images = pictures.many(_IMPORTED, f"{self.figures.seed} {self._number}")
        pictures.write_coco(folder, images, CLASSES)
        command = [
            FIELDSET, "--project", str(self._root), "import", str(folder), "--json"
        ]  # fmt: skip
        struck = self._strike(command, "import", most=100)
        self._hold_to_its_word("import")
        with Project.open(self._root) as project:
            again = take_in(project, folder)
            ids = [hashlib.sha256(data).hexdigest() for data in images]
            boxes = [len(project.catalog.labels.boxes(sample)) for sample in ids]
        if boxes != [2] * _IMPORTED or again.samples + again.known != _IMPORTED:
            self._fault(f"an import after a killed one: {again}, boxes {boxes}")
        return struck

    def _backup(self) -> Struck:
        """A killed backup is simply made again, and restores to the same."""
        target = self._folder / "backups" / self._root.name
        command = [FIELDSET, "--project", str(self._root), "backup", str(target)]
        struck = self._strike(command, "backup", most=100)
        place = self._folder / "restored"
        with Project.open(self._root) as project:
            count = project.catalog.samples.count()
            if struck.is_killed:
                back_up(project, target)
        restore(target, place)
        with Project.open(place) as restored:
            self._expect_sound(restored)
            if restored.catalog.samples.count() != count:
                self._fault(f"a restored backup has not all samples: {target}")
        shutil.rmtree(place)
        return struck

    def _init(self) -> Struck:
        self._number += 1
        root = self._folder / f"init-{self._number}"
        command = [
            FIELDSET,
            "init",
            str(root),
            "--json",
            "--classes",
            ",".join(CLASSES),
        ]
        struck = self._strike(command, "init", most=60)
        try:
            project = Project.open(root)
        except NotAProject as error:
            if struck.end.out.strip():
                self._fault(f"an acknowledged project is not there: {error}")
            project = Project.create(root, CLASSES)
        with project:
            names = tuple(c.name for c in project.catalog.classes.all())
            self._expect_sound(project)
        if names != CLASSES:
            self._fault(f"the classes of a project after a killed init: {names}")
        return struck

    # What the operations need.

    def _source(self) -> tuple[str, str, str]:
        """A source of pictures that were never seen before: kind, address, pace."""
        self._number += 1
        mark = f"{self.figures.seed} {self._number}"
        kind = self._random.choice(("folder", "clip", "live"))
        place = self._folder / "sources" / f"{self._number:04}"
        if kind == "folder":
            images = pictures.many(_COUNT, mark)
            return kind, str(pictures.write_folder(place, images)), "500ms"
        if kind == "clip":
            place.mkdir(parents=True)
            clip = pictures.write_clip(place / "clip.avi", _COUNT, mark)
            return kind, str(clip), "50ms"
        self._camera.use(pictures.many(_COUNT, mark))
        return kind, self._camera.url, "5ms"

    def _new_project(self) -> None:
        self._close_project()
        self.figures.projects += 1
        self._root = self._folder / f"project-{self.figures.projects}"
        self._promises = Promises()
        with Project.create(self._root, CLASSES):
            pass

    def _close_project(self) -> None:
        shutil.rmtree(self._folder / "sources", ignore_errors=True)
        if self._root != self._folder:
            self._hold_to_its_word("the end", deep=True)

    def _fill_queue(self) -> None:
        """Have enough samples to label, taken in by this process."""
        with Project.open(self._root) as project:
            left = len(project.catalog.samples.queue_ids()) - len(self._promises.labels)
            if left >= _QUEUE:
                return
            self._number += 1
            self._take_in(project, _QUEUE)

    def _take_in(self, project: Project, count: int) -> None:
        mark = f"{self.figures.seed} {self._number} by hand"
        session = project.begin_session()
        start_us = session.started_us
        for number, data in enumerate(pictures.many(count, mark)):
            project.take_in(data, session, captured_us=start_us + number * 1_000_000)

    def _label_some(self, count: int) -> None:
        with Project.open(self._root) as project:
            self._label_in(project, count)

    def _label_in(self, project: Project, count: int) -> None:
        """Label samples of a new session, so that there is something to freeze."""
        self._number += 1
        self._take_in(project, count)
        session = project.catalog.sessions.all()[-1]
        labeling = LabelingSession(project, session_id=session.id)
        for _ in range(count):
            labeling.draw((10.0, 20.0, 60.0, 50.0), 1)
            labeling.accept()

    # What must hold.

    def _hold_to_its_word(self, name: str, *, deep: bool = False) -> None:
        try:
            with Project.open(self._root) as project:
                for fault in self._promises.broken(project, deep=deep):
                    self._fault(f"after {name}: {fault}")
                self._expect_sound(project)
        except FieldsetError as error:
            self._fault(f"after {name}: {error!r}")

    def _expect_sound(self, project: Project) -> None:
        """Check, repair, check again; and every version is whole."""
        for finding in check(project, deep=True, repair=True, settled_s=0.0):
            self._count(finding.severity, finding.what, finding.path)
        again = check(project, deep=True, settled_s=0.0)
        if [finding.severity for finding in again] != [Severity.OK]:
            self._fault(f"not clean after the repair: {again}")
        listed = {version.id for version in project.versions()}
        for version in project.versions():
            frozen = read_version(project.root, version.id)
            found = verify(frozen, lambda s: (project.root / s.path).read_bytes())
            if found:
                self._fault(f"a version is not whole: {found}")
        if missing := self._promises.versions - listed and project.root == self._root:
            self._fault(f"an acknowledged version is gone: {missing}")

    def _count(self, severity: Severity, what: str, path: str) -> None:
        if severity is Severity.ERROR:
            self._fault(f"{what} ({path})")
        elif "a temporary" in what:
            self.figures.leftovers += 1
        elif "taken in" in what:
            self.figures.orphans += 1
        elif "put aside" in what:
            self.figures.put_aside += 1

    def _compare_export(self, format_name: str, target: Path, struck: Struck) -> None:
        """Finish what was killed; it must equal an export that never was."""
        clean = self._folder / "clean"
        for place in (target, clean):
            if place == target and not struck.is_killed:
                continue
            export_version(
                self._root, "latest", formats=[format_name], target=place,
                update=place.exists(),
            )  # fmt: skip
        if _files(target) != _files(clean):
            self._fault(f"a killed export is not as a clean one: {target}")
        shutil.rmtree(clean)

    def _fault(self, what: str) -> None:
        self.figures.faults.append(f"{self._root.name}: {what}")


def _files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
