"""The store over HTTP. In brackets: xAPI 1.0.3, Part Three (Communication)."""

import json
from base64 import b64encode
from datetime import timedelta
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from academy.core.clock import now
from academy.people.services import identity_for
from academy.xapi import services
from academy.xapi.clients import authenticate_client, revoke_client
from academy.xapi.models import LrsClient, Statement
from academy.xapi.schema import instant, parse_timestamp
from academy.xapi.vocabulary import ActivityType, adl
from tests.xapi.helpers import make_program, make_statement

STATEMENTS = "/xapi/statements"
VERSION = {"x-experience-api-version": "2.0.0"}


def ids(response) -> list[str]:
    assert response.status_code == 200, response.content
    return [statement["id"] for statement in response.json()["statements"]]


# --- about (2.8) --------------------------------------------------------------------------------
def test_about_is_open_to_all(client, db):
    response = client.get("/xapi/about")

    assert response.status_code == 200
    assert {"1.0.3", "2.0.0"} <= set(response.json()["version"])
    assert response["X-Experience-API-Version"] == "2.0.0"


# --- who may ------------------------------------------------------------------------------------
def test_anonymous_requests_are_refused(client, db):
    response = client.get(STATEMENTS, headers=VERSION)

    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Basic")
    assert response.json()["error"]


def test_a_learner_may_not_read_the_store(client, learner):
    client.force_login(learner)
    assert client.get(STATEMENTS).status_code == 403


def test_an_operator_may_look_with_a_browser(client, operator, learner):
    statement_id = services.record(
        actor=learner, verb=adl.COMPLETED, activity={"id": "https://content.example/1"}
    )
    client.force_login(operator)

    assert ids(client.get(STATEMENTS)) == [str(statement_id)]
    assert client.get(STATEMENTS, {"statementId": statement_id}).status_code == 200


@pytest.mark.parametrize("method", ["post", "put"])
def test_no_session_may_write(operator, method):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(operator)
    statement = make_statement()
    response = getattr(browser, method)(
        f"{STATEMENTS}?statementId={statement['id']}" if method == "put" else STATEMENTS,
        json.dumps(statement),
        content_type="application/json",
        headers=VERSION,
    )

    assert response.status_code == 401
    assert not Statement.objects.exists()


def test_clients_do_only_what_their_scopes_say(db):
    reader, writer = make_program("statements/read"), make_program("statements/write")

    assert reader.post(make_statement()).status_code == 403
    assert writer.post(make_statement()).status_code == 200
    assert writer.get().status_code == 403
    assert len(ids(reader.get())) == 1
    assert writer.http.head(STATEMENTS, headers=writer.headers()).status_code == 403


@pytest.mark.parametrize(
    "authorization",
    [
        "Basic",
        "Basic ???",
        "Basic " + b64encode(b"\xff\xfe:x").decode(),
        "Basic " + b64encode(b"unknown:secret").decode(),
        "Basic " + b64encode(b"no colon").decode(),
        "Basic " + b64encode(b"nul\0:x").decode(),
        "Bearer abc",
        "",
    ],
)
def test_unknown_credentials_are_refused(client, operator, authorization):
    client.force_login(operator)  # a session does not make up for them
    response = client.get(STATEMENTS, headers={**VERSION, "authorization": authorization})
    assert response.status_code == 401


def test_a_wrong_secret_and_a_revoked_client_are_refused(program):
    assert program.get().status_code == 200
    right, program.secret = program.secret, program.secret[:-1]
    assert program.get().status_code == 401
    program.secret = right
    revoke_client(client=program.model)
    assert program.get().status_code == 401


def test_the_last_use_of_a_client_is_noted_to_five_minutes(program):
    program.get()
    program.model.refresh_from_db()
    first = program.model.last_used_at
    assert first is not None
    program.get()
    program.model.refresh_from_db()
    assert program.model.last_used_at == first


def test_secrets_are_kept_as_hashes(program):
    assert program.secret not in str(LrsClient.objects.values().get())


