"""Delivery to another store: everything arrives, each statement once, whatever happens between."""

import contextlib
import hashlib
import json
import socket
import threading
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
import respx
import time_machine
from django.db import connection

from academy.core.clock import now
from academy.xapi import destinations, forwarding, services, tasks
from academy.xapi.client import LearningRecordStore
from academy.xapi.models import Destination, OutboxEntry, Statement
from academy.xapi.vocabulary import adl
from tests.xapi.helpers import make_statement

ENDPOINT = "http://lrs.example/xapi/"
State = OutboxEntry.State


@pytest.fixture(autouse=True)
def destination(settings, db):
    settings.LRS_ENDPOINT = ENDPOINT
    settings.LRS_USERNAME, settings.LRS_PASSWORD = "key", "secret"


@pytest.fixture
def lrs():
    with respx.mock(base_url=ENDPOINT, assert_all_called=False) as router:
        yield router


def owe(count: int = 1, **changes) -> list[dict]:
    statements = [make_statement(**changes) for _ in range(count)]
    services.store(statements=statements, authority=services.academy_authority())
    return statements


def deliver() -> forwarding.Delivery:
    return forwarding.forward("default")


def states() -> dict[str, int]:
    counts: dict[str, int] = {}
    for state in OutboxEntry.objects.values_list("state", flat=True):
        counts[state] = counts.get(state, 0) + 1
    return counts


def answer_ids(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json=[item["id"] for item in json.loads(request.content)])


# --- with a real second store -------------------------------------------------------------------
@pytest.fixture
def second(second_store, settings):
    settings.LRS_ENDPOINT = second_store.endpoint
    settings.LRS_USERNAME = second_store.key
    settings.LRS_PASSWORD = second_store.secret
    with LearningRecordStore(second_store.endpoint, second_store.key, second_store.secret) as lrs:
        yield lrs


def test_all_statements_arrive_as_they_are(second, learner):
    owe(58, result={"response": "Été 日本語"})
    completed = services.record(
        actor=learner, verb=adl.COMPLETED, activity={"id": "https://content.example/9"}
    )
    services.void(statement_id=completed, actor=learner)
    deliver()

    assert states() == {"delivered": 60}
    for statement in Statement.objects.all():
        theirs = second.get_statement(statement.statement_id, voided=statement.voided)
        assert theirs is not None
        ours = statement.document
        for assigned in ("stored", "authority", "version"):
            del ours[assigned], theirs[assigned]
        assert theirs == ours


def test_sending_again_changes_nothing_there(second):
    statement = owe()[0]
    deliver()
    OutboxEntry.objects.update(state=State.PENDING)
    deliver()

    assert states() == {"delivered": 1}
    there = list(second.statements(activity=statement["object"]["id"], limit=7))
    assert [item["id"] for item in there].count(statement["id"]) == 1


def test_a_batch_over_two_pages_can_be_read_with_the_client(second):
    registration = uuid4()
    sent = owe(130, context={"registration": str(registration)})
    deliver()

    found = list(second.statements(registration=registration, ascending=True, limit=50))
    assert {item["id"] for item in found} == {item["id"] for item in sent}
    assert len(found) == 130


def test_a_statement_that_is_another_there_is_refused_and_the_rest_delivered(second):
    statements = owe(60)
    taken = statements[17]
    second.put_statement({**taken, "result": {"success": False}})
    deliver()

    assert states() == {"delivered": 59, "refused": 1}
    refused = OutboxEntry.objects.get(state=State.REFUSED)
    assert str(refused.statement_id) == taken["id"]
    assert "already stored with other content" in refused.last_answer


def test_wrong_credentials_lose_nothing(second, second_store, settings):
    settings.LRS_PASSWORD = "wrong"
    owe(3)
    deliver()
    assert states() == {"pending": 3}

    settings.LRS_PASSWORD = second_store.secret
    with time_machine.travel(now() + timedelta(hours=7), tick=False):
        deliver()
    assert states() == {"delivered": 3}


# --- attachments --------------------------------------------------------------------------------
def with_data(data: bytes, **changes) -> dict:
    return make_statement(
        attachments=[
            {
                "usageType": "https://content.example/attachments/essay",
                "display": {"en": "Essay"},
                "contentType": "text/plain",
                "length": len(data),
                "sha2": hashlib.sha256(data).hexdigest(),
            }
        ],
        **changes,
    )


