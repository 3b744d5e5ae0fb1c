"""Tasks of the learning record store."""

from celery import shared_task

from academy.xapi import forwarding
from academy.xapi.services import destinations


@shared_task(name="academy.xapi.tasks.forward_statements")
def forward_statements() -> None:
    """Deliver what is owed to every destination. Beat runs it; running it twice at once is safe."""
    for destination in destinations():
        forwarding.forward(destination)
