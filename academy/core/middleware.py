"""The health addresses, and the one place where the academy's errors become HTTP answers."""

import structlog
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers

from academy.core.errors import AcademyError

log = structlog.get_logger(__name__)


def answer(request: HttpRequest, error: AcademyError) -> HttpResponse:
    """The error with its status and message, as JSON where the client asked for it."""
    if not request.accepts("text/html") or request.headers.get("X-Requested-With") == "fetch":
        return JsonResponse({"error": error.message}, status=error.status)
    return render(request, error.template, {"message": error.message}, status=error.status)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        log.exception("database_does_not_answer")
        return False
    return True


class HealthMiddleware:
    """Answers `/health/live` and `/health/ready` before anything looks at host, scheme or person.

    A prober asks a process by its address, over plain http. Live: 200 while the process answers at
    all. Ready: 200 when the database answers too, else 503.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info not in ("/health/live", "/health/ready"):
            return self.get_response(request)
        if request.path_info == "/health/live" or _database_answers():
            response = JsonResponse({"status": "ok"})
        else:
            response = JsonResponse({"status": "no database"}, status=503)
        add_never_cache_headers(response)
        return response


class AcademyErrorMiddleware:
    """Answers the `AcademyError` of a view."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return answer(request, error) if isinstance(error, AcademyError) else None


class LanguageMiddleware(LocaleMiddleware):
    """Django's, but a view that says 404 is believed.

    Django tries the same path under a language prefix after any 404, and below the prefix Wagtail
    takes every path: an unknown verification code would lead away from the page that says so.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if response.status_code == 404 and request.resolver_match is not None:
            return response
        return super().process_response(request, response)
