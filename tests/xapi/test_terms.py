"""What statements are found by: terms, references and definitions, and how they come about."""

import importlib
import threading
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.apps import apps
from django.db import OperationalError, connection, transaction

from academy.core.clock import now
from academy.xapi import services
from academy.xapi.models import (
    Activity,
    Statement,
    StatementKey,
    StatementReference,
    StatementTerm,
)
from academy.xapi.requests import ListQuery
from academy.xapi.terms import ACTIVITY, AGENT, AUTHORITY, VERB, term
from academy.xapi.vocabulary import adl
from tests.xapi.helpers import make_program, make_statement

AUTHORITY_OF_TESTS = {"account": {"homePage": "https://academy.example", "name": "tests"}}
POSTGRESQL = connection.vendor == "postgresql"


def store(*statements: dict, **options) -> list[UUID]:
    return services.store(statements=list(statements), authority=AUTHORITY_OF_TESTS, **options).ids


def reference(statement: dict, **changes) -> dict:
    target = {"objectType": "StatementRef", "id": statement["id"]}
    return make_statement(**{"object": target, "verb": {"id": "https://v.example/saw"}, **changes})


def by_terms(*terms: int, authority: dict | None = None, **changes) -> list[str]:
    query = ListQuery(
        **{
            "filters": tuple((one,) for one in terms),
            "times": {},
            "limit": 100,
            "ascending": True,
            "after": None,
            "form": "exact",
            "attachments": False,
            **changes,
        }
    )
    return [str(statement.statement_id) for statement in query.page(authority).statements]


# --- terms --------------------------------------------------------------------------------------
def test_terms_are_of_a_fixed_kind():
    """They are kept: another function would lose every statement that is here."""
    assert term(VERB, adl.COMPLETED.id) == 3340314929048072309
    assert term(ACTIVITY, "x") != term(AGENT, "x")


def test_a_statement_has_few_terms(db):
    store(make_statement())
    assert StatementTerm.objects.count() == 4  # verb, activity, actor, authority

    StatementTerm.objects.all().delete()
    again = {"actor": {"mbox": "mailto:a@b.example"}}
    store(make_statement(**again, context={"instructor": again["actor"]}))
    assert StatementTerm.objects.count() == 4  # an actor who instructs too is no other agent


def test_a_voided_statement_has_no_terms(db):
    target = make_statement()
    voided = reference(target)
    store(target, voided)
    before = StatementTerm.objects.count()
    store(reference(voided, verb={"id": adl.VOIDED.id}))

    row = Statement.objects.get(statement_id=voided["id"])
    assert row.voided
    assert not StatementTerm.objects.filter(stored=row.stored, statement=row.pk).exists()
    assert StatementTerm.objects.count() >= before - 5


def test_who_reads_only_their_own_sees_no_stranger_by_reference(db):
    """Authority is not passed on: what a stranger says about my statement is a stranger's."""
    mine = make_statement()
    store(mine)
    other = {"account": {"homePage": "https://academy.example", "name": "other"}}
    services.store(statements=[reference(mine)], authority=other)

    assert by_terms(authority=AUTHORITY_OF_TESTS) == [mine["id"]]
    assert len(by_terms(authority=other)) == 1
    assert by_terms(term(AUTHORITY, "https://academy.example|tests")) == [mine["id"]]


def test_own_statements_of_a_group_are_those_of_all_its_members(db):
    one = {"account": {"homePage": "https://academy.example", "name": "content"}}
    two = {"mbox": "mailto:ada@academy.example"}
    both = {"objectType": "Group", "member": [one, two]}
    statement = make_statement()
    services.store(statements=[statement], authority=both)
    services.store(statements=[make_statement()], authority=one)

    assert by_terms(authority=both) == [statement["id"]]


def test_a_long_chain_of_references_is_followed_to_its_end_within_reason(db):
    chain = [make_statement(verb={"id": "https://v.example/first"})]
    for _number in range(120):
        chain.append(reference(chain[-1]))
    for statement in chain:
        store(statement)

    found = by_terms(term(VERB, "https://v.example/first"), limit=200)
    assert found == [statement["id"] for statement in chain[:101]]


