"""Delivery: taking what the outbox owes to the store it is owed to, at least once, in batches.

A worker claims rows by compare-and-set, with a lease. Another worker passes over them; if this one
is killed, its lease runs out and another takes the rows up. A statement sent twice is harmless,
because it carries its own id: the destination answers that it has it.

What an answer means:

| answer | for a batch | for one statement |
|---|---|---|
| 2xx | all delivered | delivered |
| 400, 413, 422 | halve and try each half | refused, for good, with the answer |
| 409 | halve and try each half | delivered if theirs is the same statement, else refused |
| anything else, or none | back to pending, later | back to pending, later |

Wrong credentials (401, 403) and a wrong address (404) are of the last kind: they are not the
statement's fault, and somebody will put them right.
"""

import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F

from academy.core.clock import now
from academy.xapi.client import LearningRecordStore, LrsConflict, LrsError, LrsRefused
from academy.xapi.models import OutboxEntry, Statement
from academy.xapi.schema import StatementError, same_statement, validate
from academy.xapi.services import DEFAULT_DESTINATION

BATCH_SIZE = 50
LEASE = timedelta(minutes=5)
FIRST_RETRY = timedelta(seconds=30)
LAST_RETRY = timedelta(hours=6)
STATEMENT_AT_FAULT = {400, 409, 413, 422}

State = OutboxEntry.State
log = structlog.get_logger(__name__)


class LeaseLost(Exception):
    """Another worker has taken the rows over: this one was too slow, and must stop."""


class Postponed(Exception):
    """The destination cannot take statements now. `retry_after` in seconds, if it said so."""

    def __init__(self, answer: str, retry_after: float | None = None) -> None:
        super().__init__(answer)
        self.answer = answer
        self.retry_after = retry_after


@dataclass
class Delivery:
    """What one run did."""

    delivered: int = 0
    refused: int = 0
    postponed: int = 0


def open_destination(name: str) -> LearningRecordStore:
    """The store behind a destination's name: for now the one that the settings name."""
    if name != DEFAULT_DESTINATION or not settings.LRS_ENDPOINT:
        raise LookupError(f"There is no destination {name!r}.")
    return LearningRecordStore(settings.LRS_ENDPOINT, settings.LRS_USERNAME, settings.LRS_PASSWORD)


def forward(
    destination: str = DEFAULT_DESTINATION,
    *,
    max_batches: int = 200,
    connect: Callable[[str], AbstractContextManager[LearningRecordStore]] | None = None,
) -> Delivery:
    """Deliver what is due to a destination, batch by batch, until nothing is, or it fails."""
    delivery = Delivery()
    with (connect or open_destination)(destination) as store:
        for _batch in range(max_batches):
            claim = claim_batch(destination)
            if claim is None:
                break
            if not _deliver_claim(store, claim, delivery):
                break
    if delivery.delivered or delivery.refused or delivery.postponed:
        log.info("statements_forwarded", destination=destination, **vars(delivery))
    return delivery


def claim_batch(destination: str) -> UUID | None:
    """Claim up to `BATCH_SIZE` due rows, and return the claim's id; None when nothing is due.

    The update repeats the condition of the select, so where rows cannot be locked the worker that
    comes second updates none of them.
    """
    at, claim = now(), uuid4()
    due = OutboxEntry.objects.due(at).filter(destination=destination)
    with transaction.atomic():
        chosen = due.order_by("next_attempt_at", "id")
        if connection.features.has_select_for_update_skip_locked:
            chosen = chosen.select_for_update(skip_locked=True)
        ids = list(chosen.values_list("id", flat=True)[:BATCH_SIZE])
        claimed = due.filter(id__in=ids).update(
            state=State.CLAIMED,
            claim=claim,
            lease_until=at + LEASE,
            attempts=F("attempts") + 1,
        )
    return claim if claimed else None


def _deliver_claim(store: LearningRecordStore, claim: UUID, delivery: Delivery) -> bool:
    """Send what was claimed; whether the destination is fit for more."""
    entries = list(OutboxEntry.objects.filter(claim=claim, state=State.CLAIMED).order_by("id"))
    statements = {
        statement.statement_id: statement.received
        for statement in Statement.objects.by_ids(entry.statement_id for entry in entries)
    }
    gone = [entry for entry in entries if entry.statement_id not in statements]
    try:
        _settle(claim, gone, State.REFUSED, "The statement is no longer here.", delivery)
        present = [entry for entry in entries if entry.statement_id in statements]
        _deliver(store, claim, present, statements, delivery)
    except Postponed as reason:
        _postpone(claim, reason, delivery)
        return False
    except LeaseLost:
        log.warning("statement_lease_lost", claim=str(claim))
    return True


def _deliver(
    store: LearningRecordStore,
    claim: UUID,
    entries: list[OutboxEntry],
    statements: dict[UUID, dict],
    delivery: Delivery,
) -> None:
    """Send these rows in one request; halve them if the destination blames a statement."""
    if not entries:
        return
    _renew(claim)
    try:
        store.post_statements([statements[entry.statement_id] for entry in entries])
    except LrsRefused as refusal:
        if refusal.status not in STATEMENT_AT_FAULT:
            raise Postponed(str(refusal), refusal.retry_after) from refusal
        if len(entries) > 1:
            middle = len(entries) // 2
            _deliver(store, claim, entries[:middle], statements, delivery)
            _deliver(store, claim, entries[middle:], statements, delivery)
            return
        state = State.REFUSED
        if isinstance(refusal, LrsConflict) and _is_there(
            store, statements[entries[0].statement_id]
        ):
            state = State.DELIVERED
        _settle(claim, entries, state, str(refusal.answer or refusal), delivery)
    except LrsError as error:
        raise Postponed(str(error)) from error
    else:
        _settle(claim, entries, State.DELIVERED, "", delivery)


def _is_there(store: LearningRecordStore, statement: dict) -> bool:
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
    if not mine.update(lease_until=now() + LEASE):
        raise LeaseLost


def _settle(
    claim: UUID, entries: list[OutboxEntry], state: State, answer: str, delivery: Delivery
) -> None:
    """Close these rows, if they are still ours: whoever lost the lease changes nothing."""
    if not entries:
        return
    mine = OutboxEntry.objects.filter(
        id__in=[entry.id for entry in entries], claim=claim, state=State.CLAIMED
    )
    count = mine.update(state=state, claim=None, lease_until=None, last_answer=answer)
    if state == State.DELIVERED:
        delivery.delivered += count
    else:
        delivery.refused += count
        log.error("statement_refused", claim=str(claim), answer=answer, count=count)


def _postpone(claim: UUID, reason: Postponed, delivery: Delivery) -> None:
    """Return what is left of the claim to pending, due again after its back-off.

    Rows of one claim may have failed differently often; each backs off by its own count.
    """
    mine = OutboxEntry.objects.filter(claim=claim, state=State.CLAIMED)
    for attempts in sorted(set(mine.values_list("attempts", flat=True))):
        delay = back_off(attempts)
        if reason.retry_after is not None:
            delay = max(delay, timedelta(seconds=reason.retry_after))
        delivery.postponed += mine.filter(attempts=attempts).update(
            state=State.PENDING,
            claim=None,
            lease_until=None,
            next_attempt_at=now() + delay,
            last_answer=reason.answer,
        )


def back_off(attempts: int) -> timedelta:
    """How long to wait after so many attempts: doubling, at most six hours, with jitter.

    From half to the whole of it, at random, so that academies that lost one store together do not
    come back to it together.
    """
    longest = min(LAST_RETRY, FIRST_RETRY * 2 ** min(max(attempts, 1) - 1, 16))
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
