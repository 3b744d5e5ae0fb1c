"""Calibration: how hard items are and how well they tell people apart, from real answers.

    found = calibrate(answers, c, prior_b=author)
    found.a, found.b, found.se_a, found.se_b, found.fit
    standing(answers, a, b, c).theta          # what is known of the people

    scale = anchor(old_a, old_b, old_se, found.a, found.b, found.se_b, c)
    a, b = scale.of(found.a, found.b)         # on the old scale
    scale.drifting                            # the items that moved against all others

Marginal maximum a posteriori by EM. The answers are 3PL with c known (`irt`), abilities are
N(0, 1) in every area (`areas`), and what is maximised is

    Σ_people log ∫ Π_items P(answer | θ) φ(θ) dθ  +  Σ_items log p(log a_i) + log p(b_i),

with log a_i ~ N(μ, σ²), b_i ~ N(author's b_i + δ, τ²), and μ, σ, δ and τ estimated along: an
author who is wrong about all items in one direction, or by more than was thought, is found out.

Sources: Bock & Aitkin (1981), *Psychometrika* 46, 443-459 (the EM); Mislevy (1986),
*Psychometrika* 51, 177-195 (priors on item parameters, estimated with them); Louis (1982),
*J. R. Stat. Soc. B* 44, 226-233 (the observed information from the EM's own terms).

An answer that is not there (NaN) says nothing. That is right for items that were not asked, also
when an adaptive run chose them: its choice depends on answers that are all here, so that they are
missing at random (Rubin 1976, *Biometrika* 63, 581-592). It would be wrong for a question that
was shown and left open: give that as 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .areas import GRID, RHO_MAX, Prior
from .irt import Array, probability

#: μ and σ of log a before any answer, counted as if they had been seen on so many items.
LOG_A = (0.2, 0.35)
LOG_A_SEEN = 10

#: τ before any answer, counted as if seen on so many items; the standard deviation of δ.
AUTHOR_SD = 0.5
AUTHOR_SD_SEEN = 20
AUTHOR_SHIFT_SD = 0.2

#: People whose abilities are summed over at a time, to bound the memory this takes.
_CHUNK = 2000

#: Fewer common items than this say nothing of a scale, nor of what is unusual among them.
LEAST_COMMON = 5


class CalibrationError(ValueError):
    """The answers or the priors are not what they must be."""


@dataclass(frozen=True, slots=True)
class Calibrated:
    """What the answers say, item by item, (k,).

    a, b, se_a, se_b: on the scale on which abilities are N(0, 1). The standard errors are from the
        observed information with its priors; an item without answers has those of its prior.
    fit: squared residuals over their variance, summed over people (infit): about 1 when people
        answer as the model expects, more when they are less orderly; NaN without answers.
    answers: how many answers each item has.
    author_shift, author_sd: δ and τ, how wrong the author was; mean_log_a, sd_log_a: μ and σ.
    """

    a: Array
    b: Array
    se_a: Array
    se_b: Array
    fit: Array
    answers: Array
    author_shift: float
    author_sd: float
    mean_log_a: float
    sd_log_a: float
    iterations: int
    converged: bool


@dataclass
class _Given:
    """The answers, checked: scores with 0 for what is missing, and what is there."""

    score: Array
    asked: Array
    c: Array
    author: Array  # 0 where the author says nothing
    has_author: npt.NDArray[np.bool_]
    members: list[npt.NDArray[np.int64]]
    prior: Prior


@dataclass
class _Priors:
    """μ, σ of log a; δ, τ of the author; and with them the prior of each item's b."""

    mean: float
    sd: float
    shift: float
    author_sd: float

    def of_b(self, given: _Given) -> tuple[Array, Array]:
        """Mean and variance of each b. Nobody's guess: one of a population N(0, 1)."""
        return (
            np.where(given.has_author, given.author + self.shift, 0.0),
            np.where(given.has_author, self.author_sd**2, 1.0),
        )


