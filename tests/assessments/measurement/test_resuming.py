"""A run resumed is the run replayed; answers from before count and are not asked again."""

import numpy as np
import pytest

from assessments.measurement.adaptive import (
    Exposure,
    Placement,
    Rules,
    RulesError,
    RunError,
    estimate,
)

RULES = Rules(min_items=8, max_items=20)


@pytest.mark.parametrize("controlled", [False, True])
def test_a_resumed_run_asks_what_the_replayed_run_asks(five_areas, person, controlled):
    chances = np.full(len(five_areas), 0.5) if controlled else None
    run = Placement.start(five_areas, RULES, seed=4, eligibility=chances)
    mask = run.eligible
    reply = person(five_areas, [0.5, -0.5, 1.0, 0.0, -1.0], 9)
    while (item := run.next_item()) is not None:
        resumed = Placement.resume(five_areas, RULES, 4, run.history, eligibility=mask)
        replayed = Placement.replay(five_areas, RULES, 4, run.history, eligibility=mask)
        assert resumed.next_item() == replayed.next_item() == item
        run.record(item, reply(item))
    resumed = Placement.resume(five_areas, RULES, 4, run.history, eligibility=mask)
    assert resumed.next_item() is None
    assert resumed.result() == run.result()


def test_a_resumed_run_believes_its_history_a_replayed_one_does_not(bank):
    other = [(3, 1), (4, 0)]
    assert Placement.resume(bank, RULES, 1, other).history == other
    with pytest.raises(RunError, match="this run asked"):
        Placement.replay(bank, RULES, 1, other)


@pytest.mark.parametrize("history", [[(0, 1), (0, 1)], [(300, 1)], [(-1, 1)], [(0, 0.5)]])
def test_what_no_run_can_have_asked_is_refused(bank, history):
    with pytest.raises(RunError):
        Placement.resume(bank, RULES, 1, history)


def test_what_is_given_is_known_and_not_asked(bank):
    given = [(item, 1) for item in range(40)]
    fresh = Placement.start(bank, RULES, seed=2)
    knowing = Placement.start(bank, RULES, seed=2, given=given)
    assert knowing.result()[0].theta > fresh.result()[0].theta + 0.5
    assert knowing.result()[0].n_items == 0
    assert knowing.history == []
    while (item := knowing.next_item()) is not None:
        assert item >= 40
        knowing.record(item, True)


def test_an_estimate_does_not_ask_who_asked(bank, answer, person):
    run = answer(Placement.start(bank, RULES, seed=3), person(bank, [0.7], 5))
    [found] = estimate(bank, reversed(run.history))
    [known] = run.result()
    assert found.theta == pytest.approx(known.theta)
    assert found.level_probabilities == pytest.approx(known.level_probabilities)
    [better] = estimate(bank, [(item, 1) for item, _score in run.history])
    assert better.theta > found.theta


def test_exposure_can_have_a_target_and_a_count_of_runs_for_each_item():
    exposure = Exposure(
        3, [0.2, 0.2, 1.0], administered=[50, 0, 90], eligible=[100, 0, 100], runs=[100, 0, 100]
    )
    chances = exposure.probabilities()
    assert chances[0] < 0.4
    assert chances[1] == 1.0
    assert chances[2] == 1.0
    for target in ([0.2, 0.0, 1.0], [0.2], [1.2, 0.1, 0.1]):
        with pytest.raises(RulesError):
            Exposure(3, target)
