"""What is recorded about a person: by which names statements speak of them, and which do."""

import hashlib
from collections.abc import Iterable, Iterator

from django.db.models import QuerySet

from academy.people.models import User
from academy.xapi.models import Statement, agent_key
from academy.xapi.querysets import Place
from academy.xapi.terms import AGENT, AUTHORITY, RELATED_AGENT, term

BATCH = 500


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


def page_about(
    keys: list[str], *kinds: str, after: Place | None = None, limit: int = 0
) -> list[Statement]:
    """The statements that are by these or speak of them, oldest first: one page.

    What refers to such a statement, as a voiding statement does, speaks of them too. A voided
    statement has no terms and is found by its actor alone.
    """
    page = {"limit": limit or BATCH, "after": after, "ascending": True}
    by = Statement.objects.filter(actor__in=keys).page(**page)
    about = Statement.objects.found_by([list(terms_about(keys, *kinds))], **page)
    rows = {(row.stored, row.pk): row for row in (*by, *about)}
    return [rows[place] for place in sorted(rows)][: limit or BATCH]


def batches_about(keys: list[str], *kinds: str) -> Iterator[list[Statement]]:
    """These statements, oldest first, in batches; no more than one of them in memory."""
    after = None
    while rows := page_about(keys, *kinds, after=after):
        yield rows
        after = (rows[-1].stored, rows[-1].pk)


def count_about(keys: list[str]) -> int:
    """How many statements are by these or speak of them."""
    return sum(map(len, batches_about(keys)))


#: Also those that the person vouches for: what is looked through when they are erased.
EVERYWHERE = (AGENT, RELATED_AGENT, AUTHORITY)
