"""The cross-area posterior, against a grid over every ability at once."""

import numpy as np
import pytest

from assessments.measurement.areas import GRID, Prior
from assessments.measurement.irt import probability


def likelihoods(areas: int, seed: int) -> np.ndarray:
    """Fifteen random answers per area, of someone consistently better in later areas."""
    rng = np.random.default_rng(seed)
    rows = []
    for j in range(areas):
        a, b = rng.lognormal(0.2, 0.3, 15), rng.normal(0, 1, 15)
        p = probability(GRID, a, b, np.full(15, 0.25))
        right = rng.random(15) < 0.3 + 0.3 * j
        row = np.where(right[:, None], p, 1 - p).prod(axis=0)
        rows.append(row / row.max())
    return np.array(rows)


def exact_pair(likelihood: np.ndarray, rho: float) -> np.ndarray:
    """The joint posterior on the full two-dimensional grid."""
    x, y = GRID[:, None], GRID[None, :]
    joint = np.exp(-(x * x - 2 * rho * x * y + y * y) / (2 * (1 - rho * rho)))
    joint = joint * likelihood[0][:, None] * likelihood[1][None, :]
    return joint / joint.sum()


@pytest.mark.parametrize("rho", [0.0, 0.3, 0.7, 0.95])
@pytest.mark.parametrize("seed", range(3))
def test_marginals_agree_with_the_exact_grid(rho, seed):
    """Largest error of the density, over both areas and all abilities: 4e-8 when measured."""
    likelihood = likelihoods(2, seed)
    joint = exact_pair(likelihood, rho)
    marginal = Prior.build(2, rho).marginals(likelihood)
    step = GRID[1] - GRID[0]
    assert marginal[0] / step == pytest.approx(joint.sum(axis=1) / step, abs=1e-6)
    assert marginal[1] / step == pytest.approx(joint.sum(axis=0) / step, abs=1e-6)


@pytest.mark.parametrize("rho", [0.0, 0.7])
def test_what_one_area_says_about_the_other_agrees_with_the_exact_grid(rho):
    likelihood = likelihoods(2, 4)
    joint = exact_pair(likelihood, rho)
    targets = np.broadcast_to(GRID, (2, 1, len(GRID)))
    _, along = Prior.build(2, rho).joint(likelihood, targets)
    assert along[0, :, 1, 0] == pytest.approx(joint @ GRID, abs=1e-7)
    assert along[1, :, 0, 0] == pytest.approx(joint.T @ GRID, abs=1e-7)


def test_three_areas_agree_with_the_exact_grid():
    likelihood = likelihoods(3, 5)
    inverse = np.linalg.inv(np.full((3, 3), 0.7) + 0.3 * np.eye(3))
    axes = np.meshgrid(GRID, GRID, GRID, indexing="ij", sparse=True)
    exponent = sum(inverse[i, j] * axes[i] * axes[j] for i in range(3) for j in range(3))
    joint = np.exp(-0.5 * exponent) * np.einsum("i,j,k->ijk", *likelihood)
    joint /= joint.sum()
    marginal = Prior.build(3, 0.7).marginals(likelihood)
    for area in range(3):
        others = tuple(other for other in range(3) if other != area)
        assert marginal[area] == pytest.approx(joint.sum(axis=others), abs=1e-7)


def test_without_answers_every_area_is_standard_normal():
    marginal = Prior.build(5, 0.7).marginals(np.ones((5, len(GRID))))
    mean = marginal @ GRID
    assert mean == pytest.approx(np.zeros(5), abs=1e-9)
    assert marginal @ GRID**2 == pytest.approx(np.ones(5), abs=1e-3)


def test_areas_that_contradict_each_other_stay_finite():
    sharp = np.exp(-0.5 * ((GRID - np.array([[-4.0], [4.0]])) / 0.2) ** 2)
    marginal = Prior.build(2, 0.95).marginals(sharp)
    assert np.isfinite(marginal).all()
    assert marginal.sum(axis=1) == pytest.approx([1.0, 1.0])
