"""The store as a client of either standard meets it: over HTTP, by address and version header."""

import json
import uuid
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from academy.xapi.clients import create_client


@dataclass
class Store:
    """An endpoint of the store, the version a client speaks to it, and the client's key."""

    endpoint: str
    version: str
    authorization: str
    http: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    def request(
        self,
        method: str,
        resource: str,
        body: Any = None,
        *,
        query: dict[str, Any] | None = None,
        content_type: str = "application/json",
        headers: dict[str, str | None] | None = None,
    ):
        """One request. `body` and the values of `query` become JSON unless they are text or bytes;
        a header given as None is left out."""
        words = {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in (query or {}).items()
        }
        address = self.endpoint + resource + (f"?{urlencode(words)}" if words else "")
        if body is None:
            body = b""
        elif not isinstance(body, str | bytes):
            body = json.dumps(body)
        given = {
            "authorization": self.authorization,
            "x-experience-api-version": self.version,
            **(headers or {}),
        }
        return self.http.generic(
            method,
            address,
            body,
            content_type=content_type,
            headers={name: value for name, value in given.items() if value is not None},
        )

    def get(self, resource: str, **query: Any):
        return self.request("GET", resource, query=query)

    def send(self, statements: Any, **options: Any):
        return self.request("POST", "statements", statements, **options)


ENDPOINTS = {"1.0.3": "/xapi/1.0.3/", "2.0.0": "/xapi/"}


@pytest.fixture(params=sorted(ENDPOINTS), ids=lambda version: f"xapi-{version}")
def store(request, db) -> Store:
    """The store in both standards, one after the other."""
    return make_store(request.param)


@pytest.fixture
def store_1_0_3(db) -> Store:
    """For rules that only xAPI 1.0.3 has."""
    return make_store("1.0.3")


@pytest.fixture
def store_2_0(db) -> Store:
    """For rules that only xAPI 2.0 has."""
    return make_store("2.0.0")


def make_store(version: str, *scopes: str) -> Store:
    client, secret = create_client(name="Conformance", scopes=scopes or ["all"])
    basic = b64encode(f"{client.key}:{secret}".encode()).decode()
    return Store(ENDPOINTS[version], version, f"Basic {basic}")


def make_statement(**changes: Any) -> dict[str, Any]:
    """A valid statement with an id of its own; `None` takes a property out."""
    statement = {
        "id": str(uuid.uuid4()),
        "actor": {"objectType": "Agent", "mbox": "mailto:learner@example.org"},
        "verb": {
            "id": "http://adlnet.gov/expapi/verbs/attended",
            "display": {"en-GB": "attended", "fr": "a assisté à"},
        },
        "object": {"objectType": "Activity", "id": "https://example.org/activities/meeting"},
        **changes,
    }
    return {name: value for name, value in statement.items() if value is not None}
