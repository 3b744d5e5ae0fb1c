"""The other stores that statements are delivered to: which there are, and what each is owed.

Every process remembers the destinations for `REMEMBERED`, so that storing a statement asks the
database nothing. What other processes store in that time after a change, or in a transaction that
was open then, is owed by `close_gap`, which the sweep calls.
"""

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from academy.core.clock import now
from academy.core.errors import NotFound
from academy.core.sealing import seal
from academy.xapi.models import Destination, OutboxEntry, Statement, compact
from academy.xapi.models.delivery import ENVIRONMENT
from academy.xapi.signals import statements_owed
from academy.xapi.vocabulary import adl

REMEMBERED = timedelta(seconds=10)
#: How long after a change some statement may still be stored by what stood before it: the longest
#: transaction, and clocks of our own servers that differ.
GAP = timedelta(minutes=10)
CLOCKS_DIFFER = timedelta(minutes=1)
PAGE = 1000


@dataclass(frozen=True, slots=True)
class Wish:
    """What a destination is owed: statements with one of the verbs about one of the activities.

    Both are compacted IRIs; an empty set is any. A voiding statement is always owed: a correction
    reaches every store that may have what it corrects.
    """

    name: str
    verbs: frozenset[str]
    activities: frozenset[str]
    open_until: datetime | None = None

    @classmethod
    def of(cls, destination: Destination) -> "Wish":
        return cls(
            destination.name,
            frozenset(map(compact, destination.verbs)),
            frozenset(map(compact, destination.activities)),
            destination.open_until,
        )

    def covers(self, verb: str, activity: str | None) -> bool:
        """Whether it is owed; `activity` is None where the object is no Activity."""
        if verb == adl.VOIDED.id or not (self.verbs or self.activities):
            return True
        return (not self.verbs or compact(verb) in self.verbs) and (
            not self.activities or (activity is not None and compact(activity) in self.activities)
        )


# --- which there are ----------------------------------------------------------------------------
_remembered: tuple[float, str, tuple[Wish, ...]] | None = None


def usable() -> list[Destination]:
    """The destinations that statements are owed and sent to, read from the database."""
    ensure_environment()
    return [one for one in Destination.objects.filter(is_active=True) if one.is_usable]


def ensure_environment() -> None:
    """The destination that LRS_ENDPOINT names has a row."""
    if settings.LRS_ENDPOINT and not Destination.objects.filter(name=ENVIRONMENT).exists():
        at = now()
        Destination.objects.bulk_create(
            [
                Destination(
                    name=ENVIRONMENT,
                    pseudonym_key_sealed=new_pseudonym_key(),
                    owed_since=at,
                    gap_closes_at=at + GAP,
                )
            ],
            ignore_conflicts=True,
        )


def wishes() -> tuple[Wish, ...]:
    """What the usable destinations are owed, as this process remembers it."""
    known = _remembered
    if known is None or known[0] < monotonic() or known[1] != settings.LRS_ENDPOINT:
        return remember(tuple(map(Wish.of, usable())))
    return known[2]


def remember(found: tuple[Wish, ...]) -> tuple[Wish, ...]:
    global _remembered
    _remembered = (monotonic() + REMEMBERED.total_seconds(), settings.LRS_ENDPOINT, found)
    return found


def forget() -> None:
    """Read the destinations anew at the next statement."""
    global _remembered
    _remembered = None


def destination_named(name: str) -> Destination:
    """The destination; raises NotFound, naming those there are."""
    ensure_environment()
    destination = Destination.objects.filter(name=name).first()
    if destination is None:
        names = ", ".join(Destination.objects.values_list("name", flat=True))
        raise NotFound(
            _("There is no destination “%(name)s”. There are: %(names)s.")
            % {"name": name, "names": names or "–"}
        )
    return destination


# --- changing them ------------------------------------------------------------------------------
#: Whoever is owed more after a change of one of these is owed it from now on, in every process.
WIDENING = ("is_active", "verbs", "activities")


@transaction.atomic
def save_destination(destination: Destination, *, password: str | None = None) -> Destination:
    """Make a destination, or change one; it is owed what it asks for from now on.

    `password` replaces the one there is; None leaves it. A change also closes the circuit breaker:
    whoever corrects an address does not wait for the next try.
    """
    at = now()
    before = Destination.objects.select_for_update().filter(pk=destination.pk).first()
    if password is not None:
        destination.password_sealed = seal(password)
    if not destination.pseudonym_key_sealed:
        destination.pseudonym_key_sealed = new_pseudonym_key()
    if before is None or any(getattr(before, n) != getattr(destination, n) for n in WIDENING):
        destination.owed_since, destination.gap_closes_at = at, at + GAP
    destination.failures, destination.open_until = 0, None
    destination.full_clean(exclude=["run", "run_until"])
    if before is None:
        destination.save(force_insert=True)
    else:
        fields = {field.name for field in Destination._meta.concrete_fields}
        destination.save(update_fields=fields - {"id", "name", "run", "run_until"})
    forget()
    transaction.on_commit(forget)
    return destination


