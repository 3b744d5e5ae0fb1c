"""How statements and their terms lie on PostgreSQL: one partition for each month of `stored`.

Old months can then be dropped whole, and a query that knows its time reads only its months. Other
databases get a plain table of the same columns, and nothing above this module sees a difference.
"""

from datetime import UTC, date, datetime

from django.db import migrations

MONTHS_AHEAD = 12
PARTITIONED = ("xapi_statement", "xapi_statementterm")


def month_after(month: date, months: int = 1) -> date:
    """The first day of the month that many months later (or, if negative, earlier)."""
    count = month.year * 12 + month.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def partition_sql(table: str, month: date) -> str:
    """The statement that makes the partition of a month, if it is not there."""
    name = f"{table}_y{month.year:04}m{month.month:02}"
    start, end = (
        datetime(day.year, day.month, 1, tzinfo=UTC).isoformat()
        for day in (month, month_after(month))
    )
    return (
        f'CREATE TABLE IF NOT EXISTS "{name}" PARTITION OF "{table}" '
        f"FOR VALUES FROM ('{start}') TO ('{end}')"
    )


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
