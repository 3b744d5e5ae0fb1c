"""What takes long to make is made once a process and put back row by row, on SQLite.

A test that changed what the rows stand on, or whose clock is not today's, gets them made anew.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import time_machine
from django.db import IntegrityError, connection, transaction

Made = TypeVar("Made")
Row = tuple
Table = dict[int, Row]


@dataclass
class Kept:
    """The rows that came and the rows that changed (before, after), by table and rowid."""

    made: Any
    came: dict[str, Table] = field(default_factory=dict)
    changed: dict[str, dict[int, tuple[Row, Row]]] = field(default_factory=dict)


_kept: dict[Hashable, Kept] = {}


class _OtherGround(Exception):
    """A row that was changed is not what it was before."""


def made_once(key: Hashable, make: Callable[[], Made]) -> Made:
    """What `make` makes; its objects are as they were made, with the keys they have in the database."""
    if connection.vendor != "sqlite" or time_machine.escape_hatch.is_travelling():
        return make()
    if key in _kept:
        try:
            with transaction.atomic():
                _put_back(_kept[key])
            return _kept[key].made
        except (IntegrityError, _OtherGround):
            return make()
    before = _rows()
    kept = Kept(make())
    for table, rows in _rows().items():
        known = before[table]
        kept.came[table] = {key: row for key, row in rows.items() if key not in known}
        kept.changed[table] = {
            key: (known[key], row) for key, row in rows.items() if known.get(key, row) != row
        }
    _kept[key] = kept
    return kept.made


def _rows() -> dict[str, Table]:
    tables = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.django_table_names(only_existing=True):
            cursor.execute(f'SELECT rowid, * FROM "{table}"')
            tables[table] = {row[0]: row[1:] for row in cursor.fetchall()}
    return tables


def _put_back(kept: Kept) -> None:
    with connection.cursor() as cursor:
        for table, rows in kept.changed.items():
            for key, (before, after) in rows.items():
                cursor.execute(f'SELECT * FROM "{table}" WHERE rowid = %s', [key])
                if cursor.fetchone() != before:
                    raise _OtherGround
                columns = [f'"{column[0]}" = %s' for column in cursor.description]
                statement = f'UPDATE "{table}" SET {", ".join(columns)} WHERE rowid = %s'
                cursor.execute(statement, [*after, key])
        for table, rows in kept.came.items():
            if rows:
                places = ", ".join(["%s"] * len(next(iter(rows.values()))))
                cursor.executemany(f'INSERT INTO "{table}" VALUES ({places})', [*rows.values()])
