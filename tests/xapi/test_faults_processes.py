"""An academy as processes, of which each is killed or stopped in turn; nothing is lost or doubled."""

import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest

from academy.xapi.client import LrsUnreachable
from tests.xapi.helpers import make_statement
from tests.xapi.processes import FaultyLine, Request, RunningStore, free_port, pages, wait_until

METRICS_TOKEN = "tests-only"


class Redis:
    """A broker of the tests' own."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.folder = folder
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
        )

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


class Folder:
    """The embedded broker; where its folder should be is a file while it is stopped."""

    url = "filesystem://"

    def __init__(self, folder: Path) -> None:
        self.queue = folder / "queue" / "messages"

    def start(self) -> None:
        self.queue.unlink()
        self.queue.mkdir()

    def stop(self) -> None:
        if self.queue.exists():
            shutil.rmtree(self.queue)
        self.queue.touch()


@contextmanager
def own_database() -> Iterator[dict[str, str]]:
    """On PostgreSQL where the tests are, else an SQLite file in the store's folder."""
    server = os.environ.get("DATABASE_URL", "")
    if not server.startswith("postgres"):
        yield {}
        return
    import psycopg

    name = f"faults_{os.getpid()}"
    address = urlsplit(server)
    with psycopg.connect(address._replace(path="/postgres").geturl(), autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
        try:
            yield {"DATABASE_URL": address._replace(path=f"/{name}").geturl()}
        finally:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="module")
def line(second_store) -> Iterator[FaultyLine]:
    with FaultyLine(second_store.endpoint) as line:
        yield line


@pytest.fixture(scope="module")
def broker(tmp_path_factory) -> Iterator[Redis | Folder]:
    folder = tmp_path_factory.mktemp("source")
    broker = Redis(folder) if shutil.which("redis-server") else Folder(folder)
    yield broker
    broker.stop()


@pytest.fixture(scope="module")
def academy(broker, line, second_store) -> Iterator[RunningStore]:
    """The academy that delivers: web, worker and beat."""
    with own_database() as database:
        academy = RunningStore(
            broker.folder if isinstance(broker, Redis) else broker.queue.parent.parent,
            **database,
            CELERY_BROKER_URL=broker.url,
            LRS_ENDPOINT=line.endpoint,
            LRS_USERNAME=second_store.key,
            LRS_PASSWORD=second_store.secret,
            LRS_TIMEOUT_SECONDS="2",
            LRS_LEASE_SECONDS="2",
            LRS_RETRY_SECONDS="0.2",
            METRICS_TOKEN=METRICS_TOKEN,
        )
        academy.prepare()
        try:
            academy.start_web()
            academy.start_worker()
            yield academy
        except BaseException:
            print(academy.log)
            raise
        finally:
            academy.stop()


@pytest.fixture
def registration() -> str:
    return str(uuid4())


def batch(registration: str, count: int) -> list[dict]:
    return [make_statement(context={"registration": registration}) for _ in range(count)]


def owed(academy: RunningStore) -> int:
    answer = httpx.get(
        f"{academy.endpoint}metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"}
    )
    assert answer.is_success
    return sum(
        int(count) for count in re.findall(r"academy_delivery_owed\{.*\} (\d+)", answer.text)
    )


def assert_same(
    academy: RunningStore, second_store: RunningStore, registration: str, sent: list[dict]
) -> None:
    """Source and destination hold what was sent, each statement once and equal."""
    found = []
    for store in (academy, second_store):
        with store.client() as lrs:
            listed = list(pages(lrs, registration))
        by_id = {statement["id"]: statement for statement in listed}
        assert len(listed) == len(by_id)
        for statement in listed:
            for assigned in ("stored", "authority", "version"):
                del statement[assigned]
        found.append(by_id)
    assert found[0].keys() == {statement["id"] for statement in sent}
    assert found[0] == found[1]


def wait_until_delivered(academy: RunningStore) -> None:
    def done() -> bool:
        academy.supervise()
        return owed(academy) == 0

    wait_until(done, "statements are still owed")


def test_a_statement_is_delivered(academy, second_store, registration):
    sent = batch(registration, 3)
    with academy.client() as lrs:
        lrs.post_statements(sent)
    wait_until_delivered(academy)
    assert_same(academy, second_store, registration, sent)


@pytest.mark.parametrize("stored_there", [False, True])
def test_a_worker_killed_in_the_middle_of_a_batch(
    academy, second_store, line, registration, stored_there
):
    arrived, killed = threading.Event(), threading.Event()

    def hold(request: Request) -> None:
        if stored_there:
            assert request.fetch().is_success
        arrived.set()
        killed.wait(20)
        request.hang_up()

    sent = batch(registration, 130)
    line.faults = [Request.relay, hold]
    with academy.client() as lrs:
        lrs.post_statements(sent)
    assert arrived.wait(20), academy.log
    academy.kill("worker")
    killed.set()
    assert owed(academy) > 0

    academy.start_worker()
    wait_until_delivered(academy)
    assert_same(academy, second_store, registration, sent)


def test_the_web_process_killed_in_the_middle_of_requests(academy, second_store, registration):
    """A client that sends again what was not answered; its batches are kept whole or not at all."""
    batches, cut, enough = [], [], threading.Event()

    def send() -> None:
        with academy.client() as lrs:
            while not enough.is_set():
                batches.append(mine := batch(registration, 5))
                while True:
                    try:
                        lrs.post_statements(mine)
                        break
                    except LrsUnreachable as error:
                        cut.append(error)
                        threading.Event().wait(0.2)

    senders = [threading.Thread(target=send) for _ in range(4)]
    for sender in senders:
        sender.start()
    for _kill in range(2):
        threading.Event().wait(0.4)
        academy.kill("web")
        academy.start_web()
    enough.set()
    for sender in senders:
        sender.join(60)
        assert not sender.is_alive()
    assert cut  # somebody was in the middle of a request

    wait_until_delivered(academy)
    assert_same(academy, second_store, registration, [one for many in batches for one in many])


def test_a_broker_that_is_stopped(academy, second_store, broker, registration):
    """Statements are stored all the same, without a long wait; the sweep finds them afterwards."""
    sent = batch(registration, 60)
    broker.stop()
    try:
        with academy.client() as lrs:
            for number in range(0, 60, 20):
                lrs.post_statements(sent[number : number + 20])
        assert owed(academy) == 60
    finally:
        broker.start()
    wait_until_delivered(academy)
    assert_same(academy, second_store, registration, sent)


def test_everything_at_once(academy, second_store, line, broker, registration):
    """A line that fails, a broker that goes and a worker that dies, while statements keep coming."""
    sent = batch(registration, 200)
    line.faults = [
        lambda request: request.answer(500),
        lambda request: (request.fetch(), request.hang_up()),
        lambda request: request.answer(429, Retry_After="1"),
        Request.relay,
        Request.hang_up,
    ]
    with academy.client() as lrs:
        for number in range(0, 200, 20):
            lrs.post_statements(sent[number : number + 20])
            if number == 60:
                academy.kill("worker")
                broker.stop()
            if number == 120:
                broker.start()
                academy.start_worker()
    with suppress(IndexError):
        line.faults.insert(2, lambda request: (request.fetch(), request.answer(503)))
    wait_until_delivered(academy)
    assert_same(academy, second_store, registration, sent)