@pytest.mark.parametrize("size", [1, 20])
def test_a_page_takes_two_queries(db, django_assert_num_queries, size):
    for number in range(size):
        store(make_statement(), at=now() + timedelta(seconds=number))
    with django_assert_num_queries(2):
        found = by_terms(
            term(VERB, adl.COMPLETED.id), term(AUTHORITY, "https://academy.example|tests")
        )
    assert len(found) == size


# --- definitions --------------------------------------------------------------------------------
def defined(iri: str = "https://content.example/course/1", **definition) -> dict:
    return make_statement(object={"id": iri, "definition": definition})


def test_what_is_known_already_is_not_written_again(db, django_assert_num_queries):
    store(defined(name={"en": "Data"}, type="https://t.example/course"))
    # savepoint, keys, statement, terms, definition, release
    with django_assert_num_queries(6 + (not POSTGRESQL)):
        store(defined(name={"en": "Data"}), defined(type="https://t.example/course"))
    # and the row, to lock it, and to change it
    with django_assert_num_queries(8 + (not POSTGRESQL)):
        store(defined(name={"fr": "Données"}))

    assert Activity.objects.get().definition == {
        "name": {"en": "Data", "fr": "Données"},
        "type": "https://t.example/course",
    }


def test_who_may_not_define_changes_nothing(db):
    store(defined(name={"en": "Data"}))
    store(
        defined(name={"en": "Rubbish"}),
        defined("https://x.example/", moreInfo="x:y"),
        defines=False,
    )

    assert Activity.objects.get().definition == {"name": {"en": "Data"}}


def test_definitions_are_found_everywhere(db):
    def one(number: int) -> dict:
        return {"id": f"https://a.example/{number}", "definition": {"name": {"en": str(number)}}}

    inner = make_statement(
        id=None, object=one(1), context={"contextActivities": {"parent": one(2)}}
    )
    store(
        make_statement(
            object={**inner, "objectType": "SubStatement"},
            context={"contextActivities": {"other": [one(3), one(4)], "category": [one(3)]}},
        )
    )
    names = [activity.definition["name"]["en"] for activity in Activity.objects.order_by("iri")]
    assert names == ["1", "2", "3", "4"]


# --- statements that were here before -----------------------------------------------------------
def test_the_migration_writes_what_storing_writes(db):
    passed = defined(name={"en": "Data"})
    missing = make_statement()
    confirmed, filed, early = reference(passed), make_statement(), reference(missing)
    filed["object"] = {"objectType": "StatementRef", "id": confirmed["id"]}
    hidden = make_statement()
    store(passed, confirmed, filed, early, hidden)
    store(reference(hidden, verb={"id": adl.VOIDED.id}))
    store(defined(name={"fr": "Données"}))

    def written() -> list:
        return [
            set(StatementTerm.objects.values_list()),
            set(StatementReference.objects.values_list()),
            {(row.iri, str(row.definition)) for row in Activity.objects.all()},
            set(StatementKey.objects.values_list("id", "content_hash")),
        ]

    expected = written()
    for model in (StatementTerm, StatementReference, Activity):
        model.objects.all().delete()
    StatementKey.objects.awaited().delete()
    importlib.import_module("academy.xapi.migrations.0002_statement_terms").fill(apps, None)

    assert written() == expected
    assert all(expected)


