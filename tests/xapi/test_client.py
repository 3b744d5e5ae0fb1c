"""The client for any store: what it sends, and what it makes of every answer."""

import gzip
import json
from datetime import UTC, datetime
from uuid import UUID

import httpx
import pytest
import respx

from academy.xapi import client
from academy.xapi.client import (
    LearningRecordStore,
    LrsAnswerInvalid,
    LrsConflict,
    LrsRefused,
    LrsUnreachable,
)
from tests.xapi.helpers import make_statement

ENDPOINT = "https://lrs.example/data/xAPI"


@pytest.fixture
def api():
    with respx.mock(base_url=ENDPOINT) as router:
        yield router


@pytest.fixture
def lrs():
    with LearningRecordStore(ENDPOINT, "key", "secret") as store:
        yield store


def test_about(api, lrs):
    route = api.get("/about").respond(json={"version": ["1.0.3"]})

    assert lrs.about() == {"version": ["1.0.3"]}
    request = route.calls.last.request
    assert request.headers["X-Experience-API-Version"] == "2.0.0"
    assert request.headers["Authorization"] == "Basic a2V5OnNlY3JldA=="


def test_the_version_can_be_chosen_and_the_endpoint_end_in_a_slash(api):
    route = api.get("/about").respond(json={})
    with LearningRecordStore(ENDPOINT + "/", version="1.0.3") as store:
        store.about()

    assert route.calls.last.request.headers["X-Experience-API-Version"] == "1.0.3"
    assert "Authorization" not in route.calls.last.request.headers


def test_post_statements(api, lrs):
    batch = [make_statement(result={"response": "Été"}), make_statement()]
    route = api.post("/statements").respond(json=[statement["id"] for statement in batch])

    assert lrs.post_statements(batch) == [UUID(statement["id"]) for statement in batch]
    request = route.calls.last.request
    assert request.headers["Content-Type"] == "application/json"
    assert json.loads(request.content.decode()) == batch


def test_put_statement(api, lrs):
    statement = make_statement()
    route = api.put("/statements").respond(204)
    lrs.put_statement(statement)

    assert route.calls.last.request.url.params["statementId"] == statement["id"]


def test_get_statement(api, lrs):
    statement = make_statement()
    api.get("/statements", params={"statementId": statement["id"]}).respond(json=statement)
    api.get("/statements", params={"voidedStatementId": statement["id"]}).respond(404)

    assert lrs.get_statement(statement["id"]) == statement
    assert lrs.get_statement(statement["id"], voided=True) is None


def test_statements_asks_for_page_after_page(api, lrs):
    """Data 2.5: "more" is relative to the server, not to the endpoint."""
    pages = [[make_statement(), make_statement()], [make_statement()]]
    first = api.get("/statements").respond(
        json={"statements": pages[0], "more": "/data/xAPI/more?after=1"}
    )
    second = api.get("/more").respond(json={"statements": pages[1], "more": ""})

    found = lrs.statements(
        agent={"mbox": "mailto:ada@people.example"},
        verb="https://verbs.example/1",
        registration=UUID(int=7),
        since=datetime(2026, 1, 1, tzinfo=UTC),
        limit=2,
        ascending=True,
    )
    assert next(found) == pages[0][0]
    assert not second.called
    assert list(found) == [pages[0][1], pages[1][0]]
    assert dict(first.calls.last.request.url.params) == {
        "agent": '{"mbox": "mailto:ada@people.example"}',
        "verb": "https://verbs.example/1",
        "registration": "00000000-0000-0000-0000-000000000007",
        "since": "2026-01-01T00:00:00.000000Z",
        "limit": "2",
        "ascending": "true",
    }
    assert dict(second.calls.last.request.url.params) == {"after": "1"}


def test_the_password_is_never_sent_to_another_server(api, lrs):
    api.get("/statements").respond(
        json={"statements": [], "more": "https://elsewhere.example/statements"}
    )
    with pytest.raises(LrsAnswerInvalid):
        list(lrs.statements())

    api.get("/about").respond(302, headers={"Location": "https://elsewhere.example/about"})
    with pytest.raises(LrsRefused):
        lrs.about()


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, LrsRefused), (401, LrsRefused), (409, LrsConflict), (500, LrsRefused)],
)
def test_errors_carry_the_answer(api, lrs, status, error):
    api.post("/statements").respond(status, text="the reason")
    with pytest.raises(error) as caught:
        lrs.post_statements([make_statement()])

    assert caught.value.status == status
    assert caught.value.answer == "the reason"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "120"}, 120),
        ({"Retry-After": "0"}, 0),
        ({"Retry-After": "999999"}, 86_400),
        # a date counts from the answer's own Date, whatever our clock says
        (
            {
                "Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT",
                "Date": "Wed, 21 Oct 2015 07:26:30 GMT",
            },
            90,
        ),
        (
            {
                "Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT",
                "Date": "Wed, 21 Oct 2015 09:00:00 GMT",
            },
            0,
        ),
        (
            {
                "Retry-After": "Wed, 21 Oct 2065 07:28:00 GMT",
                "Date": "Wed, 21 Oct 2015 07:26:30 GMT",
            },
            86_400,
        ),
        ({"Retry-After": "Wed, 21 Oct 2065 07:28:00 GMT"}, None),
        ({"Retry-After": "Wed, 21 Oct 2065 07:28:00 GMT", "Date": "today"}, None),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": ""}, None),
        ({}, None),
    ],
)
def test_retry_after(api, lrs, headers, seconds):
    api.get("/about").respond(503, headers=headers)
    with pytest.raises(LrsRefused) as caught:
        lrs.about()
    assert caught.value.retry_after == seconds


def test_an_answer_without_end_is_broken_off(api, lrs, monkeypatch):
    monkeypatch.setattr(client, "LONGEST_ANSWER", 1000)
    api.get("/about").respond(200, content=b"[" * 5000)
    with pytest.raises(LrsUnreachable, match="longer than 1000 bytes"):
        lrs.about()


def test_a_compressed_answer_is_read(api, lrs):
    api.get("/about").respond(
        200,
        content=gzip.compress(b'{"version": ["2.0.0"]}'),
        headers={"Content-Encoding": "gzip"},
    )
    assert lrs.about() == {"version": ["2.0.0"]}


@pytest.mark.parametrize(
    "failure", [httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError]
)
def test_no_answer(api, lrs, failure):
    api.get("/about").mock(side_effect=failure("gone"))
    with pytest.raises(LrsUnreachable, match="gone"):
        lrs.about()


def test_an_address_that_is_none():
    with pytest.raises(LrsUnreachable), LearningRecordStore("not an address") as store:
        store.about()


@pytest.mark.parametrize("text", ["", "<html>", "[]", "null", '"x"'])
def test_answers_that_are_not_xapi(api, lrs, text):
    api.route().respond(200, text=text)
    with pytest.raises(LrsAnswerInvalid):
        lrs.about()
    with pytest.raises(LrsAnswerInvalid):
        list(lrs.statements())
    if text != "[]":
        with pytest.raises(LrsAnswerInvalid):
            lrs.post_statements([])
