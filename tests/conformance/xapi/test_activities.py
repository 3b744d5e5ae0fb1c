"""The Activities resource: xAPI 1.0.3 Communication 2.5; IEEE 9274.1.1 4.1.6.4."""

import pytest

from tests.conformance.xapi.conftest import make_statement

ACTIVITY = {
    "objectType": "Activity",
    "id": "https://content.example/réunion?a=b&c",
    "definition": {
        "name": {"en-GB": "example meeting"},
        "description": {"en-GB": "A meeting"},
        "type": "http://adlnet.gov/expapi/activities/meeting",
        "moreInfo": "https://content.example/more",
        "extensions": {"https://content.example/key": [1, None, "é"]},
    },
}


def test_the_whole_activity_is_told(store):
    """XAPI-00251, XAPI-00253"""
    store.send(make_statement(object=ACTIVITY))
    response = store.get("activities", activityId=ACTIVITY["id"])
    assert response.status_code == 200
    assert response.json() == ACTIVITY


def test_what_several_statements_say_is_told_together(store):
    """XAPI-00254: each language that any of them has."""
    store.send(make_statement(object=ACTIVITY))
    definition = {**ACTIVITY["definition"], "name": {"fr": "réunion d’exemple"}}
    store.send(make_statement(object={**ACTIVITY, "definition": definition}))

    told = store.get("activities", activityId=ACTIVITY["id"]).json()["definition"]
    assert told["name"] == {"en-GB": "example meeting", "fr": "réunion d’exemple"}
    assert told["description"] == ACTIVITY["definition"]["description"]


def test_what_nobody_has_described_is_its_id(store):
    """2.5.s2.b1; IEEE 9274.1.1: shall"""
    response = store.get("activities", activityId="https://content.example/never-seen")
    assert response.status_code == 200
    assert response.json() == {
        "objectType": "Activity",
        "id": "https://content.example/never-seen",
    }


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"activityId": ""},
        {"activityId": "true"},
        {"activityId": "/relative"},
        {"activityId": "https://content.example/\0"},
        {"activityId": "https://content.example/a b"},
        {"activityid": ACTIVITY["id"]},
        {"activityId": ACTIVITY["id"], "format": "exact"},
    ],
)
def test_without_an_id_there_is_no_activity(store, query):
    """XAPI-00250"""
    response = store.get("activities", **query)
    assert response.status_code == 400
    assert response.json()["error"]