# --- at once ------------------------------------------------------------------------------------
def together(*actions) -> list[Exception | None]:
    """Run the actions at once, and return what each raised."""
    outcomes: list[Exception | None] = [None] * len(actions)
    barrier = threading.Barrier(len(actions))

    def run(number: int) -> None:
        try:
            barrier.wait(10)
            actions[number]()
        except Exception as error:
            outcomes[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(actions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


@pytest.mark.django_db(transaction=True)
def test_a_chain_whose_links_come_at_once_is_whole():
    for _round in range(15):
        first = make_statement(verb={"id": f"https://v.example/{uuid4()}"})
        second = reference(first)
        third = reference(second)
        outcomes = together(*[lambda one=one: store(one) for one in (first, second, third)])

        assert outcomes == [None] * 3
        found = by_terms(term(VERB, first["verb"]["id"]))
        assert set(found) == {first["id"], second["id"], third["id"]}


@pytest.mark.django_db(transaction=True)
def test_a_statement_that_others_refer_to_and_its_voiding_at_once():
    for _round in range(15):
        statement = make_statement(verb={"id": f"https://v.example/{uuid4()}"})
        confirmed = reference(statement)
        store(confirmed)  # somebody waits for it already
        voiding = reference(statement, verb={"id": adl.VOIDED.id})
        outcomes = together(lambda: store(statement), lambda: store(voiding))  # noqa: B023

        assert outcomes == [None, None]
        assert Statement.objects.get(statement_id=statement["id"]).voided
        found = by_terms(term(VERB, statement["verb"]["id"]))
        assert set(found) == {confirmed["id"], voiding["id"]}


@pytest.mark.django_db(transaction=True)
def test_batches_that_overlap_in_everything_do_not_deadlock():
    """Same ids, references, activities and data, in any order."""
    plain = [defined(f"https://a.example/{n}", name={"en": str(n)}) for n in range(20)]
    batch = plain + [reference(statement) for statement in plain]
    actions = [
        lambda number=number: store(*batch[number * 3 :: -1 if number % 2 else 1])
        for number in range(8)
    ]
    assert together(*actions) == [None] * 8
    assert Statement.objects.count() == 40
    assert Activity.objects.count() == 20


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer")
def test_a_deadlock_is_tried_again(monkeypatch):
    """Two transactions that do wait for each other: the database ends one, and it is repeated."""
    one, two = make_statement(), make_statement()
    entered, attempts = threading.Barrier(2), []
    insert = services._insert

    def crossing(by_id, *arguments):
        attempts.append(by_id)
        with transaction.atomic():
            first = len(attempts) <= 2
            mine = one if UUID(one["id"]) in by_id else two
            other = two if mine is one else one
            services._insert_keys([(UUID(mine["id"][:-4] + "aaaa"), "x" * 64)], None)
            if first:
                entered.wait(10)
                services._insert_keys([(UUID(other["id"][:-4] + "aaaa"), "x" * 64)], None)
            return insert(by_id, *arguments)

    monkeypatch.setattr(services, "_insert", crossing)
    outcomes = together(lambda: store(one), lambda: store(two))

    assert outcomes == [None, None]
    assert len(attempts) == 3
    assert Statement.objects.count() == 2


@pytest.mark.django_db
def test_a_deadlock_inside_the_callers_transaction_is_the_callers(monkeypatch):
    def deadlock(*_arguments):
        error = OperationalError("deadlock detected")
        error.__cause__ = type("Cause", (Exception,), {"sqlstate": services.DEADLOCK})()
        raise error

    monkeypatch.setattr(services, "_insert", deadlock)
    with pytest.raises(OperationalError):
        store(make_statement())


# --- PostgreSQL ---------------------------------------------------------------------------------
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="only PostgreSQL has partitions")
def test_terms_lie_in_the_partition_of_their_month_and_are_read_in_order(db):
    store(make_statement())
    rows = StatementTerm.objects.filter(term=term(VERB, adl.COMPLETED.id))
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT tableoid::regclass::text FROM xapi_statementterm")
        assert cursor.fetchall() == [(f"xapi_statementterm_y{now():%Ym%m}",)]
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
    plan = rows.order_by("-stored", "-statement").values("stored", "statement")[:100].explain()

    assert "Index Only Scan Backward" in plan
    assert "->  Sort" not in plan, plan


def test_a_view_may_limit_reading_to_what_one_vouches_for(db):
    """The scope statements/read/mine: lists and single statements alike."""
    from academy.xapi.views.statements import StatementsView

    mine, other = make_program(), make_program()
    statement, stranger = make_statement(), make_statement()
    assert mine.post(statement).status_code == other.post(stranger).status_code == 200
    authority = services.client_authority(mine.model)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(StatementsView, "reads_only", lambda self: authority)
        assert [one["id"] for one in mine.get().json()["statements"]] == [statement["id"]]
        assert mine.get(statementId=statement["id"]).status_code == 200
        assert mine.get(statementId=stranger["id"]).status_code == 404
