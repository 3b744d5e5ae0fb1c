"""What every resource of the store has in common: who may ask, in which version, and how an error
is said (xAPI Communication 1.1-1.4, 3.2, 3.3, 4).

Programs and launched content sign in with HTTP Basic. An operator's session may read, so that a
browser can look; it may never write, which is why these views need no CSRF token.
"""

import base64
import binascii
import hashlib
import json
import re
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from academy.core.errors import AcademyError, NotAllowed, NotFound
from academy.people.roles import OPERATOR, has_role
from academy.xapi import services
from academy.xapi.clients import (
    LAUNCH_PREFIX,
    ClientPrincipal,
    LaunchPrincipal,
    OperatorPrincipal,
    Principal,
    authenticate_client,
    authenticate_launch,
)
from academy.xapi.documents import MustMatch
from academy.xapi.requests import BadRequest
from academy.xapi.schema import instant
from academy.xapi.views import envelope

VERSIONS = {
    "1.0.3": ["1.0.0", "1.0.1", "1.0.2", "1.0.3"],
    "2.0.0": ["1.0.0", "1.0.1", "1.0.2", "1.0.3", "2.0.0"],
}
LATEST = "2.0.0"
_VERSION = re.compile(r"([12])\.0(\.\d{1,9})?", re.ASCII).fullmatch
_READING = ("GET", "HEAD")


class NotAuthenticated(AcademyError):
    """No credentials, or none that are known. A browser asks a person for theirs only if
    `prompts`."""

    status = 401

    def __init__(self, message: str, *, prompts: bool = True) -> None:
        super().__init__(message)
        self.prompts = prompts


class LengthRequired(AcademyError):
    """A body of unknown length, which this server would take for an empty one."""

    status = 411


class MethodNotAllowed(AcademyError):
    """The resource does not know this method."""

    status = 405


def json_response(value: Any, status: int = 200) -> HttpResponse:
    response = HttpResponse(
        json.dumps(value, ensure_ascii=False), status=status, content_type="application/json"
    )
    response["Cache-Control"] = "no-store"
    return response


def error_response(error: AcademyError) -> HttpResponse:
    """The error as JSON; a refusal to overwrite as plain text, as its clients look for it."""
    if isinstance(error, MustMatch):
        return HttpResponse(error.message, status=error.status, content_type="text/plain")
    response = json_response({"error": error.message}, error.status)
    if isinstance(error, NotAuthenticated):
        # RFC 9110 wants a challenge; browsers open no dialogue for one they do not know
        scheme = "Basic" if error.prompts else "xBasic"
        response["WWW-Authenticate"] = f'{scheme} realm="xAPI", charset="UTF-8"'
    return response


