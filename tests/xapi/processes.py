"""Learning record stores as processes of their own, which can be killed, and what lies between them."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from academy.xapi.client import LearningRecordStore

ROOT = Path(__file__).resolve().parent.parent.parent
SLOWEST_START = 60  # seconds
PREPARE = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", run_syncdb=True, verbosity=0, skip_checks=True)
call_command("create_lrs_client", name="First academy", skip_checks=True)
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"after {seconds} seconds: {what}")
        time.sleep(0.05)


class RunningStore:
    """Another academy's store, with a database of its own: a web process, and a worker if asked.

    It has the rooms that the store needs and no others (`second_store_settings`). `environment`
    adds to its variables.
    """

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}/xapi/"
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.endswith("_URL")},
            "DJANGO_SETTINGS_MODULE": "second_store_settings",
            "PYTHONPATH": f"{Path(__file__).parent}{os.pathsep}{ROOT}",
            "VAR_DIR": str(folder),
            **environment,
        }

    def prepare(self) -> None:
        """Its tables, and a client of it."""
        client = json.loads(self.python(PREPARE))
        self.key, self.secret = client["key"], client["secret"]

    def python(self, code: str) -> str:
        """Run Python in its surroundings and return what it printed."""
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def client(self) -> LearningRecordStore:
        return LearningRecordStore(self.endpoint, self.key, self.secret, timeout=10)

    # --- its processes --------------------------------------------------------------------------
    def start_web(self) -> None:
        self._start(
            "web",
            *("granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self.port)),
            *("--workers", "1", "--blocking-threads", "4", "--no-ws", "--log-level", "warning"),
            "academy.wsgi:application",
        )
        deadline = time.monotonic() + SLOWEST_START
        while time.monotonic() < deadline and self.processes["web"].poll() is None:
            with suppress(httpx.HTTPError):
                if httpx.get(f"{self.endpoint}about", timeout=2).is_success:
                    return
            time.sleep(0.1)
        raise RuntimeError(f"The store did not start:\n{self.log}")

    def start_worker(self) -> None:
        self._start(
            "worker",
            *("celery", "--app", "academy.celery", "worker", "--pool", "threads"),
            *("--concurrency", "1", "--loglevel", "WARNING", "--without-gossip"),
            *("--without-mingle", "--beat", "--scheduler", "celery.beat:PersistentScheduler"),
            *("--schedule", str(self.folder / f"beat-{time.monotonic_ns()}")),
        )

    def _start(self, name: str, *command: str) -> None:
        program = Path(sys.executable).parent / command[0]
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [program, *command[1:]],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self, name: str) -> None:
        """SIGKILL to the process and its children: nothing gets a chance to tidy up."""
        process = self.processes.pop(name)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def supervise(self) -> None:
        """Start a worker again that exited by itself, as a supervisor does: Celery's may, when
        Redis goes away while it holds messages."""
        if "worker" in self.processes and self.processes["worker"].poll() is not None:
            self.start_worker()

    def stop(self) -> None:
        for name in list(self.processes):
            self.kill(name)

    @property
    def log(self) -> str:
        return "\n".join(path.read_text()[-4000:] for path in self.folder.glob("*.log"))


# --- what lies between them ---------------------------------------------------------------------
Fault = Callable[["Request"], None]


class Request:
    """A request on its way through the proxy; a fault answers it, passes it on, or does neither."""

    def __init__(self, handler: BaseHTTPRequestHandler, upstream: str, body: bytes) -> None:
        self.handler, self.upstream, self.body = handler, upstream, body
        self.method, self.path = handler.command, handler.path

    def fetch(self) -> httpx.Response:
        """Pass it on to the store behind, and return what that answers."""
        origin = urlsplit(self.upstream)
        headers = {
            name: value
            for name, value in self.handler.headers.items()
            if name.lower() not in ("host", "connection", "accept-encoding")
        }
        return httpx.request(
            self.method,
            f"{origin.scheme}://{origin.netloc}{self.path}",
            headers=headers,
            content=self.body,
            timeout=30,
        )

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        with suppress(OSError):
            self.handler.send_response_only(status)
            for name, value in headers.items():
                self.handler.send_header(name.replace("_", "-"), value)
            self.handler.send_header("Content-Length", str(len(body)))
            self.handler.send_header("Connection", "close")
            self.handler.end_headers()
            self.handler.wfile.write(body)

    def relay(self, **headers: str) -> None:
        theirs = self.fetch()
        kept = {
            name.replace("-", "_"): value
            for name, value in theirs.headers.items()
            if name in ("content-type", "date", "x-experience-api-version")
        }
        self.answer(theirs.status_code, theirs.content, **(kept | headers))

    def hang_up(self) -> None:
        with suppress(OSError):
            self.handler.connection.shutdown(socket.SHUT_RDWR)


class FaultyLine:
    """A proxy on real sockets before a store. `faults` are taken by one request each, in order;
    when none is left, everything passes. `requests` counts what came."""

    def __init__(self, upstream: str) -> None:
        self.upstream = upstream
        self.port = free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}{urlsplit(upstream).path}"
        self.faults: list[Fault] = []
        self.always: Fault = Request.relay
        self.requests = 0
        self._lock = threading.Lock()
        self._server: ThreadingHTTPServer | None = None

    def __enter__(self) -> "FaultyLine":
        self.connect()
        return self

    def __exit__(self, *error) -> None:
        self.disconnect()

    def connect(self) -> None:
        line = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.close_connection = True
                line._fault()(Request(self, line.upstream, body))

            do_GET = do_POST = do_PUT = handle_any

            def log_message(self, *args) -> None:
                pass

        ThreadingHTTPServer.allow_reuse_address = True
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def disconnect(self) -> None:
        """Nothing listens: connections are refused."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def _fault(self) -> Fault:
        with self._lock:
            self.requests += 1
            return self.faults.pop(0) if self.faults else self.always


def pages(store: LearningRecordStore, registration: str) -> Iterator[dict]:
    """Every statement of a registration that the store lists, as it says it."""
    return store.statements(registration=registration, ascending=True, limit=100)
