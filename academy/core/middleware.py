"""The one place where the academy's errors become HTTP answers."""

from django.http import HttpRequest, HttpResponse, JsonResponse
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
