"""The Statement resource: statements in and out (Communication 2.1)."""

from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.http import http_date

from academy.core.errors import NotFound
from academy.xapi import services
from academy.xapi.attachments import parts_of
from academy.xapi.formats import CANONICAL, formatted
from academy.xapi.models import LrsClient, Statement
from academy.xapi.multipart import Part, write_parts
from academy.xapi.requests import (
    BadRequest,
    Batch,
    ListQuery,
    SingleQuery,
    cursor,
    one_each,
    parse_query,
    parse_statements,
    parse_uuid,
)
from academy.xapi.schema import StatementError
from academy.xapi.terms import vouches
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
        batch = parse_statements(request)
        if batch.is_list:
            raise BadRequest("PUT stores a single statement, not a list.")
        statement = batch.statements[0]
        if isinstance(statement, dict):
            given = statement.setdefault("id", str(statement_id))
            if isinstance(given, str) and given.lower() != str(statement_id):
                raise StatementError("id", "must be the statementId of the request")
        self._store(batch)
        return HttpResponse(status=204)

    def post(self, request: HttpRequest) -> HttpResponse:
        """The ids; nothing if all of it was here already (Communication 2.1.2.s2.b5)."""
        one_each(request.GET, frozenset())
        batch = parse_statements(request)
        stored = self._store(batch)
        if batch.statements and not stored.is_new:
            return HttpResponse(status=204)
        return json_response([str(statement_id) for statement_id in stored.ids])

    # --- inside ---------------------------------------------------------------------------------
    def _single(self, query: SingleQuery) -> HttpResponse:
        found = Statement.objects.with_id(query.statement_id)
        authority = self.principal.reads_only()
        if (
            found is None
            or found.voided != query.voided
            or (authority and not vouches(authority, found.authority))
        ):
            raise NotFound("There is no such statement.")
        response = self._answer(query, [found], lambda documents: documents[0])
        response["Last-Modified"] = http_date(found.stored.timestamp())
        return response

    def _list(self, request: HttpRequest, query: ListQuery) -> HttpResponse:
        page = query.page(self.principal.reads_only())
        more = ""
        if page.next:
            parameters = request.GET.copy()
            parameters["after"] = cursor(*page.next)
            more = f"{request.path}?{parameters.urlencode()}"
        return self._answer(
            query, page.statements, lambda documents: {"statements": documents, "more": more}
        )

    def _answer(self, query, statements: list[Statement], wrap) -> HttpResponse:
        """The statements in the format that was asked for, with their data if it was."""
        documents = [statement.document for statement in statements]
        languages = self.request.headers.get("Accept-Language", "")
        response = json_response(wrap(formatted(documents, query.form, languages)))
        if query.attachments:
            first = Part({"Content-Type": "application/json"}, response.content)
            response.content, response["Content-Type"] = write_parts([first, *parts_of(statements)])
        if query.form == CANONICAL:
            patch_vary_headers(response, ("Accept-Language",))
        return response

    def _store(self, batch: Batch) -> services.Stored:
        for statement in batch.statements:
            self.principal.check_statement(statement)
        return services.store(
            statements=batch.statements,
            texts=batch.texts,
            data=batch.data,
            version=self.version,
            authority=cast(dict[str, Any], self.principal.authority),
            defines=self.principal.defines,
        )
