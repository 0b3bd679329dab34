from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from dataset.erasure import erase
from dataset.errors import StorageFull
from dataset.findings import Finding, Severity
from dataset.groups import GroupLink
from dataset.images.image_file import decode
from dataset.near_duplicates import linking
from dataset.project import Project
from dataset.records import LabelState, LedgerAction, Sample, SampleState
from dataset.splitting.assignment import _assigned, assign_splits
from tests.small_projects import (
    BEGAN_US,
    box,
    content,
    filled,
    jpeg,
    new_project,
    new_session,
    pixels,
    read_only,
    tiny_disk,
)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with new_project(tmp_path / "p") as made:
        yield made


def label(project: Project, samples: tuple[Sample, ...]) -> None:
    for sample in samples:
        class_id = 1 + sample.sequence % 2
        state = LabelState(
            state=SampleState.LABELED, boxes=(box("a", class_id=class_id),)
        )
        project.catalog.labels.put(sample.id, state)


def add_sessions(project: Project, count: int, *, first: int = 0) -> None:
    """Labelled sessions of four different pictures each, from cameras of their own."""
    for number in range(first, first + count):
        session = project.begin_session(
            name=f"session {number}",
            place=f"place {number}",
            source=f"cam {number}",
            started_us=BEGAN_US + number * 3_600_000_000,
        )
        label(project, filled(project, session, 4, first=100 * (number + 1)))


def splits_of(project: Project) -> dict[str, str]:
    return {line.id: line.split for line in project.catalog.tables.group_lines()}


def test_every_new_group_gets_a_split_once(project: Project) -> None:
    add_sessions(project, 9)

    outcome = assign_splits(project)
    again = assign_splits(project)

    assert len(outcome.assigned) == 9
    assert {a.action for a in outcome.assigned} == {LedgerAction.ASSIGNED}
    assert {a.split for a in outcome.assigned} == {"train", "val", "test-main"}
    assert (again.assigned, again.moved) == ((), 0)
    assert len(project.catalog.splits.ledger()) == 9


def test_nothing_moves_when_more_comes(project: Project) -> None:
    add_sessions(project, 6)
    assign_splits(project)
    before = splits_of(project)

    add_sessions(project, 6, first=6)
    outcome = assign_splits(project)

    after = splits_of(project)
    assert outcome.moved == 0
    assert len(outcome.assigned) == 6
    assert {group: after[group] for group in before} == before


def test_dry_run_says_the_same_and_writes_nothing(project: Project) -> None:
    add_sessions(project, 6)
    before = content(project.catalog)

    planned = assign_splits(project, dry_run=True)

    assert content(project.catalog) == before
    assert assign_splits(project).assigned == planned.assigned


def test_session_without_labels_waits(project: Project) -> None:
    add_sessions(project, 3)
    filled(project, new_session(project, "unlabeled"), 3, first=5000)

    outcome = assign_splits(project)

    assert len(outcome.assigned) == 3
    assert sorted(splits_of(project).values())[0] == ""


def test_near_duplicates_of_two_sessions_share_a_split(project: Project) -> None:
    """The same things seen twice by unknown cameras: one group, one split."""
    names = ("one", "two")
    for position, name in enumerate(names):
        session = project.begin_session(name=name, started_us=BEGAN_US)
        for seed in range(4):
            quality = [cv2.IMWRITE_JPEG_QUALITY, 95 - 5 * position]
            picture = pixels(seed, 320, 240)
            data = cv2.imencode(".jpg", np.asarray(picture), quality)[1].tobytes()
            taken = project.take_in(data, session, captured_us=0).sample
            label(project, (taken,))
    add_sessions(project, 4, first=10)

    outcome = assign_splits(project)

    assert outcome.joined == 1
    groups = {
        project.catalog.samples.of_session(session.id)[0].group_id
        for session in project.catalog.sessions.all()
        if session.name in names
    }
    assert len(groups) == 1
    assert len(outcome.assigned) == 5


