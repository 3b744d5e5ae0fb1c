"""Item statistics: which items do their work, by the classical formulas, model fit and DIF.

    figures = analyse(scores)                    # people by items, NaN where not asked
    figures.test.alpha, figures.items[3].discriminative_efficiency
    fit(standing, a, b, c)                       # infit and outfit
    mantel_haenszel(right, focal, strata(total)) # differential item functioning

Every figure is a number or None: None where the answers cannot say (nobody, one person, everyone
alike). The classical figures are those that Moodle documents ("Quiz statistics calculations"),
in its unit, per cent, and equal them when everybody was asked everything.

Where people were asked different items (random draws), a person's total is their share of the
points they could have, times the points of all items; covariances are taken over those asked both.
With complete answers that is the same. Items that an adaptive run chose are no sample: facility,
discrimination and reliability of such answers mean nothing, fit and DIF given ability do.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from .areas import GRID
from .calibration import Standing
from .irt import Array, probability

Number = float | None


@dataclass(frozen=True, slots=True)
class ItemFigures:
    """One item. Percentages, but for `point_biserial`, a correlation, and `answers`, a count.

    facility: mean score as a share of the points. sd: of the score, as a share of the points.
    intended_weight: its points among all. effective_weight: its share of the spread of the totals,
        √cov(item, total) over the sum of such roots; None when that covariance is negative.
    point_biserial: correlation of the score with the total of the other items (corrected).
    discrimination_index: the same in per cent, by Moodle's name.
    discriminative_efficiency: its covariance with the total of the other items, over the most it
        could be with these scores (both in order).
    """

    answers: int
    facility: Number
    sd: Number
    intended_weight: Number
    effective_weight: Number
    discrimination_index: Number
    discriminative_efficiency: Number
    point_biserial: Number


@dataclass(frozen=True, slots=True)
class TestFigures:
    """The whole. mean, median, sd, sem are per cent of the points.

    alpha: Cronbach's (1951), which for right and wrong is KR-20 (Moodle: coefficient of internal
        consistency), of as many items as people were asked. error_ratio: 100 √(1 − α).
    sem: standard error of measurement, sd √(1 − α). None where α is None.
    skewness, kurtosis: from k-statistics, 0 for a normal distribution.
    """

    people: int
    items: int
    mean: Number
    median: Number
    sd: Number
    skewness: Number
    kurtosis: Number
    alpha: Number
    error_ratio: Number
    sem: Number


@dataclass(frozen=True, slots=True)
class Analysis:
    items: tuple[ItemFigures, ...]
    test: TestFigures


def analyse(scores: npt.ArrayLike, points: npt.ArrayLike | None = None) -> Analysis:
    """The classical figures of k items answered by n people.

    scores: (n, k) points got, NaN where an item was not asked. points: (k,) the most there is to
    get, 1 each when None. Raises ValueError for other shapes.
    """
    matrix = np.array(scores, dtype=float)
    if matrix.ndim != 2:
        raise ValueError("scores must be people by items")
    k = matrix.shape[1]
    most = np.ones(k) if points is None else np.array(points, dtype=float)
    if most.shape != (k,) or not (most > 0).all():
        raise ValueError(f"points must be {k} positive numbers")
    asked = ~np.isnan(matrix)
    got, could = np.nan_to_num(matrix), asked * most
    people = asked.any(axis=1)
    total = _share(got.sum(axis=1), could.sum(axis=1)) * most.sum()
    covariances = []
    items = []
    for i in range(k):
        own = asked[:, i]
        x = matrix[own, i]
        others = _share(got[own].sum(axis=1) - x, could[own].sum(axis=1) - most[i])
        others = others * (most.sum() - most[i])
        known = ~np.isnan(others)
        with_total = _covariance(x, total[own])
        with_others = _covariance(x[known], others[known])
        highest = _covariance(np.sort(x[known]), np.sort(others[known]))
        correlation = _correlation(x[known], others[known])
        covariances.append(with_total)
        spread = _sd(x)
        items.append(
            {
                "answers": int(own.sum()),
                "facility": 100 * float(x.mean()) / most[i] if len(x) else None,
                "sd": None if spread is None else 100 * spread / most[i],
                "intended_weight": 100 * float(most[i] / most.sum()),
                "discrimination_index": None if correlation is None else 100 * correlation,
                "discriminative_efficiency": (
                    100 * with_others / highest
                    if correlation is not None and with_others is not None and highest
                    else None
                ),
                "point_biserial": correlation,
            }
        )
    roots = [math.sqrt(max(0.0, one)) if one is not None else 0.0 for one in covariances]
    whole = math.fsum(roots)
    for item, covariance, root in zip(items, covariances, roots, strict=True):
        known_weight = covariance is not None and covariance >= 0 and whole > 0
        item["effective_weight"] = 100 * root / whole if known_weight else None
    return Analysis(
        tuple(ItemFigures(**item) for item in items),
        _test(matrix, asked, 100 * total[people] / most.sum()),
    )


def _test(matrix: Array, asked: npt.NDArray[np.bool_], total: Array) -> TestFigures:
    n = len(total)
    sd = _sd(total)
    skewness, kurtosis = _shape(total)
    alpha = _alpha(matrix, asked) if sd else None
    ratio = None if alpha is None else math.sqrt(max(0.0, 1.0 - alpha))
    return TestFigures(
        people=n,
        items=int(asked.any(axis=0).sum()),
        mean=float(total.mean()) if n else None,
        median=float(np.median(total)) if n else None,
        sd=sd,
        skewness=skewness,
        kurtosis=kurtosis,
        alpha=alpha,
        error_ratio=None if ratio is None else 100 * ratio,
        sem=None if ratio is None or sd is None else sd * ratio,
    )


def _alpha(matrix: Array, asked: npt.NDArray[np.bool_]) -> Number:
    """Cronbach's α from the mean variance v and mean covariance c of items, for m items a person:

    α = m/(m − 1) · (1 − m v / (m v + m(m − 1) c)), which with complete answers is
    k/(k − 1) · (1 − Σ variances / variance of the totals).
    """
    own = asked[:, asked.sum(axis=0) > 1]
    x = np.where(own, matrix[:, asked.sum(axis=0) > 1], 0.0)
    there = own.astype(float)
    length = float(there.sum(axis=1)[own.any(axis=1)].mean()) if own.any() else 0.0
    if length <= 1:
        return None
    n = there.T @ there
    sums = x.T @ there  # [i, j]: the sum of item i over those asked both
    products = x.T @ x - sums * sums.T / np.maximum(n, 1.0)
    free = np.maximum(n - 1.0, 0.0)
    products = np.where(free > 0, products, 0.0)
    apart = ~np.eye(len(n), dtype=bool)
    if not free[apart].sum():
        return None
    variance = np.diag(products).sum() / np.diag(free).sum()
    covariance = products[apart].sum() / free[apart].sum()
    spread = length * variance + length * (length - 1) * covariance
    if spread <= 0:
        return None
    return float(length / (length - 1) * (1.0 - length * variance / spread))


def _shape(x: Array) -> tuple[Number, Number]:
    """Skewness k₃/k₂^1.5 and kurtosis k₄/k₂² from Fisher's k-statistics."""
    n = len(x)
    if n < 3 or np.ptp(x) == 0:
        return None, None
    centred = x - x.mean()
    m2, m3, m4 = (float((centred**power).mean()) for power in (2, 3, 4))
    k2 = n * m2 / (n - 1)
    skewness = n * n * m3 / ((n - 1) * (n - 2)) / k2**1.5
    if n < 4:
        return skewness, None
    k4 = n * n * ((n + 1) * m4 - 3 * (n - 1) * m2**2) / ((n - 1) * (n - 2) * (n - 3))
    return skewness, k4 / k2**2


