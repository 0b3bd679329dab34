"""Projects whose samples are signed, and what somebody does to them by raw SQL."""

from __future__ import annotations

from functools import cache

from dataset.findings import Severity
from dataset.project import Project
from dataset.provenance.clock import ClockReading, ClockState, ScriptedClock
from dataset.provenance.proof import ProvenanceProof, prove
from dataset.provenance.record import CaptureFacts
from dataset.provenance.signing import StationSigner
from dataset.provenance.station_key import StationKey
from dataset.records import Sample, Session
from tests.small_projects import BEGAN_US, jpeg

CAMERA = CaptureFacts(
    camera="usb-4711",
    address="/dev/video0",
    mode="64x48 30 fps jpg",
    controls={"exposure": 0.25, "gain": 3, "auto": True},
    lock="exposure, gain",
)
TRIGGERS = ("records_stay", "records_are_kept")


@cache
def key(name: str) -> StationKey:
    """The key of a station, the same one in the whole run."""
    assert name
    return StationKey.fresh()


def reading(
    second: int = 0,
    *,
    ahead_s: int = 0,
    boot: str = "boot-1",
    state: ClockState = ClockState.SYNCHRONISED,
) -> ClockReading:
    """The clocks so many seconds after the start, the wall clock put ahead."""
    return ClockReading(
        wall_us=BEGAN_US + (second + ahead_s) * 1_000_000,
        monotonic_us=5_000_000 + second * 1_000_000,
        boot=boot,
        state=state,
    )


def signer(station: str = "gate", *readings: ClockReading) -> StationSigner:
    """A station that signs, with a clock that stands still unless said."""
    clock = ScriptedClock(*(readings or (reading(),)))
    return StationSigner(station=station, key=key(station), clock=clock, software="1.2")


def captured(
    project: Project, session: Session, count: int, *, first: int = 0
) -> tuple[Sample, ...]:
    """Samples with real pictures, captured one second apart."""
    return tuple(
        project.take_in(
            jpeg(first + i),
            session,
            captured_us=BEGAN_US + (first + i) * 1_000_000,
            source_name=f"{first + i}.jpg",
            capture=CAMERA,
        ).sample
        for i in range(count)
    )


def tamper(project: Project, sql: str, *arguments: object) -> None:
    """Do what anybody with an SQLite shell can do; triggers are no obstacle to him."""
    connection = project.catalog._connection
    with connection.writing():
        for name in TRIGGERS:
            connection.run(f"DROP TRIGGER IF EXISTS {name}")
    connection.run("PRAGMA foreign_keys=OFF")
    with connection.writing():
        connection.run(sql, list(arguments))
    connection.run("PRAGMA foreign_keys=ON")


def counts(project: Project) -> dict[str, int]:
    """The counts of the proof that are not 0."""
    found = prove(project).total.to_json()
    return {name: count for name, count in found.items() if count}


def errors(proof: ProvenanceProof) -> list[str]:
    """The sentences of the errors that a proof found."""
    return [f.what for f in proof.findings if f.severity is Severity.ERROR]
