"""People, clients and statements for the tests of the learning record store."""

import json
import os
import socket
import subprocess
import sys
import time
import uuid
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.contrib.auth.models import Group
from django.test import Client

from academy.people.models import User
from academy.people.roles import OPERATOR
from academy.xapi.models import LrsClient
from academy.xapi.services import create_client

ROOT = Path(__file__).resolve().parent.parent.parent


def make_statement(**changes: Any) -> dict[str, Any]:
    """A valid statement with an id of its own; `None` takes a property out."""
    statement = {
        "id": str(uuid.uuid4()),
        "actor": {"account": {"homePage": "https://people.example", "name": "4711"}},
        "verb": {
            "id": "http://adlnet.gov/expapi/verbs/completed",
            "display": {"en": "completed"},
        },
        "object": {"id": "https://content.example/course/1"},
        **changes,
    }
    return {key: value for key, value in statement.items() if value is not None}


@dataclass
class Program:
    """A program that talks to the store through Django's test client."""

    model: LrsClient
    secret: str
    http: Client = field(default_factory=Client)

    def headers(self, **changes: str) -> dict[str, str]:
        basic = b64encode(f"{self.model.key}:{self.secret}".encode()).decode()
        return {
            "authorization": f"Basic {basic}",
            "x-experience-api-version": "2.0.0",
            **changes,
        }

    def get(self, path: str = "/xapi/statements", **query: Any):
        query = {
            key: json.dumps(value) if isinstance(value, dict) else str(value)
            for key, value in query.items()
        }
        return self.http.get(path, query, headers=self.headers())

    def post(self, body: Any, **headers: str):
        return self._send(self.http.post, "/xapi/statements", body, headers)

    def put(self, body: Any, statement_id: str = "", **headers: str):
        address = f"/xapi/statements?statementId={statement_id or body['id']}"
        return self._send(self.http.put, address, body, headers)

    def _send(self, send, address: str, body: Any, headers: dict[str, str]):
        if not isinstance(body, str | bytes):
            body = json.dumps(body)
        return send(
            address,
            body,
            content_type="application/json",
            headers=self.headers(**headers),
        )


def make_program(*scopes: str) -> Program:
    client, secret = create_client(name="A program", scopes=scopes or ["all"])
    return Program(client, secret)


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
        return subprocess.run(
            manage(*arguments), env=environment, check=True, capture_output=True, text=True
        ).stdout

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