def owe_with_data(*data: bytes) -> list[dict]:
    statements = [with_data(one) for one in data]
    services.store(
        statements=statements,
        authority=services.academy_authority(),
        data={hashlib.sha256(one).hexdigest(): one for one in data},
    )
    return statements


def test_attachments_arrive_with_their_statements(second, second_store):
    essays = [b"An essay \r\n--, part %d\x00\xff" % number for number in range(3)]
    statements = owe_with_data(*essays)
    owe(5)
    deliver()

    assert states() == {"delivered": 8}
    for statement, essay in zip(statements, essays, strict=True):
        answer = httpx.get(
            f"{second_store.endpoint}statements",
            params={"statementId": statement["id"], "attachments": "true"},
            auth=(second_store.key, second_store.secret),
            headers={"X-Experience-API-Version": "2.0.0"},
        )
        assert answer.headers["content-type"].startswith("multipart/mixed")
        assert essay in answer.content


def test_much_data_goes_in_several_requests(lrs, monkeypatch):
    monkeypatch.setattr(forwarding, "ATTACHED_SIZE", 250)
    owe_with_data(*(bytes([number]) * 100 for number in range(7)))
    owe_with_data(b"x" * 1000)  # more than fits, alone
    route = lrs.post("/statements").respond(200, json=[])
    deliver()
    assert states() == {"delivered": 8}
    assert max(len(call.request.content) for call in list(route.calls)[:-1]) < 2000


def test_a_pseudonymised_destination_gets_no_attachments(lrs, settings):
    settings.LRS_ENDPOINT = ""
    destinations.save_destination(
        Destination(name="closed", endpoint=ENDPOINT, policy=Destination.Policy.PSEUDONYMISED)
    )
    owe_with_data(b"I, Ada Achebe, ...")
    route = lrs.post("/statements").mock(side_effect=answer_ids)
    forwarding.forward("closed")
    assert route.calls.last.request.headers["content-type"] == "application/json"
    assert b"attachments" not in route.calls.last.request.content


# --- what a store may answer --------------------------------------------------------------------
def test_nothing_is_sent_where_nothing_is_owed(lrs):
    route = lrs.post("/statements").mock(side_effect=answer_ids)
    deliver()
    assert not route.called


def test_nothing_is_sent_without_a_destination(lrs, settings):
    owe()
    settings.LRS_ENDPOINT = ""
    deliver()
    assert states() == {"pending": 1}


def test_batches_of_fifty(lrs):
    owe(120)
    route = lrs.post("/statements").mock(side_effect=answer_ids)
    deliver()

    assert [len(json.loads(call.request.content)) for call in route.calls] == [50, 50, 20]
    assert states() == {"delivered": 120}


def test_what_is_sent_has_its_id_and_time_and_not_what_the_other_store_assigns(lrs):
    statement = owe(1, id=None)[0]
    route = lrs.post("/statements").mock(side_effect=answer_ids)
    deliver()

    sent = json.loads(route.calls.last.request.content)[0]
    kept = Statement.objects.get()
    assert sent.pop("id") == str(kept.statement_id)
    assert sent.pop("timestamp")
    assert sent == statement


@pytest.mark.parametrize(
    "failure",
    [
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("too slow"),
        httpx.RemoteProtocolError("cut off"),
        httpx.Response(500, text="broken"),
        httpx.Response(502),
        httpx.Response(401),
        httpx.Response(403),
        httpx.Response(404),
        httpx.Response(429),
        httpx.Response(302, headers={"Location": "/login"}),
        httpx.Response(200, text="<html>welcome</html>"),
    ],
    ids=lambda failure: str(getattr(failure, "status_code", type(failure).__name__)),
)
def test_a_store_that_is_unwell_is_left_alone_and_asked_again(lrs, failure):
    owe(120)
    outcome = "side_effect" if isinstance(failure, Exception) else "return_value"
    route = lrs.post("/statements").mock(**{outcome: failure})
    deliver()

    assert route.call_count == 1  # not once for each batch
    assert states() == {"pending": 120}
    tried = OutboxEntry.objects.filter(attempts=1)
    assert tried.count() == 50
    assert all(entry.last_answer for entry in tried)
    assert all(entry.next_attempt_at > now() for entry in tried)

    lrs.post("/statements").mock(side_effect=answer_ids)
    with time_machine.travel(now() + timedelta(hours=1), tick=False):
        deliver()
    assert states() == {"delivered": 120}


