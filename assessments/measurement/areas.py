"""What the answers in all areas say about each area, exactly, under a one-factor Gaussian prior.

The prior has unit variances and one correlation ρ between every two areas, which is the same as

    θ_j = √ρ g + √(1 − ρ) e_j,      g, e_1 … e_k independent N(0, 1).

Every item belongs to one area, so given g the areas are independent, and the k-dimensional integral
falls apart into one integral over g of k one-dimensional ones (dimension reduction: Gibbons &
Hedeker 1992, *Psychometrika* 57, 423-436; Rijmen 2009 for second-order models). Five areas cost a
few thousand multiplications and nothing is approximated beyond the two grids; the multidimensional
adaptive tests this replaces (Segall 1996, *Psychometrika* 61, 331-354) use a Gaussian
approximation to the posterior instead. The price is that a correlation matrix with unequal entries
cannot be expressed.

The rule on both grids is the trapezoid at equally spaced points, which converges faster than any
power of the step for such smooth integrands. A test compares it with a two-dimensional grid.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .irt import Array

#: Abilities considered, in population standard deviations.
GRID: Array = np.linspace(-5.0, 5.0, 101)
GRID.flags.writeable = False
STEP = float(GRID[1] - GRID[0])

#: Above this the areas are one area, and the grids would be too coarse for the difference.
RHO_MAX = 0.95

_TINY = 1e-300


@dataclass(frozen=True)
class Prior:
    """A one-factor prior laid out on the grids.

    kernel (h, g): mass of θ at each grid point given each value of the common factor; rows sum
    to 1 but for what lies beyond the grid. log_weight (h,): log density of the factor, unscaled.
    """

    kernel: Array
    log_weight: Array

    @classmethod
    def build(cls, areas: int, rho: float) -> Prior:
        """One row is enough when there is nothing to share (one area, or ρ = 0)."""
        if areas == 1 or rho == 0.0:
            factor, rho = np.zeros(1), 0.0
        else:
            # Half the width of the kernel seen as a function of the factor; five areas narrow it.
            step = min(0.4, 0.5 * math.sqrt((1.0 - rho) / rho))
            factor = np.linspace(-6.0, 6.0, 2 * math.ceil(6.0 / step) + 1)
        kernel = np.exp(-0.5 * (GRID - math.sqrt(rho) * factor[:, None]) ** 2 / (1.0 - rho))
        kernel *= STEP / math.sqrt(2.0 * math.pi * (1.0 - rho))
        kernel = np.maximum(kernel, _TINY)  # areas that contradict each other keep a posterior
        log_weight = -0.5 * factor**2
        kernel.flags.writeable = log_weight.flags.writeable = False
        return cls(kernel, log_weight)

    def marginals(self, likelihood: Array) -> Array:
        """Posterior mass of each area on the grid, (k, g), given each area's likelihood (k, g)."""
        marginal = (self._rest(self._evidence(likelihood)) @ self.kernel) * likelihood
        return np.asarray(marginal / marginal.sum(axis=1, keepdims=True))

    def joint(self, likelihood: Array, targets: Array) -> tuple[Array, Array]:
        """Marginals (k, g), and for every area j the means of all targets along its ability.

        targets (k, m, g): functions of each area's own θ that one wants to know about, for
        instance θ itself or membership of a level. The second answer, (k, g, k, m), holds at
        [j, x, l, t] the mass of θ_j = x times E[target t of area l | θ_j = x, answers].
        """
        k, m, _ = targets.shape
        evidence = self._evidence(likelihood)
        rest = self._rest(evidence)
        marginal = (rest @ self.kernel) * likelihood
        total = marginal.sum(axis=1, keepdims=True)
        marginal = marginal / total
        if len(self.log_weight) == 1:
            means = np.einsum("lg,lmg->lm", marginal, targets)
            along = marginal[:, :, None, None] * means
        else:
            given = (likelihood[:, None, :] * targets) @ self.kernel.T / evidence[:, None, :]
            mixed = rest[:, None, None, :] * given
            along = (mixed.reshape(k * k * m, -1) @ self.kernel).reshape(k, k, m, -1)
            along = along * (likelihood / total)[:, None, None, :]
            along = along.transpose(0, 3, 1, 2).copy()
        for j in range(k):
            along[j, :, j, :] = (marginal[j] * targets[j]).T
        return marginal, along

    def _evidence(self, likelihood: Array) -> Array:
        """(k, h): probability of each area's answers given the common factor."""
        return np.asarray(np.maximum(likelihood @ self.kernel.T, _TINY))

    def _rest(self, evidence: Array) -> Array:
        """(k, h): what the *other* areas and the prior say about the factor; rows peak at 1."""
        logs = np.log(evidence)
        rest = self.log_weight + logs.sum(axis=0) - logs
        return np.asarray(np.exp(rest - rest.max(axis=1, keepdims=True)))
