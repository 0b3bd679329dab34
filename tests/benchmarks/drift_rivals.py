"""False alarms and power of drift beside Evidently and plain Kolmogorov-Smirnov.

    python -m venv ENV && ENV/bin/pip install evidently "pandas<3"
    python -m tests.benchmarks.drift_rivals ENV [RUNS [RUNS OF EVIDENTLY]]

All three judge the same simulated tables: 12 metrics, 25 images a session. An alarm of
Evidently is any drifted column of its preset; of Kolmogorov-Smirnov any p under 0.05
after Holm. Each row has seeds of its own. Evidently takes seconds a run, so that it
judges only the first tables of each row.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy import stats

from dataset import drift
from tests.benchmarks.drift_bench import pair, rate, say

# Base and current sessions, correlation within a session, shift of two metrics in sd.
SCENES = (
    (8, 40, 0.0, 0.0),
    (8, 40, 0.2, 0.0),
    (8, 40, 0.5, 0.0),
    (8, 40, 0.8, 0.0),
    (20, 20, 0.2, 0.5),
)
_FIRST_SEED = 500_000
Tables = tuple[int, drift.SampleTable, drift.SampleTable]
_EVIDENTLY = """
import json, sys, warnings
warnings.filterwarnings("ignore")
import numpy, pandas
from evidently import Report
from evidently.presets import DataDriftPreset
for path in sys.stdin:
    held = numpy.load(path.strip())
    old, new = pandas.DataFrame(held["base"]), pandas.DataFrame(held["current"])
    old.columns = new.columns = [f"m{n:02}" for n in range(old.shape[1])]
    done = Report([DataDriftPreset()]).run(reference_data=old, current_data=new)
    first = done.dict()["metrics"][0]["value"]
    print(json.dumps(first["count"]), flush=True)
"""


def plain_ks_alarms(base: drift.SampleTable, current: drift.SampleTable) -> bool:
    """What a test on single images would say about any of the metrics."""
    found = [
        float(stats.ks_2samp(base.values[name], current.values[name]).pvalue)
        for name in base.values
    ]
    return min(drift.holm(found)) <= drift.LEVEL


class Rival:
    """Evidently in an environment of its own; it lives until the block ends."""

    def __init__(self, environment: Path, folder: Path) -> None:
        self._file = folder / "pair.npz"
        self._process = subprocess.Popen(
            [str(environment / "bin" / "python"), "-c", _EVIDENTLY],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Rival:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=60)

    def alarms(self, base: drift.SampleTable, current: drift.SampleTable) -> bool:
        """Whether it flags any column."""
        sides = {
            name: np.column_stack(list(table.values.values()))
            for name, table in (("base", base), ("current", current))
        }
        np.savez(self._file, **sides)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{self._file}\n")
        self._process.stdin.flush()
        return float(json.loads(self._process.stdout.readline())) > 0


def scene(number: int, runs: int) -> Iterator[Tables]:
    """The tables of each run of a scene, from seeds of its own, with the seed."""
    base, current, correlation, shift = SCENES[number]
    for run in range(runs):
        seed = _FIRST_SEED + 10_000 * number + run
        shifted = 2 if shift else 0
        old, new = pair(seed, base, current, correlation, shifted=shifted, shift=shift)
        yield seed, old, new


def told(rival: Rival, number: int, runs: int, rival_runs: int) -> str:
    """Alarm rates of fieldset, plain KS and Evidently in one scene."""
    ours, plain, theirs = 0, 0, 0
    for run, (seed, old, new) in enumerate(scene(number, runs)):
        ours += bool(drift.compare(old, new, seed=seed).drifted)
        plain += plain_ks_alarms(old, new)
        theirs += run < rival_runs and rival.alarms(old, new)
    return (
        f"fieldset {rate(ours, runs)}; KS {rate(plain, runs)}; "
        f"Evidently {rate(theirs, min(runs, rival_runs))} of {min(runs, rival_runs)}"
    )


def main(environment: str, runs: str = "100", rival_runs: str = "12") -> None:
    """Print one line a scene."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Rival(Path(environment), Path(folder)) as rival,
    ):
        for number, (base, current, correlation, shift) in enumerate(SCENES):
            what = f"2 of 12 moved {shift} sd" if shift else "no drift"
            say(
                f"{base} against {current}, correlation {correlation}, {what}: "
                + told(rival, number, int(runs), int(rival_runs))
            )


if __name__ == "__main__":
    main(*sys.argv[1:])
