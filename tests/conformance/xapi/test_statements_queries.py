"""Which statements a query finds. xAPI 1.0.3, Communication 2.1.3 and 2.1.4; 9274.1.1, 4.1.6.1."""

import uuid

import pytest

from tests.conformance.xapi.conftest import make_statement

ADA = {"mbox": "mailto:ada@example.org"}
BEN = {"account": {"homePage": "https://example.org", "name": "ben"}}
TEAM = {"objectType": "Group", "mbox": "mailto:team@example.org", "member": [BEN]}
NOBODY = {"objectType": "Group", "member": [BEN, {"openid": "https://example.org/cleo"}]}
OTHER = {"mbox": "mailto:other@example.org"}
SOUGHT = "https://example.org/activities/sought"
ELSEWHERE = "https://example.org/activities/elsewhere"
VOIDED = "http://adlnet.gov/expapi/verbs/voided"
CONFIRMED = "https://example.org/verbs/confirmed"
REGISTRATION = "2a4fc5a4-2d0b-4e2f-9d1c-51a7e1b0c001"


def activity(iri: str) -> dict:
    return {"objectType": "Activity", "id": iri}


def substatement(**changes) -> dict:
    part = make_statement(id=None, actor=OTHER, object=activity(ELSEWHERE), **changes)
    return {**part, "objectType": "SubStatement"}


def about(statement: dict, **changes) -> dict:
    """A statement by somebody else that refers to this one."""
    target = {"objectType": "StatementRef", "id": statement["id"]}
    plain = {"actor": OTHER, "verb": {"id": CONFIRMED}, "object": target}
    return make_statement(**{**plain, **changes})


def found(store, **query) -> list[str]:
    response = store.get("statements", **query)
    assert response.status_code == 200, response.content
    return [statement["id"] for statement in response.json()["statements"]]


def is_found(store, statement: dict, **query) -> bool:
    """Whether the query finds this statement among others that it must not find."""
    other = make_statement(actor=OTHER, object=activity(ELSEWHERE))
    assert store.send([statement, other]).status_code == 200
    ids = found(store, **query)
    assert other["id"] not in ids
    return ids == [statement["id"]]


# --- agent (row 3) ------------------------------------------------------------------------------
AGENT_CASES = {
    "the actor": (ADA, {"actor": ADA}, True),
    "the actor, by another name": ({**ADA, "name": "Ada"}, {"actor": ADA}, True),
    "the actor, by SHA-1 in capitals": (
        {"mbox_sha1sum": "EBD31E95054C018B10727CCFFD2EF2EC3A016EE9"},
        {"actor": {"mbox_sha1sum": "ebd31e95054c018b10727ccffd2ef2ec3a016ee9"}},
        True,
    ),
    "the actor, by account": (BEN, {"actor": BEN}, True),
    "a group as actor": ({"objectType": "Group", "mbox": TEAM["mbox"]}, {"actor": TEAM}, True),
    "a member of the group": (BEN, {"actor": TEAM}, True),
    "a member of an anonymous group": (BEN, {"actor": NOBODY}, True),
    "the object": (ADA, {"actor": OTHER, "object": {"objectType": "Agent", **ADA}}, True),
    "a group as object": (BEN, {"actor": OTHER, "object": NOBODY}, True),
    "somebody else": (ADA, {"actor": BEN}, False),
    "another account of the homePage": (
        BEN,
        {"actor": {"account": {"homePage": "https://example.org", "name": "bennet"}}},
        False,
    ),
    "the instructor": (ADA, {"actor": OTHER, "context": {"instructor": ADA}}, False),
    "the actor of the SubStatement": (
        ADA,
        {"actor": OTHER, "object": {**substatement(), "actor": ADA}},
        False,
    ),
}


@pytest.mark.parametrize(
    ("agent", "changes", "expected"), AGENT_CASES.values(), ids=AGENT_CASES.keys()
)
def test_agent_finds_actor_and_object_and_members(store, agent, changes, expected):
    """XAPI-00181"""
    changes = {"object": activity(ELSEWHERE), **changes}
    assert is_found(store, make_statement(**changes), agent=agent) is expected


# --- related_agents (row 8) ---------------------------------------------------------------------
RELATED_AGENT_CASES = {
    "the actor": {"actor": ADA},
    "the object": {"object": {"objectType": "Agent", **ADA}},
    "the instructor": {"context": {"instructor": ADA}},
    "a member of a group that instructs": {
        "context": {"instructor": {"objectType": "Group", "member": [BEN, ADA]}}
    },
    "a team": {"context": {"team": {"objectType": "Group", **ADA}}},
    "a member of the team": {"context": {"team": {**TEAM, "member": [ADA]}}},
    "the actor of the SubStatement": {"object": {**substatement(), "actor": ADA}},
    "the object of the SubStatement": {
        "object": {**substatement(), "object": {"objectType": "Agent", **ADA}}
    },
    "the instructor of the SubStatement": {"object": substatement(context={"instructor": ADA})},
    "the team of the SubStatement": {
        "object": substatement(context={"team": {"objectType": "Group", "member": [ADA]}})
    },
}