# --- versions (3.3) -----------------------------------------------------------------------------
@pytest.mark.parametrize("sent", ["1.0", "1.0.0", "1.0.3", "2.0.0"])
def test_versions_that_are_spoken(program, sent):
    """Either address takes both versions, and declares its own (Communication 3.3)."""
    response = program.post(make_statement(), **{"x-experience-api-version": sent})
    assert response.status_code == 200
    assert response["X-Experience-API-Version"] == "2.0.0"
    response = program.http.get(
        "/xapi/1.0.3/statements", headers=program.headers(**{"x-experience-api-version": sent})
    )
    assert response.status_code == 200
    assert response["X-Experience-API-Version"] == "1.0.3"


@pytest.mark.parametrize("sent", ["0.95", "1.1.0", "3.0.0", "1.0.x", "", "2"])
def test_versions_that_are_not(program, sent):
    response = program.post(make_statement(), **{"x-experience-api-version": sent})
    assert response.status_code == 400
    assert "X-Experience-API-Version" in response.json()["error"]


def test_clients_must_name_a_version(program):
    headers = program.headers()
    del headers["x-experience-api-version"]
    response = program.http.get(STATEMENTS, headers=headers)

    assert response.status_code == 400
    assert "X-Experience-API-Version" in response


# --- storing (2.1.1, 2.1.2) ---------------------------------------------------------------------
def test_post_one_and_read_it_back(program):
    statement = make_statement(result={"response": "Écrit en français, 日本語"})
    response = program.post(statement)
    assert response.status_code == 200
    assert response.json() == [statement["id"]]

    read = program.get(statementId=statement["id"])
    assert read["Content-Type"] == "application/json"
    assert read["Last-Modified"]
    document = read.json()
    assert document["result"] == statement["result"]
    assert document["authority"]["account"]["name"] == program.model.key
    assert document["stored"] == document["timestamp"]


def test_post_a_batch(program):
    batch = [make_statement(), make_statement(id=None), make_statement()]
    answered = program.post(batch).json()

    assert answered[0] == batch[0]["id"]
    assert answered[2] == batch[2]["id"]
    assert ids(program.get(ascending="true")) == answered
    assert program.post([]).json() == []


def test_a_batch_with_a_bad_statement_stores_nothing(program):
    response = program.post([make_statement(), make_statement(verb={"id": "x"})])

    assert response.status_code == 400
    assert response.json()["error"].startswith("verb.id: must be an IRI")
    assert not Statement.objects.exists()


def test_put(program):
    statement = make_statement()
    assert program.put(statement).status_code == 204
    without_id = make_statement(id=None)
    new_id = str(uuid4())
    assert program.put(without_id, new_id).status_code == 204

    assert set(ids(program.get())) == {statement["id"], new_id}


def test_the_same_again_is_no_error_and_something_else_a_conflict(program):
    statement = make_statement()
    other = statement | {"result": {"success": False}}
    assert program.put(statement).status_code == 204
    assert program.put(statement).status_code == 204
    assert program.post(statement).status_code == 204
    assert program.put(program.get(statementId=statement["id"]).json()).status_code == 204

    assert program.put(other).status_code == 409
    assert program.post([make_statement(), other]).status_code == 409
    assert ids(program.get()) == [statement["id"]]


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ("", make_statement()),
        ("?statementId=x", make_statement()),
        (f"?statementId={uuid4()}", make_statement()),
        (f"?statementId={uuid4()}", [make_statement(id=None)]),
        (f"?statementId={uuid4()}", "statement"),
        (f"?statementId={uuid4()}&agent=x", make_statement(id=None)),
        (f"?statementId={uuid4()}", make_statement(id=7)),
    ],
    ids=["no id", "no uuid", "another id", "a list", "a string", "an agent", "a number as id"],
)
def test_put_needs_one_statement_and_its_id(program, query, body):
    response = program.http.put(
        STATEMENTS + query,
        json.dumps(body),
        content_type="application/json",
        headers=program.headers(),
    )
    assert response.status_code == 400
    assert not Statement.objects.exists()


def test_post_takes_no_parameters(program):
    response = program.http.post(
        STATEMENTS + "?statementId=" + str(uuid4()),
        json.dumps(make_statement()),
        content_type="application/json",
        headers=program.headers(),
    )
    assert response.status_code == 400


def test_other_methods_are_refused(program):
    response = program.http.delete(STATEMENTS, headers=program.headers())
    assert response.status_code == 405


