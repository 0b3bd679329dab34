"""Every act can be taken back and made again, one after the other, across restarts."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset.errors import FieldsetError, PolicyRefusal, ProjectError
from dataset.project import Project
from dataset.records import LabelState, SampleState
from dataset.sealed.sealing import seal
from labeling.class_work import ClassAct, ClassVerb, do
from labeling.hold import Hold
from labeling.session import LabelingSession
from tests.labeling.acts import ACTS, Hands, damage_of, state_of
from tests.sealed_projects import sealable_project
from tests.small_projects import box, filled, new_project, new_session
from tests.strategies import labeling_acts

SOUND = ((), 0)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("template") / "p"
    with new_project(root, "car", "bike", "van") as project:
        filled(project, new_session(project, "s"), 3)
    return root


@pytest.fixture
def project(template: Path, tmp_path: Path) -> Iterator[Project]:
    shutil.copytree(template, tmp_path / "p")
    with Project.open(tmp_path / "p") as opened:
        yield opened


def hands_on(project: Project) -> Hands:
    labeling = LabelingSession(project, state="any")
    session = project.catalog.sessions.all()[0]
    samples = project.catalog.samples.of_session(session.id)
    return Hands(project=project, labeling=labeling, samples=samples)


def undo_all(project: Project) -> list[object]:
    """Undo until nothing is left; gives the state after each step."""
    hands = hands_on(project)
    states = []
    while project.catalog.journal.can_undo():
        hands.labeling.undo()
        states.append(state_of(project.catalog, hands.samples))
    return states


def redo_all(project: Project) -> list[object]:
    hands = hands_on(project)
    states = []
    while project.catalog.journal.can_redo():
        hands.labeling.redo()
        states.append(state_of(project.catalog, hands.samples))
    return states


@given(st.lists(labeling_acts(tuple(ACTS)), min_size=1, max_size=16))
def test_any_acts_are_undone_and_made_again_one_by_one(
    template: Path, acts: list[tuple[str, int, int]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "p"
        shutil.copytree(template, root)
        with Project.open(root) as project:
            hands = hands_on(project)
            states = [state_of(project.catalog, hands.samples)]
            for name, a, b in acts:
                if hands.labeling.current is None:
                    hands.labeling.go_to(hands.samples[0].id)
                steps = len(project.catalog.journal.titles(99))
                try:
                    ACTS[name](hands, a, b)
                except FieldsetError:
                    continue
                if len(project.catalog.journal.titles(99)) > steps:
                    states.append(state_of(project.catalog, hands.samples))

        with Project.open(root) as project:
            undone = undo_all(project)
            assert damage_of(project) == SOUND
        with Project.open(root) as project:
            redone = redo_all(project)
            assert damage_of(project) == SOUND

    assert undone == states[-2::-1]
    assert redone == states[1:]


def test_bulk_act_is_one_step(project: Project) -> None:
    hands = hands_on(project)
    for sample in hands.samples:
        hands.labeling.go_to(sample.id)
        ACTS["draw"](hands, 1, 0)
        hands.labeling.accept()
    before = state_of(project.catalog, hands.samples)
    ACTS["bulk"](hands, 1, 0)

    turned = project.catalog.labels.undo()

    assert turned is not None
    assert (turned.title, turned.samples) == ("relabelled many", 3)
    assert state_of(project.catalog, hands.samples) == before
    assert project.catalog.journal.titles(1) == ("accepted 3, 1 boxes",)


def test_what_changed_elsewhere_stays_and_the_rest_of_the_step_is_undone(
    project: Project,
) -> None:
    hands = hands_on(project)
    for sample in hands.samples:
        hands.labeling.go_to(sample.id)
        ACTS["draw"](hands, 1, 0)
        hands.labeling.accept()
    ACTS["bulk"](hands, 1, 0)
    kept = LabelState(state=SampleState.LABELED, boxes=(box("z", 3),))
    project.catalog.labels.put(hands.samples[1].id, kept)

    turned = project.catalog.labels.undo()

    assert turned is not None
    assert turned.samples == 2
    assert [type(why) for why in turned.left] == [ProjectError]
    labels = [project.catalog.labels.get(each.id) for each in hands.samples]
    assert [state.boxes[0].class_id for state in labels] == [1, 3, 1]


def test_merge_moves_back_what_it_moved_and_nothing_else(project: Project) -> None:
    hands = hands_on(project)
    for sample, class_id in zip(hands.samples, (1, 2, 1), strict=True):
        hands.labeling.go_to(sample.id)
        hands.labeling.draw((1.0, 1.0, 9.0, 9.0), class_id)
        hands.labeling.accept()
    do(project, ClassAct(verb=ClassVerb.MERGE, class_id=1, target_id=2))

    project.catalog.labels.undo()

    boxes = [project.catalog.labels.boxes(each.id)[0] for each in hands.samples]
    assert [each.class_id for each in boxes] == [1, 2, 1]
    assert not project.catalog.classes.get(1).retired
    assert project.catalog.classes.merged_into(1) == 1
    assert damage_of(project) == SOUND


def test_class_that_got_boxes_elsewhere_stays_and_undo_goes_on(
    project: Project,
) -> None:
    hands = hands_on(project)
    ACTS["draw"](hands, 1, 0)
    added = do(project, ClassAct(verb=ClassVerb.ADD, name="bus")).label_class
    project.catalog.labels.put(
        hands.samples[2].id,
        LabelState(state=SampleState.LABELED, boxes=(box("z", added.id),)),
    )

    with pytest.raises(FieldsetError, match="boxes of the class by now: bus"):
        hands.labeling.undo()
    hands.labeling.undo()

    assert project.catalog.classes.get(added.id).name == "bus"
    assert project.catalog.labels.boxes(hands.samples[0].id) == ()


def test_id_of_a_class_taken_back_is_never_given_again(project: Project) -> None:
    first = do(project, ClassAct(verb=ClassVerb.ADD, name="bus")).label_class
    project.catalog.labels.undo()

    second = do(project, ClassAct(verb=ClassVerb.ADD, name="tram")).label_class

    assert second.id == first.id + 1


def test_merge_in_a_set_sealed_since_is_refused_and_undo_goes_on(
    tmp_path: Path,
) -> None:
    with sealable_project(tmp_path / "sealed") as project:
        do(project, ClassAct(verb=ClassVerb.RENAME, class_id=2, name="bicycle"))
        do(project, ClassAct(verb=ClassVerb.MERGE, class_id=1, target_id=2))
        seal(project, "test-main")

        with pytest.raises(PolicyRefusal, match="sealed test set holds boxes"):
            project.catalog.labels.undo()
        project.catalog.labels.undo()

        assert project.catalog.classes.get(2).name == "bike"
        assert project.catalog.classes.get(1).retired


def test_redo_is_another_branch_after_a_new_edit(project: Project) -> None:
    hands = hands_on(project)
    do(project, ClassAct(verb=ClassVerb.RENAME, class_id=1, name="auto"))
    project.catalog.labels.undo()

    ACTS["draw"](hands, 0, 0)

    assert project.catalog.labels.redo() is None
    assert project.catalog.classes.get(1).name == "car"


def test_another_windows_edits_are_left_to_it(project: Project) -> None:
    mine, other = Hold(project.catalog), Hold(project.catalog)
    hands = hands_on(project)
    other.beat()
    mine.beat()
    ACTS["draw"](hands, 0, 0)
    project.catalog.journal.holder = other.id
    hands.labeling.go_to(hands.samples[1].id)
    ACTS["draw"](hands, 1, 0)
    project.catalog.journal.holder = mine.id

    first = project.catalog.labels.undo()
    second = project.catalog.labels.undo()
    other.leave()
    third = project.catalog.labels.undo()

    assert first is not None
    assert first.sample_id == hands.samples[0].id
    assert second is None
    assert third is not None
    assert third.sample_id == hands.samples[1].id