@pytest.mark.parametrize("changes", RELATED_AGENT_CASES.values(), ids=RELATED_AGENT_CASES.keys())
def test_related_agents(store, changes):
    """XAPI-00176"""
    statement = make_statement(**{"actor": OTHER, "object": activity(ELSEWHERE), **changes})
    assert is_found(store, statement, agent=ADA, related_agents="true")


@pytest.mark.parametrize(
    "context",
    [
        {
            "contextAgents": [
                {"objectType": "contextAgent", "agent": {"objectType": "Agent", **ADA}}
            ]
        },
        {
            "contextGroups": [
                {
                    "objectType": "contextGroup",
                    "group": {"objectType": "Group", "member": [{"objectType": "Agent", **ADA}]},
                }
            ]
        },
    ],
    ids=["agents", "groups"],
)
def test_related_agents_of_the_context_of_2_0(store_2_0, context):
    statement = make_statement(actor=OTHER, object=activity(ELSEWHERE), context=context)
    assert is_found(store_2_0, statement, agent=ADA, related_agents="true")
    assert found(store_2_0, agent=ADA) == []


def test_related_agents_include_the_authority(store):
    store.send(make_statement())
    (statement,) = store.get("statements").json()["statements"]

    assert found(store, agent=statement["authority"], related_agents="true") == [statement["id"]]
    assert found(store, agent=statement["authority"]) == []


def test_no_statement_is_found_twice(store):
    statement = make_statement(
        actor=ADA,
        object=activity(SOUGHT),
        context={
            "instructor": ADA,
            "contextActivities": {"parent": [activity(SOUGHT)], "other": [activity(SOUGHT)]},
        },
    )
    store.send(statement)
    store.send(about(statement, context={"instructor": ADA}))

    assert len(found(store, agent=ADA, related_agents="true")) == 2
    assert len(found(store, activity=SOUGHT, related_activities="true")) == 2


# --- activity, related_activities (rows 5, 7) ---------------------------------------------------
ACTIVITY_CASES = {
    "the object": ({"object": activity(SOUGHT)}, True),
    "the parent": ({"context": {"contextActivities": {"parent": activity(SOUGHT)}}}, False),
    "one of the grouping": (
        {"context": {"contextActivities": {"grouping": [activity(ELSEWHERE), activity(SOUGHT)]}}},
        False,
    ),
    "the category": ({"context": {"contextActivities": {"category": [activity(SOUGHT)]}}}, False),
    "another": ({"context": {"contextActivities": {"other": [activity(SOUGHT)]}}}, False),
    "the object of the SubStatement": (
        {"object": {**substatement(), "object": activity(SOUGHT)}},
        False,
    ),
    "a context activity of the SubStatement": (
        {"object": substatement(context={"contextActivities": {"other": [activity(SOUGHT)]}})},
        False,
    ),
}


@pytest.mark.parametrize(("changes", "direct"), ACTIVITY_CASES.values(), ids=ACTIVITY_CASES.keys())
def test_activity_and_related_activities(store, changes, direct):
    """XAPI-00177, XAPI-00179"""
    statement = make_statement(**{"object": activity(ELSEWHERE), **changes})
    assert is_found(store, statement, activity=SOUGHT) is direct
    assert found(store, activity=SOUGHT, related_activities="true") == [statement["id"]]


def test_related_parameters_alone_filter_nothing(store):
    """XAPI-00153"""
    statement = make_statement()
    store.send(statement)
    assert found(store, related_activities="true", related_agents="true") == [statement["id"]]


# --- verb, registration (rows 4, 6) -------------------------------------------------------------
def test_verb(store):
    """XAPI-00180"""
    assert is_found(store, make_statement(verb={"id": CONFIRMED}), verb=CONFIRMED)
    assert found(store, verb=CONFIRMED + "x") == []


def test_registration(store):
    """XAPI-00178"""
    statement = make_statement(context={"registration": REGISTRATION.upper()})
    assert is_found(store, statement, registration=REGISTRATION)
    assert found(store, registration=REGISTRATION.upper()) == [statement["id"]]