ONE = json.dumps(make_statement())
BAD_BODIES = {
    "nothing": b" ",
    "no json": b"{actor: 1}",
    "a scalar": b"7",
    "null": b"null",
    "a list of scalars": b"[1, null]",
    "cut off": ONE[:-5].encode(),
    "cut off list": f"[{ONE},".encode(),
    "list without comma": f"[{ONE} {ONE}]".encode(),
    "list with a comma too many": f"[{ONE},]".encode(),
    "two values": f"{ONE}{ONE}".encode(),
    "list and more": f"[{ONE}] x".encode(),
    "a property twice": ONE.replace('"actor":', '"actor": {}, "actor":').encode(),
    "a property twice, deep": ONE.replace('"id": "https', '"id": "x", "id": "https').encode(),
    "NaN": ONE.replace('"verb"', '"result": {"score": {"raw": NaN}}, "verb"').encode(),
    "infinity": ONE.replace('"verb"', '"result": {"score": {"raw": -Infinity}}, "verb"').encode(),
    "a number beyond floats": ONE.replace(
        '"verb"', '"result": {"score": {"raw": 1e999}}, "verb"'
    ).encode(),
    "a number of 5000 digits": ONE.replace(
        '"verb"', '"result": {"score": {"raw": ' + "9" * 5000 + '}}, "verb"'
    ).encode(),
    "no utf-8": ONE.replace("completed", "compl\xe9ted").encode("latin-1"),
    "utf-16": ONE.encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf" + ONE.encode(),
    "overlong utf-8": ONE.encode().replace(b"4711", b"\xc0\x80"),
    "half a surrogate pair": ONE.replace("4711", "\\ud83d").encode(),
    "surrogates as utf-8": ONE.encode().replace(b"4711", b"\xed\xa0\xbd"),
    "NUL": ONE.replace("4711", "\\u0000").encode(),
    "NUL as a byte": ONE.encode().replace(b"4711", b"\0"),
    "nested 100,000 deep": b"[" * 100_000,
    "nested 300 deep": ONE.replace(
        '"verb"',
        '"context": {"extensions": {"http://x.example": ' + "[" * 300 + "]" * 300 + '}}, "verb"',
    ).encode(),
    "year 0": ONE.replace('"verb"', '"timestamp": "0000-01-01T00:00:00Z", "verb"').encode(),
    "year 9999 and an hour": ONE.replace(
        '"verb"', '"timestamp": "9999-12-31T23:30:00-01:00", "verb"'
    ).encode(),
    "the same id twice": f"[{ONE},{ONE}]".encode(),
    "attachment without its data": ONE.replace(
        '"verb"',
        '"attachments": [{"usageType": "http://x.example/u", "display": {"en": "x"},'
        f' "contentType": "text/plain", "length": 1, "sha2": "{"a" * 64}"' + '}], "verb"',
    ).encode(),
}


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES.keys())
def test_bad_bodies_are_refused_with_a_reason(program, body):
    response = program.post(body)

    assert response.status_code == 400, response.content
    assert response.json()["error"]
    assert not Statement.objects.exists()


@pytest.mark.parametrize("year", ["0001", "9999"])
def test_years_at_the_edge_can_be_stored_and_read(program, year):
    statement = make_statement(timestamp=f"{year}-06-01T00:00:00+05:00")
    assert program.post(statement).status_code == 200
    assert program.get(statementId=statement["id"]).json()["timestamp"] == statement["timestamp"]


@pytest.mark.parametrize("content_type", ["text/plain", "multipart/form-data; boundary=x", ""])
def test_bodies_of_another_kind_are_refused(program, content_type):
    response = program.http.post(
        STATEMENTS, ONE, content_type=content_type, headers=program.headers()
    )
    assert response.status_code == 400


def test_a_charset_may_be_named(program):
    response = program.http.post(
        STATEMENTS,
        ONE,
        content_type="application/json; charset=utf-8",
        headers=program.headers(),
    )
    assert response.status_code == 200


def test_bodies_and_batches_have_a_limit(program, settings):
    settings.XAPI_MAX_BODY = 100_000
    assert program.post([make_statement() for _ in range(300)]).status_code == 200
    too_long = program.post(make_statement(result={"response": "x" * 100_000}))
    assert too_long.status_code == 413
    assert "100000 bytes" in too_long.json()["error"]

    settings.XAPI_MAX_BODY = 10_000_000
    too_many = program.post([make_statement() for _ in range(1001)])
    assert too_many.status_code == 413
    assert "1000 statements" in too_many.json()["error"]
    assert Statement.objects.count() == 300