def spoil(project: Project, sample: Sample) -> bytes:
    """Replace a stored image by something else; gives what it was."""
    path = project.image_path(sample)
    data = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(b"no picture")
    return data


def errors_of(findings: tuple[Finding, ...]) -> list[Finding]:
    return [f for f in findings if f.severity is Severity.ERROR]


def test_missing_image_is_named_and_stops_nothing_else(project: Project) -> None:
    add_sessions(project, 3)
    sample = next(iter(project.catalog.samples.each()))
    project.image_path(sample).unlink()

    outcome = assign_splits(project)

    (error,) = errors_of(outcome.findings)
    assert error.what.endswith(f": {sample.id}")
    assert "erase" in error.next_step
    # Its session has other pictures, so its group is no secret.
    assert len(outcome.assigned) == 3
    assert "" not in splits_of(project).values()


def test_damaged_image_is_looked_at_again_until_it_is_mended(project: Project) -> None:
    add_sessions(project, 3)
    sample = next(iter(project.catalog.samples.each()))
    data = spoil(project, sample)

    outcomes = [assign_splits(project) for _ in range(2)]
    project.image_path(sample).write_bytes(data)
    mended = assign_splits(project)

    assert [len(errors_of(o.findings)) for o in outcomes] == [1, 1]
    assert errors_of(mended.findings) == []


def test_group_of_which_nothing_was_seen_waits(project: Project) -> None:
    add_sessions(project, 3)
    lonely = new_session(project, "lonely")
    (sample,) = filled(project, lonely, 1, first=7000)
    label(project, (sample,))
    data = spoil(project, sample)

    outcome = assign_splits(project)
    waiting = splits_of(project)[sample.group_id]
    project.image_path(sample).write_bytes(data)
    after = assign_splits(project)

    assert len(outcome.assigned) == 3
    assert waiting == ""
    assert [a.group_id for a in after.assigned] == [sample.group_id]


def test_erased_sample_is_waited_for_no_longer(project: Project) -> None:
    add_sessions(project, 3)
    sample = next(iter(project.catalog.samples.each()))
    spoil(project, sample)
    assign_splits(project)

    erase(project, sample.id)

    assert errors_of(assign_splits(project).findings) == []


def copies(project: Project, count: int, *, seed: int = 1) -> None:
    """The same picture in other bytes, each as a group of its own, unknown camera."""
    session = project.begin_session(name=f"copies {seed}")
    for number in range(count):
        quality = [cv2.IMWRITE_JPEG_QUALITY, 40 + number]
        data = cv2.imencode(".jpg", pixels(seed, 320, 240), quality)[1].tobytes()
        taken = project.take_in(
            data, session, captured_us=0, group_id=f"g-{seed:04}{number:012}"
        )
        label(project, (taken.sample,))


def test_nothing_but_copies_is_one_group_and_said_so(project: Project) -> None:
    copies(project, 40)

    outcome = assign_splits(project)

    assert outcome.joined == 39
    assert len(outcome.assigned) == 1
    (told,) = [f for f in outcome.findings if "nothing can be held out" in f.what]
    assert told.severity is Severity.WARNING
    assert told.what.endswith(": 40")


def test_one_sample_alone_is_no_crowd(project: Project) -> None:
    copies(project, 1)

    outcome = assign_splits(project)

    assert len(outcome.assigned) == 1
    assert not [f for f in outcome.findings if "nothing can be held out" in f.what]


def test_copy_that_is_labelled_later_joins_then(project: Project) -> None:
    add_sessions(project, 3)
    copies(project, 1)
    session = project.begin_session(name="later")
    data = cv2.imencode(".png", pixels(1, 320, 240))[1].tobytes()
    late = project.take_in(data, session, captured_us=0).sample
    first = assign_splits(project)

    label(project, (late,))
    second = assign_splits(project)

    assert (first.joined, second.joined) == (0, 1)
    assert project.catalog.samples.get(late.id).group_id == f"g-{1:04}{0:012}"
    assert second.assigned == ()