def test_all_filters_are_to_be_met(store):
    """XAPI-00164"""
    sought = {
        "agent": ADA,
        "verb": CONFIRMED,
        "activity": SOUGHT,
        "registration": REGISTRATION,
        "related_agents": "true",
        "related_activities": "true",
    }
    statement = {
        "actor": ADA,
        "verb": {"id": CONFIRMED},
        "object": activity(SOUGHT),
        "context": {"registration": REGISTRATION},
    }
    complete = make_statement(**statement)
    store.send(
        [
            complete,
            make_statement(**{**statement, "actor": OTHER}),
            make_statement(**{**statement, "verb": {"id": VOIDED + "x"}}),
            make_statement(**{**statement, "object": activity(ELSEWHERE)}),
            make_statement(**{**statement, "context": {"registration": str(uuid.uuid4())}}),
        ]
    )
    assert found(store, **sought) == [complete["id"]]


# --- statements about statements (2.1.3.s3) -----------------------------------------------------
@pytest.fixture(params=["in order", "backwards", "in one batch", "in one batch, backwards"])
def arrival(request, store):
    """Sends statements in each order they can come in."""

    def send(*statements: dict) -> None:
        ordered = statements if "backwards" not in request.param else statements[::-1]
        for batch in [ordered] if "batch" in request.param else [[one] for one in ordered]:
            assert store.send(list(batch)).status_code == 200

    return send


BEN_PASSED = {
    "actor": BEN,
    "verb": {"id": "https://example.org/verbs/passed"},
    "object": activity(SOUGHT),
    "context": {
        "registration": REGISTRATION,
        "instructor": ADA,
        "contextActivities": {"category": [activity(ELSEWHERE + "/category")]},
    },
}


@pytest.mark.parametrize(
    "query",
    [
        {"agent": BEN},
        {"agent": ADA, "related_agents": "true"},
        {"verb": BEN_PASSED["verb"]["id"]},
        {"activity": SOUGHT},
        {"activity": ELSEWHERE + "/category", "related_activities": "true"},
        {"registration": REGISTRATION},
        {"agent": BEN, "activity": SOUGHT},
    ],
    ids=lambda query: " ".join(query),
)
def test_what_finds_a_statement_finds_those_that_refer_to_it(store, arrival, query):
    passed = make_statement(**BEN_PASSED)
    confirmed = about(passed)
    filed = about(confirmed, verb={"id": "https://example.org/verbs/filed"})
    arrival(passed, confirmed, filed, make_statement())

    assert set(found(store, **query)) == {passed["id"], confirmed["id"], filed["id"]}
    assert confirmed["id"] in found(store, verb=CONFIRMED)


def test_time_and_order_hold_for_the_referring_statement_itself(store):
    passed = make_statement(**BEN_PASSED)
    store.send(passed)
    first = store.get("statements").json()["statements"][0]["stored"]
    confirmed = about(passed)
    store.send(confirmed)

    assert found(store, agent=BEN, since=first) == [confirmed["id"]]
    assert found(store, agent=BEN, until=first) == [passed["id"]]
    assert found(store, agent=BEN, limit=1) == [confirmed["id"]]
    assert found(store, agent=BEN, ascending="true") == [passed["id"], confirmed["id"]]


def test_a_reference_in_the_context_finds_nothing(store):
    passed = make_statement(**BEN_PASSED)
    reference = {"objectType": "StatementRef", "id": passed["id"]}
    store.send([passed, make_statement(context={"statement": reference})])

    assert found(store, agent=BEN) == [passed["id"]]


def test_statements_that_refer_to_each_other_are_found(store, arrival):
    first, second = make_statement(actor=BEN), make_statement(actor=ADA)
    first["object"] = {"objectType": "StatementRef", "id": second["id"]}
    second["object"] = {"objectType": "StatementRef", "id": first["id"]}
    arrival(first, second)

    assert (
        set(found(store, agent=BEN)) == set(found(store, agent=ADA)) == {first["id"], second["id"]}
    )


# --- voided statements (Data 2.3.2, Communication 2.1.4) ----------------------------------------
def test_a_voided_statement_is_hidden_and_those_that_target_it_are_not(store, arrival):
    """XAPI-00018, XAPI-00162, XAPI-00163"""
    passed = make_statement(**BEN_PASSED)
    confirmed = about(passed)
    voiding = about(passed, verb={"id": VOIDED})
    arrival(passed, confirmed, voiding)

    assert store.get("statements", statementId=passed["id"]).status_code == 404
    response = store.get("statements", voidedStatementId=passed["id"])
    assert response.status_code == 200
    assert response.json()["id"] == passed["id"]
    for query in ({}, {"agent": BEN}, {"activity": SOUGHT}, {"registration": REGISTRATION}):
        assert set(found(store, **query)) == {confirmed["id"], voiding["id"]}
    assert store.get("statements", voidedStatementId=confirmed["id"]).status_code == 404


