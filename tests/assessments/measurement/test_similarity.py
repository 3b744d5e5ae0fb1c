"""Similar wrong answers: chances and tails against values reckoned otherwise, and the rate of false hints."""

from itertools import product

import numpy as np
import pytest

from assessments.measurement.similarity import (
    EXPECTED,
    at_least,
    match_chances,
    similar_pairs,
)


def test_the_chance_of_a_match_is_the_sum_of_squared_shares():
    wrong = np.array([[1, 0], [1, 5], [2, 0], [0, 0], [3, 6]])
    # of four wrong answers to the first: 1, 1, 2, 3 -> (1/2)² + (1/4)² + (1/4)²
    assert match_chances(wrong) == pytest.approx([0.375, 0.5])


@pytest.mark.parametrize("matches", range(6))
def test_the_tail_is_that_of_every_outcome_added_up(matches):
    chances = [0.1, 0.5, 0.9, 0.33, 0.25]
    brute = sum(
        np.prod([c if hit else 1 - c for c, hit in zip(chances, hits, strict=True)])
        for hits in product([0, 1], repeat=len(chances))
        if sum(hits) >= matches
    )
    assert at_least(matches, chances) == pytest.approx(brute, abs=1e-12)


def test_equal_chances_give_the_binomial():
    # P(M >= 8), M ~ B(10, 1/3): 3 * C(10,8) ... = 201 / 3**10
    assert at_least(8, [1 / 3] * 10) == pytest.approx(201 / 3**10)


def group(people: int, items: int, seed: int) -> np.ndarray:
    """People who answer by themselves: three wrong answers each, the first of them a common mistake."""
    rng = np.random.default_rng(seed)
    answers = 1 + rng.choice(3, size=(people, items), p=[0.5, 0.3, 0.2])
    answers[rng.random((people, items)) < 0.5] = 0
    return answers


def test_one_who_copied_stands_out():
    wrong = group(60, 40, seed=1)
    wrong[7] = wrong[3]
    pairs, compared = similar_pairs(wrong)
    assert [(pair.first, pair.second) for pair in pairs] == [(3, 7)]
    assert pairs[0].identical == pairs[0].both_wrong == (wrong[3] > 0).sum()
    assert pairs[0].expected < pairs[0].identical
    assert pairs[0].by_chance < EXPECTED
    assert 1700 < compared <= 60 * 59 // 2


def test_people_who_answer_by_themselves_are_left_alone():
    """Over 60 groups, hints must not be commoner than they say: one pair in a hundred groups."""
    found = sum(len(similar_pairs(group(40, 30, seed=100 + seed))[0]) for seed in range(60))
    assert found <= 3


def test_a_mistake_that_everybody_makes_says_nothing():
    wrong = np.ones((30, 20), dtype=int)
    assert similar_pairs(wrong)[0] == []


def test_nothing_to_compare():
    assert similar_pairs(np.zeros((0, 0), dtype=int)) == ([], 0)
    assert similar_pairs(np.zeros((12, 5), dtype=int)) == ([], 0)
