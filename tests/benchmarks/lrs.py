"""The learning record store rows of the gate table, measured: `python tests/benchmarks/lrs.py`.

Without `--endpoint` it starts an academy of its own, on the PostgreSQL server that DATABASE_URL
names (SQLite without one), with two web workers and the production settings, and removes it again.
With `--endpoint`, `--user` and `--password` it measures any store that speaks xAPI 1.0.3; `--pid`
and `--database-pid` name its processes if they run here, each with all that it started.

Processor time and ratios do not depend on what else the machine does; times do. Rounds of batches and
of single statements alternate and the medians are taken. Client, server and database share the machine.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from itertools import count
from pathlib import Path
from random import Random
from statistics import median, quantiles
from threading import Thread
from urllib.parse import urlencode, urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from academy.xapi.schema import validate
from tests.benchmarks._academy import (
    Academy,
    Meter,
    insert_raw,
    is_postgresql,
    running_academy,
    to_json,
)
from tests.benchmarks._corpus import Corpus

BATCH = 50
CLIENTS = 8
ROUNDS = 3
QUERIES = ("id", "agent", "activity", "registration", "related activities")
GATES: dict[str, tuple[str, Callable[[float], bool]]] = {
    "validation alone, CPU ms a statement": ("≤ 0.15", lambda value: value <= 0.15),
    "batches of 50, CPU ms a statement": ("≤ 0.5", lambda value: value <= 0.5),
    "one per request, CPU ms a statement": ("≤ 4", lambda value: value <= 4),
    "8 clients, answers that are not 200": ("0", lambda value: value == 0),
    "8 clients, batches : one per request, throughput": ("≥ 3", lambda value: value >= 3),
    "share of the raw insert limit, %": ("≥ 35", lambda value: value >= 35),
    "query by id, p50 ms": ("≤ 5", lambda value: value <= 5),
    "query by agent, p50 ms": ("≤ 10", lambda value: value <= 10),
    "query by activity, p50 ms": ("≤ 10", lambda value: value <= 10),
    "query by registration, p50 ms": ("≤ 10", lambda value: value <= 10),
    "query by related activities, p50 ms": ("≤ 20", lambda value: value <= 20),
}
Figures = dict[str, float]


class Connection:
    """One client: a connection that is kept, and the headers of every request."""

    def __init__(self, store: Academy) -> None:
        parts = urlsplit(store.endpoint)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self.http = kind(parts.hostname or "", parts.port, timeout=60)
        self.path = parts.path.rstrip("/") + "/statements"
        basic = b64encode(f"{store.user}:{store.password}".encode()).decode()
        self.headers = {
            "Authorization": f"Basic {basic}",
            "X-Experience-API-Version": "1.0.3",
            "Content-Type": "application/json",
        }

    def request(self, method: str, query: str = "", body: bytes | None = None) -> tuple[int, bytes]:
        """The status and the body; status 0 when the connection broke."""
        try:
            self.http.request(method, self.path + query, body, self.headers)
            response = self.http.getresponse()
            return response.status, response.read()
        except (OSError, HTTPException) as error:
            self.http.close()
            return 0, str(error).encode()


class Sender:
    """Statements that were not sent yet, as bodies; the rows beyond those loaded."""

    def __init__(self, corpus: Corpus) -> None:
        self.corpus = corpus
        # of this run alone, so that a store measured again does not find them known
        self.run = Corpus(corpus.size, seed=time.time_ns() % 1_000_000_007)
        self.index = count()

    def bodies(self, number: int, size: int) -> list[bytes]:
        return [
            to_json([self.run.statement(next(self.index)) for _ in range(size)])
            for _ in range(number)
        ]


# --- the measures ---------------------------------------------------------------------------------
def measure_validation(corpus: Corpus) -> Figures:
    statements = [corpus.statement(index) for index in range(2000)]
    spent = []
    for _ in range(5):
        began = time.process_time()
        for statement in statements:
            validate(statement)
        spent.append((time.process_time() - began) / len(statements))
    return {"validation alone, CPU ms a statement": 1000 * median(spent)}


def measure_cpu(store: Academy, sender: Sender, statements: int) -> Figures:
    """Processor time of server and database per statement, in batches and one by one."""
    spent: dict[int, list[tuple[float, float]]] = {BATCH: [], 1: []}
    connection = Connection(store)
    for _ in range(ROUNDS):
        for size, total in ((BATCH, statements), (1, max(statements // 10, 100))):
            bodies = sender.bodies(total // size, size)
            before = store.meter.read()
            for body in bodies:
                status, answer = connection.request("POST", body=body)
                if status != 200:
                    sys.exit(f"A valid statement was refused: {status} {answer[:500]!r}")
            after = store.meter.read()
            sent = len(bodies) * size
            spent[size].append(((after[0] - before[0]) / sent, (after[1] - before[1]) / sent))
    figures: Figures = {}
    for size, title in ((BATCH, "batches of 50"), (1, "one per request")):
        server, database = (1000 * median(part) for part in zip(*spent[size], strict=True))
        figures[f"{title}, CPU ms a statement"] = 1000 * median(sum(pair) for pair in spent[size])
        figures[f"{title}, CPU ms of the server"] = server
        figures[f"{title}, CPU ms of the database"] = database
    return figures


def measure_clients(store: Academy, sender: Sender, statements: int) -> Figures:
    """Eight clients at once: whatever is not 200, and statements a second."""
    answers: Counter[int] = Counter()
    rates: dict[int, list[float]] = {BATCH: [], 1: []}
    for _ in range(ROUNDS):
        for size, total in ((BATCH, statements), (1, max(statements // 10, 100))):
            share = max(total // size // CLIENTS, 2)
            seconds = at_once(store, [sender.bodies(share, size) for _ in range(CLIENTS)], answers)
            rates[size].append(CLIENTS * share * size / seconds)
    batches, single = median(rates[BATCH]), median(rates[1])
    return {
        "8 clients, answers that are not 200": sum(answers.values()) - answers[200],
        "8 clients, batches of 50, statements a second": batches,
        "8 clients, one per request, statements a second": single,
        "8 clients, batches : one per request, throughput": batches / single,
    }


def at_once(store: Academy, shares: list[list[bytes]], answers: Counter[int]) -> float:
    """Each client sends its share; the seconds until the last is done."""

    def send(bodies: list[bytes]) -> None:
        connection = Connection(store)
        for body in bodies:
            status, answer = connection.request("POST", body=body)
            answers[status] += 1
            if status != 200:
                print(f"  {status}: {answer[:200]!r}", file=sys.stderr)

    threads = [Thread(target=send, args=(bodies,)) for bodies in shares]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - began


def measure_queries(store: Academy, corpus: Corpus, number: int) -> Figures:
    """p50 and p95 of each kind of query, each time with other values, of statements held."""
    connection = Connection(store)
    rng = Random(7)
    figures: Figures = {}
    for kind in QUERIES:
        times, rows = [], 0
        for _ in range(number):
            query = query_for(kind, corpus, rng)
            began = time.perf_counter()
            status, answer = connection.request("GET", "?" + urlencode(query))
            times.append(1000 * (time.perf_counter() - began))
            if status != 200:
                print(f"query by {kind}: {status} {answer[:200]!r}", file=sys.stderr)
                break
            found = json.loads(answer)
            rows += len(found["statements"]) if "statements" in found else 1
        else:
            figures[f"query by {kind}, p50 ms"] = median(times)
            figures[f"query by {kind}, p95 ms"] = quantiles(times, n=20)[-1]
            figures[f"query by {kind}, statements in an answer"] = rows / number
    return figures


def query_for(kind: str, corpus: Corpus, rng: Random) -> dict[str, str]:
    """The parameters by which a statement picked at random is found: what is asked for often is
    what there is much of."""
    while True:
        statement = corpus.statement(rng.randrange(corpus.size))
        context = statement.get("context", {})
        if kind == "id":
            return {"statementId": statement["id"]}
        if kind == "agent" and statement["actor"].get("objectType") != "Group":
            return {"agent": json.dumps(statement["actor"])}
        if kind == "activity":
            return {"activity": statement["object"]["id"]}
        if kind == "registration" and "registration" in context:
            return {"registration": context["registration"]}
        if kind == "related activities":
            for activities in context.get("contextActivities", {}).values():
                if isinstance(activities, list) and activities[0]["id"].startswith("https://acad"):
                    return {"activity": activities[0]["id"], "related_activities": "true"}


def measure_raw(store: Academy, since: datetime, rate: float, cpu: float) -> Figures:
    raw = insert_raw(store.database, since, 400)
    raw_rate, raw_cpu = raw.statements / raw.seconds, 1000 * raw.cpu_seconds / raw.statements
    return {
        "raw insert limit, statements a second": raw_rate,
        "raw insert limit, CPU ms a statement": raw_cpu,
        "share of the raw insert limit, %": 100 * rate / raw_rate,
        "share of the raw insert limit by CPU, %": 100 * raw_cpu / cpu,
    }


# --- one run --------------------------------------------------------------------------------------
@contextmanager
def store_of(given: argparse.Namespace, corpus: Corpus) -> Iterator[Academy]:
    """The store at `--endpoint`, filled over HTTP, or an academy of our own."""
    if not given.endpoint:
        print(f"our own store on {'PostgreSQL' if is_postgresql() else 'SQLite'}", flush=True)
        with running_academy(corpus, keep=given.keep) as academy:
            yield academy
        return
    roots = [int(pid) for pid in given.pid]
    databases = [int(pid) for pid in given.database_pid]
    store = Academy(
        given.endpoint,
        given.user,
        given.password,
        Meter(roots, (lambda: _all(databases)) if databases else None),
        "",
    )
    if given.load:
        at_once(
            store,
            [
                [
                    to_json([corpus.statement(i) for i in range(first, first + BATCH)])
                    for first in range(client * BATCH, corpus.size, CLIENTS * BATCH)
                ]
                for client in range(CLIENTS)
            ],
            Counter(),
        )
    yield store


def _all(roots: list[int]) -> set[int]:
    from tests.benchmarks._academy import descendants

    return {pid for root in roots for pid in descendants(root)}


def measure(store: Academy, corpus: Corpus, given: argparse.Namespace) -> Figures:
    sender = Sender(corpus)
    figures = measure_validation(corpus)
    at_once(store, [sender.bodies(4, 1) for _ in range(CLIENTS)], Counter())  # start every thread
    metered = bool(store.meter.server)
    if metered:
        figures |= measure_cpu(store, sender, given.sent)
    since = datetime.now(UTC)
    figures |= measure_clients(store, sender, given.sent)
    if store.database and is_postgresql():
        figures |= measure_raw(
            store,
            since,
            figures["8 clients, batches of 50, statements a second"],
            figures["batches of 50, CPU ms a statement"],
        )
    return figures | measure_queries(store, corpus, given.queries)


def report(figures: Figures) -> bool:
    """Print the table; whether every gate that was measured is met."""
    width = max(map(len, figures))
    print(f"\n{'measure':<{width}}  {'value':>10}  target")
    missed = 0
    for name, value in figures.items():
        bound, reached = GATES.get(name, ("", None))
        verdict = "" if reached is None else "reached" if reached(value) else "MISSED"
        missed += verdict == "MISSED"
        shown = f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3f}"
        print(f"{name:<{width}}  {shown:>10}  {bound:<8}{verdict}".rstrip(), flush=True)
    return not missed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--statements", type=int, default=20_000, help="held when it is asked")
    parser.add_argument("--sent", type=int, default=5_000, help="sent in each round of batches")
    parser.add_argument("--queries", type=int, default=200, help="of each kind")
    parser.add_argument("--json", type=Path, help="write the figures to this file, too")
    parser.add_argument("--keep", default="", help="name of a database to keep, or to use again")
    parser.add_argument("--endpoint", help="of another store: under it lies statements")
    parser.add_argument("--user", default="")
    parser.add_argument("--password", default="")
    parser.add_argument("--no-load", dest="load", action="store_false", help="it is filled already")
    parser.add_argument("--pid", action="append", default=[], help="of that store's server")
    parser.add_argument("--database-pid", action="append", default=[], help="of its database")
    given = parser.parse_args()
    corpus = Corpus(given.statements)
    with store_of(given, corpus) as store:
        figures = measure(store, corpus, given)
    report(figures)
    if given.json:
        given.json.write_text(json.dumps({"statements": given.statements, **figures}, indent=2))


if __name__ == "__main__":
    main()
