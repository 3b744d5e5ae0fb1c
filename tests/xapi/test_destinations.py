"""Which stores are owed what, and owing what was missed."""

import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from uuid import uuid4

import httpx
import pytest
import respx
import time_machine
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from academy.core.clock import now
from academy.core.sealing import unseal
from academy.xapi import destinations, forwarding, services, tasks
from academy.xapi.models import Destination, OutboxEntry, Statement
from academy.xapi.vocabulary import adl
from tests.xapi.helpers import make_statement

pytestmark = pytest.mark.django_db
ENDPOINT = "http://lrs.example/xapi/"
PASSED = {"id": adl.PASSED.id}
COURSE = "https://content.example/course/1"
State = OutboxEntry.State


def make(name: str = "one", **fields) -> Destination:
    return destinations.save_destination(
        Destination(name=name, endpoint=ENDPOINT, **fields), password="secret"
    )


def store(*statements: dict, at: datetime | None = None) -> None:
    services.store(statements=list(statements), authority=services.academy_authority(), at=at)


def owed(name: str = "one") -> set[str]:
    rows = OutboxEntry.objects.filter(destination=name)
    return {str(one) for one in rows.values_list("statement_id", flat=True)}


def answer_ids(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json=[item["id"] for item in json.loads(request.content)])


@pytest.fixture(autouse=True)
def nobody_woken(monkeypatch):
    monkeypatch.setattr(tasks, "_woken", {})


@pytest.fixture
def lrs():
    with respx.mock(base_url=ENDPOINT, assert_all_called=False) as router:
        router.post("/statements").mock(side_effect=answer_ids)
        yield router


def sent(lrs) -> list[dict]:
    return [item for call in lrs.calls for item in json.loads(call.request.content)]


# --- who is owed what ---------------------------------------------------------------------------
def test_every_active_destination_is_owed_each_statement_once():
    make("one")
    make("two")
    make("three", is_active=False)
    statement = make_statement()
    store(statement)
    store(statement)
    assert owed("one") == owed("two") == {statement["id"]}
    assert not owed("three")
    with pytest.raises(IntegrityError), transaction.atomic():
        OutboxEntry.objects.create(
            destination_id="one", statement_id=statement["id"], next_attempt_at=now()
        )


def test_filters_by_verb_and_by_activity():
    make("verb", verbs=[adl.PASSED.id])
    make("activity", activities=[COURSE])
    make("both", verbs=[adl.PASSED.id, adl.FAILED.id], activities=[COURSE])
    done = make_statement()
    passed = make_statement(verb=PASSED)
    elsewhere = make_statement(verb=PASSED, object={"id": "https://content.example/2"})
    person = make_statement(
        verb=PASSED, object={"objectType": "Agent", "mbox": "mailto:a@b.example"}
    )
    store(done, passed, elsewhere, person)

    assert owed("verb") == {one["id"] for one in (passed, elsewhere, person)}
    assert owed("activity") == {one["id"] for one in (done, passed)}
    assert owed("both") == {passed["id"]}


def test_a_filter_takes_iris_of_any_length():
    long = "https://content.example/" + "x" * 600
    make("long", activities=[long])
    wanted, other = make_statement(object={"id": long}), make_statement(object={"id": long + "y"})
    store(wanted, other)
    assert owed("long") == {wanted["id"]}
    OutboxEntry.objects.all().delete()
    list(
        destinations.owe_missing(Destination.objects.get(), since=datetime(2020, 1, 1, tzinfo=UTC))
    )
    assert owed("long") == {wanted["id"]}


def test_a_correction_reaches_every_destination(learner):
    make(verbs=[adl.PASSED.id], activities=[COURSE])
    passed = services.record(actor=learner, verb=adl.PASSED, activity={"id": COURSE})
    voiding = services.void(statement_id=passed, actor=learner)
    assert owed() == {str(passed), str(voiding)}


def test_what_is_owed_is_kept_or_lost_with_the_statement():
    make()
    with transaction.atomic():
        store(make_statement())
        assert len(owed()) == 1
        transaction.set_rollback(True)
    assert not owed()
    assert not Statement.objects.exists()


@pytest.mark.parametrize("hours", [-3, 3])
def test_what_is_owed_is_due_at_once_whatever_the_clock_of_the_database_says(hours):
    make()
    store(make_statement(), at=now() + timedelta(hours=hours))
    assert OutboxEntry.objects.due(now()).count() == 1


