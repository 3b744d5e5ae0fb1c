"""How statements are stored. xAPI 1.0.3, Data 2.3-2.4 and Communication 2.1.1-2.1.2; 9274.1.1, 4.1.6.1."""

import json
import uuid

import pytest

from academy.xapi.models import LrsClient, Statement
from academy.xapi.schema import parse_timestamp
from tests.conformance.xapi.conftest import make_statement, make_store


def put(store, statement, statement_id: str = "", **options):
    query = {"statementId": statement_id or statement["id"]}
    return store.request("PUT", "statements", statement, query=query, **options)


def read(store, statement) -> dict:
    response = store.get("statements", statementId=statement["id"])
    assert response.status_code == 200, response.content
    return response.json()


# --- PUT (2.1.1) --------------------------------------------------------------------------------
def test_put_answers_nothing(store):
    """XAPI-00143, XAPI-00144"""
    response = put(store, make_statement())
    assert response.status_code == 204
    assert response.content == b""


def test_put_gives_the_statement_the_id_of_the_request(store):
    statement = make_statement(id=None)
    statement_id = str(uuid.uuid4())
    assert put(store, statement, statement_id.upper()).status_code == 204
    assert read(store, {"id": statement_id})["id"] == statement_id


@pytest.mark.parametrize(
    "statement_id",
    [
        "",
        "true",
        "[object Object]",
        f"{'ab' * 4}-0000-4000-8000-{'c' * 11}",
        str(uuid.UUID(int=7, version=4)),
    ],
)
def test_put_needs_the_id_of_the_statement(store, statement_id):
    """XAPI-00145"""
    statement = make_statement()
    response = store.request(
        "PUT", "statements", statement, query={"statementId": statement_id} if statement_id else {}
    )
    assert response.status_code == 400
    assert not Statement.objects.exists()


# --- POST (2.1.2) -------------------------------------------------------------------------------
def test_post_answers_the_ids_in_order(store):
    """XAPI-00146, XAPI-00147"""
    one = make_statement()
    response = store.send(one)
    assert (response.status_code, response.json()) == (200, [one["id"]])

    batch = [make_statement(), make_statement(id=None), make_statement()]
    ids = store.send(batch).json()
    assert (ids[0], ids[2]) == (batch[0]["id"], batch[2]["id"])
    assert uuid.UUID(ids[1]).version == 4
    assert store.send([]).json() == []


def test_a_batch_is_stored_as_a_whole_or_not_at_all(store):
    """XAPI-00140: no modification for a rejected request"""
    good = make_statement()
    assert store.send([good, make_statement(verb={"id": "should fail"})]).status_code == 400
    assert store.get("statements", statementId=good["id"]).status_code == 404

    store.send(good)
    other = {**good, "verb": {"id": "https://example.org/verbs/other"}}
    assert store.send([make_statement(), other, make_statement()]).status_code == 409
    assert Statement.objects.count() == 1


def test_a_batch_names_each_id_once(store):
    twice = make_statement()
    response = store.send([twice, {**twice, "id": twice["id"].upper()}])
    assert response.status_code == 400
    assert not Statement.objects.exists()


# --- the same, and another, of one id (2.1.1.s2.b2, Data 2.3.1) ---------------------------------
SAME = {
    "itself": {},
    "with the defaults written out": {
        "object": {"objectType": "Activity", "id": "https://example.org/activities/meeting"},
    },
    "another display of the verb": {
        "verb": {"id": "http://adlnet.gov/expapi/verbs/attended", "display": {"en": "was there"}}
    },
    "with a definition": {
        "object": {
            "id": "https://example.org/activities/meeting",
            "definition": {"name": {"en": "Meeting"}},
        }
    },
    "with what the store assigns": {
        "stored": "2020-01-01T00:00:00Z",
        "authority": {"mbox": "mailto:somebody@example.org"},
    },
}
ANOTHER = {
    "another verb": {"verb": {"id": "http://adlnet.gov/expapi/verbs/missed"}},
    "another actor": {"actor": {"mbox": "mailto:another@example.org"}},
    "another object": {"object": {"id": "https://example.org/activities/other"}},
    "a result": {"result": {"success": True}},
    "a registration": {"context": {"registration": "2a4fc5a4-2d0b-4e2f-9d1c-51a7e1b0c001"}},
    "another time": {"timestamp": "2020-01-01T00:00:00Z"},
}


