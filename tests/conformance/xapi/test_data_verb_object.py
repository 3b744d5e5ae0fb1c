"""xAPI 1.0.3, Data 2.4.3 and 2.4.4: verbs and objects; 9274.1.1, 4.2.2.2 and 4.2.2.3."""

import pytest

from tests.conformance.xapi.conftest import make_statement
from tests.conformance.xapi.data import (
    ACTIVITY,
    AGENT,
    EXTENSION,
    GROUP,
    IN_STATEMENT_AND_SUBSTATEMENT,
    NO_IRI,
    NO_LANGUAGE_MAP,
    NO_OBJECT,
    NO_STRING,
    NO_UUID,
    REFERENCE,
    UUID,
    VERB,
    bad,
    check,
    good,
    substatement,
    tried,
    without,
)

VERBS = [
    case
    for place, around in IN_STATEMENT_AND_SUBSTATEMENT.items()
    for case in (
        *bad(
            f"XAPI-00044 2.4.3.s3.table1.row1 {place}",
            {"no id": around(verb={"display": {"en": "planned"}}), "empty": around(verb={})},
            {
                f"id {what}": around(verb={"id": value})
                for what, value in tried(place, NO_IRI).items()
            },
        ),
        *bad(
            f"XAPI-00045 2.4.3.s3.table1.row2 {place}",
            {
                f"display {what}": around(verb={**VERB, "display": value})
                for what, value in tried(place, NO_LANGUAGE_MAP).items()
            },
        ),
        *good(
            f"XAPI-00045 2.4.3 {place}",
            {
                "no display": around(verb=VERB),
                "an IRI of another script": around(verb={"id": "http://example.com/فعل/خواندن"}),
                "in several languages": around(
                    verb={**VERB, "display": {"en-GB": "planned", "zh-Hant": "x", "und": ""}}
                ),
            },
        ),
    )
]

COMPONENTS = [{"id": "a", "description": {"en": "A"}}, {"id": "b"}]
INTERACTIONS = {
    "true-false": {"correctResponsesPattern": ["true"]},
    "choice": {"correctResponsesPattern": ["a[,]b"], "choices": COMPONENTS},
    "fill-in": {"correctResponsesPattern": ["Bob's your uncle"]},
    "long-fill-in": {"correctResponsesPattern": ["{case_matters=false}{lang=en}" + "long " * 200]},
    "matching": {
        "correctResponsesPattern": ["a[.]1[,]b[.]2"],
        "source": COMPONENTS,
        "target": [{"id": "1"}, {"id": "2"}],
    },
    "performance": {"correctResponsesPattern": ["a[.]1:[,]b[.]x"], "steps": COMPONENTS},
    "sequencing": {"correctResponsesPattern": ["b[,]a"], "choices": COMPONENTS},
    "likert": {"correctResponsesPattern": ["a"], "scale": COMPONENTS},
    "numeric": {"correctResponsesPattern": ["4[:]"]},
    "other": {"correctResponsesPattern": ["(35.937432,-86.868896)"]},
}
NO_INTERACTION = {"multiple": "multiple", "an IRI": "https://example.org/x", "": "", **NO_STRING}
NO_TEXTS = {
    "a text": "a",
    "an object": {"a": "b"},
    "of a number": [1],
    "of null": ["a", None],
    "of lists": [["a"]],
}
LISTS = {
    51: ("steps", "performance"),
    52: ("target", "matching"),
    53: ("source", "matching"),
    54: ("scale", "likert"),
    55: ("choices", "choice"),
}


def definitions(around, requirement: str, status, **table):
    return status(
        requirement,
        {what: around(object={**ACTIVITY, "definition": value}) for what, value in table.items()},
    )


