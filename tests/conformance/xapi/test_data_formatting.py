"""xAPI 1.0.3, Data 2.2: formatting requirements; 9274.1.1, 4.2.1."""

import json

import pytest

from tests.conformance.xapi.conftest import make_statement
from tests.conformance.xapi.data import (
    ACCOUNT,
    ACTIVITY,
    AGENT,
    ATTACHMENT,
    EXTENSION,
    IN_STATEMENT_AND_SUBSTATEMENT,
    NO_OBJECT,
    REFERENCE,
    VERB,
    bad,
    check,
    good,
    of_activity,
    substatement,
    without,
)

STATEMENT = make_statement()
NULL = {"extensions": {EXTENSION: None}}

CASES = [
    *bad(
        "XAPI-00001 2.2.s4.b1.b1",
        {f"{name} null": {**STATEMENT, name: None} for name in (
            "id", "actor", "verb", "object", "result", "context", "timestamp", "stored",
            "authority", "version", "attachments",
        )},
        {
            "name of an agent null": make_statement(actor={**AGENT, "name": None}),
            "text of a language null": make_statement(verb={**VERB, "display": {"en": None}}),
            "registration null": make_statement(context={"registration": None}),
            "moreInfo null": of_activity(moreInfo=None),
            "extensions null": of_activity(extensions=None),
            "score null": make_statement(result={"score": None}),
            "member null": make_statement(actor={"objectType": "Group", "member": None}),
            "a member null": make_statement(actor={"objectType": "Group", "member": [AGENT, None]}),
            "parent null": make_statement(context={"contextActivities": {"parent": None}}),
            "fileUrl null": make_statement(attachments=[{**ATTACHMENT, "fileUrl": None}]),
            "in a substatement": make_statement(object=substatement(result={"response": None})),
        },
    ),
    *good(
        "XAPI-00001 2.2.s4.b1.b1",
        {
            "null inside an activity's extensions": of_activity(**NULL),
            "null inside a result's extensions": make_statement(result=NULL),
            "null inside a context's extensions": make_statement(context=NULL),
            "null inside a substatement's extensions": make_statement(
                object=substatement(
                    object={**ACTIVITY, "definition": NULL}, result=NULL, context=NULL
                )
            ),
        },
    ),
    *[
        case
        for number, name in ((3, "actor"), (4, "verb"), (5, "object"))
        for case in bad(
            f"XAPI-0000{number} 2.2.s2.b3",
            {
                f"{name} missing": without(STATEMENT, name),
                f"{name} missing in a substatement": make_statement(
                    object=without(substatement(), name)
                ),
            },
        )
    ],
    *bad(
        "XAPI-00006 2.2.s4.b1.b2",
        {
            f"{name} {text!r}": make_statement(result={"score": {name: text}})
            for name in ("scaled", "raw", "min", "max")
            for text in ("one", "1")
        },
    ),
    *bad(
        "XAPI-00006 2.2.s4.b1.b3",
        {
            f"{name} {value!r}": make_statement(result={name: value})
            for name in ("success", "completion")
            for value in ("yes", "true", "false", 1, 0)
        },
    ),
    *bad(
        "XAPI-00007 2.2.s4.b1.b4",
        {
            f"{name} {case}": {**STATEMENT, name: value}
            for name in ("actor", "verb", "object", "result", "context", "authority")
            for case, value in NO_OBJECT.items()
        },
        {"attachments an object": make_statement(attachments=ATTACHMENT)},
    ),
    *bad(
        "XAPI-00008 2.2.s4.b1.b5",
        {
            f"{name} for {right}": {**STATEMENT, name: value}
            for name, right, value in (
                ("iD", "id", STATEMENT["id"]),
                ("Actor", "actor", AGENT),
                ("veRb", "verb", VERB),
                ("oBject", "object", ACTIVITY),
                ("RESULT", "result", {"success": True}),
                ("conText", "context", {"platform": "x"}),
                ("timeStamp", "timestamp", "1776-07-04T16:00:45.123Z"),
                ("STOred", "stored", "1787-09-17T09:33:32.111Z"),
                ("auTHORity", "authority", AGENT),
                ("Version", "version", "1.0.3"),
                ("attachmentS", "attachments", [ATTACHMENT]),
            )
        },
        {
            "objecttype": make_statement(actor={**without(AGENT, "objectType"), "objecttype": "Agent"}),
            "homepage": make_statement(
                actor={"account": {"homepage": ACCOUNT["homePage"], "name": "4711"}}
            ),
            "moreinfo": of_activity(moreinfo="https://example.org/more"),
        },
    ),
    *bad(
        "XAPI-00009 2.2.s4.b1.b6",
        {
            f"interactionType {kind}": of_activity(interactionType=kind)
            for kind in (
                "true-faLse", "choiCe", "fill-iN", "long-fiLl-in", "matchIng", "perfOrmance",
                "seqUencing", "liKert", "nUmeric", "Other",
            )
        },
        {
            f"objectType {kind}": make_statement(object={**part, "objectType": kind})
            for kind, part in (
                ("activity", ACTIVITY), ("agent", AGENT), ("group", {"member": [AGENT]}),
                ("statementref", REFERENCE), ("substatement", substatement()),
            )
        },
    ),
    *[
        case
        for place, around in IN_STATEMENT_AND_SUBSTATEMENT.items()
        for case in bad(
            f"XAPI-00010 2.2.s4.b1.b7 {place}:",
            {
                "of the statement": around(mood="good"),
                "of an agent": around(actor={**AGENT, "mood": "good"}),
                "of an account": around(actor={"account": {**ACCOUNT, "mood": "good"}}),
                "of a verb": around(verb={**VERB, "mood": "good"}),
                "of a result": around(result={"mood": "good"}),
                "of a score": around(result={"score": {"mood": 1}}),
                "of a context": around(context={"mood": "good"}),
                "of context activities": around(context={"contextActivities": {"mood": ACTIVITY}}),
                "of a reference": around(context={"statement": {**REFERENCE, "mood": "good"}}),
                "of an attachment": around(attachments=[{**ATTACHMENT, "mood": "good"}]),
            },
        )
    ],
    *bad(
        "XAPI-00010 2.2.s4.b1.b7",
        {
            "of an activity": make_statement(object={**ACTIVITY, "mood": "good"}),
            "of a definition": of_activity(mood="good"),
            "of a component": of_activity(
                interactionType="choice", choices=[{"id": "a", "mood": "good"}]
            ),
        },
    ),
    *bad(
        "XAPI-00011 2.2.s4.b1.b8",
        {
            "of a verb": make_statement(verb={"id": "example.org/verbs/planned"}),
            "of an openid": make_statement(actor={"openid": "openid.example.org/ada"}),
            "of a homePage": make_statement(
                actor={"account": {**ACCOUNT, "homePage": "example.org/people"}}
            ),
            "of an activity": make_statement(object={"id": "example.org/activities/meeting"}),
            "of a type": of_activity(type="example.org/types/meeting"),
            "of moreInfo": of_activity(moreInfo="example.org/more"),
            "of a usageType": make_statement(attachments=[{**ATTACHMENT, "usageType": "example.org"}]),
            "of a fileUrl": make_statement(attachments=[{**ATTACHMENT, "fileUrl": "example.org/x"}]),
            "of an activity's extension": of_activity(extensions={"example.org/one": 1}),
            "of a context's extension": make_statement(context={"extensions": {"example.org/one": 1}}),
            "of a result's extension": make_statement(result={"extensions": {"example.org/one": 1}}),
            "of a parent": make_statement(context={"contextActivities": {"parent": [{"id": "a/b"}]}}),
            "of a verb in a substatement": make_statement(object=substatement(verb={"id": "a/b"})),
        },
    ),
    *good("XAPI-00010 2.2.s2.b4", {"properties in any order": dict(reversed(STATEMENT.items()))}),
    *good(
        "2.2.s2.b1",
        {
            "empty objects are only advised against": make_statement(
                context={}, result={"score": {}}, object={**ACTIVITY, "definition": {}}
            )
        },
    ),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "status"), CASES)
