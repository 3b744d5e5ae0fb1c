"""Calibration: that it finds what the answers were drawn from, and how sure it may be."""

import numpy as np
import pytest

from assessments.measurement.calibration import (
    CalibrationError,
    anchor,
    calibrate,
    drifting,
    link,
)


def drawn(seed, n, k, *, areas=1, rho=0.7):
    rng = np.random.default_rng(seed)
    a, b = rng.lognormal(0.2, 0.3, k), rng.normal(size=k)
    c = np.where(rng.random(k) < 0.5, 0.25, 0.0)
    area = np.arange(k) % areas
    theta = np.sqrt(rho) * rng.normal(size=(n, 1)) + np.sqrt(1 - rho) * rng.normal(size=(n, areas))
    if areas == 1:
        theta = rng.normal(size=(n, 1))
    p = c + (1 - c) / (1 + np.exp(-a * (theta[:, area] - b)))
    answers = (rng.random((n, k)) < p).astype(float)
    return a, b, c, area, theta, answers, b + rng.normal(0, 0.5, k)


def rmse(found, truth):
    return float(np.sqrt(np.mean((found - truth) ** 2)))


def log_posterior(alpha, b, answers, c, author, found):
    """Σ log ∫ … + log priors, on a grid of its own."""
    grid = np.linspace(-6, 6, 241)
    density = np.exp(-0.5 * grid**2) / np.sqrt(2 * np.pi) * (grid[1] - grid[0])
    p = c + (1 - c) / (1 + np.exp(-np.exp(alpha) * (grid[:, None] - b)))
    given = np.where(answers[:, None] == 1, p, 1 - p)
    given[np.isnan(answers)[:, None].repeat(len(grid), axis=1)] = 1.0
    total = np.log(given.prod(axis=2) @ density).sum()
    total -= 0.5 * np.sum((alpha - found.mean_log_a) ** 2) / found.sd_log_a**2
    total -= 0.5 * np.sum((b - author - found.author_shift) ** 2) / found.author_sd**2
    return total


@pytest.fixture(scope="module")
def small():
    _a, _b, c, _area, _theta, answers, author = drawn(3, 80, 4)
    answers[:30, 1] = np.nan
    found = calibrate(answers, c, prior_b=author, tolerance=1e-8)
    k = len(c)

    def value(x):
        return log_posterior(x[:k], x[k:], answers, c, author, found)

    return found, np.concatenate([np.log(found.a), found.b]), value


def test_it_is_the_maximum_of_the_posterior(small):
    _found, at, value = small
    step = 1e-4
    slope = [(value(at + step * e) - value(at - step * e)) / (2 * step) for e in np.eye(len(at))]
    assert np.abs(slope).max() < 1e-3


def test_standard_errors_are_those_of_the_curvature_of_the_posterior(small):
    found, at, value = small
    step, axes = 1e-3, np.eye(len(at))
    hessian = np.array(
        [
            [
                (
                    value(at + step * (e + f))
                    - value(at + step * (e - f))
                    - value(at - step * (e - f))
                    + value(at - step * (e + f))
                )
                / (4 * step**2)
                for f in axes
            ]
            for e in axes
        ]
    )
    expected = np.sqrt(np.diag(np.linalg.inv(-hessian)))
    k = len(found.a)
    np.testing.assert_allclose(found.se_a / found.a, expected[:k], rtol=2e-3)
    np.testing.assert_allclose(found.se_b, expected[k:], rtol=2e-3)


def test_it_finds_the_items_that_the_answers_came_from():
    a, b, c, _area, _theta, answers, author = drawn(1, 1500, 40)
    found = calibrate(answers, c, prior_b=author)
    assert found.converged
    assert rmse(found.b, b) < 0.14
    assert rmse(found.a, a) < 0.18
    assert rmse(found.b, b) < rmse(author, b) / 3
    inside = np.abs(found.b - b) < 1.96 * found.se_b
    assert inside.mean() > 0.85
    assert found.fit == pytest.approx(np.ones(40), abs=0.1)


def test_an_author_who_is_wrong_about_all_items_alike_is_found_out():
    _a, b, c, _area, _theta, answers, author = drawn(2, 400, 40)
    biased = calibrate(answers, c, prior_b=author + 1.0)
    assert biased.author_shift == pytest.approx(-1.0, abs=0.4)
    assert abs(float((biased.b - b).mean())) < 0.2


def test_an_item_without_answers_keeps_its_author_s_difficulty_and_its_doubt():
    _a, _b, c, _area, _theta, answers, author = drawn(4, 300, 12)
    answers[:, 5] = np.nan
    found = calibrate(answers, c, prior_b=author, tolerance=1e-7)
    assert found.answers[5] == 0
    assert found.b[5] == pytest.approx(author[5] + found.author_shift, abs=1e-4)
    assert found.se_b[5] == pytest.approx(found.author_sd, rel=1e-3)
    assert np.isnan(found.fit[5])


def test_items_that_all_or_none_answer_get_finite_numbers():
    _a, _b, c, _area, _theta, answers, author = drawn(5, 200, 10)
    answers[:, 0], answers[:, 1] = 1.0, 0.0
    found = calibrate(answers, c, prior_b=author)
    for column in (found.a, found.b, found.se_a, found.se_b, found.fit):
        assert np.isfinite(column).all()
    assert found.converged
    assert found.b[0] < -2
    assert found.b[1] > 2


