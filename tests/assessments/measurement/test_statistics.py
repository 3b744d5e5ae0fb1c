"""Item statistics against the formulas as they are documented, written out plainly."""

import math
import statistics as plain

import numpy as np
import pytest

from assessments.measurement.calibration import standing
from assessments.measurement.statistics import (
    analyse,
    chosen_by_third,
    fit,
    mantel_haenszel,
    observed_curve,
    quartiles,
    strata,
    thirds,
)


def cov(x, y):
    mx, my = plain.fmean(x), plain.fmean(y)
    return sum((u - mx) * (v - my) for u, v in zip(x, y, strict=True)) / (len(x) - 1)


def documented(rows, points):
    """Moodle's "Quiz statistics calculations", from lists of marks."""
    k = len(points)
    totals = [sum(row) for row in rows]
    items = []
    for i in range(k):
        x = [row[i] for row in rows]
        rest = [t - u for t, u in zip(totals, x, strict=True)]
        most = cov(sorted(x), sorted(rest))
        items.append(
            {
                "facility": 100 * plain.fmean(x) / points[i],
                "sd": 100 * math.sqrt(cov(x, x)) / points[i],
                "intended_weight": 100 * points[i] / sum(points),
                "discrimination_index": 100 * cov(x, rest) / math.sqrt(cov(x, x) * cov(rest, rest)),
                "discriminative_efficiency": 100 * cov(x, rest) / most,
                "with_total": cov(x, totals),
            }
        )
    roots = sum(math.sqrt(one["with_total"]) for one in items if one["with_total"] >= 0)
    for one in items:
        own = one.pop("with_total")
        one["effective_weight"] = 100 * math.sqrt(own) / roots if own >= 0 else None
    variance = cov(totals, totals)
    cic = 100 * k / (k - 1) * (1 - sum(cov(x, x) for x in zip(*rows, strict=True)) / variance)
    ratio = 100 * math.sqrt(1 - cic / 100)
    n, mean = len(totals), plain.fmean(totals)
    m2, m3, m4 = (sum((t - mean) ** p for t in totals) / n for p in (2, 3, 4))
    k2 = n * m2 / (n - 1)
    k3 = n * n * m3 / ((n - 1) * (n - 2))
    k4 = n * n * ((n + 1) * m4 - 3 * (n - 1) * m2 * m2) / ((n - 1) * (n - 2) * (n - 3))
    test = {
        "mean": 100 * mean / sum(points),
        "median": 100 * plain.median(totals) / sum(points),
        "sd": 100 * math.sqrt(variance) / sum(points),
        "skewness": k3 / k2**1.5,
        "kurtosis": k4 / k2**2,
        "alpha": cic / 100,
        "error_ratio": ratio,
        "sem": ratio / 100 * 100 * math.sqrt(variance) / sum(points),
    }
    return items, test


def answered(seed, n=60, k=8, partial=True):
    rng = np.random.default_rng(seed)
    points = rng.integers(1, 4, k).astype(float)
    theta = rng.normal(size=(n, 1))
    share = (rng.random((n, k)) < 1 / (1 + np.exp(-(theta - rng.normal(size=k))))).astype(float)
    if partial:
        share[:, 0] = rng.integers(0, 5, n) / 4
    share[:, 1] = 1 - share[:, 1]  # an item whose key is wrong
    return share * points, points


@pytest.mark.parametrize("seed", range(5))
def test_figures_are_those_of_the_documented_formulas(seed):
    marks, points = answered(seed)
    found = analyse(marks, points)
    items, test = documented(marks.tolist(), points.tolist())
    for figures, expected in zip(found.items, items, strict=True):
        for name, value in expected.items():
            assert getattr(figures, name) == (
                None if value is None else pytest.approx(value, abs=1e-6)
            ), name
        assert figures.point_biserial == pytest.approx(figures.discrimination_index / 100)
    for name, value in test.items():
        assert getattr(found.test, name) == pytest.approx(value, abs=1e-6), name


def test_a_small_example_by_hand():
    """Totals 3, 2, 1, 0. Item 1: 1 1 0 0, item 2: 1 0 1 0, item 3: 1 1 0 0."""
    found = analyse([[1, 1, 1], [1, 0, 1], [0, 1, 0], [0, 0, 0]])
    first, second, third = found.items
    assert first.facility == 50
    assert first.sd == pytest.approx(100 / math.sqrt(3))
    # The others of item 1 total 2, 1, 1, 0: covariance 1/3, most 1/3, variances 1/3 and 2/3.
    assert first.discrimination_index == pytest.approx(100 * math.sqrt(0.5))
    assert first.discriminative_efficiency == pytest.approx(100)
    # Those of item 2 total 2, 2, 0, 0: no covariance.
    assert second.discrimination_index == pytest.approx(0)
    # With the total: 2/3, 1/3, 2/3.
    roots = 2 * math.sqrt(2 / 3) + math.sqrt(1 / 3)
    assert second.effective_weight == pytest.approx(100 * math.sqrt(1 / 3) / roots)
    assert third == first
    # α = 3/2 (1 − 3 × 1/3 / (5/3)); the totals' standard deviation is √(5/3) of 3 points.
    assert found.test.alpha == pytest.approx(0.6)
    assert found.test.sem == pytest.approx(100 * math.sqrt(5 / 3) / 3 * math.sqrt(0.4))


