"""Formats and languages of answered statements. xAPI 1.0.3, Communication 2.1.3; 9274.1.1, 4.1.6.1."""

import copy

import pytest

from tests.conformance.xapi.conftest import make_statement

ACTIVITY = "https://example.org/activities/safety"
DEFINITION = {
    "name": {"en-GB": "Colour", "en-US": "Color", "fr": "Couleur"},
    "description": {"fr": "Une question", "en": "A question"},
    "type": "http://adlnet.gov/expapi/activities/cmi.interaction",
    "moreInfo": "https://example.org/more",
    "interactionType": "choice",
    "correctResponsesPattern": ["red"],
    "choices": [
        {"id": "red", "description": {"en": "Red", "fr": "Rouge"}},
        {"id": "blue", "description": {"fr": "Bleu"}},
        {"id": "none"},
    ],
    "extensions": {"https://example.org/x": {"fr": "one", "en": "two"}},
}
AGENT = {"objectType": "Agent", "name": "Ada", "mbox": "mailto:ada@example.org"}
ACCOUNT = {"name": "Ben", "account": {"homePage": "https://example.org", "name": "ben"}}
ANONYMOUS = {"objectType": "Group", "name": "Us", "member": [AGENT, ACCOUNT]}
TEAM = {"objectType": "Group", "name": "Team", "openid": "https://example.org/t", "member": [AGENT]}
VERB = {"id": "https://example.org/verbs/saw", "display": {"en": "saw", "fr": "a vu"}}


def full(**changes):
    """A statement with everything that a format treats."""
    plain = {"objectType": "Activity", "id": ACTIVITY, "definition": DEFINITION}
    context = {
        "registration": "2a4fc5a4-2d0b-4e2f-9d1c-51a7e1b0c001",
        "instructor": AGENT,
        "team": TEAM,
        "contextActivities": {"parent": [plain], "other": [{"id": ACTIVITY + "/2"}]},
    }
    inner = {
        "objectType": "SubStatement",
        "actor": ANONYMOUS,
        "verb": VERB,
        "object": plain,
        "context": context,
    }
    return make_statement(
        **{"actor": TEAM, "verb": VERB, "object": inner, "context": context, **changes}
    )


def read(store, statement, *, language: str = "", **query):
    response = store.request(
        "GET",
        "statements",
        query={"statementId": statement["id"], **query},
        headers={"accept-language": language} if language else None,
    )
    assert response.status_code == 200, response.content
    return response.json()


@pytest.mark.parametrize("query", [{}, {"format": "exact"}], ids=["by default", "exact"])
def test_exact_is_what_was_received(store, query):
    """XAPI-00168, XAPI-00170"""
    statement = full()
    store.send(statement)
    answered = read(store, statement, **query, language="fr")

    for name in ("stored", "authority", "timestamp", "version"):
        assert answered.pop(name)
    assert answered == statement


def test_ids_keeps_what_identifies(store):
    """XAPI-00171"""
    statement = full()
    store.send(statement)
    answered = read(store, statement, format="ids")

    activity, verb = {"id": ACTIVITY}, {"id": VERB["id"]}
    team = {"objectType": "Group", "openid": TEAM["openid"]}
    context = {
        "registration": statement["context"]["registration"],
        "instructor": {"mbox": AGENT["mbox"]},
        "team": team,
        "contextActivities": {"parent": [activity], "other": [{"id": ACTIVITY + "/2"}]},
    }
    assert answered["actor"] == team
    assert answered["verb"] == verb
    assert answered["context"] == context
    assert set(answered["authority"]) == {"account"}
    assert answered["object"] == {
        "objectType": "SubStatement",
        "actor": {
            "objectType": "Group",
            "member": [{"mbox": AGENT["mbox"]}, {"account": ACCOUNT["account"]}],
        },
        "verb": verb,
        "object": activity,
        "context": context,
    }


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (AGENT, {"mbox": AGENT["mbox"]}),
        (TEAM, {"objectType": "Group", "openid": TEAM["openid"]}),
        (
            {"objectType": "StatementRef", "id": "2a4fc5a4-2d0b-4e2f-9d1c-51a7e1b0c001"},
            {"objectType": "StatementRef", "id": "2a4fc5a4-2d0b-4e2f-9d1c-51a7e1b0c001"},
        ),
    ],
    ids=["an agent", "a group", "a reference"],
)
def test_ids_of_other_objects(store, target, expected):
    statement = make_statement(object=target)
    store.send(statement)
    assert read(store, statement, format="ids")["object"] == expected


