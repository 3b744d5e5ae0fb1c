"""Work that the admin's pages owe."""

from celery import shared_task

from cms import placement_reviews


@shared_task
def remind_of_reviews() -> int:
    """Remind trainers of contested placements that are overdue."""
    return placement_reviews.remind()
