"""Programs and launched content: their secrets, how these are renewed, and what tokens open."""

import json
from base64 import b64encode
from dataclasses import dataclass
from datetime import timedelta
from io import StringIO
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from academy.core.clock import now
from academy.core.errors import Conflict
from academy.people.models import Identity, User
from academy.people.services import identity_for
from academy.xapi.clients import (
    IssuedToken,
    authenticate_client,
    create_client,
    issue_launch_token,
    revoke_client,
    rotate_client,
    withdraw_launch_tokens,
)
from academy.xapi.models import Document, LaunchToken, LrsClient, Statement
from academy.xapi.vocabulary import adl
from tests.xapi.helpers import make_statement

pytestmark = pytest.mark.django_db


# --- rotation -----------------------------------------------------------------------------------
def test_after_a_rotation_both_secrets_are_taken_for_a_while():
    client, old = create_client(name="Vendor", scopes=["all"])
    at = now()
    new = rotate_client(client=client, grace=timedelta(hours=2), at=at)

    def taken(secret: str, later: timedelta) -> bool:
        return authenticate_client(key=client.key, secret=secret, at=at + later) is not None

    assert taken(old, timedelta(hours=1, minutes=59))
    assert not taken(old, timedelta(hours=2))
    assert taken(new, timedelta(0))
    assert taken(new, timedelta(days=1000))


def test_a_leaked_secret_is_refused_at_once():
    client, old = create_client(name="Vendor", scopes=["all"])
    new = rotate_client(client=client, grace=timedelta(0))
    assert authenticate_client(key=client.key, secret=old) is None
    assert authenticate_client(key=client.key, secret=new)
    assert authenticate_client(key=client.key, secret="") is None


def test_of_three_secrets_the_first_is_refused():
    client, first = create_client(name="Vendor", scopes=["all"])
    second = rotate_client(client=client)
    third = rotate_client(client=client)
    taken = [
        authenticate_client(key=client.key, secret=secret) is not None
        for secret in (first, second, third)
    ]
    assert taken == [False, True, True]


def test_a_revoked_client_gets_no_new_secret():
    client, secret = create_client(name="Vendor", scopes=["all"])
    rotated = rotate_client(client=client)
    revoke_client(client=client)
    with pytest.raises(Conflict):
        rotate_client(client=client)
    for known in (secret, rotated):
        assert authenticate_client(key=client.key, secret=known) is None


# --- commands -----------------------------------------------------------------------------------
def run(*arguments: str) -> str:
    output = StringIO()
    call_command(*arguments, stdout=output)
    return output.getvalue()


def test_a_client_lives_by_commands():
    scopes = ["state", "statements/read/mine", "statements/write"]
    made = json.loads(
        run("create_lrs_client", "--name", "V", *(f"--scope={scope}" for scope in scopes))
    )
    assert made["scopes"] == scopes
    key = made["key"]

    rotated = json.loads(run("rotate_lrs_client", key))
    assert rotated["key"] == key
    for secret in (made["secret"], rotated["secret"]):
        assert authenticate_client(key=key, secret=secret)
    last = json.loads(run("rotate_lrs_client", key, "--grace-hours", "0"))["secret"]
    assert authenticate_client(key=key, secret=rotated["secret"]) is None
    assert authenticate_client(key=key, secret=last)

    assert key in run("revoke_lrs_client", key)
    assert authenticate_client(key=key, secret=last) is None


@pytest.mark.parametrize(
    "arguments",
    [
        ("rotate_lrs_client", "unknown"),
        ("revoke_lrs_client", "unknown"),
        ("rotate_lrs_client", "KEY", "--grace-hours", "-1"),
        ("rotate_lrs_client", "KEY", "--grace-hours", "100000"),
        ("rotate_lrs_client", "KEY", "--grace-hours", "nan"),
        ("rotate_lrs_client", "REVOKED"),
    ],
)
def test_commands_say_what_is_wrong(arguments):
    client, secret = create_client(name="V", scopes=["all"])
    revoked, _secret = create_client(name="R", scopes=["all"])
    revoke_client(client=revoked)
    keys = {"KEY": client.key, "REVOKED": revoked.key}
    with pytest.raises(CommandError):
        run(*(keys.get(argument, argument) for argument in arguments))
    assert authenticate_client(key=client.key, secret=secret)
    assert LrsClient.objects.count() == 2


