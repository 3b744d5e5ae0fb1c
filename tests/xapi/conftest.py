"""People, programs and a second store for the tests of the learning record store."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from django.contrib.auth.models import Group

from academy.people.models import User
from academy.people.roles import OPERATOR
from tests.xapi.helpers import Program, make_program

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def program(db) -> Program:
    return make_program()


@pytest.fixture
def learner(db) -> User:
    return User.objects.create_user(
        "ada@academy.example", "secret", first_name="Ada", last_name="Achebe"
    )


@pytest.fixture
def operator(db) -> User:
    person = User.objects.create_user(
        "olu@academy.example", "secret", first_name="Olu", last_name="Okafor"
    )
    person.groups.add(Group.objects.get_or_create(name=OPERATOR)[0])
    return person


@dataclass(frozen=True)
class SecondStore:
    """Another academy's store: a process of its own, with a database of its own."""

    endpoint: str
    key: str
    secret: str


@pytest.fixture(scope="session")
def second_store(tmp_path_factory) -> Iterator[SecondStore]:
    """A real second learning record store, served by another process of this product."""
    folder = tmp_path_factory.mktemp("second-store")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **{name: value for name, value in os.environ.items() if not name.endswith("_URL")},
        "DJANGO_SETTINGS_MODULE": "second_store_settings",
        "PYTHONPATH": f"{Path(__file__).parent}{os.pathsep}{ROOT}",
        "VAR_DIR": str(folder),
    }

    def manage(*arguments: str) -> list[str]:
        return [sys.executable, str(ROOT / "manage.py"), *arguments]

    def run(*arguments: str) -> str:
        done = subprocess.run(manage(*arguments), env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("migrate", "--run-syncdb", "--skip-checks", "-v", "0")
    client = json.loads(run("create_lrs_client", "--name", "First academy", "--skip-checks"))
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            manage("runserver", "--noreload", "--skip-checks", f"127.0.0.1:{port}"),
            env=environment,
            stdout=log,
            stderr=log,
        )
        try:
            endpoint = f"http://127.0.0.1:{port}/xapi/"
            _wait_until_served(endpoint, server, folder / "log")
            yield SecondStore(endpoint, client["key"], client["secret"])
        finally:
            server.kill()
            server.wait()


def _wait_until_served(endpoint: str, server: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            if httpx.get(f"{endpoint}about", timeout=2).is_success:
                return
        except httpx.HTTPError:
            time.sleep(0.2)
    raise RuntimeError(f"The second store did not start:\n{log.read_text()}")
