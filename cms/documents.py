"""Films are served in parts: a browser asks for a range of bytes, and Safari plays nothing else."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from wagtail.documents.views.serve import serve as serve_whole

CHUNK = 64 * 1024


def byte_range(header: str, size: int) -> tuple[int, int] | None:
    """First and last byte of a single range as asked for; None for what is not one, which RFC 9110
    has answered in full. Raises `ValueError` for a range outside the file."""
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", header.strip())
    if match is None or match.groups() == ("", ""):
        return None
    start, end = match.groups()
    if not start:  # the last so many bytes
        first, last = max(size - int(end), 0), size - 1
        if int(end) == 0:
            raise ValueError(header)
    else:
        first, last = int(start), min(int(end), size - 1) if end else size - 1
        if end and int(end) < first:
            return None
    if first >= size:
        raise ValueError(header)
    return first, last


def _part(stream: BinaryIO, first: int, length: int) -> Iterator[bytes]:
    stream.seek(first)
    while length > 0 and (chunk := stream.read(min(CHUNK, length))):
        length -= len(chunk)
        yield chunk


def serve(request: HttpRequest, document_id: str, document_filename: str) -> HttpResponseBase:
    """Wagtail's view, which asks who is there; of a film, only the part that was asked for."""
    try:
        response = serve_whole(request, document_id, document_filename)
    except FileNotFoundError as error:
        raise Http404 from error
    if response.status_code != 200 or not response["Content-Type"].startswith("video/"):
        return response
    response["Accept-Ranges"] = "bytes"
    wanted, etag = request.headers.get("Range", ""), response.get("ETag")
    if not wanted or request.headers.get("If-Range", etag) != etag:
        return response
    size = int(response["Content-Length"])
    try:
        part = byte_range(wanted, size)
    except ValueError:
        response.file_to_stream.close()
        headers = {"Content-Range": f"bytes */{size}", "Accept-Ranges": "bytes"}
        return HttpResponse(status=416, headers=headers)
    if part is None:
        return response
    first, last = part
    response.status_code = 206
    response.streaming_content = _part(response.file_to_stream, first, last - first + 1)
    response["Content-Length"] = last - first + 1
    response["Content-Range"] = f"bytes {first}-{last}/{size}"
    return response
