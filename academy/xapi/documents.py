"""Keeping documents: state, activity profiles and agent profiles (xAPI Communication 2.2-2.7).

Whoever writes locks the document's row first, so that of two writers with one ETag exactly one
wins. Where there is no row to lock, the unique address decides: the loser finds the winner's row
and is judged by it.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from academy.core.clock import now
from academy.core.errors import AcademyError, Conflict
from academy.xapi.models import Document, context_digest, document_address, is_json

ATTEMPTS = 3


class PreconditionFailed(AcademyError):
    """The document is not the one that If-Match or If-None-Match speaks of (3.1.s4.b9)."""

    status = 412


class MustMatch(Conflict):
    """A document that is there would be overwritten unseen (3.1.s4.b13)."""


class Unconditional(AcademyError):
    """A PUT that has to carry If-Match or If-None-Match, and does not (3.1.s3.b1)."""

    status = 400


class NotMergeable(AcademyError):
    """Merging takes a JSON object on both sides (2.2.s8.b1)."""

    status = 400


@dataclass(frozen=True)
class DocumentPlace:
    """Where documents lie: their kind, and what they are about. With an id, one document."""

    kind: Document.Kind
    activity: str = ""
    agent: str = ""
    registration: UUID | None = None
    document_id: str | None = None

    @property
    def context(self) -> str:
        return context_digest(self.kind, self.activity, self.agent)

    @property
    def address(self) -> str:
        return document_address(self.context, str(self.registration or ""), self.document_id or "")


class Need(Enum):
    """When a PUT must carry If-Match or If-None-Match: 1.0.3 never asks it of state and always of
    profiles (3.1.s3); 2.0 asks it of every PUT that overwrites (IEEE 9274.1.1, 4.1.4)."""

    NEVER = auto()
    TO_OVERWRITE = auto()
    ALWAYS = auto()


@dataclass(frozen=True)
class Conditions:
    """If-Match and If-None-Match (RFC 9110, 13.1), and when a PUT needs one of them.

    A tag is compared without its quotes and without the W/ that a compressing server puts before
    it: ours are hashes of the content, so the weak tag names the same bytes.
    """

    if_match: frozenset[str] | None = None
    if_none_match: frozenset[str] | None = None
    need: Need = Need.NEVER

    def check(self, held: Document | None) -> None:
        """Raise `PreconditionFailed` unless what is held is what the client speaks of."""
        tags = {"*", held.etag} if held else set()
        if self.if_match is not None and not tags & self.if_match:
            raise PreconditionFailed(
                "The document is not the one that If-Match names: fetch it and try again."
            )
        if self.if_none_match is not None and tags & self.if_none_match:
            raise PreconditionFailed("If-None-Match rules out the document that is here.")

    def check_overwrite(self, held: Document | None) -> None:
        """Raise unless a PUT may overwrite what is held, or make what is not."""
        self.check(held)
        if self.if_match is not None or self.if_none_match is not None or self.need is Need.NEVER:
            return
        if held is not None:
            raise MustMatch(
                "A document is already here. Fetch it to see its current state, then send its "
                "ETag in If-Match to replace it."
            )
        if self.need is Need.ALWAYS:
            raise Unconditional(
                "Send If-None-Match: * to make a document, or If-Match with its ETag to replace it."
            )


def etag_of(content: bytes) -> str:
    """The SHA-1 of the content in hexadecimal digits, as 1.0.3 wants it (3.1.s4.b2)."""
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


def put_document(
    *,
    place: DocumentPlace,
    content: bytes,
    content_type: str,
    conditions: Conditions,
    at: datetime | None = None,
) -> None:
    """Store a document, in place of the one that may be there."""

    def replace(held: Document | None) -> tuple[bytes, str]:
        conditions.check_overwrite(held)
        return content, content_type

    _write(place, replace, at)


def post_document(
    *,
    place: DocumentPlace,
    content: bytes,
    content_type: str,
    conditions: Conditions,
    at: datetime | None = None,
) -> None:
    """Store a document, or set its top-level properties in the one that is there (2.2.s7)."""
    posted = _json_object(content, "The document sent") if is_json(content_type) else None

    def merge(held: Document | None) -> tuple[bytes, str]:
        conditions.check(held)
        if held is None:
            return content, content_type
        if posted is None or not held.is_json:
            raise NotMergeable(
                "A document is already here, and only application/json can be merged into "
                "application/json. PUT replaces it."
            )
        return _serialize(_json_object(bytes(held.content), "The document here") | posted), (
            held.content_type
        )

    _write(place, merge, at)


@transaction.atomic
def delete_document(*, place: DocumentPlace, conditions: Conditions) -> None:
    """Delete the document, if it is there."""
    held = _lock(place)
    conditions.check(held)
    if held is not None:
        held.delete()


def delete_documents(*, place: DocumentPlace) -> None:
    """Delete every document of a context: of one registration if it names one, else of all."""
    Document.objects.at(place).delete()


# --- inside -------------------------------------------------------------------------------------
def _lock(place: DocumentPlace) -> Document | None:
    """The document, held against other writers until the transaction ends."""
    documents = Document.objects.filter(address=place.address)
    if connection.features.has_select_for_update:
        documents = documents.select_for_update()
    return documents.first()


def _write(
    place: DocumentPlace,
    change: Callable[[Document | None], tuple[bytes, str]],
    at: datetime | None,
) -> None:
    """Store what `change` makes of the document that is here, or raise what it raises."""
    for _attempt in range(ATTEMPTS):
        try:
            with transaction.atomic():
                _write_once(place, change, at or now())
            return
        except IntegrityError:  # another writer made it first: look again
            continue
    raise Conflict("Other writers keep changing this document: try again.")


def _write_once(
    place: DocumentPlace, change: Callable[[Document | None], tuple[bytes, str]], at: datetime
) -> None:
    held = _lock(place)
    content, content_type = change(held)
    document = held or Document(
        kind=place.kind,
        context=place.context,
        address=place.address,
        activity=place.activity,
        agent=place.agent,
        registration=place.registration,
        document_id=place.document_id,
    )
    document.content = content
    document.content_type = content_type
    document.etag = etag_of(content)
    document.updated = at
    document.save(force_insert=held is None)


def _json_object(content: bytes, what: str) -> dict[str, Any]:
    try:
        value = json.loads(content.decode(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise NotMergeable(f"{what} is not JSON in UTF-8.") from error
    if not isinstance(value, dict):
        raise NotMergeable(f"{what} is not a JSON object.")
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _serialize(value: dict[str, Any]) -> bytes:
    """JSON in UTF-8; refuses what Python reads and no JSON can hold: 1e999, half surrogates."""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError) as error:
        raise NotMergeable("The document holds a number or text that JSON cannot hold.") from error
