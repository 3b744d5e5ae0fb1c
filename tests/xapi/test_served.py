"""The store as it is served: many clients at once, and bodies that are too much or cut off."""

import json
import random
import socket
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.e2e.academy import RunningAcademy
from tests.xapi.helpers import make_statement

pytestmark = pytest.mark.e2e

VERSION = {"X-Experience-API-Version": "2.0.0"}


class ServedStore(RunningAcademy):
    """Web server processes alone, two of them, and a client of the store."""

    def start_web(self) -> None:
        self.web = self._start(
            *("granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self.port)),
            *("--workers", "2", "--blocking-threads", "4", "--no-ws", "--log-level", "warning"),
            "academy.wsgi:application",
        )
        self._wait_for_web()
        made = json.loads(self.manage("create_lrs_client", "--name", "Many"))
        self.key = (made["key"], made["secret"])

    def start_worker(self) -> None:
        """None of these requests hands out a task."""

    def client(self) -> httpx.Client:
        limits = httpx.Limits(max_connections=None)
        return httpx.Client(
            base_url=f"{self.url}/xapi/", auth=self.key, headers=VERSION, timeout=120, limits=limits
        )

    def count(self) -> int:
        return int(
            self.shell(
                "from academy.xapi.models import Statement; print(Statement.objects.count())"
            )
        )


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Iterator[ServedStore]:
    with ServedStore(tmp_path_factory.mktemp("served"), migrated_file) as store:
        yield store


@pytest.fixture
def client(served: ServedStore) -> Iterator[httpx.Client]:
    with served.client() as client:
        yield client


def at_once(actions: list[Callable[[], httpx.Response]]) -> list[httpx.Response]:
    answers: list[httpx.Response | None] = [None] * len(actions)
    barrier = threading.Barrier(len(actions))

    def run(number: int) -> None:
        barrier.wait(60)
        answers[number] = actions[number]()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(actions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert None not in answers
    return answers


def test_of_400_puts_of_one_id_at_once_one_wins(served, client):
    """Forty statements, ten times each: the ten of one are stored once, all others are refused."""
    before = served.count()
    statement_id = str(uuid.uuid4())
    variants = [
        make_statement(id=statement_id, result={"response": str(number)}) for number in range(40)
    ]

    def put(number: int) -> httpx.Response:
        return client.put(
            "statements", params={"statementId": statement_id}, json=variants[number % 40]
        )

    answers = at_once([lambda number=number: put(number) for number in range(400)])
    assert Counter(answer.status_code for answer in answers) == {204: 10, 409: 390}
    winners = {number % 40 for number, answer in enumerate(answers) if answer.status_code == 204}
    stored = client.get("statements", params={"statementId": statement_id}).json()
    assert winners == {int(stored["result"]["response"])}
    assert served.count() == before + 1


def test_batches_that_overlap_are_stored_once_each(served, client):
    """Same statements, references, activities, in every order: no deadlock, no error, no loss."""
    before = served.count()
    order = random.Random(7)
    plain = [
        make_statement(
            object={
                "id": f"https://a.example/{number % 7}",
                "definition": {"name": {"en": str(number)}},
            }
        )
        for number in range(60)
    ]
    pool = plain + [
        make_statement(object={"objectType": "StatementRef", "id": order.choice(plain)["id"]})
        for _ in range(40)
    ]
    batches = [order.sample(pool, 50) for _ in range(40)]
    sent = {statement["id"] for batch in batches for statement in batch}

    answers = at_once(
        [lambda batch=batch: client.post("statements", json=batch) for batch in batches]
    )
    assert {answer.status_code for answer in answers} <= {200, 204}, Counter(
        answer.text for answer in answers
    )
    assert served.count() == before + len(sent)


def test_too_much_is_refused_in_words(served, client):
    before = served.count()
    statement = make_statement(result={"response": "x" * 50_000_000})
    answer = client.post("statements", json=statement)
    assert answer.status_code == 413
    assert "bytes" in answer.json()["error"]

    answer = client.post("statements", json=[make_statement() for _ in range(10_000)])
    assert answer.status_code == 413
    assert "1000 statements" in answer.json()["error"]
    assert served.count() == before


def test_a_body_of_unknown_length_is_refused_in_words(served, client):
    def endless() -> Iterator[bytes]:
        yield b'{"result": {"response": "'
        for _ in range(50):
            yield b"x" * 1_000_000

    headers = {"Content-Type": "application/json"}
    answer = client.post("statements", content=endless(), headers=headers)
    assert answer.status_code == 411
    assert "Content-Length" in answer.json()["error"]


@pytest.mark.parametrize("kind", ["application/json", "multipart/mixed; boundary=x"])
def test_a_body_that_is_cut_off_stores_nothing(served, client, kind):
    """The connection ends before the bytes that were announced."""
    before = served.count()
    body = json.dumps(make_statement()).encode()
    if kind.startswith("multipart"):
        head = b"--x\r\nContent-Type: application/json\r\n\r\n"
        body = head + body + b"\r\n--x--\r\n"
    request = client.build_request(
        "POST", "statements", content=body, headers={"Content-Type": kind}
    )
    request = next(client.auth.auth_flow(request))
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    place = urlsplit(served.url)
    with socket.create_connection((place.hostname, place.port), timeout=10) as connection:
        connection.sendall(b"POST /xapi/statements HTTP/1.1\r\n" + head.encode() + b"\r\n")
        connection.sendall(body[:-10])

    assert client.get("statements", params={"limit": 1}).status_code == 200
    assert served.count() == before
