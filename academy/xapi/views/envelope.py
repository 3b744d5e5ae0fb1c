"""The request as it was meant: what a form wraps is taken out, what gzip packed is unpacked.

1.0.3 lets a client that can set neither method nor headers send all of a request as a form by POST
(Communication 1.3). 2.0 has no such syntax.
"""

import zlib
from copy import copy
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl

from django.http import HttpRequest, QueryDict

from academy.xapi.requests import (
    BadRequest,
    TooLarge,
    UnsupportedMedia,
    body_limit,
    read_body,
)

METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE")
MAX_FIELDS = 50
_HEADERS = {
    "authorization": "HTTP_AUTHORIZATION",
    "x-experience-api-version": "HTTP_X_EXPERIENCE_API_VERSION",
    "content-type": "CONTENT_TYPE",
    "if-match": "HTTP_IF_MATCH",
    "if-none-match": "HTTP_IF_NONE_MATCH",
}


def is_alternate(request: HttpRequest) -> bool:
    return request.method == "POST" and "method" in request.GET


def unwrap(request: HttpRequest) -> HttpRequest:
    """The request that a form stands for (1.3.s3).

    Its fields named like headers are headers, and count before those of the form's own request;
    "content" is the body, JSON unless the field Content-Type says otherwise; the rest are
    parameters.
    """
    method = request.GET["method"]
    if len(request.GET) > 1 or len(request.GET.getlist("method")) > 1:
        raise BadRequest("With 'method', all other parameters belong into the form.")
    if method not in METHODS:
        raise BadRequest(f"The parameter 'method' must be one of {', '.join(METHODS)}.")

    content, meta = None, {"CONTENT_TYPE": "", "HTTP_CONTENT_ENCODING": ""}
    parameters = QueryDict(mutable=True)
    seen = set()
    for name, value in _fields(request):
        header = name.lower()
        if header in seen:
            raise BadRequest(f"The form has the field {name!r} more than once.")
        if name == "content":
            content = value.encode()
        elif header in _HEADERS:
            meta[_HEADERS[header]] = value
        elif header != "content-length":  # which is found by counting
            parameters.appendlist(name, value)
            continue
        seen.add(header)

    if (content is not None) != (method in ("PUT", "POST")):
        raise BadRequest("The form needs a field 'content' for PUT and POST, and for no other.")
    if content is not None:
        meta["CONTENT_TYPE"] = meta["CONTENT_TYPE"] or "application/json"
    return _rewritten(request, content or b"", meta, method=method, GET=parameters)


def _fields(request: HttpRequest) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            read_body(gunzipped(request)).decode(),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=MAX_FIELDS,
        )
    except ValueError as error:
        raise BadRequest("The body is not a form, URL-encoded in UTF-8.") from error


def gunzipped(request: HttpRequest) -> HttpRequest:
    """The request with its body unpacked, up to the limit that holds for every body."""
    if not _is_packed(request):
        return request
    limit = body_limit()
    unpacker = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        body = unpacker.decompress(read_body(request), limit + 1)
    except zlib.error as error:
        raise BadRequest("The body is not gzip.") from error
    if len(body) > limit:
        raise TooLarge(f"The body is larger than {limit} bytes, unpacked.")
    if not unpacker.eof or unpacker.unused_data:
        raise BadRequest("The body is cut off, or goes on after its end.")
    return _rewritten(request, body, {"HTTP_CONTENT_ENCODING": ""})


def _is_packed(request: HttpRequest) -> bool:
    coding = request.META.get("HTTP_CONTENT_ENCODING", "").strip().lower()
    if coding not in ("", "identity", "gzip", "x-gzip"):
        raise UnsupportedMedia("A body may be packed with gzip, or not at all.")
    return coding.endswith("gzip")


def _rewritten(
    request: HttpRequest, body: bytes, meta: dict[str, str], **attributes: Any
) -> HttpRequest:
    """A copy of the request with another body and other headers."""
    result = copy(request)
    result.__dict__.pop("headers", None)  # cached, from META
    result.META = {**request.META, **meta, "CONTENT_LENGTH": str(len(body))}
    result._set_content_type_params(result.META)
    result._stream = BytesIO(body)
    result._read_started = False
    for name, value in attributes.items():
        setattr(result, name, value)
    return result
