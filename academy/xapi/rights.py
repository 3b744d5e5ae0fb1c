"""What is recorded about a person: by which names statements speak of them, and which do."""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db.models import QuerySet

from academy.people.models import User
from academy.xapi.models import Statement, StatementTerm, agent_key
from academy.xapi.terms import AGENT, AUTHORITY, RELATED_AGENT, term

BATCH = 500

Place = tuple[datetime, int]


def agents_of(person: User) -> list[dict]:
    """Everything that statements may call the person, as Agents: their accounts here and, as other
    programs say it, their e-mail address."""
    mbox = f"mailto:{person.email}"
    digest = hashlib.sha1(mbox.encode()).hexdigest()  # noqa: S324 - xAPI's
    return [
        *(identity.actor for identity in person.identities.all()),
        {"objectType": "Agent", "mbox": mbox},
        {"objectType": "Agent", "mbox_sha1sum": digest},
    ]


def keys_of(person: User) -> list[str]:
    """The same, as `Statement.actor` holds it."""
    return [agent_key(agent) for agent in agents_of(person)]


def statements_by(person: User) -> QuerySet:
    """The statements whose actor is the person, voided ones included."""
    return Statement.objects.filter(actor__in=keys_of(person))


def terms_about(keys: Iterable[str], *kinds: str) -> dict[int, tuple[str, str]]:
    """The terms of statements that speak of these in any place, with their kind and key."""
    kinds = kinds or (AGENT, RELATED_AGENT)
    return {term(kind, key): (kind, key) for kind in kinds for key in keys}


def places_about(
    keys: list[str], *kinds: str, after: Place | None = None, limit: int = 0
) -> list[Place]:
    """Where the statements lie that are by these or speak of them, oldest first: one page.

    What refers to such a statement, as a voiding statement does, speaks of them too. A voided
    statement has no terms and is found by its actor alone.
    """
    limit = limit or BATCH
    by = Statement.objects.filter(actor__in=keys)
    pages = [by.page(limit=limit, after=after, ascending=True).values_list("stored", "id")]
    pages.append(
        StatementTerm.objects.places(
            [list(terms_about(keys, *kinds))], limit=limit, after=after, ascending=True
        )
    )
    return sorted({place for page in pages for place in page})[:limit]


def batches_about(keys: list[str], *kinds: str, size: int = 0) -> Iterator[list[Statement]]:
    """These statements, oldest first, in batches; no more than one of them in memory."""
    after = None
    while places := places_about(keys, *kinds, after=after, limit=size):
        yield sorted(Statement.objects.at(places), key=lambda row: (row.stored, row.pk))
        after = places[-1]


def count_about(keys: list[str]) -> int:
    """How many statements are by these or speak of them."""
    count, after = 0, None
    while places := places_about(keys, after=after, limit=5000):
        count += len(places)
        after = places[-1]
    return count


#: Also those that the person vouches for: what is looked through when they are erased.
EVERYWHERE = (AGENT, RELATED_AGENT, AUTHORITY)
