"""Work that assessments owe."""

from celery import shared_task

from assessments import services


@shared_task
def sweep_overdue_attempts() -> int:
    """Submit attempts whose time is over."""
    return services.submit_overdue()
