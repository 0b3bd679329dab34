from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dataset.catalog import BoxFilter
from dataset.erasure import erase
from dataset.errors import NotFound, PolicyRefusal, ProjectError, UsageError
from dataset.findings import Severity
from dataset.project import Project, now_us
from dataset.records import (
    LabelEdit,
    LabelState,
    LedgerAction,
    Sample,
    SampleState,
)
from dataset.sealed.published_seals import read_seals
from dataset.sealed.sealing import Person, draw, ledger, record_export, retire, seal
from dataset.sealed.test_sets import SetState, set_lines
from dataset.split import current_split
from dataset.splitting.assignment import assign_splits
from dataset.status import status
from dataset.test_ledger import LedgerEvent
from tests.sealed_projects import (
    MODEL,
    OTHER,
    THIRD,
    frozen,
    labeled_group,
    labels,
    members,
    put,
    sealable_project,
)
from tests.small_projects import filled, proposal

BY = Person(operator="ida", station="north-gate")


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with sealable_project(tmp_path / "p") as made:
        yield made


def states(project: Project) -> dict[str, SetState]:
    found = set_lines(project, ledger(project))
    return {line.split.name: line.state for line in found}


def split_of(project: Project, group: str) -> str:
    return current_split(project.catalog.splits.ledger())[group]


def edit(project: Project, sample: Sample, after: LabelState) -> None:
    before = project.catalog.labels.get(sample.id)
    project.catalog.labels.apply(
        LabelEdit(
            sample_id=sample.id,
            title="moved",
            before=before,
            after=after,
            at_us=now_us(),
        )
    )


def test_seal_publishes_the_root(project: Project) -> None:
    line = seal(project, "test-main", by=BY)

    (published,) = read_seals(project.root)
    assert published.name == "test-main"
    assert published.merkle_root == line.root
    assert published.is_closed
    assert (line.operator, line.station) == ("ida", "north-gate")
    assert states(project) == {
        "test-main": SetState.SEALED,
        "test-bridge": SetState.OPEN,
        "test-reserve": SetState.VAULT,
    }


def test_root_is_that_of_the_samples_and_boxes(tmp_path: Path) -> None:
    roots = []
    for name in "ab":
        with sealable_project(tmp_path / name) as made:
            roots.append(seal(made, "test-main").root)
    with sealable_project(tmp_path / "c") as made:
        made.catalog.labels.put(members(made, "test-main")[0].id, labels(x0=6.0))
        other = seal(made, "test-main").root

    assert roots[0] == roots[1] != other


def test_renamed_class_does_not_break_a_seal(project: Project) -> None:
    seal(project, "test-main")

    project.catalog.classes.rename(1, "lorry")

    assert draw(project, "test-main", model=MODEL).used == 1


@pytest.mark.parametrize(
    ("name", "error"),
    [("train", UsageError), ("test-bridge", UsageError), ("nothing", NotFound)],
)
def test_what_cannot_be_sealed(
    project: Project, name: str, error: type[Exception]
) -> None:
    with pytest.raises(error, match=f": {name}$"):
        seal(project, name)

    assert ledger(project) == ()


def test_set_is_sealed_once(project: Project) -> None:
    seal(project, "test-main")

    with pytest.raises(UsageError, match="sealed already: test-main"):
        seal(project, "test-main")


def test_set_with_unlabeled_samples_is_not_sealed(project: Project) -> None:
    sample = members(project, "test-main")[0]
    project.catalog.labels.put(sample.id, LabelState())

    with pytest.raises(PolicyRefusal, match=r"wait to be labeled.*: 1$"):
        seal(project, "test-main")


EDITS: dict[str, Callable[[Project, Sample], object]] = {
    "apply": lambda project, sample: edit(project, sample, labels(x0=9.0)),
    "put": lambda project, sample: project.catalog.labels.put(
        sample.id, labels(x0=9.0)
    ),
    "undo": lambda project, _sample: project.catalog.labels.undo(),
    "erase": lambda project, sample: erase(project, sample.id),
    "merge": lambda project, _sample: project.catalog.classes.merge(1, 2),
}


