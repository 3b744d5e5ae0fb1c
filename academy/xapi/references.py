"""Statements about statements: what one is found by because of the one it refers to.

"Statements which target another Statement (by using a StatementRef as the Object of the Statement)
will meet the filter condition if the targeted Statement meets the filter condition", recursively
(xAPI Communication 2.1.3.s3). The terms of a target are therefore written for its sources too: when
the source comes, or when the target does, whichever is later.
"""

from collections.abc import Collection, Iterable
from uuid import UUID

from django.db import connection, models

from academy.xapi.models import Statement, StatementKey, StatementReference
from academy.xapi.terms import Mention, mentions, passed_on, terms

#: How far a chain of statements about statements is followed.
MAX_CHAIN = 100


def sources_of(targets: Collection[UUID]) -> list[StatementReference]:
    """The references that lead to these statements, directly or by way of others."""
    sources = {source for source, _target in _chain("target", "source", targets)}
    return list(StatementReference.objects.filter(source__in=sources))


def terms_by_reference(sources: Collection[UUID]) -> dict[UUID, set[int]]:
    """What these statements are found by because of those they refer to.

    A target that is not here yet is locked until the transaction ends, so that whoever stores it
    meanwhile waits, and then sees the reference. If somebody was just storing it, there is more of
    the chain once they have.
    """
    target_of: dict[UUID, UUID] = {}
    while (chain := dict(_chain("source", "target", sources))) != target_of:
        target_of = chain
        awaited = StatementKey.objects.awaited().filter(id__in=target_of.values())
        list(awaited.order_by("id").select_for_update().values_list("id"))
    said = {
        statement.statement_id: passed_on(mentions(statement.received, statement.authority))
        for statement in Statement.objects.by_ids(target_of.values())
    }
    return {source: terms(_gather(source, target_of, said)) for source in sources}


def _gather(
    source: UUID, target_of: dict[UUID, UUID], said: dict[UUID, set[Mention]]
) -> set[Mention]:
    found: set[Mention] = set()
    seen = {source}
    target = target_of.get(source)
    while target is not None and target not in seen and len(seen) <= MAX_CHAIN:
        seen.add(target)
        found |= said.get(target, set())
        target = target_of.get(target)
    return found


def _chain(start: str, end: str, ids: Collection[UUID]) -> Iterable[tuple[UUID, UUID]]:
    """(source, target) of the references met on the way from `start` to `end`, from these ids on."""
    if not ids:
        return []
    field: models.UUIDField = StatementReference._meta.get_field("source")
    places = ", ".join(["%s"] * len(ids))
    sql = (
        "WITH RECURSIVE chain (source, target, step) AS ("  # noqa: S608 - names of ours
        f"SELECT source, target, 1 FROM xapi_statementreference WHERE {start} IN ({places}) "
        "UNION SELECT further.source, further.target, chain.step + 1 "
        f"FROM chain JOIN xapi_statementreference further ON further.{start} = chain.{end} "
        "WHERE chain.step < %s) SELECT DISTINCT source, target FROM chain"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*(field.get_db_prep_value(one, connection) for one in ids), MAX_CHAIN])
        rows = cursor.fetchall()
    return [(field.to_python(source), field.to_python(target)) for source, target in rows]
