from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset.errors import SettingsError, UsageError
from dataset.policies.preprocess import from_json
from dataset.policies.recipes import (
    AugmentRecipe,
    PreprocessRecipe,
    RecipeFault,
    StressRecipe,
    parse_stress,
    seed_of,
)
from dataset.settings import FILE_NAME, read_settings
from dataset.splitting.split_rule import parse_rule
from tests.strategies import augment_recipes, sample_ids


def _settings_fault(tmp_path: Path, text: str) -> str:
    path = tmp_path / FILE_NAME
    path.write_text(text)
    with pytest.raises(SettingsError) as caught:
        read_settings(path)
    return caught.value.message


@given(augment_recipes())
def test_a_recipe_read_back_from_its_json_is_the_same(recipe: AugmentRecipe) -> None:
    content = {k: v for k, v in recipe.to_json().items() if k != "kind"}

    assert AugmentRecipe.read(content) == recipe
    assert AugmentRecipe.read(content).digest == recipe.digest


def test_a_changed_value_changes_the_digest() -> None:
    assert AugmentRecipe(flip=0.25).digest != AugmentRecipe().digest


def test_a_name_that_a_person_gave_stays_outside_of_the_digest() -> None:
    first = StressRecipe(name="wet", dark=3)
    second = StressRecipe(name="dusk", dark=3)

    assert first.digest == second.digest


def test_recipes_of_different_kinds_never_share_a_digest() -> None:
    assert AugmentRecipe().digest != PreprocessRecipe().digest


def test_corruptions_follow_one_another_as_light_does() -> None:
    recipe = StressRecipe(jpeg=1, noise=2, dark=5)

    assert recipe.corruptions == (("dark", 5), ("noise", 2), ("jpeg", 1))


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ({"flip": 1.5}, "flip"),
        ({"flip": float("nan")}, "flip"),
        ({"flip": "often"}, "flip"),
        ({"flip": True}, "flip"),
        ({"seed": 1.5}, "seed"),
        ({"twist": 1}, "twist"),
    ],
)
def test_a_bad_value_is_named_by_its_key(table: dict[str, object], key: str) -> None:
    with pytest.raises(RecipeFault) as caught:
        AugmentRecipe.read(table)

    assert caught.value.key == key


def test_a_whole_number_is_taken_for_a_part() -> None:
    assert AugmentRecipe.read({"flip": 1}).flip == 1.0


def test_a_stress_rule_names_a_corruption_or_a_recipe_and_its_source() -> None:
    wet = StressRecipe(name="wet-night", dark=2, blur=1)

    plain = parse_stress("stress:dark/3")
    named = parse_stress("stress:wet-night of test-night")

    assert plain.source == "test-main"
    assert plain.recipe({}).corruptions == (("dark", 3),)
    assert named.source == "test-night"
    assert named.recipe({"wet-night": wet}) == wet


@pytest.mark.parametrize(
    "rule", ["stress:", "stress:fog/3", "stress:dark/6", "stress:dark/3 of", "stress:A"]
)
def test_a_strange_stress_rule_is_refused(rule: str) -> None:
    with pytest.raises(UsageError):
        parse_rule(rule)


def test_a_stress_rule_without_its_recipe_is_refused() -> None:
    with pytest.raises(UsageError, match="no stress recipe"):
        parse_stress("stress:rain").recipe({})


@given(sample_ids, st.integers(0, 100))
def test_seeds_differ_by_recipe_parent_and_index(sample_id: str, index: int) -> None:
    seed = seed_of("a", sample_id, index)

    assert seed == seed_of("a", sample_id, index)
    assert seed != seed_of("b", sample_id, index)
    assert seed != seed_of("a", sample_id, index + 1)


def test_all_recipes_are_read_from_the_settings(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    path.write_text(
        '[split.tests.test-main]\nrule = "random"\n'
        '[split.tests.test-wet]\nrule = "stress:wet"\n'
        "[stress.wet]\ndark = 2\nblur = 1\n"
        '[balance]\npolicy = "augment"\nratio = 3\ncopies = 2\n'
        "[balance.augment]\nflip = 0\n"
        '[preprocess]\nname = "grey-in"\ncolour = "grey"\n'
    )

    settings = read_settings(path)

    assert settings.balance.ratio == 3.0
    assert settings.balance.copies == 2
    assert settings.balance.augment == AugmentRecipe(flip=0.0)
    assert settings.stress == (StressRecipe(name="wet", dark=2, blur=1),)
    assert settings.preprocess == PreprocessRecipe(name="grey-in", colour="grey")


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("[balance]\npolicy = 'repeat'\nratio = 0.5\n", 3, 1),
        ("[balance]\ncopies = 0\n", 2, 1),
        ("[balance.augment]\nflip = 0.5\nnoise = 2\n", 3, 1),
        ("[balance.augment]\nflop = 1\n", 2, 1),
        ("[stress.wet]\n", 1, 2),
        ("[stress.wet]\ndark = 9\n", 2, 1),
        ("[preprocess]\ncolour = 'pink'\n", 2, 1),
        ("[split.tests.a]\nrule = 'stress:dark/3 of nowhere'\n", 2, 1),
        ("[split.tests.a]\nrule = 'stress:dark/3 of train'\n", 2, 1),
        ("[split.tests.a]\nrule = 'stress:rain of val'\n", 2, 1),
        ("[balance.targets.car]\nconditions = { 'night' = 3 }\n", 2, 16),
    ],
)
def test_a_fault_in_a_policy_names_its_line(
    tmp_path: Path, text: str, line: int, column: int
) -> None:
    message = _settings_fault(tmp_path, text)

    assert message.startswith(f"`{FILE_NAME}` line {line}, column {column}:")


def test_a_fault_in_the_file_itself_names_line_and_column(tmp_path: Path) -> None:
    message = _settings_fault(tmp_path, "[balance]\nratio = \n")

    assert "line 2, column" in message


def test_preprocessing_is_read_back_from_its_json() -> None:
    recipe = PreprocessRecipe(denoise="median", contrast=1.5)

    assert from_json(recipe.to_json()) == recipe


def test_a_preprocessing_that_was_edited_is_found() -> None:
    recipe = PreprocessRecipe(denoise="median")
    edited = {**recipe.to_json(), "digest": recipe.digest, "denoise": "nlm"}

    with pytest.raises(ValueError, match="not that of its digest"):
        from_json(edited)


def test_another_recipe_is_no_preprocessing() -> None:
    with pytest.raises(ValueError, match="no recipe for preprocessing"):
        from_json(AugmentRecipe().to_json())