@pytest.mark.parametrize("kind", EDITS)
def test_boxes_of_a_sealed_set_are_closed(project: Project, kind: str) -> None:
    sample = members(project, "test-main")[0]
    edit(project, sample, labels(x0=7.0))
    seal(project, "test-main")

    with pytest.raises(PolicyRefusal, match=r"sealed test set.*: test-main$"):
        EDITS[kind](project, sample)

    assert project.catalog.labels.get(sample.id) == labels(x0=7.0)


def test_redo_is_closed_too_and_does_not_block_the_next_one(project: Project) -> None:
    sample, other = members(project, "test-main")[0], members(project, "train")[0]
    edit(project, other, labels(x0=6.0))
    edit(project, sample, labels(x0=7.0))
    project.catalog.labels.undo()
    seal(project, "test-main")

    with pytest.raises(PolicyRefusal, match="closed: test-main"):
        project.catalog.labels.redo()

    assert project.catalog.labels.redo() is None
    undone = project.catalog.labels.undo()
    assert undone is not None
    assert undone.sample_id == other.id


def test_sealed_samples_are_in_no_queue_and_no_review(project: Project) -> None:
    sealed = {sample.id for sample in members(project, "test-main")}

    seal(project, "test-main")

    queued = set(project.catalog.samples.queue_ids())
    lines = project.catalog.box_features.lines(BoxFilter(class_id=1), 100)
    shown = {line.sample_id for line in lines}
    assert len(queued) == len(shown) == 12
    assert sealed.isdisjoint(queued | shown)


def test_status_counts_a_sealed_set(project: Project) -> None:
    seal(project, "test-main")

    (line,) = (s for s in status(project).splits if s.split.name == "test-main")
    assert line.split.sealed
    assert (line.count.samples, line.count.boxes) == (3, 3)


def test_sample_that_came_after_the_seal_stays_unlabeled(project: Project) -> None:
    member = members(project, "test-main")[0]
    session = project.catalog.sessions.get(member.session_id)
    seal(project, "test-main")

    (late,) = filled(project, session, 1, first=99)

    assert late.group_id == member.group_id
    assert not project.catalog.labels.propose(late.id, (proposal("p"),))
    with pytest.raises(PolicyRefusal, match="closed: test-main"):
        project.catalog.labels.put(late.id, labels())
    assert draw(project, "test-main", model=MODEL).samples == 3


def test_sealed_set_takes_no_new_groups(project: Project) -> None:
    seal(project, "test-main")
    for number in range(10, 40):
        labeled_group(project, "", first=10 * number, count=1)

    outcome = assign_splits(project)

    assert len(outcome.assigned) == 30
    assert "test-main" not in {a.split for a in outcome.assigned}
    assert "test-reserve" in {a.split for a in outcome.assigned}
    assert not [f for f in outcome.findings if "test-main should hold" in f.what]


def test_what_a_sealed_set_holds_out_waits_without_a_split(project: Project) -> None:
    labeled_group(project, "test-bridge", first=500, place="bridge")
    seal(project, "test-bridge")
    (late, *_) = labeled_group(project, "", first=600, place="bridge")

    waiting = assign_splits(project)
    retire(project, "test-bridge")
    after = assign_splits(project)

    assert waiting.assigned == ()
    assert [f.what for f in waiting.findings if "wait" in f.what] == [
        "test-bridge is sealed and holds out what new groups are, so many wait: 1"
    ]
    assert [a.group_id for a in after.assigned] == [late.group_id]


def test_group_that_is_like_a_sealed_one_is_quarantined(project: Project) -> None:
    sealed = members(project, "test-main")[0].group_id
    (late, *_) = labeled_group(project, "", first=500)
    seal(project, "test-main")

    stays = project.catalog.groups.join(
        late.group_id, sealed, reason="near-duplicate", at_us=1
    )

    assert stays == sealed
    assert split_of(project, late.group_id) == ""
    assert len(members(project, "test-main")) == 3