def calibrate(
    answers: npt.ArrayLike,
    c: npt.ArrayLike,
    *,
    prior_b: npt.ArrayLike | None = None,
    area: npt.ArrayLike | None = None,
    rho: float = 0.7,
    start: tuple[npt.ArrayLike, npt.ArrayLike] | None = None,
    most: int = 500,
    tolerance: float = 1e-4,
) -> Calibrated:
    """Estimate a and b of k items from the answers (n, k) of n people.

    answers: scores 0 to 1, NaN where an item was not asked. A score in between counts as that
        share of a right answer (a quasi-likelihood).
    c: (k,) the chance of a right answer by guessing, known.
    prior_b: (k,) where the author puts each difficulty; NaN, or None, where nobody has said.
    area, rho: (k,) the area 0 … m−1 each item belongs to, and the correlation of any two areas. An
        adaptive run chooses by the answers of all areas, so give them together.
    start: (a, b) to begin from, for instance those of the calibration before.
    most, tolerance: EM ends when no parameter moves by more than the tolerance, or after `most`.
    Raises CalibrationError naming what is wrong.
    """
    given = _check(answers, c, prior_b, area, rho)
    priors = _Priors(LOG_A[0], LOG_A[1], 0.0, AUTHOR_SD)
    alpha, b = _start(given, start)
    iterations, moved = 0, np.inf
    while iterations < most and moved > tolerance:
        right, asked = _expected(given, alpha, b)
        before = alpha, b
        alpha, b, spread = _step(given, priors, right, asked, alpha, b)
        priors = _update(given, alpha, b, spread)
        moved = max(np.abs(alpha - before[0]).max(), np.abs(b - before[1]).max())
        iterations += 1
    a = np.exp(alpha)
    se_alpha, se_b, fit = _errors(given, priors, alpha, b)
    return Calibrated(
        a=a,
        b=b,
        se_a=a * se_alpha,
        se_b=se_b,
        fit=fit,
        answers=given.asked.sum(axis=0),
        author_shift=priors.shift,
        author_sd=priors.author_sd,
        mean_log_a=priors.mean,
        sd_log_a=priors.sd,
        iterations=iterations,
        converged=bool(moved <= tolerance),
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of people and items when the items' parameters are.

    theta: (n, m) posterior mean ability of each person in each area (`irt.eap`).
    asked, right, square: (k, g) answers to each item expected at each ability of GRID, the sum of
        their scores and of the squares of these. Summed over people's posteriors, not at their
        estimates, which the shortness of a test draws to the middle.
    """

    theta: Array
    asked: Array
    right: Array
    square: Array


def standing(
    answers: npt.ArrayLike,
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    c: npt.ArrayLike,
    *,
    area: npt.ArrayLike | None = None,
    rho: float = 0.7,
) -> Standing:
    """People's abilities, and where on the scale each item was answered, given the parameters."""
    given = _check(answers, c, None, area, rho)
    alpha, place = _start(given, (a, b))
    theta = np.zeros((len(given.score), len(given.members)))
    asked, right, square = (np.zeros((len(place), len(GRID))) for _ in range(3))
    for rows, mass in _posteriors(given, _probability(given, alpha, place)):
        theta[rows] = (mass @ GRID).T
        for own, of_area in zip(given.members, mass, strict=True):
            score = given.score[rows][:, own]
            asked[own] += given.asked[rows][:, own].T @ of_area
            right[own] += score.T @ of_area
            square[own] += (score**2).T @ of_area
    return Standing(theta, asked, right, square)


# --- EM -------------------------------------------------------------------------------------------


def _probability(given: _Given, alpha: Array, b: Array) -> Array:
    return np.clip(probability(GRID, np.exp(alpha), b, given.c), 1e-9, 1.0 - 1e-9)


def _posteriors(given: _Given, p: Array):
    """For chunks of people: their rows, and the posterior mass of each of their abilities (m, n, g).

    As `areas.Prior.marginals`, for many people at once.
    """
    log_odds, log_wrong = np.log(p) - np.log1p(-p), np.log1p(-p)
    kernel, log_weight = given.prior.kernel, given.prior.log_weight
    for first in range(0, len(given.score), _CHUNK):
        rows = slice(first, first + _CHUNK)
        score, asked = given.score[rows], given.asked[rows]
        log_like = np.stack(
            [
                score[:, own] @ log_odds[own] + asked[:, own] @ log_wrong[own]
                for own in given.members
            ]
        )
        like = np.exp(log_like - log_like.max(axis=2, keepdims=True))
        logs = np.log(np.maximum(like @ kernel.T, 1e-300))
        rest = log_weight + logs.sum(axis=0) - logs
        rest = np.exp(rest - rest.max(axis=2, keepdims=True))
        mass = (rest @ kernel) * like
        yield rows, mass / mass.sum(axis=2, keepdims=True)


def _expected(given: _Given, alpha: Array, b: Array) -> tuple[Array, Array]:
    """Right answers and answers expected at each ability, (k, g) each (the E step)."""
    right, asked = np.zeros((len(b), len(GRID))), np.zeros((len(b), len(GRID)))
    for rows, mass in _posteriors(given, _probability(given, alpha, b)):
        for own, of_area in zip(given.members, mass, strict=True):
            right[own] += given.score[rows][:, own].T @ of_area
            asked[own] += given.asked[rows][:, own].T @ of_area
    return right, asked


def _step(
    given: _Given, priors: _Priors, right: Array, asked: Array, alpha: Array, b: Array
) -> tuple[Array, Array, tuple[Array, Array]]:
    """One step of Fisher scoring on all items at once, and the variances it went by.

    With z = a(θ − b) and W = (P − c) / (P(1 − c)): dℓ/dz = (right − asked·P) W, whose variance is
    asked · W² P(1 − P); dz/d log a = z, dz/db = −a.
    """
    a, c = np.exp(alpha)[:, None], given.c[:, None]
    z, p = a * (GRID - b[:, None]), _probability(given, alpha, b)
    weight = (p - c) / (p * (1.0 - c))
    slope, known = (right - asked * p) * weight, asked * weight**2 * p * (1.0 - p)
    mean_b, var_b = priors.of_b(given)
    by_alpha = (slope * z).sum(axis=1) - (alpha - priors.mean) / priors.sd**2
    by_b = -(slope * a).sum(axis=1) - (b - mean_b) / var_b
    aa = (known * z**2).sum(axis=1) + 1.0 / priors.sd**2
    ab = -(known * z * a).sum(axis=1)
    bb = (known * a**2).sum(axis=1) + 1.0 / var_b
    det = aa * bb - ab**2
    to_alpha = np.clip((bb * by_alpha - ab * by_b) / det, -0.5, 0.5)
    to_b = np.clip((aa * by_b - ab * by_alpha) / det, -1.0, 1.0)

    def worth(alpha: Array, b: Array) -> Array:
        p = _probability(given, alpha, b)
        return np.asarray(
            (right * np.log(p) + (asked - right) * np.log1p(-p)).sum(axis=1)
            - 0.5 * (alpha - priors.mean) ** 2 / priors.sd**2
            - 0.5 * (b - mean_b) ** 2 / var_b
        )

    # Where the curvature misleads (everyone right, for one), a step may lead down: take half of it.
    now, share = worth(alpha, b), np.ones_like(b)
    for _ in range(8):
        worse = worth(alpha + share * to_alpha, b + share * to_b) < now - 1e-9 * np.abs(now)
        if not worse.any():
            break
        share[worse] /= 2.0
    return alpha + share * to_alpha, b + share * to_b, (bb / det, aa / det)


def _update(given: _Given, alpha: Array, b: Array, spread: tuple[Array, Array]) -> _Priors:
    """μ, σ, δ and τ, given the items and how well each is known."""
    mean = float((LOG_A_SEEN * LOG_A[0] + alpha.sum()) / (LOG_A_SEEN + len(alpha)))
    square = LOG_A_SEEN * LOG_A[1] ** 2 + ((alpha - mean) ** 2 + spread[0]).sum()
    sd = float(np.sqrt(square / (LOG_A_SEEN + len(alpha))))
    said = given.has_author
    error, n = (b - given.author)[said], int(said.sum())
    shift = float(error.sum() / (n + (AUTHOR_SD / AUTHOR_SHIFT_SD) ** 2))
    square = AUTHOR_SD_SEEN * AUTHOR_SD**2 + ((error - shift) ** 2 + spread[1][said]).sum()
    return _Priors(mean, sd, shift, float(np.sqrt(square / (AUTHOR_SD_SEEN + n))))


# --- How well it is known -------------------------------------------------------------------------


def _errors(given: _Given, priors: _Priors, alpha: Array, b: Array) -> tuple[Array, Array, Array]:
    """Standard errors of log a and b, and the infit, at the maximum.

    Observed information = E[−∂²ℓ] − Σ_people Var(∂ℓ), both over the person's posterior of θ (Louis
    1982), plus the precision of the priors. Exact for the items of one area; what the items of two
    areas share through the people is left out, and so is that of μ, σ, δ and τ.
    """
    k, a, c = len(b), np.exp(alpha)[:, None], given.c[:, None]
    z, p = a * (GRID - b[:, None]), _probability(given, alpha, b)
    weight = (p - c) / (p * (1.0 - c))
    rise = (p - c) * (1.0 - p) / (1.0 - c)
    right, asked, square = (np.zeros((k, len(GRID))) for _ in range(3))
    blocks = [np.zeros((2 * len(own), 2 * len(own))) for own in given.members]
    for rows, mass in _posteriors(given, p):
        for own, of_area, block in zip(given.members, mass, blocks, strict=True):
            score, there = given.score[rows][:, own], given.asked[rows][:, own]
            right[own] += score.T @ of_area
            asked[own] += there.T @ of_area
            square[own] += (score**2).T @ of_area
            mean = np.zeros((len(score), 2 * len(own)))
            for g in np.flatnonzero(of_area.max(axis=0) > 1e-7):
                some = of_area[:, g] > 1e-7
                by_z = (score[some] - there[some] * p[own, g]) * weight[own, g]
                ability = of_area[some, g, None]
                both = np.hstack([by_z * z[own, g], -by_z * a[own, 0]]) * np.sqrt(ability)
                block -= both.T @ both
                mean[some] += both * np.sqrt(ability)
            block += mean.T @ mean
    first = (right - asked * p) * weight
    second = -asked * rise * weight + (right - asked * p) * c * rise / (p**2 * (1.0 - c))
    aa = -(second * z**2 + first * z).sum(axis=1) + 1.0 / priors.sd**2
    ab = ((second * z + first) * a).sum(axis=1)
    bb = -(second * a**2).sum(axis=1) + 1.0 / priors.of_b(given)[1]
    se_alpha, se_b = np.zeros(k), np.zeros(k)
    for own, block in zip(given.members, blocks, strict=True):
        n, at = len(own), np.arange(len(own))
        block[at, at] += aa[own]
        block[n + at, n + at] += bb[own]
        block[at, n + at] += ab[own]
        block[n + at, at] += ab[own]
        # Where EM was cut short the matrix need not be one of information: then little is known.
        values, vectors = np.linalg.eigh(block)
        variances = (vectors**2 / np.maximum(values, 1.0)).sum(axis=1)
        se_alpha[own], se_b[own] = np.sqrt(variances[:n]), np.sqrt(variances[n:])
    with np.errstate(invalid="ignore", divide="ignore"):
        fit = (square - 2.0 * right * p + asked * p**2).sum(axis=1) / (asked * p * (1.0 - p)).sum(
            axis=1
        )
    return se_alpha, se_b, np.where(given.asked.any(axis=0), fit, np.nan)


# --- From one scale to another --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scale:
    """θ_old = slope × θ_new + intercept, and the items that do not obey it."""

    slope: float
    intercept: float
    drifting: npt.NDArray[np.bool_]

    def of(self, a: Array, b: Array) -> tuple[Array, Array]:
        """Parameters of the new scale on the old one."""
        return a / self.slope, self.slope * b + self.intercept


def link(
    old_a: Array,
    old_b: Array,
    new_a: Array,
    new_b: Array,
    c: Array,
    weights: Array | None = None,
) -> tuple[float, float]:
    """(slope, intercept) that bring the common items, (k,), from the new scale to the old.

    The line along which their test characteristic curves lie closest over N(0, 1), items counting
    by `weights` (Stocking & Lord 1983, *Appl. Psychol. Meas.* 7, 201-210), by Gauss-Newton from
    the line through their means and standard deviations. Fewer than LEAST_COMMON: (1, 0).
    """
    old_a, old_b, new_a, new_b, c = (
        np.asarray(column, dtype=float) for column in (old_a, old_b, new_a, new_b, c)
    )
    weight = np.ones(len(old_b)) if weights is None else np.asarray(weights, dtype=float)
    if (weight > 0).sum() < LEAST_COMMON:
        return 1.0, 0.0
    share, theta = weight / weight.sum(), GRID[::2]
    old_mean, new_mean = share @ old_b, share @ new_b
    spread = share @ (new_b - new_mean) ** 2
    slope = np.sqrt(share @ (old_b - old_mean) ** 2 / spread) if spread > 1e-6 else 1.0
    line = np.array([np.clip(slope, 0.5, 2.0), 0.0])
    line[1] = old_mean - line[0] * new_mean
    density = np.exp(-0.5 * theta**2)
    target = share @ probability(theta, old_a, old_b, c)
    for _ in range(50):
        slope, intercept = line
        p = probability(theta, new_a / slope, slope * new_b + intercept, c)
        rise = (p - c[:, None]) * (1.0 - p) / (1.0 - c[:, None]) * share[:, None]
        by_slope = -(rise * new_a[:, None] * (theta - intercept)).sum(axis=0) / slope**2
        by_intercept = -(rise * new_a[:, None]).sum(axis=0) / slope
        jacobian = np.stack([by_slope, by_intercept], axis=1)
        normal = jacobian.T @ (jacobian * density[:, None]) + 1e-12 * np.eye(2)
        step = np.linalg.solve(normal, jacobian.T @ ((target - share @ p) * density))
        line = line + np.clip(step, -0.25, 0.25)
        line[0] = np.clip(line[0], 0.25, 4.0)
        if np.abs(step).max() < 1e-8:
            break
    return float(line[0]), float(line[1])


def drifting(
    difference: Array, se: Array, *, threshold: float = 2.7, least: float = 0.25
) -> npt.NDArray[np.bool_]:
    """Which parameters differ from before by more than their errors and the others' allow.

    difference, se: (k,) new less old, on one scale, and its standard error. Robust z: how far
    difference / se lies from its median, in units of .74 of its interquartile range (Huynh & Meyer
    2010, *Pract. Assess. Res. Eval.* 15), but of no less than 1, so that items that agree closely
    are not set against each other. A difference under `least` never matters. Fewer than
    LEAST_COMMON items: none.
    """
    difference, se = np.asarray(difference, dtype=float), np.asarray(se, dtype=float)
    if len(difference) < LEAST_COMMON:
        return np.zeros(len(difference), dtype=bool)
    ratio = difference / se
    low, middle, high = np.percentile(ratio, [25, 50, 75])
    z = (ratio - middle) / max(1.0, 0.74 * (high - low))
    return np.asarray((np.abs(z) > threshold) & (np.abs(difference) >= least))


def anchor(
    old_a: Array,
    old_b: Array,
    old_se: Array,
    new_a: Array,
    new_b: Array,
    new_se: Array,
    c: Array,
) -> Scale:
    """Link on the items that stayed where they were: link, leave out what drifts, link again.

    old_se, new_se: standard errors of the difficulties. The new answers hold the old ones, so the
    variance of the difference is that of the old estimate less that of the new one (Hausman 1978,
    *Econometrica* 46, 1251-1271); a floor keeps few new answers from showing anything.
    """
    kept = np.ones(len(old_b), dtype=bool)
    scale = Scale(1.0, 0.0, ~kept)
    for _ in range(10):
        slope, intercept = link(
            old_a, old_b, new_a, new_b, c, np.where(kept, 1.0 / (old_se**2 + new_se**2), 0.0)
        )
        variance = old_se**2 - (slope * new_se) ** 2
        se = np.sqrt(np.maximum(variance, 0.25 * (slope * new_se) ** 2))
        moved = drifting(slope * new_b + intercept - old_b, se)
        scale = Scale(slope, intercept, moved)
        if (moved == ~kept).all() or (~moved).sum() < LEAST_COMMON:
            break
        kept = ~moved
    return scale


# --- What is given --------------------------------------------------------------------------------


def _check(
    answers: npt.ArrayLike,
    c: npt.ArrayLike,
    prior_b: npt.ArrayLike | None,
    area: npt.ArrayLike | None,
    rho: float,
) -> _Given:
    matrix = np.array(answers, dtype=float)
    if matrix.ndim != 2 or matrix.shape[1] == 0:
        raise CalibrationError("answers must be people by items")
    there = ~np.isnan(matrix)
    if not ((matrix[there] >= 0) & (matrix[there] <= 1)).all():
        raise CalibrationError("a score lies between 0 and 1, or is NaN")
    k = matrix.shape[1]
    guessing = np.array(c, dtype=float)
    if guessing.shape != (k,) or not ((guessing >= 0) & (guessing < 1)).all():
        raise CalibrationError(f"c must be {k} chances from 0 to under 1")
    author = np.full(k, np.nan) if prior_b is None else np.array(prior_b, dtype=float)
    if author.shape != (k,) or np.isinf(author).any():
        raise CalibrationError(f"prior_b must be {k} numbers, or NaN")
    index = np.zeros(k, dtype=np.int64) if area is None else np.array(area, dtype=np.int64)
    if index.shape != (k,) or (index < 0).any():
        raise CalibrationError(f"area must be {k} integers from 0 on")
    members = [np.flatnonzero(index == j) for j in range(int(index.max()) + 1)]
    if not all(len(own) for own in members):
        raise CalibrationError("every area needs an item")
    if not 0.0 <= rho <= RHO_MAX:
        raise CalibrationError(f"rho must lie in [0, {RHO_MAX}], not {rho}")
    said = ~np.isnan(author)
    return _Given(
        score=np.where(there, matrix, 0.0),
        asked=there.astype(float),
        c=guessing,
        author=np.where(said, author, 0.0),
        has_author=said,
        members=members,
        prior=Prior.build(len(members), rho),
    )


def _start(given: _Given, start: tuple[npt.ArrayLike, npt.ArrayLike] | None) -> tuple[Array, Array]:
    k = len(given.c)
    if start is None:
        return np.full(k, LOG_A[0]), given.author.copy()
    a, b = (np.array(column, dtype=float) for column in start)
    if a.shape != (k,) or b.shape != (k,) or not ((a > 0) & np.isfinite(a + b)).all():
        raise CalibrationError(f"start must be {k} positive a and {k} b")
    return np.log(a), b
