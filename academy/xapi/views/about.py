"""The About resource (Communication 2.8)."""

from django.http import HttpRequest, HttpResponse

from academy.xapi.views.base import VERSIONS, Resource, json_response


class AboutView(Resource):
    """Open to everybody, with any version header or none."""

    http_method_names = ("get", "head")
    is_public = True

    def get(self, request: HttpRequest) -> HttpResponse:
        return json_response({"version": VERSIONS, "extensions": {}})
