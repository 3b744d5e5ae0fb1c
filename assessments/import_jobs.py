"""Files that somebody uploads into a bank: kept, read, shown, imported when they say so.

A row of `ImportJob` is the owed work, done at once where it is small and by a worker where it is
not. A worker killed at any point leaves the row to the sweep; importing again what was imported
already changes nothing.
"""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import override

from academy.core.clock import now
from academy.core.errors import AcademyError, Conflict
from academy.people.models import User
from assessments.exchange.model import REFUSED
from assessments.importing import NEW, UPDATED, Choices, ImportReport, apply_import, plan_import
from assessments.models import ImportJob, ItemBank

#: The longest that a task may run (`CELERY_TASK_TIME_LIMIT`): then another takes the work over.
LEASE = timedelta(minutes=11)
KEPT = timedelta(days=7)
MAX_TRIES = 3
#: What is larger is read and imported by a worker.
AT_ONCE_BYTES = 1 << 18
AT_ONCE_QUESTIONS = 50

Step, State = ImportJob.Step, ImportJob.State
log = structlog.get_logger(__name__)


def receive(
    *, owner: User, bank: ItemBank, name: str, data: bytes, language: str, choices: Choices
) -> ImportJob:
    """Keep a file to be read. Raises `AcademyError` where it is empty or too large."""
    if not data:
        raise AcademyError(_("The file is empty."))
    if len(data) > settings.IMPORT_MAX_BYTES:
        raise AcademyError(
            _("The file is larger than %(most)d MB.") % {"most": settings.IMPORT_MAX_BYTES >> 20}
        )
    job = ImportJob(
        owner=owner,
        bank=bank,
        file_name=name.replace("\\", "/").rpartition("/")[2][:200] or "file",
        interface_language=language,
        choices=choices.__dict__,
        expires_at=now() + KEPT,
    )
    job.file.save(f"{job.uuid}.bin", ContentFile(data), save=False)
    job.save()
    return job


def is_small(job: ImportJob) -> bool:
    """Whether the step that is owed is done while the person waits."""
    if job.file.size > AT_ONCE_BYTES:
        return False
    return job.step == Step.READ or job.expected <= AT_ONCE_QUESTIONS


def ask(job: ImportJob, step: str, choices: Choices) -> ImportJob:
    """Owe another step: to read again with other choices, or to import.

    Compare-and-set: of two clicks, or of two tabs, one is heard. Raises `Conflict` for the other.
    """
    rows = ImportJob.objects.filter(pk=job.pk, step=Step.READ, state__in=[State.DONE, State.FAILED])
    won = rows.update(
        step=step,
        state=State.PENDING,
        choices=choices.__dict__,
        tries=0,
        written=0,
        owed_since=now(),
    )
    job.refresh_from_db()
    if not won:
        raise Conflict(_("This file is being read or has been imported already."))
    return job


def claim(pk: int, *, at: datetime | None = None) -> ImportJob | None:
    """Take the work for as long as the lease lasts; None when another has it."""
    at, who = at or now(), uuid.uuid4()
    rows = ImportJob.objects.filter(pk=pk)
    lost = rows.filter(state=State.CLAIMED, lease_until__lt=at)
    lost.filter(tries__gte=MAX_TRIES).update(
        state=State.FAILED, problem=_("It was tried several times and never came to an end.")
    )
    won = rows.filter(Q(state=State.PENDING) | Q(state=State.CLAIMED, lease_until__lt=at)).update(
        state=State.CLAIMED, claimed_by=who, lease_until=at + LEASE, tries=F("tries") + 1
    )
    return ImportJob.objects.select_related("owner", "bank").get(pk=pk) if won else None


def run(pk: int, *, at: datetime | None = None) -> ImportJob | None:
    """Do the step that is owed. Safe to run twice: only the holder of the claim can finish it."""
    job = claim(pk, at=at)
    if job is None:
        return None
    mine = ImportJob.objects.filter(pk=pk, state=State.CLAIMED, claimed_by=job.claimed_by)

    def tick(count: int) -> None:
        if count % 10 == 0:
            mine.update(written=count, lease_until=now() + LEASE)

    with override(job.interface_language):
        try:
            report = _do(job, tick)
            done = {"state": State.DONE, "report": report, "problem": ""}
            done["expected"] = sum(report["counts"][name] for name in (NEW, UPDATED))
            done["written"] = done["expected"]
        except AcademyError as error:
            done = {"state": State.FAILED, "problem": error.message}
        except FileNotFoundError:
            done = {"state": State.FAILED, "problem": _("The file is gone. Upload it again.")}
        except Exception:
            log.exception("import_failed", job=str(job.uuid), tries=job.tries)
            done = {
                "state": State.FAILED,
                "problem": _("The file could not be read. Tell your operator: %(name)s")
                % {"name": job.uuid},
            }
    mine.update(**done)
    job.refresh_from_db()
    return job


def _do(job: ImportJob, tick: Callable[[int], None]) -> dict:
    choices = Choices.from_json(job.choices)
    what = {"name": job.file_name, "data": file_of(job), "bank": job.bank, "choices": choices}
    report: ImportReport
    if job.step == Step.READ:
        report = plan_import(**what)
    else:
        report = apply_import(**what, user=job.owner, tick=tick)
    return report.as_json()


def file_of(job: ImportJob) -> bytes:
    with job.file.open("rb") as file:
        return file.read()


def is_importable(job: ImportJob) -> bool:
    """Whether there is something to import."""
    if job.step != Step.READ or job.state != State.DONE:
        return False
    counts = job.report.get("counts", {})
    return bool(counts.get(NEW) or counts.get(UPDATED) or counts.get(REFUSED))


def owed(*, at: datetime | None = None, limit: int = 50) -> list[int]:
    """Work whose message was lost or whose worker died, oldest first."""
    at = at or now()
    rows = ImportJob.objects.filter(
        Q(state=State.PENDING, owed_since__lt=at - timedelta(seconds=10))
        | Q(state=State.CLAIMED, lease_until__lt=at)
    )
    return list(rows.order_by("owed_since").values_list("pk", flat=True)[:limit])


def remove_expired(*, at: datetime | None = None) -> int:
    """Remove files and reports whose time is over; what was imported stays."""
    count = 0
    for job in ImportJob.objects.filter(expires_at__lte=at or now()).order_by("pk").iterator():
        with transaction.atomic():
            job.file.delete(save=False)
            job.delete()
        count += 1
    return count
