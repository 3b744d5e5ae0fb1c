"""Storing statements: one transaction with the change they tell of, each id once, voiding."""

import json
import threading
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.utils import translation

from academy.core.clock import now
from academy.core.errors import Conflict
from academy.core.fields import Localized
from academy.people.models import Identity
from academy.people.services import identity_for
from academy.xapi import services
from academy.xapi.models import OutboxEntry, Statement, StatementKey, agent_key, compact
from academy.xapi.schema import StatementError, validate
from academy.xapi.vocabulary import ActivityType, Verb, adl, badges, cmi5, tincan
from tests.xapi.helpers import make_statement

AUTHORITY = {"account": {"homePage": "https://academy.example", "name": "tests"}}


def course(**changes) -> dict:
    return services.activity(
        **{
            "kind": "course",
            "uuid": "7d4d9c40-b2aa-42ee-8487-d416a73ed9a7",
            "type": ActivityType.COURSE,
            "name": Localized({"en": "Data", "fr": ""}),
            **changes,
        }
    )


def store(*statements: dict, **options) -> list[UUID]:
    return services.store(statements=list(statements), authority=AUTHORITY, **options).ids


def only(statement_id) -> Statement:
    return Statement.objects.by_ids([statement_id]).get()


def all_verbs() -> list[Verb]:
    return [
        verb
        for group in (adl, cmi5, tincan, badges)
        for verb in vars(group).values()
        if isinstance(verb, Verb)
    ]


@pytest.mark.parametrize("verb", all_verbs(), ids=lambda verb: verb.id)
def test_every_verb_speaks_both_languages(verb):
    validate(
        make_statement(
            verb={**verb.as_json()}, object={"objectType": "StatementRef", "id": str(uuid4())}
        )
    )
    assert set(verb.as_json()["display"]) == {"en", "fr"}


def test_record_keeps_who_did_what_where_and_when(learner):
    at = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
    registration = uuid4()
    with translation.override("fr"):
        statement_id = services.record(
            actor=learner,
            verb=adl.COMPLETED,
            activity=course(),
            result={"completion": True, "score": {"scaled": 0.8}},
            registration=registration,
            context={"contextActivities": {"category": [{"id": cmi5.CATEGORY}]}},
            at=at,
        )

    kept = only(statement_id)
    assert statement_id.version == 4
    assert kept.timestamp == at
    assert kept.stored > at
    assert kept.verb == adl.COMPLETED.id
    assert kept.registration == registration
    assert kept.activity == (
        "https://academy.example/xapi/activities/course/7d4d9c40-b2aa-42ee-8487-d416a73ed9a7"
    )
    document = kept.document
    validate(document)
    assert document["actor"] == identity_for(learner).actor
    assert document["timestamp"] == "2026-03-01T08:30:00.000000Z"
    assert document["context"]["language"] == "fr"
    assert document["context"]["platform"] == "Horizon Academy"
    assert document["object"]["definition"]["name"] == {"en": "Data"}
    assert document["authority"]["account"]["name"] == "academy"
    assert document["version"] == "1.0.0"


def test_no_statement_names_a_person(learner):
    statement_id = services.record(actor=learner, verb=adl.COMPLETED, activity=course())

    text = json.dumps(only(statement_id).document)
    assert learner.email not in text
    assert learner.last_name not in text


def test_record_takes_few_queries(learner, django_assert_num_queries):
    identity_for(learner)
    services.record(actor=learner, verb=adl.COMPLETED, activity=course())
    # savepoint, identity, statement with all that belongs to it, release
    with django_assert_num_queries(8 if connection.vendor == "sqlite" else 4):
        services.record(actor=learner, verb=adl.COMPLETED, activity=course())


def test_a_batch_takes_as_many_queries_as_one(db, django_assert_num_queries):
    for size in (1, 50):
        batch = [make_statement() for _ in range(size)]
        with django_assert_num_queries(6 if connection.vendor == "sqlite" else 3):
            store(*batch)