@method_decorator(csrf_exempt, name="dispatch")
class Resource(View):
    """A resource of the store. A subclass says which scopes a method needs and answers it."""

    standard = LATEST  # which of the two standards the address answers in, and declares
    version = LATEST  # whose rules the request asks for: its header says so
    is_public = False
    tells_consistency = False
    principal: Principal = Principal()

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        through = None
        try:
            request.encoding = "utf-8"  # of parameters, whatever charset a document is in (1.4)
            if self.standard == "1.0.3" and envelope.is_alternate(request):
                request = self.request = envelope.unwrap(request)
            self.check_method(request)
            check_length(request)
            if not self.is_public:
                self.authenticate(request)
                if self.tells_consistency:
                    # taken before anything is read, so that it cannot promise more than is shown
                    through = services.consistent_through()
                self.check_version(request)
            request = self.request = envelope.gunzipped(request)
            response = super().dispatch(request, *args, **kwargs)
        except AcademyError as error:
            response = error_response(error)
            if error.status == MethodNotAllowed.status:
                response["Allow"] = ", ".join(self._allowed_methods())
        except (SuspiciousOperation, UnreadablePostError) as error:
            response = error_response(BadRequest(f"The request cannot be read: {error}"))
        self._finish(request, response)
        response["X-Experience-API-Version"] = self.standard
        if through is not None:
            response["X-Experience-API-Consistent-Through"] = instant(through)
        return response

    def scopes_for(self, method: str) -> tuple[str, ...]:
        """The scopes of which a client needs one to use this method. None is held by nobody but
        those who hold all."""
        return ()

    def check_method(self, request: HttpRequest) -> None:
        """405 comes before 401: which methods there are is no secret (3.2.s3.b1)."""
        method = (request.method or "").lower()
        if method not in self.http_method_names or not hasattr(self, method):
            raise MethodNotAllowed(f"{request.method} is not a method of this resource.")

    def authenticate(self, request: HttpRequest) -> None:
        """Let in whoever holds a scope the method needs, or an operator who only reads."""
        if "Authorization" in request.headers:
            self.principal = _principal(request.headers["Authorization"])
            scopes = self.scopes_for(request.method or "")
            if not self.principal.may(*scopes):
                raise NotAllowed(f"This needs one of the scopes {', '.join((*scopes, 'all'))}.")
        elif request.method not in _READING or not request.user.is_authenticated:
            raise NotAuthenticated(
                "Sign in with HTTP Basic, as a client of this store.",
                prompts="Origin" not in request.headers,
            )
        elif not has_role(request.user, OPERATOR):
            raise NotAllowed("The store is shown to operators only.")
        else:
            self.principal = OperatorPrincipal()

    def check_version(self, request: HttpRequest) -> None:
        """The header is required of clients, in either standard (3.3)."""
        given = request.headers.get("X-Experience-API-Version")
        if given is None and isinstance(self.principal, OperatorPrincipal):
            self.version = self.standard
            return
        if given is None:
            raise BadRequest("The header X-Experience-API-Version is required.")
        if not (match := _VERSION(given)):
            raise BadRequest("The header X-Experience-API-Version must be 1.0.x or 2.0.x.")
        self.version = "2.0.0" if match[1] == "2" else "1.0.3"

    def _finish(self, request: HttpRequest, response: HttpResponse) -> None:
        """What was read carries an ETag (3.1.s4.b1); HEAD is GET without the body (1.1.s3.b1)."""
        if request.method not in _READING:
            return
        patch_vary_headers(response, ("Authorization", "Cookie"))
        if response.status_code == 200 and "ETag" not in response:
            digest = hashlib.sha1(response.content, usedforsecurity=False).hexdigest()
            response["ETag"] = f'"{digest}"'
        if request.method == "HEAD":
            response["Content-Length"] = str(len(response.content))
            response.content = b""


class UnknownResource(Resource):
    """Whatever else lies under the store's address: not there, said as the store says things."""

    http_method_names = ("get", "head", "post", "put", "delete")
    is_public = True

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        raise NotFound("There is no such resource.")

    post = put = delete = get


def check_length(request: HttpRequest) -> None:
    """A chunked body arrives empty by WSGI: better refused than stored as nothing."""
    if "Transfer-Encoding" in request.headers and not request.META.get("CONTENT_LENGTH"):
        raise LengthRequired("Send the body with a Content-Length, not in chunks.")


def _principal(header: str) -> Principal:
    """Whom an Authorization header names."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        raise NotAuthenticated("Only HTTP Basic is accepted.")
    try:
        key, _, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError) as error:
        raise NotAuthenticated("The Authorization header is not HTTP Basic.") from error
    if key.startswith(LAUNCH_PREFIX):
        token = authenticate_launch(key=key, secret=secret)
        if token is None:
            raise NotAuthenticated("The launch is over: open the content anew.", prompts=False)
        return LaunchPrincipal(token)
    client = authenticate_client(key=key, secret=secret)
    if client is None:
        raise NotAuthenticated("Key and secret are not those of an active client.")
    return ClientPrincipal(client)
