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
from django.utils.http import parse_header_parameters

from academy.core.errors import AcademyError
from academy.xapi.attachments import Data, fitting, read_data
from academy.xapi.formats import EXACT, FORMATS
from academy.xapi.models import Statement, agent_key
from academy.xapi.multipart import parse_parts
from academy.xapi.querysets import Place
from academy.xapi.schema import (
    StatementError,
    check_storable,
    instant,
    is_iri,
    is_uuid,
    parse_timestamp,
    validate_actor,
    validate_agent,
)
from academy.xapi.terms import (
    ACTIVITY,
    AGENT,
    AUTHORITY,
    REGISTRATION,
    RELATED_ACTIVITY,
    RELATED_AGENT,
    VERB,
    authority_terms,
    term,
)

DEFAULT_MAX_BODY = 10 * 1024 * 1024
MAX_BATCH = 1000
MAX_PARTS = 1000
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
def body_limit() -> int:
    """How many bytes a body may have, coming or going: XAPI_MAX_BODY."""
    return getattr(settings, "XAPI_MAX_BODY", DEFAULT_MAX_BODY)


def read_body(request: HttpRequest) -> bytes:
    """The body, up to its limit, which is apart from the limit on forms."""
    limit = body_limit()
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


@dataclass(frozen=True)
class Batch:
    """The statements of a body, the text each came as, whether it was a list, and their data."""

    statements: list[Any]
    texts: list[str]
    is_list: bool
    data: Data


def parse_statements(request: HttpRequest) -> Batch:
    """Statements as JSON, alone or as the first part of multipart/mixed (1.5.1, 1.5.2)."""
    if request.content_type == "application/json":
        return _parse_batch(read_body(request), {})
    if request.content_type != "multipart/mixed":
        raise BadRequest("Statements are read as application/json or multipart/mixed.")
    boundary = request.content_params.get("boundary", "")
    first, *others = parse_parts(read_body(request), boundary, max_parts=MAX_PARTS)
    kind, _parameters = parse_header_parameters(first.headers.get("content-type", ""))
    if kind != "application/json":
        raise BadRequest("The first part must be the statements, as application/json.")
    return _parse_batch(first.data, read_data(others))


def _parse_batch(body: bytes, data: Data) -> Batch:
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise BadRequest(f"The body is not UTF-8 at byte {error.start}.") from error
    start = _skip(text, 0)
    if text[start : start + 1] != "[":
        return Batch([parse_json(text)], [text.strip()], False, data)

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
    return Batch(statements, texts, True, data)


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


def _boolean(given: dict[str, str], name: str) -> bool:
    text = given.get(name, "false")
    if text not in ("true", "false"):
        raise BadRequest(f"The parameter {name!r} must be true or false.")
    return text == "true"


@dataclass(frozen=True)
class SingleQuery:
    """A request for one statement (Communication 2.1.3)."""

    statement_id: UUID
    voided: bool
    form: str
    attachments: bool


@dataclass(frozen=True)
class Page:
    """Statements of a list in their order, and the place where the next page begins."""

    statements: list[Statement]
    next: Place | None


@dataclass(frozen=True)
class ListQuery:
    """A request for a list of statements.

    `filters` are to be met all, each by one of its terms; the narrowest comes first. `after` is
    where the page before it ended.
    """

    filters: tuple[tuple[int, ...], ...]
    times: dict[str, datetime]
    limit: int
    ascending: bool
    after: Place | None
    form: str
    attachments: bool

    def page(self, authority: dict[str, Any] | None = None) -> Page:
        """The page, of what this authority vouches for where one is given."""
        mine = ((term,) for term in authority_terms(authority)) if authority else ()
        filters = (*self.filters, *mine)
        keyset = {"limit": self.limit + 1, "after": self.after, "ascending": self.ascending}
        if filters:
            statements = Statement.objects.found_by(filters, **self.times, **keyset)
        else:
            shown = Statement.objects.visible().stored_within(**self.times)
            statements = list(shown.page(**keyset))
        is_last = len(statements) <= self.limit
        statements = statements[: self.limit]
        more = None if is_last else (statements[-1].stored, statements[-1].pk)
        statements = [statement for statement in statements if not statement.voided]
        if self.attachments:
            fit = fitting(statements, body_limit())
            if len(fit) < len(statements):
                return Page(fit, (fit[-1].stored, fit[-1].pk))
        return Page(statements, more)


def parse_query(parameters: QueryDict) -> SingleQuery | ListQuery:
    """What a GET asks for, or the reason why it cannot be answered."""
    if "statementId" in parameters or "voidedStatementId" in parameters:
        single = one_each(parameters, _SINGLE)
        if len(single.keys() & {"statementId", "voidedStatementId"}) == 2:
            raise BadRequest("statementId and voidedStatementId exclude each other.")
        name = "statementId" if "statementId" in single else "voidedStatementId"
        return SingleQuery(
            statement_id=parse_uuid(name, single[name]),
            voided=name == "voidedStatementId",
            form=_parse_format(single),
            attachments=_boolean(single, "attachments"),
        )

    given = one_each(parameters, _LIST)
    times = {}
    if "since" in given:
        times["since"] = parse_instant("since", given["since"])
    if "until" in given:
        times["until"] = parse_instant("until", given["until"])
    return ListQuery(
        filters=_parse_filters(given),
        times=times,
        limit=_parse_limit(given.get("limit", "0")),
        ascending=_boolean(given, "ascending"),
        after=_parse_cursor(given["after"]) if "after" in given else None,
        form=_parse_format(given),
        attachments=_boolean(given, "attachments"),
    )


def _parse_filters(given: dict[str, str]) -> tuple[tuple[int, ...], ...]:
    """The filters of a list, most often the narrowest first."""
    filters: list[tuple[int, ...]] = []
    if "registration" in given:
        registration = str(parse_uuid("registration", given["registration"]))
        filters.append((term(REGISTRATION, registration),))
    related_agents = _boolean(given, "related_agents")
    if "agent" in given:
        key = agent_key(parse_agent("agent", given["agent"]))
        kinds = (AGENT, RELATED_AGENT, AUTHORITY) if related_agents else (AGENT,)
        filters.append(tuple(term(kind, key) for kind in kinds))
    related_activities = _boolean(given, "related_activities")
    if "activity" in given:
        iri = parse_iri("activity", given["activity"])
        kinds = (ACTIVITY, RELATED_ACTIVITY) if related_activities else (ACTIVITY,)
        filters.append(tuple(term(kind, iri) for kind in kinds))
    if "verb" in given:
        filters.append((term(VERB, parse_iri("verb", given["verb"])),))
    return tuple(filters)


def parse_iri(name: str, text: str) -> str:
    if not is_iri(text):
        raise StatementError(name, "must be an IRI with a scheme", "4.3")
    check_storable(text, name)
    return text


def _parse_format(given: dict[str, str]) -> str:
    form = given.get("format", EXACT)
    if form not in FORMATS:
        raise BadRequest(f"The parameter 'format' must be one of {', '.join(FORMATS)}.")
    return form


def parse_agent(name: str, text: str, *, groups: bool = True) -> dict[str, Any]:
    """An Agent given as JSON, or an identified Group where those are taken."""
    agent = parse_json(text, f"The parameter {name!r}")
    (validate_actor if groups else validate_agent)(agent, name)
    check_storable(agent, name)
    if not agent_key(agent):
        raise StatementError(name, "must be an Agent or an identified Group", "2.4.2")
    return agent


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
