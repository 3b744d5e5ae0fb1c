"""An academy as an operator runs it: granian and a Celery worker, as processes that can be killed."""

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent.parent
SLOWEST_START = 90  # seconds
_numbers = count(1)
PREPARE = """
import sys, django
django.setup()
from django.core.management import call_command
for name in sys.argv[1:]:
    call_command(name, verbosity=0, **({"interactive": False} if name != "createcachetable" else {}))
# what an academy before this one left in the same Redis would name files that are gone
from django.core.cache import cache
cache.clear()
"""
# Runs one piece of Python after the other, each line of its input a JSON text; what it printed and
# what went wrong come back the same way. Starting Django anew for each would take seconds.
SHELL = """
import contextlib, io, json, sys, traceback
import django
django.setup()
from django.db import connections
answers = sys.stdout
for line in sys.stdin:
    printed, error = io.StringIO(), ""
    try:
        with contextlib.redirect_stdout(printed):
            exec(json.loads(line), {"__name__": "shell"})
    except BaseException:
        error = traceback.format_exc()
    connections.close_all()
    print(json.dumps([printed.getvalue(), error]), file=answers, flush=True)
"""


class RunningAcademy:
    """A context manager; inside it `url` answers and `worker` takes tasks.

    Services named in the environment are used, each in a corner of its own: a database made for this
    academy, a RabbitMQ virtual host, a Redis number. `shared` is a folder in which the processes of
    one test run keep a loaded demo for each other.
    """

    def __init__(
        self,
        var_dir: Path,
        migrated_file: Path,
        *,
        template: str | None = None,
        demo: bool = False,
        shared: Path | None = None,
    ) -> None:
        self.var_dir = var_dir
        self.migrated_file = migrated_file
        self.template = template
        self.demo = demo
        self.shared = shared
        self.name = f"academy_e2e_{os.getpid()}_{next(_numbers)}"
        self.kept = ""
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.web: subprocess.Popen[bytes] | None = None
        self.worker: subprocess.Popen[bytes] | None = None
        self.console: subprocess.Popen[str] | None = None
        self.log = var_dir / "processes.log"

    # --- Life -----------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        self.env = self._environment()
        try:
            self._prepare()
            self.start_web()
            self.start_worker()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in (self.console, self.worker, self.web):
            stop(process, signal.SIGTERM)
        self._drop_corners()

    def start_web(self) -> None:
        self.web = self._start(
            *("granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self.port)),
            *("--workers", "1", "--blocking-threads", "4", "--no-ws", "--log-level", "warning"),
            "academy.wsgi:application",
        )
        self._wait_for_web()

    def start_worker(self) -> None:
        """Start the worker, with beat inside it: sweeps are part of what is tested."""
        self.worker = self._start(
            *("celery", "--app", "academy.celery", "worker", "--beat", "--concurrency", "1"),
            *("--loglevel", "WARNING", "--without-gossip", "--without-mingle"),
            *("--pidfile=", "--hostname", f"{self.name}@%h"),
        )

    def kill_worker(self) -> None:
        """SIGKILL to the worker and its children: nothing gets a chance to tidy up."""
        stop(self.worker, signal.SIGKILL)
        self.worker = None

    # --- Tools ----------------------------------------------------------------------------------

    def manage(self, *arguments: str) -> str:
        """Run a management command and return what it printed."""
        return self._python("manage.py", *arguments)

    def shell(self, code: str) -> str:
        """Run Python with Django set up on this academy's database and return what it printed."""
        if self.console is None or self.console.poll() is not None:
            self.console = subprocess.Popen(
                [sys.executable, "-c", SHELL],
                cwd=ROOT,
                env=self.env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
        print(json.dumps(code), file=self.console.stdin, flush=True)
        answer = self.console.stdout.readline()
        printed, error = json.loads(answer) if answer else ("", "The shell ended.")
        if error:
            raise RuntimeError(f"{error}\n{printed}")
        return printed

    def mails(self) -> list[str]:
        return [path.read_text() for path in sorted((self.var_dir / "mail").glob("*.log"))]

    def _python(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=300,
        )
        if done.returncode:
            raise RuntimeError(f"{arguments[:2]} failed:\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def _start(self, *command: str) -> subprocess.Popen[bytes]:
        program = Path(sys.executable).parent / command[0]
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [program, *command[1:]],
                cwd=ROOT,
                env=self.env,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _wait_for_web(self) -> None:
        began = time.monotonic()
        while time.monotonic() - began < SLOWEST_START and self.web.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.url}/health/ready", timeout=5):
                    return
            except OSError:
                time.sleep(0.2)
        raise RuntimeError(f"The web server did not start:\n{self.log.read_text()[-4000:]}")

    # --- Its corner of each service --------------------------------------------------------------

    def _environment(self) -> dict[str, str]:
        env = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "academy.settings.development",
            "DEBUG": "0",
            "VAR_DIR": str(self.var_dir),
            "MEDIA_ROOT": str(self.var_dir / "media"),
            "SITE_URL": self.url,
            "XAPI_HOME_PAGE": "https://academy.example",
            "LOG_LEVEL": "WARNING",
            "CREDENTIAL_LEASE_SECONDS": "5",
        }
        if database := env.get("DATABASE_URL"):
            env["DATABASE_URL"] = urlsplit(database)._replace(path=f"/{self.name}").geturl()
        if cache := env.get("CACHE_URL"):
            # a Redis number for each academy of each xdist worker: 4 to 15
            worker = int(env.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % 6
            number = 4 + 2 * worker + self.demo
            env["CACHE_URL"] = urlsplit(cache)._replace(path=f"/{number}").geturl()
        broker = env.get("CELERY_BROKER_URL", "")
        if broker.startswith("amqp") and shutil.which("rabbitmqctl"):
            user = urlsplit(broker).username or "guest"
            rabbitmq("add_vhost", self.name)
            rabbitmq("set_permissions", "-p", self.name, user, ".*", ".*", ".*")
            env["CELERY_BROKER_URL"] = urlsplit(broker)._replace(path=f"/{self.name}").geturl()
        return env

    def _prepare(self) -> None:
        """The first demo of a test run is kept for the others until it ends: loading one takes long."""
        if not self.demo or self.shared is None:
            self._make()
            return
        with self._sharing():
            if self.shared.exists():
                shutil.copytree(self.shared, self.var_dir, dirs_exist_ok=True)
                self._create_database((self.shared / "database").read_text())
                return
            self._make()
            kept = f"{self.name}_demo"
            if "DATABASE_URL" in self.env:
                self._postgres(f'CREATE DATABASE "{kept}" TEMPLATE "{self.name}"')
            shutil.copytree(self.var_dir, self.shared)
            (self.shared / "database").write_text(kept)
            self.kept = kept

    @contextmanager
    def _sharing(self) -> Iterator[None]:
        with self.shared.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _create_database(self, template: str | None) -> None:
        if "DATABASE_URL" in self.env:
            copied = f' TEMPLATE "{template}"' if template else ""
            self._postgres(f'CREATE DATABASE "{self.name}"{copied}')

    def _make(self) -> None:
        self._create_database(self.template)
        database = self.var_dir / "academy.sqlite3"
        if "DATABASE_URL" not in self.env and self.migrated_file.exists():
            shutil.copyfile(self.migrated_file, database)
        commands = ["migrate", "createcachetable", "collectstatic"]
        self._python("-c", PREPARE, *commands)
        if self.demo:
            self.manage("load_demo")

    def _drop_corners(self) -> None:
        if self.kept:
            with self._sharing():
                shutil.rmtree(self.shared)
                if os.environ.get("DATABASE_URL"):
                    self._postgres(f'DROP DATABASE IF EXISTS "{self.kept}" WITH (FORCE)')
        if os.environ.get("DATABASE_URL"):
            self._postgres(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')
        if self.env.get("CELERY_BROKER_URL", "").endswith(self.name):
            rabbitmq("delete_vhost", self.name)

    def _postgres(self, statement: str) -> None:
        import psycopg

        server = urlsplit(os.environ["DATABASE_URL"])._replace(path="/postgres").geturl()
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(statement)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def stop(process: subprocess.Popen | None, with_signal: signal.Signals) -> None:
    """Signal the process's whole group (each was started as a session) and wait; kill what stays."""
    if process is None:
        return
    for sent in (with_signal, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, sent)
        try:
            process.wait(10)
            return
        except subprocess.TimeoutExpired:
            continue


def rabbitmq(*arguments: str) -> None:
    subprocess.run(["rabbitmqctl", "--quiet", *arguments], check=True, capture_output=True)
