"""How often a skip was wrong, from a few answers about what was skipped.

Three or four answers do not tell whether *one* person holds a level: who holds it makes slips, who
does not guesses. They do tell how large the share of wrong skips is among many. Each skip gives two
likelihoods, of its answers if the person stands below the cut and if not; the share π of wrong skips
then has the likelihood

    L(π) = Π ( π P(answers | below) + (1 − π) P(answers | at or above) ),

a mixture of two known components (the error-corrected prevalence of Rogan & Gladen 1978, *Am. J.
Epidemiol.* 107, 71-76, with the errors given by the response model instead of a validation sample).
The posterior under Jeffreys' prior, Beta(½, ½), gives the rate and its interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .areas import GRID
from .irt import Array, probability

_SHARES: Array = (np.arange(2000) + 0.5) / 2000


@dataclass(frozen=True)
class Rate:
    """A share, 0 to 1: posterior mean and equal-tailed credible interval."""

    rate: float
    low: float
    high: float


def likelihoods(
    *, theta: float, se: float, cut: float, a: Array, b: Array, c: Array, scores: Sequence[int]
) -> tuple[float, float]:
    """P(answers | below the cut) and P(answers | at or above it).

    What the placement knew, N(theta, se²), says where the person stands within each side; on which
    side they stand is what is asked, and is left open.
    """
    prior = np.exp(-0.5 * ((GRID - theta) / max(se, 0.05)) ** 2) + 1e-12
    right = probability(GRID, np.asarray(a, float), np.asarray(b, float), np.asarray(c, float))
    given = np.where(np.asarray(scores, float)[:, None] == 1, right, 1.0 - right).prod(axis=0)
    below = cut > GRID
    return (
        float((prior * given)[below].sum() / prior[below].sum()),
        float((prior * given)[~below].sum() / prior[~below].sum()),
    )


def wrong_skip_rate(skips: Sequence[tuple[float, float]], *, interval: float = 0.9) -> Rate:
    """The share of wrong skips, from the `likelihoods` of each. Without any, what was believed
    before: anything."""
    logs = -0.5 * (np.log(_SHARES) + np.log(1.0 - _SHARES))
    for below, above in skips:
        logs = logs + np.log(_SHARES * below + (1.0 - _SHARES) * above)
    mass = np.exp(logs - logs.max())
    mass /= mass.sum()
    cumulative = np.cumsum(mass)
    tail = (1.0 - interval) / 2.0
    low, high = (float(np.interp(p, cumulative, _SHARES)) for p in (tail, 1.0 - tail))
    return Rate(float(mass @ _SHARES), low, high)
