"""Reading what a client sent: JSON without surprises, and query parameters with their rules.

Whatever is wrong ends in an `AcademyError` that says so; nothing a client sends may end in a
server error.
"""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, QueryDict

from academy.core.errors import AcademyError
from academy.xapi.models import agent_key, compact
from academy.xapi.querysets import StatementQuerySet
from academy.xapi.schema import (
    StatementError,
    check_storable,
    instant,
    is_iri,
    is_uuid,
    parse_timestamp,
    validate_actor,
)

DEFAULT_MAX_BODY = 10 * 1024 * 1024
MAX_BATCH = 1000
MAX_PAGE = 100


class BadRequest(AcademyError):
    """A request that is not what the specification asks for."""

    status = 400


class TooLarge(AcademyError):
    """More than the store takes in one request. Send it in parts."""

    status = 413


class UnsupportedMedia(AcademyError):
    """A body of a kind that this resource does not read."""

    status = 415


# --- bodies -------------------------------------------------------------------------------------
def read_body(request: HttpRequest) -> bytes:
    """The body, up to XAPI_MAX_BODY bytes, which is apart from the limit on forms."""
    limit = getattr(settings, "XAPI_MAX_BODY", DEFAULT_MAX_BODY)
    declared = request.META.get("CONTENT_LENGTH") or "0"
    if declared.isdecimal() and int(declared[:20]) > limit:
        raise TooLarge(f"The body is larger than {limit} bytes.")
    body = request.read(limit + 1)
    if len(body) > limit:
        raise TooLarge(f"The body is larger than {limit} bytes.")
    return body


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        for key, _value in pairs:
            if key in seen:
                raise BadRequest(f"The property {key!r} occurs twice in one object.")
            seen.add(key)
    return result


def _no_constant(name: str) -> NoReturn:
    raise BadRequest(f"{name} is not JSON.")


