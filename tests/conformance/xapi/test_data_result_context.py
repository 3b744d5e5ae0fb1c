"""xAPI 1.0.3, Data 2.4.5 and 2.4.6: results and contexts; 9274.1.1, 4.2.2.4 and 4.2.2.5."""

import pytest

from tests.conformance.xapi.conftest import make_statement
from tests.conformance.xapi.data import (
    ACTIVITY,
    AGENT,
    EXTENSION,
    GROUP,
    IN_STATEMENT_AND_SUBSTATEMENT,
    NO_OBJECT,
    NO_STRING,
    NO_UUID,
    REFERENCE,
    UUID,
    bad,
    check,
    good,
    substatement,
    tried,
    without,
)

DURATIONS = [
    "PT4H35M59.14S", "PT16559.14S", "P3Y1M29DT4H35M59.14S", "P3Y", "P4W", "PT1H0M0.1S", "PT0S",
    "P1M", "PT1M", "PT0,5S", "P1.5D", "PT1.239999S", "P1DT12H",
]  # fmt: skip
NO_DURATIONS = [
    "PA1H0M0S", "should fail", "", "P", "PT", "P1DT", "P4W1D", "PT1.5H3M", "P1H", "1D", "-P1D",
    "P0003-06-04T12:30:05", "P16559.14S", "PT1S\n", 12345, {"key": "x"},
]  # fmt: skip


def scores(around, requirement, status, *values):
    return status(requirement, {f"{value}": around(result={"score": value}) for value in values})


RESULTS = [
    case
    for place, around in IN_STATEMENT_AND_SUBSTATEMENT.items()
    for case in (
        *[
            case
            for number, name in ((74, "success"), (75, "completion"))
            for case in (
                *bad(
                    f"XAPI-000{number} 2.4.5.s2 {name} {place}",
                    {
                        f"{value!r}": around(result={name: value})
                        for value in tried(place, dict.fromkeys(("true", "", 1, 0)))
                    },
                ),
                *good(
                    f"XAPI-000{number} 2.4.5.s2 {name} {place}",
                    {f"{value}": around(result={name: value}) for value in (True, False)},
                ),
            )
        ],
        *bad(
            f"XAPI-00076 2.4.5.s2.table1.row4 response {place}",
            {
                what: around(result={"response": value})
                for what, value in tried(place, NO_STRING).items()
            },
        ),
        *good(f"XAPI-00076 2.4.5.s2.table1.row4 {place}", {"empty": around(result={"response": ""})}),
        *good(
            f"XAPI-00077 XAPI-00124 4.6.s1.b1 {place}",
            {
                f"{text}": around(result={"duration": text})
                for text in tried(place, dict.fromkeys(DURATIONS))
            },
        ),
        *bad(
            f"XAPI-00077 XAPI-00124 4.6.s1.b1 {place}",
            {
                repr(value): around(result={"duration": value})
                for value in (NO_DURATIONS if place == "statement" else NO_DURATIONS[:1])
            },
        ),
        *bad(
            f"XAPI-00078 2.4.5.s2.table1.row6 extensions {place}",
            {
                what: around(result={"extensions": value})
                for what, value in tried(place, NO_OBJECT).items()
            },
        ),
        *bad(
            f"XAPI-00079 2.4.5.1 score {place}",
            {what: around(result={"score": value}) for what, value in tried(place, NO_OBJECT).items()},
        ),
        *scores(
            around,
            f"2.4.5.1 {place}",
            good,
            {"scaled": 0.5, "raw": 5, "min": 0, "max": 10},
            {"scaled": -1.0000},
            {"scaled": 1},
            {"scaled": 0.6767676, "raw": 100.6767676},
            {"raw": -5, "max": 0},
            {"raw": 0, "min": 0, "max": 1},
            {"raw": 1, "min": 0, "max": 1},
            {"min": 5},
        ),
        *scores(
            around,
            f"XAPI-00083 2.4.5.1.s2.table1.row1 {place}",
            bad,
            {"scaled": 1.01},
            {"scaled": -1.00001},
            {"scaled": "0.5"},
            {"scaled": True},
        ),
        *scores(
            around,
            f"XAPI-00082 2.4.5.1.s2.table1.row2 {place}",
            bad,
            {"raw": 0.6767676, "max": 0.6567676},
            {"raw": 0.6767676, "min": 1.4},
            {"raw": 2, "min": 0, "max": 1},
            {"raw": "1"},
        ),
        *scores(
            around,
            f"XAPI-00081 2.4.5.1.s2.table1.row3 {place}",
            bad,
            {"min": 0.6767676, "max": 0.6767355, "raw": 0.6767643},
            {"min": 1, "max": 1},
            {"min": "0"},
        ),
        *scores(
            around,
            f"XAPI-00080 2.4.5.1.s2.table1.row4 {place}",
            bad,
            {"max": 100, "min": 104, "raw": 101},
            {"max": [1]},
        ),
    )
]  # fmt: skip