def test_alpha_of_right_and_wrong_is_kr_20():
    marks, _points = answered(8, partial=False)
    right = (marks > 0).astype(float)
    p, k, n = right.mean(axis=0), right.shape[1], len(right)
    kr20 = k / (k - 1) * (1 - (p * (1 - p)).sum() / right.sum(axis=1).var())
    assert analyse(right).test.alpha == pytest.approx(kr20, abs=1e-9)
    assert n == analyse(right).test.people


def test_an_item_that_everybody_answers_alike_has_no_discrimination_and_breaks_nothing():
    found = analyse([[1, 1, 0], [1, 0, 1], [1, 1, 1], [1, 0, 0]])
    assert found.items[0].facility == 100
    assert found.items[0].sd == 0
    assert found.items[0].discrimination_index is None
    assert found.items[0].discriminative_efficiency is None
    assert found.items[1].discrimination_index is not None


@pytest.mark.parametrize(
    "scores", [np.zeros((0, 3)), np.full((4, 3), np.nan), np.ones((5, 3)), [[1, 0, 1]]]
)
def test_what_the_answers_cannot_say_is_none_and_never_nan(scores):
    found = analyse(scores)
    numbers = [getattr(one, name) for one in found.items for name in one.__slots__]
    numbers += [getattr(found.test, name) for name in found.test.__slots__]
    assert not any(isinstance(x, float) and math.isnan(x) for x in numbers)
    assert found.test.alpha is None
    assert all(one.discrimination_index is None for one in found.items)


def test_random_draws_tell_about_the_same_as_all_items():
    rng = np.random.default_rng(4)
    theta, b = rng.normal(size=(4000, 1)), rng.normal(size=12)
    scores = (rng.random((4000, 12)) < 1 / (1 + np.exp(-1.5 * (theta - b)))).astype(float)
    whole = analyse(scores)
    drawn = scores.copy()
    for row in drawn:
        row[rng.choice(12, 4, replace=False)] = np.nan
    part = analyse(drawn)
    assert part.test.alpha == pytest.approx(
        8 / 12 * whole.test.alpha / (1 - 4 / 12 * whole.test.alpha), abs=0.02
    )  # Spearman and Brown: eight items in the place of twelve
    for one, other in zip(part.items, whole.items, strict=True):
        assert one.facility == pytest.approx(other.facility, abs=2.5)
        assert one.effective_weight == pytest.approx(other.effective_weight, abs=1)


# --- Choices, time, fit ---------------------------------------------------------------------------


def test_thirds_keep_equals_together():
    assert thirds([5, 1, 3, 2, 4, 6]).tolist() == [2, 0, 1, 0, 1, 2]
    assert set(thirds([1, 1, 1, 1])) == {1}
    assert thirds([]).tolist() == []


def test_options_are_counted_by_third():
    counts = chosen_by_third([["a"], ["b"], ["a", "b"], []], [0, 1, 2, 2], ["a", "b", "c"])
    assert counts == {"a": (1, 0, 1), "b": (0, 1, 1), "c": (0, 0, 0)}


def test_time_is_told_by_its_quartiles():
    assert quartiles([10, 20, 30, 40, 1000]) == (20, 30, 40)
    assert quartiles([]) is None


def test_answers_from_the_model_fit_it_and_noise_does_not():
    rng = np.random.default_rng(5)
    theta, k = rng.normal(size=3000), 6
    a, b, c = np.full(k, 1.5), np.linspace(-1, 1, k), np.full(k, 0.2)
    p = c + (1 - c) / (1 + np.exp(-a * (theta[:, None] - b)))
    scores = (rng.random(p.shape) < p).astype(float)
    scores[:, 2] = rng.random(3000) < 0.5
    scores[:, 5] = np.nan
    known = standing(scores, a, b, c)
    found = fit(known, a, b, c)
    assert [one.infit for one in found[:2]] == pytest.approx([1, 1], abs=0.06)
    assert [one.outfit for one in found[:2]] == pytest.approx([1, 1], abs=0.12)
    assert found[2].infit > 1.1
    assert found[2].outfit > found[2].infit
    assert (found[5].infit, found[5].outfit) == (None, None)
    assert observed_curve(known, 5) == []


