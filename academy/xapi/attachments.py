"""Attachments: the data that comes and goes with statements (xAPI Data 2.4.11, Communication 1.5)."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from django.db.models.functions import Length

from academy.xapi.models import Attachment, Statement, StatementAttachment
from academy.xapi.multipart import MultipartError, Part
from academy.xapi.schema import StatementError

#: Data by its SHA-2 in lower case.
Data = dict[str, bytes]

_SHA2 = {56: hashlib.sha224, 64: hashlib.sha256, 96: hashlib.sha384, 128: hashlib.sha512}


# --- in -----------------------------------------------------------------------------------------
def read_data(parts: Iterable[Part]) -> Data:
    """The data of the parts after the first, each under its hash, which must be right."""
    found: Data = {}
    for number, part in enumerate(parts, start=2):
        if part.headers.get("content-transfer-encoding", "").lower() != "binary":
            raise MultipartError(f"Part {number} must have Content-Transfer-Encoding: binary.")
        given = part.headers.get("x-experience-api-hash", "").lower()
        sha2 = _SHA2.get(len(given))
        if sha2 is None:
            raise MultipartError(f"Part {number} must have an X-Experience-API-Hash, a SHA-2 sum.")
        if sha2(part.data).hexdigest() != given:
            raise MultipartError(f"The X-Experience-API-Hash of part {number} is not of its data.")
        if given in found:
            raise MultipartError(f"Part {number} brings the same data as a part before it.")
        found[given] = part.data
    return found


def attachments_of(statement: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The attachments of a valid statement and of its SubStatement, each with its path."""
    for index, attachment in enumerate(statement.get("attachments", ())):
        yield f"attachments[{index}]", attachment
    if statement["object"].get("objectType") == "SubStatement":
        for path, attachment in attachments_of(statement["object"]):
            yield f"object.{path}", attachment


def check_attachments(statements: Iterable[dict[str, Any]], data: Data) -> None:
    """Each attachment has an address or came with its data, and nothing else came (1.5.2.s2)."""
    wanted = set()
    for statement in statements:
        for path, attachment in attachments_of(statement):
            sha2 = attachment["sha2"].lower()
            wanted.add(sha2)
            if "fileUrl" not in attachment and sha2 not in data:
                raise StatementError(
                    f"{path}.fileUrl", "is required where the data is not sent along", "2.4.11"
                )
    if unasked := sorted(data.keys() - wanted):
        raise MultipartError(f"No statement has an attachment with the hash {unasked[0]}.")


def keep_data(statements: dict[UUID, dict[str, Any]], data: Data) -> None:
    """Keep what came with these new statements, each once, in the caller's transaction.

    In the order of hashes, so that two batches cannot wait for each other.
    """
    if not data:
        return
    kept = {
        (statement_id, sha2)
        for statement_id, statement in statements.items()
        for _path, attachment in attachments_of(statement)
        if (sha2 := attachment["sha2"].lower()) in data
    }
    Attachment.objects.bulk_create(
        [Attachment(sha2=sha2, data=data[sha2]) for sha2 in sorted({sha2 for _id, sha2 in kept})],
        ignore_conflicts=True,
    )
    StatementAttachment.objects.bulk_create(
        StatementAttachment(statement_id=statement_id, attachment_id=sha2)
        for statement_id, sha2 in sorted(kept)
    )


# --- out ----------------------------------------------------------------------------------------
def fitting(statements: list[Statement], limit: int) -> list[Statement]:
    """As many of these statements as have at most `limit` bytes of data together, or the first."""
    sizes = _sizes(statements)
    seen: set[str] = set()
    total = 0
    for number, statement in enumerate(statements):
        new = sizes.get(statement.statement_id, {})
        total += sum(size for sha2, size in new.items() if sha2 not in seen)
        seen |= new.keys()
        if total > limit and number:
            return statements[:number]
    return statements


def _sizes(statements: list[Statement]) -> dict[UUID, dict[str, int]]:
    rows = StatementAttachment.objects.filter(
        statement_id__in=[statement.statement_id for statement in statements]
    ).values_list("statement_id", "attachment_id", Length("attachment__data"))
    found: dict[UUID, dict[str, int]] = {}
    for statement_id, sha2, size in rows:
        found.setdefault(statement_id, {})[sha2] = size
    return found


def parts_of(statements: list[Statement]) -> list[Part]:
    """The data that came with these statements, each once, as parts of an answer."""
    rows = StatementAttachment.objects.filter(
        statement_id__in=[statement.statement_id for statement in statements]
    )
    held = dict(rows.values_list("attachment_id", "attachment__data"))
    types: dict[str, str] = {}
    for statement in statements:
        for _path, attachment in attachments_of(statement.received):
            types.setdefault(attachment["sha2"].lower(), attachment["contentType"])
    return [
        Part(
            {
                "Content-Type": types.get(sha2, "application/octet-stream"),
                "Content-Transfer-Encoding": "binary",
                "X-Experience-API-Hash": sha2,
            },
            bytes(data),
        )
        for sha2, data in held.items()
    ]