@pytest.mark.django_db(transaction=True)
def test_the_statement_is_lost_with_the_change_it_tells_of(learner, settings):
    settings.LRS_ENDPOINT = "http://lrs.example/xapi/"

    @transaction.atomic
    def change_and_fail() -> None:
        learner.first_name = "Changed"
        learner.save()
        services.record(actor=learner, verb=adl.COMPLETED, activity=course())
        raise RuntimeError("something later in the service fails")

    with pytest.raises(RuntimeError):
        change_and_fail()

    learner.refresh_from_db()
    assert learner.first_name == "Ada"
    assert not Statement.objects.exists()
    assert not StatementKey.objects.exists()
    assert not OutboxEntry.objects.exists()


def test_recording_the_same_id_again_is_harmless_and_another_a_conflict(learner):
    statement_id, at = uuid4(), now()
    fact = {"actor": learner, "verb": adl.COMPLETED, "activity": course(), "at": at}
    for _twice in range(2):
        services.record(**fact, statement_id=statement_id)
    assert Statement.objects.count() == 1

    with pytest.raises(Conflict):
        services.record(**{**fact, "verb": adl.FAILED}, statement_id=statement_id)
    with pytest.raises(Conflict):
        services.record(**{**fact, "at": at + timedelta(seconds=1)}, statement_id=statement_id)
    assert only(statement_id).verb == adl.COMPLETED.id


def test_a_conflict_leaves_the_callers_transaction_usable(learner):
    statement_id = uuid4()
    services.record(actor=learner, verb=adl.COMPLETED, activity=course(), statement_id=statement_id)
    with pytest.raises(Conflict):
        services.record(
            actor=learner, verb=adl.FAILED, activity=course(), statement_id=statement_id
        )

    services.record(actor=learner, verb=adl.PASSED, activity=course())
    assert Statement.objects.count() == 2


def test_one_bad_statement_and_nothing_of_the_batch_is_stored(db):
    with pytest.raises(StatementError):
        store(make_statement(), make_statement(verb={}))
    taken = make_statement()
    store(taken)
    with pytest.raises(Conflict):
        store(make_statement(), taken | {"result": {"success": False}}, make_statement())

    assert [str(s.statement_id) for s in Statement.objects.all()] == [taken["id"]]
    assert StatementKey.objects.count() == 1


def test_ids_must_differ_within_a_batch(db):
    twice = make_statement()
    with pytest.raises(StatementError, match="more than once"):
        store(twice, {**twice, "id": twice["id"].upper()})


def test_store_makes_ids_that_are_missing_and_keeps_their_order(db):
    first, second = make_statement(id=None), make_statement()
    ids = store(first, second)

    assert ids[0].version == 4
    assert str(ids[1]) == second["id"]
    assert Statement.objects.count() == 2


def test_the_text_is_kept_to_the_letter(db):
    statement = make_statement(result={"score": {"raw": 1.0}})
    text = json.dumps(statement, indent=3).replace("1.0", "1.000")
    store(statement, texts=[text])

    assert only(statement["id"]).raw == text


def test_what_the_sender_may_not_assign_is_replaced(db):
    at = now()
    statement = make_statement(
        stored="2001-01-01T00:00:00Z", authority={"mbox": "mailto:forger@people.example"}
    )
    store(statement, at=at)

    document = only(statement["id"]).document
    assert document["stored"] == document["timestamp"] == at.isoformat().replace("+00:00", "Z")
    assert document["authority"] == AUTHORITY


def test_context_activities_are_answered_as_lists(db):
    one = {"contextActivities": {"parent": {"id": "https://content.example/course/1"}}}
    plain = make_statement(context=one)
    nested = make_statement(
        object={**make_statement(id=None, context=one), "objectType": "SubStatement"}
    )
    store(plain, nested)

    assert isinstance(only(plain["id"]).document["context"]["contextActivities"]["parent"], list)
    inner = only(nested["id"]).document["object"]
    assert isinstance(inner["context"]["contextActivities"]["parent"], list)


