"""Tasks of the learning record store."""

from time import monotonic

import structlog
from celery import shared_task
from kombu.exceptions import OperationalError

from academy.core.clock import now
from academy.xapi import destinations, erasure, forwarding, partitions, retention

WAKE_AFTER = 1.0  # seconds: one message for all that is stored meanwhile
BROKER_AWAY = 30.0
EXPIRES = 600  # what waits longer than that in a queue, the sweep has long asked for again

log = structlog.get_logger(__name__)
_woken: dict[str, float] = {}


def wake(name: str) -> None:
    """Start a delivery in a moment. At most one message a second from each process.

    Where no broker answers, none is asked for half a minute: the sweep finds what is owed.
    """
    at = monotonic()
    if at < _woken.get(name, 0.0):
        return
    _woken[name] = at + WAKE_AFTER
    try:
        forward_to.apply_async((name,), countdown=WAKE_AFTER, expires=EXPIRES, retry=False)
    except (OperationalError, OSError) as error:
        _woken[name] = at + BROKER_AWAY
        log.warning("delivery_not_queued", destination=name, error=str(error))


@shared_task(name="academy.xapi.tasks.forward_to")
def forward_to(name: str) -> None:
    """Deliver what is owed to one destination; what is left after a while goes to the next turn,
    so that no destination keeps a worker from the others."""
    if forwarding.forward(name).more:
        forward_to.apply_async((name,), expires=EXPIRES)


@shared_task(name="academy.xapi.tasks.forward_statements")
def forward_statements() -> None:
    """Start a delivery for every destination that is owed something, those that answer first."""
    for destination in sorted(destinations.usable(), key=lambda one: (one.failures, one.name)):
        destinations.close_gap(destination)
        if forwarding.is_due(destination.name, now()):
            forward_to.apply_async((destination.name,), expires=EXPIRES)


@shared_task(name="academy.xapi.tasks.make_partitions")
def make_partitions() -> None:
    """Keep a year of months ready. Beat runs it; running it twice at once is safe."""
    partitions.make_partitions(on=now().date())


@shared_task(name="academy.xapi.tasks.sweep_erasures")
def sweep_erasures() -> None:
    """Finish the erasures that a stopped process left behind."""
    for one in erasure.unfinished():
        erasure.carry_on(one)


@shared_task(name="academy.xapi.tasks.purge_statements")
def purge_statements() -> None:
    """Remove what is over, a bounded part a run."""
    retention.purge(max_batches=200)
