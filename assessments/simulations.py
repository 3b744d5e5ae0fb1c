"""Simulated placements: asked for by trainers, made by a task, kept as rows."""

import secrets
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db.models import F, Q, QuerySet

from academy.core.clock import now
from academy.core.errors import AcademyError
from academy.people.models import User
from assessments.measurement.simulation import Simulated, simulate
from assessments.measurement.skipping import DECIDE_CERTAINTY, SKIP_CERTAINTY
from assessments.models import Assessment, ItemBank, Simulation
from assessments.placement import (
    Pool,
    checked_bank,
    pool_of,
    pool_of_banks,
    rules_for,
)

LEASE = timedelta(minutes=5)
MAX_TRIES = 3
#: More people say little more and take longer: a thousand take a minute or two.
MOST_PEOPLE = 5000

State = Simulation.State
log = structlog.get_logger(__name__)


def simulate_pool(
    pool: Pool,
    *,
    fewest: int,
    most: int,
    target: float,
    n: int,
    seed: int,
    tick=lambda done: None,
) -> tuple[dict[str, Any], Simulated]:
    """A simulation and what its areas are, ready to keep as JSON."""
    bank = checked_bank(pool)
    simulated = simulate(
        bank,
        rules_for(len(pool.cuts), fewest=fewest, most=most),
        n=n,
        seed=seed,
        target=pool.targets(target, most),
        threshold=SKIP_CERTAINTY,
        decided=DECIDE_CERTAINTY,
        tick=tick,
    )
    result = simulated.as_json()
    result["exposure"]["asked"] = target
    for area, competency, calibrated in zip(
        result["areas"], pool.competencies, pool.calibrated, strict=True
    ):
        area["competency"] = competency.ref
        area["title"] = dict(competency.title)
        area["calibrated"] = calibrated
    return result, simulated


def _of(assessment: Assessment | None, banks: list[ItemBank]) -> tuple[Pool, dict]:
    """The pool, and the rules that it is simulated by: those of a new placement where there is
    none."""
    rules = assessment or Assessment()
    pool = pool_of(assessment) if assessment else pool_of_banks(banks)
    return pool, {
        "fewest": rules.min_items,
        "most": rules.max_items,
        "target": float(rules.exposure_target),
    }


def simulate_now(
    *, assessment: Assessment | None = None, banks: list[ItemBank] | None = None, n: int, seed: int
) -> dict[str, Any]:
    """At once, in the caller's process. `AcademyError` when there is nothing to simulate."""
    pool, rules = _of(assessment, banks or [])
    return simulate_pool(pool, **rules, n=n, seed=seed)[0]


def ask_for_simulation(
    *,
    by: User,
    assessment: Assessment | None = None,
    bank: ItemBank | None = None,
    people: int,
    at: datetime | None = None,
) -> Simulation:
    """Owe a simulation. `AcademyError` at once for a bank or placement that cannot be simulated."""
    checked_bank(_of(assessment, [bank] if bank else [])[0])
    return Simulation.objects.create(
        assessment=assessment,
        bank=bank,
        people=min(max(people, 1), MOST_PEOPLE),
        seed=secrets.randbits(20),
        asked_by=by,
        asked_at=at or now(),
    )


class _Lost(Exception):
    """Another worker has the work now."""


def run_simulation(pk: int, *, at: datetime | None = None) -> Simulation | None:
    """Claim, simulate, keep. Compare-and-set, as for copies of records: of two workers one wins, and
    one that was killed leaves the row to the sweep."""
    at = at or now()
    rows = Simulation.objects.filter(pk=pk)
    free = Q(state=State.PENDING) | Q(state=State.RUNNING, leased_until__lt=at)
    if not rows.filter(free).update(
        state=State.RUNNING, leased_until=at + LEASE, tries=F("tries") + 1, done=0
    ):
        return None
    simulation = rows.select_related("assessment", "bank").get()
    mine = rows.filter(state=State.RUNNING, tries=simulation.tries)

    def tick(done: int) -> None:
        if not mine.update(done=done, leased_until=now() + LEASE):
            raise _Lost

    try:
        pool, rules = _of(simulation.assessment, [simulation.bank] if simulation.bank else [])
        result, _figures = simulate_pool(
            pool, **rules, n=simulation.people, seed=simulation.seed, tick=tick
        )
    except _Lost:
        return None
    except AcademyError as refused:
        mine.update(state=State.FAILED, problem=refused.message, done_at=now())
        return None
    except Exception:
        log.exception("simulation_failed", simulation=str(simulation.uuid))
        failed = simulation.tries >= MAX_TRIES
        mine.update(state=State.FAILED if failed else State.PENDING, leased_until=None)
        return None
    mine.update(state=State.DONE, result=result, done=simulation.people, done_at=now())
    simulation.refresh_from_db()
    return simulation


def owed_simulations(*, at: datetime | None = None) -> QuerySet:
    """What a lost message or a dead worker left behind."""
    at = at or now()
    lost = Simulation.objects.filter(state=State.RUNNING, leased_until__lt=at)
    lost.filter(tries__gte=MAX_TRIES).update(state=State.FAILED, done_at=at)
    waiting = Q(state=State.PENDING, asked_at__lt=at - timedelta(minutes=1))
    return (
        Simulation.objects.filter(waiting | Q(state=State.RUNNING, leased_until__lt=at))
        .order_by("pk")
        .values_list("pk", flat=True)[:20]
    )
