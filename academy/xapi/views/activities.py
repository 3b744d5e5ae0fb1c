"""The Activities resource (Communication 2.5)."""

from django.http import HttpRequest, HttpResponse

from academy.xapi.models import Activity, LrsClient, compact
from academy.xapi.requests import BadRequest, one_each, parse_iri
from academy.xapi.views.base import Resource, json_response

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
        iri = compact(parse_iri("activityId", given["activityId"]))
        activity = {"objectType": "Activity", "id": given["activityId"]}
        known = Activity.objects.filter(iri=iri).first()
        if known is not None:
            activity["definition"] = known.definition
        return json_response(activity)
