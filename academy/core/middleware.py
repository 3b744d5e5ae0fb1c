"""The one place where the academy's errors become HTTP answers."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import render

from academy.core.errors import AcademyError


def answer(request: HttpRequest, error: AcademyError) -> HttpResponse:
    """The error with its status and message, as JSON where the client asked for it."""
    if not request.accepts("text/html") or request.headers.get("X-Requested-With") == "fetch":
        return JsonResponse({"error": error.message}, status=error.status)
    return render(request, "error.html", {"message": error.message}, status=error.status)


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
