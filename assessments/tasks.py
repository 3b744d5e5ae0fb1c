"""Work that assessments owe."""

from celery import shared_task

from assessments import import_jobs, services


@shared_task
def sweep_overdue_attempts() -> int:
    """Submit attempts whose time is over."""
    return services.submit_overdue()


@shared_task(acks_late=True)
def run_import(pk: int) -> None:
    """Read or import one file. Safe to run twice: only the holder of the claim can finish it."""
    import_jobs.run(pk)


@shared_task
def sweep_imports() -> int:
    """Queue again what a lost message or a dead worker left behind, and remove what has expired."""
    owed = import_jobs.owed()
    for pk in owed:
        run_import.delay(pk)
    import_jobs.remove_expired()
    return len(owed)