def test_draw_is_recorded(project: Project) -> None:
    version = frozen(project)
    sealed = seal(project, "test-main")

    drawn = draw(project, "test-main", model=f"SHA256:{MODEL.upper()}", by=BY)

    line = drawn.line
    assert (line.event, line.split, line.root) == (
        LedgerEvent.DRAWN,
        "test-main",
        sealed.root,
    )
    assert (line.model, line.version) == (MODEL, version.id)
    assert (line.operator, line.station) == ("ida", "north-gate")
    assert line.previous == sealed.digest
    assert (drawn.used, drawn.budget, drawn.trained_on) == (1, 2, "v1")
    assert ledger(project)[-1] == line


def test_unsealed_set_is_not_drawn(project: Project) -> None:
    with pytest.raises(PolicyRefusal) as caught:
        draw(project, "test-main", model=MODEL)

    assert caught.value.message == "The test set is not sealed: test-main"
    assert "testset seal test-main" in caught.value.hint


def test_model_is_tested_once(project: Project) -> None:
    seal(project, "test-main")
    draw(project, "test-main", model=MODEL)

    with pytest.raises(PolicyRefusal, match="drawn for this model before"):
        draw(project, "test-main", model=MODEL)

    assert len(ledger(project)) == 2


def test_budget_is_kept(project: Project) -> None:
    seal(project, "test-main")
    draw(project, "test-main", model=MODEL)
    draw(project, "test-main", model=OTHER)

    with pytest.raises(PolicyRefusal, match=r"budget.*: 2 of 2"):
        draw(project, "test-main", model=THIRD)


def test_model_that_never_saw_the_project_is_drawn_for(project: Project) -> None:
    frozen(project)
    seal(project, "test-main")

    drawn = draw(project, "test-main", model=MODEL, trained_on="none")

    assert (drawn.line.version, drawn.trained_on) == ("", "")


def test_version_that_does_not_exist_is_told(project: Project) -> None:
    seal(project, "test-main")

    with pytest.raises(NotFound, match=": v9"):
        draw(project, "test-main", model=MODEL, trained_on="v9")

    assert len(ledger(project)) == 1


def test_model_that_trained_on_a_member_is_refused(project: Project) -> None:
    # What another program wrote, or an older catalog: the manifest is asked.
    group = members(project, "test-main")[0].group_id
    put(project, group, "test-main", LedgerAction.WITHDRAWN)
    put(project, group, "train", LedgerAction.ASSIGNED)
    frozen(project)
    put(project, group, "train", LedgerAction.WITHDRAWN)
    put(project, group, "test-main", LedgerAction.ASSIGNED)
    seal(project, "test-main")

    with pytest.raises(PolicyRefusal, match="v1 held 3 samples of test-main in train"):
        draw(project, "test-main", model=MODEL, trained_on="v1")


def test_model_that_trained_on_a_quarantined_relative_is_refused(
    project: Project,
) -> None:
    sealed = members(project, "test-main")[0].group_id
    trained = members(project, "train")[0].group_id
    frozen(project)
    project.catalog.groups.join(trained, sealed, reason="near-duplicate", at_us=1)
    labeled_group(project, "train", first=500)
    clean = frozen(project)
    seal(project, "test-main")

    with pytest.raises(PolicyRefusal, match=r"v1 held 3 samples .* quarantined since"):
        draw(project, "test-main", model=MODEL, trained_on="v1")

    assert draw(project, "test-main", model=MODEL, trained_on=clean.id).used == 1


def test_what_had_joined_a_relative_counts_too(project: Project) -> None:
    groups = project.catalog.groups
    one = members(project, "train")[0].group_id
    (other, *_) = labeled_group(project, "train", first=500)
    frozen(project)
    joined = groups.join(other.group_id, one, reason="near-duplicate", at_us=1)
    sealed = members(project, "test-main")[0].group_id
    groups.join(joined, sealed, reason="near-duplicate", at_us=1)
    seal(project, "test-main")

    with pytest.raises(PolicyRefusal, match="v1 held 6 samples"):
        draw(project, "test-main", model=MODEL, trained_on="v1")


