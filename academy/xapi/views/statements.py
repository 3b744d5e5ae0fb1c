"""The Statement resource: statements in and out (Communication 2.1)."""

from typing import Any, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.http import http_date

from academy.core.errors import NotFound
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
from academy.xapi.schema import StatementError
from academy.xapi.views.base import Resource, json_response


class StatementsView(Resource):
    """GET, PUT and POST of statements (Communication 2.1)."""

    http_method_names = ("get", "head", "put", "post")
    tells_consistency = True

    def scopes_for(self, method: str) -> tuple[str, ...]:
        if method in ("GET", "HEAD"):
            return (LrsClient.Scope.READ, LrsClient.Scope.READ_MINE)
        return (LrsClient.Scope.WRITE,)

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
        return json_response([str(statement_id) for statement_id in self._store(statements, texts)])

    # --- inside ---------------------------------------------------------------------------------
    def _single(self, query: SingleQuery) -> HttpResponse:
        statements = self.principal.readable(Statement.objects.by_ids([query.statement_id]))
        found = statements.filter(voided=query.voided).first()
        if found is None:
            raise NotFound("There is no such statement.")
        response = json_response(found.document)
        response["Last-Modified"] = http_date(found.stored.timestamp())
        return response

    def _list(self, request: HttpRequest, query: ListQuery) -> HttpResponse:
        found = list(query.of(self.principal.readable(Statement.objects.all())))
        page, more = found[: query.limit], ""
        if len(found) > query.limit:
            parameters = request.GET.copy()
            parameters["after"] = cursor(page[-1].stored, page[-1].pk)
            more = f"{request.path}?{parameters.urlencode()}"
        return json_response(
            {"statements": [statement.document for statement in page], "more": more}
        )

    def _store(self, statements: list[Any], texts: list[str]) -> list[UUID]:
        for statement in statements:
            self.principal.check_statement(statement)
            _refuse_missing_data(statement)
        return services.store(
            statements=statements,
            texts=texts,
            authority=cast(dict[str, Any], self.principal.authority),
        )


def _refuse_missing_data(statement: Any) -> None:
    """JSON alone carries no attachments, so each needs an address (Communication 1.5.2.s2)."""
    attachments = statement.get("attachments") if isinstance(statement, dict) else None
    for index, attachment in enumerate(attachments if isinstance(attachments, list) else ()):
        if isinstance(attachment, dict) and "fileUrl" not in attachment:
            raise StatementError(
                f"attachments[{index}].fileUrl", "is required where the data is not sent along"
            )
