"""Months of the statement table are made ahead, and rows that came too early find their place."""

import threading
from datetime import UTC, date, datetime
from io import StringIO

import pytest
from django.core.checks import Tags, run_checks
from django.core.management import call_command
from django.db import connection, connections, transaction

from academy.xapi import partitions
from academy.xapi.models import Statement
from academy.xapi.partitions import make_partitions, month_after, months_ahead, months_of
from academy.xapi.services import academy_authority, store
from academy.xapi.tasks import make_partitions as task
from tests.xapi.helpers import make_statement

TABLE = Statement._meta.db_table
THIS_MONTH = datetime.now(UTC).date().replace(day=1)
FAR = month_after(THIS_MONTH, 30)

on_postgresql = pytest.mark.skipif(
    "connection.vendor != 'postgresql'", reason="only PostgreSQL has partitions"
)
on_others = pytest.mark.skipif(
    "connection.vendor == 'postgresql'", reason="PostgreSQL has partitions"
)


def store_on(month: date, count: int = 1) -> list:
    at = datetime(month.year, month.month, 15, tzinfo=UTC)
    statements = [make_statement() for _number in range(count)]
    return store(statements=statements, authority=academy_authority(), at=at).ids


def where_they_lie(ids: list) -> set[str]:
    """The tables that hold these statements."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT tableoid::regclass::text FROM {TABLE} WHERE statement_id = ANY(%s)",
            [ids],
        )
        return {name for (name,) in cursor.fetchall()}


def drop(month: date) -> None:
    with connection.cursor() as cursor:
        for table in partitions.partitioned_tables():
            cursor.execute(f'DROP TABLE IF EXISTS "{partitions.partition_name(table, month)}"')


def warnings() -> list[str]:
    return [
        message.id
        for message in run_checks(tags=[Tags.database], databases=["default"])
        if message.id.startswith("academy.xapi")
    ]


@on_postgresql
@pytest.mark.django_db
def test_a_year_is_made_ahead_and_the_second_time_nothing():
    later = month_after(THIS_MONTH, 6)
    made = make_partitions(on=later)
    expected = {month_after(later, offset) for offset in range(7, 13)}
    assert {one.month for one in made if one.table == TABLE} == expected
    assert months_ahead(on=later) == 12
    assert make_partitions(on=later) == []


@on_postgresql
@pytest.mark.django_db
def test_every_partitioned_table_has_the_same_months():
    make_partitions(on=month_after(THIS_MONTH, 4))
    assert len({frozenset(months_of(table)) for table in partitions.partitioned_tables()}) == 1


@on_postgresql
@pytest.mark.django_db
def test_rows_of_the_default_partition_are_moved_and_none_is_lost():
    early, others = store_on(FAR, 3), store_on(month_after(FAR), 2)
    assert where_they_lie(early + others) == {f"{TABLE}_default"}
    before = {row.statement_id: row.document for row in Statement.objects.by_ids(early + others)}
    made = make_partitions(on=THIS_MONTH)
    assert {(one.month, one.moved) for one in made if one.table == TABLE} == {
        (FAR, 3),
        (month_after(FAR), 2),
    }
    assert where_they_lie(early) == {partitions.partition_name(TABLE, FAR)}
    after = {row.statement_id: row.document for row in Statement.objects.by_ids(early + others)}
    assert after == before
    assert where_they_lie(store_on(FAR)) == {partitions.partition_name(TABLE, FAR)}


@on_postgresql
@pytest.mark.django_db
def test_a_month_made_later_has_the_indexes_of_the_others():
    store_on(FAR)
    make_partitions(on=THIS_MONTH)

    def indexes(month: date) -> set[str]:
        name = partitions.partition_name(TABLE, month)
        with connection.cursor() as cursor:
            cursor.execute("SELECT indexdef FROM pg_indexes WHERE tablename = %s", [name])
            return {definition.split(" USING ")[1] for (definition,) in cursor.fetchall()}

    assert indexes(FAR) == indexes(THIS_MONTH)
    assert len(indexes(FAR)) > 1


@on_postgresql
@pytest.mark.django_db
def test_the_operator_is_warned_when_fewer_than_two_months_are_ready():
    assert warnings() == []
    for offset in range(2, 13):
        drop(month_after(THIS_MONTH, offset))
    assert months_ahead(on=THIS_MONTH) == 1
    assert warnings() == ["academy.xapi.W001"]
    task()
    assert months_ahead(on=THIS_MONTH) == 12
    assert warnings() == []


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_somebody_who_holds_the_default_partition_is_given_way_to(monkeypatch):
    monkeypatch.setattr(partitions, "LOCK_TIMEOUT", "100ms")
    store_on(FAR)
    holds, may_go = threading.Event(), threading.Event()

    def hold():
        try:
            with transaction.atomic():
                store_on(FAR)
                holds.set()
                may_go.wait(30)
        finally:
            connections.close_all()

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        assert holds.wait(30)
        assert [one for one in make_partitions(on=THIS_MONTH) if one.table == TABLE] == []
    finally:
        may_go.set()
        thread.join()
    made = make_partitions(on=THIS_MONTH)
    assert [(one.month, one.moved) for one in made if one.table == TABLE] == [(FAR, 2)]
    Statement.objects.all().delete()
    drop(FAR)


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_two_runs_and_those_who_store_meanwhile_lose_nothing():
    ids, errors = store_on(FAR, 20), []
    start = threading.Barrier(4)

    def run(work):
        try:
            start.wait(30)
            ids.extend(work() or [])
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    def store_some():
        return [one for _number in range(20) for one in store_on(FAR)]

    threads = [
        threading.Thread(target=run, args=[work])
        for work in (
            lambda: make_partitions(on=THIS_MONTH) and None,
            lambda: make_partitions(on=THIS_MONTH) and None,
            store_some,
            store_some,
        )
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    make_partitions(on=THIS_MONTH)
    assert where_they_lie(ids) == {partitions.partition_name(TABLE, FAR)}
    assert Statement.objects.by_ids(ids).count() == 60
    Statement.objects.all().delete()
    drop(FAR)


@on_others
@pytest.mark.django_db
def test_other_databases_have_no_partitions_and_are_not_warned_of_them():
    assert make_partitions(on=THIS_MONTH) == []
    assert months_ahead(on=THIS_MONTH) is None
    assert warnings() == []
    task()


@pytest.mark.django_db
def test_the_command_says_what_is_ready():
    out = StringIO()
    call_command("make_partitions", stdout=out)
    expected = "Ready for 12 months" if connection.vendor == "postgresql" else "no partitions"
    assert expected in out.getvalue()
