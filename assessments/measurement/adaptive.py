"""Adaptive placement: which item to ask next, when to stop, and what is then known.

    bank = Bank(a=…, b=…, c=…, area=…, cuts=[[-1, 0, 1], …], rho=.7)
    run = Placement.start(bank, Rules(max_items=50), seed=7)
    while (item := run.next_item()) is not None:
        run.record(item, answered_correctly)
    for area in run.result():
        area.theta, area.se, area.interval, area.level, area.level_probabilities, area.n_items

A run is a pure function of (bank, rules, seed, eligibility, scores): keep those with `run.history`
and `Placement.replay(bank, rules, seed, history)` rebuilds it, or says that it cannot. Nothing is
read from a clock, a database or a global generator.

What happens at each step

1. The posterior of every area is worked out from all answers in all areas (`areas.Prior`).
2. Each area is open or closed (`Rules` says when). Only items of open areas are asked.
3. Items are ranked by how much their answer is expected to shrink the posterior variance of what
   the run is for (`Rules.aim`), summed over the open areas. The next item is drawn among the
   `top_k` best (randomesque: Kingsbury & Zara 1989, *Applied Measurement in Education* 2, 359-375).

To measure ability rather than to classify, with standard error .30 and nothing else:

    Rules(se_stop=.30, certainty_stop=None, top_k=1)

To classify with exactly 50 items: Rules(min_items=50, max_items=50, aim="levels").

Exposure control keeps one number per item between runs (`Exposure`):

    exposure = Exposure(len(bank), target=.25)
    run = Placement.start(bank, rules, seed=7, eligibility=exposure.probabilities())
    …
    exposure.add(run)
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from .areas import GRID, RHO_MAX, STEP, Prior
from .irt import Array, information, probability

#: Pin this with an attempt: a change that selects other items must raise it.
ENGINE_VERSION = 1

Aim = Literal["ability", "levels", "information"]
Stop = Literal["standard error", "certainty", "length", "no item left", "no item helps"]


class BankError(ValueError):
    """The bank cannot measure: a shape, a parameter, a cut or an area is wrong."""


class RulesError(ValueError):
    """The rules contradict each other or lie outside what they mean."""


class RunError(ValueError):
    """The run is asked for something that did not happen in it."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How long to ask, about what, and when enough is known.

    min_items, max_items: bounds on the whole run. Until min_items is reached, areas that have
        enough are asked about again rather than ending the run.
    min_per_area, max_per_area: bounds on each area; None leaves it open above.
    max_lead: content balance: no area gets more than this many items ahead of the open area with
        the fewest. None lets the measurement decide.
    se_stop: an area closes when its posterior standard deviation is at or under this.
    certainty_stop: an area closes when one level holds at least this posterior probability
        (sequential classification: Spray & Reckase 1996, *J. Educ. Behav. Stat.* 21, 405-414, on a
        posterior). An area without cuts ignores it. None switches either rule off.
    extend, give_up: the expected drop of the standard error that the best remaining item must
        promise to go on below se_stop, and to go on at all (predicted standard error reduction:
        Choi, Grady & Dodd 2010, *Educ. Psychol. Meas.* 70, 37-53, "hyper" and "hypo"). They move
        items from people about whom the bank has nothing more to say to people about whom it has.
        None switches either off.
    top_k: how many of the best items the next one is drawn from; 1 always takes the best.
    aim: "ability" minimises the expected posterior variance of θ (Owen 1975, *JASA* 70, 351-356;
        van der Linden 1998, *Psychometrika* 63, 201-216); "levels" that of "is at or above the
        cut", summed over cuts (expected Brier score); "information" ranks by posterior-weighted
        Fisher information (van der Linden 1998) as the variance it would leave.
    interval: probability of the reported credible interval.
    """

    min_items: int = 5
    max_items: int = 50
    min_per_area: int = 2
    max_per_area: int | None = None
    max_lead: int | None = None
    se_stop: float | None = 0.35
    certainty_stop: float | None = 0.9
    extend: float | None = None
    give_up: float | None = None
    top_k: int = 5
    aim: Aim = "ability"
    interval: float = 0.9

    def __post_init__(self) -> None:
        if not 0 <= self.min_items <= self.max_items or self.max_items < 1:
            raise RulesError("need 0 ≤ min_items ≤ max_items and max_items ≥ 1")
        if self.min_per_area < 0:
            raise RulesError("min_per_area is negative")
        if self.max_per_area is not None and self.max_per_area < max(1, self.min_per_area):
            raise RulesError("max_per_area is below min_per_area, or below 1")
        if self.top_k < 1:
            raise RulesError("top_k is at least 1")
        if self.max_lead is not None and self.max_lead < 1:
            raise RulesError("max_lead is at least 1")
        if self.se_stop is not None and not self.se_stop > 0:
            raise RulesError("se_stop is positive, or None")
        if self.certainty_stop is not None and not 0 < self.certainty_stop <= 1:
            raise RulesError("certainty_stop lies in (0, 1], or is None")
        for name in ("extend", "give_up"):
            value = getattr(self, name)
            if value is not None and not value >= 0:
                raise RulesError(f"{name} is not negative, or is None")
        if self.aim not in ("ability", "levels", "information"):
            raise RulesError(f"unknown aim {self.aim!r}")
        if not 0 < self.interval < 1:
            raise RulesError("interval lies strictly between 0 and 1")


class Bank:
    """Items, areas and cuts, checked once and laid out on the grid. Immutable; share it freely.

    a, b, c: arrays (n,) as in `irt`: a > 0, 0 ≤ c < 1, all finite.
    area: (n,) integers 0 … k−1, k = len(cuts); every area has an item.
    cuts: for each area the abilities at which its levels 1, 2, … begin, strictly ascending; may
        be empty when an area has no levels.
    rho: the correlation of any two areas in the population, 0 ≤ rho ≤ .95.
    Raises BankError naming what is wrong.
    """

    def __init__(
        self,
        *,
        a: npt.ArrayLike,
        b: npt.ArrayLike,
        c: npt.ArrayLike,
        area: npt.ArrayLike,
        cuts: Sequence[Sequence[float]],
        rho: float = 0.7,
    ) -> None:
        self.a, self.b, self.c = (_column(name, v) for name, v in (("a", a), ("b", b), ("c", c)))
        n = len(self.a)
        if n == 0:
            raise BankError("the bank has no items")
        if len(self.b) != n or len(self.c) != n:
            raise BankError(f"a, b, c differ in length: {n}, {len(self.b)}, {len(self.c)}")
        if (self.a <= 0).any():
            raise BankError(f"a must be positive; item {int(np.argmax(self.a <= 0))} is not")
        outside = (self.c < 0) | (self.c >= 1)
        if outside.any():
            raise BankError(f"c must lie in [0, 1); item {int(np.argmax(outside))} does not")
        self.cuts = tuple(_cuts(j, values) for j, values in enumerate(cuts))
        self.area = _areas(area, n, len(self.cuts))
        if not 0.0 <= rho <= RHO_MAX:
            raise BankError(f"rho must lie in [0, {RHO_MAX}], not {rho}")
        self.rho = float(rho)
        self._prior = Prior.build(len(self.cuts), self.rho)
        self._correct = probability(GRID, self.a, self.b, self.c)
        self._levels = tuple(_membership(values) for values in self.cuts)
        self._members = tuple(np.flatnonzero(self.area == j) for j in range(len(self.cuts)))
        self._rows = tuple(self._correct[members] for members in self._members)

    def __len__(self) -> int:
        return len(self.a)

    @property
    def n_areas(self) -> int:
        return len(self.cuts)


@dataclass(frozen=True, slots=True)
class AreaResult:
    """What is known about one area.

    theta, se: posterior mean and standard deviation, in population standard deviations.
    interval: equal-tailed credible interval of probability Rules.interval.
    level_probabilities: of the len(cuts) + 1 levels, summing to 1; level is the likeliest (the
        lower of two equals), which is the choice that is right most often.
    n_items: asked in this area; the other areas' answers count through the prior too.
    stop: why nothing more is asked here, or None while it is open.
    """

    theta: float
    se: float
    interval: tuple[float, float]
    level_probabilities: tuple[float, ...]
    level: int
    n_items: int
    stop: Stop | None

    def held(self, level: int) -> float:
        """P(this level or a higher one): what a skip rule compares with its threshold."""
        if not 0 <= level < len(self.level_probabilities):
            raise RunError(f"there is no level {level}")
        return min(1.0, math.fsum(self.level_probabilities[level:]))


@dataclass
class _Step:
    """All that one set of answers implies; worked out once, used by selection and result."""

    marginal: Array
    mean: Array
    se: Array
    gain: Array  # (n,) summed over what is open: the ranking
    drop: Array  # (k,) best expected fall of each area's standard error by its own items
    stops: list[Stop | None]
    item: int | None


@dataclass
class Placement:
    """One person's run through a bank. Make it with `start` or `replay`."""

    bank: Bank
    rules: Rules
    seed: int
    eligible: npt.NDArray[np.bool_]
    _dice: random.Random = field(repr=False)
    _order: Array = field(repr=False)
    _likelihood: Array = field(repr=False)
    _left: npt.NDArray[np.bool_] = field(repr=False)
    _counts: list[int] = field(repr=False)
    _history: list[tuple[int, int]] = field(default_factory=list, repr=False)
    _step: _Step | None = field(default=None, repr=False)

    @classmethod
    def start(
        cls, bank: Bank, rules: Rules, *, seed: int, eligibility: npt.ArrayLike | None = None
    ) -> Placement:
        """A fresh run.

        eligibility: (n,) probabilities that an item may be used in this run, None for all; the
        draw is `run.eligible`, and passing that mask back in as eligibility draws the same. An
        area whose draw leaves fewer items than min_per_area gets all of its items back, as van
        der Linden & Veldkamp (2004) do when a test cannot be assembled.
        Raises RunError for a seed that is not an integer, or a wrong array.
        """
        if isinstance(seed, bool) or not isinstance(seed, int | np.integer):
            raise RunError(f"the seed is an integer, not {seed!r}")
        # Python promises the stream of Random.random() across versions; numpy promises no such
        # thing of its distributions (NEP 19), and an attempt may be replayed years later.
        dice = random.Random(int(seed))
        n = len(bank)
        draws = np.array([dice.random() for _ in range(n)])
        order = np.array([dice.random() for _ in range(n)])
        eligible = draws < _eligibility(eligibility, n)
        for members in bank._members:
            needed = min(len(members), max(1, rules.min_per_area))
            if eligible[members].sum() < needed:
                eligible[members] = True
        eligible.flags.writeable = False
        k = bank.n_areas
        return cls(
            bank=bank,
            rules=rules,
            seed=int(seed),
            eligible=eligible,
            _dice=dice,
            _order=order,
            _likelihood=np.ones((k, len(GRID))),
            _left=eligible.copy(),
            _counts=[0] * k,
        )

    @classmethod
    def replay(
        cls,
        bank: Bank,
        rules: Rules,
        seed: int,
        history: Iterable[tuple[int, float]],
        *,
        eligibility: npt.ArrayLike | None = None,
    ) -> Placement:
        """The run that produced this history. RunError at the first item it would not have asked.

        Also how a run is resumed: replay what is stored and ask for the next item.
        """
        run = cls.start(bank, rules, seed=seed, eligibility=eligibility)
        for number, (item, score) in enumerate(history, start=1):
            expected = run.next_item()
            if expected != item:
                raise RunError(f"answer {number} is to item {item}; this run asked {expected}")
            run.record(item, score)
        return run

    @property
    def history(self) -> list[tuple[int, int]]:
        """(item, score) in the order asked."""
        return list(self._history)

    def next_item(self) -> int | None:
        """The item to ask now, or None when the run is over. Asking twice changes nothing."""
        return self._current().item

    def record(self, item: int, correct: bool | float) -> None:
        """Take the answer to the item that was asked: 0, 1, False or True.

        RunError for anything else: another item, the same one again, a run that is over.
        """
        expected = self.next_item()
        if any(item == asked for asked, _ in self._history):
            raise RunError(f"item {item} has been recorded already")
        if expected is None:
            raise RunError("the run is over")
        if item != expected:
            raise RunError(f"item {item} was not asked; item {expected} was")
        if correct not in (0, 1):
            raise RunError(f"a score is 0 or 1, not {correct!r}")
        score = int(correct)
        row = self.bank._correct[expected]
        area = int(self.bank.area[expected])
        updated = self._likelihood[area] * (row if score else 1.0 - row)
        self._likelihood[area] = updated / updated.max()
        self._left[expected] = False
        self._counts[area] += 1
        self._history.append((expected, score))
        self._step = None

    def result(self) -> tuple[AreaResult, ...]:
        """What is known now, per area, at any moment of the run."""
        step = self._current()
        return tuple(self._area_result(j, step) for j in range(self.bank.n_areas))

    def _area_result(self, j: int, step: _Step) -> AreaResult:
        posterior = step.marginal[j]
        levels = self.bank._levels[j] @ posterior
        tail = (1.0 - self.rules.interval) / 2.0
        return AreaResult(
            theta=float(step.mean[j]),
            se=float(step.se[j]),
            interval=(_quantile(posterior, tail), _quantile(posterior, 1.0 - tail)),
            level_probabilities=tuple(float(p) for p in levels),
            level=int(np.argmax(np.round(levels, 12))),
            n_items=self._counts[j],
            stop=step.stops[j],
        )

    def _current(self) -> _Step:
        if self._step is None:
            self._step = self._work_out()
        return self._step

    def _work_out(self) -> _Step:
        bank, rules = self.bank, self.rules
        k = bank.n_areas
        targets = _targets(bank, rules.aim)
        marginal, along = bank._prior.joint(self._likelihood, targets)
        mean = marginal @ GRID
        se = np.sqrt(np.maximum((marginal * (GRID - mean[:, None]) ** 2).sum(axis=1), 0.0))
        known = along.sum(axis=1)  # (j, l, m); the same for every j up to rounding
        gains: list[Array] = []
        drop = np.full(k, -np.inf)
        for j in range(k):
            rows = bank._rows[j]
            right = np.maximum(rows @ marginal[j], 1e-12)[:, None, None]
            wrong = np.maximum(1.0 - right, 1e-12)
            part = np.tensordot(rows, along[j], axes=1)
            surprise = part - right * known[j]
            gain = surprise**2 / (right * wrong)
            gains.append(gain)
            left = self._left[bank._members[j]]
            if left.any():
                best = float(gain[left, j, 0].max())
                drop[j] = se[j] - math.sqrt(max(se[j] ** 2 - best, 0.0))
        stops = [self._stop(j, marginal[j], float(se[j]), float(drop[j])) for j in range(k)]
        ...
