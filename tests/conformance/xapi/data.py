"""Parts of statements for the tests of xAPI 1.0.3, Part Two (Data), and how a case is told.

A case is a statement and the status that the store must answer with, named for the requirement:
its number in ADL's list of conformance requirements where it has one, the section of Part Two,
and what is tried.
"""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from academy.xapi.models import Statement
from tests.conformance.xapi.conftest import Store, make_statement

UUID = "aa97b177-9383-4934-8543-0f91a7a02836"
AGENT = {"objectType": "Agent", "mbox": "mailto:ada@example.org"}
ACCOUNT = {"homePage": "https://example.org/people", "name": "4711"}
IDENTIFIERS: dict[str, Any] = {
    "mbox": "mailto:team@example.org",
    "mbox_sha1sum": "ebd31e95054c018b10727ccffd2ef2ec3a016ee9",
    "openid": "https://openid.example.org/team",
    "account": ACCOUNT,
}
GROUP = {"objectType": "Group", "member": [AGENT, {"openid": "https://openid.example.org/bo"}]}
VERB = {"id": "https://example.org/verbs/planned"}
ACTIVITY = {"objectType": "Activity", "id": "https://example.org/activities/meeting"}
REFERENCE = {"objectType": "StatementRef", "id": UUID}
EXTENSION = "https://example.org/extensions/one"
ATTACHMENT = {
    "usageType": "https://example.org/usage/minutes",
    "display": {"en": "Minutes"},
    "contentType": "text/plain; charset=ascii",
    "length": 27,
    "sha2": "495395e777cd98da653df9615d09c0fd6bb2f8d4788394cd53c56a3bfdcd848a",
    "fileUrl": "https://example.org/minutes.txt",
}
NO_STRING = {"a number": 12345, "an object": {"key": "x"}, "a list": ["x"], "true": True}
NO_OBJECT = {"a number": 12345, "a text": "x", "a list": ["x"], "true": True}
NO_IRI = {
    "without scheme": "example.org/x",
    "with a wrong scheme": "ab=c://example.org",
    "words": "should fail",
    "empty": "",
    "a number": 12345,
    "an object": {"key": "x"},
}
NO_UUID = {
    "too long": UUID + "8",
    "too short": UUID[:-1],
    "a letter beyond f": "m" + UUID[1:],
    "without hyphens": UUID.replace("-", ""),
    "in braces": "{" + UUID + "}",
    "as a URN": "urn:uuid:" + UUID,
    "words": "should fail",
    "empty": "",
    "a number": 12345,
    "an object": {"key": "x"},
}
NO_LANGUAGE_MAP = {
    "a text": "attended",
    "a number": 12345,
    "a list": ["attended"],
    "empty": {},
    "by no language": {"something": "attended"},
    "by two regions": {"de-419-DE": "besucht"},
    "by a digit": {"a12345": "attended"},
    "by one extension twice": {"zh-z-aaa-z-bbb-c-ccc": "x"},
    "of a number": {"en": 1},
    "of null": {"en": None},
}


def substatement(**changes: Any) -> dict[str, Any]:
    part = {"objectType": "SubStatement", "actor": AGENT, "verb": VERB, "object": ACTIVITY}
    return {name: value for name, value in {**part, **changes}.items() if value is not None}


def without(part: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in part.items() if name not in names}


def of_activity(**definition: Any) -> dict[str, Any]:
    return make_statement(object={**ACTIVITY, "definition": definition})


# where a statement has room for the same part: each makes a statement around it
Place = Callable[[Any], dict[str, Any]]
IN_STATEMENT_AND_SUBSTATEMENT: dict[str, Callable[..., dict[str, Any]]] = {
    "statement": lambda **parts: make_statement(**parts),
    "substatement": lambda **parts: make_statement(object=substatement(**parts)),
}
AGENT_PLACES: dict[str, Place] = {
    "actor": lambda part: make_statement(actor=part),
    "object": lambda part: make_statement(object=part),
    "authority": lambda part: make_statement(authority=part),
    "instructor": lambda part: make_statement(context={"instructor": part}),
    "substatement's actor": lambda part: make_statement(object=substatement(actor=part)),
    "substatement's object": lambda part: make_statement(object=substatement(object=part)),
    "substatement's instructor": lambda part: make_statement(
        object=substatement(context={"instructor": part})
    ),
}
MEMBER: Place = lambda part: make_statement(  # noqa: E731 - one of the places
    actor={"objectType": "Group", "member": [AGENT, part]}
)
GROUP_PLACES: dict[str, Place] = {
    **without(AGENT_PLACES, "authority"),  # a Group there has rules of its own (2.4.9)
    "team": lambda part: make_statement(context={"team": part}),
    "substatement's team": lambda part: make_statement(object=substatement(context={"team": part})),
}


def tried(place: str, table: dict[str, Any]) -> dict[str, Any]:
    """All the values of a table in the statement itself, and one of them in every other place:
    enough to see that the place is looked at."""
    if place in ("actor", "statement"):
        return table
    return dict(list(table.items())[:1])


def good(requirement: str, *tables: dict[str, Any]) -> list:
    """Statements to be accepted, by what is tried in them."""
    return _cases(requirement, tables, 200)


def bad(requirement: str, *tables: dict[str, Any]) -> list:
    """Statements to be refused, by what is wrong with them."""
    return _cases(requirement, tables, 400)


def _cases(requirement: str, tables: tuple[dict[str, Any], ...], status: int) -> list:
    return [
        pytest.param(statement, status, id=f"{requirement} {what}")
        for table in tables
        for what, statement in table.items()
    ]


def check(store: Store, statement: Any, status: int) -> None:
    """Send it alone. A refusal says why, and keeps nothing."""
    answer = store.send(copy.deepcopy(statement))

    assert answer.status_code == status, answer.content
    if status == 200:
        assert answer.json() == [statement["id"]]
    else:
        assert answer.json()["error"]
        assert not Statement.objects.exists()
