"""Delivery: taking what the outbox owes to the store it is owed to, at least once, in batches.

One worker at a time delivers to a destination: it takes it over by compare-and-set, for as long as
its lease. It claims rows in the same way. If it is killed, its leases run out and another takes
destination and rows up; if it was only slow, it finds that it lost them and changes nothing. A
statement sent twice is harmless, because it carries its own id: the destination answers that it has
it.

What an answer means:

| answer | for a batch | for one statement |
|---|---|---|
| 2xx | all delivered | delivered |
| 400, 413, 422 | halve and try each half | refused, for good, with the answer |
| 409 | halve and try each half | delivered if theirs is the same statement, else refused |
| anything else, or none | later | later |

Wrong credentials (401, 403) and a wrong address (404) are of the last kind: they are not the
statement's fault, and somebody will put them right.

After an answer of the last kind the destination is left alone (its circuit breaker opens), longer
each time, or as long as it asks. Then one statement is sent as a probe, and batches grow again from
there. Only a failure while the destination was well counts against the statements in it: they back
off, and go in ever smaller company, so that a statement that makes a store fail is at last alone.
Alone, and after `POISON_AFTER` times with HTTP 500, it counts as refused.

All times are ours. The destination's clock is never asked.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Case, F, Value, When

from academy.core.clock import now
from academy.core.sealing import SealBroken, unseal
from academy.xapi.attachments import attachments_of, fitting, parts_of
from academy.xapi.client import LearningRecordStore, LrsConflict, LrsError, LrsRefused
from academy.xapi.models import Destination, OutboxEntry, Statement
from academy.xapi.pseudonyms import Document, pseudonymiser
from academy.xapi.schema import StatementError, same_statement, validate

BATCH_SIZE = 50
MAX_BATCHES = 40
LONGEST_PAUSE = timedelta(minutes=15)
LONGEST_RETRY = timedelta(hours=6)
POISON_AFTER = 8
ATTACHED_SIZE = 8 * 1024 * 1024  # bytes of attachments in one request, unless one has more
STATEMENT_AT_FAULT = {400, 409, 413, 422}

State = OutboxEntry.State
log = structlog.get_logger(__name__)


class LeaseLost(Exception):
    """Another worker has taken over: this one was too slow, and must stop."""


class Postponed(Exception):
    """The destination cannot take statements now. `retry_after` in seconds, if it said so."""

    def __init__(self, answer: str, retry_after: float | None = None) -> None:
        super().__init__(answer)
        self.answer = answer
        self.retry_after = retry_after


@dataclass
class Delivery:
    """What one run did; `more` where it stopped although more is due."""

    delivered: int = 0
    refused: int = 0
    postponed: int = 0
    more: bool = False


def lease() -> timedelta:
    return timedelta(seconds=settings.LRS_LEASE_SECONDS)


def open_store(destination: Destination) -> LearningRecordStore:
    """A connection to the destination; raises SealBroken where its password cannot be read."""
    if destination.is_from_environment:
        username, password = settings.LRS_USERNAME, settings.LRS_PASSWORD
    else:
        username, password = destination.username, unseal(destination.password_sealed)
    return LearningRecordStore(
        destination.address,
        username,
        password,
        version=destination.version,
        timeout=settings.LRS_TIMEOUT_SECONDS,
    )


def is_due(name: str, at: datetime) -> bool:
    """Whether a delivery to the destination would find something to do."""
    return (
        Destination.objects.free(at).filter(name=name).exists()
        and OutboxEntry.objects.due(at).filter(destination_id=name).exists()
    )


def forward(name: str) -> Delivery:
    """Deliver what is due to a destination, batch by batch, until nothing is, or it fails.

    Does nothing where another worker is at it, or while the destination is left alone.
    """
    delivery = Delivery()
    while True:
        run = _Run.begin(name, delivery)
        if run is None:
            break
        try:
            run.deliver()
        except LeaseLost:
            log.warning("delivery_lease_lost", destination=name)
        finally:
            run.end()
        # what was stored since the last look found the destination taken, and asks nobody again
        if delivery.more or delivery.postponed or not is_due(name, now()):
            break
    if delivery.delivered or delivery.refused or delivery.postponed:
        log.info("statements_forwarded", destination=name, **vars(delivery))
    return delivery


def claim_batch(name: str, size: int = BATCH_SIZE) -> UUID | None:
    """Claim up to `size` due rows, and return the claim's id; None when nothing is due.

    What failed before goes in smaller company. The update repeats the condition of the select, so
    where rows cannot be locked the worker that comes second updates none of them.
    """
    at, claim = now(), uuid4()
    due = OutboxEntry.objects.due(at).filter(destination_id=name)
    with transaction.atomic():
        chosen = due.order_by("next_attempt_at", "id")
        if connection.features.has_select_for_update_skip_locked:
            chosen = chosen.select_for_update(skip_locked=True)
        rows = list(chosen.values_list("id", "attempts")[:size])
        if rows:
            rows = rows[: max(1, BATCH_SIZE >> min(rows[0][1], 10))]
        claimed = due.filter(id__in=[row[0] for row in rows]).update(
            state=State.CLAIMED, claim=claim, lease_until=at + lease(), attempts=F("attempts") + 1
        )
    return claim if claimed else None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A statement, and what it says to this destination."""

    statement: Statement
    document: Document

    @property
    def has_attachments(self) -> bool:
        return any(True for _attachment in attachments_of(self.document))


