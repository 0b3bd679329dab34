"""How near a split comes to its shares, beside a random one and scikit-learn's.

    python -m pytest tests/benchmarks/split_bench.py -m bench -s

Three real sets of boxes (../shared/data) whose images belong to no session: every
image is a group of its own. Shares 0.70, 0.15, 0.15 for all three ways:

- fieldset: `dataset.split.assign` on a new ledger, the salt made from the seed;
- random: images shuffled by the seed and cut at 70 and 85 %;
- StratifiedGroupKFold: 20 folds, shuffled by the seed; 14 make train, 3 val, 3 test
  (it refuses 20 for classes as small as those of the fruits: there 5, 1 and 1 of 7).
  It takes one class an image: that of its rarest box, the usual way out.

Deviations are in percentage points of a class's boxes. The second table grows the
number of groups; its groups come from seeds.
"""

from __future__ import annotations

import statistics
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from sklearn.model_selection import StratifiedGroupKFold

from dataset.groups import GroupFacts
from dataset.records import Split, SplitKind
from dataset.split import assign
from export.formats import detect_format, reader_for
from tests.benchmarks.version_bench import _group

pytestmark = [pytest.mark.timeout(0), pytest.mark.bench]

SPLITS = (
    Split(name="train", kind=SplitKind.TRAIN, share=0.70),
    Split(name="val", kind=SplitKind.VAL, share=0.15),
    Split(name="test", kind=SplitKind.TEST, rule="random", share=0.15),
)
SHARES = {split.name: split.share for split in SPLITS}
SETS = ("boxes-bccd", "boxes-traffic-coco", "boxes-fruit-yolo")
SEEDS = range(20)
FOLDS = {
    20: {"train": range(14), "val": range(14, 17), "test": range(17, 20)},
    7: {"train": range(5), "val": range(5, 6), "test": range(6, 7)},
}
GROWTH = (10_000, 100_000, 1_000_000)

Places = Mapping[str, str]
Way = Callable[[Sequence[GroupFacts], int], Places]


def say(text: str = "") -> None:
    """One line of the account, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def read_groups(folder: Path) -> tuple[list[GroupFacts], list[str]]:
    """The images of a set as groups of their own, and the names of its classes."""
    found = reader_for(detect_format(folder)).read(folder)
    names = sorted({box.class_name for image in found.images for box in image.boxes})
    ids = {name: number for number, name in enumerate(names)}
    groups = []
    for number, image in enumerate(found.images):
        counts = Counter(ids[box.class_name] for box in image.boxes)
        boxes = tuple(sorted(counts.items()))
        groups.append(GroupFacts(id=f"image-{number:05}", samples=1, boxes=boxes))
    return groups, names


def by_fieldset(groups: Sequence[GroupFacts], seed: int) -> Places:
    """The ledger's answer under a salt of that seed."""
    found = assign(groups, SPLITS, (), salt=f"salt {seed}".encode())
    return {one.group_id: one.split for one in found}


def by_chance(groups: Sequence[GroupFacts], seed: int) -> Places:
    """A shuffle, cut at the shares."""
    order = np.random.default_rng(seed).permutation(len(groups))
    ends = np.cumsum([len(groups) * share for share in SHARES.values()])
    places = np.searchsorted(ends, np.arange(len(groups)) + 0.5)
    names = list(SHARES)
    return {
        groups[at].id: names[place] for at, place in zip(order, places, strict=True)
    }


def by_folds(groups: Sequence[GroupFacts], seed: int) -> Places:
    """StratifiedGroupKFold's folds, put together to the shares."""
    totals = Counter[int]()
    for group in groups:
        totals.update(dict(group.boxes))
    rarest = [
        min((c for c, _ in g.boxes), key=lambda c: (totals[c], c), default=-1)
        for g in groups
    ]
    folds = _folds(rarest)
    ids = [group.id for group in groups]
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    split_of = {fold: name for name, own in FOLDS[folds].items() for fold in own}
    with warnings.catch_warnings():
        # It says that some classes have fewer members than there are folds.
        warnings.simplefilter("ignore", UserWarning)
        return {
            ids[at]: split_of[fold]
            for fold, (_, held) in enumerate(splitter.split(ids, rarest, ids))
            for at in held
        }


