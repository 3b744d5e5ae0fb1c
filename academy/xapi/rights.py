"""What a person may ask of the learning record: to see it, to take it along, to be erased from it."""

import hashlib

from django.db.models import QuerySet

from academy.people.models import User
from academy.xapi.models import Statement, agent_key


def agent_keys_of(person: User) -> list[str]:
    """Every name by which statements may speak of the person: their accounts here, and, as other
    programs say it, their e-mail address."""
    mbox = f"mailto:{person.email}"
    agents = [identity.actor for identity in person.identities.all()]
    agents.append({"mbox": mbox})
    agents.append({"mbox_sha1sum": hashlib.sha1(mbox.encode()).hexdigest()})  # noqa: S324 - xAPI's
    return [agent_key(agent) for agent in agents]


def statements_by(person: User) -> QuerySet:
    """The statements whose actor is the person, voided ones included."""
    return Statement.objects.filter(actor__in=agent_keys_of(person))
