"""Writing statements: our own (`record`, `void`) and those of other programs (`store`).

All three store in the caller's transaction, so that a change and the statement about it are kept
or lost together, and each statement newly stored is owed to every destination by one outbox row
in the same transaction.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.db.models import Q
from django.utils.translation import get_language

from academy.core.clock import now
from academy.core.errors import Conflict
from academy.people.models import User
from academy.people.services import identity_for
from academy.xapi.destinations import owe
from academy.xapi.models import (
    LrsClient,
    Statement,
    StatementKey,
    agent_key,
    compact,
    new_statement_id,
)
from academy.xapi.schema import (
    StatementError,
    fingerprint,
    instant,
    parse_timestamp,
    same_instant,
    validate,
)
from academy.xapi.vocabulary import Verb, adl


# --- building statements ------------------------------------------------------------------------
def activity(
    *,
    kind: str,
    uuid: UUID | str,
    type: str,
    name: Mapping[str, str],
    description: Mapping[str, str] | None = None,
    extensions: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """An Activity of ours, with an id that outlives every page about it.

    `kind` is the room it comes from ("course", "module", "assessment", …), `uuid` its public id;
    `name` and `description` are texts by language, of which the empty ones are left out.
    """
    definition: dict[str, Any] = {"type": type}
    for key, texts in (("name", name), ("description", description)):
        if words := {tag: str(text) for tag, text in (texts or {}).items() if text}:
            definition[key] = words
    if extensions:
        definition["extensions"] = dict(extensions)
    return {
        "objectType": "Activity",
        "id": f"{settings.XAPI_HOME_PAGE}/xapi/activities/{kind}/{uuid}",
        "definition": definition,
    }


def academy_authority() -> dict[str, Any]:
    """Who vouches for the statements that the academy makes itself."""
    return {
        "objectType": "Agent",
        "account": {"homePage": settings.XAPI_HOME_PAGE, "name": "academy"},
    }


def client_authority(client: LrsClient) -> dict[str, Any]:
    """Who vouches for the statements of a client: its key, as an account here (Data 2.4.9)."""
    return {
        "objectType": "Agent",
        "name": client.name,
        "account": {"homePage": settings.XAPI_HOME_PAGE, "name": client.key},
    }


def record(
    *,
    actor: User,
    verb: Verb,
    activity: dict[str, Any],
    result: dict[str, Any] | None = None,
    registration: UUID | None = None,
    context: dict[str, Any] | None = None,
    at: datetime | None = None,
    statement_id: UUID | None = None,
) -> UUID:
    """Store that a person did something, in the caller's transaction; returns the statement's id.

    The actor is the person's opaque account; `context` may add to, and override, the platform and
    the active language. `at` is when it happened (default: when it is stored). Recording the same
    `statement_id` again is harmless if all else is equal, and a Conflict if not.
    """
    return _record(
        statement_id or new_statement_id(),
        {
            "actor": identity_for(actor).actor,
            "verb": verb.as_json(),
            "object": activity,
            "result": result,
            "context": {
                "registration": str(registration) if registration else None,
                "platform": settings.WAGTAIL_SITE_NAME,
                "language": get_language(),
                **(context or {}),
            },
        },
        at,
    )


def void(*, statement_id: UUID, actor: User, at: datetime | None = None) -> UUID:
    """Declare a statement void, by a new statement that says so; returns the new one's id.

    A voiding statement itself stays in force whatever refers to it (Data 2.3.2).
    """
    return _record(
        new_statement_id(),
        {
            "actor": identity_for(actor).actor,
            "verb": adl.VOIDED.as_json(),
            "object": {"objectType": "StatementRef", "id": str(statement_id)},
        },
        at,
    )


def _record(statement_id: UUID, parts: dict[str, Any], at: datetime | None) -> UUID:
    statement = {"id": str(statement_id)}
    if at is not None:
        statement["timestamp"] = instant(at)
    statement |= {key: value for key, value in parts.items() if value is not None}
    if context := statement.get("context"):
        statement["context"] = {key: value for key, value in context.items() if value is not None}
    store(statements=[statement], authority=academy_authority())
    return statement_id


# --- storing ------------------------------------------------------------------------------------
@dataclass(slots=True)
class _Incoming:
    """A valid statement on its way in."""

    id: UUID
    document: dict[str, Any]
    raw: str
    content_hash: str
    voided: bool = False

    @property
    def voids(self) -> UUID | None:
        if self.document["verb"]["id"] == adl.VOIDED.id:
            return UUID(self.document["object"]["id"])
        return None


def store(
    *,
    statements: list[dict[str, Any]],
    authority: dict[str, Any],
    at: datetime | None = None,
    texts: list[str] | None = None,
) -> list[UUID]:
    """Validate and store statements, all of them or none, and return their ids in order.

    `at` is the time of storing, `texts` the JSON each statement came as, kept to the letter.
    An id that is here already is passed over in silence when the statement is the same one, and
    is a Conflict when it is not (Communication 2.1.1).
    """
    incoming = [
        _accept(statement, text)
        for statement, text in zip(statements, texts or [""] * len(statements), strict=True)
    ]
    by_id = {item.id: item for item in incoming}
    if len(by_id) != len(incoming):
        raise StatementError("id", "occurs more than once in the batch")
    with transaction.atomic():
        stored = at or now()
        fresh = _claim_ids(by_id, stored)
        Statement.objects.bulk_create(_row(item, authority, stored) for item in fresh)
        targets = {target for item in fresh if (target := item.voids)}
        if targets:
            _mark_voided(targets)
        owe(((item.id, item.document) for item in fresh), at=stored)
    return [item.id for item in incoming]


def _accept(statement: dict[str, Any], text: str) -> _Incoming:
    validate(statement)
    return _Incoming(
        id=UUID(statement["id"]) if "id" in statement else new_statement_id(),
        document=statement,
        raw=text or json.dumps(statement, ensure_ascii=False, separators=(",", ":")),
        content_hash=fingerprint(statement),
    )


def _row(item: _Incoming, authority: dict[str, Any], stored: datetime) -> Statement:
    statement = item.document
    target = statement["object"]
    registration = statement.get("context", {}).get("registration")
    return Statement(
        statement_id=item.id,
        stored=stored,
        timestamp=parse_timestamp(statement["timestamp"]) if "timestamp" in statement else stored,
        verb=compact(statement["verb"]["id"]),
        activity=(
            compact(target["id"]) if target.get("objectType", "Activity") == "Activity" else None
        ),
        actor=agent_key(statement["actor"]),
        registration=UUID(registration) if registration else None,
        voided=item.voided,
        authority=authority,
        raw=item.raw,
    )


def _claim_ids(by_id: dict[UUID, _Incoming], stored: datetime) -> list[_Incoming]:
    """Make the ids ours, and return the statements that are not here yet.

    The key's primary key decides between two stores of one id: the second waits for the first to
    commit, then finds its key. Ids that are voided before they arrive get a key with a blank hash
    in the same way, so that a statement and its voiding may come in either order, or at once.
    Inserted in the order of ids, so that two batches cannot wait for each other.
    """
    hashes = {target: "" for item in by_id.values() if (target := item.voids)}
    hashes |= {statement_id: item.content_hash for statement_id, item in by_id.items()}
    inserted = _insert_keys(sorted(hashes.items()), stored)
    fresh = [item for item in by_id.values() if item.id in inserted]
    known = sorted(by_id.keys() - inserted)
    if not known:
        return fresh

    awaited = StatementKey.objects.filter(content_hash="")
    for statement_id in known:
        item = by_id[statement_id]
        if awaited.filter(id=statement_id).update(stored=stored, content_hash=item.content_hash):
            item.voided = item.voids is None  # a voiding statement cannot be voided
            fresh.append(item)
    taken = {item.id for item in fresh}
    _check_same([item for item in by_id.values() if item.id not in taken])
    return fresh


def _insert_keys(keys: Iterable[tuple[UUID, str]], stored: datetime) -> set[UUID]:
    """Insert the keys that are not there and return their ids, in one statement."""
    fields = StatementKey._meta.local_concrete_fields
    table = connection.ops.quote_name(StatementKey._meta.db_table)
    columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    values: list[Any] = []
    for statement_id, content_hash in keys:
        for field, value in zip(fields, (statement_id, stored, content_hash), strict=True):
            values.append(field.get_db_prep_save(value, connection))
    places = ", ".join(["(%s, %s, %s)"] * (len(values) // 3))
    if not values:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({columns}) VALUES {places} "  # noqa: S608 - names of ours
            "ON CONFLICT (id) DO NOTHING RETURNING id",
            values,
        )
        return {row[0] if isinstance(row[0], UUID) else UUID(row[0]) for row in cursor.fetchall()}


def _check_same(items: list[_Incoming]) -> None:
    """Raise a Conflict unless each of these is the statement that its id already names."""
    if not items:
        return
    ids = [item.id for item in items]
    hashes = dict(StatementKey.objects.filter(id__in=ids).values_list("id", "content_hash"))
    times = dict(Statement.objects.by_ids(ids).values_list("statement_id", "timestamp"))
    for item in items:
        same = hashes.get(item.id) == item.content_hash
        if same and "timestamp" in item.document and item.id in times:
            same = same_instant(parse_timestamp(item.document["timestamp"]), times[item.id])
        if not same:
            raise Conflict(f"Statement {item.id} is already stored with other content.")


def _mark_voided(targets: set[UUID]) -> None:
    held = Statement.objects.by_ids(targets)
    held.filter(~Q(verb=adl.VOIDED.id)).update(voided=True)


def consistent_through() -> datetime:
    """The instant up to which every stored statement can be read (Communication 1.2).

    `stored` is set before its transaction commits, so "now" would promise too much. On PostgreSQL
    it is the start of the oldest transaction still open, less a second for clocks that differ; on
    SQLite the one writer there can be is waited for.
    """
    at = now()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT max(clock_timestamp() - xact_start) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid() "
                "AND backend_type = 'client backend'"
            )
            oldest = cursor.fetchone()[0] or timedelta()
        return at - oldest - timedelta(seconds=1)
    try:
        with transaction.atomic():  # BEGIN IMMEDIATE
            return at
    except OperationalError:
        latest = Statement.objects.order_by("-stored").values_list("stored", flat=True).first()
        return latest or at - timedelta(minutes=1)
