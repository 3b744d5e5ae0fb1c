"""What a simulated placement says of a bank."""

import numpy as np
import pytest

from assessments.measurement.adaptive import Bank, Rules
from assessments.measurement.simulation import missing_items, simulate

CUTS = [-1.2, 0.0, 1.2]
RULES = Rules(min_items=4, max_items=10, min_per_area=4, max_per_area=10, se_stop=0.4, top_k=3)


def bank_of(b, a=1.2, cuts=CUTS) -> Bank:
    b = np.asarray(b, float)
    return Bank(
        a=np.full(len(b), a), b=b, c=np.zeros(len(b)), area=np.zeros(len(b), int), cuts=[cuts]
    )


@pytest.fixture(scope="module")
def simulated():
    return simulate(bank_of(np.linspace(-2.5, 2.5, 60)), RULES, n=300, seed=7, target=0.4)


def test_the_same_seed_gives_the_same_figures():
    bank = bank_of(np.linspace(-2, 2, 20))
    first, again, other = (simulate(bank, RULES, n=40, seed=seed).as_json() for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_the_figures_add_up(simulated):
    [area] = simulated.areas
    assert sum(one.people for one in area.by_ability) == simulated.n
    assert sum(one.people for one in area.levels) == simulated.n
    assert 4 <= area.asked <= 10
    right = sum(one.people * one.accuracy for one in area.levels)
    assert area.accuracy == pytest.approx(right / simulated.n, abs=1e-3)
    assert area.rmse == pytest.approx(area.se, rel=0.15), "the reported error is the error made"


def test_skips_are_wrong_as_seldom_as_their_threshold_promises(simulated):
    """Of those who hold a level with probability p or more, at most 1 − p are below it."""
    assert simulated.skips > 100
    assert simulated.wrong_skips <= 1 - simulated.threshold
    assert simulated.wrong_decided <= 1 - simulated.decided
    assert simulated.skips_decided < simulated.skips
    top = simulated.areas[0].levels[-1]
    assert top.wrong_skips == 0, "nothing lies above the highest level"


def test_exposure_is_kept_and_told(simulated):
    assert simulated.exposure.most <= 0.45
    assert simulated.exposure.mean == pytest.approx(simulated.asked / 60, abs=1e-3)
    free = simulate(bank_of(np.linspace(-2.5, 2.5, 60)), RULES, n=60, seed=7)
    assert free.exposure.most > simulated.exposure.most
    assert free.exposure.target is None


def test_a_bank_that_reaches_everywhere_misses_nothing():
    assert missing_items(bank_of(np.repeat(np.linspace(-3, 3, 25), 10), a=2.0), RULES, 0) == []


def test_a_bank_of_easy_items_lacks_hard_ones():
    missing = missing_items(bank_of(np.linspace(-3, -1, 60), a=2.0), RULES, 0)
    places = [one.ability for one in missing]
    assert max(places) == 2.0
    assert -1.5 not in places
    by_place = {one.ability: one for one in missing}
    assert by_place[2.0].items > by_place[0.0].items
    assert by_place[2.0].se > 0.4


def test_what_the_bank_itself_could_not_do_is_not_missing():
    """Items of little discrimination leave a large error however many there are."""
    assert missing_items(bank_of(np.repeat(np.linspace(-3, 3, 25), 10), a=0.6), RULES, 0) == []


def test_who_watches_is_told_how_far_it_is():
    heard = []
    simulate(bank_of(np.linspace(-2, 2, 20)), RULES, n=45, seed=1, tick=heard.append)
    assert heard == [20, 40, 45]
