"""Work that courses owe."""

from celery import shared_task

from courses import services


@shared_task
def sweep_completions(after: int = 0) -> None:
    """Complete what a change of the outline left complete, page by page."""
    following = services.complete_due(after=after)
    if following is not None:
        sweep_completions.delay(following)
