"""Writing statements: our own (`record`, `void`) and those of other programs (`store`).

All three store in the caller's transaction, so that a change and the statement about it are kept
or lost together, and each statement newly stored is owed to every destination by one outbox row
in the same transaction.
"""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import Q
from django.utils.translation import get_language

from academy.core.clock import now
from academy.core.errors import Conflict
from academy.people.models import User
from academy.people.services import identity_for
from academy.xapi.attachments import Data, check_attachments, keep_data
from academy.xapi.definitions import (
    Definitions,
    definitions_said,
    learn_definitions,
    what_is_new,
)
from academy.xapi.destinations import owe, wishes
from academy.xapi.inserts import (
    Inserted,
    NewStatement,
    insert_all,
    insert_new,
    insert_rows,
    insert_terms,
)
from academy.xapi.models import (
    LrsClient,
    Statement,
    StatementKey,
    StatementReference,
    StatementTerm,
    agent_key,
    compact,
    new_statement_id,
)
from academy.xapi.references import sources_of, terms_by_reference
from academy.xapi.schema import (
    StatementError,
    fingerprint,
    instant,
    parse_timestamp,
    same_instant,
    validate,
)
from academy.xapi.signatures import signature_attachment, verify_signature
from academy.xapi.terms import mentions, terms
from academy.xapi.vocabulary import Verb, adl

DEADLOCK = "40P01"
MAX_RETRIES = 3
PROMISE_SECONDS = 0.1
_promise = (0.0, datetime.min.replace(tzinfo=UTC))  # when it was asked for, and what was answered


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
    store(statements=[statement], authority=academy_authority(), version="1.0.3")
    return statement_id


# --- storing ------------------------------------------------------------------------------------
@dataclass(slots=True)
class _Incoming:
    """A valid statement on its way in."""

    id: UUID
    document: dict[str, Any]
    raw: str
    content_hash: str
    #: The statement that it is about, and whether somebody waits for this one.
    target: UUID | None
    is_awaited: bool = False
    is_voided: bool = False

    @property
    def voids(self) -> bool:
        return self.document["verb"]["id"] == adl.VOIDED.id