ACTIVITIES = {
    "an Activity": ACTIVITY,
    "a list of one": [ACTIVITY],
    "a list": [ACTIVITY, {"id": "https://example.org/activities/2"}],
    "an empty list": [],
}
NO_ACTIVITIES = {
    "an Agent in a list": [ACTIVITY, AGENT],
    "an Agent": AGENT,
    "an object": {"key": "x"},
    "a reference": [REFERENCE],
    **without(NO_OBJECT, "a list"),
}
OBJECTS = {
    "Agent": AGENT,
    "Group": GROUP,
    "StatementRef": REFERENCE,
    "SubStatement": substatement(),
}
NO_LANGUAGES = {
    "of nine letters": "something",
    "of two regions": "de-419-DE",
    "of one extension twice": "ar-a-aaa-b-bbb-a-ccc",
    "of one letter": "a-DE",
    "with an underscore": "en_GB",
    "empty": "",
    **NO_STRING,
}
LANGUAGES = ["de", "cmn", "fr-CA", "zh-Hant", "zh-cmn-Hans-CN", "es-419", "i-enochian", "x-ours"]


CONTEXTS = [
    case
    for place, around in IN_STATEMENT_AND_SUBSTATEMENT.items()
    for case in (
        *bad(
            f"XAPI-00087 2.4.6.s3.table1.row1 registration {place}",
            {
                what: around(context={"registration": value})
                for what, value in tried(place, NO_UUID).items()
            },
        ),
        *bad(
            f"XAPI-00087 2.4.6.s3.table1.row2 instructor {place}",
            {
                what: around(context={"instructor": value})
                for what, value in tried(place, {"nobody": {"key": "x"}, **NO_OBJECT}).items()
            },
        ),
        *bad(
            f"XAPI-00088 2.4.6.s3.table1.row3 team {place}",
            {
                what: around(context={"team": value})
                for what, value in tried(
                    place, {"an Agent": AGENT, "nobody": {"key": "x"}, **NO_OBJECT}
                ).items()
            },
        ),
        *bad(
            f"XAPI-00086 2.4.6.s3.table1.row4 contextActivities {place}",
            {
                what: around(context={"contextActivities": value})
                for what, value in tried(place, NO_OBJECT).items()
            },
        ),
        *[
            case
            for number, name in ((89, "revision"), (90, "platform"))
            for case in bad(
                f"XAPI-000{number} 2.4.6.s3 {name} {place}",
                {what: around(context={name: value}) for what, value in tried(place, NO_STRING).items()},
            )
        ],
        *[
            case
            for number, name in ((84, "revision"), (85, "platform"))
            for case in (
                *bad(
                    f"XAPI-000{number} 2.4.6.s4 {name} {place}",
                    {
                        f"about a {kind}": around(object=target, context={name: "2"})
                        for kind, target in OBJECTS.items()
                        if (place, kind) != ("substatement", "SubStatement")
                    },
                ),
                *good(
                    f"XAPI-000{number} 2.4.6.s4 {name} {place}",
                    {
                        "about an Activity": around(context={name: "2"}),
                        "about an Activity without its type": around(
                            object={"id": ACTIVITY["id"]}, context={name: "2"}
                        ),
                    },
                ),
            )
        ],
        *good(
            f"XAPI-00091 2.4.6.s3.table1.row7 language {place}",
            {f"{tag}": around(context={"language": tag}) for tag in tried(place, dict.fromkeys(LANGUAGES))},
        ),
        *bad(
            f"XAPI-00091 2.4.6.s3.table1.row7 language {place}",
            {
                what: around(context={"language": value})
                for what, value in tried(place, NO_LANGUAGES).items()
            },
        ),
        *bad(
            f"XAPI-00092 2.4.6.s3.table1.row8 statement {place}",
            {
                "of another type": around(context={"statement": {**REFERENCE, "objectType": "statementref"}}),
                "of no type": around(context={"statement": {"id": UUID}}),
                "no id": around(context={"statement": {"objectType": "StatementRef"}}),
                "no UUID": around(context={"statement": {**REFERENCE, "id": "should fail"}}),
                "a whole statement": around(context={"statement": substatement()}),
            },
        ),
        *bad(
            f"XAPI-00093 2.4.6.2.s4.b1 {place}",
            {
                f"{name}": around(context={"contextActivities": {name: [ACTIVITY]}})
                for name in ("child", "Parent", "")
            },
        ),
        *[
            case
            for name in ("parent", "grouping", "category", "other")
            for case in (
                *good(
                    f"XAPI-00093 2.4.6.2.s4.b2 {name} {place}",
                    {
                        what: around(context={"contextActivities": {name: value}})
                        for what, value in tried(place, ACTIVITIES).items()
                    },
                ),
                *bad(
                    f"XAPI-00094 2.4.6.2.s4.b2 {name} {place}",
                    {
                        what: around(context={"contextActivities": {name: value}})
                        for what, value in tried(place, NO_ACTIVITIES).items()
                    },
                ),
            )
        ],
        *good(
            f"2.4.6 {place}",
            {
                "everything": around(
                    context={
                        "registration": UUID,
                        "instructor": GROUP,
                        "team": GROUP,
                        "contextActivities": {
                            "parent": [ACTIVITY],
                            "grouping": ACTIVITY,
                            "category": [ACTIVITY],
                            "other": [ACTIVITY],
                        },
                        "revision": "2",
                        "platform": "Academy",
                        "language": "fr",
                        "statement": REFERENCE,
                        "extensions": {EXTENSION: 1},
                    }
                )
            },
        ),
    )
]  # fmt: skip