def test_items_asked_because_of_earlier_answers_are_not_misjudged():
    """Everyone gets ten items; who does well gets the hard ten next, the others the easy ten."""
    _a, b, c, _area, _theta, answers, author = drawn(6, 2500, 30)
    order = 10 + np.argsort(b[10:])
    well = answers[:, :10].sum(axis=1) > 5
    seen = answers.copy()
    seen[np.ix_(well, order[:10])] = np.nan
    seen[np.ix_(~well, order[10:])] = np.nan
    found = calibrate(seen, c, prior_b=author)
    error = found.b - b
    assert abs(error[order[:10]].mean()) < 0.12
    assert abs(error[order[10:]].mean()) < 0.12
    as_wrong = calibrate(np.nan_to_num(seen), c, prior_b=author, most=40)
    assert abs((as_wrong.b - b)[order[:10]].mean()) > 0.5


def test_areas_that_choose_by_each_other_are_calibrated_together():
    """Which items of the second area are asked depends on the answers in the first."""
    _a, b, c, area, _theta, answers, _author = drawn(7, 2500, 24, areas=2)
    second = np.flatnonzero(area == 1)
    hard = second[np.argsort(b[second])][len(second) // 2 :]
    easy = np.setdiff1d(second, hard)
    well = answers[:, area == 0].sum(axis=1) > (area == 0).sum() / 2
    seen = answers.copy()
    seen[np.ix_(well, easy)] = np.nan
    seen[np.ix_(~well, hard)] = np.nan
    together = calibrate(seen, c, area=area, rho=0.7)
    alone = calibrate(seen[:, second], c[second])

    def lopsided(found_b):
        return abs((found_b - b)[hard].mean() - (found_b - b)[easy].mean())

    apart = np.full(len(b), np.nan)
    apart[second] = alone.b
    assert lopsided(together.b) < 0.2 < 0.5 < lopsided(apart)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"answers": np.ones(3)}, "people by items"),
        ({"answers": np.full((4, 3), 2.0)}, "between 0 and 1"),
        ({"c": [0.2, 0.2]}, "3 chances"),
        ({"c": [0.2, 1.0, 0.2]}, "3 chances"),
        ({"prior_b": [0.0, np.inf, 0.0]}, "prior_b"),
        ({"area": [0, 2, 2]}, "every area"),
        ({"rho": 1.0}, "rho"),
        ({"start": ([0.0, 1.0, 1.0], [0.0, 0.0, 0.0])}, "start"),
    ],
)
def test_what_cannot_be_calibrated_is_named(change, says):
    given = {"answers": np.ones((4, 3)), "c": [0.0, 0.0, 0.0], **change}
    answers, c = given.pop("answers"), given.pop("c")
    with pytest.raises(CalibrationError, match=says):
        calibrate(answers, c, **given)


# --- Linking and drift ----------------------------------------------------------------------------


def scales(seed=0, k=30):
    rng = np.random.default_rng(seed)
    a, b = rng.lognormal(0.2, 0.3, k), rng.normal(size=k)
    c = np.where(np.arange(k) % 2, 0.25, 0.0)
    return rng, a, b, c


def test_linking_finds_the_line_between_two_scales():
    _rng, a, b, c = scales()
    slope, intercept = link(a, b, a * 1.2, (b - 0.4) / 1.2, c)
    assert (slope, intercept) == pytest.approx((1.2, 0.4), abs=1e-5)


def test_too_few_common_items_leave_the_scale_alone():
    _rng, a, b, c = scales(k=4)
    assert link(a, b, a * 1.2, (b - 0.4) / 1.2, c) == (1.0, 0.0)
    assert not drifting(np.full(4, 3.0), np.full(4, 0.1)).any()


def test_items_that_moved_are_named_and_do_not_pull_the_scale():
    rng, a, b, c = scales(1)
    se = np.full(30, 0.12)
    moved = b.copy()
    moved[[3, 17]] += [0.9, 1.1]
    new_b = (moved + rng.normal(0, 0.06, 30) - 0.3) / 1.1
    scale = anchor(a, b, se, a * 1.1, new_b, np.full(30, 0.1), c)
    assert np.flatnonzero(scale.drifting).tolist() == [3, 17]
    assert (scale.slope, scale.intercept) == pytest.approx((1.1, 0.3), abs=0.05)
    on_old = scale.of(a * 1.1, new_b)
    assert rmse(on_old[1], moved) < 0.1


def test_answers_from_the_same_items_again_flag_next_to_nothing():
    flagged = 0
    for seed in range(5):
        _a, _b, c, _area, _theta, answers, author = drawn([9, seed], 900, 30)
        old = calibrate(answers[:400], c, prior_b=author)
        new = calibrate(answers, c, prior_b=author, start=(old.a, old.b))
        scale = anchor(old.a, old.b, old.se_b, new.a, new.b, new.se_b, c)
        flagged += scale.drifting.sum()
    assert flagged <= 3  # of 150
