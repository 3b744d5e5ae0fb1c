"""Methods, headers and packing that hold for every resource: xAPI 1.0.3 Communication 1.1, 1.2,
1.4, 3.2; and what browsers ask of a store that content on other origins speaks to."""

import gzip
import json
import zlib

import pytest

from academy.xapi.models import Document, Statement
from tests.conformance.xapi.conftest import make_statement

AGENT = {"account": {"homePage": "https://people.example", "name": "4711"}}
READS = {
    "about": {},
    "statements": {},
    "activities": {"activityId": "https://content.example/1"},
    "activities/state": {"activityId": "https://content.example/1", "agent": AGENT},
    "activities/profile": {"activityId": "https://content.example/1"},
    "agents": {"agent": AGENT},
    "agents/profile": {"agent": AGENT},
}
each_resource = pytest.mark.parametrize("resource", READS)


# --- methods ------------------------------------------------------------------------------------
@each_resource
def test_head_is_get_without_the_body(store, resource):
    """1.1.s3.b1"""
    store.send(make_statement())
    read = store.get(resource, **READS[resource])
    head = store.request("HEAD", resource, query=READS[resource])

    assert read.status_code == head.status_code == 200
    assert head.content == b""
    assert head["Content-Length"] == str(len(read.content))
    assert head["Content-Type"] == read["Content-Type"] == "application/json"
    assert head["ETag"] == read["ETag"]


@each_resource
def test_get_has_an_etag(store, resource):
    """3.1.s4.b1, b4: in quotes, and the same as long as the answer is."""
    first, second = (store.get(resource, **READS[resource])["ETag"] for _time in range(2))
    assert first == second
    assert first[0] == first[-1] == '"'


@pytest.mark.parametrize(
    ("resource", "method"),
    [
        ("statements", "DELETE"),
        ("statements", "PATCH"),
        *(
            (resource, method)
            for resource in ("about", "activities", "agents")
            for method in ("PUT", "POST", "DELETE", "PATCH", "TRACE")
        ),
        *((resource, "PATCH") for resource in READS if "/" in resource),
    ],
)
def test_methods_that_are_not(store, resource, method):
    """3.2.s3.b1: 405 with what is allowed, before anybody is asked who they are."""
    for authorization in (store.authorization, None):
        response = store.request(
            method, resource, query=READS[resource], headers={"authorization": authorization}
        )
        assert response.status_code == 405
        assert "GET, HEAD" in response["Allow"]
        assert method not in response["Allow"]
        assert response.json()["error"]


# --- every answer -------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "resource",
    [
        "",
        "statement",
        "statements/",
        "Statements",
        "activities/state/x",
        "../admin/",
        "about/x",
        "2",
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "POST", "DELETE"])
def test_what_is_no_resource(store, resource, method):
    response = store.request(method, resource, b"{}", headers={"authorization": None})
    assert response.status_code == 404
    if not resource.startswith(".."):
        assert response["X-Experience-API-Version"] == store.version
    if method != "HEAD":
        assert response.json()["error"]


def test_every_answer_names_the_version(store):
    """3.3.s3.b1, b2"""
    for response in (
        store.get("about"),
        store.get("statements"),
        store.get("nothing"),
        store.get("statements", limit="x"),
        store.request("DELETE", "statements"),
        store.request("GET", "statements", headers={"authorization": None}),
        store.request("GET", "statements", headers={"x-experience-api-version": None}),
        store.request("GET", "statements", headers={"x-experience-api-version": "0.9"}),
        store.request("POST", "statements", "{"),
        store.request("POST", "statements", b"x" * 20_000_000),
        store.request("GET", "statements?" + "&".join(["a=1"] * 20_000)),
    ):
        assert response["X-Experience-API-Version"] == store.version


def test_consistent_through_is_said_of_statements(store):
    """2.1.3.s2.b5"""
    header = "X-Experience-API-Consistent-Through"
    assert header in store.get("statements")
    assert header in store.get("statements", limit="x")
    assert header in store.send(make_statement())
    assert header not in store.get("agents", **READS["agents"])


def test_more_parameters_than_anybody_reads(store):
    response = store.request("GET", "statements?" + "&".join(f"a{n}=1" for n in range(20_000)))
    assert response.status_code == 400
    assert response.json()["error"]


# --- packing ------------------------------------------------------------------------------------
def test_answers_are_packed_for_those_who_read_gzip(store):
    store.send([make_statement() for _number in range(5)])
    plain = store.get("statements")
    packed = store.request("GET", "statements", headers={"accept-encoding": "gzip"})

    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert "Accept-Encoding" in packed["Vary"]


