"""Asking: the order, the replay, the stop rules, balance and exposure."""

from collections import Counter

import numpy as np
import pytest

from assessments.measurement.adaptive import Bank, Exposure, Placement, Rules, RunError

ABILITY = Rules(se_stop=0.3, certainty_stop=None)


def test_asking_twice_gives_the_same_item(bank):
    run = Placement.start(bank, Rules(), seed=3)
    assert run.next_item() == run.next_item()
    run.result()
    assert run.history == []


def test_no_item_is_asked_twice(five_areas, answer, person):
    run = Placement.start(five_areas, Rules(min_items=50), seed=3)
    answer(run, person(five_areas, np.zeros(5), 3))
    asked = [item for item, _ in run.history]
    assert len(asked) == len(set(asked)) == 50


def test_the_same_seed_and_answers_give_the_same_run(five_areas, answer, person):
    theta = np.array([-1.0, 0.0, 0.5, 1.0, 0.2])
    runs = [
        answer(Placement.start(five_areas, Rules(), seed=9), person(five_areas, theta, 4))
        for _ in range(2)
    ]
    assert runs[0].history == runs[1].history
    assert runs[0].result() == runs[1].result()


def test_seeds_begin_with_different_items(bank):
    first = {Placement.start(bank, Rules(top_k=5), seed=s).next_item() for s in range(60)}
    assert len(first) == 5
    best = {Placement.start(bank, Rules(top_k=1), seed=s).next_item() for s in range(20)}
    assert len(best) == 1


def test_replay_rebuilds_the_run_and_what_it_asks_next(five_areas, person):
    chances = np.random.default_rng(0).uniform(0.3, 1.0, len(five_areas))
    run = Placement.start(five_areas, Rules(), seed=5, eligibility=chances)
    reply = person(five_areas, np.zeros(5), 5)
    for _ in range(12):
        item = run.next_item()
        run.record(item, reply(item))
    for kept in (chances, run.eligible):
        again = Placement.replay(five_areas, Rules(), 5, run.history, eligibility=kept)
        assert again.history == run.history
        assert again.next_item() == run.next_item()
        assert again.result() == run.result()


@pytest.mark.parametrize("change", ["seed", "rules", "eligibility", "score", "order"])
def test_replay_says_when_the_record_does_not_fit(bank, answer, person, change):
    run = answer(Placement.start(bank, ABILITY, seed=5), person(bank, [0.4], 5))
    seed, rules, history, eligibility = 5, ABILITY, run.history, None
    if change == "seed":
        seed = 6
    elif change == "rules":
        rules = Rules(se_stop=0.3, certainty_stop=None, max_items=6)
    elif change == "eligibility":
        eligibility = np.ones(len(bank))
        eligibility[history[3][0]] = 0.0
    elif change == "score":
        history[2] = (history[2][0], 1 - history[2][1])
    else:
        history[1], history[2] = history[2], history[1]
    with pytest.raises(RunError, match="this run asked"):
        Placement.replay(bank, rules, seed, history, eligibility=eligibility)


def test_the_history_handed_out_is_a_copy(bank):
    run = Placement.start(bank, Rules(), seed=1)
    run.history.append((0, 1))
    assert run.history == []


def test_a_run_keeps_within_its_length(five_areas, answer, person):
    rules = Rules(min_items=20, max_items=23, se_stop=1.5)
    run = answer(Placement.start(five_areas, rules, seed=1), person(five_areas, np.zeros(5), 1))
    assert len(run.history) == 20
    rules = Rules(max_items=23, se_stop=None, certainty_stop=None)
    run = answer(Placement.start(five_areas, rules, seed=1), person(five_areas, np.zeros(5), 1))
    assert len(run.history) == 23
    assert {area.stop for area in run.result()} == {"length"}


def test_every_area_gets_its_minimum_even_when_the_run_is_short(five_areas, answer, person):
    rules = Rules(min_per_area=3, max_items=15, se_stop=None, certainty_stop=None)
    run = answer(
        Placement.start(five_areas, rules, seed=2),
        person(five_areas, np.array([3.0, 0, 0, 0, 0]), 2),
    )
    assert [area.n_items for area in run.result()] == [3] * 5


def test_no_area_gets_more_than_its_maximum(five_areas, answer, person):
    rules = Rules(max_per_area=4, se_stop=None, certainty_stop=None)
    run = answer(Placement.start(five_areas, rules, seed=2), person(five_areas, np.zeros(5), 2))
    assert [area.n_items for area in run.result()] == [4] * 5


def test_max_lead_keeps_the_areas_level(five_areas, answer, person):
    rules = Rules(max_lead=1, max_items=27, se_stop=None, certainty_stop=None)
    run = Placement.start(five_areas, rules, seed=2)
    reply = person(five_areas, np.zeros(5), 2)
    while (item := run.next_item()) is not None:
        run.record(item, reply(item))
        counts = [area.n_items for area in run.result()]
        assert max(counts) - min(counts) <= 1


