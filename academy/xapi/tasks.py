"""Tasks of the learning record store."""

from celery import shared_task

from academy.core.clock import now
from academy.xapi import erasure, forwarding, partitions, retention
from academy.xapi.services import destinations


@shared_task(name="academy.xapi.tasks.forward_statements")
def forward_statements() -> None:
    """Deliver what is owed to every destination. Beat runs it; running it twice at once is safe."""
    for destination in destinations():
        forwarding.forward(destination)


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
