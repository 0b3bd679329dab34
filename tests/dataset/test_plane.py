from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dataset.mapping import plane
from dataset.mapping.plane import fit_plane, lay_out, lay_out_vectors

Vectors = NDArray[np.float32]


def cloud(count: int, size: int = 6, seed: int = 1) -> dict[str, Vectors]:
    """Vectors that vary most along two directions, by id."""
    rng = np.random.default_rng(seed)
    wide = rng.normal(size=(count, 2)) @ rng.normal(size=(2, size)) * 5
    vectors = (wide + rng.normal(size=(count, size))).astype(np.float32)
    return {f"{number:064x}": vector for number, vector in enumerate(vectors)}


@given(seed=st.integers(0, 50), count=st.integers(0, 40), swaps=st.randoms())
def test_order_of_the_samples_changes_nothing(seed: int, count: int, swaps) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    vectors = cloud(count, seed=seed)
    mixed = list(vectors.items())
    swaps.shuffle(mixed)

    first, second = lay_out_vectors(vectors), lay_out_vectors(dict(mixed))

    assert first.ids == second.ids
    assert np.array_equal(first.places, second.places)
    assert first.share == second.share


@given(seed=st.integers(0, 50))
def test_batches_change_nothing(seed: int) -> None:
    vectors = cloud(30, seed=seed)
    ids = sorted(vectors)
    parts = [
        (ids[at : at + 7], stacked(vectors, ids[at : at + 7])) for at in range(0, 30, 7)
    ]

    assert np.array_equal(
        lay_out(parts).places, lay_out([(ids, stacked(vectors, ids))]).places
    )


def stacked(vectors: dict[str, Vectors], ids: list[str]) -> Vectors:
    return np.stack([vectors[i] for i in ids])


def test_two_directions_tell_most_of_a_flat_cloud() -> None:
    found = lay_out_vectors(cloud(200))

    assert found.share > 0.9
    assert np.ptp(found.places[:, 0]) > np.ptp(found.places[:, 1])


def test_share_and_places_are_those_of_a_singular_value_decomposition() -> None:
    vectors = cloud(50)
    values = np.stack(list(vectors.values())).astype(np.float64)
    scaled = (values - values.mean(axis=0)) / values.std(axis=0)
    _, weights, axes = np.linalg.svd(scaled, full_matrices=False)

    found = lay_out_vectors(vectors)

    expected = np.abs(scaled @ axes[:2].T)
    assert np.allclose(np.abs(found.places), expected, atol=1e-3)
    assert found.share == pytest.approx((weights[:2] ** 2).sum() / (weights**2).sum())


def test_mirrored_numbers_give_an_axis_of_the_same_sign() -> None:
    vectors = np.stack(list(cloud(60).values()))

    axes = fit_plane(vectors).axes

    for axis in axes:
        assert axis[np.abs(axis).argmax()] > 0


def test_nothing_and_one_and_two_samples_have_places() -> None:
    two = cloud(2)

    nothing, one = lay_out_vectors({}), lay_out_vectors(cloud(1))
    both = lay_out_vectors(two)

    assert (nothing.ids, nothing.places.shape) == ((), (0, 2))
    assert (one.places.tolist(), one.share) == ([[0.0, 0.0]], 0.0)
    assert both.places[0, 0] == -both.places[1, 0] != 0.0
    assert both.places[:, 1].tolist() == [0.0, 0.0]
    assert both.share == pytest.approx(1.0)


def test_samples_that_are_all_alike_lie_in_one_place() -> None:
    same = np.ones(5, np.float32)

    found = lay_out_vectors({f"{n:064x}": same for n in range(4)})

    assert found.share == 0.0
    assert not found.places.any()


def test_a_vector_of_another_kind_is_told_apart() -> None:
    vectors = cloud(5)
    broken, longer = f"{90:064x}", f"{91:064x}"
    vectors[broken] = np.full(6, np.nan, np.float32)
    vectors[longer] = np.zeros(9, np.float32)

    found = lay_out_vectors(vectors)

    assert found.strange == (broken, longer)
    assert len(found.ids) == 5


def test_those_beyond_the_first_are_laid_on_the_same_plane(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(plane, "FIT_SAMPLES", 20)
    vectors = cloud(60)
    first = dict(sorted(vectors.items())[:20])

    whole, part = lay_out_vectors(vectors), lay_out_vectors(first)

    assert np.allclose(whole.places[:20], part.places, atol=1e-4)
    assert len(whole.ids) == 60
