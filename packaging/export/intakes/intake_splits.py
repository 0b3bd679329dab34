"""Splits named in files become rows of the ledger, where nothing speaks against it."""

from __future__ import annotations

from collections.abc import Mapping

from dataset.project import Project, now_us
from dataset.records import SPLIT_NAME, LedgerAction, LedgerRow, Split, SplitKind
from dataset.split import current_split

_KINDS = {"train": SplitKind.TRAIN, "val": SplitKind.VAL}


class SplitNotes:
    """Gathers which split each group is said to be in; `write` fills the ledger.

    A group that the ledger knows stays where it is: nothing moves. A group that the
    files put into two splits would leak; it gets no row and waits for the next
    assignment. A test set that was sealed here takes no group. All of it is told.
    """

    def __init__(self, known: Mapping[str, Split]) -> None:
        self._known = known
        self._wanted: dict[str, str] = {}
        self._leaks: dict[str, set[str]] = {}

    def note(self, group_id: str, split: str | None) -> None:
        """Note what a file says of one image of the group."""
        if not split or not SPLIT_NAME.fullmatch(split):
            return
        first = self._wanted.setdefault(group_id, split)
        if first != split:
            self._leaks.setdefault(group_id, {first}).add(split)

    def write(self, project: Project) -> tuple[tuple[str, str], ...]:
        """Append the rows and give what was left out, as (group, reason)."""
        if not self._wanted:
            return ()
        catalog = project.catalog
        self._follow_joins(project)
        refused = [
            (group, f"the group is in several splits: {', '.join(sorted(splits))}")
            for group, splits in sorted(self._leaks.items())
        ]
        with catalog.writing():
            splits = {split.name: split for split in project.splits}
            current = current_split(catalog.splits.ledger())
            full = catalog.test_runs.closed() | catalog.test_runs.retired()
            rows = []
            at_us = now_us()
            for group, wanted in sorted(self._wanted.items()):
                living = catalog.groups.ensure(group)
                if group in self._leaks:
                    continue
                if living in current:
                    if current[living] != wanted:
                        refused.append((group, _stays(current[living], wanted)))
                    continue
                if wanted in full:
                    refused.append((group, f"the test set takes no groups: {wanted}"))
                    continue
                if wanted not in splits:
                    splits[wanted] = self._known.get(wanted, _split(wanted))
                current[living] = wanted
                rows.append(_row(living, wanted, at_us))
            for name in {row.split for row in rows}:
                catalog.splits.define(splits[name])
            catalog.splits.append(rows)
        return tuple(refused)

    def _follow_joins(self, project: Project) -> None:
        """Note again, by the groups that live: some were joined since."""
        wanted, self._wanted = self._wanted, {}
        leaks, self._leaks = self._leaks, {}
        for group, split in wanted.items():
            living = project.catalog.groups.ensure(group)
            for said in sorted(leaks.get(group, {split})):
                self.note(living, said)


def _split(name: str) -> Split:
    """A split that only the files know; a test set takes nothing in by itself."""
    kind = _KINDS.get(name, SplitKind.TEST)
    rule = "hand" if kind is SplitKind.TEST else ""
    return Split(name=name, kind=kind, rule=rule)


def _row(group_id: str, split: str, at_us: int) -> LedgerRow:
    return LedgerRow(
        group_id=group_id,
        split=split,
        action=LedgerAction.ASSIGNED,
        reason="named in the imported files",
        at_us=at_us,
    )


def _stays(current: str, wanted: str) -> str:
    where = current or "no split"
    return f"the group stays in {where}, the files say: {wanted}"
