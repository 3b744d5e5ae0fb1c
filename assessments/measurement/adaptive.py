"""Adaptive placement: which item to ask next, when to stop, and what is then known.

    bank = Bank(a=…, b=…, c=…, area=…, cuts=[[-1, 0, 1], …], rho=.7)
    run = Placement.start(bank, Rules(max_items=50), seed=7)
    while (item := run.next_item()) is not None:
        run.record(item, answered_correctly)
    for area in run.result():
        area.theta, area.se, area.interval, area.level, area.level_probabilities, area.n_items

A run is a pure function of (bank, rules, seed, eligibility, scores): keep those with `run.history`
and `Placement.replay(bank, rules, seed, history)` rebuilds it, or says that it cannot.
`Placement.resume` takes the same and believes the history, which costs one step instead of all of
them: resume to ask the next item, replay to prove what was asked. Keep every field of the rules
(`dataclasses.asdict`), since a default may change; keep `run.eligible` when exposure is controlled,
and hand it to both. Nothing is read from a clock, a database or a global generator.

Answers known from before (`given`) count for what is known and are not asked again: a second form
goes on where the first one ended, with other items. `estimate` says what a set of answers shows,
whatever asked for them.

What happens at each step

1. The posterior of every area is worked out from all answers in all areas (`areas.Prior`).
2. Each area is open or closed (`Rules` says when). Only items of open areas are asked.
3. Items are ranked by how much their answer is expected to shrink the posterior variance of what
   the run is for (`Rules.aim`), summed over the open areas. The next item is drawn among the best
   (randomesque: Kingsbury & Zara 1989, *Applied Measurement in Education* 2, 359-375), fewer of
   them at each step.

To measure ability rather than to classify, with standard error .30 and nothing else:

    Rules(se_stop=.30, certainty_stop=None)

To classify with exactly 50 items: Rules(min_items=50, max_items=50).

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

#: Runs within which an item used too often is brought back to its target exposure.
HORIZON = 100

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
    extend, give_up: whether the next item is worth asking, on either side of se_stop. An item's
        worth is the fall of the posterior variance expected from its answer; its fair price is
        what the last item is worth when the items that stopping at se_stop takes, over all
        people, go where they are worth most. Under se_stop the area goes on while its best item
        is worth more than `extend` prices; above, it closes once that is worth less than
        `give_up` prices (predicted standard error reduction: Choi, Grady & Dodd 2010, *Educ.
        Psychol. Meas.* 70; the price is Lagrange's multiplier of the mean length). People
        about whom the bank has nothing more to say are spared items, and those it can place well
        get them, so that the error over all people falls at about the same mean length. With
        extend=None, give_up=None an area stops at se_stop exactly.
    top_k: how many of the best items the first one is drawn from; one fewer at each step, until
        the best is taken (5-4-3-2-1: McBride & Martin 1983). Different answers part the runs from
        there, and `Exposure` limits the rest. 1 always takes the best.
    aim: what the answers should make certain. "ability" minimises the expected posterior variance
        of θ (Owen 1975, *JASA* 70, 351-356; van der Linden 1998, *Psychometrika* 63, 201-216);
        "levels" that of "is at or above the cut", summed over cuts (the expected Brier score);
        "information" ranks by posterior-weighted Fisher information (van der Linden 1998), as the
        variance of θ it would leave. None follows the stop rules: "ability" when the standard
        error alone closes an area, else "levels".
    interval: probability of the reported credible interval.
    """

    min_items: int = 5
    max_items: int = 50
    min_per_area: int = 2
    max_per_area: int | None = None
    max_lead: int | None = None
    se_stop: float | None = 0.35
    certainty_stop: float | None = 0.9
    extend: float | None = 0.90
    give_up: float | None = 0.85
    top_k: int = 5
    aim: Aim | None = None
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
        if self.aim not in (None, "ability", "levels", "information"):
            raise RulesError(f"unknown aim {self.aim!r}")
        if not 0 < self.interval < 1:
            raise RulesError("interval lies strictly between 0 and 1")

    def _aim(self, bank: Bank) -> Aim:
        """The aim in force. Without cuts there are no levels to be certain of."""
        by_error = self.se_stop is not None and self.certainty_stop is None
        return self.aim or ("ability" if by_error or not any(bank.cuts) else "levels")


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
        # Nobody is sure to be right or wrong: one impossible answer would leave no posterior.
        self._correct = np.clip(probability(GRID, self.a, self.b, self.c), 1e-9, 1.0 - 1e-9)
        self._levels = tuple(_membership(values) for values in self.cuts)
        self._targets = tuple(_targets(self._levels, classify) for classify in (False, True))
        self._members = tuple(np.flatnonzero(self.area == j) for j in range(len(self.cuts)))
        self._rows = tuple(self._correct[members] for members in self._members)
        fisher = information(GRID, self.a, self.b, self.c)
        self._information = tuple(fisher[members] for members in self._members)

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
    stops: list[Stop | None]
    item: int | None


