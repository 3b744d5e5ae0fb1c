"""How long statements are kept, by what they are good for; removing them when the time is over.

| class | what | kept |
|---|---|---|
| trace | that something was looked at, opened, paused or left | `RETENTION_TRACE_MONTHS` |
| answer | single answers, comments and reactions | `RETENTION_ANSWER_MONTHS` |
| evidence | everything else: what competencies, plans and certificates rest on | `RETENTION_EVIDENCE_MONTHS`, and in any case while the person has an active account |

0 months: for ever. Counted from `stored`. A statement that is still owed to another store stays. Its
key stays too when a statement goes: the id is taken, so that nothing purged comes back by being sent
again.

On PostgreSQL a month in which everything is over is dropped whole; all else is deleted in batches.
Each run is written down (`Purge`).
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from uuid import UUID

import structlog
from dateutil.relativedelta import relativedelta
from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.db.models import Q, TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from academy.core.clock import now
from academy.people.models import Identity, User
from academy.xapi.erasure import remove_attachments
from academy.xapi.models import (
    OutboxEntry,
    Purge,
    Statement,
    StatementAttachment,
    StatementReference,
    StatementTerm,
    account_key,
    agent_key,
)
from academy.xapi.partitions import (
    LOCK_TIMEOUT,
    bounds_of,
    month_after,
    months_of,
    partition_name,
    partitioned_tables,
)
from academy.xapi.vocabulary import adl, tincan

BATCH = 500
OWED = (OutboxEntry.State.PENDING, OutboxEntry.State.CLAIMED)

log = structlog.get_logger(__name__)


class Retention(TextChoices):
    TRACE = "trace", _("traces of use")
    ANSWER = "answer", pgettext_lazy("retention class", "answers")
    EVIDENCE = "evidence", _("evidence")


VERBS = {
    Retention.TRACE: {
        verb.id
        for verb in (
            adl.EXITED,
            adl.EXPERIENCED,
            adl.INTERACTED,
            adl.LAUNCHED,
            adl.PREFERRED,
            adl.PROGRESSED,
            adl.RESUMED,
            adl.SUSPENDED,
            adl.TERMINATED,
            tincan.DOWNLOADED,
            tincan.VIEWED,
        )
    },
    Retention.ANSWER: {
        verb.id for verb in (adl.ANSWERED, adl.COMMENTED, adl.RESPONDED, adl.SHARED)
    },
}


def class_of(verb: str) -> Retention:
    """The class of a statement's verb. What nobody knows is kept as long as anything is."""
    return next((one for one, verbs in VERBS.items() if verb in verbs), Retention.EVIDENCE)


def limits(at: datetime) -> dict[Retention, datetime]:
    """By class, the instant before which what was stored is over; without classes kept for ever."""
    months = {
        Retention.TRACE: settings.RETENTION_TRACE_MONTHS,
        Retention.ANSWER: settings.RETENTION_ANSWER_MONTHS,
        Retention.EVIDENCE: settings.RETENTION_EVIDENCE_MONTHS,
    }
    return {one: at - relativedelta(months=count) for one, count in months.items() if count}


@dataclass
class Report:
    """What a run removed, or would remove: statements by class, and months dropped whole."""

    limits: dict[Retention, datetime]
    statements: Counter = field(default_factory=Counter)
    partitions: list[str] = field(default_factory=list)


def purge(
    *, at: datetime | None = None, dry_run: bool = False, max_batches: int | None = None
) -> Report:
    """Remove what is over. Stopped anywhere, it goes on with the next run."""
    at = at or now()
    report = Report(limits(at))
    run = _Run(report, at, dry_run)
    if not dry_run:
        run.drop_months()
    for one in report.limits:
        for number, rows in enumerate(run.batches(one)):
            if max_batches is not None and number >= max_batches:
                break
            run.remove(one, rows)
    if not dry_run:
        run.drop_months()
    return report


