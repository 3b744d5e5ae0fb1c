"""An academy to measure: a database of its own, filled, and the production server before it.

Everything is removed at the end, unless a name says which database to keep. The server is started as
in deploy/Procfile.demo, with the production settings; only the redirect to https is off, because the
client speaks to it directly.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from tests.benchmarks._corpus import Corpus

ROOT = Path(__file__).resolve().parents[2]
WORKERS = 2
CHUNK = 1000  # statements that the loader stores at once
SPREAD = timedelta(days=365)
RAW = "_raw"  # what the name of the copy ends in


def process_seconds(pid: int) -> float:
    """The processor time a process has used, with its threads; 0 when it has gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    fields = text.rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def descendants(pid: int) -> set[int]:
    """A process and all that it started."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int(
                    (entry / "stat").read_text().rpartition(") ")[2].split()[1]
                )
            except (FileNotFoundError, ProcessLookupError):
                continue
    found, size = {pid}, 0
    while len(found) != size:
        size = len(found)
        found |= {child for child, parent in parents.items() if parent in found}
    return found


@dataclass
class Meter:
    """Processor time of a server and, apart, of its database; what ended in between still counts."""

    server: list[int]
    database: Any = None  # a function that gives process ids
    seen: dict[str, dict[int, float]] = field(
        default_factory=lambda: {"server": {}, "database": {}}
    )

    def read(self) -> tuple[float, float]:
        pids = {
            "server": {pid for root in self.server for pid in descendants(root)},
            "database": set(self.database()) if self.database else set(),
        }
        for part, seen in self.seen.items():
            for pid in pids[part]:
                seen[pid] = max(seen.get(pid, 0.0), process_seconds(pid))
        return sum(self.seen["server"].values()), sum(self.seen["database"].values())


@dataclass
class Academy:
    """A running academy: where it answers, to whom, and how its processes are found."""

    endpoint: str
    user: str
    password: str
    meter: Meter
    database: str


def is_postgresql() -> bool:
    return os.environ.get("DATABASE_URL", "").startswith("postgres")


def _address(name: str) -> str:
    return urlunsplit(urlsplit(os.environ["BENCH_DATABASE_URL"])._replace(path=f"/{name}"))


def _administer(*statements: str) -> None:
    """On the database that DATABASE_URL names, which itself is left as it is."""
    import psycopg

    with psycopg.connect(os.environ["BENCH_DATABASE_URL"], autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def _exists(name: str) -> bool:
    import psycopg

    with psycopg.connect(os.environ["BENCH_DATABASE_URL"]) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        return found.fetchone() is not None


@contextmanager
def running_academy(corpus: Corpus, keep: str = "", say: Any = print) -> Iterator[Academy]:
    """An academy that holds the corpus, its statements stored over the last twelve months."""
    folder = Path(tempfile.mkdtemp(prefix="academy-bench-"))
    name = keep or f"academy_bench_{os.getpid()}"
    server = None
    try:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        _set_environment(folder, name, port)
        _prepare(corpus, say)
        user, password = _make_client()
        if is_postgresql():
            _administer(
                f'DROP DATABASE IF EXISTS "{name}{RAW}"',
                f'CREATE DATABASE "{name}{RAW}" TEMPLATE "{name}" STRATEGY file_copy',
            )
        with (folder / "server.log").open("wb") as log:
            server = _start_server(port, log)
            _wait_for(port, server, folder / "server.log")
            pids = (lambda: _backends(name)) if is_postgresql() else None
            yield Academy(
                f"http://127.0.0.1:{port}/xapi/",
                user,
                password,
                Meter([server.pid], pids),
                name,
            )
    finally:
        if server is not None and server.poll() is None:
            server.send_signal(signal.SIGTERM)
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
        if is_postgresql() and "BENCH_DATABASE_URL" in os.environ:
            _administer(f'DROP DATABASE IF EXISTS "{name}{RAW}" WITH (FORCE)')
            if not keep:
                _administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        shutil.rmtree(folder, ignore_errors=True)


def _set_environment(folder: Path, name: str, port: int) -> None:
    os.chdir(ROOT)
    os.environ.update(
        DJANGO_SETTINGS_MODULE="academy.settings.production",
        VAR_DIR=str(folder),
        SECRET_KEY=secrets.token_urlsafe(64),
        SITE_URL="https://academy.example.gov",
        ALLOWED_HOSTS="127.0.0.1",
        SECURE_SSL_REDIRECT="false",
        LRS_ENDPOINT="",
    )
    if is_postgresql():
        os.environ["BENCH_DATABASE_URL"] = os.environ["DATABASE_URL"]
        if not _exists(name):
            _administer(f'CREATE DATABASE "{name}"')
        os.environ["DATABASE_URL"] = _address(name)


def _prepare(corpus: Corpus, say: Any) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connections

    from academy.xapi.models import StatementKey

    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    held = StatementKey.objects.count()
    if held >= corpus.size:
        connections.close_all()
        return
    if held:
        sys.exit(f"This database holds {held} statements already, which are not those asked for.")
    began = time.monotonic()
    _make_partitions()
    connections.close_all()
    loaders = WORKERS if is_postgresql() else 1
    children = []
    for number in range(loaders):
        child = os.fork()
        if not child:
            status = 1
            try:
                _load(corpus, number, loaders)
                status = 0
            finally:
                os._exit(status)
        children.append(child)
    statuses = [os.waitpid(child, 0)[1] for child in children]  # waits for each of them
    if any(statuses):
        sys.exit("The statements could not be loaded; see above.")
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    connection.close()
    say(f"loaded {corpus.size:,} statements in {time.monotonic() - began:.0f} s")


def _make_partitions() -> None:
    """For the months that the loaded statements are stored in; a real store has them from its time."""
    from django.db import connection

    from academy.xapi.partitions import PARTITIONED, month_after, partition_sql

    if connection.vendor != "postgresql":
        return
    month = (datetime.now(UTC) - SPREAD).date().replace(day=1)
    with connection.cursor() as cursor:
        for table in PARTITIONED:
            for offset in range(14):
                cursor.execute(partition_sql(table, month_after(month, offset)))


def _load(corpus: Corpus, number: int, loaders: int) -> None:
    """Store every `loaders`-th chunk, as the service stores them, in the order of time."""
    from academy.xapi.services import academy_authority, store

    start = datetime.now(UTC) - SPREAD
    for first in range(number * CHUNK, corpus.size, loaders * CHUNK):
        store(
            statements=[
                corpus.statement(index) for index in range(first, min(first + CHUNK, corpus.size))
            ],
            authority=academy_authority(),
            at=start + SPREAD * 0.999 * first / corpus.size,
        )


def _make_client() -> tuple[str, str]:
    from django.db import connections

    from academy.xapi.clients import create_client

    client, secret = create_client(name="Benchmark", scopes=["all"])
    connections.close_all()
    return client.key, secret


def _start_server(port: int, log: Any) -> subprocess.Popen:
    command = [
        str(Path(sys.executable).parent / "granian"),
        *("--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)),
        *("--workers", str(WORKERS), "--blocking-threads", "4", "--no-ws"),
        *("--log-level", "warning", "academy.wsgi:application"),
    ]
    return subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)


def _wait_for(port: int, server: subprocess.Popen, log: Path) -> None:
    for _ in range(300):
        if server.poll() is not None:
            break
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=5)
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    sys.exit("The server does not answer:\n" + log.read_text()[-2000:])


def _backends(name: str) -> list[int]:
    import psycopg

    with psycopg.connect(os.environ["BENCH_DATABASE_URL"]) as connection:
        found = connection.execute("SELECT pid FROM pg_stat_activity WHERE datname = %s", [name])
        return [pid for (pid,) in found]


# --- the raw insert limit -------------------------------------------------------------------------
@dataclass
class RawInsert:
    """What the bare script took."""

    statements: int
    seconds: float
    cpu_seconds: float


def insert_raw(database: str, since: datetime, limit: int) -> RawInsert:
    """COPY the rows of up to `limit` batches into the copy of the database, a transaction a batch.

    The copy was made before the batches were stored, so that the tables are of the same size and
    their indexes the same. Batches are told apart by `stored`, which all rows of one share.
    """
    import psycopg

    with psycopg.connect(_address(database)) as connection:
        tables = [
            name
            for (name,) in connection.execute(
                "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
                "WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition "
                "AND c.relname LIKE 'xapi%%' AND a.attname = 'stored' ORDER BY 1"
            )
        ]
        moments = [
            moment
            for (moment,) in connection.execute(
                "SELECT DISTINCT stored FROM xapi_statement WHERE stored >= %s ORDER BY 1 LIMIT %s",
                [since, limit],
            )
        ]
        for table in tables:  # most of them cannot be asked for a moment of storing
            connection.execute(
                f'CREATE TEMP TABLE "sent_{table}" AS SELECT * FROM "{table}" WHERE stored >= %s',
                [since],
            )
        batches = []
        for moment in moments:
            batch = {}
            for table in tables:
                with connection.cursor().copy(
                    f"COPY (SELECT * FROM \"sent_{table}\" WHERE stored = '{moment.isoformat()}') "
                    "TO STDOUT (FORMAT BINARY)"
                ) as copy:
                    batch[table] = b"".join(copy)
            batches.append(batch)
        (statements,) = connection.execute(
            "SELECT count(*) FROM xapi_statement WHERE stored = ANY(%s)", [moments]
        ).fetchone()
    with psycopg.connect(_address(database + RAW)) as connection:
        pid = connection.info.backend_pid
        cpu = process_seconds(pid) + time.process_time()
        began = time.perf_counter()
        for batch in batches:
            cursor = connection.cursor()
            for table, rows in batch.items():
                with cursor.copy(f'COPY "{table}" FROM STDIN (FORMAT BINARY)') as copy:
                    copy.write(rows)
            connection.commit()
        return RawInsert(
            statements,
            time.perf_counter() - began,
            process_seconds(pid) + time.process_time() - cpu,
        )


def to_json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