def test_owing_asks_the_database_once_for_any_number_of_statements_and_destinations():
    def queries(count: int) -> int:
        with CaptureQueriesContext(connection) as captured:
            store(*(make_statement() for _ in range(count)))
        return len(captured)

    make("one")
    queries(1)
    few = queries(1)
    for number in range(5):
        make(f"more-{number}")
    queries(1)  # reads the destinations anew
    assert queries(10) == few


# --- the environment's destination --------------------------------------------------------------
def test_the_environment_names_one(settings, lrs):
    settings.LRS_ENDPOINT, settings.LRS_USERNAME, settings.LRS_PASSWORD = ENDPOINT, "k", "s"
    store(make_statement())
    assert len(owed("default")) == 1
    forwarding.forward("default")
    assert lrs.calls.last.request.headers["authorization"] == "Basic azpz"

    settings.LRS_ENDPOINT = ""
    store(make_statement())
    assert len(owed("default")) == 1
    kept = Destination.objects.get()
    assert (kept.endpoint, kept.username, kept.password_sealed) == ("", "", "")


def test_its_name_is_taken():
    with pytest.raises(ValidationError, match="LRS_ENDPOINT"):
        make("default")


# --- changes ------------------------------------------------------------------------------------
def test_a_password_is_sealed_and_stays_when_none_is_given():
    destination = make()
    assert "secret" not in destination.password_sealed
    destinations.save_destination(destination)
    assert unseal(Destination.objects.get().password_sealed) == "secret"


def test_a_change_lets_a_destination_be_tried_at_once():
    destination = make()
    Destination.objects.update(failures=9, open_until=now() + timedelta(hours=1))
    destination.refresh_from_db()
    destinations.save_destination(destination, password="right")
    assert forwarding.is_due("one", now()) is False  # nothing owed
    store(make_statement())
    assert forwarding.is_due("one", now() + timedelta(seconds=1))


def test_what_other_processes_stored_without_knowing_is_owed_by_the_sweep(run_tasks, lrs):
    """They remember the destinations for some seconds, and may be within a transaction."""
    early = make_statement()
    store(early, at=now() - timedelta(hours=1))
    make()
    destinations.remember(())  # as another process still does
    missed = make_statement()
    store(missed)
    assert not owed()

    tasks.forward_statements()
    assert owed() == {missed["id"]}
    assert [one["id"] for one in sent(lrs)] == [missed["id"]]

    with time_machine.travel(now() + destinations.GAP, tick=False):
        tasks.forward_statements()
    assert Destination.objects.get().gap_closes_at is None
    destinations.remember(())
    store(make_statement())
    tasks.forward_statements()
    assert owed() == {missed["id"]}  # the gap is closed: nothing is looked for any more


# --- starting a delivery ------------------------------------------------------------------------
def test_a_statement_is_delivered_soon_after_it_commits(
    run_tasks, lrs, django_capture_on_commit_callbacks
):
    make()
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        store(*(make_statement() for _ in range(3)))
        assert not lrs.calls
    assert len(callbacks) == 1
    assert len(sent(lrs)) == 3


def test_many_statements_start_one_delivery(monkeypatch, django_capture_on_commit_callbacks):
    queued = []
    monkeypatch.setattr(tasks.forward_to, "apply_async", lambda *a, **k: queued.append(a[0]))
    make("one")
    make("two", verbs=[adl.PASSED.id])
    for _ in range(50):
        with django_capture_on_commit_callbacks(execute=True):
            store(make_statement())
    assert queued == [("one",)]


def test_nobody_is_woken_for_a_destination_that_is_left_alone(django_capture_on_commit_callbacks):
    make()
    Destination.objects.update(failures=1, open_until=now() + timedelta(hours=1))
    destinations.forget()
    with django_capture_on_commit_callbacks() as callbacks:
        store(make_statement())
    assert callbacks == []
    assert len(owed()) == 1


def test_a_broker_that_is_away_is_no_error_of_the_request(
    monkeypatch, django_capture_on_commit_callbacks
):
    asked = []

    def away(*args, **kwargs):
        asked.append(args)
        raise tasks.OperationalError("connection refused")

    monkeypatch.setattr(tasks.forward_to, "apply_async", away)
    make()
    for _ in range(3):
        with django_capture_on_commit_callbacks(execute=True):
            store(make_statement())
    assert len(asked) == 1  # and then not for a while
    assert len(owed()) == 3


