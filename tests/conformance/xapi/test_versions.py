"""Which version is spoken: xAPI 1.0.3 Communication 3.3; IEEE 9274.1.1 4.1.5."""

import pytest

from tests.conformance.xapi.conftest import make_statement

RESOURCES = [
    "statements",
    "activities",
    "activities/state",
    "activities/profile",
    "agents",
    "agents/profile",
]
HEADER = "x-experience-api-version"


@pytest.mark.parametrize("resource", RESOURCES)
def test_the_header_is_required(store, resource):
    """XAPI-00321, XAPI-00331: 400, by a store that says which version it is."""
    response = store.request("GET", resource, headers={HEADER: None})
    assert response.status_code == 400
    assert "X-Experience-API-Version" in response.json()["error"]
    assert response["X-Experience-API-Version"] == store.version


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_nothing_is_stored_without_the_header(store, method):
    statement = make_statement()
    query = {"statementId": statement["id"]} if method == "PUT" else {}
    response = store.request(method, "statements", statement, query=query, headers={HEADER: None})
    assert response.status_code == 400
    assert store.get("statements").json()["statements"] == []


@pytest.mark.parametrize(
    "version", ["1.0", "1.0.0", "1.0.1", "1.0.3", "1.0.9", "2.0", "2.0.0", "2.0.1"]
)
def test_patch_versions_are_taken(store, version):
    """3.3.s3.b5, b6"""
    assert store.request("GET", "statements", headers={HEADER: version}).status_code == 200


@pytest.mark.parametrize(
    "version",
    ["", "0.9", "0.95", "1", "2", "1.1.0", "1.1", "2.1.0", "3.0.0", "1.0.x", "v1.0.3", "10.0"],
)
@pytest.mark.parametrize("resource", RESOURCES)
def test_other_versions_are_refused(store, resource, version):
    """3.3.s3.b7"""
    response = store.request("GET", resource, headers={HEADER: version})
    assert response.status_code == 400
    assert response["X-Experience-API-Version"] == store.version


@pytest.mark.parametrize("version", [None, "0.9", "nonsense"])
def test_about_takes_any_version_or_none(store, version):
    """2.8.s5.b4"""
    assert store.request("GET", "about", headers={HEADER: version}).status_code == 200


def test_the_rules_are_those_of_the_version_asked_for(store_1_0_3, store_2_0):
    """A client of 1.0.3 that was given the newer address keeps its rules, and the reverse: state
    is overwritten unseen in 1.0.3, and not in 2.0."""
    query = {
        "activityId": "https://content.example/1",
        "agent": {"mbox": "mailto:learner@example.org"},
        "stateId": "1",
    }
    for store in (store_1_0_3, store_2_0):
        for version, expected in (("1.0.3", [204, 204]), ("2.0.0", [204, 409])):
            store.request("DELETE", "activities/state", query=query)
            assert [
                store.request(
                    "PUT", "activities/state", b"x", query=query, headers={HEADER: version}
                ).status_code
                for _time in range(2)
            ] == expected