# --- launched content ---------------------------------------------------------------------------
REGISTRATION = UUID("11111111-1111-4111-8111-111111111111")
ACTIVITY = "https://content.example/course/1"


@dataclass
class Content:
    """Content in a learner's browser, with the token it was launched with."""

    person: User
    issued: IssuedToken
    http: Client

    @property
    def actor(self) -> dict:
        return identity_for(self.person).actor

    def statement(self, **changes) -> dict:
        context = {"registration": str(REGISTRATION)}
        return make_statement(**{"actor": self.actor, "context": context, **changes})

    def send(self, method: str, address: str, body="", **query):
        words = {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in query.items()
        }
        return self.http.generic(
            method,
            f"/xapi/{address}",
            body if isinstance(body, str) else json.dumps(body),
            content_type="application/json",
            query_params=words,
            headers={
                "authorization": self.issued.authorization,
                "x-experience-api-version": "2.0.0",
            },
        )

    def state(self, **changes) -> dict:
        about = {
            "activityId": ACTIVITY,
            "agent": self.actor,
            "registration": str(REGISTRATION),
            "stateId": "bookmark",
        }
        return {name: value for name, value in (about | changes).items() if value is not None}


@pytest.fixture
def content(learner) -> Content:
    return Content(learner, issue_launch_token(person=learner, registration=REGISTRATION), Client())


def test_content_writes_for_its_learner_in_its_registration(content):
    statement = content.statement()
    assert content.send("POST", "statements", [statement]).status_code == 200
    second = content.statement()
    put = content.send("PUT", "statements", second, statementId=second["id"])
    assert put.status_code == 204

    stored = Statement.objects.get(statement_id=statement["id"])
    assert stored.actor.endswith(content.actor["account"]["name"])
    members = stored.authority["member"]
    assert stored.authority["objectType"] == "Group"
    assert members[0]["account"]["name"] == "launched-content"
    assert members[1] == content.actor


OTHER = {"account": {"homePage": "https://academy.example", "name": "somebody-else"}}


@pytest.mark.parametrize(
    "changes",
    [
        {"actor": OTHER},
        {"actor": {"mbox": "mailto:ada@academy.example"}},
        {"actor": {"objectType": "Group", "member": [OTHER]}},
        {"actor": None},
        {"actor": "x"},
        {"context": None},
        {"context": []},
        {"context": {}},
        {"context": {"registration": str(uuid4())}},
        {"context": {"registration": None}},
        {
            "verb": {"id": adl.VOIDED.id},
            "object": {"objectType": "StatementRef", "id": str(uuid4())},
        },
    ],
)
def test_content_writes_nothing_else(content, changes):
    statement = content.statement(**changes)
    for body in (statement, [content.statement(), statement]):
        response = content.send("POST", "statements", body)
        assert response.status_code == 403
        assert response.json()["error"]
    assert not Statement.objects.exists()


def test_a_group_with_the_learners_account_is_not_the_learner(content):
    group = {"objectType": "Group", "account": content.actor["account"]}
    assert content.send("POST", "statements", content.statement(actor=group)).status_code == 403


@pytest.mark.parametrize("body", ["null", "7", "[null]", "{}", '[{"actor": {}}]'])
def test_what_is_no_statement_is_refused(content, body):
    assert content.send("POST", "statements", body).status_code in (400, 403)
    assert not Statement.objects.exists()


