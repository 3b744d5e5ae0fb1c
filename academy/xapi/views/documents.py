"""The State, Activity Profile and Agent Profile resources (Communication 2.2, 2.3, 2.6, 2.7)."""

import re
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.http import http_date

from academy.core.errors import NotFound
from academy.xapi.documents import (
    Conditions,
    DocumentPlace,
    Need,
    delete_document,
    delete_documents,
    post_document,
    put_document,
)
from academy.xapi.models import Document, LrsClient, agent_key, compact
from academy.xapi.requests import (
    BadRequest,
    one_each,
    parse_agent,
    parse_instant,
    parse_iri,
    parse_uuid,
    read_body,
)
from academy.xapi.views.base import Resource, json_response

_CONTENT_TYPE = re.compile(r"[\x21-\x7e][\x20-\x7e]{0,254}", re.ASCII).fullmatch
_OF_ONE = frozenset(("PUT", "POST"))


class DocumentsView(Resource):
    """One document where the request has an id, else the ids of a context."""

    http_method_names = ("get", "head", "put", "post", "delete")
    kind: Document.Kind
    scope: LrsClient.Scope
    id_parameter = "profileId"
    about: tuple[str, ...] = ()  # the parameters that say what the documents are about
    optional: tuple[str, ...] = ()
    deletes_many = False

    def scopes_for(self, method: str) -> tuple[str, ...]:
        return (self.scope,)

    def get(self, request: HttpRequest) -> HttpResponse:
        place, since = self.read_place(request)
        if place.document_id is None:
            return self._ids(place, since)
        document = Document.objects.filter(address=place.address).first()
        if document is None:
            raise NotFound("There is no such document.")
        response = HttpResponse(bytes(document.content), content_type=document.content_type)
        response["ETag"] = f'"{document.etag}"'
        response["Last-Modified"] = http_date(document.updated.timestamp())
        response["Cache-Control"] = "no-store"
        # anybody may have written it: a browser that is led here must not run it
        response["Content-Security-Policy"] = "default-src 'none'; sandbox"
        return response

    def put(self, request: HttpRequest) -> HttpResponse:
        place, _since = self.read_place(request)
        put_document(place=place, conditions=self.conditions(request), **_document(request))
        return HttpResponse(status=204)

    def post(self, request: HttpRequest) -> HttpResponse:
        place, _since = self.read_place(request)
        post_document(place=place, conditions=self.conditions(request), **_document(request))
        return HttpResponse(status=204)

    def delete(self, request: HttpRequest) -> HttpResponse:
        place, _since = self.read_place(request)
        if place.document_id is None:
            delete_documents(place=place)
        else:
            delete_document(place=place, conditions=self.conditions(request))
        return HttpResponse(status=204)

    def read_place(self, request: HttpRequest) -> tuple[DocumentPlace, Any]:
        """What the parameters name, and since when; each known, in order and given once."""
        allowed = {*self.about, *self.optional, self.id_parameter}
        if request.method in ("GET", "HEAD") and self.id_parameter not in request.GET:
            allowed.add("since")
        given = one_each(request.GET, frozenset(allowed))
        required = [*self.about]
        if request.method in _OF_ONE or (request.method == "DELETE" and not self.deletes_many):
            required.append(self.id_parameter)
        for name in required:
            if name not in given:
                raise BadRequest(f"The parameter {name!r} is required.")
        place = DocumentPlace(
            kind=self.kind,
            activity=(
                compact(parse_iri("activityId", given["activityId"]))
                if "activityId" in given
                else ""
            ),
            agent=(agent_key(read_agent(given, self.version)) if "agent" in given else ""),
            registration=(
                parse_uuid("registration", given["registration"])
                if "registration" in given
                else None
            ),
            document_id=(
                _parse_id(self.id_parameter, given[self.id_parameter])
                if self.id_parameter in given
                else None
            ),
        )
        since = parse_instant("since", given["since"]) if "since" in given else None
        return place, since

    def need(self) -> Need:
        """When this version wants a PUT to say what it expects to find."""
        return Need.ALWAYS if self.version == "1.0.3" else Need.TO_OVERWRITE

    def conditions(self, request: HttpRequest) -> Conditions:
        return Conditions(
            if_match=_tags(request.headers.get("If-Match")),
            if_none_match=_tags(request.headers.get("If-None-Match")),
            need=self.need(),
        )

    def _ids(self, place: DocumentPlace, since: Any) -> HttpResponse:
        documents = Document.objects.at(place)
        if since is not None:
            documents = documents.filter(updated__gt=since)
        rows = list(documents.order_by("updated", "id").values_list("document_id", "updated"))
        response = json_response(list(dict.fromkeys(document_id for document_id, _at in rows)))
        if rows:
            response["Last-Modified"] = http_date(rows[-1][1].timestamp())
        return response


class StateView(DocumentsView):
    """What content keeps about an agent and an activity, perhaps in a registration (2.3)."""

    kind = Document.Kind.STATE
    scope = LrsClient.Scope.STATE
    id_parameter = "stateId"
    about = ("activityId", "agent")
    optional = ("registration",)
    deletes_many = True

    def need(self) -> Need:
        return Need.NEVER if self.version == "1.0.3" else Need.TO_OVERWRITE

    def read_place(self, request: HttpRequest) -> tuple[DocumentPlace, Any]:
        place, since = super().read_place(request)
        self.principal.check_state(agent=place.agent, registration=place.registration)
        return place, since


class ActivityProfileView(DocumentsView):
    """What is kept about an activity (2.7)."""

    kind = Document.Kind.ACTIVITY_PROFILE
    scope = LrsClient.Scope.PROFILE
    about = ("activityId",)


class AgentProfileView(DocumentsView):
    """What is kept about an agent (2.6)."""

    kind = Document.Kind.AGENT_PROFILE
    scope = LrsClient.Scope.PROFILE
    about = ("agent",)


# --- reading what was sent ----------------------------------------------------------------------
def read_agent(given: dict[str, str], version: str) -> dict[str, Any]:
    """The Agent that the parameter names; in 2.0 it may be an identified Group, too (2.6.s3; IEEE
    9274.1.1, 4.1.6.2)."""
    return parse_agent("agent", given["agent"], groups=version != "1.0.3")


def _parse_id(name: str, text: str) -> str:
    if not text or "\0" in text:
        raise BadRequest(f"The parameter {name!r} must be text, and not hold the character NUL.")
    return text


def _tags(header: str | None) -> frozenset[str] | None:
    """The entity tags of a header, without quotes and weakness; None where there is no header."""
    if header is None:
        return None
    return frozenset(tag.strip().removeprefix("W/").strip('"') for tag in header.split(","))


def _document(request: HttpRequest) -> dict[str, Any]:
    """The content sent, to the byte, and its type."""
    content_type = request.META.get("CONTENT_TYPE") or "application/octet-stream"
    if not _CONTENT_TYPE(content_type):
        raise BadRequest("The header Content-Type is not one, or longer than 255 characters.")
    return {"content": read_body(request), "content_type": content_type}
