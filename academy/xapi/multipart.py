"""multipart/mixed, as statements travel with their attachments (RFC 2046; xAPI Communication 1.5.2).

The framing in is python-multipart's. What it forgives, such as a message that is cut off, is refused
here: half a message must not become half a batch.
"""

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, MultipartState

from academy.core.errors import AcademyError

MAX_HEADERS = 20
MAX_HEADER_SIZE = 8 * 1024

_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]").fullmatch


class MultipartError(AcademyError):
    """A body that is not multipart/mixed as its sender announced it."""

    status = 400


@dataclass
class Part:
    """One part: its headers, by name in lower case, and its data to the byte."""

    headers: dict[str, str] = field(default_factory=dict)
    data: bytes = b""


class _Collector:
    """What the parser finds, put together."""

    def __init__(self, max_parts: int) -> None:
        self.parts: list[Part] = []
        self._max_parts = max_parts
        self._name = self._value = b""
        self._data: list[bytes] = []

    def on_part_begin(self) -> None:
        if len(self.parts) == self._max_parts:
            raise MultipartError(f"The body has more than {self._max_parts} parts.")
        self.parts.append(Part())
        self._data = []

    def on_header_begin(self) -> None:
        self._name = self._value = b""

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def on_header_end(self) -> None:
        name = self._name.decode("ascii").lower()  # the parser takes no other
        if name in self.parts[-1].headers:
            raise MultipartError(f"Part {len(self.parts)} has the header {name} twice.")
        self.parts[-1].headers[name] = self._value.decode("latin-1").strip(" \t")

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        self._data.append(data[start:end])

    def on_part_end(self) -> None:
        self.parts[-1].data = b"".join(self._data)


def parse_parts(body: bytes, boundary: str, *, max_parts: int) -> list[Part]:
    """The parts of a complete message; MultipartError with the reason for anything else."""
    if not _BOUNDARY(boundary):
        raise MultipartError("The Content-Type multipart/mixed must name its boundary (RFC 2046).")
    found = _Collector(max_parts)
    callbacks = {name: getattr(found, name) for name in vars(_Collector) if name.startswith("on_")}
    parser = MultipartParser(
        boundary,
        callbacks,
        max_header_count=MAX_HEADERS,
        max_header_size=MAX_HEADER_SIZE,
    )
    try:
        parser.write(body)
    except MultipartParseError as error:
        raise MultipartError(
            f"The body is not multipart/mixed with this boundary, at byte {error.offset}: {error}."
        ) from error
    if parser.state != MultipartState.END or not found.parts:
        raise MultipartError("The body ends before the boundary that closes it.")
    return found.parts


def write_parts(parts: Iterable[Part]) -> tuple[bytes, str]:
    """A message of these parts, and the Content-Type that names its boundary."""
    boundary = secrets.token_hex(20)
    message = bytearray()
    for part in parts:
        message += f"--{boundary}\r\n".encode()
        for name, value in part.headers.items():
            message += f"{name}: {value}\r\n".encode()
        message += b"\r\n" + part.data + b"\r\n"
    message += f"--{boundary}--\r\n".encode()
    return bytes(message), f"multipart/mixed; boundary={boundary}"