_decoder = json.JSONDecoder(object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
_space = re.compile(r"[ \t\r\n]*")


def parse_json(text: str, what: str = "The body") -> Any:
    """JSON as RFC 8259 has it: no NaN, and no property twice in an object."""
    value, end = _decode(text, _skip(text, 0), what)
    if _skip(text, end) != len(text):
        raise BadRequest(f"{what} goes on after its JSON value.")
    return value


def parse_statements(request: HttpRequest) -> tuple[list[Any], list[str], bool]:
    """The statements of a body, the text each came as, and whether it was a list of them."""
    if request.content_type != "application/json":
        raise UnsupportedMedia("Statements are read as application/json.")
    try:
        text = read_body(request).decode()
    except UnicodeDecodeError as error:
        raise BadRequest(f"The body is not UTF-8 at byte {error.start}.") from error
    start = _skip(text, 0)
    if text[start : start + 1] != "[":
        return [parse_json(text)], [text.strip()], False

    statements, texts = [], []
    at = _skip(text, start + 1)
    if text[at : at + 1] != "]":
        while True:
            value, end = _decode(text, at, "The body")
            statements.append(value)
            texts.append(text[at:end])
            if len(statements) > MAX_BATCH:
                raise TooLarge(f"The batch has more than {MAX_BATCH} statements.")
            at = _skip(text, end)
            separator = text[at : at + 1]
            if separator == "]":
                break
            if separator != ",":
                raise BadRequest(f"The body is not JSON at character {at}.")
            at = _skip(text, at + 1)
    if _skip(text, at + 1) != len(text):
        raise BadRequest("The body goes on after its JSON value.")
    return statements, texts, True


def _skip(text: str, at: int) -> int:
    return _space.match(text, at).end()  # type: ignore[union-attr] - it matches nothing, too


def _decode(text: str, at: int, what: str) -> tuple[Any, int]:
    try:
        return _decoder.raw_decode(text, at)
    except json.JSONDecodeError as error:
        raise BadRequest(f"{what} is not JSON at character {error.pos}: {error.msg}.") from error
    except ValueError as error:  # an integer of thousands of digits
        raise BadRequest(f"{what} holds a number that is too long.") from error
    except RecursionError as error:
        raise BadRequest(f"{what} is nested too deeply.") from error


# --- parameters ---------------------------------------------------------------------------------
_CURSOR = re.compile(r"(\S{1,40})_(\d{1,18})", re.ASCII).fullmatch
_LIMIT = re.compile(r"\d{1,9}", re.ASCII).fullmatch
_SINGLE = frozenset(("statementId", "voidedStatementId", "attachments", "format"))
_LIST = frozenset(
    (
        "agent", "verb", "activity", "registration", "related_activities", "related_agents",
        "since", "until", "limit", "ascending", "attachments", "format", "after",
    )
)  # fmt: skip


def one_each(parameters: QueryDict, allowed: frozenset[str]) -> dict[str, str]:
    """The parameters, each of them known and given once (Communication 3.2)."""
    for name, values in parameters.lists():
        if name not in allowed:
            raise BadRequest(f"The parameter {name!r} is not allowed in this request.")
        if len(values) != 1:
            raise BadRequest(f"The parameter {name!r} is given more than once.")
    return {name: parameters[name] for name in parameters}


def parse_uuid(name: str, text: str) -> UUID:
    if not is_uuid(text):
        raise StatementError(name, "must be a UUID in its standard form", "4.4")
    return UUID(text)


def parse_instant(name: str, text: str) -> datetime:
    try:
        return parse_timestamp(text)
    except ValueError as error:
        raise StatementError(name, "must be an ISO 8601 date and time", "4.5") from error


def _boolean(name: str, text: str) -> bool:
    if text not in ("true", "false"):
        raise BadRequest(f"The parameter {name!r} must be true or false.")
    return text == "true"


def _check_unsupported(parameters: dict[str, str]) -> None:
    """Refuse in words what this store does not do yet, rather than answer something else."""
    for name in ("related_activities", "related_agents", "attachments"):
        if _boolean(name, parameters.get(name, "false")):
            raise BadRequest(f"The parameter {name!r} is not supported yet.")
    if parameters.get("format", "exact") != "exact":
        raise BadRequest("Only the format 'exact' is supported yet.")


@dataclass(frozen=True)
class SingleQuery:
    """A request for one statement (Communication 2.1.3)."""

    statement_id: UUID
    voided: bool


@dataclass(frozen=True)
class ListQuery:
    """A request for a list of statements. `after` is where the page before it ended."""

    filters: dict[str, Any]
    limit: int
    ascending: bool
    after: tuple[datetime, int] | None

    def of(self, statements: StatementQuerySet) -> StatementQuerySet:
        """The page, and one statement more if there is one: then there is a next page."""
        return (
            statements.visible()
            .filter(**self.filters)
            .page(after=self.after, limit=self.limit + 1, ascending=self.ascending)
        )


def parse_query(parameters: QueryDict) -> SingleQuery | ListQuery:
    """What a GET asks for, or the reason why it cannot be answered."""
    if "statementId" in parameters or "voidedStatementId" in parameters:
        single = one_each(parameters, _SINGLE)
        if len(single.keys() & {"statementId", "voidedStatementId"}) == 2:
            raise BadRequest("statementId and voidedStatementId exclude each other.")
        _check_unsupported(single)
        name = "statementId" if "statementId" in single else "voidedStatementId"
        return SingleQuery(parse_uuid(name, single[name]), voided=name == "voidedStatementId")

    given = one_each(parameters, _LIST)
    _check_unsupported(given)
    filters: dict[str, Any] = {}
    if "agent" in given:
        filters["actor"] = _parse_agent(given["agent"])
    for name in ("verb", "activity"):
        if name in given:
            if not is_iri(given[name]):
                raise StatementError(name, "must be an IRI with a scheme", "4.3")
            filters[name] = compact(given[name])
    if "registration" in given:
        filters["registration"] = parse_uuid("registration", given["registration"])
    if "since" in given:
        filters["stored__gt"] = parse_instant("since", given["since"])
    if "until" in given:
        filters["stored__lte"] = parse_instant("until", given["until"])
    return ListQuery(
        filters=filters,
        limit=_parse_limit(given.get("limit", "0")),
        ascending=_boolean("ascending", given.get("ascending", "false")),
        after=_parse_cursor(given["after"]) if "after" in given else None,
    )


def _parse_agent(text: str) -> str:
    agent = parse_json(text, "The parameter 'agent'")
    validate_actor(agent, "agent")
    check_storable(agent, "agent")
    if not (key := agent_key(agent)):
        raise StatementError("agent", "must be an Agent or an identified Group", "2.4.2")
    return key


def _parse_limit(text: str) -> int:
    """At most `MAX_PAGE`, which 0 asks for too (Communication 2.1.3)."""
    if not _LIMIT(text):
        raise BadRequest("The parameter 'limit' must be a whole number, 0 or more.")
    return min(int(text) or MAX_PAGE, MAX_PAGE)


def cursor(stored: datetime, pk: int) -> str:
    """The place after a statement, as the `after` of a "more" address."""
    return f"{instant(stored)}_{pk}"


def _parse_cursor(text: str) -> tuple[datetime, int]:
    if not (match := _CURSOR(text)):
        raise BadRequest("The parameter 'after' is not one that this store gave out.")
    return parse_instant("after", match[1]), int(match[2])
