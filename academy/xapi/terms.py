"""What a statement is found by: its terms (xAPI Communication 2.1.3).

A term is a kind and a value, kept as a signed 64-bit number: of one width whatever the value, and
narrow enough to keep every term of every statement. Two values share a number by chance once in
billions of values, and nobody can make a value that shares the number of a given one.
"""

import hashlib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from academy.xapi.models.statements import agent_key

VERB = "verb"
REGISTRATION = "registration"
#: The object.
ACTIVITY = "activity"
#: Any other place where `related_activities` looks.
RELATED_ACTIVITY = "related activity"
#: The actor or the object, or a member of either as a Group.
AGENT = "agent"
#: Any other place where `related_agents` looks, but for the authority.
RELATED_AGENT = "related agent"
#: Who vouches for the statement.
AUTHORITY = "authority"

Mention = tuple[str, str]

_BROADER = {ACTIVITY: RELATED_ACTIVITY, AGENT: RELATED_AGENT}


@lru_cache(maxsize=32_768)
def term(kind: str, value: str) -> int:
    """The number of a mention."""
    text = f"{kind}\0{value}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big", signed=True)


def terms(found: Iterable[Mention]) -> set[int]:
    """The terms of these mentions. What is mentioned narrowly has no broader term beside it."""
    found = set(found)
    found -= {(_BROADER[kind], value) for kind, value in found if kind in _BROADER}
    return {term(kind, value) for kind, value in found}


def mentions(statement: dict[str, Any], authority: dict[str, Any]) -> set[Mention]:
    """What a valid statement is found by in itself, without what it refers to."""
    found: set[Mention] = {(VERB, statement["verb"]["id"])}
    found.update((AGENT, key) for key in _agents(statement["actor"]))
    found.update((AUTHORITY, key) for key in _agents(authority))
    target = statement["object"]
    kind = target.get("objectType", "Activity")
    if kind == "Activity":
        found.add((ACTIVITY, target["id"]))
    elif kind == "SubStatement":
        found.update(_inside(target))
    elif kind != "StatementRef":
        found.update((AGENT, key) for key in _agents(target))
    if context := statement.get("context"):
        if registration := context.get("registration"):
            found.add((REGISTRATION, registration.lower()))
        found.update(_context(context))
    return found


def authority_terms(authority: dict[str, Any]) -> list[int]:
    """The terms that a statement has if this authority vouches for it; all of them if a Group."""
    return [term(AUTHORITY, key) for key in _agents(authority)]


def vouches(authority: dict[str, Any], of_statement: dict[str, Any]) -> bool:
    """Whether a statement with that authority is one that this authority vouches for."""
    return set(_agents(authority)) <= set(_agents(of_statement))


def passed_on(found: Iterable[Mention]) -> set[Mention]:
    """What a statement that refers to another is found by because of it.

    Its authority comes along as a related agent only: whoever may read what they vouch for may not
    read what others say about it.
    """
    return {(RELATED_AGENT if kind == AUTHORITY else kind, value) for kind, value in found}


def _agents(actor: dict[str, Any]) -> Iterator[str]:
    """The keys by which an Agent or Group is found: its own, and those of its members."""
    if key := agent_key(actor):
        yield key
    for member in actor.get("member", ()):
        yield agent_key(member)


def _context(context: dict[str, Any]) -> Iterator[Mention]:
    for activities in context.get("contextActivities", {}).values():
        for activity in [activities] if isinstance(activities, dict) else activities:
            yield RELATED_ACTIVITY, activity["id"]
    actors = [context[name] for name in ("instructor", "team") if name in context]
    actors += [item["agent"] for item in context.get("contextAgents", ())]
    actors += [item["group"] for item in context.get("contextGroups", ())]
    for actor in actors:
        for key in _agents(actor):
            yield RELATED_AGENT, key


def _inside(statement: dict[str, Any]) -> Iterator[Mention]:
    """A SubStatement is found by the related filters only."""
    target = statement["object"]
    kind = target.get("objectType", "Activity")
    if kind == "Activity":
        yield RELATED_ACTIVITY, target["id"]
    for actor in (statement["actor"], *([target] if kind in ("Agent", "Group") else ())):
        for key in _agents(actor):
            yield RELATED_AGENT, key
    yield from _context(statement.get("context", {}))
