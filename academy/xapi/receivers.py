"""What follows from news of the learning record store."""

from django.db import transaction
from django.dispatch import receiver

from academy.xapi import tasks
from academy.xapi.signals import statements_owed


@receiver(statements_owed)
def deliver_soon(names: set[str], **kwargs) -> None:
    """Start a delivery once the statements are there to be delivered."""
    transaction.on_commit(lambda: [tasks.wake(name) for name in sorted(names)], robust=True)
