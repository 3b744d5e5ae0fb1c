"""The Agents resource: xAPI 1.0.3 Communication 2.4; IEEE 9274.1.1 4.1.6.3."""

import pytest

from academy.people.models import Identity, User
from academy.people.services import identity_for
from tests.conformance.xapi.conftest import make_store

AGENTS = [
    {"mbox": "mailto:learner@example.org"},
    {"mbox_sha1sum": "a" * 40},
    {"openid": "https://learner.example.org/"},
    {"account": {"homePage": "https://people.example", "name": "4711"}},
]


@pytest.mark.parametrize("identifier", AGENTS, ids=lambda agent: next(iter(agent)))
@pytest.mark.parametrize("name", [{}, {"name": "Ada"}], ids=["unnamed", "named"])
def test_a_person_has_each_property_of_the_agent_in_a_list(store, identifier, name):
    """XAPI-00236 to XAPI-00248, 2.4.s3.b3: known here or not."""
    response = store.get("agents", agent={"objectType": "Agent", **name, **identifier})
    assert response.status_code == 200
    assert response.json() == {
        "objectType": "Person",
        **{key: [value] for key, value in (name | identifier).items()},
    }


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"agent": ""},
        {"agent": "x"},
        {"agent": "true"},
        {"agent": {"objectType": "Agent", "name": "Ada"}},
        {"agent": AGENTS[0] | AGENTS[2]},
        {"agent": {"objectType": "Group", "member": [AGENTS[0]]}},
        {"agent": {"mbox": "learner@example.org"}},
        {"agent": AGENTS[0], "unknown": "1"},
        {"Agent": AGENTS[0]},
    ],
)
def test_without_a_valid_agent_there_is_no_person(store, query):
    """XAPI-00243, XAPI-00249"""
    response = store.get("agents", **query)
    assert response.status_code == 400
    assert response.json()["error"]


@pytest.fixture
def merged(db) -> list[dict]:
    """The agents of one person who has two accounts here."""
    person = User.objects.create_user("ada@academy.example", "x", first_name="Ada")
    current = identity_for(person)
    other = Identity.objects.create(home_page=current.home_page, person=person, is_current=False)
    return [current.actor, other.actor]


def test_accounts_merged_are_one_person(store, merged):
    """And never more than that: neither name nor address leaves by this door."""
    accounts = [agent["account"] for agent in merged]
    for agent in merged:
        person = store.get("agents", agent=agent).json()
        assert sorted(person["account"], key=str) == sorted(accounts, key=str)
        assert person["account"][0] == agent["account"]
        assert set(person) == {"objectType", "account"}


def test_other_accounts_are_told_to_those_who_may_read_profiles(store, merged):
    """2.4.s3.b1"""
    reader = make_store(store.version, "statements/read")
    assert reader.get("agents", agent=merged[0]).json()["account"] == [merged[0]["account"]]
    both = make_store(store.version, "profile")
    assert len(both.get("agents", agent=merged[0]).json()["account"]) == 2


def test_who_is_erased_is_no_person_any_more(store, merged):
    Identity.objects.update(person=None)
    assert store.get("agents", agent=merged[0]).json()["account"] == [merged[0]["account"]]
