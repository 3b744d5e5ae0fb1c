"""Delivery to a real second store over a line that fails: in the end both hold the same, each once."""

import contextlib
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import format_datetime
from uuid import uuid4

import pytest

from academy.core.clock import now
from academy.xapi import destinations, forwarding, services
from academy.xapi.destinations import save_destination
from academy.xapi.models import Destination, OutboxEntry, Statement
from tests.xapi.helpers import make_statement
from tests.xapi.processes import FaultyLine, Request, RunningStore, pages, wait_until

SHARE = ("stored", "authority", "version")  # what each store assigns


@pytest.fixture(autouse=True)
def impatient(settings, db):
    """The shipped waits are for networks; between two processes here these are ages."""
    settings.LRS_TIMEOUT_SECONDS = 1
    settings.LRS_RETRY_SECONDS = 0.05


@pytest.fixture
def line(second_store: RunningStore) -> Iterator[FaultyLine]:
    with FaultyLine(second_store.endpoint) as line:
        save_destination(
            Destination(name="second", endpoint=line.endpoint, username=second_store.key),
            password=second_store.secret,
        )
        yield line


@pytest.fixture
def registration() -> str:
    return str(uuid4())


def owe(count: int, registration: str) -> list[dict]:
    statements = [
        make_statement(
            context={"registration": registration},
            result={"response": f"Été {number}", "score": {"raw": number / 7}},
        )
        for number in range(count)
    ]
    services.store(statements=statements, authority=services.academy_authority())
    return statements


def deliver_until_done(seconds: float = 60) -> int:
    """Deliver as the sweep would, again and again; returns how many runs it took."""
    runs = 0

    def done() -> bool:
        nonlocal runs
        runs += 1
        forwarding.forward("second")
        return not OutboxEntry.objects.owed().exists()

    wait_until(done, "statements are still owed", seconds)
    return runs


def assert_same(store: RunningStore, registration: str) -> None:
    """Both stores hold the same statements under the registration, each once and equal."""
    ours = {
        str(statement.statement_id): statement.document
        for statement in Statement.objects.filter(registration=registration)
    }
    with store.client() as lrs:
        listed = list(pages(lrs, registration))
    theirs = {statement["id"]: statement for statement in listed}
    assert len(listed) == len(theirs)
    assert theirs.keys() == ours.keys()
    for statement_id, statement in ours.items():
        for assigned in SHARE:
            del statement[assigned], theirs[statement_id][assigned]
        assert theirs[statement_id] == statement
    assert set(OutboxEntry.objects.values_list("state", flat=True)) == {"delivered"}


# --- one fault at a time ------------------------------------------------------------------------
def test_a_store_that_is_down_for_the_whole_run_and_then_up(line, second_store, registration):
    line.disconnect()
    for _day in range(4):
        owe(30, registration)
        forwarding.forward("second")
    assert OutboxEntry.objects.owed().count() == 120
    destination = Destination.objects.get()
    assert destination.failures
    assert "ConnectError" in destination.last_answer

    line.connect()
    deliver_until_done()
    assert_same(second_store, registration)
    assert Destination.objects.get().failures == 0


@pytest.mark.parametrize("status", [500, 502, 503, 401, 404])
def test_a_store_that_answers_an_error(line, second_store, registration, status):
    owe(60, registration)
    line.faults = [lambda request: request.answer(status, b"Not now.")] * 3
    deliver_until_done()
    assert_same(second_store, registration)


def test_a_store_that_asks_for_time_in_seconds(line, second_store, registration):
    owe(60, registration)
    line.faults = [lambda request: request.answer(429, b"Slowly.", Retry_After="3600")]
    before = now()
    forwarding.forward("second")
    assert Destination.objects.get().open_until >= before + timedelta(hours=1)
    asked = line.requests
    forwarding.forward("second")
    assert line.requests == asked  # left alone as long as it asked

    destinations.retry(Destination.objects.get(), waiting=True)
    deliver_until_done()
    assert_same(second_store, registration)


@pytest.mark.parametrize("hours", [-7, 7])
def test_a_store_that_asks_for_time_by_a_clock_that_is_wrong(
    line, second_store, registration, hours
):
    """Its date is counted from its own Date; by our clock it would be past, or hours away."""
    there = now() + timedelta(hours=hours)

    def slowly(request: Request) -> None:
        until = there + timedelta(seconds=2)
        request.answer(
            503, Date=format_datetime(there, True), Retry_After=format_datetime(until, True)
        )

    owe(60, registration)
    line.faults = [slowly]
    before = now()
    forwarding.forward("second")
    until = Destination.objects.get().open_until
    assert before + timedelta(seconds=2) <= until <= now() + timedelta(seconds=2)

    deliver_until_done()
    assert_same(second_store, registration)


def test_a_store_that_hangs(line, second_store, registration):
    owe(60, registration)
    given_up = threading.Event()
    line.faults = [lambda request: given_up.wait(60)]
    forwarding.forward("second")  # comes back although the store never answers
    given_up.set()
    assert "Timeout" in Destination.objects.get().last_answer

    deliver_until_done()
    assert_same(second_store, registration)


