"""How statements and their terms lie on PostgreSQL: one partition for each month of `stored`.

Old months can then be dropped whole, and a query that knows its time reads only its months. Other
databases get a plain table of the same columns, and nothing above this module sees a difference.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime

import structlog
from django.db import OperationalError, connection, migrations, transaction

MONTHS_AHEAD = 12
PARTITIONED = ("xapi_statement", "xapi_statementterm")
#: With fewer months made than this, somebody has to look: beat has stopped, or cannot get its lock.
FEW_MONTHS = 2
#: How long making a partition may hold up those who store, before it gives way until the next run.
LOCK_TIMEOUT = "2s"

log = structlog.get_logger(__name__)


def month_after(month: date, months: int = 1) -> date:
    """The first day of the month that many months later (or, if negative, earlier)."""
    count = month.year * 12 + month.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def partition_sql(table: str, month: date) -> str:
    """The statement that makes the partition of a month, if it is not there."""
    start, end = bounds_of(month)
    return (
        f'CREATE TABLE IF NOT EXISTS "{partition_name(table, month)}" PARTITION OF "{table}" '
        f"FOR VALUES FROM ('{start}') TO ('{end}')"
    )


def partition_name(table: str, month: date) -> str:
    return f"{table}_y{month.year:04}m{month.month:02}"


def bounds_of(month: date) -> tuple[str, str]:
    """The instant a month begins, in UTC, and the one the next begins."""
    start, end = (
        datetime(day.year, day.month, 1, tzinfo=UTC).isoformat()
        for day in (month, month_after(month))
    )
    return start, end


class CreateMonthlyPartitionedModel(migrations.CreateModel):
    """`CreateModel`, with the table partitioned by month of `stored` where it can be.

    PostgreSQL wants the partition key in every unique index, so a primary key of `id` is
    (id, stored) there; `id` still comes from one sequence and is unique by itself. Rows outside the
    months that exist go to the default partition, so storing never fails for want of one.
    """

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        table = model._meta.db_table
        serial = f"{table}_id_seq" if len(model._meta.pk_fields) == 1 else ""
        key = [field.column for field in model._meta.pk_fields]
        columns = []
        if serial:
            key.append("stored")
            columns.append(f'"id" bigint NOT NULL DEFAULT nextval(\'"{serial}"\')')
            schema_editor.execute(f'CREATE SEQUENCE "{serial}" AS bigint', None)
        for field in model._meta.local_concrete_fields:
            if not field.primary_key:
                null = "NULL" if field.null else "NOT NULL"
                column_type = field.db_type(schema_editor.connection)
                columns.append(f'"{field.column}" {column_type} {null}')
        names = ", ".join(f'"{name}"' for name in key)
        schema_editor.execute(
            f'CREATE TABLE "{table}" ({", ".join(columns)}, PRIMARY KEY ({names})) '
            'PARTITION BY RANGE ("stored")',
            None,
        )
        if serial:
            # owned, so that resetting sequences and dropping the table take it along
            schema_editor.execute(f'ALTER SEQUENCE "{serial}" OWNED BY "{table}"."id"', None)
        schema_editor.execute(
            f'CREATE TABLE "{table}_default" PARTITION OF "{table}" DEFAULT', None
        )
        this_month = datetime.now(UTC).date().replace(day=1)
        for offset in range(-1, MONTHS_AHEAD + 1):
            schema_editor.execute(partition_sql(table, month_after(this_month, offset)), None)
        schema_editor.deferred_sql.extend(schema_editor._model_indexes_sql(model))


# --- Making months ahead --------------------------------------------------------------------------


@dataclass(frozen=True)
class Made:
    """A partition that was made, and how many rows were waiting for it in the default one."""

    table: str
    month: date
    moved: int


def partitioned_tables() -> list[str]:
    """The partitioned tables of the learning record store; none on other databases."""
    return list(PARTITIONED) if connection.vendor == "postgresql" else []


def months_of(table: str) -> set[date]:
    """The months for which the table has a partition."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass",
            [table],
        )
        names = [name for (name,) in cursor.fetchall()]
    found = (re.fullmatch(rf'"?{re.escape(table)}_y(\d{{4,}})m(\d\d)"?', name) for name in names)
    return {date(int(match[1]), int(match[2]), 1) for match in found if match}


def make_partitions(*, on: date, ahead: int = MONTHS_AHEAD) -> list[Made]:
    """Make what is missing of the months from the present one on, and of those that already have
    rows in the default partition; each month in a transaction of its own.

    Somebody who uses the table for longer than `LOCK_TIMEOUT` is given way to: that month is left
    for the next run. Does nothing on databases without partitions.
    """
    made = []
    for table in partitioned_tables():
        wanted = {month_after(on.replace(day=1), offset) for offset in range(ahead + 1)}
        wanted |= _months_waiting(table)
        for month in sorted(wanted - months_of(table)):
            try:
                made.append(Made(table, month, _make_partition(table, month)))
            except OperationalError as error:
                log.warning(
                    "partition_postponed", table=table, month=month.isoformat(), problem=str(error)
                )
    for one in made:
        log.info("partition_made", table=one.table, month=one.month.isoformat(), moved=one.moved)
    return made


def _months_waiting(table: str) -> set[date]:
    """The months of the rows in the default partition."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT date_trunc('month', stored AT TIME ZONE 'UTC')::date "  # noqa: S608
            f'FROM "{table}_default"'
        )
        return {month for (month,) in cursor.fetchall()}


@transaction.atomic
def _make_partition(table: str, month: date) -> int:
    """Make one month's partition and move its rows out of the default one; returns how many.

    PostgreSQL attaches no partition whose rows the default one still has. The whole table is locked
    meanwhile: a statement on its way to the default partition would be refused when it gets there
    and finds that the month is no longer the default's. The parent first, as everybody does.
    """
    name, default = partition_name(table, month), f"{table}_default"
    start, end = bounds_of(month)
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        cursor.execute(f'LOCK TABLE ONLY "{table}" IN ACCESS EXCLUSIVE MODE')
        cursor.execute(f'LOCK TABLE "{default}" IN ACCESS EXCLUSIVE MODE')
        if month in months_of(table):  # another run was quicker
            return 0
        cursor.execute(
            f'CREATE TABLE "{name}" (LIKE "{table}" INCLUDING DEFAULTS INCLUDING CONSTRAINTS)'
        )
        cursor.execute(
            "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute "
            "WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
            [table],
        )
        columns = cursor.fetchone()[0]
        cursor.execute(
            f'WITH moved AS (DELETE FROM "{default}" WHERE stored >= %s AND stored < %s '  # noqa: S608
            f'RETURNING {columns}) INSERT INTO "{name}" ({columns}) SELECT {columns} FROM moved',
            [start, end],
        )
        moved = cursor.rowcount
        cursor.execute(
            f'ALTER TABLE "{table}" ATTACH PARTITION "{name}" '
            f"FOR VALUES FROM ('{start}') TO ('{end}')"
        )
    return moved


def months_ahead(*, on: date) -> int | None:
    """How many months after the present one every table is ready for; None without partitions."""
    tables = partitioned_tables()
    if not tables:
        return None
    this_month = on.replace(day=1)
    ready = set.intersection(*(months_of(table) for table in tables))
    count = 0
    while month_after(this_month, count + 1) in ready:
        count += 1
    return count
