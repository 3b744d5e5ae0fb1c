"""Who may do what: xAPI 1.0.3 Communication 4; 4.2 for the scopes."""

from base64 import b64encode
from typing import Any

import pytest

from academy.xapi.models import Document, Statement
from tests.conformance.xapi.conftest import ENDPOINTS, make_statement, make_store

AGENT = {"account": {"homePage": "https://people.example", "name": "4711"}}
ACTIVITY = "https://content.example/1"
STATE = {"activityId": ACTIVITY, "agent": AGENT, "stateId": "1"}
ACTIVITY_PROFILE = {"activityId": ACTIVITY, "profileId": "1"}
AGENT_PROFILE = {"agent": AGENT, "profileId": "1"}

#: What can be asked: method, resource, parameters; and the scopes of which one is enough.
REQUESTS: list[tuple[str, str, dict[str, Any], set[str]]] = [
    ("GET", "statements", {}, {"statements/read", "statements/read/mine"}),
    ("HEAD", "statements", {}, {"statements/read", "statements/read/mine"}),
    ("POST", "statements", {}, {"statements/write"}),
    ("GET", "agents", {"agent": AGENT}, {"statements/read", "profile"}),
    ("GET", "activities", {"activityId": ACTIVITY}, {"statements/read", "profile", "state"}),
    *(
        (method, resource, query, {scope})
        for resource, query, scope in (
            ("activities/state", STATE, "state"),
            ("activities/profile", ACTIVITY_PROFILE, "profile"),
            ("agents/profile", AGENT_PROFILE, "profile"),
        )
        for method in ("GET", "HEAD", "PUT", "POST", "DELETE")
    ),
]
SCOPES = ["statements/write", "statements/read/mine", "statements/read", "state", "profile", "all"]
each_request = pytest.mark.parametrize(
    ("method", "resource", "query", "enough"),
    REQUESTS,
    ids=[f"{method} {resource}" for method, resource, _query, _enough in REQUESTS],
)


def ask(store, method, resource, query, **options):
    body = make_statement() if resource == "statements" and method == "POST" else b"{}"
    return store.request(method, resource, body, query=query, **options)


@pytest.mark.parametrize("version", sorted(ENDPOINTS))
@pytest.mark.parametrize("scope", SCOPES)
@each_request
def test_a_scope_opens_what_it_says_and_nothing_else(
    db, version, scope, method, resource, query, enough
):
    response = ask(make_store(version, scope), method, resource, query)
    allowed = scope in enough or scope == "all"
    assert (response.status_code == 403) is not allowed
    if not allowed:
        assert not Statement.objects.exists()
        assert not Document.objects.exists()
        if method != "HEAD":
            assert "scopes" in response.json()["error"]


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Basic",
        "Basic ???",
        "Basic:" + b64encode(b"a:b").decode(),
        "Basic " + b64encode(b"RobCIsNot:AUserOnThisLRS").decode(),
        "Basic " + b64encode(b"no colon").decode(),
        "Basic " + b64encode(b"\xff:\xff").decode(),
        "Basic " + b64encode(b"nul\0:nul\0").decode(),
        "Basic " + b64encode(b"launch.nul\0:x").decode(),
        "Basic " + b64encode(b"x" * 10_000 + b":x").decode(),
        "Basic YTpi=YTpi",
        "Bearer abc",
    ],
)
@each_request
def test_without_valid_credentials_nothing_is_answered(
    store, authorization, method, resource, query, enough
):
    """XAPI-00334"""
    response = ask(store, method, resource, query, headers={"authorization": authorization})
    assert response.status_code == 401
    assert "WWW-Authenticate" in response
    assert not Statement.objects.exists()
    assert not Document.objects.exists()


def test_a_browsers_content_is_asked_by_no_dialogue(store):
    """A page on another origin that lost its token must not make people type a password."""
    for headers, scheme in (({}, "Basic"), ({"origin": "https://content.example"}, "xBasic")):
        response = store.request("GET", "statements", headers={"authorization": None, **headers})
        assert response.status_code == 401
        assert response["WWW-Authenticate"].split()[0] == scheme


def test_mine_is_what_the_client_wrote_itself(store):
    """statements/read/mine: neither lists nor single statements of others."""
    others, own = make_statement(), make_statement()
    store.send(others)
    writer = make_store(store.version, "statements/write", "statements/read/mine")
    writer.send(own)

    found = writer.get("statements").json()["statements"]
    assert [statement["id"] for statement in found] == [own["id"]]
    assert writer.get("statements", statementId=own["id"]).status_code == 200
    assert writer.get("statements", statementId=others["id"]).status_code == 404
    assert len(store.get("statements").json()["statements"]) == 2


def test_the_store_sets_the_authority(store):
    """Data 2.4.9.s3.b1: whatever a client claims, it vouches for what it wrote itself."""
    statement = make_statement(authority={"mbox": "mailto:minister@example.org"})
    store.send(statement)
    authority = store.get("statements", statementId=statement["id"]).json()["authority"]
    assert authority["account"]["homePage"] == "https://academy.example"
    assert "mbox" not in authority