def test_back_off_doubles_with_jitter_up_to_six_hours(monkeypatch):
    monkeypatch.setattr(forwarding.random, "uniform", lambda low, high: high)
    longest = timedelta(hours=6)

    def wait(failures: int) -> float:
        return forwarding.back_off(failures, longest).total_seconds()

    waits = [wait(failures) for failures in (0, 1, 2, 3, 20, 10_000)]
    assert waits == [30, 30, 60, 120, 21_600, 21_600]

    monkeypatch.undo()
    assert len({wait(5) for _ in range(20)}) > 1
    assert all(240 <= wait(5) <= 480 for _ in range(100))


def test_a_store_that_asks_for_time_gets_it(lrs):
    owe()
    lrs.post("/statements").respond(429, headers={"Retry-After": "3600"})
    before = now()
    deliver()

    assert Destination.objects.get().open_until >= before + timedelta(seconds=3600)


@pytest.mark.parametrize("status", [400, 413, 422])
def test_poison_is_isolated_and_shown(lrs, status):
    statements = owe(50)
    poison = {statements[0]["id"], statements[23]["id"], statements[49]["id"]}

    def answer(request: httpx.Request) -> httpx.Response:
        if poison & {item["id"] for item in json.loads(request.content)}:
            return httpx.Response(status, text="I do not like it.")
        return answer_ids(request)

    route = lrs.post("/statements").mock(side_effect=answer)
    deliver()

    refused = OutboxEntry.objects.filter(state=State.REFUSED)
    assert {str(entry.statement_id) for entry in refused} == poison
    assert {entry.last_answer for entry in refused} == {"I do not like it."}
    assert states() == {"delivered": 47, "refused": 3}
    sent = route.call_count
    assert sent < 40
    deliver()
    assert route.call_count == sent


def test_a_store_that_fails_while_poison_is_sought(lrs):
    """What arrived stays delivered, what is left goes back to waiting."""
    owe(8)
    answers = iter([httpx.Response(400), None, httpx.Response(500)])

    def answer(request: httpx.Request) -> httpx.Response:
        return next(answers) or answer_ids(request)

    lrs.post("/statements").mock(side_effect=answer)
    deliver()
    assert states() == {"delivered": 4, "pending": 4}


def test_a_conflict_with_the_same_statement_counts_as_delivered(lrs):
    statement = owe()[0]
    lrs.post("/statements").respond(409)
    lrs.get("/statements").respond(
        json={**statement, "stored": "2026-01-01T00:00:00Z", "version": "1.0.0"}
    )
    deliver()
    assert states() == {"delivered": 1}


def test_a_conflict_with_the_same_statement_voided_there(lrs):
    statement = owe()[0]
    lrs.post("/statements").respond(409)
    lrs.get("/statements", params={"statementId": statement["id"]}).respond(404)
    lrs.get("/statements", params={"voidedStatementId": statement["id"]}).respond(json=statement)
    deliver()
    assert states() == {"delivered": 1}


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        (httpx.Response(200, json=make_statement(result={"success": True})), "refused"),
        (httpx.Response(404), "refused"),
        (httpx.Response(403), "refused"),
        (httpx.Response(500), "pending"),
        (httpx.Response(200, json={"actor": "not a statement"}), "refused"),
        (httpx.Response(200, json=make_statement(timestamp="yesterday")), "refused"),
    ],
)
def test_a_conflict_with_something_else(lrs, there, expected):
    owe()
    lrs.post("/statements").respond(409, text="There is another.")
    lrs.get("/statements").mock(return_value=there)
    deliver()
    assert states() == {expected: 1}


def test_a_statement_that_was_purged_is_not_owed_for_ever(lrs):
    owe(2)
    Statement.objects.order_by("id").first().delete()
    lrs.post("/statements").mock(side_effect=answer_ids)
    deliver()
    assert states() == {"delivered": 1, "refused": 1}


def test_a_store_that_hangs_up_after_storing(settings):
    """The statements are there; sent again, they are the same ones, and count as delivered."""
    kept: dict[str, dict] = {}
    with _rude_store(kept, drop=1) as address:
        settings.LRS_ENDPOINT = address
        statements = owe(3)
        deliver()
        assert states() == {"pending": 3}
        assert len(kept) == 3
        with time_machine.travel(now() + timedelta(minutes=5), tick=False):
            deliver()

    assert states() == {"delivered": 3}
    assert set(kept) == {statement["id"] for statement in statements}


