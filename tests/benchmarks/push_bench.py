"""A push of 2,000 samples beside a plain loop of `upload_blob` with 8 threads.

    python -m tests.benchmarks.push_bench [SAMPLES] [RUNS]

JPEG files of 1280x720 with about 153 KB, pushed to an Azurite on loopback; whole
processes, in turn, each into a container of its own. The loop sends the same files
under the same names and knows nothing else. Then the same version once more, whole
process. Prints wall and processor seconds of the client, the ratio of medians, and the
ratio of each turn.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from uuid import uuid4

from tests.benchmarks.export_bench import make
from tests.servers.azurite import Azurite, running_azurite

LOOP = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from azure.storage.blob import ContainerClient
client = ContainerClient.from_connection_string(sys.argv[1], sys.argv[2])
def send(path):
    with path.open("rb") as file:
        client.upload_blob(path.name, file)
with ThreadPoolExecutor(8) as pool:
    for _ in pool.map(send, sorted(Path(sys.argv[3]).glob("*/*"))):
        pass
"""


def measured(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Wall and processor seconds of a command that must succeed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.monotonic()
    subprocess.run(
        command, env={**os.environ, **environment}, check=True, capture_output=True
    )
    wall = time.monotonic() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, used


def run(service: Azurite, root: Path, runs: int) -> None:
    """Measure in turn, and print."""
    fieldset = str(Path(sys.executable).with_name("fieldset"))
    variables = {"AZURE_STORAGE_CONNECTION_STRING": service.connection()}
    walls: dict[str, list[float]] = {"loop": [], "push": [], "push again": []}
    for number in range(runs):
        names = [f"b-{uuid4().hex[:12]}" for _ in range(2)]
        for name in names:
            service.container(name).close()
        push = [fieldset, "push", "v1", f"azure://{names[1]}", "--project", str(root)]
        loop = [
            sys.executable, "-c", LOOP, service.connection(), names[0],
            str(root / "images"),
        ]  # fmt: skip
        turns = [("loop", loop), ("push", push)]
        for what, command in [*(turns if number % 2 else turns[::-1])]:
            walls[what].append(_told(what, measured(command, variables)))
        walls["push again"].append(_told("push again", measured(push, variables)))
    medians = {what: statistics.median(found) for what, found in walls.items()}
    sys.stdout.write(
        f"{ {what: round(median, 2) for what, median in medians.items()} }\n"
    )
    sys.stdout.write(f"push / loop: {medians['push'] / medians['loop']:.2f}\n")
    # What else the machine does drifts: the two of a turn meet much the same.
    ratios = sorted(p / q for p, q in zip(walls["push"], walls["loop"], strict=True))
    sys.stdout.write(f"by turn: {' '.join(f'{ratio:.2f}' for ratio in ratios)}\n")


def _told(what: str, figures: tuple[float, float]) -> float:
    wall, used = figures
    sys.stdout.write(f"{what:12} {wall:7.2f} s wall {used:7.2f} s processor\n")
    sys.stdout.flush()
    return wall


def main() -> None:
    """Make the version, start the service, measure."""
    given = [int(text) for text in sys.argv[1:3]]
    samples, runs = [*given, *(2000, 3)[len(given) :]]
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder) / "p", samples)
        sys.stdout.write(f"load {os.getloadavg()}\n")
        with running_azurite(Path(folder) / "azurite") as service:
            run(service, Path(folder) / "p", runs)


if __name__ == "__main__":
    main()