# --- backfill and replay ------------------------------------------------------------------------
def at(day: int) -> datetime:
    return datetime(2026, 3, day, 12, tzinfo=UTC)


@pytest.fixture
def march(monkeypatch) -> list[dict]:
    """A statement a day, stored before there was any destination; pages of four."""
    monkeypatch.setattr(destinations, "PAGE", 4)
    statements = [make_statement() for _ in range(20)]
    for day, statement in enumerate(statements, start=1):
        store(statement, at=at(day))
    return statements


def run(*arguments: str) -> tuple[dict, str]:
    out, err = StringIO(), StringIO()
    call_command("forward_statements", *arguments, stdout=out, stderr=err)
    return json.loads(out.getvalue()), err.getvalue()


def test_backfill_owes_what_is_not_owed_yet(march, lrs):
    make()
    store(march[0])  # known: owes nothing
    left, said = run("--destination", "one", "--since", "2026-03-11", "--until", "2026-03-16")

    assert {one["id"] for one in sent(lrs)} == {one["id"] for one in march[10:15]}
    assert "5 newly owed" in said
    assert (left["owed"], left["refused"]) == (0, 0)

    run("--destination", "one", "--since", "2026-03-01T00:00:00Z")
    assert sorted(one["id"] for one in sent(lrs)) == sorted(one["id"] for one in march)


def test_backfill_can_be_stopped_and_started_again(march):
    destination = make()
    pages = destinations.owe_missing(destination, since=at(1))
    assert next(pages).owed == 4
    pages.close()
    assert len(owed()) == 4
    *_, last = destinations.owe_missing(destination, since=at(1))
    assert (last.seen, last.owed, last.through) == (20, 16, at(20))


def test_a_dry_run_changes_nothing(march, lrs):
    make()
    left, said = run("--destination", "one", "--since", "2026-03-01", "--dry-run")
    assert "20 seen, 20 newly owed" in said
    assert left["owed"] == 0
    assert not lrs.calls


def test_backfill_keeps_to_the_filter(march):
    make(verbs=[adl.PASSED.id])
    passed = make_statement(verb=PASSED)
    store(passed, at=at(25))
    OutboxEntry.objects.all().delete()
    run("--destination", "one", "--since", "2026-03-01", "--dry-run")
    list(destinations.owe_missing(Destination.objects.get(), since=at(1)))
    assert owed() == {passed["id"]}


def test_a_page_of_backfill_costs_the_same_at_any_depth(march):
    destination = make()
    with CaptureQueriesContext(connection) as captured:
        list(destinations.owe_missing(destination, since=at(1)))
    per_page = [query["sql"] for query in captured if "xapi_statement" in query["sql"]]
    assert not [sql for sql in per_page if "OFFSET" in sql]
    assert len(per_page) == 6  # five pages of four, and the empty one that ends it


def test_refused_statements_are_sent_again_on_demand(lrs):
    make()
    store(make_statement(), make_statement())
    OutboxEntry.objects.update(state=State.REFUSED, attempts=9, last_answer="No.")
    left, _said = run("--destination", "one")
    assert left["refused"] == 2
    left, said = run("--destination", "one", "--refused")
    assert "2 to try again" in said
    assert (left["owed"], left["refused"]) == (0, 0)


def test_now_does_not_wait_for_the_next_try(lrs):
    make()
    store(make_statement())
    later = now() + timedelta(hours=5)
    OutboxEntry.objects.update(next_attempt_at=later)
    Destination.objects.update(failures=4, open_until=later)
    assert run("--destination", "one")[0]["owed"] == 1
    assert run("--destination", "one", "--now")[0]["owed"] == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--destination", "two"], "There are: one"),
        (["--destination", "one", "--until", "2026-01-01"], "--since"),
        (["--destination", "one", "--since", "yesterday"], "is no time"),
        (["--destination", "one", "--since", "2026-02-31"], "is no time"),
    ],
)
def test_what_the_command_refuses(arguments, words):
    make()
    with pytest.raises(CommandError, match=words):
        run(*arguments)