def test_formatting(store, statement, status):
    check(store, statement, status)


NUMBERS = [0.12123434, 12.125, 45.45, 1e-7, 123456.78, -3.4e38, 16777217, 2**53 + 1, 10**30]


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: f"XAPI-00002 2.2.s4.b3 {number!r}")
def test_numbers_keep_their_precision(store, number):
    statement = make_statement(result={"score": {"raw": number}})
    store.send(statement)
    answer = store.get("statements", statementId=statement["id"])

    assert answer.json()["result"]["score"]["raw"] == number


BODIES = {
    "XAPI-00014 not JSON": b"statement",
    "XAPI-00014 nothing": b" ",
    "XAPI-00014 cut off": json.dumps(STATEMENT).encode()[:-1],
    "XAPI-00014 something after": json.dumps(STATEMENT).encode() + b"}",
    "XAPI-00014 quoted twice": json.dumps(json.dumps(STATEMENT)).encode(),
    "XAPI-00014 NaN": json.dumps({**STATEMENT, "result": {"score": {"raw": float("nan")}}}).encode(),
    "XAPI-00014 Infinity": json.dumps({**STATEMENT, "result": {"score": {"max": float("inf")}}}).encode(),
    "XAPI-00014 beyond any float": json.dumps(
        {**STATEMENT, "result": {"score": {"raw": 0}}}
    ).replace('"raw": 0', '"raw": 1e400').encode(),
    "XAPI-00014 thousands of digits": json.dumps(
        {**STATEMENT, "result": {"score": {"raw": 0}}}
    ).replace('"raw": 0', '"raw": ' + "9" * 5000).encode(),
    "XAPI-00015 not UTF-8": json.dumps(STATEMENT).encode().replace(b"learner", b"l\xe9rner"),
    "XAPI-00015 UTF-16": json.dumps(STATEMENT).encode("utf-16"),
    "XAPI-00015 half a surrogate pair": json.dumps(
        {**STATEMENT, "result": {"response": "\ud83d"}}
    ).encode(),
    "XAPI-00021 a property twice": json.dumps(STATEMENT).encode().replace(
        b'"verb"', b'"actor": {"mbox": "mailto:bo@example.org"}, "verb"', 1
    ),
    "XAPI-00021 a property twice inside": json.dumps(STATEMENT).encode().replace(
        b'"mbox"', b'"mbox": "mailto:bo@example.org", "mbox"', 1
    ),
}  # fmt: skip


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_what_is_no_json_is_refused(store, body):
    """2.1, 2.2.s2.b2; Communication 1.4."""
    answer = store.send(body)

    assert answer.status_code == 400
    assert answer.json()["error"]


def test_text_of_any_script_is_kept(store):
    """XAPI-00015; Communication 1.4."""
    text = 'été, قرأ, 読む, 𐍈, 👩‍🏫, \u2028, \x7f, \t\n"\\'
    statement = make_statement(result={"response": text}, verb={**VERB, "display": {"und": text}})
    store.send(json.dumps(statement, ensure_ascii=False))
    kept = store.get("statements", statementId=statement["id"]).json()

    assert kept["result"]["response"] == text
    assert kept["verb"]["display"]["und"] == text


PARAMETERS = {
    "statementId": "wrong",
    "voidedStatementId": "wrong",
    "agent": "wrong",
    "verb": "example.org/verbs/planned",
    "activity": "example.org/activities/meeting",
    "registration": "wrong",
    "since": "yesterday",
    "until": "01/011/2015",
}


@pytest.mark.parametrize(
    ("name", "value"),
    PARAMETERS.items(),
    ids=[f"XAPI-00012 2.2.s4.b4 {name}" for name in PARAMETERS],
)
def test_parameters_are_held_to_the_rules_of_statements(store, name, value):
    assert store.get("statements", **{name: value}).status_code == 400
