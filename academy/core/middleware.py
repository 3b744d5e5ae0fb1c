"""The one place where the academy's errors become HTTP answers."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from academy.core.errors import AcademyError


class AcademyErrorMiddleware:
    """Answers an `AcademyError` with its status and message, as JSON where the client asked for it."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, AcademyError):
            return None
        if not request.accepts("text/html") or request.headers.get("X-Requested-With") == "fetch":
            return JsonResponse({"error": error.message}, status=error.status)
        return render(request, "error.html", {"message": error.message}, status=error.status)
