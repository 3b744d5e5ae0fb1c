"""What a bank can measure, found by people who answer as the model says.

    simulated = simulate(bank, rules, n=1000, seed=1, target=.25)
    simulated.areas[0].levels, simulated.exposure, simulated.areas[0].missing

Abilities are drawn from the engine's own prior, N(0, 1) with the bank's ρ between areas, and answers
from the 3PL; what the figures say is therefore the best that these parameters allow. A bank whose
difficulties are guesses does worse.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .adaptive import Bank, Exposure, Placement, Rules
from .irt import Array, information
from .skipping import DECIDE_CERTAINTY, SKIP_CERTAINTY

#: Edges of the groups of ability that figures are given for; what lies outside joins the outer ones.
EDGES = (-2.5, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.5)
#: The share of what a test could know that counts as enough.
NEARLY = 0.9
#: Where missing items are looked for.
PLACES = tuple(round(-2.0 + 0.5 * step, 1) for step in range(9))


@dataclass(frozen=True)
class AbilityFigures:
    """People of one area whose ability lies in [low, high): the error and the reported standard
    error of their estimates (root mean squares), and how many items they were asked."""

    low: float
    high: float
    people: int
    se: float
    rmse: float
    bias: float
    items: float


@dataclass(frozen=True)
class LevelFigures:
    """People of one true level: how many are placed at it, and how many would skip what teaches a
    level above theirs (the next, or any), by the threshold."""

    level: int
    people: int
    accuracy: float
    wrong_skips: float


@dataclass(frozen=True)
class SkipFigures:
    """Skips of what teaches this level: how many people are sure enough, and how many of them are
    below it all the same."""

    level: int
    skips: int
    wrong: float


@dataclass(frozen=True)
class Missing:
    """At this ability the longest test leaves a standard error of `se`; about `items` more items of
    that difficulty would bring it to what such a test could reach."""

    ability: float
    se: float
    items: int


@dataclass(frozen=True)
class AreaFigures:
    items: int
    asked: float
    se: float
    rmse: float
    accuracy: float
    by_ability: list[AbilityFigures]
    levels: list[LevelFigures]
    skips: list[SkipFigures]
    missing: list[Missing]


@dataclass(frozen=True)
class ExposureFigures:
    """Shares of runs: the most used item, the mean; and the share of items that nobody was asked."""

    target: float | None
    most: float
    mean: float
    never: float
    over: int


@dataclass(frozen=True)
class Simulated:
    """All that was found; `as_json` keeps it. `wrong_skips` is the share of the `skips` at the
    threshold that are wrong, `wrong_decided` that of those at the stricter one, `decided`."""

    n: int
    seed: int
    threshold: float
    asked: float
    accuracy: float
    wrong_skips: float
    skips: int
    decided: float
    wrong_decided: float
    skips_decided: int
    exposure: ExposureFigures
    areas: list[AreaFigures]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def simulate(
    bank: Bank,
    rules: Rules,
    *,
    n: int,
    seed: int,
    target: npt.ArrayLike | None = None,
    threshold: float = SKIP_CERTAINTY,
    decided: float = DECIDE_CERTAINTY,
    rho: float | None = None,
    tick: Callable[[int], None] = lambda done: None,
) -> Simulated:
    """n people through the bank. Same arguments, same figures.

    target: the exposure that no item should exceed, for all or for each; None for no control.
    threshold, decided: P(level held) from which on a skip is offered, and made. rho: the true correlation, where it is
    not the one the bank assumes. tick is told how many are through, every 20 people.
    """
    rng = np.random.default_rng(seed)
    k = bank.n_areas
    truth = _people(rng, n, k, bank.rho if rho is None else rho)
    exposure = Exposure(len(bank), 1.0 if target is None else target)
    theta, se, asked = (np.zeros((n, k)) for _ in range(3))
    level = np.zeros((n, k), dtype=int)
    most = max(len(cuts) for cuts in bank.cuts)
    held = np.zeros((n, k, most + 1))
    for person in range(n):
        at = bank.a * (truth[person][bank.area] - bank.b)
        right = bank.c + (1.0 - bank.c) * 0.5 * (1.0 + np.tanh(0.5 * at))
        answers = rng.random(len(bank)) < right
        chances = None if target is None else exposure.probabilities()
        run = Placement.start(bank, rules, seed=seed * n + person, eligibility=chances)
        while (item := run.next_item()) is not None:
            run.record(item, bool(answers[item]))
        for area, found in enumerate(run.result()):
            theta[person, area], se[person, area] = found.theta, found.se
            asked[person, area], level[person, area] = found.n_items, found.level
            for one in range(len(found.level_probabilities)):
                held[person, area, one] = found.held(one)
        exposure.add(run)
        if person % 20 == 19:
            tick(person + 1)
    tick(n)
    areas = [
        _area(
            bank,
            rules,
            area,
            truth=truth[:, area],
            theta=theta[:, area],
            se=se[:, area],
            asked=asked[:, area],
            level=level[:, area],
            held=held[:, area],
            threshold=threshold,
        )
        for area in range(k)
    ]
    rates = exposure.administered / n
    skips, wrong = _skips(bank, truth, held, threshold)
    skips_decided, wrong_decided = _skips(bank, truth, held, decided)
    return Simulated(
        n=n,
        seed=seed,
        threshold=threshold,
        asked=_rounded(asked.sum(axis=1).mean()),
        accuracy=_rounded(np.mean([area.accuracy for area in areas])),
        wrong_skips=wrong,
        skips=skips,
        decided=decided,
        wrong_decided=wrong_decided,
        skips_decided=skips_decided,
        exposure=ExposureFigures(
            target=None if target is None else _rounded(np.max(target)),
            most=_rounded(rates.max()),
            mean=_rounded(rates.mean()),
            never=_rounded((rates == 0).mean()),
            over=0 if target is None else int((rates > np.asarray(target) + 0.02).sum()),
        ),
        areas=areas,
    )


def missing_items(bank: Bank, rules: Rules, area: int) -> list[Missing]:
    """Where the area has too little to say within its longest test, and how much is missing.

    The information of the best items at an ability adds up to what a test could know there at most;
    the standard error it leaves, with the prior's own 1/θ², is 1/√(1 + information). That should be
    the rules' own, or nearly what a longest test of items as difficult as the people are able could
    leave, if that is less. Such an item has the bank's median discrimination and guessing.
    """
    if rules.se_stop is None:
        return []
    members = np.flatnonzero(bank.area == area)
    a, b, c = bank.a[members], bank.b[members], bank.c[members]
    longest = rules.max_per_area or rules.max_items
    typical = information(
        0.0, np.array([np.median(a)]), np.zeros(1), np.array([np.median(c)])
    ).item()
    goal = min(rules.se_stop**-2 - 1.0, NEARLY * longest * typical)
    found = []
    for place in PLACES:
        best = np.zeros(longest)
        known = np.sort(information(place, a, b, c)[:, 0])[::-1][:longest]
        best[: len(known)] = known
        more = 0
        while best.sum() < goal - 1e-9 and more < longest:
            best[longest - 1 - more] = max(typical, best[longest - 1 - more])
            more += 1
        if more:
            se = 1.0 / math.sqrt(1.0 + float(known.sum()))
            found.append(Missing(ability=place, se=_rounded(se), items=more))
    return found


def _skips(bank: Bank, truth: Array, held: Array, threshold: float) -> tuple[int, float]:
    """How many levels are sure enough to skip what teaches them, and the share not held."""
    sure = wrong = 0
    for area, cuts in enumerate(bank.cuts):
        skipped = held[:, area, 1 : len(cuts) + 1] >= threshold
        sure += int(skipped.sum())
        wrong += int((skipped & (truth[:, area, None] < np.array(cuts))).sum())
    return sure, _rounded(wrong / sure) if sure else 0.0


def _people(rng: np.random.Generator, n: int, k: int, rho: float) -> Array:
    own = rng.normal(size=(n, k))
    if k == 1:
        return own
    return np.asarray(np.sqrt(rho) * rng.normal(size=(n, 1)) + np.sqrt(1.0 - rho) * own)


def _area(
    bank: Bank,
    rules: Rules,
    area: int,
    *,
    truth: Array,
    theta: Array,
    se: Array,
    asked: Array,
    level: npt.NDArray[np.int64],
    held: Array,
    threshold: float,
) -> AreaFigures:
    cuts = bank.cuts[area]
    true_level = np.searchsorted(cuts, truth, side="right")
    group = np.clip(np.searchsorted(EDGES, truth, side="right") - 1, 0, len(EDGES) - 2)
    sure = held[:, 1 : len(cuts) + 1] >= threshold
    above = np.arange(1, len(cuts) + 1)[None, :] > true_level[:, None]
    return AreaFigures(
        items=int((bank.area == area).sum()),
        asked=_rounded(asked.mean()),
        se=_rounded(np.sqrt((se**2).mean())),
        rmse=_rounded(np.sqrt(((theta - truth) ** 2).mean())),
        accuracy=_rounded((level == true_level).mean()),
        by_ability=[
            AbilityFigures(
                low=EDGES[number],
                high=EDGES[number + 1],
                people=int(mine.sum()),
                se=_rounded(np.sqrt((se[mine] ** 2).mean())),
                rmse=_rounded(np.sqrt(((theta - truth)[mine] ** 2).mean())),
                bias=_rounded((theta - truth)[mine].mean()),
                items=_rounded(asked[mine].mean()),
            )
            for number in range(len(EDGES) - 1)
            if (mine := group == number).any()
        ],
        levels=[
            LevelFigures(
                level=number,
                people=int(mine.sum()),
                accuracy=_rounded((level[mine] == number).mean()),
                wrong_skips=_rounded((sure & above)[mine].any(axis=1).mean()),
            )
            for number in range(len(cuts) + 1)
            if (mine := true_level == number).any()
        ],
        skips=[
            SkipFigures(
                level=number + 1,
                skips=int(sure[:, number].sum()),
                wrong=_rounded(above[sure[:, number], number].mean())
                if sure[:, number].any()
                else 0.0,
            )
            for number in range(len(cuts))
        ],
        missing=missing_items(bank, rules, area),
    )


def _rounded(value: float) -> float:
    return round(float(value), 4)
