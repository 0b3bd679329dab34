"""The published seals of a project: `seals/NAME.json`, one for each set ever sealed.

Derived from the test ledger and written after it, for whoever holds no catalog: an
evaluator compares roots, and an export of a version that was frozen before the seal
learns that the set is closed now. Each names the newest line of the ledger about the
set, so that a ledger whose end was cut off is found out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from .. import durable
from ..errors import BadFile
from ..policies.recipes import is_stress, parse_stress
from ..records import SPLIT_NAME, Split
from ..test_ledger import LedgerEvent, LedgerLine, Witness, standings
from .set_address import set_id

FOLDER: Final = "seals"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedSeal:
    """What a published seal says; `line` is the newest line about its set."""

    name: str
    merkle_root: str
    is_closed: bool
    line: Witness


def seal_path(root: Path, name: str) -> Path:
    """Where the seal of that set is published."""
    return root / FOLDER / f"{name}.json"


def publish_seals(root: Path, lines: Iterable[LedgerLine]) -> tuple[Path, ...]:
    """Write what the ledger says of each set; gives the files that were renewed.

    Raises:
        StorageFull, ReadOnlyProject: one of them cannot be written.
    """
    outdated = _outdated(root, lines)
    for path, data in outdated:
        durable.make_folder(path.parent)
        durable.replace(path, data)
    return tuple(path for path, _ in outdated)


def outdated_seals(root: Path, lines: Iterable[LedgerLine]) -> tuple[Path, ...]:
    """The files that `publish_seals` would write."""
    return tuple(path for path, _ in _outdated(root, lines))


def read_seals(root: Path) -> tuple[PublishedSeal, ...]:
    """Every published seal of the project at `root`, by name.

    Raises:
        BadFile: one of them is damaged.
    """
    found = []
    for path in sorted((root / FOLDER).glob("*.json")):
        try:
            found.append(_seal(json.loads(durable.read_bytes(path)), path.stem))
        except (ValueError, KeyError, TypeError) as error:
            raise BadFile(
                f"A published seal is damaged: {path}",
                hint="`fieldset check --repair` writes it again",
            ) from error
    return tuple(found)


def closed_names(root: Path, splits: Iterable[Split]) -> frozenset[str]:
    """Which of a version's splits are closed by now.

    Those that are sealed, those whose seal was published since the version was frozen,
    and stress sets made of one of them: copies show a set as well as it does itself.

    Raises:
        BadFile: a published seal is damaged.
    """
    known = tuple(splits)
    published = {seal.name for seal in read_seals(root) if seal.is_closed}
    closed = {split.name for split in known if split.sealed or split.name in published}
    copies = {
        split.name
        for split in known
        if is_stress(split.rule) and parse_stress(split.rule).source in closed
    }
    return frozenset(closed | copies)


def _outdated(root: Path, lines: Iterable[LedgerLine]) -> list[tuple[Path, bytes]]:
    found = []
    for name, content in _contents(lines).items():
        path = seal_path(root, name)
        data = (json.dumps(content, indent=2) + "\n").encode()
        if not path.is_file() or durable.read_bytes(path) != data:
            found.append((path, data))
    return found


def _contents(lines: Iterable[LedgerLine]) -> dict[str, dict[str, Any]]:
    told = tuple(lines)
    newest = {
        line.split: line for line in told if line.event is not LedgerEvent.EXPORTED
    }
    return {
        name: {
            "fieldset_seal": 1,
            "name": name,
            "id": set_id(standing.root),
            "root": standing.root,
            "sealed_us": standing.sealed_us,
            "retired_us": standing.retired_us,
            "draws": len(standing.draws),
            "line": {"n": newest[name].n, "digest": newest[name].digest},
        }
        for name, standing in standings(told).items()
        # The name becomes that of a file; a ledger may come from elsewhere.
        if SPLIT_NAME.fullmatch(name)
    }


def _seal(content: dict[str, Any], name: str) -> PublishedSeal:
    if content["name"] != name:
        raise ValueError(name)
    line = content["line"]
    return PublishedSeal(
        name=name,
        merkle_root=str(content["root"]),
        is_closed=content["retired_us"] is None,
        line=Witness(
            n=int(line["n"]), digest=str(line["digest"]), where=f"{FOLDER}/{name}.json"
        ),
    )
