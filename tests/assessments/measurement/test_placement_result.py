"""What is reported: recovery, coverage, levels, the correlated prior, extremes."""

from statistics import NormalDist

import numpy as np
import pytest

from assessments.measurement.adaptive import Bank, Placement, Rules

ABILITY = Rules(se_stop=0.3, certainty_stop=None)


@pytest.fixture(scope="module")
def recovered(bank, answer, person):
    """Four hundred people drawn from the prior, in one area: true θ, and what was reported."""
    truth = np.random.default_rng(11).normal(size=400)
    results = [
        answer(Placement.start(bank, ABILITY, seed=p), person(bank, [theta], p)).result()[0]
        for p, theta in enumerate(truth)
    ]
    return truth, results


def test_ability_is_recovered_without_bias(recovered):
    """Bias has a standard error of .015 here, RMSE one of .01."""
    truth, results = recovered
    error = np.array([area.theta for area in results]) - truth
    assert abs(error.mean()) < 0.045
    assert np.sqrt((error**2).mean()) < 0.32


def test_recovery_takes_about_eighteen_items(recovered):
    _, results = recovered
    assert np.mean([area.n_items for area in results]) < 20.5


def test_the_ninety_per_cent_interval_covers_ninety_per_cent(recovered):
    truth, results = recovered
    covered = [
        area.interval[0] <= theta <= area.interval[1]
        for theta, area in zip(truth, results, strict=True)
    ]
    assert 0.86 <= np.mean(covered) <= 0.94


def test_the_reported_error_is_the_error_made(recovered):
    truth, results = recovered
    z = [(area.theta - theta) / area.se for theta, area in zip(truth, results, strict=True)]
    assert 0.9 < np.std(z) < 1.1


def test_a_wider_interval_contains_the_narrower(bank, answer):
    narrow = answer(Placement.start(bank, Rules(interval=0.5), seed=1), lambda _: True)
    wide = Placement.replay(bank, Rules(interval=0.95), 1, narrow.history)
    (inner,), (outer,) = narrow.result(), wide.result()
    assert outer.interval[0] < inner.interval[0] < inner.theta < inner.interval[1]
    assert inner.interval[1] < outer.interval[1]


def test_level_probabilities_are_the_normal_areas_between_the_cuts(bank):
    """Before any answer the posterior is N(0, 1); cuts on grid points must not shift mass."""
    (area,) = Placement.start(bank, Rules(), seed=1).result()
    assert area.level_probabilities == pytest.approx((0.1587, 0.3413, 0.3413, 0.1587), abs=5e-4)
    assert sum(area.level_probabilities) == pytest.approx(1.0)
    assert (area.theta, area.se) == pytest.approx((0.0, 1.0), abs=1e-3)
    assert area.interval == pytest.approx((-1.645, 1.645), abs=0.005)


@pytest.mark.parametrize("cut", [-0.6745, 0.0, 0.05, 0.6745, 2.0, 7.0, -7.0])
def test_a_cut_anywhere_splits_the_prior_where_it_should(cut):
    one = Bank(a=[1], b=[0], c=[0], area=[0], cuts=[[cut]])
    (area,) = Placement.start(one, Rules(), seed=1).result()
    assert area.held(1) == pytest.approx(1 - NormalDist().cdf(cut), abs=5e-4)
    assert area.held(0) == pytest.approx(1.0)


def test_between_two_equal_levels_the_lower_is_reported():
    one = Bank(a=[1], b=[0], c=[0], area=[0], cuts=[[0.0]])
    (area,) = Placement.start(one, Rules(), seed=1).result()
    assert area.level_probabilities == pytest.approx((0.5, 0.5))
    assert area.level == 0


def test_levels_are_counted_from_the_cuts_of_their_own_area(answer):
    two = Bank(
        a=np.full(40, 1.5),
        b=np.tile(np.linspace(-2, 2, 20), 2),
        c=np.zeros(40),
        area=np.repeat([0, 1], 20),
        cuts=[[0.0], [-2.0, -1.0, 0.5, 1.0]],
    )
    run = answer(Placement.start(two, Rules(), seed=1), lambda _: True)
    first, second = run.result()
    assert (len(first.level_probabilities), len(second.level_probabilities)) == (2, 5)
    assert (first.level, second.level) == (1, 4)


