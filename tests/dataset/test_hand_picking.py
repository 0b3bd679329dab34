from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest

from dataset.errors import PolicyRefusal, UsageError
from dataset.project import Project
from dataset.records import LedgerAction, Sample, Split, SplitKind
from dataset.sealed.sealing import retire, seal
from dataset.split import current_split
from dataset.splitting.hand_picking import hand_sets, pick_by_hand
from dataset.splitting.split_findings import split_findings
from tests.sealed_projects import (
    labeled_group,
    labels,
    members,
    put,
    sealable_project,
)
from tests.small_projects import content, filled, new_session, pixels

NAME = "test-stress"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with sealable_project(tmp_path / "p") as made:
        yield made


def fresh(project: Project, first: int = 300, count: int = 3) -> tuple[Sample, ...]:
    """A session that no split holds yet."""
    return filled(project, new_session(project, f"fresh {first}"), count, first=first)


def split_of(project: Project, sample: Sample) -> str | None:
    group = project.catalog.samples.get(sample.id).group_id
    return current_split(project.catalog.splits.ledger()).get(group)


def test_a_picked_sample_takes_its_group_along(project: Project) -> None:
    samples = fresh(project)

    done = pick_by_hand(project, NAME, [samples[1].id])

    assert (done.is_new, done.samples, done.picked) == (True, 3, 1)
    assert {split_of(project, sample) for sample in samples} == {NAME}
    assert done.groups[0].sessions == ("fresh 300",)
    assert hand_sets(project) == (NAME,)
    row = project.catalog.splits.ledger()[-1]
    assert (row.action, row.reason) == (LedgerAction.ASSIGNED, "picked by hand")


def test_the_set_is_one_of_the_projects_splits(project: Project) -> None:
    pick_by_hand(project, NAME, [fresh(project)[0].id])
    more = fresh(project, first=400)

    done = pick_by_hand(project, NAME, [more[0].id])

    assert not done.is_new
    assert [s for s in project.splits if s.name == NAME] == [
        Split(name=NAME, kind=SplitKind.TEST, rule="hand")
    ]
    assert len(members(project, NAME)) == 6


def test_what_has_a_split_stays_there(project: Project) -> None:
    train, main = members(project, "train"), members(project, "test-main")
    samples = fresh(project)

    done = pick_by_hand(
        project, NAME, [train[0].id, train[1].id, main[0].id, samples[0].id]
    )

    assert done.stays == (("test-main", 1), ("train", 2))
    assert done.picked == 1
    assert split_of(project, train[0]) == "train"


def test_a_quarantined_group_stays_out(project: Project) -> None:
    samples = labeled_group(project, "train", first=500)
    put(project, samples[0].group_id, "train", LedgerAction.QUARANTINED)

    done = pick_by_hand(project, NAME, [samples[0].id], dry_run=True)

    assert done.stays == (("", 1),)
    assert done.groups == ()


def test_picking_nothing_that_is_free_is_refused(project: Project) -> None:
    train = members(project, "train")

    with pytest.raises(PolicyRefusal, match="2 in train"):
        pick_by_hand(project, NAME, [sample.id for sample in train[:2]])

    assert NAME not in {split.name for split in project.splits}


def test_trying_writes_nothing(project: Project) -> None:
    samples = fresh(project)
    before = content(project.catalog)

    done = pick_by_hand(project, NAME, [samples[0].id], dry_run=True)

    assert done.samples == 3
    assert content(project.catalog) == before


def test_a_sample_that_was_erased_meanwhile_is_counted(project: Project) -> None:
    samples = fresh(project)

    done = pick_by_hand(project, NAME, [samples[0].id, "ab" * 32])

    assert (done.gone, done.picked) == (1, 1)


def seen_twice(project: Project) -> list[tuple[Sample, ...]]:
    """Two labelled sessions of the same pictures in other bytes, unknown cameras."""
    found = []
    for quality in (95, 90):
        session = project.begin_session(name=f"quality {quality}")
        taken = []
        for seed in range(4):
            settings = [cv2.IMWRITE_JPEG_QUALITY, quality]
            coded = cv2.imencode(".jpg", pixels(900 + seed, 320, 240), settings)[1]
            sample = project.take_in(coded.tobytes(), session, captured_us=0).sample
            project.catalog.labels.put(sample.id, labels())
            taken.append(sample)
        found.append(tuple(taken))
    return found


def test_near_duplicates_go_along(project: Project) -> None:
    first, again = seen_twice(project)
    other = labeled_group(project, "", first=700)

    tried = pick_by_hand(project, NAME, [first[0].id], dry_run=True)
    done = pick_by_hand(project, NAME, [first[0].id])

    assert (done.samples, done.joined) == (8, 1)
    assert tried == done
    assert split_of(project, again[2]) == NAME
    assert split_of(project, other[0]) is None


@pytest.mark.parametrize("name", ["Test Stress", "", "-x", "../test", "tést"])
def test_a_name_that_cannot_be_used_is_refused(project: Project, name: str) -> None:
    with pytest.raises(UsageError, match="cannot have this name"):
        pick_by_hand(project, name, [fresh(project)[0].id])


@pytest.mark.parametrize("name", ["train", "val", "test-main", "test-bridge"])
def test_other_splits_are_not_filled_by_hand(project: Project, name: str) -> None:
    with pytest.raises(UsageError, match="not filled by hand"):
        pick_by_hand(project, name, [fresh(project)[0].id])


def test_no_sample_is_no_pick(project: Project) -> None:
    with pytest.raises(UsageError, match="No sample"):
        pick_by_hand(project, NAME, [])


def test_a_sealed_set_takes_nothing_in(project: Project) -> None:
    pick_by_hand(project, NAME, [s.id for s in labeled_group(project, "", first=300)])
    seal(project, NAME)

    with pytest.raises(PolicyRefusal, match="sealed"):
        pick_by_hand(project, NAME, [fresh(project, first=400)[0].id])

    assert hand_sets(project) == ()


def test_a_retired_set_takes_nothing_in(project: Project) -> None:
    pick_by_hand(project, NAME, [s.id for s in labeled_group(project, "", first=300)])
    seal(project, NAME)
    retire(project, NAME, reason="used up")

    with pytest.raises(PolicyRefusal, match="retired"):
        pick_by_hand(project, NAME, [fresh(project, first=400)[0].id])

    assert hand_sets(project) == ()


def test_the_splits_post_conditions_hold_afterwards(project: Project) -> None:
    pick_by_hand(project, NAME, [s.id for s in labeled_group(project, "", first=300)])

    findings = split_findings(
        project, project.catalog.groups.facts(), project.catalog.splits.ledger(), ()
    )

    assert [f.what for f in findings if f.severity.value == "error"] == []
    assert not any(NAME in f.what and "fieldset.toml" in f.what for f in findings)
