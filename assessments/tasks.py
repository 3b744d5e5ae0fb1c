"""Work that assessments owe."""

from celery import shared_task

from assessments import reviews, services, simulations


@shared_task
def sweep_overdue_attempts() -> int:
    """Submit attempts whose time is over."""
    return services.submit_overdue()


@shared_task
def sweep_second_forms() -> int:
    """Finish second forms whose day has passed with what was answered."""
    return reviews.finish_second_forms()


@shared_task(acks_late=True)
def run_simulation(pk: int) -> None:
    """Make one simulation. Safe to run twice: only the holder of the claim can finish it."""
    simulations.run_simulation(pk)


@shared_task
def sweep_simulations() -> int:
    """Queue again what a lost message or a dead worker left behind."""
    owed = list(simulations.owed_simulations())
    for pk in owed:
        run_simulation.delay(pk)
    return len(owed)
