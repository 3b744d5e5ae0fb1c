"""What a statement says to a store that must not learn who it is about."""

import json

import pytest

from academy.xapi.pseudonyms import pseudonymiser
from academy.xapi.schema import validate
from tests.xapi.helpers import make_statement

HOME = "https://academy.example/pseudonyms/warehouse"
ADA = {"name": "Ada Achebe", "mbox": "mailto:ada@people.example"}
BEN = {"objectType": "Agent", "name": "Ben Okri", "openid": "https://people.example/ben"}
CAI = {"mbox_sha1sum": "ebd31e95054c018b10727ccffd2ef2ec3a016ee9"}
TEAM = {"objectType": "Group", "name": "Team Achebe", "member": [ADA, BEN]}
EXTENSIONS = {"https://people.example/whose": "Ada Achebe"}
TRACES = ("ada", "achebe", "ben", "okri", "ebd31e95", "mailto", "openid", "people.example")


@pytest.fixture
def speak():
    return pseudonymiser(key="a key", home_page=HOME)


def assert_nobody(statement: dict) -> None:
    text = json.dumps(statement).lower()
    assert [trace for trace in TRACES if trace in text] == []
    validate(statement)


def test_every_person_in_every_place_gets_a_pseudonym(speak):
    statement = make_statement(
        actor=ADA,
        object={
            "objectType": "SubStatement",
            "actor": BEN,
            "verb": {"id": "https://verbs.example/taught"},
            "object": {"objectType": "Agent", **ADA},
            "result": {"response": "said Ada", "extensions": EXTENSIONS},
            "context": {"instructor": CAI, "team": TEAM, "extensions": EXTENSIONS},
        },
        context={
            "instructor": BEN,
            "team": {**TEAM, "account": {"homePage": "https://people.example", "name": "team"}},
            "extensions": EXTENSIONS,
        },
        result={"response": "I am Ada", "extensions": EXTENSIONS, "success": True},
        authority=ADA,
    )
    said = speak(statement)

    assert_nobody(said)
    assert said["actor"]["account"]["homePage"] == HOME
    assert said["object"]["object"]["account"] == said["actor"]["account"]
    assert said["object"]["actor"]["account"] == said["context"]["instructor"]["account"]
    team = said["object"]["context"]["team"]
    assert team.keys() == {"objectType", "member"}  # anonymous groups stay anonymous
    assert team["member"][0]["account"] == said["actor"]["account"]
    assert said["context"]["team"]["account"]["homePage"] == HOME
    assert said["result"] == {"success": True}


def test_an_agent_or_group_as_object(speak):
    for target in ({"objectType": "Agent", **ADA}, TEAM):
        assert_nobody(speak(make_statement(actor=BEN, object=target)))


def test_context_agents_and_groups_of_2_0(speak):
    said = speak(
        make_statement(
            actor=ADA,
            context={
                "contextAgents": [
                    {"objectType": "contextAgent", "agent": BEN, "relevantTypes": ["https://t/1"]}
                ],
                "contextGroups": [{"objectType": "contextGroup", "group": TEAM}],
            },
        )
    )
    text = json.dumps(said).lower()
    assert [trace for trace in TRACES if trace in text] == []
    agent = said["context"]["contextAgents"][0]
    assert agent["relevantTypes"] == ["https://t/1"]
    assert said["context"]["contextGroups"][0]["group"]["member"][1] == agent["agent"]


def test_what_was_done_to_what_and_when_stays(speak):
    statement = make_statement(
        timestamp="2026-01-31T08:00:00Z",
        context={
            "registration": "6aa1cf1c-1c8c-4ba4-8aa8-2fc4bcd52a4b",
            "contextActivities": {"parent": [{"id": "https://content.example/course/1"}]},
            "language": "fr",
            "platform": "Academy",
        },
        result={"score": {"scaled": 0.5}, "success": False, "duration": "PT4S"},
    )
    said = speak(statement)
    assert said.pop("actor") != statement.pop("actor")
    assert said == statement


@pytest.mark.parametrize(
    ("kind", "kept"),
    [
        *((kind, True) for kind in ("choice", "true-false", "numeric", "likert", "matching")),
        *((kind, False) for kind in ("fill-in", "long-fill-in", "performance", "other")),
    ],
)
def test_answers_that_can_only_be_chosen_stay(speak, kind, kept):
    statement = make_statement(
        object={
            "id": "https://content.example/q",
            "definition": {
                "type": "http://adlnet.gov/expapi/activities/cmi.interaction",
                "interactionType": kind,
            },
        },
        result={"response": "golf[,]tetris"},
    )
    assert ("result" in speak(statement)) is kept


def test_attachments_are_left_out(speak):
    statement = make_statement(
        attachments=[
            {
                "usageType": "http://adlnet.gov/expapi/attachments/signature",
                "display": {"en": "Signed by Ada Achebe"},
                "contentType": "application/octet-stream",
                "length": 4,
                "sha2": "f" * 64,
                "fileUrl": "https://people.example/ada.jws",
            }
        ]
    )
    assert "attachments" not in speak(statement)


def test_one_person_is_one_pseudonym_here_and_another_elsewhere(speak):
    elsewhere = pseudonymiser(key="another key", home_page=HOME)
    first, second = (speak(make_statement(actor=ADA))["actor"] for _ in range(2))
    assert first == second
    assert elsewhere(make_statement(actor=ADA))["actor"] != first
    assert speak(make_statement(actor=BEN))["actor"] != first


def test_the_statement_itself_is_not_changed(speak):
    statement = make_statement(actor=ADA, context={"team": TEAM, "extensions": EXTENSIONS})
    before = json.dumps(statement)
    speak(statement)
    assert json.dumps(statement) == before
