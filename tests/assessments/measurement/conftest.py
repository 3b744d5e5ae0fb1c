"""A bank like those of the gate table, and people who answer as the model says."""

from collections.abc import Callable

import numpy as np
import pytest

from assessments.measurement.adaptive import Bank, Placement

CUTS = [-1.0, 0.0, 1.0]


@pytest.fixture(scope="session")
def make_bank() -> Callable[..., Bank]:
    def make(n: int = 300, areas: int = 1, seed: int = 1, rho: float = 0.7) -> Bank:
        rng = np.random.default_rng(seed)
        choice = rng.random(n) < 0.6
        return Bank(
            a=rng.lognormal(0.2, 0.3, n),
            b=rng.normal(0.0, 1.0, n),
            c=np.where(choice, 1 / rng.integers(3, 6, n), 0.0),
            area=np.arange(n) % areas,
            cuts=[CUTS] * areas,
            rho=rho,
        )

    return make


@pytest.fixture(scope="session")
def bank(make_bank) -> Bank:
    return make_bank()


@pytest.fixture(scope="session")
def five_areas(make_bank) -> Bank:
    return make_bank(areas=5)


@pytest.fixture(scope="session")
def answer() -> Callable[..., Placement]:
    def run_to_the_end(run: Placement, reply: Callable[[int], bool | float]) -> Placement:
        while (item := run.next_item()) is not None:
            run.record(item, reply(item))
        return run

    return run_to_the_end


@pytest.fixture(scope="session")
def person() -> Callable[..., Callable[[int], bool]]:
    """person(bank, theta, seed) answers by the 3PL; theta has one entry per area."""

    def make(bank: Bank, theta, seed: int) -> Callable[[int], bool]:
        rng = np.random.default_rng(seed)

        def reply(item: int) -> bool:
            z = bank.a[item] * (theta[bank.area[item]] - bank.b[item])
            p = bank.c[item] + (1 - bank.c[item]) / (1 + np.exp(-z))
            return bool(rng.random() < p)

        return reply

    return make
