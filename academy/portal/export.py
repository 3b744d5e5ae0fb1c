"""A copy of everything recorded about a person, for that person: one ZIP file.

    statements.json    the statements in xAPI's own form, a StatementResult
    timeline.html      the same in words; reads and prints without the academy
    attachments/       files that came with the statements, named by their SHA-2

A row is the owed work (`PersonExport`). Written statement by statement, so that no more than a
batch of them is in memory, whatever the size.
"""

import json
import tempfile
import uuid
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import IO, Any

import structlog
from django.conf import settings
from django.core.files import File
from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.template.loader import render_to_string
from django.utils.translation import override

from academy.core.clock import now
from academy.people.models import User
from academy.portal.timeline import entry_of, shown
from academy.xapi.models import (
    Attachment,
    PersonExport,
    Statement,
    StatementAttachment,
    agent_key,
)
from academy.xapi.rights import batches_about, count_about, keys_of

LEASE = timedelta(minutes=10)
KEPT = timedelta(days=7)
MAX_TRIES = 5

State = PersonExport.State
log = structlog.get_logger(__name__)


# --- What is written ------------------------------------------------------------------------------


def shown_to(keys: list[str], document: dict[str, Any]) -> dict[str, Any]:
    """The statement as its person may have it. How somebody else did is nobody else's: where the
    person is only mentioned, as an instructor is, the result is left out."""
    if agent_key(document["actor"]) in keys:
        return shown(document)
    return {key: value for key, value in document.items() if key not in ("result", "attachments")}


def write_bundle(
    person: User,
    target: IO[bytes],
    *,
    language: str = "",
    whole: bool = False,
    tick: Callable[[int], None] = lambda count: None,
) -> int:
    """Write the ZIP file; returns how many statements are in it.

    `whole` is for the operator who answers a request by law: nothing is left out. `tick` is told
    after each batch how many statements have been written.
    """
    keys, count, void = keys_of(person), 0, []
    with (
        override(language or person.language or settings.LANGUAGE_CODE),
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as bundle,
        tempfile.TemporaryFile("w+b") as timeline,
    ):
        frame = _frame(person)
        timeline.write(frame[0])
        with bundle.open("statements.json", "w", force_zip64=True) as file:
            file.write(b'{"statements": [')
            for rows in batches_about(keys):
                for row in rows:
                    own = row.actor in keys
                    document = row.document if whole else shown_to(keys, row.document)
                    file.write(b",\n" if count else b"\n")
                    file.write(json.dumps(document, ensure_ascii=False).encode())
                    if own:
                        timeline.write(_line(row))
                    if row.voided:
                        void.append(str(row.statement_id))
                    count += 1
                tick(count)
            file.write(b'\n], "more": "", "voided": ' + json.dumps(void).encode() + b"}\n")
        timeline.write(frame[1])
        timeline.seek(0)
        with bundle.open("timeline.html", "w", force_zip64=True) as file:
            while chunk := timeline.read(1 << 16):
                file.write(chunk)
        for sha2 in _attachments(keys):
            data = Attachment.objects.filter(pk=sha2).values_list("data", flat=True).first()
            bundle.writestr(f"attachments/{sha2}", bytes(data or b""))
    return count


def _frame(person: User) -> tuple[bytes, bytes]:
    """The timeline's page around its entries."""
    page = render_to_string(
        "portal/export_timeline.html",
        {
            "person": person,
            "made_at": now(),
            "academy": settings.WAGTAIL_SITE_NAME,
            "site_url": settings.SITE_URL,
        },
    )
    before, _mark, after = page.partition("<!-- entries -->")
    return before.encode(), after.encode()


def _line(row: Statement) -> bytes:
    return render_to_string("portal/_export_entry.html", {"entry": entry_of(row)}).encode()


def _attachments(keys: list[str]) -> Iterator[str]:
    """The files that came with the person's own statements, each once."""
    own = Statement.objects.filter(actor__in=keys).values("statement_id")
    links = StatementAttachment.objects.filter(statement_id__in=own)
    yield from links.order_by("attachment").values_list("attachment", flat=True).distinct()


