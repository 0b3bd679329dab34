"""What a signed record costs a sample, and what the proof of all of them costs.

Sizes in the names; pictures of 1280x720. The cost of a record is the difference between
two ways that take turns, sample by sample, on one disk.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from dataset.project import Project
from dataset.provenance.proof import prove
from dataset.provenance.record import CaptureFacts
from dataset.provenance.station_key import StationKey
from dataset.records import Session
from station.signer import signer_with
from tests.small_projects import jpeg, new_project, new_session

FACTS = CaptureFacts(
    camera="usb-1", address="/dev/video0", controls={"gain": 1.5, "exposure": 0.01}
)


def pictures(count: int) -> list[bytes]:
    seeds = np.random.default_rng(1)
    found = []
    for _ in range(count):
        small = seeds.integers(0, 255, (45, 80, 3), np.uint8)
        large = cv2.resize(small, (1280, 720), interpolation=cv2.INTER_CUBIC)
        found.append(cv2.imencode(".jpg", large)[1].tobytes())
    return found


def spent(
    project: Project, session: Session, data: bytes, facts: CaptureFacts | None
) -> tuple[float, float]:
    wall, processor = time.perf_counter(), time.process_time()
    project.take_in(data, session, captured_us=1, capture=facts)
    return time.perf_counter() - wall, time.process_time() - processor


def test_record_of_a_sample_over_300_samples(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with new_project(tmp_path / "p") as project:
        project.signer = signer_with(StationKey.fresh(), "gate")
        session = new_session(project)
        took: dict[bool, list[tuple[float, float]]] = {False: [], True: []}
        for number, data in enumerate(pictures(600)):
            is_signed = bool(number % 2)
            facts = FACTS if is_signed else None
            took[is_signed].append(spent(project, session, data, facts))

        assert prove(project).total.signed == 300
    with capsys.disabled():
        for is_signed, figures in took.items():
            wall = sorted(w for w, _ in figures)
            sys.stdout.write(
                f"\n{'signed' if is_signed else 'unsigned'}: wall median "
                f"{statistics.median(wall) * 1e3:.2f} ms, "
                f"p95 {wall[int(len(wall) * 0.95)] * 1e3:.2f} ms, processor mean "
                f"{statistics.mean(p for _, p in figures) * 1e3:.2f} ms\n"
            )


def test_proof_of_5000_records(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with new_project(tmp_path / "p") as project:
        project.signer = signer_with(StationKey.fresh(), "gate")
        session = new_session(project)
        project.catalog._connection.run("PRAGMA synchronous=OFF")
        with project.catalog.writing():
            for number in range(5000):
                project.take_in(jpeg(number), session, captured_us=1, capture=FACTS)
        size = project.catalog.path.stat().st_size

        wall, processor = time.perf_counter(), time.process_time()
        proof = prove(project)
        wall = time.perf_counter() - wall
        processor = time.process_time() - processor

        assert proof.total.signed == 5000
    with capsys.disabled():
        sys.stdout.write(
            f"\nproof of 5000: {wall:.2f} s, processor {processor:.2f} s; "
            f"catalog {size / 5000:.0f} bytes a sample\n"
        )