def test_an_area_stops_at_its_standard_error(bank, answer, person):
    rules = Rules(se_stop=0.4, certainty_stop=None, extend=None, give_up=None)
    for seed in range(10):
        run = answer(Placement.start(bank, rules, seed=seed), person(bank, [0.0], seed))
        (area,) = run.result()
        before = Placement.replay(bank, rules, seed, run.history[:-1]).result()[0]
        assert area.stop == "standard error"
        assert area.se <= 0.4 < before.se


def test_an_area_stops_when_its_level_is_certain(bank, answer, person):
    rules = Rules(se_stop=None, certainty_stop=0.9, min_items=1, min_per_area=1)
    stopped = []
    for seed in range(10):
        run = answer(Placement.start(bank, rules, seed=seed), person(bank, [1.8], seed))
        (area,) = run.result()
        stopped.append(area.stop)
        if area.stop == "certainty":
            before = Placement.replay(bank, rules, seed, run.history[:-1]).result()[0]
            assert max(area.level_probabilities) >= 0.9 > max(before.level_probabilities)
    assert stopped.count("certainty") >= 8


def test_certainty_says_nothing_where_there_are_no_cuts(answer, person):
    plain = Bank(a=np.ones(30), b=np.linspace(-2, 2, 30), c=np.zeros(30), area=[0] * 30, cuts=[[]])
    run = answer(
        Placement.start(plain, Rules(max_items=8, se_stop=None), seed=1), person(plain, [0.0], 1)
    )
    (area,) = run.result()
    assert len(run.history) == 8
    assert area.level == 0
    assert area.level_probabilities == pytest.approx((1.0,))


def test_the_fair_price_moves_items_to_where_they_tell_most(bank, answer, person):
    """Far out a run is shorter than stopping at the standard error, in the middle as precise."""
    strict = Rules(se_stop=0.3, certainty_stop=None, extend=None, give_up=None)
    lengths = {}
    for rules in (strict, ABILITY):
        for theta in (-2.8, 0.0):
            runs = [
                answer(Placement.start(bank, rules, seed=s), person(bank, [theta], s))
                for s in range(12)
            ]
            lengths[rules is strict, theta] = np.mean([len(run.history) for run in runs])
    assert lengths[False, -2.8] < 0.8 * lengths[True, -2.8]
    assert lengths[False, 0.0] > lengths[True, 0.0]


def test_a_bank_that_runs_dry_ends_the_run(answer):
    small = Bank(a=[1, 1, 1], b=[-1, 0, 1], c=[0, 0, 0], area=[0, 0, 1], cuts=[[0.0], [0.0]])
    run = answer(Placement.start(small, Rules(min_items=5), seed=1), lambda _: True)
    assert len(run.history) == 3
    assert [area.stop for area in run.result()] == ["no item left"] * 2


def test_a_bank_with_the_authors_difficulties_only_is_enough(answer, person):
    """a = 1, c = 0, difficulties on five marks, so most items tie: still a spread of items."""
    b = np.repeat([-2.0, -1.0, 0.0, 1.0, 2.0], 8)
    plain = Bank(a=np.ones(40), b=b, c=np.zeros(40), area=[0] * 40, cuts=[[-1, 0, 1]])
    first = Counter(Placement.start(plain, Rules(), seed=s).next_item() for s in range(80))
    assert len(first) == 8
    run = answer(Placement.start(plain, ABILITY, seed=1), person(plain, [0.5], 1))
    assert run.result()[0].stop is not None


def test_an_ineligible_item_is_not_asked(bank, answer, person):
    mask = np.arange(len(bank)) % 2 == 0
    run = Placement.start(bank, ABILITY, seed=1, eligibility=mask)
    answer(run, person(bank, [0.0], 1))
    assert all(item % 2 == 0 for item, _ in run.history)
    assert (run.eligible == mask).all()


def test_an_area_left_without_items_gets_them_back(five_areas):
    run = Placement.start(five_areas, Rules(), seed=1, eligibility=np.zeros(len(five_areas)))
    assert run.eligible.all()


def test_exposure_stays_near_its_target(make_bank, answer, person):
    """Without it one item in ten is seen by more than two people in five; with it, none is."""
    bank = make_bank(n=120)
    rules = Rules(max_items=15, se_stop=None, certainty_stop=None)
    most = {}
    for target in (1.0, 0.25):
        exposure = Exposure(len(bank), target)
        rng = np.random.default_rng(2)
        for p in range(250):
            run = Placement.start(bank, rules, seed=p, eligibility=exposure.probabilities())
            exposure.add(answer(run, person(bank, [rng.normal()], p)))
        assert exposure.administered.sum() == 15 * 250
        most[target] = exposure.administered / exposure.runs
    assert (most[1.0] > 0.4).sum() >= 5
    assert most[0.25].max() <= 0.31


def test_exposure_resumes_from_stored_counts(bank, answer):
    exposure = Exposure(len(bank), 0.25)
    exposure.add(answer(Placement.start(bank, Rules(), seed=1), lambda _: True))
    again = Exposure(
        len(bank),
        0.25,
        administered=exposure.administered,
        eligible=exposure.eligible,
        runs=exposure.runs,
    )
    assert (again.probabilities() == exposure.probabilities()).all()
    assert exposure.probabilities().min() < 0.3
