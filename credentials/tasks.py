"""Work that credentials owe."""

from celery import shared_task

from credentials import services


@shared_task(acks_late=True)
def issue_credential(pk: int) -> None:
    """Make one document. Safe to run twice: only the holder of the claim can issue."""
    services.issue_credential(pk)


@shared_task
def sweep_credentials() -> int:
    """Queue again what a lost message or a dead worker left behind."""
    owed = services.owed_credentials()
    for pk in owed:
        issue_credential.delay(pk)
    return len(owed)
