"""The placement rows of the gate table, measured: `python tests/benchmarks/placement.py`.

Every seed draws its own bank of 300 items (a lognormal(.2, .3), b standard normal, 60 % multiple
choice with 3 to 5 options and c = 1/options, the rest c = 0), its own people (θ standard normal;
ρ = .7 between five areas of 60 items) and their answers from the model. Cuts −1, 0, 1. What is
printed is the mean over seeds with its standard error, next to the gate. The distribution of a is
a choice: the gate does not name one, and this one gives catsim 0.21 about 20.5 items at standard
error .30, the figure the gate quotes for it.

Time is the processor's, of everything between the start of a run and its result, divided by the
items asked. Seeds run one after the other; 20 of 1,000 people take ten to fifteen minutes.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the matrices are too small to share
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from assessments.measurement.adaptive import Bank, Exposure, Placement, Rules

CUTS = [-1.0, 0.0, 1.0]
RHO = 0.7
ITEMS = 300

Figures = dict[str, float]


@dataclass(frozen=True)
class Case:
    """One row of the table: how it is run, and what it must reach."""

    title: str
    rules: Rules
    areas: int
    target: float | None
    gates: dict[str, tuple[str, Callable[[float], bool]]]


def at_most(bound: float) -> tuple[str, Callable[[float], bool]]:
    return f"≤ {bound}", lambda value: abs(value) <= bound


def at_least(bound: float) -> tuple[str, Callable[[float], bool]]:
    return f"≥ {bound}", lambda value: value >= bound


def within(low: float, high: float) -> tuple[str, Callable[[float], bool]]:
    return f"{low} to {high}", lambda value: low <= value <= high


SPEED = at_most(0.7)
ABILITY = Rules(se_stop=0.30, certainty_stop=None)
CASES = (
    Case(
        "one area, SE < .30, target exposure .25",
        ABILITY,
        areas=1,
        target=0.25,
        gates={
            "RMSE": at_most(0.295),
            "bias": at_most(0.02),
            "coverage": within(0.88, 0.92),
            "items": at_most(25.5),
            "top exposure": at_most(0.31),
            "CPU ms an item": SPEED,
        },
    ),
    Case(
        "one area, SE < .30, no exposure limit",
        ABILITY,
        areas=1,
        target=None,
        gates={"RMSE": at_most(0.286), "items": at_most(18.4), "CPU ms an item": SPEED},
    ),
    Case(
        "five areas, 50 items",
        Rules(min_items=50, max_items=50),
        areas=5,
        target=None,
        gates={"level accuracy": at_least(0.745), "CPU ms an item": SPEED},
    ),
    Case(
        "five areas, 30 items",
        Rules(min_items=30, max_items=30),
        areas=5,
        target=None,
        gates={"level accuracy": at_least(0.70), "CPU ms an item": SPEED},
    ),
)


def draw_bank(rng: np.random.Generator, areas: int) -> Bank:
    choice = rng.random(ITEMS) < 0.6
    return Bank(
        a=rng.lognormal(0.2, 0.3, ITEMS),
        b=rng.normal(0.0, 1.0, ITEMS),
        c=np.where(choice, 1 / rng.integers(3, 6, ITEMS), 0.0),
        area=np.arange(ITEMS) % areas,
        cuts=[CUTS] * areas,
        rho=RHO,
    )


def draw_people(rng: np.random.Generator, n: int, areas: int) -> np.ndarray:
    own = rng.normal(size=(n, areas))
    if areas == 1:
        return own
    return np.sqrt(RHO) * rng.normal(size=(n, 1)) + np.sqrt(1 - RHO) * own


def simulate(case: Case, seed: int, people: int) -> Figures:
    """One seed. `SE` is the root mean posterior variance: the RMSE without the luck of the draw."""
    rng = np.random.default_rng([seed, case.areas])
    bank = draw_bank(rng, case.areas)
    truth = draw_people(rng, people, case.areas)
    exposure = Exposure(len(bank), case.target or 1.0)
    error, variance, covered, right = (np.zeros_like(truth) for _ in range(4))
    seconds = 0.0
    for p, theta in enumerate(truth):
        at = bank.a * (theta[bank.area] - bank.b)
        answers = rng.random(ITEMS) < bank.c + (1 - bank.c) / (1 + np.exp(-at))
        began = time.process_time()
        chances = exposure.probabilities() if case.target else None
        run = Placement.start(bank, case.rules, seed=seed * people + p, eligibility=chances)
        while (item := run.next_item()) is not None:
            run.record(item, answers[item])
        areas = run.result()
        seconds += time.process_time() - began
        exposure.add(run)
        error[p] = [area.theta for area in areas] - theta
        variance[p] = [area.se**2 for area in areas]
        covered[p] = [
            area.interval[0] <= t <= area.interval[1] for area, t in zip(areas, theta, strict=True)
        ]
        right[p] = [area.level for area in areas] == np.searchsorted(CUTS, theta, side="right")
    asked = exposure.administered.sum()
    return {
        "RMSE": float(np.sqrt((error**2).mean())),
        "SE": float(np.sqrt(variance.mean())),
        "bias": float(error.mean()),
        "coverage": float(covered.mean()),
        "level accuracy": float(right.mean()),
        "items": float(asked / people),
        "top exposure": float(exposure.administered.max() / people),
        "CPU ms an item": float(1000 * seconds / asked),
    }


def report(case: Case, seeds: list[Figures]) -> None:
    print(f"\n{case.title}")
    for name in seeds[0]:
        values = np.array([figures[name] for figures in seeds])
        mean, spread = values.mean(), values.std(ddof=1) if len(values) > 1 else np.nan
        bound, reached = case.gates.get(name, ("", None))
        verdict = "" if reached is None else "reached" if reached(mean) else "MISSED"
        standard_error = spread / np.sqrt(len(values))
        print(f"  {name:<16}{mean:8.4f} ± {standard_error:.4f}   {bound:<14}{verdict}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20, help="banks and samples of people")
    parser.add_argument("--first-seed", type=int, default=0, help="other banks, other people")
    parser.add_argument("--people", type=int, default=1000, help="people per seed")
    parser.add_argument("--case", type=int, choices=range(1, len(CASES) + 1), help="one row only")
    given = parser.parse_args()
    chosen = CASES if given.case is None else (CASES[given.case - 1],)
    for case in chosen:
        seeds = range(given.first_seed, given.first_seed + given.seeds)
        report(case, [simulate(case, seed, given.people) for seed in seeds])


if __name__ == "__main__":
    main()