def test_labels_changed_since_are_looked_at_again_alone(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_sessions(project, 3)
    assign_splits(project)
    sample = next(iter(project.catalog.samples.each()))
    seen: list[int] = []

    def counted(data: bytes) -> NDArray[np.uint8]:
        seen.append(len(data))
        return decode(data)

    monkeypatch.setattr(linking, "decode", counted)
    label(project, (sample,))
    assign_splits(project)
    assign_splits(project)

    assert len(seen) == 1


def indexed(project: Project) -> list[tuple[int, int, int]]:
    return project.catalog._connection.rows(
        "SELECT key, camera, sample_n FROM look_keys"
    )


def test_index_holds_what_is_there_and_nothing_else(project: Project) -> None:
    add_sessions(project, 2)
    assign_splits(project)
    before = indexed(project)
    sample = next(iter(project.catalog.samples.each()))
    (n,) = project.catalog._connection.rows(
        "SELECT n FROM samples WHERE id = ?", [sample.id]
    )[0]

    label(project, (sample,))
    assign_splits(project)
    relooked = indexed(project)
    erase(project, sample.id)

    assert relooked == before
    assert indexed(project) == [row for row in before if row[2] != n]


def test_two_programs_assign_at_once(project: Project) -> None:
    add_sessions(project, 6)

    with Project.open(project.root) as other:
        assign_splits(other)
        outcome = assign_splits(project)

    assert outcome.assigned == ()
    assert len(project.catalog.splits.ledger()) == 6
    assert [f for f in outcome.findings if f.severity.value == "error"] == []


def test_ledger_can_only_grow(project: Project) -> None:
    add_sessions(project, 3)
    assign_splits(project)

    for statement in (
        "UPDATE split_ledger SET split = 'val'",
        "DELETE FROM split_ledger",
    ):
        with pytest.raises(Exception, match="append-only"):
            project.catalog._connection.run(statement)

    assert len(project.catalog.splits.ledger()) == 3


def test_rule_of_the_settings_takes_its_groups(project: Project) -> None:
    settings = project.root / "fieldset.toml"
    settings.write_text(
        "[split.tests.test-night]\nrule = 'condition:light=night'\n", encoding="utf-8"
    )
    session = project.begin_session(name="n", conditions=[("light", "night")])
    label(project, filled(project, session, 2))
    add_sessions(project, 3)

    with Project.open(project.root) as opened:
        outcome = assign_splits(opened)

    assert [a.reason for a in outcome.assigned if a.split == "test-night"] == [
        "rule condition:light=night"
    ]


def open_with(project: Project, *lines: str) -> Project:
    """The project opened anew, its settings being these lines."""
    text = "\n".join(lines) + "\n"
    (project.root / "fieldset.toml").write_text(text, encoding="utf-8")
    return Project.open(project.root)


def sentences(findings: tuple[Finding, ...]) -> list[str]:
    return [finding.what for finding in findings]


def test_dry_run_needs_no_writable_project(project: Project, tmp_path: Path) -> None:
    add_sessions(project, 6)
    project.close()

    with (
        read_only(project.root, tmp_path / "view") as view,
        Project.open(view, read_only=True) as opened,
    ):
        planned = assign_splits(opened, dry_run=True)

    with Project.open(project.root) as opened:
        assert opened.catalog.splits.ledger() == ()
        assert assign_splits(opened).assigned == planned.assigned
        assert len(planned.assigned) == 6


def test_outcome_tells_what_joined_and_what_had_to_leave(project: Project) -> None:
    add_sessions(project, 12)
    assign_splits(project)
    held = splits_of(project)
    train = next(g for g, split in held.items() if split == "train")
    test = next(g for g, split in held.items() if split == "test-main")
    (new, other) = (f"g-new-{n}" for n in "ab")
    links = [
        GroupLink(first=min(train, test), second=max(train, test), reason="alike"),
        GroupLink(first=new, second=other, reason="twins"),
    ]

    with project.catalog.trying():
        outcome = _assigned(project, links)

    assert [(q.group_id, q.split, q.reason) for q in outcome.quarantined] == [
        (train, "train", f"alike as in test-main ({test})")
    ]
    assert [(j.group_id, j.into, j.reason) for j in outcome.joins] == [
        (other, new, "twins")
    ]
    assert outcome.moved == 0
    assert splits_of(project) == held


def test_group_of_two_places_is_held_out_with_either(project: Project) -> None:
    """A group counts as captured wherever one of its sessions was."""
    add_sessions(project, 3)
    first, second, _ = sorted(splits_of(project))
    project.catalog.groups.join(first, second, reason="alike", at_us=1)
    (facts,) = (f for f in project.catalog.groups.facts() if f.id == first)

    for place in facts.places:
        rule = f"rule = 'place:{place}'"
        with open_with(project, "[split.tests.test-far]", rule) as opened:
            outcome = assign_splits(opened, dry_run=True)

        assert [a.group_id for a in outcome.assigned if a.split == "test-far"] == [
            first
        ]
    assert len(facts.places) == 2


def test_first_of_two_rules_has_the_group(project: Project) -> None:
    add_sessions(project, 4)
    night = "[split.tests.test-b]\nrule = 'place:place 1'"
    camera = "[split.tests.test-a]\nrule = 'camera:cam 1'"

    with open_with(project, night, camera) as opened:
        first = assign_splits(opened, dry_run=True)
    with open_with(project, camera, night) as opened:
        second = assign_splits(opened, dry_run=True)

    assert [a.reason for a in first.assigned if a.split == "test-b"]
    assert [a.reason for a in second.assigned if a.split == "test-a"]
    assert not [a for a in first.assigned if a.split == "test-a"]


def test_split_that_the_settings_forgot_keeps_its_groups(project: Project) -> None:
    add_sessions(project, 8)
    assign_splits(project)
    before = splits_of(project)
    add_sessions(project, 8, first=8)

    with open_with(project, "[split.tests.test-renamed]", "share = 0.15") as opened:
        outcome = assign_splits(opened)
        after = splits_of(opened)

    assert {group: after[group] for group in before} == before
    assert "test-main" not in {a.split for a in outcome.assigned}
    assert "test-renamed" in {a.split for a in outcome.assigned}
    kept = sum(split == "test-main" for split in before.values())
    assert (
        "test-main is not in fieldset.toml any more and takes no share; the groups it "
        f"keeps: {kept}" in sentences(outcome.findings)
    )


def test_forgotten_rule_goes_on_holding_out(project: Project) -> None:
    rule = ("[split.tests.test-far]", "rule = 'place:place 1'")
    add_sessions(project, 4)
    with open_with(project, *rule) as opened:
        assign_splits(opened)
        (far,) = (g for g, split in splits_of(opened).items() if split == "test-far")
        session = opened.begin_session(name="again", place="place 1")
        label(opened, filled(opened, session, 2, first=7000))

    with open_with(project, "") as opened:
        outcome = assign_splits(opened)

    assert [a.split for a in outcome.assigned] == ["test-far"]
    assert outcome.assigned[0].group_id != far


@pytest.mark.parametrize(
    "shares", ["train = 0\nval = 0", "train = 1\nval = 0", "train = 0\nval = 0.5"]
)
def test_split_without_a_share_takes_nothing(project: Project, shares: str) -> None:
    add_sessions(project, 6)

    with open_with(project, "[split]", shares) as opened:
        outcome = assign_splits(opened)

    empty = {"0": "train", "1": "val"}[shares[8]]
    assert len(outcome.assigned) == 6
    if shares != "train = 0\nval = 0":
        assert empty not in {a.split for a in outcome.assigned}


def test_shares_of_the_settings_shape_the_split(project: Project) -> None:
    add_sessions(project, 9)

    with open_with(
        project,
        "[split.tests.test-main]\nshare = 0.15",
        "[split.classes]\ncar = { test-main = 1 }\nbike = { test-main = 1 }",
        "[split.weights]\nsize = 0\nconditions = 0",
    ) as opened:
        outcome = assign_splits(opened)

    assert {a.split for a in outcome.assigned} == {"test-main"}


def test_shares_of_what_is_not_there_are_named(project: Project) -> None:
    session = project.begin_session(name="n", conditions=[("light", "night")])
    label(project, filled(project, session, 2))

    with open_with(
        project,
        "[split.classes.bke]\nval = 0.3",
        '[split.conditions."light=nite"]\nval = 0.3',
        '[balance.targets.car]\nconditions = { "light=nigt" = 3 }',
    ) as opened:
        found = assign_splits(opened).findings

    told = {f.what: f.next_step for f in found}
    lost = "of this project is called so, its shares do nothing"
    assert told[f"No class {lost}: bke"] == "write `bike` in [split.classes.bke]"
    assert told[f"No condition {lost}: light=nite"] == (
        'write `light=night` in [split.conditions."light=nite"]'
    )
    assert told[
        "No session has the condition that a target of car names: light=nigt"
    ] == ("write `light=night` in [balance.targets.car]")


def test_class_of_one_group_is_named_and_nothing_is_refused(project: Project) -> None:
    add_sessions(project, 5)
    session = project.begin_session(name="rare")
    (sample,) = filled(project, session, 1, first=9000)
    project.catalog.classes.add("crane")
    state = LabelState(state=SampleState.LABELED, boxes=(box("a", class_id=3),))
    project.catalog.labels.put(sample.id, state)

    outcome = assign_splits(project)

    missing = [w for w in sentences(outcome.findings) if w.startswith("crane")]
    assert len(outcome.assigned) == 6
    assert len(missing) == 2
    assert all(what.endswith("groups that have it: 1") for what in missing)


def test_project_without_sessions_of_its_own_splits_by_image(project: Project) -> None:
    session = new_session(project)
    for seed in range(8):
        taken = project.take_in(
            jpeg(300 + seed), session, captured_us=BEGAN_US, group_id=f"g-{seed}"
        )
        label(project, (taken.sample,))

    outcome = assign_splits(project)

    assert len(outcome.assigned) == 8 - outcome.joined
    assert {a.split for a in outcome.assigned} == {"train", "val", "test-main"}


def test_merged_class_and_erased_sample_move_nobody(project: Project) -> None:
    add_sessions(project, 9)
    assign_splits(project)
    before = splits_of(project)

    project.catalog.classes.merge(2, 1)
    erase(project, next(iter(project.catalog.samples.each())).id)
    outcome = assign_splits(project)

    after = splits_of(project)
    assert {group: before[group] for group in after} == after
    assert (outcome.assigned, outcome.moved) == ((), 0)
    assert [f for f in outcome.findings if f.severity.value == "error"] == []


def test_full_disk_leaves_the_ledger_as_it_was(tmp_path: Path) -> None:
    with (
        tiny_disk(tmp_path / "disk", "8m") as disk,
        new_project(disk / "p") as project,
    ):
        add_sessions(project, 12)
        before = content(project.catalog)
        # A log that is longer than what it holds would have room for more.
        project.catalog._connection.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        ballast = disk / "ballast"
        with suppress(OSError), ballast.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))

        with pytest.raises(StorageFull):
            assign_splits(project)
        ballast.unlink()

        assert content(project.catalog) == before
        assert len(assign_splits(project).assigned) == 12
