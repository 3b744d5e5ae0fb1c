"""A whole request as a form: xAPI 1.0.3 Communication 1.3. xAPI 2.0 has done away with it."""

import gzip
import json
from typing import Any
from urllib.parse import urlencode

import pytest

from academy.xapi.models import Document, Statement
from tests.conformance.xapi.conftest import make_statement

ABOUT = {
    "activityId": "https://content.example/1",
    "agent": json.dumps({"mbox": "mailto:learner@example.org"}),
    "stateId": "bookmark",
}


def form(store, resource: str, method: str, fields: Any, *, query="", headers=None):
    """The form, sent with none of the headers it holds, as a browser of its time would."""
    return store.request(
        "POST",
        f"{resource}?method={method}{query}",
        fields if isinstance(fields, str | bytes) else urlencode(fields),
        content_type="application/x-www-form-urlencoded",
        headers={"authorization": None, "x-experience-api-version": None, **(headers or {})},
    )


def signed(store, **fields: str) -> dict[str, str]:
    return {
        "Authorization": store.authorization,
        "X-Experience-API-Version": store.version,
        **fields,
    }


def test_a_statement_is_put(store_1_0_3):
    """1.3.s3.b4, b6, b13: content, headers and parameters are fields of the form."""
    statement = make_statement(result={"response": "Écrit à 100 % + 1"})
    fields = signed(
        store_1_0_3,
        statementId=statement["id"],
        content=json.dumps(statement, ensure_ascii=False),
        **{"Content-Type": "application/json", "Content-Length": "1"},
    )
    assert form(store_1_0_3, "statements", "PUT", fields).status_code == 204

    read = store_1_0_3.get("statements", statementId=statement["id"]).json()
    assert read["result"] == statement["result"]


def test_statements_are_got_and_posted(store_1_0_3):
    """XAPI-00148"""
    statement = make_statement()
    posted = form(
        store_1_0_3, "statements", "POST", signed(store_1_0_3, content=json.dumps([statement]))
    )
    assert posted.json() == [statement["id"]]
    response = form(store_1_0_3, "statements", "GET", signed(store_1_0_3, limit="1"))
    assert response.status_code == 200
    assert [found["id"] for found in response.json()["statements"]] == [statement["id"]]
    assert response["X-Experience-API-Version"] == "1.0.3"


def test_a_document_lives_by_forms_alone(store_1_0_3):
    """1.3.s3.b10: its type is that of the form's field; If-Match and If-None-Match count, too."""
    text = signed(store_1_0_3, **ABOUT, content="déjà vu", **{"Content-Type": "text/plain"})
    new = {**text, "If-None-Match": "*"}
    assert form(store_1_0_3, "activities/state", "PUT", new).status_code == 204
    assert form(store_1_0_3, "activities/state", "PUT", new).status_code == 412
    stale = {**text, "if-match": '"1234"'}
    assert form(store_1_0_3, "activities/state", "PUT", stale).status_code == 412

    got = form(store_1_0_3, "activities/state", "GET", signed(store_1_0_3, **ABOUT))
    assert got.content.decode() == "déjà vu"
    assert got["Content-Type"] == "text/plain"
    head = form(store_1_0_3, "activities/state", "HEAD", signed(store_1_0_3, **ABOUT))
    assert head.content == b""
    assert head["ETag"] == got["ETag"]
    assert (
        form(store_1_0_3, "activities/state", "DELETE", signed(store_1_0_3, **ABOUT)).status_code
        == 204
    )
    assert not Document.objects.exists()


def test_resources_that_are_only_read_are_read_by_post(store_1_0_3):
    for resource, name in (("agents", "agent"), ("activities", "activityId")):
        fields = signed(store_1_0_3, **{name: ABOUT[name]})
        assert form(store_1_0_3, resource, "GET", fields).status_code == 200
        assert form(store_1_0_3, resource, "DELETE", fields).status_code == 405


