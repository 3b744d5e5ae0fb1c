"""The Activities resource (Communication 2.5)."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from academy.xapi.models import LrsClient, Statement
from academy.xapi.requests import BadRequest, one_each
from academy.xapi.views.base import Resource, json_response
from academy.xapi.views.documents import parse_activity

Scope = LrsClient.Scope


class ActivitiesView(Resource):
    """An Activity with all that statements have said of it; with its id alone where they have said
    nothing (2.5.s2.b1)."""

    http_method_names = ("get", "head")

    def scopes_for(self, method: str) -> tuple[str, ...]:
        return (Scope.READ, Scope.PROFILE, Scope.STATE)

    def get(self, request: HttpRequest) -> HttpResponse:
        given = one_each(request.GET, frozenset(("activityId",)))
        if "activityId" not in given:
            raise BadRequest("The parameter 'activityId' is required.")
        iri = parse_activity(given["activityId"])
        activity = {"objectType": "Activity", "id": given["activityId"]}
        if definition := _definition(iri):
            activity["definition"] = definition
        return json_response(activity)


def _definition(iri: str) -> dict[str, Any]:
    """What the statements about an activity say of it, later ones over earlier ones."""
    definition: dict[str, Any] = {}
    statements = Statement.objects.visible().filter(activity=iri).order_by("-stored", "-id")
    for statement in reversed(statements[:100]):
        for name, value in statement.received["object"].get("definition", {}).items():
            held = definition.get(name)
            both = isinstance(held, dict) and isinstance(value, dict)
            definition[name] = {**held, **value} if both else value
    return definition
