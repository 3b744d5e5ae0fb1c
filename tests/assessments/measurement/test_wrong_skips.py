"""How often skips are wrong: the estimate finds the share that the answers were made with."""

import numpy as np
import pytest

from assessments.measurement.wrong_skips import likelihoods, wrong_skip_rate

A, B, C = np.full(4, 1.2), np.array([-0.2, 0.0, 0.1, 0.3]), np.full(4, 0.25)


def skip(scores, theta=0.6, se=0.4):
    return likelihoods(theta=theta, se=se, cut=0.0, a=A, b=B, c=C, scores=scores)


def test_right_answers_speak_for_the_skip_and_wrong_ones_against_it():
    below, above = skip([1, 1, 1, 1])
    assert above > below
    below, above = skip([0, 0, 0, 0])
    assert below > above


def test_the_likelihoods_of_all_answers_add_up_to_one():
    sums = np.zeros(2)
    for pattern in range(16):
        sums += skip([pattern >> bit & 1 for bit in range(4)])
    assert sums == pytest.approx([1.0, 1.0])


@pytest.mark.parametrize("share", [0.05, 0.3])
def test_the_rate_is_found_though_no_single_skip_can_be_judged(share):
    """People drawn on either side of the cut as the placement has them, answering by the model."""
    rng = np.random.default_rng(11)
    skips = []
    for _person in range(1500):
        wrong = rng.random() < share
        theta = rng.normal(0.3, 0.5)
        while (theta < 0) != wrong:
            theta = rng.normal(0.3, 0.5)
        right = C + (1 - C) / (1 + np.exp(-A * (theta - B)))
        skips.append(skip((rng.random(4) < right).astype(int), theta=0.3, se=0.5))
    found = wrong_skip_rate(skips)
    assert found.rate == pytest.approx(share, abs=0.06)
    assert found.low - 0.02 <= share <= found.high + 0.02
    assert found.high - found.low < 0.25


def test_more_skips_make_it_surer():
    few, many = (wrong_skip_rate([skip([1, 1, 1, 0])] * n) for n in (10, 200))
    assert many.high - many.low < few.high - few.low
    nothing = wrong_skip_rate([])
    assert nothing.low < 0.05
    assert nothing.high > 0.95
