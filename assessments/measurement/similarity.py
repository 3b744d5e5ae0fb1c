"""How alike the wrong answers of two people are, against what chance explains.

Error-similarity analysis (Bellezza & Bellezza 1989, Teaching of Psychology 16(3): 151-155): of the items
that both answered wrongly, how many have the same wrong answer? Each such item counts as a trial of its
own, so the number of matches has the exact distribution of the generalized binomial test (van der Linden &
Sotaridona 2006, doi:10.3102/10769986031003283). The chance of a match on item i is the sum over its wrong
answers k of (n_ik / n_i)², the shares among all who got it wrong: the pair itself included, which errs on
the side of saying nothing. A pair stands out when fewer than `EXPECTED` such pairs would be expected among
all that were compared (Bonferroni, as Wesolowsky 2000, doi:10.1080/02664760050120588, has it).

Only wrong answers count: that two people both know something says nothing.
"""

from dataclasses import dataclass

import numpy as np

#: How many pairs that stand out by chance alone are borne in the whole group.
EXPECTED = 0.01
#: Fewer identical wrong answers than this are never spoken of.
FEWEST = 4


@dataclass(frozen=True)
class Pair:
    """Two rows that stand out. `expected` is the mean of the matches by chance, `probability` that of
    at least so many; `by_chance` how many such pairs chance makes among all that were compared."""

    first: int
    second: int
    both_wrong: int
    identical: int
    expected: float
    probability: float
    by_chance: float


def match_chances(wrong: np.ndarray) -> np.ndarray:
    """For each item, the chance that two who got it wrong gave the same answer. `wrong` (people ×
    items) holds 0 for what is not compared, else a number for each wrong answer of the item."""
    chances = np.zeros(wrong.shape[1])
    for item, column in enumerate(wrong.T):
        counts = np.unique(column[column > 0], return_counts=True)[1]
        if counts.size:
            chances[item] = ((counts / counts.sum()) ** 2).sum()
    return chances


def at_least(matches: int, chances: np.ndarray) -> float:
    """P(M ≥ matches) for a sum of independent trials with these chances, by convolution."""
    distribution = np.ones(1)
    for chance in chances:
        distribution = np.convolve(distribution, (1 - chance, chance))
    return float(min(1.0, max(0.0, distribution[matches:].sum())))


def similar_pairs(wrong: np.ndarray) -> tuple[list[Pair], int]:
    """The pairs that stand out, the least likely first, and how many pairs were compared: those that
    got at least `FEWEST` of the same items wrong."""
    wrong = np.asarray(wrong, dtype=np.int64)
    if wrong.size == 0:
        return [], 0
    chances = match_chances(wrong)
    is_wrong = (wrong > 0).astype(np.float32)
    both = is_wrong @ is_wrong.T
    same = np.zeros_like(both)
    for column in wrong.T:
        for answer in np.unique(column[column > 0]):
            gave = np.flatnonzero(column == answer)
            same[np.ix_(gave, gave)] += 1
    expected = (is_wrong * chances) @ is_wrong.T
    spread = np.sqrt((is_wrong * chances * (1 - chances)) @ is_wrong.T)
    above = np.triu(np.ones_like(both, dtype=bool), k=1)
    compared = int(((both >= FEWEST) & above).sum())
    # The exact tail is reckoned only where it can be small: two deviations above the mean.
    look = above & (same >= FEWEST) & (same - expected > 2 * spread)
    pairs = []
    for first, second in zip(*np.nonzero(look), strict=True):
        shared = (wrong[first] > 0) & (wrong[second] > 0)
        matches = int(same[first, second])
        probability = at_least(matches, chances[shared])
        if probability * compared < EXPECTED:
            pairs.append(
                Pair(
                    int(first),
                    int(second),
                    int(both[first, second]),
                    matches,
                    float(chances[shared].sum()),
                    probability,
                    probability * compared,
                )
            )
    return sorted(pairs, key=lambda pair: pair.probability), compared