@dataclass(eq=False)
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
    _price: list[float] = field(repr=False)
    _history: list[tuple[int, int]] = field(default_factory=list, repr=False)
    _step: _Step | None = field(default=None, repr=False)

    @classmethod
    def start(
        cls,
        bank: Bank,
        rules: Rules,
        *,
        seed: int,
        eligibility: npt.ArrayLike | None = None,
        given: Iterable[tuple[int, float]] = (),
    ) -> Placement:
        """A fresh run.

        given: (item, score) pairs answered before it, which it knows and does not ask again. They
        are no part of its history and count for no bound on its length.

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
        dice = random.Random(int(seed))  # noqa: S311 (guards no secret)
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
        run = cls(
            bank=bank,
            rules=rules,
            seed=int(seed),
            eligible=eligible,
            _dice=dice,
            _order=order,
            _likelihood=np.ones((k, len(GRID))),
            _left=eligible.copy(),
            _counts=[0] * k,
            _price=[_fair_price(bank, rules, j, eligible) for j in range(k)],
        )
        for item, score in given:
            run._learn(_index(item, n), _score(score))
        return run

    @classmethod
    def replay(
        cls,
        bank: Bank,
        rules: Rules,
        seed: int,
        history: Iterable[tuple[int, float]],
        *,
        eligibility: npt.ArrayLike | None = None,
        given: Iterable[tuple[int, float]] = (),
    ) -> Placement:
        """The run that produced this history. RunError at the first item it would not have asked."""
        run = cls.start(bank, rules, seed=seed, eligibility=eligibility, given=given)
        for number, (item, score) in enumerate(history, start=1):
            expected = run.next_item()
            if expected != item:
                raise RunError(f"answer {number} is to item {item}; this run asked {expected}")
            run.record(item, score)
        return run

    @classmethod
    def resume(
        cls,
        bank: Bank,
        rules: Rules,
        seed: int,
        history: Iterable[tuple[int, float]],
        *,
        eligibility: npt.ArrayLike | None = None,
        given: Iterable[tuple[int, float]] = (),
    ) -> Placement:
        """The run after this history, as `replay` gives it, without working out its selections.

        RunError for an item that the bank has not, or twice in it; that the run would have asked
        them is believed.
        """
        run = cls.start(bank, rules, seed=seed, eligibility=eligibility, given=given)
        for item, score in history:
            run._take(_index(item, len(bank)), _score(score))
            run._dice.random()  # each selection throws once
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
        self._take(expected, _score(correct))

    def _take(self, item: int, score: int) -> None:
        if any(item == asked for asked, _ in self._history):
            raise RunError(f"item {item} has been recorded already")
        self._learn(item, score)
        self._counts[int(self.bank.area[item])] += 1
        self._history.append((item, score))

    def _learn(self, item: int, score: int) -> None:
        """Let an answer count for what is known of its area."""
        row = self.bank._correct[item]
        area = int(self.bank.area[item])
        updated = self._likelihood[area] * (row if score else 1.0 - row)
        self._likelihood[area] = updated / updated.max()
        self._left[item] = False
        self._step = None

    def result(self) -> tuple[AreaResult, ...]:
        """What is known now, per area, at any moment of the run."""
        step = self._current()
        return tuple(self._area_result(j, step) for j in range(self.bank.n_areas))

    def _area_result(self, j: int, step: _Step) -> AreaResult:
        posterior = step.marginal[j]
        levels = np.minimum(self.bank._levels[j] @ posterior, 1.0)
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
        bank = self.bank
        aim = self.rules._aim(bank)
        targets, weight = bank._targets[aim == "levels"]
        marginal, along = bank._prior.joint(self._likelihood, targets)
        mean = marginal @ GRID
        se = np.sqrt(np.maximum(((GRID - mean[:, None]) ** 2 * marginal).sum(axis=1), 0.0))
        gains = [_gain(rows, marginal[j], along[j]) for j, rows in enumerate(bank._rows)]
        stops = [
            self._stop(j, marginal[j], float(se[j]), self._best(j, gains[j]))
            for j in range(bank.n_areas)
        ]
        worth = np.full(len(bank), -np.inf)
        askable = self._askable(stops)
        for j in self._balanced(askable):
            if aim == "information":
                value = _expected_drop(bank._information[j] @ marginal[j], float(se[j]) ** 2)
            else:
                value = gains[j][:, askable, :].sum(axis=1) @ weight
            worth[bank._members[j]] = value
        worth[~self._left] = -np.inf
        item = self._draw(worth)
        if item is None:
            stops = [stop or "length" for stop in stops]
        return _Step(marginal, mean, se, stops, item)

    def _best(self, j: int, gain: Array) -> float | None:
        """Worth, for its own area, of the best item area j has left."""
        left = self._left[self.bank._members[j]]
        return float(gain[left, j, 0].max()) if left.any() else None

    def _stop(self, j: int, posterior: Array, se: float, best: float | None) -> Stop | None:
        rules, asked, price = self.rules, self._counts[j], self._price[j]
        if best is None:
            return "no item left"
        if rules.max_per_area is not None and asked >= rules.max_per_area:
            return "length"
        if asked < rules.min_per_area:
            return None
        certainty = float((self.bank._levels[j] @ posterior).max()) if self.bank.cuts[j] else 0.0
        if rules.certainty_stop is not None and certainty >= rules.certainty_stop:
            return "certainty"
        if rules.se_stop is None:
            return None
        if se <= rules.se_stop:
            keep_on = rules.extend is not None and best > rules.extend * price
            return None if keep_on else "standard error"
        if rules.give_up is not None and best < rules.give_up * price:
            return "no item helps"
        return None

    def _askable(self, stops: list[Stop | None]) -> list[int]:
        """Open areas; when none is and the run is too short, every area that can still be asked."""
        asked = len(self._history)
        if asked >= self.rules.max_items:
            return []
        still_open = [j for j, stop in enumerate(stops) if stop is None]
        if still_open or asked >= self.rules.min_items:
            return still_open
        return [j for j, stop in enumerate(stops) if stop not in ("length", "no item left")]

    def _balanced(self, askable: list[int]) -> list[int]:
        """Those of the askable areas whose turn it may be."""
        if not askable:
            return askable
        rules, counts = self.rules, self._counts
        short = {j: rules.min_per_area - counts[j] for j in askable}
        owed = sum(max(0, missing) for missing in short.values())
        if owed and rules.max_items - len(self._history) <= owed:
            return [j for j in askable if short[j] > 0]
        if rules.max_lead is not None:
            ceiling = min(counts[j] for j in askable) + rules.max_lead
            return [j for j in askable if counts[j] < ceiling]
        return askable

    def _draw(self, worth: Array) -> int | None:
        """One of the best by a throw of the run's dice; the choice narrows at each step."""
        candidates = np.flatnonzero(worth > -np.inf)
        if len(candidates) == 0:
            return None
        # Items of equal worth are the rule in a bank that is not calibrated: rounding makes them
        # equal on every machine, and the run's own order keeps the first ones from wearing out.
        rounded = -np.round(worth[candidates], 9)
        width = max(1, self.rules.top_k - len(self._history))
        best = candidates[np.lexsort((self._order[candidates], rounded))[:width]]
        return int(best[int(self._dice.random() * len(best))])


