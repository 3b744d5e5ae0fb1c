"""Work that assessments owe."""

from celery import shared_task

from assessments import reviews, services


@shared_task
def sweep_overdue_attempts() -> int:
    """Submit attempts whose time is over."""
    return services.submit_overdue()


@shared_task
def sweep_second_forms() -> int:
    """Finish second forms whose day has passed with what was answered."""
    return reviews.finish_second_forms()
