"""How many wrong labels stand at the front of the grid of look-alikes.

    python -m pytest tests/benchmarks/unlike_bench.py -m bench -s

Real sets (../shared/data) are taken in, 3 % of the boxes (at least one) get the class
of another box, drawn by the seed, and the boxes are ordered as the grid orders them:
the oddest in its class first. `at 5 %` is the share of the wrong ones among the first
5 % of all boxes; a random order has 5 % there, and the best there is 100 %. The sets
have wrong labels of their own, which count as right ones here. The features were
chosen on seeds 0 to 4; the figures are those of seeds 5 to 14.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from dataset.project import Project
from export.intake import take_in
from labeling.second_opinion import unlike
from labeling.second_opinion.odd_boxes import read_features

pytestmark = [pytest.mark.timeout(0), pytest.mark.bench]

SETS = ("boxes-fruit-yolo", "boxes-bccd", "boxes-traffic-coco", "boxes-cards")
SHARE = 0.03
TUNED, MEASURED = range(5), range(5, 15)
FRONTS = (0.05, 0.10)


def say(text: str) -> None:
    """One line of the account, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def looks(folder: Path, root: Path) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """What the boxes of a real set look like, and their classes."""
    with Project.create(root, ["unused"]) as project:
        take_in(project, folder)
        started = time.perf_counter()
        read_features(project)
        spent = time.perf_counter() - started
        known = project.catalog.box_features.known(unlike.KIND)
    say(f"{folder.name}: {len(known)} boxes, {spent / len(known) * 1e3:.1f} ms a box")
    rows = np.array([unlike.from_bytes(one.value) for one in known], np.float32)
    return rows, np.array([one.box.class_id for one in known], np.int64)


def swapped(
    class_ids: NDArray[np.int64], seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The classes with errors of that seed, and where the errors are."""
    rng = np.random.default_rng(seed)
    count = max(round(len(class_ids) * SHARE), 1)
    wrong = rng.choice(len(class_ids), count, replace=False)
    made = class_ids.copy()
    known = np.unique(class_ids)
    for place in wrong:
        made[place] = rng.choice(known[known != class_ids[place]])
    return made, wrong


def found_in_front(
    odd: NDArray[np.float64], wrong: NDArray[np.int64], front: float
) -> float:
    """The share of the errors among the first part of the order."""
    order = np.argsort(-np.nan_to_num(odd, nan=-1.0), kind="stable")
    return float(np.isin(wrong, order[: round(len(odd) * front)]).mean())


@pytest.mark.parametrize("name", SETS)
def test_wrong_labels_in_front(name: str, shared_data: Path, tmp_path: Path) -> None:
    rows, class_ids = looks(shared_data / name, tmp_path / "p")

    for seeds in (TUNED, MEASURED):
        shares: dict[float, list[float]] = {front: [] for front in FRONTS}
        for seed in seeds:
            made, wrong = swapped(class_ids, seed)
            odd = unlike.oddness(rows, made)
            for front in FRONTS:
                shares[front].append(found_in_front(odd, wrong, front))
        say(
            f"  seeds {seeds.start} to {seeds.stop - 1}: "
            + ", ".join(
                f"at {front:.0%} {statistics.mean(found):.0%} "
                f"({min(found):.0%} to {max(found):.0%})"
                for front, found in shares.items()
            )
        )