@pytest.mark.parametrize("score", [0, 1])
def test_extreme_patterns_stay_finite(five_areas, answer, score):
    rules = Rules(max_items=300, min_items=300, se_stop=None, certainty_stop=None)
    run = answer(Placement.start(five_areas, rules, seed=1), lambda _: score)
    assert len(run.history) == 300
    for area in run.result():
        values = [area.theta, area.se, *area.interval, *area.level_probabilities]
        assert np.isfinite(values).all()
        assert area.level == (3 if score else 0)
        assert 1.5 < abs(area.theta) < 4.5
        assert area.se > 0


def test_impossible_answers_stay_finite(answer):
    """Steep items far out, answered against all reason, in areas that contradict each other."""
    absurd = Bank(
        a=[200.0] * 40,
        b=[-40.0, 40.0] * 10 + [-4.0, 4.0] * 10,
        c=[0.0] * 40,
        area=[0, 1] * 20,
        cuts=[[0.0]] * 2,
        rho=0.95,
    )
    rules = Rules(min_items=40, max_items=40, se_stop=None, certainty_stop=None)
    run = answer(Placement.start(absurd, rules, seed=1), lambda item: absurd.b[item] > 0)
    assert len(run.history) == 40
    for area in run.result():
        assert np.isfinite([area.theta, area.se, *area.interval, *area.level_probabilities]).all()


@pytest.mark.parametrize("rho", [0.0, 0.4, 0.7])
def test_an_answer_in_one_area_moves_its_neighbour_by_rho_times_as_much(make_bank, rho):
    """E[θ₂ | answer in area 1] = ρ E[θ₁ | answer], whatever the item, for a Gaussian prior."""
    bank = make_bank(areas=2, rho=rho)
    run = Placement.start(bank, Rules(), seed=1)
    asked = run.next_item()
    run.record(asked, True)
    areas = run.result()
    own, neighbour = areas[bank.area[asked]], areas[1 - bank.area[asked]]
    assert own.theta > 0.2
    assert neighbour.theta == pytest.approx(rho * own.theta, abs=1e-4)
    assert (own.n_items, neighbour.n_items) == (1, 0)


def test_correlated_areas_are_measured_better_with_the_correlation(make_bank, answer, person):
    rng = np.random.default_rng(4)
    error = {0.0: [], 0.7: []}
    common = rng.normal(size=(60, 1))
    people = np.sqrt(0.7) * common + np.sqrt(0.3) * rng.normal(size=(60, 5))
    rules = Rules(min_items=20, max_items=20, aim="ability")
    for rho, errors in error.items():
        bank = make_bank(areas=5, rho=rho)
        for p, theta in enumerate(people):
            run = answer(Placement.start(bank, rules, seed=p), person(bank, theta, p))
            errors.extend(area.theta - t for area, t in zip(run.result(), theta, strict=True))
    assert np.std(error[0.7]) < 0.92 * np.std(error[0.0])


def test_guessing_makes_a_right_answer_worth_less(answer):
    results = []
    for c in (0.0, 0.33):
        one = Bank(a=[1.2] * 6, b=[0.0] * 6, c=[c] * 6, area=[0] * 6, cuts=[[0.0]])
        run = answer(Placement.start(one, ABILITY, seed=1), lambda _: True)
        results.append(run.result()[0])
    certain, guessed = results
    assert 0 < guessed.theta < certain.theta
    assert guessed.se > certain.se


def test_someone_who_only_guesses_is_placed_at_the_bottom(answer):
    """One right in four, at random, on four-option items."""
    rng = np.random.default_rng(8)
    n = 80
    guessable = Bank(
        a=np.full(n, 1.5), b=np.linspace(-2, 2, n), c=np.full(n, 0.25), area=[0] * n, cuts=[[-1, 1]]
    )
    rules = Rules(min_items=25, max_items=25)
    levels = [
        answer(Placement.start(guessable, rules, seed=s), lambda _: rng.random() < 0.25)
        .result()[0]
        .level
        for s in range(10)
    ]
    assert levels.count(0) >= 9


@pytest.mark.parametrize("aim", ["ability", "levels", "information"])
def test_every_aim_classifies_far_better_than_chance(five_areas, answer, person, aim):
    rng = np.random.default_rng(3)
    rules = Rules(min_items=40, max_items=40, aim=aim)
    right = []
    for p in range(25):
        theta = np.sqrt(0.7) * rng.normal() + np.sqrt(0.3) * rng.normal(size=5)
        run = answer(Placement.start(five_areas, rules, seed=p), person(five_areas, theta, p))
        right += [
            area.level == np.searchsorted([-1, 0, 1], t)
            for area, t in zip(run.result(), theta, strict=True)
        ]
    assert np.mean(right) > 0.6