ACTIVITIES = [
    case
    for place, around in IN_STATEMENT_AND_SUBSTATEMENT.items()
    for case in (
        *bad(
            f"XAPI-00047 2.4.4.1.s1.table1.row2 {place}",
            {"no id": around(object={"objectType": "Activity"}), "empty": around(object={})},
            {
                f"id {what}": around(object={"id": value})
                for what, value in tried(place, NO_IRI).items()
            },
        ),
        *good(
            f"XAPI-00046 2.4.4.s2 {place}", {"no objectType": around(object={"id": ACTIVITY["id"]})}
        ),
        *bad(
            f"XAPI-00046 2.4.4.s2 {place}",
            {
                f"objectType {what}": around(object={**ACTIVITY, "objectType": value})
                for what, value in tried(
                    place, {"Thing": "Thing", "empty": "", **NO_STRING}
                ).items()
            },
        ),
        *definitions(
            around, f"XAPI-00048 2.4.4.1.s1.table1.row3 {place}", bad, **tried(place, NO_OBJECT)
        ),
        *definitions(
            around,
            f"2.4.4.1.s2 {place}",
            good,
            everything={
                "name": {"en": "Meeting"},
                "description": {"en": "A meeting"},
                "type": "http://adlnet.gov/expapi/activities/meeting",
                "moreInfo": "https://example.org/more",
                "extensions": {EXTENSION: {"any": ["thing", None]}},
            },
        ),
        *[
            case
            for number, name in ((56, "name"), (59, "description"))
            for case in definitions(
                around,
                f"XAPI-000{number} 2.4.4.1.s2 {name} {place}",
                bad,
                **{what: {name: value} for what, value in tried(place, NO_LANGUAGE_MAP).items()},
            )
        ],
        *[
            case
            for number, name in ((60, "type"), (61, "moreInfo"))
            for case in definitions(
                around,
                f"XAPI-000{number} 2.4.4.1.s2 {name} {place}",
                bad,
                **{what: {name: value} for what, value in tried(place, NO_IRI).items()},
            )
        ],
        *definitions(
            around,
            f"XAPI-00057 2.4.4.1.s2.table1.row5 extensions {place}",
            bad,
            **{what: {"extensions": value} for what, value in tried(place, NO_OBJECT).items()},
            **{"keys no IRI": {"extensions": {"id": "valid", "description": {"en": "valid"}}}},
        ),
        *definitions(
            around,
            f"XAPI-00049 2.4.4.1.s8.table1.row1 {place}",
            good,
            **{
                kind: {"interactionType": kind, **more}
                for kind, more in tried(place, INTERACTIONS).items()
            },
            **{
                f"{kind} alone": {"interactionType": kind} for kind in ("choice", "likert", "other")
            },
        ),
        *definitions(
            around,
            f"XAPI-00049 2.4.4.1.s8.table1.row1 {place}",
            bad,
            **{
                what: {"interactionType": value}
                for what, value in tried(place, NO_INTERACTION).items()
            },
        ),
        *definitions(
            around,
            f"XAPI-00050 2.4.4.1.s8.table1.row2 {place}",
            bad,
            **{
                f"pattern {what}": {
                    "interactionType": "choice",
                    "correctResponsesPattern": value,
                }
                for what, value in tried(place, NO_TEXTS).items()
            },
        ),
        *definitions(
            around,
            f"2.4.4.1.s11 {place}",
            good,
            **{"no right answer": {"interactionType": "choice", "correctResponsesPattern": []}},
        ),
        *definitions(
            around,
            f"XAPI-00064 2.4.4.1.s8 {place}",
            bad,
            **{
                f"{kind} without its type": more
                for kind, more in tried(place, INTERACTIONS).items()
            },
        ),
    )
]

COMPONENT_LISTS = [
    case
    for number, (name, kind) in LISTS.items()
    for case in (
        *definitions(
            make_statement,
            f"XAPI-000{number} 2.4.4.1.s15 {name}",
            bad,
            **{
                what: {"interactionType": kind, name: value}
                for what, value in {
                    "an object": {"id": "a"},
                    "a text": "a",
                    "a number": 1,
                }.items()
            },
        ),
        *definitions(
            make_statement,
            f"XAPI-00063 2.4.4.1.s15 {name}",
            bad,
            **{
                f"a component {value!r}": {"interactionType": kind, name: [{"id": "a"}, value]}
                for value in ("b", 2, ["b"], None, True)
            },
        ),
        *definitions(
            make_statement,
            f"XAPI-00058 2.4.4.1.s15.table1.row1 {name}",
            bad,
            **{
                "no id": {"interactionType": kind, name: [{"description": {"en": "A"}}]},
                "an id twice": {"interactionType": kind, name: [{"id": "a"}, {"id": "a"}]},
            },
            **{
                f"id {value!r}": {"interactionType": kind, name: [{"id": value}]}
                for value in ("", 1, {}, None)
            },
        ),
        *definitions(
            make_statement,
            f"XAPI-00062 2.4.4.1.s15 {name}",
            bad,
            **{
                f"description {what}": {
                    "interactionType": kind,
                    name: [{"id": "a", "description": value}],
                }
                for what, value in tried(name, NO_LANGUAGE_MAP).items()
            },
        ),
    )
]