def _folds(labels: Sequence[int]) -> int:
    """20 folds, or 7 where scikit-learn refuses so many for such small classes."""
    return 20 if max(Counter(labels).values()) >= 20 else 7


WAYS: dict[str, Way] = {
    "fieldset": by_fieldset,
    "random": by_chance,
    "StratifiedGroupKFold": by_folds,
}


def ratios(groups: Sequence[GroupFacts], places: Places) -> dict[int, dict[str, float]]:
    """The part of each class's boxes in each split; class -1 are the images."""
    have: dict[int, Counter[str]] = {-1: Counter(places.values())}
    for group in groups:
        for class_id, count in group.boxes:
            have.setdefault(class_id, Counter())[places[group.id]] += count
    return {
        class_id: {name: own[name] / own.total() for name in SHARES}
        for class_id, own in sorted(have.items())
    }


def worst(found: Mapping[int, Mapping[str, float]]) -> float:
    """The largest deviation of any class in any split, in percentage points."""
    return max(
        100 * abs(own[name] - share)
        for class_id, own in found.items()
        if class_id >= 0
        for name, share in SHARES.items()
    )


def show_set(name: str, groups: Sequence[GroupFacts], classes: Sequence[str]) -> None:
    """The tables of one set."""
    found = {
        way: [ratios(groups, split(groups, seed)) for seed in SEEDS]
        for way, split in WAYS.items()
    }
    totals, holding = Counter[int](), Counter[int]()
    largest: dict[int, int] = {}
    for group in groups:
        totals.update(dict(group.boxes))
        holding.update(c for c, _ in group.boxes)
        for class_id, count in group.boxes:
            largest[class_id] = max(count, largest.get(class_id, 0))
    say(f"\n{name}: {len(groups)} images, each its own group")
    say("train/val/test in percent, seed 0:")
    say(f"{'class':<12}{'boxes':>6}{'images':>7}" + "".join(f"{w:>24}" for w in WAYS))
    for class_id in [*range(len(classes)), -1]:
        label = classes[class_id] if class_id >= 0 else "(images)"
        counts = f"{totals[class_id] or '':>6}{holding[class_id] or len(groups):>7}"
        cells = (
            "/".join(f"{100 * runs[0][class_id][s]:.1f}" for s in SHARES)
            for runs in found.values()
        )
        say(f"{label:<12}{counts}" + "".join(f"{cell:>24}" for cell in cells))
    say(f"worst class deviation over {len(SEEDS)} seeds, percentage points:")
    for way, runs in found.items():
        values = [worst(run) for run in runs]
        empty = sum(
            any(not own[s] for c, own in run.items() if c >= 0 for s in SHARES)
            for run in runs
        )
        over = sum(
            any(
                abs(own[s] - share) * totals[c] > largest[c] + 1e-6
                for c, own in run.items()
                if c >= 0
                for s, share in SHARES.items()
            )
            for run in runs
        )
        say(
            f"  {way:<22} median {statistics.median(values):5.1f}, greatest "
            f"{max(values):5.1f}; seeds in which a split lacks a class: {empty}, in "
            f"which a class is off by more than its largest group: {over}"
        )


@pytest.mark.parametrize("name", SETS)
def test_ratios_beside_random_and_folds(shared_data: Path, name: str) -> None:
    groups, classes = read_groups(shared_data / name)

    show_set(name, groups, classes)


def test_split_of_new_groups_grows() -> None:
    say("\nnew groups    wall s   cpu s   us a group")
    for count in GROWTH:
        groups = [_group(number) for number in range(count)]
        wall, cpu = time.perf_counter(), time.process_time()
        found = assign(groups, SPLITS, (), salt=b"salt")
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        say(f"{count:>10}  {wall:>8.2f}{cpu:>8.2f}{1e6 * cpu / count:>13.1f}")

        assert len(found) == count
