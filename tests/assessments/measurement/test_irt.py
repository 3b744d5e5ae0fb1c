"""The model itself, against its definition."""

import numpy as np
import pytest

from assessments.measurement import irt


def test_probability_is_halfway_between_guessing_and_one_at_the_difficulty():
    p = irt.probability(0.5, np.array([1.7]), np.array([0.5]), np.array([0.2]))
    assert p.shape == (1, 1)
    assert p[0, 0] == pytest.approx(0.6)


def test_probability_stays_finite_far_from_the_difficulty():
    p = irt.probability([-1e6, 1e6], np.array([3.0]), np.array([0.0]), np.array([0.25]))
    assert p.tolist() == [[0.25, 1.0]]


def test_information_is_the_squared_slope_over_the_variance():
    """Fisher information of a binary answer is P'² / PQ; here P' comes from differences."""
    a, b, c = np.array([1.4, 0.8]), np.array([0.3, -1.0]), np.array([0.25, 0.0])
    theta, h = np.array([-1.0, 0.2, 1.5]), 1e-5
    p = irt.probability(theta, a, b, c)
    slope = (irt.probability(theta + h, a, b, c) - irt.probability(theta - h, a, b, c)) / (2 * h)
    assert irt.information(theta, a, b, c) == pytest.approx(slope**2 / (p * (1 - p)), rel=1e-6)


def test_information_vanishes_rather_than_failing_where_nobody_is_right():
    value = irt.information([-1e6], np.array([3.0]), np.array([0.0]), np.array([0.0]))
    assert value.tolist() == [[0.0]]


def test_eap_of_a_normal_likelihood_is_the_textbook_posterior():
    """N(0, 1) prior and a normal likelihood at 1 with variance ½: mean 2/3, variance 1/3."""
    grid = np.linspace(-6, 6, 121)
    theta, se, posterior = irt.eap(grid, np.exp(-(grid**2) / 2), np.exp(-((grid - 1) ** 2)))
    assert (theta, se) == pytest.approx((2 / 3, np.sqrt(1 / 3)), abs=1e-6)
    assert posterior.sum() == pytest.approx(1.0)


def test_eap_refuses_a_prior_and_a_likelihood_with_nothing_in_common():
    with pytest.raises(ValueError, match="no ability in common"):
        irt.eap(np.array([0.0, 1.0]), np.array([1.0, 0.0]), np.array([0.0, 1.0]))


@pytest.mark.parametrize(("options", "c"), [(None, 0.0), (2, 0.5), (4, 0.25)])
def test_default_guessing_is_one_over_the_options(options, c):
    assert irt.default_guessing(options) == c


@pytest.mark.parametrize("options", [0, 1, -3, 2.5, True])
def test_default_guessing_refuses_a_choice_that_is_none(options):
    with pytest.raises(ValueError, match="at least two options"):
        irt.default_guessing(options)


def test_soften_matches_the_curve_averaged_over_an_uncertain_difficulty():
    rng = np.random.default_rng(0)
    drawn = 0.3 + 0.8 * rng.normal(size=200_000)
    theta = np.linspace(-2, 2, 9)
    averaged = [np.mean(1 / (1 + np.exp(-1.2 * (t - drawn)))) for t in theta]
    softened = irt.soften(np.array([1.2]), 0.8)
    assert irt.probability(theta, softened, np.array([0.3]), np.array([0.0]))[0] == pytest.approx(
        averaged, abs=0.01
    )
    assert irt.soften(1.2, 0.0) == pytest.approx(1.2)
