"""The learning record store over HTTP: the Statement and About resources of xAPI 1.0.3 and 2.0.

Programs sign in with HTTP Basic. An operator's session may read, so that a browser can look; it
may never write, which is why these views need no CSRF token.
"""

import base64
import binascii
import json
import re
from typing import Any, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.decorators import method_decorator
from django.utils.http import http_date
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from academy.core.errors import AcademyError, NotAllowed, NotFound
from academy.people.roles import OPERATOR, has_role
from academy.xapi import services
from academy.xapi.models import LrsClient, Statement
from academy.xapi.requests import (
    BadRequest,
    ListQuery,
    SingleQuery,
    cursor,
    one_each,
    parse_query,
    parse_statements,
    parse_uuid,
)
from academy.xapi.schema import StatementError, instant

VERSIONS = ["1.0.0", "1.0.1", "1.0.2", "1.0.3", "2.0.0"]
LATEST = "2.0.0"
_VERSION = re.compile(r"([12])\.0(\.\d{1,9})?", re.ASCII).fullmatch


class NotAuthenticated(AcademyError):
    """No credentials, or none that are known."""

    status = 401


def _json(value: Any, status: int = 200) -> HttpResponse:
    response = HttpResponse(
        json.dumps(value, ensure_ascii=False), status=status, content_type="application/json"
    )
    response["Cache-Control"] = "no-store"
    return response


def _error(error: AcademyError) -> HttpResponse:
    response = _json({"error": error.message}, error.status)
    if error.status == 401:
        response["WWW-Authenticate"] = 'Basic realm="xAPI", charset="UTF-8"'
    return response


@csrf_exempt
@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """Open to everybody, with any version header or none (Communication 2.8)."""
    response = _json({"version": VERSIONS, "extensions": {}})
    response["X-Experience-API-Version"] = LATEST
    return response


@method_decorator(csrf_exempt, name="dispatch")
class StatementsView(View):
    """GET, PUT and POST of statements (Communication 2.1)."""

    http_method_names = ("get", "head", "put", "post")
    client: LrsClient | None = None
    version = LATEST

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        through = None
        try:
            self._authenticate(request)
            # taken before anything is read, so that it cannot promise more than the answer shows
            through = services.consistent_through()
            self.version = self._read_version(request)
            response = super().dispatch(request, *args, **kwargs)
        except AcademyError as error:
            response = _error(error)
        response["X-Experience-API-Version"] = self.version
        if through is not None:
            response["X-Experience-API-Consistent-Through"] = instant(through)
        return response

    def get(self, request: HttpRequest) -> HttpResponse:
        query = parse_query(request.GET)
        if isinstance(query, SingleQuery):
            return self._single(query)
        return self._list(request, query)

    def put(self, request: HttpRequest) -> HttpResponse:
        parameters = one_each(request.GET, frozenset(("statementId",)))
        if "statementId" not in parameters:
            raise BadRequest("The parameter 'statementId' is required.")
        statement_id = parse_uuid("statementId", parameters["statementId"])
        statements, texts, is_list = parse_statements(request)
        if is_list:
            raise BadRequest("PUT stores a single statement, not a list.")
        statement = statements[0]
        if isinstance(statement, dict):
            given = statement.setdefault("id", str(statement_id))
            if isinstance(given, str) and given.lower() != str(statement_id):
                raise StatementError("id", "must be the statementId of the request")
        self._store(statements, texts)
        return HttpResponse(status=204)

    def post(self, request: HttpRequest) -> HttpResponse:
        one_each(request.GET, frozenset())
        statements, texts, _is_list = parse_statements(request)
        return _json([str(statement_id) for statement_id in self._store(statements, texts)])

    # --- inside ---------------------------------------------------------------------------------
    def _authenticate(self, request: HttpRequest) -> None:
        """Let in a client with the scope the method needs, or an operator who only reads."""
        reading = request.method in ("GET", "HEAD")
        if "Authorization" in request.headers:
            self.client = _client(request.headers["Authorization"])
            scope = LrsClient.Scope.READ if reading else LrsClient.Scope.WRITE
            if not self.client.may(scope):
                raise NotAllowed(f"This client does not have the scope {scope}.")
        elif not reading or not request.user.is_authenticated:
            raise NotAuthenticated("Sign in with HTTP Basic, as a client of this store.")
        elif not has_role(request.user, OPERATOR):
            raise NotAllowed("Statements are shown to operators only.")

    def _read_version(self, request: HttpRequest) -> str:
        """The version to answer in: the header is required of clients (Communication 3.3)."""
        given = request.headers.get("X-Experience-API-Version")
        if given is None and self.client is None:
            return LATEST
        if given is None:
            raise BadRequest("The header X-Experience-API-Version is required.")
        if not (match := _VERSION(given)):
            raise BadRequest("The header X-Experience-API-Version must be 1.0.x or 2.0.x.")
        return LATEST if match[1] == "2" else "1.0.3"

    def _single(self, query: SingleQuery) -> HttpResponse:
        found = Statement.objects.by_ids([query.statement_id]).filter(voided=query.voided).first()
        if found is None:
            raise NotFound("There is no such statement.")
        response = _json(found.document)
        response["Last-Modified"] = http_date(found.stored.timestamp())
        return response

    def _list(self, request: HttpRequest, query: ListQuery) -> HttpResponse:
        found = list(query.of(Statement.objects.all()))
        page, more = found[: query.limit], ""
        if len(found) > query.limit:
            parameters = request.GET.copy()
            parameters["after"] = cursor(page[-1].stored, page[-1].pk)
            more = f"{request.path}?{parameters.urlencode()}"
        return _json({"statements": [statement.document for statement in page], "more": more})

    def _store(self, statements: list[Any], texts: list[str]) -> list[UUID]:
        for statement in statements:
            _refuse_missing_data(statement)
        return services.store(
            statements=statements,
            texts=texts,
            authority=services.client_authority(cast(LrsClient, self.client)),
        )


def _refuse_missing_data(statement: Any) -> None:
    """JSON alone carries no attachments, so each needs an address (Communication 1.5.2.s2)."""
    attachments = statement.get("attachments") if isinstance(statement, dict) else None
    for index, attachment in enumerate(attachments if isinstance(attachments, list) else ()):
        if isinstance(attachment, dict) and "fileUrl" not in attachment:
            raise StatementError(
                f"attachments[{index}].fileUrl", "is required where the data is not sent along"
            )


def _client(header: str) -> LrsClient:
    """The client that an Authorization header names."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        raise NotAuthenticated("Only HTTP Basic is accepted.")
    try:
        key, _, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError) as error:
        raise NotAuthenticated("The Authorization header is not HTTP Basic.") from error
    client = services.authenticate_client(key=key, secret=secret)
    if client is None:
        raise NotAuthenticated("Key and secret are not those of an active client.")
    return client