@pytest.mark.parametrize(
    ("actor", "key"),
    [
        ({"mbox": "mailto:a@b.example"}, "mailto:a@b.example"),
        ({"mbox_sha1sum": "AB" * 20}, "sha1:" + "ab" * 20),
        ({"openid": "https://a.example/"}, "https://a.example/"),
        ({"account": {"homePage": "https://a.example", "name": "a|b"}}, "https://a.example|a|b"),
        ({"objectType": "Group", "member": [{"mbox": "mailto:a@b.example"}]}, ""),
    ],
)
def test_actors_are_found_by_their_identifier(db, actor, key):
    assert agent_key(actor) == key
    statement = make_statement(actor=actor)
    store(statement)

    assert only(statement["id"]).actor == key


def test_values_too_long_to_index_are_found_by_their_hash(db):
    long = "https://content.example/" + "é" * 20_000
    statement = make_statement(object={"id": long})
    store(statement)

    assert Statement.objects.get(activity=compact(long)).document["object"]["id"] == long


def test_objects_that_are_no_activities_have_none(db):
    statement = make_statement(object={"objectType": "StatementRef", "id": str(uuid4())})
    store(statement)

    assert only(statement["id"]).activity is None


def test_statements_of_all_identities_of_a_person(learner, operator):
    services.record(actor=learner, verb=adl.INITIALIZED, activity=course())
    Identity.objects.filter(person=learner).update(is_current=False)  # as a merge does
    services.record(actor=learner, verb=adl.COMPLETED, activity=course())
    services.record(actor=operator, verb=adl.COMPLETED, activity=course())

    mine = Statement.objects.for_actor_identities(learner.identities.all()).page(limit=10)
    assert [statement.verb for statement in mine] == [adl.COMPLETED.id, adl.INITIALIZED.id]


