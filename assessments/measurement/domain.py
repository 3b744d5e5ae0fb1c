"""The share of points that somebody of an ability is expected to get over a set of items.

The domain score: Bock, Thissen & Zimowski (1997), *Journal of Educational Measurement* 34, 197-211.
It puts whoever was asked a few adaptive items on the scale of those who were asked a random draw of
the same items, so that both can be held against one cut score.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .adaptive import AreaResult, Bank, Placement, Rules
from .irt import probability

_LOWEST, _HIGHEST = -4.0, 4.0


def domain_score(theta: float, a: npt.ArrayLike, b: npt.ArrayLike, c: npt.ArrayLike) -> float:
    """Σ P_i(θ) / n: the test characteristic curve, 0 to 1."""
    columns = [np.asarray(one, dtype=float) for one in (a, b, c)]
    return float(probability(theta, *columns).mean())


def ability_at(share: float, a: npt.ArrayLike, b: npt.ArrayLike, c: npt.ArrayLike) -> float | None:
    """The ability at which the domain score is `share`; None where no ability in [-4, 4] has it."""
    low, high = _LOWEST, _HIGHEST
    if not domain_score(low, a, b, c) < share < domain_score(high, a, b, c):
        return None
    for _step in range(60):
        middle = (low + high) / 2
        if domain_score(middle, a, b, c) < share:
            low = middle
        else:
            high = middle
    return round((low + high) / 2, 6)


class _Told(Placement):
    """A run that asks what it is told to."""

    told: list[int]

    def next_item(self) -> int | None:
        asked = len(self.history)
        return self.told[asked] if asked < len(self.told) else None


def estimate(
    bank: Bank, rules: Rules, history: Sequence[tuple[int, float]]
) -> tuple[AreaResult, ...]:
    """What these answers show, in whatever way their items were selected.

    A run is replayed by the scores that steered it. Once a score is changed, or an answer left out,
    the engine would have asked something else; the posterior given the answers there are does not
    depend on how they were selected (ignorable selection: Mislevy & Chang 2000, *Psychometrika* 65,
    149-156).
    """
    run = _Told.start(bank, rules, seed=0)
    run.told = [item for item, _score in history]
    for item, score in history:
        run.record(item, score)
    return run.result()