@dataclass(frozen=True, slots=True)
class _Batch:
    """What is to be stored as one: statements by id, and what they have in common."""

    items: dict[UUID, _Incoming]
    authority: dict[str, Any]
    version: str
    at: datetime | None
    data: Data
    defines: bool

    def rows(self, items: Iterable[_Incoming]) -> list[NewStatement]:
        return [_row(item, self.authority, self.version) for item in items]

    def definitions(self, items: Iterable[_Incoming]) -> Definitions:
        return definitions_said(item.document for item in items) if self.defines else {}


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a batch: the ids in order, and whether any of them is new."""

    ids: list[UUID]
    is_new: bool


def store(
    *,
    statements: list[dict[str, Any]],
    authority: dict[str, Any],
    at: datetime | None = None,
    texts: list[str] | None = None,
    version: str = "2.0.0",
    data: Data | None = None,
    defines: bool = True,
) -> Stored:
    """Validate and store statements, all of them or none.

    `at` is the time of storing (default: now, by the clock of the database), `texts` the JSON each
    statement came as, kept to the letter, `version` the one that the client speaks, `data` what
    came along with them. Only a sender who `defines` changes what is known of activities.
    An id that is here already is passed over in silence when the statement is the same one, and
    is a Conflict when it is not (Communication 2.1.1).
    """
    incoming = [
        _accept(statement, text, version)
        for statement, text in zip(statements, texts or [""] * len(statements), strict=True)
    ]
    by_id = {item.id: item for item in incoming}
    if len(by_id) != len(incoming):
        raise StatementError("id", "occurs more than once in the batch")
    data = data or {}
    check_attachments(statements, data)
    for statement in statements:
        if signature := signature_attachment(statement):
            verify_signature(statement, data.get(signature["sha2"].lower()))
    batch = _Batch(by_id, authority, "2.0.0" if version[:1] == "2" else "1.0.0", at, data, defines)
    is_new = _retried(lambda: _insert_alone(batch) or _insert(batch))
    return Stored([item.id for item in incoming], is_new)


def _retried(work: Callable[[], Any]) -> Any:
    """Run the transaction, once more where it was chosen to end a deadlock.

    Keys, references, definitions and data are each written in one order, but what a batch finds
    along a chain of references is in none. Inside a caller's transaction, which would be lost as a
    whole, the error is the caller's.
    """
    for _attempt in range(MAX_RETRIES):
        try:
            return work()
        except OperationalError as error:
            code = getattr(error.__cause__, "sqlstate", None)
            if code != DEADLOCK or connection.in_atomic_block:
                raise
    return work()


def _insert_alone(batch: _Batch) -> bool:
    """Store the batch in one statement without a transaction around it, which costs as much again.

    That is for what most batches are: new statements that refer to no other and bring no data, owed
    to nobody. False, and nothing stored, where it is not so.
    """
    if (
        connection.vendor != "postgresql"
        or connection.in_atomic_block
        or batch.data
        or wishes()
        or any(item.target for item in batch.items.values())
    ):
        return False
    said = batch.definitions(batch.items.values())
    try:
        done = insert_all(
            batch.rows(batch.items.values()),
            authority=batch.authority,
            activities=said.keys(),
            at=batch.at,
        )
    except IntegrityError:  # another stores one of them at this moment
        return False
    if done.rows and (said := what_is_new(said, done.definitions)):
        _retried(lambda: transaction.atomic(learn_definitions)(said))
    return bool(done.rows)


@transaction.atomic
def _insert(batch: _Batch) -> bool:
    """Store what is not here yet, and say whether anything was."""
    rows, done = _claim_ids(batch)
    if not rows:
        return False
    fresh = [item for item in batch.items.values() if item.id in rows]
    _connect(fresh, rows, done.stored)
    keep_data({item.id: item.document for item in fresh}, batch.data)
    if said := what_is_new(batch.definitions(fresh), done.definitions):
        learn_definitions(said)
    owe(((item.id, item.document) for item in fresh), at=done.stored)
    return True


def _accept(statement: dict[str, Any], text: str, version: str) -> _Incoming:
    validate(statement, version)
    return _Incoming(
        id=UUID(statement["id"]) if "id" in statement else new_statement_id(),
        document=statement,
        raw=text or json.dumps(statement, ensure_ascii=False, separators=(",", ":")),
        content_hash=fingerprint(statement),
        target=(
            UUID(statement["object"]["id"])
            if statement["object"].get("objectType") == "StatementRef"
            else None
        ),
    )


def _row(item: _Incoming, authority: dict[str, Any], version: str) -> NewStatement:
    statement = item.document
    target = statement["object"]
    registration = statement.get("context", {}).get("registration")
    return NewStatement(
        columns={
            "statement_id": item.id,
            "timestamp": (
                parse_timestamp(statement["timestamp"]) if "timestamp" in statement else None
            ),
            "verb": compact(statement["verb"]["id"]),
            "activity": (
                compact(target["id"])
                if target.get("objectType", "Activity") == "Activity"
                else None
            ),
            "actor": agent_key(statement["actor"]),
            "registration": UUID(registration) if registration else None,
            "voided": item.is_voided,
            "version": version,
            "raw": item.raw,
        },
        content_hash=item.content_hash,
        terms=terms(mentions(statement, authority)),
    )


def _claim_ids(batch: _Batch) -> tuple[dict[UUID, int], Inserted]:
    """Insert what is not here yet; return the rows of it, by id, and what was found on the way.

    The key's primary key decides between two stores of one id: the second waits for the first to
    commit, then finds its key. Ids that are referred to before they arrive get a key with a blank
    hash in the same way, and stay locked until what refers to them is stored, so that a statement
    and what is said about it may come in either order, or at once. Inserted in the order of ids, so
    that two batches cannot wait for each other.
    """
    items = batch.items
    targets = {item.target for item in items.values() if item.target} - items.keys()
    done = insert_new(
        batch.rows(items.values()),
        awaited=targets,
        authority=batch.authority,
        activities=batch.definitions(items.values()).keys(),
        at=batch.at,
    )
    if others := targets - done.keys:
        awaited = StatementKey.objects.awaited().filter(id__in=others).order_by("id")
        list(awaited.select_for_update().values_list("id"))
    known = sorted(items.keys() - done.keys)
    if not known:
        return done.rows, done

    for statement_id in known:
        item = items[statement_id]
        awaited = StatementKey.objects.awaited().filter(id=statement_id)
        item.is_awaited = awaited.update(stored=done.stored, content_hash=item.content_hash) > 0
    _check_same([item for key in known if not (item := items[key]).is_awaited])
    late = [item for item in items.values() if item.is_awaited]
    _find_voided(late)
    rows = insert_rows(batch.rows(late), authority=batch.authority, stored=done.stored)
    return done.rows | rows, done


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


def _find_voided(items: list[_Incoming]) -> None:
    """Which of these were voided before they came. A voiding statement cannot be voided."""
    if not items:
        return
    voiding = StatementReference.objects.filter(voids=True, target__in=[item.id for item in items])
    voided = set(voiding.values_list("target", flat=True))
    for item in items:
        item.is_voided = item.id in voided and not item.voids


def _connect(fresh: list[_Incoming], rows: dict[UUID, int], stored: datetime) -> None:
    """Write down what the new statements refer to, and what is found by it from now on."""
    references = [
        StatementReference(
            source=item.id,
            target=item.target,
            stored=stored,
            statement=rows[item.id],
            voids=item.voids,
        )
        for item in fresh
        if item.target
    ]
    StatementReference.objects.bulk_create(references)
    targets = {row.target for row in references}
    changed = {row.source: row for row in references}
    if referred := [item.id for item in fresh if item.is_awaited or item.id in targets]:
        changed |= {row.source: row for row in sources_of(referred)}
    if not changed:
        return
    if voided := {row.target for row in references if row.voids}:
        _void(voided)
    hidden = Statement.objects.by_ids(changed).filter(voided=True)
    shown = changed.keys() - set(hidden.values_list("statement_id", flat=True))
    insert_terms(
        (term, changed[source].stored, changed[source].statement)
        for source, found in terms_by_reference(shown).items()
        for term in found
    )


def _void(targets: set[UUID]) -> None:
    """Hide these statements, those that are voiding statements themselves excepted."""
    held = Statement.objects.by_ids(targets).filter(~Q(verb=adl.VOIDED.id))
    for statement in held.filter(voided=False):
        found = terms(mentions(statement.received, statement.authority))
        found.update(*terms_by_reference([statement.statement_id]).values())
        StatementTerm.objects.filter(
            term__in=found, stored=statement.stored, statement=statement.pk
        ).delete()
    held.update(voided=True)


def consistent_through() -> datetime:
    """The instant up to which every stored statement can be read (Communication 2.1.3.s2.b5).

    Asked of the database ten times a second at most: an older promise stays true.
    """
    global _promise
    asked, through = _promise
    if not 0 <= time.time() - asked < PROMISE_SECONDS:
        asked, through = time.time(), _ask_consistent_through()
        _promise = asked, through
    return through


def _ask_consistent_through() -> datetime:
    """`stored` is set before its transaction commits, so "now" would promise too much.

    On PostgreSQL it is the start of the oldest transaction still open; on SQLite the one writer
    there can be is waited for.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT LEAST(statement_timestamp(), min(xact_start)) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid() "
                "AND backend_type = 'client backend'"
            )
            return cursor.fetchone()[0]
    at = now()
    try:
        with transaction.atomic():  # BEGIN IMMEDIATE
            return at
    except OperationalError:
        latest = Statement.objects.order_by("-stored").values_list("stored", flat=True).first()
        return latest or at - timedelta(minutes=1)
