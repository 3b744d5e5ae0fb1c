"""How statements get into the tables: keys, rows and terms, with as few round trips as can be.

On PostgreSQL it is one statement, whose values travel as one JSON text: a round trip costs a web
worker more than a row does, and an array of texts is escaped in Python, character by character.
"""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from academy.core.clock import now
from academy.xapi.models import Statement, StatementKey, StatementTerm

# Arrays, not joins, where a table is asked for what a batch names: a join of a guessed size may read
# all of the table. In the order of ids, so that two batches cannot wait for each other; the rows in the order in
# which they came. The clock is read when the transaction can be seen: see `consistent_through`.
_INSERT = """
WITH clock AS MATERIALIZED (
    SELECT COALESCE(%s::timestamptz, clock_timestamp()) AS stored
), new AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%s::json) AS given (
        place int, id uuid, content_hash text, "timestamp" timestamptz, verb text, activity text,
        actor text, registration uuid, version text, raw text, terms bigint[]
    )
), keys AS (
    INSERT INTO xapi_statementkey (id, stored, content_hash)
    SELECT new.id, clock.stored, new.content_hash FROM new, clock {condition} ORDER BY new.id
    {conflict} RETURNING id
), rows AS (
    INSERT INTO xapi_statement (
        statement_id, stored, "timestamp", verb, activity, actor, registration, voided, version,
        authority, raw
    )
    SELECT new.id, clock.stored, COALESCE(new."timestamp", clock.stored), new.verb, new.activity,
        new.actor, new.registration, false, new.version, %s::jsonb, new.raw
    FROM new JOIN keys USING (id), clock WHERE new.raw IS NOT NULL ORDER BY new.place
    RETURNING id, statement_id
), found AS (
    INSERT INTO xapi_statementterm (term, stored, statement)
    SELECT term, clock.stored, rows.id
    FROM rows JOIN new ON new.id = rows.statement_id, unnest(new.terms) AS term, clock
)
SELECT clock.stored,
    (SELECT json_agg(id) FROM keys),
    (SELECT json_object_agg(statement_id, id) FROM rows),
    (SELECT json_object_agg(iri, definition) FROM xapi_activity
     WHERE iri = ANY (ARRAY(SELECT json_array_elements_text(%s::json))))
FROM clock
"""
_INSERT_NEW = _INSERT.format(condition="", conflict="ON CONFLICT (id) DO NOTHING")
_INSERT_ALL = _INSERT.format(
    condition=(
        "WHERE NOT EXISTS (SELECT FROM xapi_statementkey WHERE id = ANY (ARRAY(SELECT id FROM new)))"
    ),
    conflict="",
)


@dataclass(slots=True)
class NewStatement:
    """A row to be: the columns but for `stored` and `authority`, which a batch has in common, the
    fingerprint for its key, and its terms. A `timestamp` of None is the time of storing."""

    columns: dict[str, Any]
    content_hash: str
    terms: Collection[int]

    @property
    def id(self) -> UUID:
        return self.columns["statement_id"]


@dataclass(slots=True)
class Inserted:
    """When it was; the keys that were not there yet; the rows of the statements, by id; and, where
    it costs nothing to find out, the definitions known of the activities."""

    stored: datetime
    keys: set[UUID]
    rows: dict[UUID, int]
    definitions: dict[str, dict[str, Any]] | None = None


def insert_new(
    statements: Collection[NewStatement],
    *,
    awaited: Collection[UUID],
    authority: dict[str, Any],
    activities: Collection[str],
    at: datetime | None,
) -> Inserted:
    """Insert the statements whose ids have no key, each with its key, and blank keys for `awaited`.

    On PostgreSQL the time is that of its own clock, by which `consistent_through` goes too: the
    clocks of several web servers need not agree.
    """
    if connection.vendor == "postgresql":
        return _insert_at_once(_INSERT_NEW, statements, awaited, authority, activities, at)
    stored = at or now()
    hashes = dict.fromkeys(awaited, "") | {item.id: item.content_hash for item in statements}
    known = set(StatementKey.objects.filter(id__in=hashes).values_list("id", flat=True))
    new = hashes.keys() - known
    # nobody else can write between these two
    StatementKey.objects.bulk_create(
        StatementKey(id=key, stored=stored, content_hash=hashes[key]) for key in sorted(new)
    )
    fresh = [item for item in statements if item.id in new]
    return Inserted(stored, new, insert_rows(fresh, authority=authority, stored=stored))


def insert_all(
    statements: Collection[NewStatement],
    *,
    authority: dict[str, Any],
    activities: Collection[str],
    at: datetime | None,
) -> Inserted:
    """Insert all of the statements with their keys, or none where one of them has a key already.

    Needs no transaction around it. PostgreSQL only. IntegrityError if another stores one of them
    meanwhile.
    """
    return _insert_at_once(_INSERT_ALL, statements, (), authority, activities, at)


def _insert_at_once(
    sql: str,
    statements: Collection[NewStatement],
    awaited: Collection[UUID],
    authority: dict[str, Any],
    activities: Collection[str],
    at: datetime | None,
) -> Inserted:
    given: list[dict[str, Any]] = [{"id": key, "content_hash": ""} for key in awaited]
    given += [
        {
            **item.columns,
            "place": place,
            "id": item.id,
            "content_hash": item.content_hash,
            "terms": list(item.terms),
        }
        for place, item in enumerate(statements)
    ]
    values = [at, _json(given), _json(authority), _json(list(activities))]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        stored, keys, rows, definitions = cursor.fetchone()
    return Inserted(
        stored,
        {UUID(key) for key in keys or ()},
        {UUID(key): row for key, row in (rows or {}).items()},
        definitions or {},
    )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def insert_rows(
    statements: Collection[NewStatement], *, authority: dict[str, Any], stored: datetime
) -> dict[UUID, int]:
    """Insert statements whose keys are there; return their rows, by id. A voided one has no terms."""
    rows = [
        Statement(
            **{**item.columns, "timestamp": item.columns["timestamp"] or stored},
            stored=stored,
            authority=authority,
        )
        for item in statements
    ]
    Statement.objects.bulk_create(rows)
    insert_terms(
        (term, stored, row.pk)
        for item, row in zip(statements, rows, strict=True)
        for term in item.terms
        if not row.voided
    )
    return {row.statement_id: row.pk for row in rows}


def insert_terms(found: Iterable[tuple[int, datetime, int]]) -> None:
    """Insert these terms where they are not there yet."""
    StatementTerm.objects.bulk_create(
        (StatementTerm(term=term, stored=stored, statement=row) for term, stored, row in found),
        ignore_conflicts=True,
    )