def test_bodies_larger_than_djangos_limit_for_forms_are_read(program):
    response = program.post(make_statement(result={"response": "x" * 3_000_000}))
    assert response.status_code == 200


# --- reading (2.1.3) ----------------------------------------------------------------------------
@pytest.fixture
def history(program):
    """Six statements, one a second: two agents, two verbs, two activities, two registrations."""
    start = now() - timedelta(minutes=1)
    statements = []
    for number in range(6):
        statement = make_statement(
            actor={"account": {"homePage": "https://people.example", "name": f"p{number % 2}"}},
            verb={"id": f"https://verbs.example/{number % 3}"},
            object={"id": f"https://content.example/{number // 3}"},
            context={"registration": f"00000000-0000-4000-8000-00000000000{number // 4}"},
        )
        services.store(
            statements=[statement],
            authority=services.academy_authority(),
            at=start + timedelta(seconds=number),
        )
        statements.append(statement)
    return statements


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, [5, 4, 3, 2, 1, 0]),
        ({"ascending": "true"}, [0, 1, 2, 3, 4, 5]),
        ({"agent": {"account": {"homePage": "https://people.example", "name": "p1"}}}, [5, 3, 1]),
        ({"agent": {"mbox": "mailto:nobody@people.example"}}, []),
        ({"verb": "https://verbs.example/2"}, [5, 2]),
        ({"activity": "https://content.example/0"}, [2, 1, 0]),
        ({"registration": "00000000-0000-4000-8000-000000000001"}, [5, 4]),
        ({"verb": "https://verbs.example/0", "activity": "https://content.example/1"}, [3]),
        ({"format": "exact", "attachments": "false"}, [5, 4, 3, 2, 1, 0]),
        ({"related_agents": "false", "related_activities": "false"}, [5, 4, 3, 2, 1, 0]),
        ({"until": "2001-01-01T00:00:00Z"}, []),
        ({"since": "9999-12-31T23:59:59Z"}, []),
        ({"since": "0001-01-01T00:00:00Z", "limit": 0}, [5, 4, 3, 2, 1, 0]),
    ],
)  # fmt: skip
def test_filters(program, history, query, expected):
    assert ids(program.get(**query)) == [history[number]["id"] for number in expected]


def test_since_is_exclusive_and_until_inclusive(program, history):
    stored = [statement.stored for statement in Statement.objects.order_by("stored")]
    since, until = instant(stored[1]), instant(stored[3])

    assert ids(program.get(since=since, until=until)) == [history[3]["id"], history[2]["id"]]


@pytest.mark.parametrize("ascending", ["true", "false"])
def test_more_leads_through_all_pages_while_statements_arrive(program, history, ascending):
    expected = [statement["id"] for statement in history]
    if ascending == "false":
        expected.reverse()
    query = {"limit": 2, "ascending": ascending, "until": instant(now())}
    seen, response = [], program.get(**query)
    for _page in range(3):
        seen += ids(response)
        program.post(make_statement())
        more = response.json()["more"]
        if more:
            assert more.startswith("/xapi/statements?")
            response = program.http.get(more, headers=program.headers())

    assert seen == expected
    assert more == ""


def test_a_page_takes_as_few_queries_for_one_statement_as_for_all(program, history):
    program.get()  # notes the use of the client
    counts = []
    for limit in (1, 6):
        with CaptureQueriesContext(connection) as queries:
            assert len(ids(program.get(limit=limit))) == limit
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 5  # client, consistency (one to three), page


def test_no_page_is_longer_than_a_hundred(program):
    for _batch in range(2):
        program.post([make_statement() for _ in range(60)])
    assert len(ids(program.get())) == len(ids(program.get(limit=5000))) == 100


