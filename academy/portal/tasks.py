"""Copies of records that are owed to people."""

from celery import shared_task

from academy.portal import export


@shared_task(acks_late=True)
def make_export(pk: int) -> None:
    """Make one copy. Safe to run twice: only the holder of the claim can finish it."""
    export.make_export(pk)


@shared_task
def sweep_exports() -> int:
    """Queue again what a lost message or a dead worker left behind, and remove what has expired."""
    owed = export.owed_exports()
    for pk in owed:
        make_export.delay(pk)
    export.remove_expired()
    return len(owed)
