"""The three-parameter logistic model and its Bayesian estimate on a grid.

Everything here is a pure function of numpy arrays. θ (ability) and b (difficulty) are in the unit
of the population's standard deviation; a (discrimination) is in the logistic metric, so no 1.7 is
hidden anywhere; c (guessing) is a probability.

Sources: Birnbaum (1968) in Lord & Novick, *Statistical Theories of Mental Test Scores*, ch. 17;
Lord (1980), *Applications of Item Response Theory to Practical Testing Problems*; Bock & Mislevy
(1982), *Applied Psychological Measurement* 6, 431-444.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

#: Variance ratio that makes a normal ogive lie closest to a logistic: (16√3 / 15π)².
_LOGISTIC_TO_NORMAL = (16 * math.sqrt(3) / (15 * math.pi)) ** 2


def default_guessing(options: int | None) -> float:
    """The c of an item whose answers can be guessed among `options`; 0 when there is no list.

    c is fixed by the item type and not estimated, because it cannot be told from a and b with the
    few hundred answers an academy has (Lord 1980). `None` stands for typed, numeric and
    practical items. Raises ValueError for fewer than two options: nothing is left to choose.
    """
    if options is None:
        return 0.0
    if isinstance(options, bool) or options != int(options) or options < 2:
        raise ValueError(f"an item to choose from has at least two options, not {options!r}")
    return 1.0 / int(options)


def probability(theta: npt.ArrayLike, a: Array, b: Array, c: Array) -> Array:
    """P(correct), shape (n, g), of n items at g abilities: c + (1 − c) / (1 + e^(−a(θ − b))).

    Birnbaum (1968). Never overflows: the logistic is computed through tanh.
    """
    slope, place, floor = _columns(a, b, c)
    z = slope * (np.atleast_1d(np.asarray(theta, dtype=float)) - place)
    return np.asarray(floor + (1.0 - floor) * 0.5 * (1.0 + np.tanh(0.5 * z)))


def information(theta: npt.ArrayLike, a: Array, b: Array, c: Array) -> Array:
    """Fisher information, shape (n, g), in units of 1/θ²: a² (Q/P) ((P − c)/(1 − c))².

    Lord (1980). Guessing takes most from the information below an item's difficulty.
    """
    slope, _, floor = _columns(a, b, c)
    p = probability(theta, a, b, c)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = slope**2 * (1.0 - p) / p * ((p - floor) / (1.0 - floor)) ** 2
    return np.asarray(np.where(p > 0.0, value, 0.0))


def eap(grid: Array, prior: Array, likelihood: Array) -> tuple[float, float, Array]:
    """Posterior mean, posterior standard deviation and the posterior itself (g,), summing to 1.

    Expected a posteriori on equally spaced points (Bock & Mislevy 1982): finite for every answer
    pattern, all right and all wrong included. `prior` and `likelihood` need no particular scale.
    Raises ValueError when they share no mass.
    """
    mass = np.asarray(prior, dtype=float) * np.asarray(likelihood, dtype=float)
    total = mass.sum()
    if not (np.isfinite(total) and total > 0.0):
        raise ValueError("prior and likelihood have no ability in common")
    posterior = mass / total
    mean = float(posterior @ grid)
    variance = float(posterior @ (grid - mean) ** 2)
    return mean, math.sqrt(variance), posterior


def soften(a: npt.ArrayLike, b_sd: npt.ArrayLike) -> Array:
    """The discrimination to use while b is only known to ± `b_sd` (same unit as θ).

    Averaging the logistic over b ~ N(b̂, b_sd²) gives, closely, a logistic of slope
    a / √(1 + k² a² b_sd²), k = 16√3/15π (Zeger, Liang & Albert 1988, *Biometrics* 44).
    A bank with the author's difficulties alone (a = 1) reports honest intervals when its slopes
    are softened first; b_sd = 0 changes nothing. It treats the errors of different items as
    independent: an author who is wrong about *every* item in the same direction is not covered.
    """
    slope, spread = np.asarray(a, dtype=float), np.asarray(b_sd, dtype=float)
    return np.asarray(slope / np.sqrt(1.0 + _LOGISTIC_TO_NORMAL * (slope * spread) ** 2))


def _columns(a: Array, b: Array, c: Array) -> tuple[Array, Array, Array]:
    columns = (np.asarray(p, dtype=float).reshape(-1, 1) for p in (a, b, c))
    slope, place, floor = columns
    return slope, place, floor
