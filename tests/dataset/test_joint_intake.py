from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from dataset.erasure import erase
from dataset.errors import BadImage, PolicyRefusal, StorageFull
from dataset.joint_intake import NewPicture, is_familiar, take_in_together
from dataset.project import Project, TakenIn
from dataset.records import Session
from tests.small_projects import BEGAN_US, jpeg, new_project, new_session


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with new_project(tmp_path / "p") as made:
        yield made


@pytest.fixture
def session(project: Project) -> Session:
    return new_session(project)


def picture(seed: int) -> NewPicture:
    return NewPicture(
        data=jpeg(seed), captured_us=BEGAN_US + seed, source_name=f"{seed}.jpg"
    )


def test_pictures_are_taken_in_in_order_with_one_commit(
    project: Project, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []
    connection = project.catalog._connection
    connection._raw.set_trace_callback(begun.append)

    outcomes = take_in_together(project, session, [picture(n) for n in range(6)])

    connection._raw.set_trace_callback(None)
    samples = [one.sample for one in outcomes if isinstance(one, TakenIn)]
    assert [one.sequence for one in samples] == [1, 2, 3, 4, 5, 6]
    assert [one.source_name for one in samples] == [f"{n}.jpg" for n in range(6)]
    assert begun.count("COMMIT") == 1
    for sample in samples:
        project.images.verify(sample.id, sample.suffix)


def test_same_bytes_in_one_go_are_one_sample(
    project: Project, session: Session
) -> None:
    outcomes = take_in_together(project, session, [picture(1), picture(1), picture(2)])

    assert [one.known for one in outcomes if isinstance(one, TakenIn)] == [
        False,
        True,
        False,
    ]
    assert project.catalog.samples.count() == 2


def test_what_cannot_be_taken_in_does_not_keep_the_others_out(
    project: Project, session: Session
) -> None:
    (erased,) = take_in_together(project, session, [picture(1)])
    assert isinstance(erased, TakenIn)
    erase(project, erased.sample.id)
    broken = NewPicture(data=b"half a JP", captured_us=1)

    outcomes = take_in_together(project, session, [picture(1), broken, picture(3)])

    assert [type(one) for one in outcomes] == [PolicyRefusal, BadImage, TakenIn]
    assert len(list(project.images.files())) == project.catalog.samples.count() == 1


def test_full_disk_takes_none_and_leaves_nothing(
    project: Project, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_in_together(project, session, [picture(1)])
    real, one_at_a_time = project.images.put, threading.Lock()

    def put(data: bytes, suffix: str) -> str:
        with one_at_a_time:
            if len(list(project.images.files())) >= 3:
                raise StorageFull("The disk is full, nothing was stored: x")
            return real(data, suffix)

    monkeypatch.setattr(project.images, "put", put)
    with pytest.raises(StorageFull):
        take_in_together(project, session, [picture(n) for n in range(1, 7)])

    assert project.catalog.samples.count() == 1
    assert len(list(project.images.files())) == 1


def test_familiar_is_what_is_here_or_was_erased(
    project: Project, session: Session
) -> None:
    here, gone = take_in_together(project, session, [picture(1), picture(2)])
    assert isinstance(here, TakenIn)
    assert isinstance(gone, TakenIn)
    erase(project, gone.sample.id)

    assert [is_familiar(project, picture(n)) for n in (1, 2, 3)] == [True, True, False]
    assert not is_familiar(project, NewPicture(data=b"no image", captured_us=0))