@pytest.mark.parametrize("changes", SAME.values(), ids=SAME.keys())
def test_the_same_statement_again_changes_nothing(store, changes):
    """XAPI-00142"""
    statement = make_statement()
    assert store.send(statement).status_code == 200
    before = read(store, statement)

    again = {**statement, **changes}
    assert put(store, again).status_code == 204
    response = store.send(again)
    assert (response.status_code, response.content) == (204, b"")
    assert read(store, statement) == before
    assert Statement.objects.count() == 1


def test_a_batch_of_which_some_are_known_answers_all_ids(store):
    batch = [make_statement(), make_statement()]
    store.send(batch[0])
    response = store.send(batch)
    assert (response.status_code, response.json()) == (200, [one["id"] for one in batch])


@pytest.mark.parametrize("changes", ANOTHER.values(), ids=ANOTHER.keys())
def test_another_statement_of_the_id_is_a_conflict(store, changes):
    """XAPI-00142"""
    statement = make_statement()
    put(store, statement)
    before = read(store, statement)

    for response in (put(store, {**statement, **changes}), store.send({**statement, **changes})):
        assert response.status_code == 409
        assert statement["id"] in response.json()["error"]
    assert read(store, statement) == before


# --- what the store assigns (Data 2.4.7-2.4.10) -------------------------------------------------
def test_stored_and_authority_are_the_stores_own(store):
    """XAPI-00093, XAPI-00100"""
    statement = make_statement(
        stored="2013-05-18T05:32:34.804Z", authority={"mbox": "mailto:forger@example.org"}
    )
    store.send(statement)
    answered = read(store, statement)

    assert answered["stored"] != statement["stored"]
    assert parse_timestamp(answered["stored"]).year >= 2026
    assert answered["authority"]["account"]["name"] == LrsClient.objects.get().key
    assert "mbox" not in answered["authority"]


def test_a_missing_timestamp_is_when_it_was_stored(store):
    """XAPI-00092"""
    statement = make_statement()
    store.send(statement)
    answered = read(store, statement)
    assert answered["timestamp"] == answered["stored"]


def test_a_timestamp_of_its_own_is_kept_as_it_was_written(store):
    statement = make_statement(timestamp="2020-02-29T12:00:00.123456+05:30")
    store.send(statement)
    assert read(store, statement)["timestamp"] == statement["timestamp"]


def test_a_missing_version_is_that_of_the_standard(store):
    """XAPI-00101"""
    statement = make_statement()
    store.send(statement)
    expected = {"1.0.3": "1.0.0", "2.0.0": "2.0.0"}[store.version]
    assert read(store, statement)["version"] == expected


@pytest.mark.parametrize(("standard", "version"), [("1.0.3", "1.0.7"), ("2.0.0", "2.0.0")])
def test_a_version_of_its_own_is_kept(db, standard, version):
    """XAPI-00332"""
    store = make_store(standard)
    statement = make_statement(version=version)
    assert store.send(statement).status_code == 200
    assert read(store, statement)["version"] == version


def test_the_text_of_numbers_is_kept(store):
    """Data 2.2: what is received is what is answered, to the last digit that JSON has."""
    statement = make_statement(result={"score": {"raw": 12.50, "max": 1e2, "min": -0.0}})
    store.send(json.dumps(statement))
    assert read(store, statement)["result"] == statement["result"]


# --- HEAD (1.1) ---------------------------------------------------------------------------------
@pytest.mark.parametrize("query", ["", "?limit=1", "?statementId={id}", "?statementId={other}"])
def test_head_answers_as_get_does_without_the_body(store, query):
    """XAPI-00110"""
    statement = make_statement()
    store.send(statement)
    address = "statements" + query.format(id=statement["id"], other=uuid.uuid4())
    got, head = store.request("GET", address), store.request("HEAD", address)

    assert head.status_code == got.status_code
    assert head.content == b""
    for name in ("Content-Type", "X-Experience-API-Version", "Last-Modified"):
        assert head.get(name) == got.get(name)