def test_training_version_that_was_edited_is_not_trusted(project: Project) -> None:
    version = frozen(project)
    seal(project, "test-main")
    manifest = project.root / "versions" / version.alias / "manifest.parquet"
    data = bytearray(manifest.read_bytes())
    data[len(data) // 2] ^= 1
    manifest.chmod(0o644)
    manifest.write_bytes(data)

    with pytest.raises(ProjectError, match="v1 cannot be trusted"):
        draw(project, "test-main", model=MODEL)


def test_bundle_that_fails_spends_nothing(project: Project) -> None:
    seal(project, "test-main")

    def fail(_found: object) -> None:
        raise ProjectError("no room")

    with pytest.raises(ProjectError, match="no room"):
        draw(project, "test-main", model=MODEL, prepare=fail)

    assert len(ledger(project)) == 1


def test_retired_set_goes_to_val_and_opens_a_vault(project: Project) -> None:
    seal(project, "test-main")
    sample = members(project, "test-main")[0]

    done = retire(project, "test-main", reason="used up", by=BY)

    assert (done.groups, done.opened, done.not_opened) == (1, "test-reserve", ())
    assert split_of(project, sample.group_id) == "val"
    assert states(project) == {
        "test-main": SetState.RETIRED,
        "test-bridge": SetState.OPEN,
        "test-reserve": SetState.SEALED,
    }
    edit(project, sample, labels(x0=9.0))
    assert draw(project, "test-reserve", model=MODEL).used == 1
    with pytest.raises(PolicyRefusal, match="retired into validation"):
        draw(project, "test-main", model=OTHER)
    findings = assign_splits(project).findings
    assert all(finding.severity is not Severity.ERROR for finding in findings)


def test_retired_set_takes_no_groups(project: Project) -> None:
    seal(project, "test-main")
    retire(project, "test-main")
    for number in range(10, 22):
        labeled_group(project, "", first=10 * number, count=1)

    outcome = assign_splits(project)

    assert {a.split for a in outcome.assigned} <= {"train", "val"}


def test_vault_stays_closed_until_a_set_is_retired(project: Project) -> None:
    with pytest.raises(PolicyRefusal, match="stays closed until"):
        seal(project, "test-reserve")
    with pytest.raises(PolicyRefusal, match="not sealed"):
        draw(project, "test-reserve", model=MODEL)
    with pytest.raises(PolicyRefusal, match="this one is not sealed"):
        retire(project, "test-reserve")


def test_vault_that_is_not_ready_is_opened_later(project: Project) -> None:
    sample = members(project, "test-reserve")[0]
    project.catalog.labels.put(sample.id, LabelState())
    seal(project, "test-main")

    done = retire(project, "test-main")
    project.catalog.labels.put(sample.id, labels())
    later = seal(project, "test-reserve")

    assert done.opened == ""
    assert done.not_opened == (
        "Samples of test-reserve wait to be labeled, and could not be any more: 1",
    )
    assert later.event is LedgerEvent.SEALED


def test_vault_is_sealed_for_exports_from_the_start(project: Project) -> None:
    (vault,) = (s for s in project.splits if s.name == "test-reserve")

    assert vault.sealed
    sample = members(project, "test-reserve")[0]
    project.catalog.labels.put(sample.id, LabelState(state=SampleState.EMPTY))
    assert project.catalog.labels.get(sample.id).state is SampleState.EMPTY


def test_only_a_sealed_set_is_retired_and_only_once(project: Project) -> None:
    with pytest.raises(PolicyRefusal, match="not sealed: test-main"):
        retire(project, "test-main")
    seal(project, "test-main")
    retire(project, "test-main")

    with pytest.raises(PolicyRefusal, match="retired already: test-main"):
        retire(project, "test-main")


def test_export_is_recorded_with_its_reason(project: Project) -> None:
    sealed = seal(project, "test-main")

    lines = record_export(
        project, "dv-x", ["test-main", "test-reserve"], reason=" audit ", by=BY
    )

    assert [(line.split, line.root, line.reason) for line in lines] == [
        ("test-main", sealed.root, "audit"),
        ("test-reserve", "", "audit"),
    ]
    with pytest.raises(PolicyRefusal, match="without a reason"):
        record_export(project, "dv-x", ["test-main"], reason="  ")