def test_a_packed_answer_has_a_weak_tag_that_a_put_may_use(store):
    """3.1.s4.b3"""
    query = {**READS["activities/profile"], "profileId": "1"}
    store.request(
        "PUT", "activities/profile", b"x" * 1000, query=query, headers={"if-none-match": "*"}
    )
    packed = store.request(
        "GET", "activities/profile", query=query, headers={"accept-encoding": "gzip"}
    )
    assert packed["ETag"].startswith('W/"')
    headers = {"if-match": packed["ETag"]}
    put = store.request("PUT", "activities/profile", b"new", query=query, headers=headers)
    assert put.status_code == 204


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "GZIP"])
def test_bodies_may_be_packed(store, coding):
    statement = make_statement(result={"response": "é" * 1000})
    packed = gzip.compress(json.dumps([statement]).encode())
    response = store.send(packed, headers={"content-encoding": coding})
    assert response.json() == [statement["id"]]

    query = {**READS["activities/profile"], "profileId": "1"}
    headers = {"content-encoding": coding, "if-none-match": "*"}
    body = gzip.compress(b"\0" * 5000)
    put = store.request("PUT", "activities/profile", body, query=query, headers=headers)
    assert put.status_code == 204
    assert bytes(Document.objects.get().content) == b"\0" * 5000


def test_a_bomb_does_not_go_off(store):
    """A gigabyte of zeros in a megabyte: refused at the limit of bodies, unpacked no further."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(b"\0" * 10_000_000) for _part in range(100)) + packer.flush()
    assert len(bomb) < 2_000_000
    response = store.send(bomb, headers={"content-encoding": "gzip"})
    assert response.status_code == 413
    assert "unpacked" in response.json()["error"]


GOOD = gzip.compress(json.dumps(make_statement()).encode())


@pytest.mark.parametrize(
    ("body", "coding", "status"),
    [
        (b"not gzip", "gzip", 400),
        (b"", "gzip", 400),
        (GOOD[:-4], "gzip", 400),
        (GOOD[: len(GOOD) // 2], "gzip", 400),
        (GOOD + b"more", "gzip", 400),
        (GOOD, "identity", 400),
        (GOOD, "br", 415),
        (GOOD, "gzip, gzip", 415),
    ],
)
def test_bodies_packed_wrongly(store, body, coding, status):
    response = store.send(body, headers={"content-encoding": coding})
    assert response.status_code == status
    assert response.json()["error"]
    assert not Statement.objects.exists()


def test_a_body_in_chunks_is_refused_not_taken_for_empty(store):
    query = {**READS["activities/profile"], "profileId": "1"}
    headers = {"transfer-encoding": "chunked", "if-none-match": "*"}
    response = store.request("PUT", "activities/profile", query=query, headers=headers)
    assert response.status_code == 411
    assert "Content-Length" in response.json()["error"]
    assert not Document.objects.exists()


# --- other origins ------------------------------------------------------------------------------
CONTENT = "https://content.example.gov"


def preflight(store, origin: str, resource: str = "statements"):
    return store.request(
        "OPTIONS",
        resource,
        headers={
            "authorization": None,
            "x-experience-api-version": None,
            "origin": origin,
            "access-control-request-method": "PUT",
            "access-control-request-headers": "authorization,x-experience-api-version,if-match",
        },
    )


@pytest.fixture
def allowing(settings) -> None:
    settings.CORS_ALLOWED_ORIGINS = [CONTENT]


def test_content_of_an_allowed_origin_may_ask(store, allowing):
    allowed = preflight(store, CONTENT)
    assert allowed.status_code == 200
    assert allowed["Access-Control-Allow-Origin"] == CONTENT
    assert "PUT" in allowed["Access-Control-Allow-Methods"]
    for header in ("authorization", "x-experience-api-version", "if-match", "content-type"):
        assert header in allowed["Access-Control-Allow-Headers"]

    response = store.request("GET", "statements", headers={"origin": CONTENT})
    assert response["Access-Control-Allow-Origin"] == CONTENT
    assert "Access-Control-Allow-Credentials" not in response
    for header in ("ETag", "Last-Modified", "X-Experience-API-Consistent-Through"):
        assert header in response["Access-Control-Expose-Headers"]
    assert "origin" in response["Vary"].lower()


def test_errors_can_be_read_there_too(store, allowing):
    for headers in ({"authorization": None}, {"x-experience-api-version": "9"}):
        response = store.request("GET", "statements", headers={"origin": CONTENT, **headers})
        assert response.status_code >= 400
        assert response["Access-Control-Allow-Origin"] == CONTENT


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", CONTENT + ".evil.example", "http://content.example.gov"],
)
def test_other_origins_may_not(store, allowing, origin):
    assert "Access-Control-Allow-Origin" not in preflight(store, origin)
    response = store.request("GET", "statements", headers={"origin": origin})
    assert "Access-Control-Allow-Origin" not in response


def test_no_origin_is_allowed_unless_configured(store):
    assert "Access-Control-Allow-Origin" not in preflight(store, CONTENT)


def test_the_rest_of_the_academy_answers_no_other_origin(client, db, allowing):
    response = client.get("/en/about/privacy/", headers={"origin": CONTENT})
    assert "Access-Control-Allow-Origin" not in response
