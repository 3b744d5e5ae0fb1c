"""What is refused, and in which words."""

import numpy as np
import pytest

from assessments.measurement.adaptive import (
    Bank,
    BankError,
    Exposure,
    Placement,
    Rules,
    RulesError,
    RunError,
)

GOOD = {"a": [1.0, 1.0], "b": [0.0, 1.0], "c": [0.0, 0.25], "area": [0, 0], "cuts": [[0.0]]}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"a": [1.0]}, "differ in length"),
        ({"b": [[0.0, 1.0]]}, "one dimension"),
        ({"b": ["hard", "easy"]}, "not an array of numbers"),
        ({"a": [1.0, float("nan")]}, "a of item 1 is not finite"),
        ({"b": [float("inf"), 0.0]}, "b of item 0 is not finite"),
        ({"a": [1.0, 0.0]}, "a must be positive; item 1"),
        ({"c": [0.0, 1.0]}, "c must lie in"),
        ({"c": [-0.1, 0.0]}, "c must lie in"),
        ({"area": [0]}, "1 entries for 2 items"),
        ({"area": [0, 1]}, "integers 0 to 0"),
        ({"area": [0, -1]}, "integers 0 to 0"),
        ({"area": [0, 0.5]}, "integers 0 to 0"),
        ({"cuts": [[0.0], [0.0]]}, "area 1 has no items"),
        ({"cuts": []}, "at least one area"),
        ({"cuts": [[1.0, 0.0]]}, "cuts of area 0 must ascend"),
        ({"cuts": [[0.0, 0.0]]}, "cuts of area 0 must ascend"),
        ({"cuts": [[float("nan")]]}, "not finite"),
        ({"rho": 1.0}, "rho"),
        ({"rho": -0.2}, "rho"),
        ({"rho": float("nan")}, "rho"),
        ({"a": [], "b": [], "c": [], "area": []}, "no items"),
    ],
)
def test_a_bank_that_cannot_measure_is_refused(wrong, words):
    with pytest.raises(BankError, match=words):
        Bank(**(GOOD | wrong))


@pytest.mark.parametrize(
    "wrong",
    [
        {"min_items": 6, "max_items": 5},
        {"min_items": 0, "max_items": 0},
        {"min_per_area": -1},
        {"max_per_area": 1, "min_per_area": 2},
        {"max_lead": 0},
        {"se_stop": 0.0},
        {"se_stop": float("nan")},
        {"certainty_stop": 1.5},
        {"extend": -1.0},
        {"give_up": float("nan")},
        {"top_k": 0},
        {"aim": "luck"},
        {"interval": 1.0},
    ],
)
def test_rules_that_mean_nothing_are_refused(wrong):
    with pytest.raises(RulesError):
        Rules(**wrong)


def test_only_the_item_that_was_asked_can_be_recorded(bank):
    run = Placement.start(bank, Rules(), seed=1)
    item = run.next_item()
    with pytest.raises(RunError, match="was not asked"):
        run.record((item + 1) % len(bank), True)
    assert run.history == []
    assert run.next_item() == item


def test_an_item_is_recorded_once(bank):
    run = Placement.start(bank, Rules(), seed=1)
    item = run.next_item()
    run.record(item, True)
    with pytest.raises(RunError, match="already"):
        run.record(item, True)
    assert len(run.history) == 1


@pytest.mark.parametrize("score", [0.5, 2, -1, float("nan"), None, "1"])
def test_a_score_is_right_or_wrong(bank, score):
    run = Placement.start(bank, Rules(), seed=1)
    with pytest.raises(RunError, match="0 or 1"):
        run.record(run.next_item(), score)


@pytest.mark.parametrize("score", [True, False, 0, 1, 0.0, 1.0, np.bool_(True), np.float64(0)])
def test_any_spelling_of_right_and_wrong_is_taken(bank, score):
    run = Placement.start(bank, Rules(), seed=1)
    run.record(run.next_item(), score)
    assert run.history[0][1] == int(score)


def test_nothing_is_recorded_once_the_run_is_over(bank, answer):
    run = answer(Placement.start(bank, Rules(max_items=5), seed=1), lambda _: True)
    other = next(i for i in range(len(bank)) if i not in dict(run.history))
    with pytest.raises(RunError, match="over"):
        run.record(other, True)


@pytest.mark.parametrize("seed", ["7", 1.5, None, True])
def test_a_seed_is_an_integer(bank, seed):
    with pytest.raises(RunError, match="seed"):
        Placement.start(bank, Rules(), seed=seed)


@pytest.mark.parametrize("eligibility", [[0.5], np.full(300, 1.5), np.full(300, np.nan)])
def test_eligibility_is_a_probability_per_item(bank, eligibility):
    with pytest.raises(RunError, match="probabilities"):
        Placement.start(bank, Rules(), seed=1, eligibility=eligibility)


def test_exposure_refuses_counts_of_another_bank():
    with pytest.raises(RulesError, match="3 counts"):
        Exposure(3, 0.25, administered=[1, 2])
    with pytest.raises(RulesError, match="target"):
        Exposure(3, 0.0)


def test_a_level_that_does_not_exist_is_not_held(bank):
    area = Placement.start(bank, Rules(), seed=1).result()[0]
    with pytest.raises(RunError, match="no level 4"):
        area.held(4)
