"""Work that assessments owe."""

from celery import shared_task

from assessments import regrading, services


@shared_task
def sweep_overdue_attempts() -> int:
    """Submit attempts whose time is over."""
    return services.submit_overdue()


@shared_task
def apply_regrade(pk: int) -> None:
    """Apply a decided regrade, so many attempts a turn, that no other work has to wait for it."""
    if regrading.apply_some(pk):
        apply_regrade.delay(pk)


@shared_task
def sweep_regrades() -> None:
    """Take up regrades whose message was lost or whose worker died."""
    for pk in regrading.owed_regrades():
        apply_regrade.delay(pk)