@pytest.mark.parametrize("ascending", [False, True])
def test_pages_do_not_move_while_statements_arrive(db, ascending):
    at = now()
    batches = [[make_statement() for _ in range(3)] for _ in range(3)]
    for offset, batch in enumerate(batches):
        store(*batch, at=at + timedelta(seconds=offset // 2))
    expected = [statement["id"] for batch in batches for statement in batch]
    if not ascending:
        expected.reverse()

    seen, after = [], None
    while page := list(Statement.objects.page(after=after, limit=2, ascending=ascending)):
        seen += [str(statement.statement_id) for statement in page]
        after = (page[-1].stored, page[-1].id)
        if not ascending:
            store(make_statement(), at=at + timedelta(hours=1))
    assert seen == expected


# --- voiding (Data 2.3.2) -----------------------------------------------------------------------
def test_voiding_hides_a_statement(learner):
    statement_id = services.record(actor=learner, verb=adl.COMPLETED, activity=course())
    voiding = services.void(statement_id=statement_id, actor=learner)

    assert only(statement_id).voided
    assert [s.statement_id for s in Statement.objects.visible()] == [voiding]
    validate(only(voiding).document)
    assert "platform" not in only(voiding).document.get("context", {})


def test_a_voiding_statement_cannot_be_voided(learner):
    statement_id = services.record(actor=learner, verb=adl.COMPLETED, activity=course())
    voiding = services.void(statement_id=statement_id, actor=learner)
    services.void(statement_id=voiding, actor=learner)

    assert not only(voiding).voided
    assert only(statement_id).voided


def test_a_statement_may_be_voided_before_it_arrives(learner):
    late, late_voiding = (
        make_statement(),
        make_statement(
            verb={"id": adl.VOIDED.id}, object={"objectType": "StatementRef", "id": str(uuid4())}
        ),
    )
    for statement in (late, late_voiding):
        services.void(statement_id=UUID(statement["id"]), actor=learner)
    assert not Statement.objects.by_ids([UUID(late["id"])]).exists()

    for _twice in range(2):
        store(late)
        store(late_voiding)
    assert only(late["id"]).voided
    assert not only(late_voiding["id"]).voided
    with pytest.raises(Conflict):
        store(late | {"result": {"success": True}})


def test_a_batch_may_hold_a_statement_and_its_voiding(db):
    statement = make_statement()
    voiding = make_statement(
        verb={"id": adl.VOIDED.id}, object={"objectType": "StatementRef", "id": statement["id"]}
    )
    store(voiding, statement)

    assert only(statement["id"]).voided


# --- outbox -------------------------------------------------------------------------------------
def test_nothing_is_owed_where_no_destination_is_set(learner):
    services.record(actor=learner, verb=adl.COMPLETED, activity=course())
    assert not OutboxEntry.objects.exists()


def test_each_new_statement_is_owed_once(learner, settings):
    settings.LRS_ENDPOINT = "http://lrs.example/xapi/"
    ours = services.record(actor=learner, verb=adl.COMPLETED, activity=course())
    theirs = make_statement()
    for _twice in range(2):
        store(theirs)

    owed = OutboxEntry.objects.filter(state="pending").order_by("id")
    assert [str(entry.statement_id) for entry in owed] == [str(ours), theirs["id"]]


# --- at once -----------------------------------------------------------------------------------
def together(action, *, times: int) -> list[Exception | None]:
    """Run the action in as many threads at once, and return what each raised."""
    outcomes: list[Exception | None] = [None] * times
    barrier = threading.Barrier(times)

    def run(number: int) -> None:
        try:
            barrier.wait(10)
            action(number)
        except Exception as error:
            outcomes[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("same", [True, False])
def test_of_two_stores_of_one_id_one_wins(same):
    """The other finds the same statement, or a conflict; never both, and never neither."""
    statement_id = str(uuid4())
    outcomes = together(
        lambda number: store(
            make_statement(id=statement_id, result={"response": "same" if same else str(number)})
        ),
        times=8,
    )

    conflicts = [error for error in outcomes if error is not None]
    assert len(conflicts) == (0 if same else 7)
    assert all(isinstance(error, Conflict) for error in conflicts)
    assert Statement.objects.count() == StatementKey.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_batches_of_the_same_ids_in_any_order_do_not_deadlock():
    batch = [make_statement() for _ in range(50)]
    outcomes = together(lambda number: store(*batch[:: 1 if number % 2 else -1]), times=8)

    assert outcomes == [None] * 8
    assert Statement.objects.count() == 50


@pytest.mark.django_db(transaction=True)
def test_a_statement_and_its_voiding_stored_at_once():
    for _round in range(20):
        statement = make_statement()
        voiding = make_statement(
            verb={"id": adl.VOIDED.id},
            object={"objectType": "StatementRef", "id": statement["id"]},
        )
        outcomes = together(lambda number: store([statement, voiding][number % 2]), times=2)  # noqa: B023
        assert outcomes == [None, None]
        assert only(statement["id"]).voided


@pytest.mark.django_db(transaction=True)
def test_consistent_through_promises_nothing_that_an_open_transaction_holds():
    """Communication 2.1.3.s2.b5: what was stored before that instant can be read."""
    started, finish = threading.Event(), threading.Event()

    def store_slowly() -> None:
        with transaction.atomic():
            store(make_statement())
            started.set()
            finish.wait(10)
        connection.close()

    writer = threading.Thread(target=store_slowly)
    writer.start()
    started.wait(10)
    threading.Timer(0.5, finish.set).start()
    through = services.consistent_through()
    readable = set(Statement.objects.values_list("pk", flat=True))
    writer.join()

    promised = Statement.objects.filter(stored__lte=through)
    assert set(promised.values_list("pk", flat=True)) <= readable
    assert Statement.objects.count() == 1


# --- PostgreSQL ---------------------------------------------------------------------------------
postgresql_only = pytest.mark.skipif(
    "connection.vendor != 'postgresql'", reason="only PostgreSQL has partitions"
)


@postgresql_only
def test_statements_lie_in_the_partition_of_their_month(db):
    this_month = make_statement()
    store(this_month)
    store(make_statement(), at=datetime(2001, 1, 1, tzinfo=UTC))
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM xapi_statement ORDER BY id")
        tables = [name for (name,) in cursor.fetchall()]

    assert tables == [f"xapi_statement_y{now():%Ym%m}", "xapi_statement_default"]
    assert only(this_month["id"]).voided is False


@postgresql_only
def test_a_statement_is_looked_for_in_its_partition_only(db):
    statement = make_statement()
    store(statement)
    plan = Statement.objects.by_ids([UUID(statement["id"])]).explain()

    assert plan.count("xapi_statement_y") + plan.count("xapi_statement_default") <= 4, plan
    assert "xapi_statement_default" not in plan