class Exposure:
    """How often each item of a bank was used, and how often it might have been.

    target: the share of runs no item should exceed, for all or (n,) for each. administered,
    eligible: counts (n,) over the `runs` finished so far, zero for a new bank; runs is one number,
    or (n,) where items joined the bank later. The caller keeps all three. Raises RulesError.
    """

    def __init__(
        self,
        n: int,
        target: npt.ArrayLike,
        *,
        administered: npt.ArrayLike | None = None,
        eligible: npt.ArrayLike | None = None,
        runs: npt.ArrayLike = 0,
    ) -> None:
        self.target = np.asarray(target, dtype=float)
        if not ((self.target > 0) & (self.target <= 1)).all() or self.target.shape not in (
            (),
            (n,),
        ):
            raise RulesError("the target exposure lies in (0, 1]")
        self.administered = _counts("administered", administered, n)
        self.eligible = _counts("eligible", eligible, n)
        self.runs = np.asarray(runs)

    def probabilities(self) -> Array:
        """P(eligible) for the next run, (n,): min(1, rate × eligible / administered).

        van der Linden & Veldkamp (2004), *J. Educ. Behav. Stat.* 29, 273-291: since
        P(used) = P(used | eligible) P(eligible), this holds P(used) at the rate. An item that was
        never used is always eligible. The rate is the target, corrected by what brings an item
        that chance has put above or below it back within HORIZON runs, which the paper's rule
        leaves to luck; no run uses more than 1.2 times the target to catch up.
        """
        surplus = self.administered - self.target * self.runs
        rate = np.clip(self.target - surplus / HORIZON, 0.0, 1.2 * self.target)
        with np.errstate(divide="ignore", invalid="ignore"):
            allowed = rate * self.eligible / self.administered
        return np.asarray(np.where(self.administered > 0, np.minimum(1.0, allowed), 1.0))

    def add(self, run: Placement) -> None:
        """Count a finished run."""
        self.eligible += run.eligible
        self.administered[[item for item, _ in run.history]] += 1
        self.runs = self.runs + 1


