"""A client for any learning record store: xAPI 1.0.3 and 2.0, over HTTP.

    with LearningRecordStore(endpoint, key, secret) as lrs:
        lrs.post_statements([statement])
        for statement in lrs.statements(verb=adl.COMPLETED.id, since=yesterday):
            ...

Written for this product because no package named xapi-client is published, and the clients of the
field are unmaintained and know nothing of xAPI 2.0.
"""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from time import monotonic
from types import TracebackType
from typing import Any, Self
from urllib.parse import urljoin
from uuid import UUID

import httpx

from academy.xapi.multipart import Part, write_parts
from academy.xapi.schema import instant

DEFAULT_TIMEOUT = 30.0  # seconds without a sign of life; a whole answer may take twice as long
LONGEST_ANSWER = 64 * 1024 * 1024
LONGEST_PAUSE = 86_400.0
ANSWER_LENGTH = 2000


class LrsError(Exception):
    """A store could not be reached, or did not do what was asked. `answer` is what it said."""

    def __init__(self, message: str, *, answer: str = "") -> None:
        super().__init__(message)
        self.answer = answer[:ANSWER_LENGTH]


class LrsUnreachable(LrsError):
    """No answer: no connection, a time-out, or a connection that broke. It may have been stored."""


class LrsAnswerInvalid(LrsError):
    """The store answered with success, and with something that is not xAPI."""


class LrsRefused(LrsError):
    """The store answered with an error. `status` is its HTTP status.

    `retry_after` is how many seconds it asked to be left alone, if it did.
    """

    def __init__(self, status: int, answer: str, retry_after: float | None = None) -> None:
        super().__init__(f"HTTP {status}: {answer[:200]}", answer=answer)
        self.status = status
        self.retry_after = retry_after


class LrsConflict(LrsRefused):
    """409: the store has another statement under this id."""