class _Run:
    def __init__(self, report: Report, at: datetime, dry_run: bool) -> None:
        self._report = report
        self._at = at
        self._dry_run = dry_run
        self._logged: dict[Retention, Purge] = {}

    # --- What is over -----------------------------------------------------------------------------
    def batches(self, one: Retention) -> Iterator[list[Statement]]:
        """The statements of a class that are over, oldest first; some batches may be empty."""
        rows = Statement.objects.filter(_is_of(one), stored__lt=self._report.limits[one])
        after = None
        while page := list(rows.page(limit=BATCH, after=after, ascending=True)):
            yield self._over(page)
            after = (page[-1].stored, page[-1].pk)

    def _over(self, rows: list[Statement]) -> list[Statement]:
        """Without what is owed to another store, and evidence of people who are here."""
        owed = set(
            OutboxEntry.objects.filter(
                statement_id__in=[row.statement_id for row in rows], state__in=OWED
            ).values_list("statement_id", flat=True)
        )
        evidence = {
            row.pk: _actors(row) for row in rows if class_of(row.verb) == Retention.EVIDENCE
        }
        active = self._active_among({key for keys in evidence.values() for key in keys})
        return [
            row
            for row in rows
            if row.statement_id not in owed and active.isdisjoint(evidence.get(row.pk, ()))
        ]

    def _active_among(self, keys: set[str]) -> set[str]:
        names = [key.rpartition("|")[2] for key in keys if "|" in key]
        identities = Identity.objects.filter(name__in=names, person__is_active=True)
        mails = [key.removeprefix("mailto:") for key in keys if key.startswith("mailto:")]
        people = User.objects.filter(email__in=[one.lower() for one in mails], is_active=True)
        known = {one.lower() for one in people.values_list("email", flat=True)}
        return {
            *(account_key(one.home_page, one.name) for one in identities),
            *(f"mailto:{one}" for one in mails if one.lower() in known),
            *({key for key in keys if key.startswith("sha1:")} & self._digests),
        }

    @cached_property
    def _digests(self) -> set[str]:
        """How programs that say a hash instead of an address call the people who are here."""
        mails = User.objects.filter(is_active=True).values_list("email", flat=True)
        return {
            "sha1:" + hashlib.sha1(f"mailto:{one}".encode()).hexdigest()  # noqa: S324 - xAPI's
            for one in mails.iterator()
        }

    # --- Removing ---------------------------------------------------------------------------------
    @transaction.atomic
    def remove(self, one: Retention, rows: list[Statement]) -> None:
        """Delete a batch with all that hangs on it, and write it down."""
        self._report.statements[one] += len(rows)
        if self._dry_run or not rows:
            return
        ids = [row.statement_id for row in rows]
        places = {"stored__in": {row.stored for row in rows}}
        StatementTerm.objects.filter(statement__in=[row.pk for row in rows], **places).delete()
        StatementReference.objects.filter(source__in=ids).delete()
        OutboxEntry.objects.filter(statement_id__in=ids).delete()
        _remove_data(ids)
        Statement.objects.filter(pk__in=[row.pk for row in rows], **places).delete()
        self._write_down(one, len(rows))

    def _write_down(self, one: Retention, count: int, partition: str = "") -> None:
        row = self._logged.get(one)
        if row is None:
            row = self._logged[one] = Purge.objects.create(
                retention_class=one, stored_before=self._report.limits[one], started_at=self._at
            )
        row.statements += count
        row.partitions = [*row.partitions, *([partition] if partition else [])]
        row.finished_at = now()
        row.save()
        log.info("statements_purged", retention=str(one), count=count, partition=partition)

    # --- Whole months -----------------------------------------------------------------------------
    def drop_months(self) -> None:
        """Drop the months before the present one in which nothing has to be kept."""
        tables = partitioned_tables()
        if not tables or not self._report.limits:
            return
        end = min([*self._report.limits.values(), _first_instant(self._at.date())])
        for month in sorted(set.union(*(months_of(table) for table in tables))):
            if _first_instant(month_after(month)) <= end:
                try:
                    self._drop(month, tables)
                except OperationalError as error:
                    log.warning("purge_postponed", month=month.isoformat(), problem=str(error))

    @transaction.atomic
    def _drop(self, month: date, tables: list[str]) -> None:
        """Drop the month's partitions if everything in them is over; looked at again under lock."""
        if not self._is_over(month):
            return
        start, end = bounds_of(month)
        within = {"stored__gte": start, "stored__lt": end}
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
            for table in tables:
                cursor.execute(f'LOCK TABLE ONLY "{table}" IN ACCESS EXCLUSIVE MODE')
        if not self._is_over(month):
            return
        rows = Statement.objects.filter(**within)
        counts: Counter = Counter()
        for verb in rows.values_list("verb", flat=True).iterator():
            counts[class_of(verb)] += 1
        OutboxEntry.objects.filter(statement_id__in=rows.values("statement_id")).delete()
        StatementReference.objects.filter(**within).delete()
        after = None
        while page := list(rows.page(limit=BATCH, after=after, ascending=True)):
            _remove_data([row.statement_id for row in page])
            after = (page[-1].stored, page[-1].pk)
        with connection.cursor() as cursor:
            for table in tables:
                cursor.execute(f'DROP TABLE IF EXISTS "{partition_name(table, month)}"')
        name = partition_name(Statement._meta.db_table, month)
        self._report.partitions.append(name)
        self._report.statements += counts
        for one in counts or {min(self._report.limits, key=self._report.limits.get): 0}:
            self._write_down(one, counts[one], name)

    def _is_over(self, month: date) -> bool:
        """Whether nothing in the month has to be kept."""
        start, end = bounds_of(month)
        rows = Statement.objects.filter(stored__gte=start, stored__lt=end)
        if any(
            rows.filter(_is_of(one)).exists() for one in Retention if one not in self._report.limits
        ):
            return False
        after = None
        while page := list(rows.page(limit=BATCH, after=after, ascending=True)):
            if len(self._over(page)) < len(page):
                return False
            after = (page[-1].stored, page[-1].pk)
        return True


def _remove_data(ids: list[UUID]) -> None:
    """Take all data of attachments from these statements."""
    dropped: dict[UUID, set[str]] = {}
    links = StatementAttachment.objects.filter(statement_id__in=ids)
    for statement_id, sha2 in links.values_list("statement_id", "attachment_id"):
        dropped.setdefault(statement_id, set()).add(sha2)
    remove_attachments(dropped)


def _is_of(one: Retention) -> Q:
    if one in VERBS:
        return Q(verb__in=VERBS[one])
    return ~Q(verb__in=set.union(*VERBS.values()))


def _actors(row: Statement) -> set[str]:
    """Who did it: the actor, or the members of a group."""
    keys = {row.actor} if row.actor else set()
    actor = json.loads(row.raw)["actor"]
    return keys | {agent_key(member) for member in actor.get("member", ())}


def _first_instant(month: date) -> datetime:
    return datetime(month.year, month.month, 1, tzinfo=UTC)