def test_headers_of_the_form_count_before_those_of_its_request(store_1_0_3):
    """1.3.s3.b7"""
    fields = {"content": json.dumps(make_statement()), "X-Experience-API-Version": "0.8"}
    headers = {"authorization": store_1_0_3.authorization, "x-experience-api-version": "1.0.3"}
    assert form(store_1_0_3, "statements", "POST", fields, headers=headers).status_code == 400
    del fields["X-Experience-API-Version"]
    assert form(store_1_0_3, "statements", "POST", fields, headers=headers).status_code == 200


def test_a_form_may_be_packed(store_1_0_3):
    fields = urlencode(signed(store_1_0_3, limit="1")).encode()
    headers = {"content-encoding": "gzip"}
    packed = gzip.compress(fields)
    assert form(store_1_0_3, "statements", "GET", packed, headers=headers).status_code == 200


def test_a_form_may_be_empty(store_1_0_3):
    headers = {"authorization": store_1_0_3.authorization, "x-experience-api-version": "1.0.3"}
    response = form(store_1_0_3, "statements", "GET", b"", headers=headers)
    assert response.json()["statements"] == []


def test_a_form_without_credentials_is_refused(store_1_0_3):
    fields = {"X-Experience-API-Version": "1.0.3", "content": json.dumps(make_statement())}
    response = form(store_1_0_3, "statements", "POST", fields)
    assert response.status_code == 401
    assert not Statement.objects.exists()


CONTENT = {"content": "{}"}


@pytest.mark.parametrize(
    ("method", "fields", "query"),
    [
        ("PUT", {**ABOUT, **CONTENT}, "&stateId=bookmark"),  # 1.3.s3.b3
        ("PUT", {**ABOUT, **CONTENT}, "&method=PUT"),
        ("PUT", ABOUT, ""),  # 1.3.s3.b4
        ("POST", ABOUT, ""),
        ("GET", {**ABOUT, **CONTENT}, ""),
        ("DELETE", {**ABOUT, **CONTENT}, ""),
        ("PUT", {**ABOUT, **CONTENT, "unknown": "1"}, ""),
        ("PATCH", {**ABOUT, **CONTENT}, ""),
        ("put", {**ABOUT, **CONTENT}, ""),
        ("", {**ABOUT, **CONTENT}, ""),
        ("PUT", {**ABOUT, **CONTENT, "Content-Type": "text/html\r\nX-Evil: 1"}, ""),
        ("PUT", {**ABOUT, **CONTENT, "Content-Type": "text/plain; é"}, ""),
    ],
)
def test_what_a_form_may_not_be(store_1_0_3, method, fields, query):
    response = form(
        store_1_0_3, "activities/state", method, signed(store_1_0_3, **fields), query=query
    )
    assert response.status_code == 400
    assert response.json()["error"]
    assert not Document.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        json.dumps({"statementId": "x", "content": "{}"}).encode(),
        b"content=%FF%FE",
        b"content=\xff",
        b"&&&",
        b"content={}&content={}",
        b"content={}&Content-Type=a/b&content-type=a/b",
        "&".join(f"a{number}=1" for number in range(1000)).encode(),
    ],
)
def test_bodies_that_are_no_form(store_1_0_3, body):
    headers = {"authorization": store_1_0_3.authorization, "x-experience-api-version": "1.0.3"}
    response = form(store_1_0_3, "statements", "PUT", body, headers=headers)
    assert response.status_code == 400
    assert response["X-Experience-API-Version"] == "1.0.3"


def test_only_post_is_read_as_a_form(store):
    """Elsewhere "method" is a parameter that nobody knows."""
    for method in ("GET", "PUT"):
        response = store.request(method, "statements", query={"method": "POST"})
        assert response.status_code == 400


@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
def test_2_0_reads_no_forms(store_2_0, method):
    fields = signed(store_2_0, content=json.dumps(make_statement()))
    headers = {"authorization": store_2_0.authorization, "x-experience-api-version": "2.0.0"}
    response = form(store_2_0, "statements", method, fields, headers=headers)
    assert response.status_code == 400
    assert not Statement.objects.exists()