def new_pseudonym_key() -> str:
    """A key of its own for each destination, sealed: two stores cannot compare their pseudonyms."""
    return seal(secrets.token_urlsafe(32))


# --- owing --------------------------------------------------------------------------------------
def owe(statements: Iterable[tuple[UUID, dict[str, Any]]], *, at: datetime) -> None:
    """Owe newly stored statements to every destination that asks for them, in this transaction.

    `at` is when they were stored, by the clock of the database; they are due by that of the workers.
    """
    known = wishes()
    if not known:
        return
    due = min(at, now())
    rows = [
        OutboxEntry(statement_id=statement_id, destination_id=wish.name, next_attempt_at=due)
        for statement_id, statement in statements
        for wish in known
        if wish.covers(statement["verb"]["id"], _activity(statement))
    ]
    OutboxEntry.objects.bulk_create(rows)
    left_alone = {wish.name for wish in known if wish.open_until and wish.open_until > due}
    if names := {row.destination_id for row in rows} - left_alone:
        statements_owed.send(sender=OutboxEntry, names=names)


def _activity(statement: dict[str, Any]) -> str | None:
    target = statement["object"]
    return target["id"] if target.get("objectType", "Activity") == "Activity" else None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far `owe_missing` has come: everything stored up to `through` has been looked at."""

    seen: int
    owed: int
    through: datetime


def owe_missing(
    destination: Destination,
    *,
    since: datetime,
    until: datetime | None = None,
    dry_run: bool = False,
) -> Iterator[Progress]:
    """Owe what was stored in [since, until) and is not owed yet; yields after each page.

    Each page is a transaction of its own, and what is owed already is passed over: it can be
    stopped and started again at will, and run beside everything else.
    """
    wish, at = Wish.of(destination), now()
    kept = Statement.objects.filter(stored__gte=since)
    if until is not None:
        kept = kept.filter(stored__lt=until)
    after, seen, owed = None, 0, 0
    columns = ("stored", "id", "statement_id", "verb", "activity")
    while page := list(kept.page(limit=PAGE, after=after, ascending=True).values_list(*columns)):
        wanted = [row[2] for row in page if wish.covers(row[3], row[4])]
        with transaction.atomic():
            known = set(
                OutboxEntry.objects.filter(
                    destination_id=destination.name, statement_id__in=wanted
                ).values_list("statement_id", flat=True)
            )
            missing = [one for one in wanted if one not in known]
            if not dry_run:
                OutboxEntry.objects.bulk_create(
                    (
                        OutboxEntry(
                            statement_id=one, destination_id=destination.name, next_attempt_at=at
                        )
                        for one in missing
                    ),
                    ignore_conflicts=True,
                )
        seen, owed = seen + len(page), owed + len(missing)
        after = page[-1][:2]
        yield Progress(seen, owed, after[0])


def close_gap(destination: Destination) -> int:
    """Owe what was stored by processes that did not know of the last change yet; returns how many.

    Called until the change is old enough for nothing to be stored without it.
    """
    if destination.gap_closes_at is None:
        return 0
    over = destination.gap_closes_at <= now()
    owed = 0
    for progress in owe_missing(destination, since=destination.owed_since - CLOCKS_DIFFER):
        owed = progress.owed
    if over:
        Destination.objects.filter(
            pk=destination.pk, gap_closes_at=destination.gap_closes_at
        ).update(gap_closes_at=None)
    return owed


def retry(
    destination: Destination,
    *,
    refused: bool = True,
    waiting: bool = False,
    only: Iterable[int] | None = None,
) -> int:
    """Owe refused statements again, all or `only` these rows; returns how many.

    With `waiting`, also try at once what backs off, and close the circuit breaker.
    """
    rows = OutboxEntry.objects.filter(destination_id=destination.name)
    states = [OutboxEntry.State.REFUSED] if refused else []
    if waiting:
        states.append(OutboxEntry.State.PENDING)
        Destination.objects.filter(pk=destination.pk).update(failures=0, open_until=None)
        forget()
    if only is not None:
        rows = rows.filter(id__in=list(only))
    count = rows.filter(state__in=states).update(
        state=OutboxEntry.State.PENDING, attempts=0, next_attempt_at=now()
    )
    if count:
        statements_owed.send(sender=OutboxEntry, names={destination.name})
    return count