def test_content_keeps_its_state(content):
    assert (
        content.send("POST", "activities/state", {"page": 7}, **content.state()).status_code == 204
    )
    assert content.send("GET", "activities/state", **content.state()).json() == {"page": 7}
    listed = content.send("GET", "activities/state", **content.state(stateId=None))
    assert listed.json() == ["bookmark"]
    assert content.send("DELETE", "activities/state", **content.state()).status_code == 204
    assert not Document.objects.exists()


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "POST", "DELETE"])
@pytest.mark.parametrize(
    "changes",
    [
        {"agent": OTHER},
        {"registration": str(uuid4())},
        {"registration": None},
    ],
)
def test_content_reaches_no_other_state(content, method, changes):
    assert (
        content.send(method, "activities/state", "{}", **content.state(**changes)).status_code
        == 403
    )
    if method in ("GET", "DELETE"):
        many = content.state(**changes, stateId=None)
        assert content.send(method, "activities/state", **many).status_code == 403
    assert not Document.objects.exists()


@pytest.mark.parametrize(
    ("method", "address", "query"),
    [
        ("GET", "statements", {}),
        ("GET", "statements", {"statementId": str(uuid4())}),
        ("GET", "agents", {"agent": OTHER}),
        ("GET", "agents/profile", {"agent": OTHER}),
        ("POST", "agents/profile", {"agent": OTHER, "profileId": "x"}),
        ("GET", "activities/profile", {"activityId": ACTIVITY}),
        ("POST", "activities/profile", {"activityId": ACTIVITY, "profileId": "x"}),
    ],
)
def test_content_reads_nothing_else(content, method, address, query):
    assert content.send(method, address, **query).status_code == 403


def test_content_may_read_about_its_activity(content):
    assert content.send("GET", "activities", activityId=ACTIVITY).status_code == 200


def refused(content) -> bool:
    """Whether the token is refused; never with a challenge that opens a sign-in dialogue."""
    response = content.send("POST", "statements", content.statement())
    if response.status_code != 401:
        return False
    assert not response["WWW-Authenticate"].startswith("Basic")
    assert response.json()["error"]
    return True


def test_tokens_expire(content):
    assert not refused(content)
    LaunchToken.objects.update(expires_at=now())
    assert refused(content)


def test_a_token_lives_as_long_as_was_said(learner):
    at = now()
    issued = issue_launch_token(
        person=learner, registration=REGISTRATION, lifetime=timedelta(minutes=5), at=at
    )
    assert issued.token.expires_at == at + timedelta(minutes=5)


def test_tokens_can_be_withdrawn(content):
    withdraw_launch_tokens(person=content.person)
    assert refused(content)


def test_tokens_end_with_the_account(content):
    User.objects.update(is_active=False)
    assert refused(content)


def test_tokens_end_with_the_erasure_of_the_person(content):
    Identity.objects.update(person=None)
    assert refused(content)


@pytest.mark.parametrize("secret", ["", "x", "ü"])
def test_a_token_needs_its_secret(content, secret):
    key = content.issued.token.key
    content.issued = IssuedToken(content.issued.token, secret)
    assert b64encode(f"{key}:{secret}".encode()).decode() in content.issued.authorization
    assert refused(content)


def test_a_clients_key_opens_no_token_and_the_reverse(content):
    token = content.issued.token
    assert authenticate_client(key=token.key, secret=content.issued.secret) is None


def test_the_secret_of_a_token_is_kept_as_a_hash(content):
    assert content.issued.secret not in str(LaunchToken.objects.values().get())


def test_expired_tokens_are_cleared_away_when_the_next_is_issued(content):
    live = issue_launch_token(person=content.person, registration=uuid4()).token
    LaunchToken.objects.exclude(pk=live.pk).update(expires_at=now() - timedelta(days=1))
    third = issue_launch_token(person=content.person, registration=uuid4()).token
    assert set(LaunchToken.objects.all()) == {live, third}