CONTEXT_AGENT = {"objectType": "contextAgent", "agent": AGENT}
CONTEXT_GROUP = {"objectType": "contextGroup", "group": GROUP}
TYPES = {"relevantTypes": ["https://example.org/types/player"]}

RELATED = [
    case
    for place, around in IN_STATEMENT_AND_SUBSTATEMENT.items()
    for name, part, role in (
        ("contextAgents", CONTEXT_AGENT, "agent"),
        ("contextGroups", CONTEXT_GROUP, "group"),
    )
    for case in (
        *good(
            f"9274.1.1 4.2.2.5 {name} {place}",
            {
                "with types": around(context={name: [{**part, **TYPES}, part]}),
                "without types": around(context={name: [part]}),
                "an empty list": around(context={name: []}),
            },
        ),
        *bad(
            f"9274.1.1 4.2.2.5 {name} {place}",
            {
                "no list": around(context={name: part}),
                "a text": around(context={name: ["x"]}),
                "another type": around(context={name: [{**part, "objectType": "Should fail"}]}),
                "no type": around(context={name: [without(part, "objectType")]}),
                f"no {role}": around(context={name: [without(part, role)]}),
                f"{role} nobody": around(context={name: [{**part, role: {"key": "x"}}]}),
                f"{role} an Activity": around(context={name: [{**part, role: ACTIVITY}]}),
                f"{role} of the other kind": around(
                    context={name: [{**part, role: GROUP if role == "agent" else AGENT}]}
                ),
                "types none": around(context={name: [{**part, "relevantTypes": []}]}),
                "types a text": around(context={name: [{**part, "relevantTypes": "urn:x:y"}]}),
                "types no IRIs": around(context={name: [{**part, "relevantTypes": ["abc"]}]}),
                "more": around(context={name: [{**part, "member": [AGENT]}]}),
            },
        ),
    )
]


@pytest.mark.parametrize(("statement", "status"), RESULTS)
def test_results(store, statement, status):
    """2.4.5."""
    check(store, statement, status)


@pytest.mark.parametrize(("statement", "status"), CONTEXTS)
def test_contexts(store, statement, status):
    """2.4.6."""
    check(store, statement, status)


@pytest.mark.parametrize(("statement", "status"), RELATED)
def test_context_agents_and_groups(store_2_0, statement, status):
    check(store_2_0, statement, status)


@pytest.mark.parametrize(
    "context",
    [{"contextAgents": [CONTEXT_AGENT]}, {"contextGroups": [CONTEXT_GROUP]}],
    ids=["2.2.s4.b1.b7 contextAgents", "2.2.s4.b1.b7 contextGroups"],
)
def test_context_agents_and_groups_are_unknown_to_1_0_3(store_1_0_3, context):
    check(store_1_0_3, make_statement(context=context), 400)


@pytest.mark.parametrize("name", ["parent", "grouping", "category", "other"])
def test_single_context_activities_are_returned_as_lists(store, name):
    """XAPI-00096, 2.4.6.2.s4.b3 and b4."""
    statement = make_statement(
        context={"contextActivities": {name: ACTIVITY}},
        object=substatement(context={"contextActivities": {name: ACTIVITY}}),
    )
    store.send(statement)
    kept = store.get("statements", statementId=statement["id"]).json()

    for part in (kept, kept["object"]):
        assert part["context"]["contextActivities"] == {name: [ACTIVITY]}