def estimate(
    bank: Bank, history: Iterable[tuple[int, float]], *, interval: float = 0.9
) -> tuple[AreaResult, ...]:
    """What these answers show per area, in whatever order and by whatever rule they were asked.

    For answers that were graded again: the selections followed the old scores, the estimate follows
    the new ones.
    """
    return Placement.resume(bank, Rules(min_items=0, interval=interval), 0, history).result()


def _index(item: int, n: int) -> int:
    if not 0 <= item < n:
        raise RunError(f"the bank has no item {item}")
    return int(item)


def _score(correct: bool | float) -> int:
    if correct not in (0, 1):
        raise RunError(f"a score is 0 or 1, not {correct!r}")
    return int(correct)


def _gain(rows: Array, posterior: Array, along: Array) -> Array:
    """Expected fall of each target's posterior variance by each item's answer, (n, k, m).

    The variance explained by a binary answer u: cov(u, target)² / var(u).
    """
    centred = along - posterior[:, None, None] * along.sum(axis=0)
    p = rows @ posterior
    covariance = (rows @ centred.reshape(len(posterior), -1)).reshape(-1, *along.shape[1:])
    return np.asarray(covariance**2 / np.maximum(p * (1.0 - p), 1e-12)[:, None, None])


def _fair_price(bank: Bank, rules: Rules, j: int, eligible: npt.NDArray[np.bool_]) -> float:
    """Worth of the last item asked in area j if items went where they are worth most; 0 if moot.

    With θ known and items taken in order of their information, stopping at se_stop costs a number
    of items at each θ. The price is such that asking everything worth more costs that number on
    average over the prior, N(0, 1). It depends on the items eligible, and is in units of θ².
    """
    if rules.se_stop is None:
        return 0.0
    some = slice(None, None, 5)
    rows = bank._information[j][eligible[bank._members[j]], some]
    best = -np.sort(-rows, axis=0)[: rules.max_per_area or rules.max_items]
    known = 1.0 + np.vstack([np.zeros(best.shape[1]), np.cumsum(best, axis=0)])
    worth = -np.diff(1.0 / known, axis=0)
    weight = np.exp(-0.5 * GRID[some] ** 2)
    budget = float((known[:-1] < rules.se_stop**-2).sum(axis=0) @ weight)
    order = np.argsort(-worth, axis=None)
    spent = np.cumsum(np.broadcast_to(weight, worth.shape).ravel()[order])
    last = min(int(np.searchsorted(spent, budget)), len(order) - 1)
    return float(worth.ravel()[order[last]])