class LearningRecordStore:
    """One store, reached by HTTP Basic. Keeps its connections until closed.

    `endpoint` is the address under which "statements" and "about" lie; `version` is sent as
    X-Experience-API-Version. Every method raises an `LrsError` when it does not succeed, and none
    follows a redirect, which would carry the password elsewhere.
    """

    def __init__(
        self,
        endpoint: str,
        username: str = "",
        password: str = "",
        version: str = "2.0.0",
        timeout: float = DEFAULT_TIMEOUT,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.endpoint = endpoint.rstrip("/") + "/"
        self._longest = 2 * timeout
        self._http = httpx.Client(
            auth=httpx.BasicAuth(username, password) if username else None,
            headers={"X-Experience-API-Version": version, "Accept": "application/json"},
            timeout=httpx.Timeout(timeout, connect=min(timeout, 10.0)),
            transport=transport,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def about(self) -> dict[str, Any]:
        """The versions the store speaks, and its extensions (Communication 2.8)."""
        return self._object(self._request("GET", "about"))

    def post_statements(
        self, statements: list[dict[str, Any]], attachments: Sequence[Part] = ()
    ) -> list[UUID]:
        """Store a batch, all or nothing, and return the ids in order (Communication 2.1.2).

        `attachments` are parts with the data that the statements name by its hash, sent along as
        multipart/mixed (1.5.2).
        """
        response = self._request("POST", "statements", body=statements, attachments=attachments)
        if response.status_code == 204:  # it has them all already
            return [UUID(statement["id"]) for statement in statements]
        ids = self._json(response)
        try:
            return [UUID(statement_id) for statement_id in ids]
        except (TypeError, ValueError, AttributeError) as error:
            raise LrsAnswerInvalid(
                "The store did not answer with a list of ids.", answer=response.text
            ) from error

    def put_statement(self, statement: dict[str, Any]) -> None:
        """Store one statement under the id it has. Safe to repeat (Communication 2.1.1)."""
        self._request("PUT", "statements", body=statement, params={"statementId": statement["id"]})

    def get_statement(
        self, statement_id: UUID | str, *, voided: bool = False
    ) -> dict[str, Any] | None:
        """The statement with this id, or None if the store has none, or only a voided one.

        With `voided` it is the other way about: only a voided statement is found.
        """
        parameter = "voidedStatementId" if voided else "statementId"
        try:
            response = self._request("GET", "statements", params={parameter: str(statement_id)})
        except LrsRefused as error:
            if error.status == 404:
                return None
            raise
        return self._object(response)

    def statements(
        self,
        *,
        agent: dict[str, Any] | None = None,
        verb: str | None = None,
        activity: str | None = None,
        registration: UUID | str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
        ascending: bool = False,
    ) -> Iterator[dict[str, Any]]:
        """Every statement that matches, newest stored first; asks for page after page as it goes.

        `limit` is the size of a page, not of the result: stop iterating when you have enough.
        """
        params = {
            "agent": json.dumps(agent) if agent else None,
            "verb": verb,
            "activity": activity,
            "registration": str(registration) if registration else None,
            "since": instant(since) if since else None,
            "until": instant(until) if until else None,
            "limit": str(limit) if limit is not None else None,
            "ascending": "true" if ascending else None,
        }
        address = "statements"
        query: dict[str, str] | None = {key: text for key, text in params.items() if text}
        while address:
            response = self._request("GET", address, params=query)
            page = self._object(response)
            found = page.get("statements")
            if not isinstance(found, list):
                raise LrsAnswerInvalid("The store answered no statements.", answer=response.text)
            yield from found
            # "more" is relative to the server, not to the endpoint (Data 2.5)
            more = page.get("more") or ""
            address, query = (urljoin(self.endpoint, more) if more else ""), None
            if address and not self._same_origin(address):
                raise LrsAnswerInvalid("The store's next page is on another server.", answer=more)

    # --- inside ---------------------------------------------------------------------------------
    def _same_origin(self, address: str) -> bool:
        here, there = httpx.URL(self.endpoint), httpx.URL(address)
        return (here.scheme, here.host, here.port) == (there.scheme, there.host, there.port)

    def _request(
        self,
        method: str,
        resource: str,
        *,
        params: dict[str, str] | None = None,
        body: Any = None,
        attachments: Sequence[Part] = (),
    ) -> httpx.Response:
        content, headers = None, {}
        if body is not None:
            content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
            headers = {"Content-Type": "application/json"}
        if attachments:
            content, kind = write_parts([Part(headers, content or b""), *attachments])
            headers = {"Content-Type": kind}
        try:
            response = self._answer(
                self._http.build_request(
                    method,
                    urljoin(self.endpoint, resource),
                    params=params,
                    content=content,
                    headers=headers,
                )
            )
        except httpx.HTTPError as error:
            raise LrsUnreachable(f"{type(error).__name__}: {error}", answer=str(error)) from error
        except (httpx.InvalidURL, UnicodeError) as error:
            raise LrsUnreachable(f"{self.endpoint} is not an address: {error}") from error
        if response.is_success:
            return response
        refusal = LrsConflict if response.status_code == 409 else LrsRefused
        raise refusal(response.status_code, response.text, _retry_after(response))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        """The whole answer, unless it takes too long or never ends: a time-out counts each read."""
        until, parts, length = monotonic() + self._longest, [], 0
        response = self._http.send(request, stream=True)
        try:
            for part in response.iter_bytes():
                parts.append(part)
                length += len(part)
                if length > LONGEST_ANSWER:
                    raise LrsUnreachable(f"The answer is longer than {LONGEST_ANSWER} bytes.")
                if monotonic() > until:
                    raise LrsUnreachable(f"The answer took longer than {self._longest:g} seconds.")
        finally:
            response.close()
        headers = httpx.Headers(response.headers)
        for name in ("Content-Encoding", "Content-Length", "Transfer-Encoding"):
            headers.pop(name, None)  # the parts are decoded
        return httpx.Response(
            response.status_code, headers=headers, content=b"".join(parts), request=request
        )

    @staticmethod
    def _json(response: httpx.Response) -> Any:
        try:
            return json.loads(response.content)
        except (ValueError, RecursionError) as error:
            raise LrsAnswerInvalid(
                "The store did not answer with JSON.", answer=response.text
            ) from error

    def _object(self, response: httpx.Response) -> dict[str, Any]:
        answer = self._json(response)
        if not isinstance(answer, dict):
            raise LrsAnswerInvalid("The store did not answer an object.", answer=response.text)
        return answer


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds from the Retry-After header, at most a day (RFC 9110, 10.2.3).

    A date is counted from the answer's own Date, so that the clock of the other store may be wrong;
    without one it says nothing.
    """
    asked = response.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d{1,9}", asked, re.ASCII):
        return min(float(asked), LONGEST_PAUSE)
    try:
        seconds = (
            parsedate_to_datetime(asked) - parsedate_to_datetime(response.headers["Date"])
        ).total_seconds()
    except (KeyError, TypeError, ValueError):
        return None
    return min(max(seconds, 0.0), LONGEST_PAUSE)