def test_a_voiding_statement_cannot_be_voided(store, arrival):
    """XAPI-00016"""
    passed = make_statement(**BEN_PASSED)
    voiding = about(passed, verb={"id": VOIDED})
    again = about(voiding, verb={"id": VOIDED})
    arrival(passed, voiding, again)

    assert store.get("statements", statementId=voiding["id"]).status_code == 200
    assert store.get("statements", voidedStatementId=passed["id"]).status_code == 200


def test_a_voided_reference_is_hidden_under_every_filter(store, arrival):
    passed = make_statement(**BEN_PASSED)
    confirmed = about(passed)
    voiding = about(confirmed, verb={"id": VOIDED})
    arrival(passed, confirmed, voiding)

    assert set(found(store, agent=BEN)) == {passed["id"], voiding["id"]}
    assert set(found(store, verb=CONFIRMED)) == {voiding["id"]}


# --- pages (Data 2.5) ---------------------------------------------------------------------------
@pytest.mark.parametrize("ascending", ["true", "false"])
@pytest.mark.parametrize("filtered", [True, False])
def test_more_leads_through_all_statements_while_others_arrive(store, ascending, filtered):
    batch = [make_statement(actor=ADA, context={"instructor": ADA}) for _ in range(7)]
    store.send(batch[:3])
    store.send(batch[3:])
    until = store.get("statements", limit=1).json()["statements"][0]["stored"]
    query = {"limit": 2, "ascending": ascending, "until": until}
    if filtered:
        query |= {"agent": ADA, "related_agents": "true"}

    page = store.get("statements", **query).json()
    seen = [page]
    while page["more"]:
        store.send(make_statement(actor=ADA))
        assert page["more"].startswith(store.endpoint + "statements?")
        page = store.request("GET", page["more"].removeprefix(store.endpoint)).json()
        seen.append(page)

    ids = [statement["id"] for page in seen for statement in page["statements"]]
    expected = [statement["id"] for statement in batch]
    assert ids == (expected if ascending == "true" else expected[::-1])
    assert [len(page["statements"]) for page in seen] == [2, 2, 2, 1]


def test_nothing_found_is_an_empty_result(store):
    """XAPI-00149"""
    response = store.get("statements", verb="http://adlnet.gov/expapi/non/existent")
    assert response.status_code == 200
    assert response.json() == {"statements": [], "more": ""}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_single_statements_tell_when_they_were_stored(store, method):
    """2.1.3.s2.b8, 1.1"""
    statement = make_statement()
    store.send(statement)
    response = store.request("GET", "statements", query={"statementId": statement["id"]})
    again = store.request(method, "statements", query={"statementId": statement["id"]})

    assert again["Last-Modified"] == response["Last-Modified"]
    assert again["X-Experience-API-Version"] == store.version
    assert again["X-Experience-API-Consistent-Through"]
    assert again["Content-Type"] == "application/json"


# --- parameters that are not (2.1.3.s2, 3.2) ----------------------------------------------------
@pytest.mark.parametrize("name", ["statementId", "voidedStatementId"])
@pytest.mark.parametrize(
    "other",
    [
        {"agent": ADA},
        {"verb": CONFIRMED},
        {"activity": SOUGHT},
        {"registration": REGISTRATION},
        {"related_activities": "true"},
        {"related_agents": "true"},
        {"since": "2012-06-01T19:09:13.245Z"},
        {"until": "2012-06-01T19:09:13.245Z"},
        {"limit": 1},
        {"ascending": "true"},
        {"statementId": REGISTRATION, "voidedStatementId": REGISTRATION},
    ],
    ids=lambda other: " ".join(other),
)
def test_a_single_statement_is_asked_for_by_its_id_alone(store, name, other):
    """XAPI-00150, XAPI-00151"""
    statement = make_statement()
    store.send(statement)
    response = store.get("statements", **{name: statement["id"], **other})
    assert response.status_code == 400
    assert response.json()["error"]
    assert response["X-Experience-API-Consistent-Through"]


@pytest.mark.parametrize(
    "query",
    [
        "StatementID=" + REGISTRATION,
        "statementid=" + REGISTRATION,
        "Agent=x",
        "verb=x&verb=x",
        "LIMIT=1",
        "limit=1.5",
        "limit=-1",
        "format=Exact",
        "ascending=1",
        "related_agents=",
        "verb=%00",
        "activity=%ED%A0%BD",
        "verb=http://example.org/%27;DROP%20TABLE--",
        "registration=..%2F..%2Fetc%2Fpasswd",
        "unknown=1",
    ],
)
def test_other_parameters_are_refused(store, query):
    """XAPI-00325"""
    response = store.request("GET", "statements?" + query)
    assert response.status_code == 400, response.content
    assert response.json()["error"]