def test_canonical_has_one_language_in_each_map_and_original_actors(store):
    """XAPI-00169, 2.1.3.s4"""
    statement = full()
    store.send(statement)
    answered = read(store, statement, format="canonical", language="en-GB")

    definition = {
        **DEFINITION,
        "name": {"en-GB": "Colour"},
        "description": {"en": "A question"},
        "choices": [
            {"id": "red", "description": {"en": "Red"}},
            {"id": "blue", "description": {"fr": "Bleu"}},
            {"id": "none"},
        ],
    }
    expected = copy.deepcopy(statement)
    expected["verb"]["display"] = expected["object"]["verb"]["display"] = {"en": "saw"}
    expected["object"]["object"]["definition"] = definition
    for context in (expected["context"], expected["object"]["context"]):
        context["contextActivities"]["parent"][0]["definition"] = definition
    for name in ("actor", "verb", "object", "context"):
        assert answered[name] == expected[name]


@pytest.mark.parametrize(
    ("accept", "name"),
    [
        ("fr", "fr"),
        ("fr-CA", "fr"),
        ("en-US", "en-US"),
        ("en", "en-GB"),
        ("de, fr;q=0.5, en;q=0.4", "fr"),
        ("de;q=0.9, en-US;q=0.7, fr;q=0.8", "fr"),
        ("EN-us", "en-US"),
        ("fr;q=0, en-us;q=0.1", "en-US"),
        ("*", None),
        ("de", None),
        ("", None),
        ("'; DROP TABLE--", None),
    ],
)
def test_canonical_goes_by_the_accept_language(store, accept, name):
    """XAPI-00172: RFC 2616, 14.4, for each map by itself"""
    statement = make_statement(object={"id": ACTIVITY, "definition": DEFINITION})
    store.send(statement)
    names = read(store, statement, format="canonical", language=accept)["object"]["definition"][
        "name"
    ]

    assert len(names) == 1
    if name:
        assert names == {name: DEFINITION["name"][name]}


def test_canonical_definitions_are_those_of_the_store(store):
    """2.1.3.s1.table1.row12: what others said of the activity counts, and the latest of it."""
    bare = make_statement(object={"id": ACTIVITY})
    store.send(bare)
    assert "definition" not in read(store, bare, format="canonical")["object"]
    store.send(make_statement(object={"id": ACTIVITY, "definition": {"name": {"en": "Old"}}}))
    store.send(
        make_statement(
            object={"id": ACTIVITY, "definition": {"name": {"fr": "Feu"}, "moreInfo": "x:y"}}
        )
    )
    store.send(make_statement(object={"id": ACTIVITY, "definition": {"name": {"en": "Fire"}}}))

    english = read(store, bare, format="canonical", language="en")["object"]
    assert english["definition"] == {"name": {"en": "Fire"}, "moreInfo": "x:y"}
    french = read(store, bare, format="canonical", language="fr")["object"]
    assert french["definition"]["name"] == {"fr": "Feu"}
    assert "definition" not in read(store, bare)["object"]


@pytest.mark.parametrize("form", ["ids", "exact", "canonical"])
def test_lists_have_formats_too(store, form):
    store.send([make_statement(), full()])
    response = store.get("statements", format=form)
    assert response.status_code == 200
    assert len(response.json()["statements"]) == 2
    if form == "canonical":
        assert "Accept-Language" in response["Vary"]
