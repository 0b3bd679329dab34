"""Which class of the project stands for which class of a model."""

from __future__ import annotations

import pytest

from dataset.errors import NotFound
from dataset.records import LabelClass
from labeling.detection.class_map import map_classes

OWN = tuple(
    LabelClass(id=number, name=name, colour="#000000")
    for number, name in ((3, "car"), (7, "Bike"))
)


def test_equal_names_meet_whatever_their_letters() -> None:
    found = map_classes({0: "CAR", 1: "bike"}, (), OWN)

    assert found.ids == {0: 3, 1: 7}


def test_the_table_goes_before_equal_names() -> None:
    found = map_classes({0: "car", 1: "van"}, (("car", "bike"), ("van", "car")), OWN)

    assert found.ids == {0: 7, 1: 3}


def test_several_classes_of_the_model_may_be_one_here() -> None:
    table = (("truck", "car"), ("bus", "car"))

    assert map_classes({0: "truck", 1: "bus"}, table, OWN).ids == {0: 3, 1: 3}


def test_what_has_no_counterpart_is_named() -> None:
    found = map_classes({0: "car", 1: "dog", 2: "cat"}, (("cat", ""),), OWN)

    assert found.ids == {0: 3}
    assert (found.missing, found.ignored) == (("dog",), ("cat",))


def test_a_name_in_the_table_that_the_model_has_not_is_named() -> None:
    found = map_classes({0: "car"}, (("automobil", "car"),), OWN)

    assert found.unknown == ("automobil",)


def test_classes_without_names_are_known_by_their_numbers() -> None:
    assert map_classes({}, (("2", "car"), ("0", "bike")), OWN).ids == {0: 7, 2: 3}


def test_a_number_in_the_table_stands_for_a_named_class_too() -> None:
    assert map_classes({2: "automobile"}, (("2", "car"),), OWN).ids == {2: 3}


def test_a_class_that_the_project_has_not_is_refused_with_the_next_step() -> None:
    with pytest.raises(NotFound, match=r": lorry$") as caught:
        map_classes({0: "truck"}, (("truck", "lorry"),), OWN)

    assert "fieldset class add 'lorry'" in caught.value.hint


def test_nothing_in_common_is_refused_and_names_the_models_classes() -> None:
    with pytest.raises(NotFound, match="dog, cat"):
        map_classes({0: "dog", 1: "cat"}, (), OWN)


def test_no_names_at_all_are_refused_with_the_next_step() -> None:
    with pytest.raises(NotFound, match="does not name its classes") as caught:
        map_classes({}, (), OWN)

    assert "names =" in caught.value.hint
