"""The About resource (Communication 2.8)."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from academy.xapi.views.base import LATEST, VERSIONS, json_response


@csrf_exempt
@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """Open to everybody, with any version header or none (Communication 2.8)."""
    response = json_response({"version": VERSIONS, "extensions": {}})
    response["X-Experience-API-Version"] = LATEST
    return response