def test_what_is_observed_lies_on_the_curve_of_an_item_that_fits_however_short_the_test():
    rng = np.random.default_rng(6)
    theta, k = rng.normal(size=6000), 5
    a, b, c = np.full(k, 1.2), np.linspace(-1, 1, k), np.full(k, 0.25)
    p = c + (1 - c) / (1 + np.exp(-a * (theta[:, None] - b)))
    known = standing((rng.random(p.shape) < p).astype(float), a, b, c)
    points = observed_curve(known, 1)
    assert [n for _x, _y, n in points] == pytest.approx([1000] * 6)
    for x, y, _n in points[1:-1]:
        assert y == pytest.approx(0.25 + 0.75 / (1 + np.exp(-1.2 * (x - b[1]))), abs=0.04)
    assert [one.infit for one in fit(known, a, b, c)] == pytest.approx([1] * k, abs=0.05)
    assert observed_curve(standing(np.ones((9, 1)), a[:1], b[:1], c[:1]), 0) == []


def test_abilities_follow_what_was_answered():
    rng = np.random.default_rng(6)
    theta = rng.normal(size=500)
    b = np.linspace(-2, 2, 40)
    scores = (rng.random((500, 40)) < 1 / (1 + np.exp(-1.5 * (theta[:, None] - b)))).astype(float)
    found = standing(scores, np.full(40, 1.5), b, np.zeros(40)).theta
    assert found.shape == (500, 1)
    assert np.sqrt(((found[:, 0] - theta) ** 2).mean()) < 0.35


# --- DIF ------------------------------------------------------------------------------------------


def test_mantel_haenszel_by_hand():
    """Two strata: reference 30/10 and 40/20, focal 15/15 and 20/20 (right/wrong)."""
    tables = [(30, 10, 15, 15), (40, 20, 20, 20)]
    right, focal, stratum = [], [], []
    for number, (a, b, c, d) in enumerate(tables):
        for good, other, count in ((1, 0, a), (0, 0, b), (1, 1, c), (0, 1, d)):
            right += [good] * count
            focal += [other] * count
            stratum += [number] * count
    found = mantel_haenszel(right, focal, stratum)
    r = [30 * 15 / 70, 40 * 20 / 100]
    s = [10 * 15 / 70, 20 * 20 / 100]
    ratio = sum(r) / sum(s)
    p, q = [45 / 70, 60 / 100], [25 / 70, 40 / 100]
    variance = (
        sum(x * y for x, y in zip(p, r, strict=True)) / (2 * sum(r) ** 2)
        + sum(w * x + y * z for w, x, y, z in zip(p, s, q, r, strict=True)) / (2 * sum(r) * sum(s))
        + sum(x * y for x, y in zip(q, s, strict=True)) / (2 * sum(s) ** 2)
    )
    assert found.odds_ratio == pytest.approx(ratio, abs=1e-9)
    assert found.delta == pytest.approx(-2.35 * math.log(ratio), abs=1e-9)
    half = 1.96 * 2.35 * math.sqrt(variance)
    assert found.interval == pytest.approx((found.delta - half, found.delta + half), abs=1e-9)
    expected = 40 * 45 / 70 + 60 * 60 / 100
    spread = 40 * 30 * 45 * 25 / (70**2 * 69) + 60 * 40 * 60 * 40 / (100**2 * 99)
    assert found.chi_square == pytest.approx((abs(70 - expected) - 0.5) ** 2 / spread, abs=1e-9)
    assert (found.reference, found.focal) == (100, 70)


@pytest.mark.parametrize(("shift", "expected"), [(0.0, "A"), (-1.4, "C"), (1.4, "C")])
def test_an_item_that_is_harder_for_one_group_is_classed(shift, expected):
    rng = np.random.default_rng(7)
    theta = rng.normal(size=1500)
    focal = rng.random(1500) < 0.4
    p = 1 / (1 + np.exp(-(theta + shift * focal)))
    found = mantel_haenszel(rng.random(1500) < p, focal, strata(theta))
    assert found.ets_class == expected
    assert found.interval[0] < found.delta < found.interval[1]
    if shift:
        assert (found.delta < 0) == (shift < 0)


def test_groups_that_differ_in_ability_alone_show_no_dif():
    rng = np.random.default_rng(8)
    focal = rng.random(4000) < 0.5
    theta = rng.normal(size=4000) - focal
    found = mantel_haenszel(rng.random(4000) < 1 / (1 + np.exp(-theta)), focal, strata(theta, 40))
    assert found.ets_class == "A"


def test_nothing_to_compare_is_none():
    assert mantel_haenszel([], [], []) is None
    assert mantel_haenszel([1, 1, 0], [0, 0, 0], [0, 0, 0]) is None
    assert mantel_haenszel([1, 1, 1, 1], [0, 0, 1, 1], [0, 0, 0, 0]) is None
