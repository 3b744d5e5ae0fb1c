"""Work that courses owe."""

from celery import shared_task

from courses import plans, services


@shared_task
def sweep_completions(after: int = 0) -> None:
    """Complete what a change of the outline left complete, page by page."""
    following = services.complete_due(after=after)
    if following is not None:
        sweep_completions.delay(following)


@shared_task
def sweep_plans(after: int = 0) -> None:
    """Make anew the plans that a change of position or profile left behind, page by page."""
    following = plans.renew_owed(after=after)
    if following is not None:
        sweep_plans.delay(following)
