"""Statements about statements: what one is found by because of the one it refers to.

"Statements which target another Statement (by using a StatementRef as the Object) will meet the
filter condition if the targeted Statement meets the filter condition", recursively (xAPI
Communication 2.1.3). The terms of a target are therefore written for its sources too: when the
source comes, or when the target does, whichever is later.
"""

from collections.abc import Iterable
from uuid import UUID

from academy.xapi.models import Statement, StatementKey, StatementReference
from academy.xapi.terms import Mention, mentions, passed_on, terms

#: How many statements about statements are followed, one after the other.
MAX_CHAIN = 100

Places = dict[UUID, StatementReference]


def sources_of(targets: Iterable[UUID]) -> Places:
    """The references that lead to these statements, directly or by way of others."""
    found: Places = {}
    level = set(targets)
    for _step in range(MAX_CHAIN):
        rows = StatementReference.objects.filter(target__in=level)
        new = {row.source: row for row in rows if row.source not in found}
        if not new:
            break
        found |= new
        level = set(new)
    return found


def terms_by_reference(references: Iterable[StatementReference]) -> dict[UUID, set[int]]:
    """What these statements are found by, beside themselves, by source.

    A target that is not here yet is locked until the transaction ends, so that whoever stores it
    meanwhile waits, and then sees the reference.
    """
    references = list(references)
    target_of = {row.source: row.target for row in references}
    said: dict[UUID, set[Mention]] = {}
    level = set(target_of.values())
    for _step in range(MAX_CHAIN):
        level -= said.keys()
        if not level:
            break
        awaited = StatementKey.objects.awaited().filter(id__in=level).order_by("id")
        list(awaited.select_for_update().values_list("id"))
        said |= {target: set() for target in level}
        for statement in Statement.objects.by_ids(level):
            said[statement.statement_id] = mentions(statement.received, statement.authority)
        rows = StatementReference.objects.filter(source__in=level)
        further = dict(rows.values_list("source", "target"))
        target_of |= further
        level = set(further.values())
    return {row.source: terms(_gather(row.source, target_of, said)) for row in references}


def _gather(
    source: UUID, target_of: dict[UUID, UUID], said: dict[UUID, set[Mention]]
) -> set[Mention]:
    found: set[Mention] = set()
    seen = {source}
    at = target_of.get(source)
    while at is not None and at not in seen:
        seen.add(at)
        found |= passed_on(said.get(at, ()))
        at = target_of.get(at)
    return found