@dataclass
class _Run:
    """One worker's time with a destination."""

    destination: Destination
    id: UUID
    delivery: Delivery
    prepare: Callable[[Document], Document] = field(default=lambda statement: statement)

    # --- the destination's lease and circuit breaker --------------------------------------------
    @classmethod
    def begin(cls, name: str, delivery: Delivery) -> "_Run | None":
        """Take the destination over; None where it is not free, or not in use."""
        at, run = now(), uuid4()
        free = Destination.objects.free(at).filter(name=name)
        if not free.update(run=run, run_until=at + lease()):
            return None
        destination = Destination.objects.get(name=name)
        begun = cls(destination, run, delivery)
        if not destination.is_usable:
            begun.end()
            return None
        return begun

    def end(self) -> None:
        self._mine().update(run=None, run_until=None)

    def _mine(self):
        return Destination.objects.filter(pk=self.destination.pk, run=self.id)

    def _answered(self) -> None:
        """The destination does its work: close the breaker, and keep the destination."""
        at = now()
        self._keep(failures=0, open_until=None, last_success_at=at, run_until=at + lease())
        self.destination.failures = 0

    def _failed(self, reason: Postponed) -> None:
        """Leave the destination alone."""
        at = now()
        pause = back_off(self.destination.failures + 1, LONGEST_PAUSE)
        if reason.retry_after is not None:
            pause = max(pause, timedelta(seconds=reason.retry_after))
        self._keep(
            failures=F("failures") + 1,
            open_until=at + pause,
            last_answer=reason.answer,
            last_answer_at=at,
        )
        log.warning(
            "destination_left_alone",
            destination=self.destination.name,
            answer=reason.answer,
            seconds=round(pause.total_seconds()),
        )

    def _keep(self, **changes: Any) -> None:
        if not self._mine().update(**changes):
            raise LeaseLost

    # --- delivering -----------------------------------------------------------------------------
    def deliver(self) -> None:
        size = BATCH_SIZE if not self.destination.failures else 1
        try:
            if self.destination.policy == Destination.Policy.PSEUDONYMISED:
                self.prepare = pseudonymiser(
                    key=unseal(self.destination.pseudonym_key_sealed),
                    home_page=f"{settings.XAPI_HOME_PAGE}/pseudonyms/{self.destination.name}",
                )
            opened = open_store(self.destination)
        except SealBroken as error:
            self._failed(Postponed(error.message))
            return
        with opened as store:
            for _batch in range(MAX_BATCHES):
                claim = claim_batch(self.destination.name, size)
                if claim is None:
                    return
                if not self._deliver_claim(store, claim):
                    return
                size = min(BATCH_SIZE, size * 2)
        self.delivery.more = True

    def _deliver_claim(self, store: LearningRecordStore, claim: UUID) -> bool:
        """Send what was claimed; whether the destination is fit for more."""
        entries = list(OutboxEntry.objects.filter(claim=claim, state=State.CLAIMED).order_by("id"))
        statements = {
            statement.statement_id: Outgoing(statement, self.prepare(statement.received))
            for statement in Statement.objects.by_ids(entry.statement_id for entry in entries)
        }
        gone = [entry for entry in entries if entry.statement_id not in statements]
        present = [entry for entry in entries if entry.statement_id in statements]
        try:
            self._settle(claim, gone, State.REFUSED, "The statement is no longer here.")
            self._send(store, claim, present, statements)
        except Postponed as reason:
            self._postpone(claim, reason)
            self._failed(reason)
            return False
        return True

    def _send(
        self,
        store: LearningRecordStore,
        claim: UUID,
        entries: list[OutboxEntry],
        statements: dict[UUID, Outgoing],
    ) -> None:
        """Send these rows in one request; halve them if the destination blames a statement."""
        if not entries:
            return
        outgoing = [statements[entry.statement_id] for entry in entries]
        with_data = [one.statement for one in outgoing if one.has_attachments]
        if len(entries) > 1 and len(fitting(with_data, ATTACHED_SIZE)) < len(with_data):
            self._halve(store, claim, entries, statements)
            return
        _renew(claim)
        try:
            store.post_statements(
                [one.document for one in outgoing], parts_of(with_data) if with_data else []
            )
        except LrsRefused as refusal:
            if refusal.status in STATEMENT_AT_FAULT:
                self._answered()
                self._isolate(store, claim, entries, statements, refusal)
            elif self._is_poison(refusal, entries):
                self._settle(claim, entries, State.REFUSED, str(refusal))
            else:
                raise Postponed(str(refusal), refusal.retry_after) from refusal
        except LrsError as error:
            raise Postponed(str(error)) from error
        else:
            self._answered()
            self._settle(claim, entries, State.DELIVERED, "")

    def _isolate(
        self,
        store: LearningRecordStore,
        claim: UUID,
        entries: list[OutboxEntry],
        statements: dict[UUID, Outgoing],
        refusal: LrsRefused,
    ) -> None:
        """Find the statement that the destination blames: halve, and judge the one left alone."""
        if len(entries) > 1:
            self._halve(store, claim, entries, statements)
            return
        state = State.REFUSED
        if isinstance(refusal, LrsConflict) and _is_there(
            store, statements[entries[0].statement_id].document
        ):
            state = State.DELIVERED
        self._settle(claim, entries, state, str(refusal.answer or refusal))

    def _halve(
        self,
        store: LearningRecordStore,
        claim: UUID,
        entries: list[OutboxEntry],
        statements: dict[UUID, Outgoing],
    ) -> None:
        middle = len(entries) // 2
        self._send(store, claim, entries[:middle], statements)
        self._send(store, claim, entries[middle:], statements)

    def _is_poison(self, refusal: LrsRefused, entries: list[OutboxEntry]) -> bool:
        return (
            refusal.status == 500
            and len(entries) == 1
            and entries[0].attempts >= POISON_AFTER
            and not self.destination.failures
        )

    def _settle(self, claim: UUID, entries: list[OutboxEntry], state: State, answer: str) -> None:
        """Close these rows, if they are still ours: whoever lost the lease changes nothing."""
        if not entries:
            return
        mine = OutboxEntry.objects.filter(
            id__in=[entry.id for entry in entries], claim=claim, state=State.CLAIMED
        )
        count = mine.update(state=state, claim=None, lease_until=None, last_answer=answer)
        if state == State.DELIVERED:
            self.delivery.delivered += count
        else:
            self.delivery.refused += count
            log.error(
                "statement_refused",
                destination=self.destination.name,
                statements=[str(entry.statement_id) for entry in entries],
                answer=answer,
            )

    def _postpone(self, claim: UUID, reason: Postponed) -> None:
        """Return what is left of the claim to pending.

        Where the destination was well, each row backs off by its own count; where this was a probe,
        the circuit breaker does the waiting, and the next probe takes another row.
        """
        mine = OutboxEntry.objects.filter(claim=claim, state=State.CLAIMED)
        at = now()
        if self.destination.failures:
            delays, attempts = at, F("attempts") - 1
        else:
            counts = sorted(set(mine.values_list("attempts", flat=True)))
            delays, attempts = (
                Case(
                    *(
                        When(attempts=count, then=Value(at + back_off(count, LONGEST_RETRY)))
                        for count in counts
                    ),
                    default=Value(at),
                ),
                F("attempts"),
            )
        self.delivery.postponed += mine.update(
            state=State.PENDING,
            claim=None,
            lease_until=None,
            next_attempt_at=delays,
            attempts=attempts,
            last_answer=reason.answer,
        )


def _is_there(store: LearningRecordStore, statement: Document) -> bool:
    """Whether the destination's statement of this id is ours; a voided one counts.

    Where we may write and not read, its word that they differ has to do.
    """
    try:
        theirs = store.get_statement(statement["id"]) or store.get_statement(
            statement["id"], voided=True
        )
    except LrsError as error:
        if isinstance(error, LrsRefused) and error.status in (401, 403):
            return False
        raise Postponed(str(error)) from error
    if theirs is None:
        return False
    try:
        validate(theirs)
    except StatementError:
        return False
    return same_statement(statement, theirs)


def _renew(claim: UUID) -> None:
    mine = OutboxEntry.objects.filter(claim=claim, state=State.CLAIMED)
    if not mine.update(lease_until=now() + lease()):
        raise LeaseLost


def back_off(failures: int, longest: timedelta) -> timedelta:
    """How long to wait after so many failures: doubling, up to the longest, with jitter.

    From half to the whole of it, at random, so that academies that lost one store together do not
    come back to it together.
    """
    first = timedelta(seconds=settings.LRS_RETRY_SECONDS)
    pause = min(longest, first * 2 ** min(max(failures, 1) - 1, 16))
    return pause * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
