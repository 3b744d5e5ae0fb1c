"""What every resource of the store has in common: who may ask, in which version, and how an error
is said (xAPI Communication 1.2, 3.2, 3.3, 4).

Programs sign in with HTTP Basic. An operator's session may read, so that a browser can look; it
may never write, which is why these views need no CSRF token.
"""

import base64
import binascii
import json
import re
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from academy.core.errors import AcademyError, NotAllowed
from academy.people.roles import OPERATOR, has_role
from academy.xapi import services
from academy.xapi.clients import authenticate_client
from academy.xapi.models import LrsClient
from academy.xapi.requests import BadRequest
from academy.xapi.schema import instant

VERSIONS = ["1.0.0", "1.0.1", "1.0.2", "1.0.3", "2.0.0"]
LATEST = "2.0.0"
_VERSION = re.compile(r"([12])\.0(\.\d{1,9})?", re.ASCII).fullmatch


class NotAuthenticated(AcademyError):
    """No credentials, or none that are known."""

    status = 401


def json_response(value: Any, status: int = 200) -> HttpResponse:
    response = HttpResponse(
        json.dumps(value, ensure_ascii=False), status=status, content_type="application/json"
    )
    response["Cache-Control"] = "no-store"
    return response


def error_response(error: AcademyError) -> HttpResponse:
    response = json_response({"error": error.message}, error.status)
    if error.status == 401:
        response["WWW-Authenticate"] = 'Basic realm="xAPI", charset="UTF-8"'
    return response


@method_decorator(csrf_exempt, name="dispatch")
class Resource(View):
    """A resource of the store. A subclass says which scope a method needs and answers it."""

    standard = LATEST  # which of the two standards the address answers in, and declares
    is_public = False
    client: LrsClient | None = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        through = None
        try:
            if not self.is_public:
                self.authenticate(request)
                # taken before anything is read, so that it cannot promise more than is shown
                through = services.consistent_through()
                self.check_version(request)
            response = super().dispatch(request, *args, **kwargs)
        except AcademyError as error:
            response = error_response(error)
        response["X-Experience-API-Version"] = self.standard
        if through is not None:
            response["X-Experience-API-Consistent-Through"] = instant(through)
        return response

    def scope_for(self, method: str) -> str:
        """The scope a client needs to use this method."""
        raise NotImplementedError

    def authenticate(self, request: HttpRequest) -> None:
        """Let in a client with the scope the method needs, or an operator who only reads."""
        reading = request.method in ("GET", "HEAD")
        if "Authorization" in request.headers:
            self.client = _client(request.headers["Authorization"])
            scope = self.scope_for(request.method or "")
            if not self.client.may(scope):
                raise NotAllowed(f"This client does not have the scope {scope}.")
        elif not reading or not request.user.is_authenticated:
            raise NotAuthenticated("Sign in with HTTP Basic, as a client of this store.")
        elif not has_role(request.user, OPERATOR):
            raise NotAllowed("Statements are shown to operators only.")

    def check_version(self, request: HttpRequest) -> None:
        """The header is required of clients, in either standard (Communication 3.3)."""
        given = request.headers.get("X-Experience-API-Version")
        if given is None and self.client is None:
            return
        if given is None:
            raise BadRequest("The header X-Experience-API-Version is required.")
        if not _VERSION(given):
            raise BadRequest("The header X-Experience-API-Version must be 1.0.x or 2.0.x.")


def _client(header: str) -> LrsClient:
    """The client that an Authorization header names."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        raise NotAuthenticated("Only HTTP Basic is accepted.")
    try:
        key, _, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError) as error:
        raise NotAuthenticated("The Authorization header is not HTTP Basic.") from error
    client = authenticate_client(key=key, secret=secret)
    if client is None:
        raise NotAuthenticated("Key and secret are not those of an active client.")
    return client