# --- The owed work --------------------------------------------------------------------------------


def request_export(*, person: User, language: str, at: datetime | None = None) -> PersonExport:
    """Owe the person a copy. While one is being made, that one is it."""
    mine = PersonExport.objects.filter(person=person)
    with suppress(IntegrityError), transaction.atomic():
        if not mine.filter(state__in=[State.PENDING, State.CLAIMED]).exists():
            return mine.create(person=person, language=language, requested_at=at or now())
    return mine.latest("requested_at")


def claim_export(pk: int, *, at: datetime | None = None) -> PersonExport | None:
    """Take the work of one copy for as long as the lease lasts; None when another has it.

    Compare-and-set, as for credentials: of two workers one wins.
    """
    at, claim = at or now(), uuid.uuid4()
    rows = PersonExport.objects.filter(pk=pk)
    lost = rows.filter(state=State.CLAIMED, lease_until__lt=at)
    lost.filter(tries__gte=MAX_TRIES).update(state=State.FAILED, finished_at=at)
    won = rows.filter(Q(state=State.PENDING) | Q(state=State.CLAIMED, lease_until__lt=at)).update(
        state=State.CLAIMED,
        claimed_by=claim,
        lease_until=at + LEASE,
        tries=F("tries") + 1,
        written=0,
    )
    return PersonExport.objects.select_related("person").get(pk=pk) if won else None


def make_export(pk: int, *, at: datetime | None = None) -> PersonExport | None:
    """Claim, write, store, finish. A worker killed at any point leaves the row to the sweep, and at
    most a file that nobody points to, which the next worker's success does not use."""
    export = claim_export(pk, at=at)
    if export is None:
        return None
    mine = PersonExport.objects.filter(pk=pk, state=State.CLAIMED, claimed_by=export.claimed_by)
    mine.update(expected=count_about(keys_of(export.person)))

    def tick(count: int) -> None:
        if not mine.update(written=count, lease_until=now() + LEASE):
            raise LeaseLost

    storage = PersonExport._meta.get_field("file").storage
    try:
        with tempfile.TemporaryFile("w+b") as target:
            count = write_bundle(export.person, target, language=export.language, tick=tick)
            target.seek(0)
            name = storage.save(f"exports/{export.uuid}/{export.claimed_by}.zip", File(target))
    except LeaseLost:
        return None
    except Exception:
        log.exception("export_failed", export=str(export.uuid), tries=export.tries)
        mine.update(lease_until=now() + timedelta(seconds=min(20 * 2**export.tries, 3600)))
        return None
    finished = at or now()
    won = mine.update(
        state=State.DONE,
        file=name,
        written=count,
        expected=count,
        finished_at=finished,
        expires_at=finished + KEPT,
    )
    if not won:
        storage.delete(name)
        return None
    export.refresh_from_db()
    _remove(PersonExport.objects.filter(person=export.person, state=State.DONE).exclude(pk=pk))
    return export


class LeaseLost(Exception):
    """Another worker has taken the copy over, or the person is gone: this one must stop."""


def owed_exports(*, at: datetime | None = None, limit: int = 100) -> list[int]:
    """Copies whose message was lost or whose worker died, oldest first."""
    at = at or now()
    owed = PersonExport.objects.filter(
        Q(state=State.PENDING, requested_at__lt=at - timedelta(seconds=5))
        | Q(state=State.CLAIMED, lease_until__lt=at)
    )
    return list(owed.order_by("requested_at").values_list("pk", flat=True)[:limit])


def remove_expired(*, at: datetime | None = None) -> int:
    """Remove copies whose time is over."""
    at = at or now()
    return _remove(
        PersonExport.objects.filter(
            Q(expires_at__lte=at) | Q(state=State.FAILED, finished_at__lte=at - KEPT)
        )
    )


def _remove(exports: QuerySet) -> int:
    """The file first, so that no file is left without a row."""
    count = 0
    for export in exports.order_by("pk").iterator():
        if export.file:
            export.file.delete(save=False)
        export.delete()
        count += 1
    return count
