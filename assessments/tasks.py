"""Work that assessments owe."""

from celery import shared_task

from assessments import (
    calibrating,
    import_jobs,
    item_statistics,
    regrading,
    reviews,
    services,
    simulations,
)
from assessments.models import ItemBank


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


@shared_task(acks_late=True)
def calibrate_bank(pk: int) -> None:
    """One calibration. Safe to run twice: only the holder of the lease keeps anything."""
    calibrating.run_calibration(pk)


@shared_task
def calibrate_banks() -> int:
    """Every night: calibrate the banks that have enough new answers, one task each."""
    for bank in ItemBank.objects.order_by("pk"):
        if calibrating.is_due(bank):
            calibrating.ask_calibration(bank)
    owed = calibrating.owed_calibrations()
    for pk in owed:
        calibrate_bank.delay(pk)
    return len(owed)


@shared_task(acks_late=True)
def work_out_statistics(pk: int) -> None:
    """The figures of one bank or assessment. Safe to run twice."""
    item_statistics.run_statistics(pk)


@shared_task
def sweep_statistics() -> int:
    """Every night: the figures of whatever has new answers, one task each."""
    item_statistics.ask_what_is_behind()
    owed = item_statistics.owed_statistics()
    for pk in owed:
        work_out_statistics.delay(pk)
    return len(owed)


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
