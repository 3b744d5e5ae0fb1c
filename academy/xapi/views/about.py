"""The About resource (Communication 2.8)."""

from django.http import HttpRequest, HttpResponse

from academy.xapi.requests import one_each
from academy.xapi.views.base import VERSIONS, Resource, json_response


class AboutView(Resource):
    """Open to everybody, with any version header or none. Names the versions its address speaks."""

    http_method_names = ("get", "head")
    is_public = True

    def get(self, request: HttpRequest) -> HttpResponse:
        one_each(request.GET, frozenset())
        return json_response({"version": VERSIONS[self.standard], "extensions": {}})
