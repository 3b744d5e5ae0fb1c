"""Statements, and programs that send them."""

import json
import uuid
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any

from django.test import Client

from academy.xapi.clients import create_client
from academy.xapi.models import LrsClient


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