@contextlib.contextmanager
def _rude_store(kept: dict[str, dict], *, drop: int):
    """A store on a socket that keeps what it gets and cuts the first `drop` connections."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        count = 0
        with contextlib.suppress(OSError):
            while True:
                peer, _address = listener.accept()
                with peer, peer.makefile("rb") as stream:
                    length = 0
                    while (line := stream.readline()) not in (b"\r\n", b""):
                        name, _, value = line.decode().partition(":")
                        if name.lower() == "content-length":
                            length = int(value)
                    batch = json.loads(stream.read(length))
                    kept.update({item["id"]: item for item in batch})
                    count += 1
                    if count > drop:
                        body = json.dumps([item["id"] for item in batch]).encode()
                        peer.sendall(
                            b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
                            % (len(body), body)
                        )

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/xapi/"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


# --- the circuit breaker ------------------------------------------------------------------------
def sizes(route) -> list[int]:
    return [len(json.loads(call.request.content)) for call in route.calls]


def after_its_pause(run=deliver) -> forwarding.Delivery:
    until = Destination.objects.get().open_until
    with time_machine.travel(until + timedelta(seconds=1), tick=False):
        return run()


def test_a_store_that_failed_is_left_alone_and_then_asked_for_one_statement(lrs):
    owe(200)
    route = lrs.post("/statements").respond(500)
    deliver()
    deliver()
    assert sizes(route) == [50]

    for failures in range(2, 5):
        after_its_pause()
        destination = Destination.objects.get()
        assert destination.failures == failures
        assert destination.breaker_at(now()) == Destination.Breaker.OPEN
    assert sizes(route) == [50, 1, 1, 1]
    probed = {json.loads(call.request.content)[0]["id"] for call in list(route.calls)[1:]}
    assert len(probed) == 3  # another one each time
    # an outage does not count against the statements that were sent to probe it
    assert OutboxEntry.objects.filter(attempts__gt=1).count() == 0
    assert OutboxEntry.objects.filter(attempts=1).count() == 50


def test_when_it_answers_again_batches_grow(lrs):
    owe(200)
    lrs.post("/statements").respond(500)
    deliver()
    route = lrs.post("/statements").mock(side_effect=answer_ids)
    with time_machine.travel(now() + timedelta(hours=1), tick=False):
        deliver()
    assert sizes(route)[:7] == [50, 1, 2, 4, 8, 16, 32]
    assert states() == {"delivered": 200}
    destination = Destination.objects.get()
    assert (destination.failures, destination.open_until) == (0, None)
    assert destination.last_success_at


def test_the_pause_grows_to_a_quarter_of_an_hour(lrs, monkeypatch):
    monkeypatch.setattr(forwarding.random, "uniform", lambda low, high: high)
    owe(1)
    Destination.objects.update(failures=20)
    lrs.post("/statements").respond(503)
    before = now()
    deliver()
    pause = Destination.objects.get().open_until - before
    assert timedelta(minutes=15) <= pause < timedelta(minutes=16)


def test_what_failed_before_goes_in_smaller_company(lrs):
    owe(60)
    OutboxEntry.objects.update(attempts=3)
    route = lrs.post("/statements").mock(side_effect=answer_ids)
    deliver()
    assert sizes(route) == [6] * 10

    owe(3)
    OutboxEntry.objects.filter(state=State.PENDING).update(attempts=40)
    deliver()
    assert sizes(route)[10:] == [1, 1, 1]


def test_a_password_that_cannot_be_read_loses_nothing(lrs, settings):
    settings.LRS_ENDPOINT = ""
    destinations.save_destination(Destination(name="default2", endpoint=ENDPOINT), password="x")
    owe(2)
    Destination.objects.update(password_sealed="gAAAAA-not-ours")
    assert forwarding.forward("default2").delivered == 0
    destination = Destination.objects.get()
    assert "cannot be read" in destination.last_answer
    assert destination.failures == 1
    assert states() == {"pending": 2}


def test_the_sweep_asks_those_that_answer_first_and_passes_over_those_left_alone(monkeypatch):
    queued = []
    monkeypatch.setattr(tasks.forward_to, "apply_async", lambda *a, **k: queued.append(a[0][0]))
    for name in ("a-failing", "b-open", "c-well", "d-off"):
        destinations.save_destination(Destination(name=name, endpoint=ENDPOINT))
    owe(1)
    Destination.objects.filter(name="a-failing").update(failures=3)
    Destination.objects.filter(name="b-open").update(
        failures=1, open_until=now() + timedelta(hours=1)
    )
    Destination.objects.filter(name="d-off").update(is_active=False)
    tasks.forward_statements()
    assert queued == ["c-well", "default", "a-failing"]


def test_a_long_queue_is_delivered_in_turns(lrs, monkeypatch):
    owe(120)
    lrs.post("/statements").mock(side_effect=answer_ids)
    queued = []
    monkeypatch.setattr(forwarding, "MAX_BATCHES", 1)
    monkeypatch.setattr(tasks.forward_to, "apply_async", lambda *a, **k: queued.append(a[0][0]))
    tasks.forward_to("default")
    assert states() == {"delivered": 50, "pending": 70}
    assert queued == ["default"]


# --- two workers, and one that dies -------------------------------------------------------------
def test_two_workers_do_not_claim_the_same_rows():
    owe(70)
    first = forwarding.claim_batch("default")
    second = forwarding.claim_batch("default")

    assert first != second
    assert forwarding.claim_batch("default") is None
    assert OutboxEntry.objects.filter(claim=first).count() == 50
    assert OutboxEntry.objects.filter(claim=second).count() == 20


def test_one_worker_at_a_time_delivers_to_a_destination(lrs):
    owe(60)

    def second_worker(request: httpx.Request) -> httpx.Response:
        assert vars(deliver()) == vars(forwarding.Delivery())
        return answer_ids(request)

    route = lrs.post("/statements").mock(side_effect=second_worker)
    deliver()
    assert sizes(route) == [50, 10]
    assert states() == {"delivered": 60}
    assert Destination.objects.get().run is None


def test_what_is_stored_while_a_worker_looks_for_the_last_time_is_delivered_too(lrs):
    """Whoever stores it finds the destination taken, and relies on the one who has it."""
    owe(1)
    more = iter([3, 0])
    end = forwarding._Run.end

    def end_late(run) -> None:
        owe(next(more))
        end(run)

    lrs.post("/statements").mock(side_effect=answer_ids)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(forwarding._Run, "end", end_late)
        deliver()
    assert states() == {"delivered": 4}


def test_a_worker_whose_destination_was_taken_over_stops(lrs):
    owe(120)

    def overtake(request: httpx.Request) -> httpx.Response:
        Destination.objects.update(run=uuid4())
        return answer_ids(request)

    route = lrs.post("/statements").mock(side_effect=overtake)
    deliver()
    assert route.call_count == 1
    assert Destination.objects.get().run is not None  # its successor's


def test_a_killed_workers_destination_is_taken_up_after_its_lease(lrs):
    owe(3)
    Destination.objects.update(run=uuid4(), run_until=now() + forwarding.lease())
    route = lrs.post("/statements").mock(side_effect=answer_ids)
    deliver()
    assert not route.called
    with time_machine.travel(now() + forwarding.lease() + timedelta(seconds=1), tick=False):
        deliver()
    assert states() == {"delivered": 3}


def test_what_a_killed_worker_had_claimed_is_taken_up_after_its_lease(lrs):
    owe(3)
    forwarding.claim_batch("default")  # and then SIGKILL
    route = lrs.post("/statements").mock(side_effect=answer_ids)
    deliver()
    assert not route.called

    with time_machine.travel(now() + forwarding.lease() + timedelta(seconds=1), tick=False):
        deliver()
    assert states() == {"delivered": 3}
    assert set(OutboxEntry.objects.values_list("attempts", flat=True)) == {2}


def test_a_worker_that_was_too_slow_changes_nothing(lrs):
    """It wakes up after its lease: its successor is at work, and has the last word."""
    owe()

    def overtake(request: httpx.Request) -> httpx.Response:
        OutboxEntry.objects.update(lease_until=now() - timedelta(seconds=1))
        assert forwarding.claim_batch("default")
        return answer_ids(request)

    lrs.post("/statements").mock(side_effect=overtake)
    deliver()
    assert states() == {"claimed": 1}


def test_a_worker_renews_its_lease_and_stops_when_it_is_lost(lrs):
    owe(4)
    calls = []

    def overtake(request: httpx.Request) -> httpx.Response:
        calls.append(request)
        OutboxEntry.objects.update(claim=uuid4())
        return httpx.Response(400)

    lrs.post("/statements").mock(side_effect=overtake)
    deliver()
    assert len(calls) == 1
    assert states() == {"claimed": 4}


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_deliver_each_statement_once(lrs):
    owe(500)
    sent: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.extend(item["id"] for item in json.loads(request.content))
        return answer_ids(request)

    lrs.post("/statements").mock(side_effect=answer)

    def work() -> None:
        try:
            deliver()
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert states() == {"delivered": 500}
    assert len(sent) == len(set(sent)) == 500