def test_destinations_are_made_and_changed_by_command(monkeypatch):
    monkeypatch.setattr("sys.stdin", StringIO("hush\n"))
    out = StringIO()
    call_command(
        "set_destination",
        "warehouse",
        "--endpoint",
        ENDPOINT,
        "--username=key",
        "--password-stdin",
        "--xapi-version=1.0.3",
        "--policy=pseudonymised",
        f"--verb={adl.PASSED.id}",
        stdout=out,
    )
    made = Destination.objects.get()
    assert (made.version, made.policy, made.verbs) == ("1.0.3", "pseudonymised", [adl.PASSED.id])
    assert unseal(made.password_sealed) == "hush"
    assert json.loads(out.getvalue())["endpoint"] == ENDPOINT
    assert "hush" not in out.getvalue()

    call_command("set_destination", "warehouse", "--off", "--verb=", stdout=StringIO())
    made.refresh_from_db()
    assert (made.is_active, made.verbs, unseal(made.password_sealed)) == (False, [], "hush")
    with pytest.raises(CommandError, match="endpoint"):
        call_command("set_destination", "empty", stdout=StringIO())
    with pytest.raises(CommandError, match="not an IRI"):
        call_command("set_destination", "warehouse", "--verb=passed", stdout=StringIO())


# --- status -------------------------------------------------------------------------------------
def test_status_as_json_and_as_metrics(settings):
    make("one")
    make("two")
    store(make_statement(), at=now() - timedelta(minutes=10))
    store(make_statement())
    OutboxEntry.objects.filter(destination="two").update(state=State.REFUSED)
    Destination.objects.filter(name="two").update(
        failures=3, open_until=now() + timedelta(hours=1), last_answer="HTTP 500"
    )
    out = StringIO()
    call_command("delivery_status", stdout=out)
    one, two = json.loads(out.getvalue())
    assert (one["owed"], one["refused"], one["breaker"]) == (2, 0, "closed")
    assert 600 <= one["lag_seconds"] < 660
    assert (two["owed"], two["refused"], two["breaker"], two["lag_seconds"]) == (0, 2, "open", 0)
    assert two["last_failure_answer"] == "HTTP 500"

    assert Client().get("/xapi/metrics").status_code == 404
    settings.METRICS_TOKEN = "token"
    for header in ({}, {"authorization": "Bearer other"}, {"authorization": "token"}):
        assert Client().get("/xapi/metrics", headers=header).status_code == 401
    answer = Client().get("/xapi/metrics", headers={"authorization": "Bearer token"})
    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
    lines = answer.content.decode().splitlines()
    for line in (
        'academy_delivery_owed{destination="one"} 2',
        'academy_delivery_refused{destination="two"} 2',
        'academy_delivery_breaker_open{destination="two"} 1',
        'academy_delivery_last_success_timestamp_seconds{destination="one"} 0',
    ):
        assert line in lines
    assert Client().post("/xapi/metrics").status_code == 405


def test_status_takes_as_many_queries_for_many(django_assert_num_queries):
    make("one")
    store(make_statement())
    with django_assert_num_queries(5):
        call_command("delivery_status", stdout=StringIO())
    for number in range(6):
        make(f"more-{number}")
    store(make_statement())
    with django_assert_num_queries(5):
        call_command("delivery_status", stdout=StringIO())


# --- personal data ------------------------------------------------------------------------------
def test_a_pseudonymised_destination_learns_no_names(lrs):
    make("open")
    make("closed", policy=Destination.Policy.PSEUDONYMISED)
    make("other", policy=Destination.Policy.PSEUDONYMISED)
    statement = make_statement(actor={"name": "Ada Achebe", "mbox": "mailto:ada@people.example"})
    store(statement)
    for name in ("open", "closed", "other"):
        forwarding.forward(name)
    plain, closed, other = sent(lrs)

    assert plain["actor"] == statement["actor"]
    assert "ada" not in json.dumps([closed, other]).lower()
    assert closed["id"] == statement["id"]
    assert closed["actor"] != other["actor"]  # two stores cannot compare their pseudonyms
    assert Statement.objects.get().document["actor"] == statement["actor"]


def test_a_conflict_with_the_same_pseudonymised_statement_counts_as_delivered(lrs):
    make(policy=Destination.Policy.PSEUDONYMISED)
    store(make_statement())
    forwarding.forward("one")
    theirs = sent(lrs)[0]
    OutboxEntry.objects.update(state=State.PENDING)
    lrs.post("/statements").respond(409)
    lrs.get("/statements").respond(json=theirs)
    forwarding.forward("one")
    assert OutboxEntry.objects.get().state == State.DELIVERED


def test_the_version_of_a_destination_is_spoken(lrs):
    make(version="1.0.3")
    store(make_statement(id=str(uuid4())))
    forwarding.forward("one")
    assert lrs.calls.last.request.headers["x-experience-api-version"] == "1.0.3"