def test_a_store_whose_answer_never_ends(line, second_store, registration, settings):
    """Each piece comes in time, and the whole never does."""
    settings.LRS_TIMEOUT_SECONDS = 0.5
    given_up = threading.Event()

    def drip(request: Request) -> None:
        request.handler.send_response_only(200)
        request.handler.end_headers()
        while not given_up.wait(0.1):
            with contextlib.suppress(OSError):
                request.handler.wfile.write(b" ")

    owe(60, registration)
    line.faults = [drip]
    forwarding.forward("second")
    given_up.set()
    assert Destination.objects.get().failures == 1

    settings.LRS_TIMEOUT_SECONDS = 5
    deliver_until_done()
    assert_same(second_store, registration)


def test_a_line_that_breaks_after_the_store_has_stored(line, second_store, registration):
    def cut(request: Request) -> None:
        assert request.fetch().is_success
        request.hang_up()

    owe(160, registration)
    line.faults = [cut, Request.relay, cut, cut]
    deliver_until_done()
    assert_same(second_store, registration)


def test_a_line_that_breaks_before_the_store_has_stored(line, second_store, registration):
    owe(60, registration)
    line.faults = [Request.hang_up, Request.hang_up]
    deliver_until_done()
    assert_same(second_store, registration)


def test_an_answer_cut_in_half(line, second_store, registration):
    def half(request: Request) -> None:
        body = request.fetch().content
        request.handler.send_response_only(200)
        request.handler.send_header("Content-Length", str(len(body)))
        request.handler.end_headers()
        request.handler.wfile.write(body[: len(body) // 2])
        request.hang_up()

    owe(60, registration)
    line.faults = [half]
    deliver_until_done()
    assert_same(second_store, registration)


def test_every_fault_in_turn(line, second_store, registration):
    """A line on which two of three requests go wrong, some of them after storing."""
    kinds = [
        lambda request: request.answer(500),
        lambda request: (request.fetch(), request.hang_up()),
        Request.relay,
        lambda request: request.answer(429, Retry_After="0"),
        Request.hang_up,
        Request.relay,
        lambda request: request.answer(200, b"<html>Welcome</html>"),
        lambda request: (request.fetch(), request.answer(502)),
        Request.relay,
    ]
    for _round in range(3):
        owe(40, registration)
        line.faults += kinds
        forwarding.forward("second")
    deliver_until_done()
    assert_same(second_store, registration)


# --- statements that one store has and the other refuses ----------------------------------------
def test_a_statement_that_makes_the_store_fail_ends_alone(line, registration, settings):
    """HTTP 500 for one statement: the others pass it by, and it is shown as refused in the end.

    While nothing else is owed it may as well be the store that is unwell: so life goes on here.
    """
    settings.LRS_RETRY_SECONDS = 0.01
    statements = owe(60, registration)
    poison = statements[17]["id"].encode()

    def answer(request: Request) -> None:
        if poison in request.body:
            request.answer(500, b"KeyError: 17")
        else:
            request.relay()

    def is_refused() -> bool:
        owe(1, registration)
        forwarding.forward("second")
        return OutboxEntry.objects.refused().exists()

    line.always = answer
    wait_until(is_refused, "it is not refused")
    refused = OutboxEntry.objects.get(state="refused")
    assert str(refused.statement_id).encode() == poison
    assert "KeyError: 17" in refused.last_answer
    deliver_until_done()
    assert OutboxEntry.objects.filter(state="delivered").count() == OutboxEntry.objects.count() - 1


def test_one_destination_that_hangs_does_not_delay_another(line, second_store, registration):
    save_destination(
        Destination(name="healthy", endpoint=second_store.endpoint, username=second_store.key),
        password=second_store.secret,
    )
    given_up = threading.Event()
    line.always = lambda request: given_up.wait(60)
    owe(60, registration)
    forwarding.forward("second")
    given_up.set()
    assert Destination.objects.get(name="second").failures == 1
    forwarding.forward("healthy")
    assert set(
        OutboxEntry.objects.filter(destination="healthy").values_list("state", flat=True)
    ) == {"delivered"}


# --- clocks -------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def store_of_another_time(tmp_path_factory) -> Iterator[RunningStore]:
    """A store whose whole process lives five hours ago."""
    store = RunningStore(tmp_path_factory.mktemp("other-time"), CLOCK_AHEAD="-5")
    store.prepare()
    try:
        store.start_web()
        yield store
    finally:
        store.stop()


def test_a_store_whose_clock_is_hours_off(store_of_another_time, registration):
    with FaultyLine(store_of_another_time.endpoint) as line:
        save_destination(
            Destination(name="second", endpoint=line.endpoint, username=store_of_another_time.key),
            password=store_of_another_time.secret,
        )
        owe(130, registration)
        line.faults = [lambda request: request.answer(500), Request.hang_up]
        deliver_until_done()
        assert_same(store_of_another_time, registration)
        with store_of_another_time.client() as lrs:
            stored = datetime.fromisoformat(next(pages(lrs, registration))["stored"])
        assert stored < now() - timedelta(hours=4)  # it really was wrong