def test_voided_statements(program, learner):
    statement = make_statement()
    program.post(statement)
    voiding = make_statement(
        verb={"id": adl.VOIDED.id}, object={"objectType": "StatementRef", "id": statement["id"]}
    )
    assert program.get(voidedStatementId=statement["id"]).status_code == 404
    assert program.post(voiding).status_code == 200

    assert program.get(statementId=statement["id"]).status_code == 404
    assert program.get(voidedStatementId=statement["id"]).json()["id"] == statement["id"]
    assert ids(program.get()) == [voiding["id"]]
    assert program.get(statementId=voiding["id"]).status_code == 200


def test_unknown_statements_are_not_found(program):
    response = program.get(statementId=uuid4())
    assert response.status_code == 404
    assert response.json()["error"]


@pytest.mark.parametrize(
    "query",
    [
        {"statementId": "x"},
        {"statementId": "' OR 1=1 --"},
        {"statementId": "../../etc/passwd"},
        {"statementId": ""},
        {"statementId": uuid4(), "voidedStatementId": uuid4()},
        {"statementId": uuid4(), "limit": 1},
        {"agent": "x"},
        {"agent": {}},
        {"agent": {"objectType": "Group", "member": [{"mbox": "mailto:a@b.example"}]}},
        {"agent": '{"account": {"homePage": "http://a.example", "name": "\\ud800"}}'},
        {"agent": '{"account": {"homePage": "http://a.example", "name": "\\u0000"}}'},
        {"agent": '{"mbox": "mailto:a@b.example", "mbox": "mailto:a@b.example"}'},
        {"agent": "[" * 20_000},
        {"verb": "completed"},
        {"verb": "http://a.example/\0"},
        {"activity": ""},
        {"registration": "1"},
        {"since": "yesterday"},
        {"since": ""},
        {"since": "2026-01-01T00:00:00-00:00"},
        {"until": "0000-01-01T00:00:00Z"},
        {"until": "9999-12-31T23:59:59-12:00"},
        {"limit": "-1"},
        {"limit": "ten"},
        {"limit": "1" * 50},
        {"limit": "٣"},
        {"ascending": "yes"},
        {"ascending": "True"},
        {"format": "pretty"},
        {"related_agents": "1"},
        {"attachments": "TRUE"},
        {"after": "x"},
        {"after": "2026-01-01T00:00:00Z_99999999999999999999"},
        {"StatementId": uuid4()},
        {"unknown": 1},
    ],
)
def test_bad_queries_are_refused_with_a_reason(program, query):
    response = program.get(**query)

    assert response.status_code == 400, response.content
    assert response.json()["error"]


def test_a_parameter_may_be_given_once(program):
    response = program.http.get(STATEMENTS + "?limit=1&limit=2", headers=program.headers())
    assert response.status_code == 400


def test_head_answers_without_a_body(program, history):
    response = program.http.head(STATEMENTS, headers=program.headers())
    assert response.status_code == 200
    assert response.content == b""
    assert response["X-Experience-API-Consistent-Through"]


def test_consistent_through_is_on_every_answer(program, history):
    """2.1.3.s2.b5: a recent instant, before which nothing will appear any more."""
    before = now() - timedelta(seconds=5)
    for response in (
        program.get(),
        program.get(statementId=history[0]["id"]),
        program.get(limit="x"),
        program.post(make_statement()),
    ):
        assert before < parse_timestamp(response["X-Experience-API-Consistent-Through"]) <= now()


def test_the_learners_statements_are_found_by_their_account(program, learner):
    services.record(
        actor=learner,
        verb=adl.COMPLETED,
        activity=services.activity(
            kind="course", uuid=uuid4(), type=ActivityType.COURSE, name={"en": "Data"}
        ),
    )
    program.post(make_statement())

    assert len(ids(program.get(agent=identity_for(learner).actor))) == 1


# --- making clients -----------------------------------------------------------------------------
def test_create_lrs_client(db):
    output = StringIO()
    call_command(
        "create_lrs_client", "--name", "Vendor", "--scope", "statements/read", stdout=output
    )
    printed = json.loads(output.getvalue())

    assert printed["endpoint"] == "https://academy.example/xapi/"
    client = authenticate_client(key=printed["key"], secret=printed["secret"])
    assert client is not None
    assert client.name == "Vendor"
    assert client.scopes == ["statements/read"]


def test_create_lrs_client_knows_the_scopes(db):
    with pytest.raises(CommandError):
        call_command("create_lrs_client", "--name", "Vendor", "--scope", "everything")