# --- Who chose what, and how long it took ---------------------------------------------------------


def thirds(ability: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """0, 1 or 2: the lower, middle or upper third by ability; equals are never parted."""
    values = np.asarray(ability, dtype=float)
    ordered = np.sort(values)
    middle = (
        np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")
    ) / 2
    return np.asarray(np.minimum(2, middle * 3 // max(1, len(values))), dtype=np.int64)


def chosen_by_third(
    choices: Sequence[Iterable[str]], third: Sequence[int], options: Sequence[str]
) -> dict[str, tuple[int, int, int]]:
    """How many in each third chose each option; a person may choose several, or none."""
    counts = {option: [0, 0, 0] for option in options}
    for chosen, group in zip(choices, third, strict=True):
        for option in set(chosen):
            if option in counts:
                counts[option][int(group)] += 1
    return {option: (low, middle, top) for option, (low, middle, top) in counts.items()}


def quartiles(values: Iterable[float]) -> tuple[float, float, float] | None:
    """First quartile, median, third quartile; None without values."""
    column = np.fromiter(values, dtype=float)
    if not len(column):
        return None
    low, middle, high = np.percentile(column, [25, 50, 75])
    return float(low), float(middle), float(high)


# --- Model fit ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fit:
    """Mean squares of residuals, about 1: infit weighted by what each answer tells, outfit not, so
    that it is moved by single surprising answers (Wright & Masters 1982, *Rating Scale Analysis*)."""

    infit: Number
    outfit: Number


def fit(standing: Standing, a: Array, b: Array, c: Array) -> tuple[Fit, ...]:
    """Of each item. Residuals are averaged over people's posteriors, which makes either 1 on average
    when the model holds, however short the test."""
    p = np.clip(probability(GRID, a, b, c), 1e-9, 1 - 1e-9)
    variance = p * (1.0 - p)
    square = standing.square - 2.0 * standing.right * p + standing.asked * p**2
    found = []
    for i, answers in enumerate(standing.asked.sum(axis=1)):
        if answers < 0.5:
            found.append(Fit(None, None))
            continue
        infit = square[i].sum() / (standing.asked[i] * variance[i]).sum()
        found.append(Fit(float(infit), float((square[i] / variance[i]).sum() / answers)))
    return tuple(found)


def observed_curve(
    standing: Standing, item: int, *, points: int = 6, least: int = 10
) -> list[tuple[float, float, float]]:
    """(mean ability, mean score, people) of bands of ability with about as many people each, at least
    `least`, so there may be fewer bands, or none. What is expected of a band is the item's curve,
    since people count in each band by how likely they belong there (Stone 2000, *J. Educ. Meas.* 37,
    58-75)."""
    asked, right = standing.asked[item], standing.right[item]
    whole = float(asked.sum())
    bands = min(points, int(whole // least))
    if bands == 0:
        return []
    # The share of each grid point that lies in each band, so that bands hold equally many.
    edges = np.concatenate([[0.0], np.cumsum(asked) / whole])
    found = []
    for low, high in zip(np.arange(bands) / bands, np.arange(1, bands + 1) / bands, strict=True):
        inside = np.clip(np.minimum(edges[1:], high) - np.maximum(edges[:-1], low), 0.0, None)
        share = np.divide(inside * whole, asked, out=np.zeros_like(asked), where=asked > 0)
        n = float((share * asked).sum())
        found.append((float(share @ (asked * GRID)) / n, float(share @ right) / n, n))
    return found


# --- Differential item functioning ----------------------------------------------------------------

EtsClass = Literal["A", "B", "C"]


@dataclass(frozen=True, slots=True)
class MantelHaenszel:
    """Whether people of two groups who know equally much do equally well on an item.

    odds_ratio: common odds of a right answer, reference over focal group. delta: −2.35 ln of it,
        negative where the item is harder for the focal group. interval: of delta, 95 %.
    chi_square, p: Mantel & Haenszel's test with continuity correction, one degree of freedom.
    ets_class: A negligible (|Δ| < 1, or not different from 0), C large (|Δ| ≥ 1.5 and beyond 1 by
        more than chance allows), B between (Zwick & Ercikan 1989; Dorans & Holland 1993).
    """

    odds_ratio: float
    delta: float
    se: float
    interval: tuple[float, float]
    chi_square: float
    p: float
    ets_class: EtsClass
    reference: int
    focal: int


def strata(ability: npt.ArrayLike, most: int = 10) -> npt.NDArray[np.int64]:
    """Groups of people of about equal ability, of equal size where equals need not be parted."""
    values = np.asarray(ability, dtype=float)
    edges = np.unique(np.quantile(values, np.linspace(0, 1, most + 1)[1:-1])) if len(values) else []
    return np.asarray(np.searchsorted(edges, values, side="left"), dtype=np.int64)


def mantel_haenszel(
    right: npt.ArrayLike, focal: npt.ArrayLike, stratum: npt.ArrayLike
) -> MantelHaenszel | None:
    """DIF of one item, given who was right (n,), who is of the focal group, and strata of ability.

    With A, B right and wrong of the reference group, C, D of the focal group and T all of a
    stratum: α = Σ AD/T / Σ BC/T (Holland & Thayer 1988), with the variance of ln α by Robins,
    Breslow & Greenland (1986, *Biometrics* 42, 311-323). A score of half or more counts as right.
    None where either sum is 0: nothing can be compared.
    """
    good = np.asarray(right, dtype=float) >= 0.5
    other, groups = np.asarray(focal, dtype=bool), np.asarray(stratum, dtype=np.int64)
    if not len(groups):
        return None
    size = int(groups.max()) + 1

    def count(mask: npt.NDArray[np.bool_]) -> Array:
        return np.bincount(groups[mask], minlength=size).astype(float)

    a, b, c, d = (count(m) for m in (~other & good, ~other & ~good, other & good, other & ~good))
    t = a + b + c + d
    used = (a + b > 0) & (c + d > 0)
    a, b, c, d, t = a[used], b[used], c[used], d[used], t[used]
    r, s = a * d / t, b * c / t
    if not r.sum() or not s.sum():
        return None
    p, q = (a + d) / t, (b + c) / t
    ratio = float(r.sum() / s.sum())
    variance = (
        (p * r).sum() / (2 * r.sum() ** 2)
        + (p * s + q * r).sum() / (2 * r.sum() * s.sum())
        + (q * s).sum() / (2 * s.sum() ** 2)
    )
    several = t > 1
    expected = (a + b) * (a + c) / t
    spread = (((a + b) * (c + d) * (a + c) * (b + d))[several] / (t**2 * (t - 1))[several]).sum()
    gap = max(0.0, abs(float((a - expected).sum())) - 0.5)
    chi_square = float(gap**2 / spread) if spread > 0 else 0.0
    significance = math.erfc(math.sqrt(chi_square / 2))
    delta, se = -2.35 * math.log(ratio), 2.35 * math.sqrt(float(variance))
    size_of = abs(delta)
    ets: EtsClass = "B"
    if size_of < 1 or significance >= 0.05:
        ets = "A"
    elif size_of >= 1.5 and size_of - 1 > 1.645 * se:
        ets = "C"
    return MantelHaenszel(
        odds_ratio=ratio,
        delta=delta,
        se=se,
        interval=(delta - 1.96 * se, delta + 1.96 * se),
        chi_square=chi_square,
        p=significance,
        ets_class=ets,
        reference=int((a + b).sum()),
        focal=int((c + d).sum()),
    )


# --- Small things ---------------------------------------------------------------------------------


def _share(got: Array, could: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(could > 0, got / could, np.nan))


def _sd(x: Array) -> Number:
    return float(x.std(ddof=1)) if len(x) > 1 else None


def _covariance(x: Array, y: Array) -> Number:
    if len(x) < 2:
        return None
    return float((x - x.mean()) @ (y - y.mean()) / (len(x) - 1))


def _correlation(x: Array, y: Array) -> Number:
    """None where either does not vary."""
    if len(x) < 2 or np.ptp(x) < 1e-12 or np.ptp(y) < 1e-12:
        return None
    return float(np.clip(np.corrcoef(x, y)[0, 1], -1.0, 1.0))