def _expected_drop(information: Array, variance: float) -> Array:
    return np.asarray(variance**2 * information / (1.0 + variance * information))


def _targets(levels: tuple[Array, ...], classify: bool) -> tuple[Array, Array]:
    """What to know about each area, (k, m, g), θ first, and what each counts for, (m,)."""
    k = len(levels)
    theta = np.broadcast_to(GRID, (k, 1, len(GRID)))
    if not classify:
        return theta, np.ones(1)
    most = max(len(shares) for shares in levels) - 1
    above = np.zeros((k, most, len(GRID)))
    for j, shares in enumerate(levels):
        above[j, : len(shares) - 1] = np.cumsum(shares[::-1], axis=0)[::-1][1:]
    return np.concatenate([theta, above], axis=1), np.array([0.0] + [1.0] * most)


def _membership(cuts: tuple[float, ...]) -> Array:
    """Share of each grid cell in each level, (len(cuts) + 1, g).

    A cut usually falls on or between grid points; without the share of the cell on either side
    the probability of a level would be wrong by several points of percentage.
    """
    below = np.array([np.clip((cut - GRID) / STEP + 0.5, 0.0, 1.0) for cut in cuts])
    edges = np.vstack([np.zeros(len(GRID)), below.reshape(-1, len(GRID)), np.ones(len(GRID))])
    return np.asarray(np.diff(edges, axis=0))


def _quantile(posterior: Array, probability: float) -> float:
    cumulative = np.concatenate([[0.0], np.cumsum(posterior)])
    edges = np.concatenate([GRID - STEP / 2, [GRID[-1] + STEP / 2]])
    return float(np.interp(probability, cumulative, edges))


def _column(name: str, values: npt.ArrayLike) -> Array:
    try:
        column = np.array(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise BankError(f"{name} is not an array of numbers") from error
    if column.ndim != 1:
        raise BankError(f"{name} must have one dimension, not {column.ndim}")
    if not np.isfinite(column).all():
        raise BankError(f"{name} of item {int(np.argmin(np.isfinite(column)))} is not finite")
    column.flags.writeable = False
    return column


def _cuts(j: int, values: Sequence[float]) -> tuple[float, ...]:
    cuts = _column(f"cuts of area {j}:", values)
    if (np.diff(cuts) <= 0).any():
        raise BankError(f"cuts of area {j} must ascend: {cuts.tolist()}")
    return tuple(float(cut) for cut in cuts)


def _areas(area: npt.ArrayLike, n: int, k: int) -> npt.NDArray[np.int64]:
    if k == 0:
        raise BankError("cuts must name at least one area, if only with an empty list")
    column = _column("area", area)
    if len(column) != n:
        raise BankError(f"area has {len(column)} entries for {n} items")
    index = column.astype(np.int64)
    if (index != column).any() or (index < 0).any() or (index >= k).any():
        raise BankError(f"area must hold integers 0 to {k - 1}")
    empty = np.flatnonzero(np.bincount(index, minlength=k) == 0)
    if len(empty):
        raise BankError(f"area {int(empty[0])} has no items")
    index.flags.writeable = False
    return index


def _counts(name: str, given: npt.ArrayLike | None, n: int) -> Array:
    counts = np.zeros(n) if given is None else np.array(given, dtype=float)
    if counts.shape != (n,) or not (np.isfinite(counts) & (counts >= 0)).all():
        raise RulesError(f"{name} must be {n} counts")
    return counts


def _eligibility(given: npt.ArrayLike | None, n: int) -> Array:
    if given is None:
        return np.ones(n)
    chances = np.asarray(given, dtype=float)
    if chances.shape != (n,) or not ((chances >= 0) & (chances <= 1)).all():
        raise RunError(f"eligibility must be {n} probabilities")
    return chances