OBJECTS = [
    case
    for place, around in IN_STATEMENT_AND_SUBSTATEMENT.items()
    for case in (
        *bad(
            f"XAPI-00065 2.4.4.2.s1.b1 {place}",
            {
                "an Agent without its type": around(object=without(AGENT, "objectType")),
                "a Group without its type": around(object=without(GROUP, "objectType")),
            },
        ),
        *good(
            f"2.4.4 {place}",
            {
                "an Agent": around(object=AGENT),
                "a Group": around(object=GROUP),
                "a statement": around(object=REFERENCE),
            },
        ),
        *bad(
            f"XAPI-00072 2.4.4.3.s4.b2 {place}",
            {"no id": around(object={"objectType": "StatementRef"})},
            {f"id {what}": around(object={**REFERENCE, "id": value}) for what, value in tried(place, NO_UUID).items()},
        ),
        *bad(
            f"XAPI-00073 2.4.4.3.s4.b1 {place}",
            {
                "a reference without its type": around(object={"id": UUID}),
                "a reference of another type": around(object={**REFERENCE, "objectType": "statementref"}),
            },
        ),
    )
]  # fmt: skip


def inside(**changes):
    return make_statement(object=substatement(**changes))


SUBSTATEMENTS = [
    *good(
        "XAPI-00066 2.4.4.3.s8.b2",
        {
            "of everything": inside(
                result={"success": True},
                context={"registration": UUID, "platform": "x"},
                timestamp="2999-01-01T00:00:00Z",
                attachments=[],
            ),
        },
    ),
    *bad(
        "XAPI-00066 2.4.4.3.s8.b2",
        {
            "a bad actor": inside(actor={"name": "Ada"}),
            "a bad verb": inside(verb={"id": "x"}),
            "a bad object": inside(object={"id": "x"}),
            "a bad result": inside(result={"success": "yes"}),
            "a bad context": inside(context={"language": "something"}),
            "a bad timestamp": inside(timestamp="01/011/2015"),
            "bad attachments": inside(attachments=["x"]),
        },
    ),
    *[
        case
        for number, name, value in (
            (67, "authority", AGENT),
            (68, "version", "1.0.0"),
            (69, "stored", "2013-05-18T05:32:34.804Z"),
            (70, "id", UUID),
        )
        for case in bad(f"XAPI-000{number} 2.4.4.3.s8.b3", {name: inside(**{name: value})})
    ],
    *bad("XAPI-00071 2.4.4.3.s8.b4", {"nested": inside(object=substatement())}),
    *bad(
        "XAPI-00073 2.4.4.3.s8.b1",
        {
            "no type": make_statement(object=without(substatement(), "objectType")),
            "another type": inside(objectType="substatement"),
        },
    ),
]


@pytest.mark.parametrize(("statement", "status"), VERBS)
def test_verbs(store, statement, status):
    """2.4.3."""
    check(store, statement, status)


@pytest.mark.parametrize(("statement", "status"), ACTIVITIES)
def test_activities(store, statement, status):
    """2.4.4.1."""
    check(store, statement, status)


@pytest.mark.parametrize(("statement", "status"), COMPONENT_LISTS)
def test_interaction_components(store, statement, status):
    """2.4.4.1.s14 to s16."""
    check(store, statement, status)


@pytest.mark.parametrize(("statement", "status"), OBJECTS)
def test_agents_groups_and_references_as_objects(store, statement, status):
    """2.4.4.2 and 2.4.4.3.s2."""
    check(store, statement, status)


@pytest.mark.parametrize(("statement", "status"), SUBSTATEMENTS)
def test_substatements(store, statement, status):
    """2.4.4.3.s6."""
    check(store, statement, status)
