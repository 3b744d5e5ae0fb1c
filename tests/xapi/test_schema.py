"""The rules of a statement, one row each. In brackets: xAPI 1.0.3, Part Two (Data).

Through the store, named for the requirements: tests/conformance/xapi.
"""

import copy
from typing import Any

import pytest

from academy.xapi.schema import (
    StatementError,
    fingerprint,
    is_language_tag,
    parse_timestamp,
    same_statement,
    validate,
)

AGENT = {"mbox": "mailto:ada@people.example"}
ACTIVITY = {"id": "https://content.example/course/1"}
UUID = "12345678-1234-4234-8234-123456789abc"
VERB = {"id": "http://adlnet.gov/expapi/verbs/answered"}
ATTACHMENT = {
    "usageType": "https://content.example/usage/certificate",
    "display": {"en": "Certificate"},
    "contentType": "application/pdf; charset=binary",
    "length": 27,
    "sha2": "a" * 64,
    "fileUrl": "https://content.example/certificate.pdf",
}
GROUP = {"objectType": "Group", "member": [AGENT]}
SUB = {"objectType": "SubStatement", "actor": AGENT, "verb": VERB, "object": ACTIVITY}
REFERENCE = {"objectType": "StatementRef", "id": UUID}


def statement(**changes: Any) -> dict:
    return copy.deepcopy({"actor": AGENT, "verb": VERB, "object": ACTIVITY, **changes})


def definition(**properties: Any) -> dict:
    return statement(object={**ACTIVITY, "definition": properties})


GOOD = {
    "the least": statement(),
    "an id in capitals": statement(id=UUID.upper()),
    "every property": statement(
        id=UUID,
        result={
            "score": {"scaled": 0.5, "raw": 5, "min": 0, "max": 10},
            "success": True,
            "completion": False,
            "response": "",
            "duration": "PT1H0M0.1S",
            "extensions": {"https://x.example/e": None},
        },
        context={
            "registration": UUID,
            "instructor": AGENT,
            "team": GROUP,
            "contextActivities": {
                "parent": ACTIVITY,
                "grouping": [ACTIVITY, ACTIVITY],
                "other": [],
            },
            "revision": "2",
            "platform": "Academy",
            "language": "fr-CA",
            "statement": REFERENCE,
            "extensions": {"https://x.example/e": {"deep": [None, 1, {"a": None}]}},
        },
        timestamp="2026-02-28T23:59:59.123456789+05:30",
        stored="2026-02-28T23:59:59Z",
        authority={"objectType": "Group", "member": [AGENT, AGENT]},
        version="1.0.0",
        attachments=[ATTACHMENT],
    ),
    **{
        f"version {number}": statement(version=number)
        for number in ("1.0", "1.0.9", "1.0.3rc-1", "2.0", "2.0.0")
    },
    "context agents and groups": statement(
        context={
            "contextAgents": [
                {"objectType": "contextAgent", "agent": AGENT, "relevantTypes": ["urn:x:player"]},
                {"objectType": "contextAgent", "agent": {**AGENT, "objectType": "Agent"}},
            ],
            "contextGroups": [{"objectType": "contextGroup", "group": GROUP}],
        }
    ),
    "no context agents": statement(context={"contextAgents": [], "contextGroups": []}),
    "components of another interaction type": definition(
        interactionType="true-false", choices=[{"id": "true"}]
    ),
    "extensions named like properties": statement(
        result={"extensions": {"https://x.example/e": {"timestamp": "now", "mbox": 1, "id": []}}}
    ),
    "account": statement(actor={"account": {"homePage": "http://a.example", "name": ""}}),
    "sha1": statement(actor={"mbox_sha1sum": "ebd31e95054c018b10727ccffd2ef2ec3a016ee9"}),
    "openid": statement(actor={"objectType": "Agent", "name": "A", "openid": "https://a.example/"}),
    "anonymous group": statement(actor=GROUP),
    "identified group": statement(actor={"objectType": "Group", **AGENT}),
    "identified group, no members": statement(actor={"objectType": "Group", **AGENT, "member": []}),
    "object agent": statement(object={"objectType": "Agent", **AGENT}),
    "object group": statement(object=GROUP),
    "object reference": statement(object=REFERENCE),
    "object substatement": statement(object={**SUB, "timestamp": "2999-01-01T00:00:00Z"}),
    "substatement of a reference": statement(object={**SUB, "object": REFERENCE}),
    "voiding": statement(verb={"id": "http://adlnet.gov/expapi/verbs/voided"}, object=REFERENCE),
    "verb in another script": statement(verb={"id": "http://example.com/فعل/خواندن"}),
    "urn": statement(object={"id": "urn:uuid:" + UUID}),
    "definition": definition(
        name={"en-GB": "A", "zh-Hant-TW": "B", "x-ours": "C", "i-klingon": "D", "de-1996": "E"},
        description={"und": ""},
        type="http://adlnet.gov/expapi/activities/course",
        moreInfo="https://a.example/more",
        extensions={"https://x.example/e": []},
    ),
    "interaction": definition(
        interactionType="choice",
        correctResponsesPattern=["a[,]b"],
        choices=[{"id": "a", "description": {"en": "A"}}, {"id": "b"}],
    ),
    "matching": definition(interactionType="matching", source=[{"id": "a"}], target=[{"id": "a"}]),
    "no right answer": definition(interactionType="other", correctResponsesPattern=[]),
    "empty context": statement(context={}, result={}),
    "revision of an activity": statement(context={"revision": "1"}),
    "score at its limits": statement(result={"score": {"scaled": -1, "raw": 10, "max": 10}}),
    "whole numbers that are huge": statement(result={"score": {"raw": 10**400}}),
}

BAD = {
    # the whole (2.2)
    "not an object": ([], "statement"),
    "no actor": (statement(actor=AGENT) | {"actor": None}, "actor"),
    "actor missing": ({"verb": VERB, "object": ACTIVITY}, "actor"),
    "verb missing": ({"actor": AGENT, "object": ACTIVITY}, "verb"),
    "object missing": ({"actor": AGENT, "verb": VERB}, "object"),
    "unknown property": (statement(mood="good"), "mood"),
    "wrong case": (statement(Result={}), "Result"),
    "null result": (statement(result=None), "result"),
    "null in a language map": (
        statement(verb={**VERB, "display": {"en": None}}),
        "verb.display.en",
    ),
    "id of another form": (statement(id="{" + UUID + "}"), "id"),
    "id too long": (statement(id=UUID + "8"), "id"),
    "id no hex": (statement(id="M" + UUID[1:]), "id"),
    "id a number": (statement(id=12345), "id"),
    "id with a line end": (statement(id=UUID + "\n"), "id"),
    **{
        f"version {number!r}": (statement(version=number), "version")
        for number in ("0.9.5", "1.1.0", "1", "1.", "1.0.", "1.0.x", "1.0.3-", "2.1.0", "3.0.0", "")
    },
    "version a number": (statement(version=1.0), "version"),
    "stored is validated": (statement(stored="yesterday"), "stored"),
    "authority, no agent": (statement(authority={}), "authority"),
    "authority of three": (
        statement(authority={"objectType": "Group", "member": [AGENT] * 3}),
        "authority",
    ),
    "authority, identified group": (
        statement(authority={"objectType": "Group", **AGENT, "member": [AGENT] * 2}),
        "authority",
    ),
    # actors (2.4.2)
    "no identifier": (statement(actor={"name": "Ada"}), "actor"),
    "two identifiers": (statement(actor={**AGENT, "openid": "https://a.example"}), "actor"),
    "actor a list": (statement(actor=[AGENT]), "actor"),
    "actor type in lower case": (
        statement(actor={**AGENT, "objectType": "agent"}),
        "actor.objectType",
    ),
    "actor an activity": (statement(actor={**AGENT, "objectType": "Activity"}), "actor.objectType"),
    "agent with members": (statement(actor={**AGENT, "member": []}), "actor.member"),
    "mbox without mailto": (statement(actor={"mbox": "ada@people.example"}), "actor.mbox"),
    "mbox without domain": (statement(actor={"mbox": "mailto:ada"}), "actor.mbox"),
    "mbox a number": (statement(actor={"mbox": 1}), "actor.mbox"),
    "sha1 too short": (statement(actor={"mbox_sha1sum": "abc"}), "actor.mbox_sha1sum"),
    "openid no uri": (statement(actor={"openid": "a.example"}), "actor.openid"),
    "account without name": (
        statement(actor={"account": {"homePage": "http://a"}}),
        "actor.account",
    ),
    "account without home page": (statement(actor={"account": {"name": "a"}}), "actor.account"),
    "account with more": (
        statement(actor={"account": {"homePage": "http://a", "name": "a", "x": 1}}),
        "actor.account.x",
    ),
    "home page without scheme": (
        statement(actor={"account": {"homePage": "a.example", "name": "a"}}),
        "actor.account.homePage",
    ),
    "account name a number": (
        statement(actor={"account": {"homePage": "http://a", "name": 7}}),
        "actor.account.name",
    ),
    "name a number": (statement(actor={**AGENT, "name": 7}), "actor.name"),
    "group without members": (statement(actor={"objectType": "Group"}), "actor"),
    "group of nobody": (statement(actor={"objectType": "Group", "member": []}), "actor"),
    "group in a group": (
        statement(actor={"objectType": "Group", "member": [GROUP]}),
        "actor.member[0].member",
    ),
    "member without identifier": (
        statement(actor={"objectType": "Group", "member": [AGENT, {}]}),
        "actor.member[1]",
    ),
    "group with two identifiers": (
        statement(actor={**GROUP, **AGENT, "openid": "https://a.example"}),
        "actor",
    ),
    # verb (2.4.3)
    "verb without id": (statement(verb={"display": {"en": "did"}}), "verb.id"),
    "verb id relative": (statement(verb={"id": "answered"}), "verb.id"),
    "verb scheme no scheme": (statement(verb={"id": "ab=c://should.fail.com"}), "verb.id"),
    "verb id with a space": (statement(verb={"id": "http://a.example/a b"}), "verb.id"),
    "verb a string": (statement(verb="http://a.example/did"), "verb"),
    "verb with more": (statement(verb={**VERB, "name": "x"}), "verb.name"),
    "display a string": (statement(verb={**VERB, "display": "did"}), "verb.display"),
    "display empty": (statement(verb={**VERB, "display": {}}), "verb.display"),
    "display no language": (
        statement(verb={**VERB, "display": {"a12345": "x"}}),
        "verb.display.a12345",
    ),
    "display with underscore": (
        statement(verb={**VERB, "display": {"en_US": "x"}}),
        "verb.display.en_US",
    ),
    # object (2.4.4)
    "object a string": (statement(object="x"), "object"),
    "object of no type": (
        statement(object={**ACTIVITY, "objectType": "Thing"}),
        "object.objectType",
    ),
    "object type a list": (statement(object={**ACTIVITY, "objectType": []}), "object.objectType"),
    "agent without type": (statement(object=AGENT), "object.mbox"),
    "activity without id": (statement(object={"objectType": "Activity"}), "object.id"),
    "activity id relative": (statement(object={"id": "course/1"}), "object.id"),
    "activity with more": (statement(object={**ACTIVITY, "title": "x"}), "object.title"),
    "definition a string": (statement(object={**ACTIVITY, "definition": "x"}), "object.definition"),
    "definition with more": (definition(title="x"), "object.definition.title"),
    "name a string": (definition(name="x"), "object.definition.name"),
    "type relative": (definition(type="course"), "object.definition.type"),
    "moreInfo relative": (definition(moreInfo="/more"), "object.definition.moreInfo"),
    "extension key relative": (definition(extensions={"x": 1}), "object.definition.extensions.x"),
    "extensions a list": (definition(extensions=[]), "object.definition.extensions"),
    "interaction of no type": (
        definition(correctResponsesPattern=["a"]),
        "object.definition.interactionType",
    ),
    "interaction of an unknown type": (
        definition(interactionType="multiple"),
        "object.definition.interactionType",
    ),
    "interaction type a list": (
        definition(interactionType=["choice"]),
        "object.definition.interactionType",
    ),
    "pattern a string": (
        definition(interactionType="choice", correctResponsesPattern="a"),
        "object.definition.correctResponsesPattern",
    ),
    "choices an object": (
        definition(interactionType="choice", choices={}),
        "object.definition.choices",
    ),
    "choice twice": (
        definition(interactionType="choice", choices=[{"id": "a"}, {"id": "a"}]),
        "object.definition.choices[1].id",
    ),
    "choice without id": (
        definition(interactionType="choice", choices=[{"description": {"en": "A"}}]),
        "object.definition.choices[0].id",
    ),
    "choice with more": (
        definition(interactionType="choice", choices=[{"id": "a", "score": 1}]),
        "object.definition.choices[0].score",
    ),
    "reference without id": (statement(object={"objectType": "StatementRef"}), "object.id"),
    "reference with more": (statement(object={**REFERENCE, "x": 1}), "object.x"),
    "substatement in a substatement": (statement(object={**SUB, "object": SUB}), "object.object"),
    "substatement with an id": (statement(object={**SUB, "id": UUID}), "object.id"),
    "substatement with a version": (
        statement(object={**SUB, "version": "1.0.0"}),
        "object.version",
    ),
    "substatement without verb": (
        statement(object={"objectType": "SubStatement", "actor": AGENT, "object": ACTIVITY}),
        "object.verb",
    ),
    "substatement with a bad actor": (statement(object={**SUB, "actor": {}}), "object.actor"),
    "voiding an activity": (
        statement(verb={"id": "http://adlnet.gov/expapi/verbs/voided"}),
        "object",
    ),
    # result (2.4.5)
    "success a string": (statement(result={"success": "true"}), "result.success"),
    "completion a number": (statement(result={"completion": 1}), "result.completion"),
    "response a number": (statement(result={"response": 1}), "result.response"),
    "result with more": (statement(result={"grade": 1}), "result.grade"),
    "result a list": (statement(result=[]), "result"),
    "score a number": (statement(result={"score": 1}), "result.score"),
    "score a string": (statement(result={"score": {"raw": "1"}}), "result.score.raw"),
    "score a boolean": (statement(result={"score": {"raw": True}}), "result.score.raw"),
    "score with more": (statement(result={"score": {"cut": 1}}), "result.score.cut"),
    "scaled too high": (statement(result={"score": {"scaled": 1.01}}), "result.score.scaled"),
    "raw below min": (statement(result={"score": {"raw": -1, "min": 0}}), "result.score.raw"),
    "raw above max": (statement(result={"score": {"raw": 11, "max": 10}}), "result.score.raw"),
    "min above max": (statement(result={"score": {"min": 1, "max": 0}}), "result.score.min"),
    "min is max": (statement(result={"score": {"min": 1, "max": 1}}), "result.score.min"),
    "score not a number": (statement(result={"score": {"raw": float("nan")}}), "statement"),
    "infinite extension": (
        statement(result={"extensions": {"https://x.example/e": float("inf")}}),
        "statement",
    ),
    **{
        f"duration {text!r}": (statement(result={"duration": text}), "result.duration")
        for text in ("", "P", "PT", "1H", "PA1H0M0S", "P1H", "P4W1D", "P1DT", "PT1.5H3M",
                     "P0003-06-04T12:30:05", "-P1D", "PT1S ", 12345, None)
    },
    # context (2.4.6)
    "context a list": (statement(context=[]), "context"),
    "context with more": (statement(context={"mood": 1}), "context.mood"),
    "registration no uuid": (statement(context={"registration": "x"}), "context.registration"),
    "language no tag": (statement(context={"language": "a12345"}), "context.language"),
    "revision of an agent": (
        statement(object={"objectType": "Agent", **AGENT}, context={"revision": "1"}),
        "context.revision",
    ),
    "platform of a reference": (
        statement(object=REFERENCE, context={"platform": "x"}),
        "context.platform",
    ),
    "platform of an agent in a substatement": (
        statement(object={**SUB, "object": GROUP, "context": {"platform": "x"}}),
        "object.context.platform",
    ),
    "platform a number": (statement(context={"platform": 1}), "context.platform"),
    **{
        f"{name} {case}": (statement(context={name: value}), f"context.{name}{path}")
        for name, role, good in (
            ("contextAgents", "agent", {"objectType": "contextAgent", "agent": AGENT}),
            ("contextGroups", "group", {"objectType": "contextGroup", "group": GROUP}),
        )
        for case, value, path in (
            ("an object", good, ""),
            ("of strings", ["x"], "[0]"),
            ("of another type", [good, {**good, "objectType": "Agent"}], "[1].objectType"),
            ("of no type", [{role: good[role]}], "[0].objectType"),
            ("of nobody", [{"objectType": good["objectType"]}], f"[0].{role}"),
            ("with more", [{**good, "name": "x"}], "[0].name"),
            ("of a string", [{**good, role: "x"}], f"[0].{role}"),
            ("relevant to nothing", [{**good, "relevantTypes": []}], "[0].relevantTypes"),
            ("relevant to a string", [{**good, "relevantTypes": "urn:x:y"}], "[0].relevantTypes"),
            (
                "relevant to no IRI",
                [{**good, "relevantTypes": ["urn:x:y", "abc"]}],
                "[0].relevantTypes[1]",
            ),
        )
    },
    "context agent a group": (
        statement(context={"contextAgents": [{"objectType": "contextAgent", "agent": GROUP}]}),
        "context.contextAgents[0].agent.member",
    ),
    "context group an agent": (
        statement(context={"contextGroups": [{"objectType": "contextGroup", "group": AGENT}]}),
        "context.contextGroups[0].group.objectType",
    ),
    "team an agent": (statement(context={"team": AGENT}), "context.team.objectType"),
    "instructor nobody": (statement(context={"instructor": {}}), "context.instructor"),
    "context statement an activity": (
        statement(context={"statement": ACTIVITY}),
        "context.statement.objectType",
    ),
    "context activities of an unknown kind": (
        statement(context={"contextActivities": {"child": ACTIVITY}}),
        "context.contextActivities.child",
    ),
    "context activity a string": (
        statement(context={"contextActivities": {"parent": "x"}}),
        "context.contextActivities.parent",
    ),
    "context activity an agent": (
        statement(context={"contextActivities": {"parent": [ACTIVITY, AGENT]}}),
        "context.contextActivities.parent[1].mbox",
    ),
    # timestamps (4.5)
    **{
        f"timestamp {text!r}": (statement(timestamp=text), "timestamp")
        for text in ("", "now", "01/011/2015", "2026-02-30T00:00:00Z", "2026-01-01",
                     "2008-09-15T15:53:00.601-00", "2008-09-15T15:53:00.601-0000",
                     "2008-09-15T15:53:00.601-00:00", "0000-01-01T00:00:00Z",
                     "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00",
                     "2026-01-01T25:00:00Z", "2026-01-01T00:00:00Z\n", 20260101, None,
                     "2026-01-01T24:00:01Z", "2026-01-01T24:01Z", "9999-12-31T24:00:00Z",
                     "2026-01-01T23:59:60Z", "2026-06-30T12:59:60Z", "2026-01-01T23:60:00Z",
                     "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00+05:60",
                     "2026-W10-1T00:00:00Z", "2026-060T00:00:00Z", "2026-01-01T00:00:00.Z",
                     "٢٠٢٦-01-01T00:00:00Z", "+2026-01-01T00:00:00Z")
    },
    # attachments (2.4.11)
    "attachments an object": (statement(attachments={}), "attachments"),
    "attachment with more": (statement(attachments=[{**ATTACHMENT, "x": 1}]), "attachments[0].x"),
    "attachment no media type": (
        statement(attachments=[{**ATTACHMENT, "contentType": "pdf"}]),
        "attachments[0].contentType",
    ),
    "attachment length a string": (
        statement(attachments=[{**ATTACHMENT, "length": "27"}]),
        "attachments[0].length",
    ),
    "attachment length negative": (
        statement(attachments=[{**ATTACHMENT, "length": -1}]),
        "attachments[0].length",
    ),
    "attachment sum too short": (
        statement(attachments=[{**ATTACHMENT, "sha2": "abc"}]),
        "attachments[0].sha2",
    ),
    **{
        f"attachment without {name}": (
            statement(attachments=[{k: v for k, v in ATTACHMENT.items() if k != name}]),
            f"attachments[0].{name}",
        )
        for name in ("usageType", "display", "contentType", "length", "sha2")
    },
    # what cannot be kept
    "NUL in a response": (statement(result={"response": "a\0b"}), "result.response"),
    "NUL in an extension key's value": (
        statement(context={"extensions": {"https://x.example/e": ["\0"]}}),
        "context.extensions.https://x.example/e[0]",
    ),
    "half a surrogate pair": (statement(result={"response": "\ud83d"}), "result.response"),
    "half a surrogate pair as a name": (statement(**{"\ud83d": 1}), "\ud83d"),
}  # fmt: skip

ONLY_2_0 = {
    "version 2.0": (statement(version="2.0.0"), "version"),
    "context agents": (statement(context={"contextAgents": []}), "context.contextAgents"),
    "context groups": (statement(context={"contextGroups": []}), "context.contextGroups"),
    "context agents in a substatement": (
        statement(object={**SUB, "context": {"contextAgents": []}}),
        "object.context.contextAgents",
    ),
}


@pytest.mark.parametrize("good", GOOD.values(), ids=GOOD.keys())
def test_valid_statements_pass(good):
    validate(good)


@pytest.mark.parametrize(("bad", "path"), BAD.values(), ids=BAD.keys())
def test_invalid_statements_are_refused_by_the_name_of_the_property(bad, path):
    with pytest.raises(StatementError) as caught:
        validate(bad)

    assert caught.value.path == path
    assert caught.value.status == 400
    assert caught.value.message.startswith(path.encode(errors="backslashreplace").decode())


@pytest.mark.parametrize(("statement_", "path"), ONLY_2_0.values(), ids=ONLY_2_0.keys())
def test_what_xapi_2_0_added_is_unknown_to_1_0_3(statement_, path):
    validate(statement_, "2.0.0")
    with pytest.raises(StatementError) as caught:
        validate(statement_, "1.0.3")

    assert caught.value.path == path


@pytest.mark.parametrize(
    ("tag", "well_formed"),
    [
        ("de", True),
        ("zh-cmn-Hans-CN", True),
        ("sl-rozaj-biske-1994", True),
        ("de-CH-x-phonebk", True),
        ("en-a-bbb-x-a-ccc", True),
        ("x-a-a-a-a-a-a", True),
        ("EN-LATN-GB-BOONT-R-EXTENDED-SEQUENCE-X-PRIVATE", True),
        ("", False),
        ("e", False),
        ("a-DE", False),
        ("something", False),
        ("de-419-DE", False),
        ("de-1996-1996", False),
        ("de-DE-scouse-Scouse", False),
        ("ar-a-aaa-b-bbb-a-ccc", False),
        ("zh-z-aaa-z-bbb-c-ccc", False),
        ("en_GB", False),
        ("en-", False),
        ("en-x", False),
        ("français", False),
    ],
)
def test_language_tags(tag, well_formed):
    """4.2, with RFC 5646, 2.2.9."""
    assert is_language_tag(tag) is well_formed


def test_a_backslash_before_u0000_is_not_the_character_nul():
    validate(statement(result={"response": r"\u0000 and \\u0000"}))


@pytest.mark.parametrize("depth", [250, 100_000])
def test_deep_nesting_is_refused_in_words(depth):
    deep: Any = []
    for _level in range(depth):
        deep = [deep]
    broken = statement() | {"context": {"extensions": {"https://x.example/e": deep}}}
    with pytest.raises(StatementError) as caught:
        validate(broken)

    assert "nested" in caught.value.message


def test_a_long_list_is_not_deep_nesting():
    validate(statement(context={"extensions": {"https://x.example/e": [[]] * 1000}}))


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-03-01T00:00:00Z", "2026-03-01T00:00:00+00:00"),
        ("2026-03-01T01:00:00+01:00", "2026-03-01T00:00:00+00:00"),
        ("2026-03-01T00:00:00", "2026-03-01T00:00:00+00:00"),
        ("2026-03-01T00:00", "2026-03-01T00:00:00+00:00"),
        ("20260301T000000.5-0330", "2026-03-01T03:30:00.500000+00:00"),
        ("2026-03-01T00:00:00.1234567+00", "2026-03-01T00:00:00.123456+00:00"),
        ("2026-03-01 00:00:00.5+00:00", "2026-03-01T00:00:00.500000+00:00"),
        ("2026-03-01t00:00:00z", "2026-03-01T00:00:00+00:00"),
        ("2026-03-01T00:00:00,25Z", "2026-03-01T00:00:00.250000+00:00"),
        ("2026-02-28T24:00:00Z", "2026-03-01T00:00:00+00:00"),
        ("20260228T2400+0100", "2026-02-28T23:00:00+00:00"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00+00:00"),
        ("1990-12-31T15:59:60.5-08:00", "1991-01-01T00:00:00.500000+00:00"),
    ],
)
def test_timestamps_are_read_as_instants(text, utc):
    assert parse_timestamp(text).isoformat() == utc


SAME = {
    "the order of properties": ({"object": ACTIVITY, "verb": VERB, "actor": AGENT}, statement()),
    "what the store assigns": (
        statement(id=UUID, stored="2026-01-01T00:00:00Z", authority=AGENT, version="1.0.0"),
        statement(),
    ),
    "a timestamp one of them lacks": (statement(timestamp="2026-01-01T00:00:00Z"), statement()),
    "a timestamp in another zone": (
        statement(timestamp="2026-01-01T00:00:00.0001Z"),
        statement(timestamp="2026-01-01T01:00:00+01:00"),
    ),
    "the verb's display": (statement(verb={**VERB, "display": {"en": "did"}}), statement()),
    "the activity's definition": (definition(name={"en": "A"}), statement()),
    "the default object type": (
        statement(
            actor={**AGENT, "objectType": "Agent"}, object={**ACTIVITY, "objectType": "Activity"}
        ),
        statement(),
    ),
    "the order of members": (
        statement(actor={**GROUP, "member": [AGENT, {"openid": "https://a.example"}]}),
        statement(actor={**GROUP, "member": [{"openid": "https://a.example"}, AGENT]}),
    ),
    "a context activity or a list of one": (
        statement(context={"contextActivities": {"parent": ACTIVITY}}),
        statement(context={"contextActivities": {"parent": [ACTIVITY]}}),
    ),
    "the spelling of a number": (
        statement(result={"score": {"raw": 1.0}}),
        statement(result={"score": {"raw": 1}}),
    ),
    "the case of a registration": (
        statement(context={"registration": UUID}),
        statement(context={"registration": UUID.upper()}),
    ),
    "the case of a hash": (
        statement(actor={"mbox_sha1sum": "a" * 40}),
        statement(actor={"mbox_sha1sum": "A" * 40}),
    ),
    "the case of an id": (statement(id=UUID), statement(id=UUID.upper())),
    "the case of a reference": (
        statement(object=REFERENCE),
        statement(object={**REFERENCE, "id": UUID.upper()}),
    ),
    "the case of a language tag": (
        statement(context={"language": "fr-ca"}, attachments=[ATTACHMENT]),
        statement(
            context={"language": "fr-CA"},
            attachments=[{**ATTACHMENT, "display": {"EN": "Certificate"}, "sha2": "A" * 64}],
        ),
    ),
    "the sign of zero": (
        statement(result={"score": {"raw": -0.0}}),
        statement(result={"score": {"raw": 0}}),
    ),
    "the spelling of a large number": (
        statement(result={"score": {"raw": 1e23}}),
        statement(result={"score": {"raw": 10**23}}),
    ),
    "the spelling of numbers in extensions": (
        statement(context={"extensions": {"https://x.example/e": [{"a": 1.0}]}}),
        statement(context={"extensions": {"https://x.example/e": [{"a": 1}]}}),
    ),
    "less than a hundredth of a second": (
        statement(result={"duration": "PT1.239S"}),
        statement(result={"duration": "PT1.23S"}),
    ),
    "less than a thousandth in a substatement": (
        statement(object={**SUB, "timestamp": "2026-01-01T00:00:00.1239Z"}),
        statement(object={**SUB, "timestamp": "2026-01-01T01:00:00.123+01:00"}),
    ),
    "the case of a mail domain": (
        statement(actor={"mbox": "mailto:Ada@People.Example"}),
        statement(actor={"mbox": "mailto:Ada@people.example"}),
    ),
}

OTHER = {
    "the actor": statement(actor={"mbox": "mailto:bob@people.example"}),
    "the case of a mail name": statement(actor={"mbox": "mailto:Ada@people.example"}),
    "the activity": statement(object={"id": "https://content.example/course/2"}),
    "a result": statement(result={"success": True}),
    **{
        f"an extension's {name}": statement(context={"extensions": {"https://x.example/e": value}})
        for name, value in (
            ("objectType", {"objectType": "Agent"}),
            ("definition", {"definition": 1}),
            ("timestamp", {"timestamp": "yesterday"}),
            ("mbox", {"mbox": "A@B"}),
            ("id", {"id": UUID.upper()}),
            ("display", {"display": {"EN": 1}}),
            ("member", {"member": [2, 1]}),
        )
    },
}
OTHER_PAIRS = {
    "the case of an IRI": (
        statement(object={"id": "https://a.example/A"}),
        statement(object={"id": "https://a.example/a"}),
    ),
    "a large number": (
        statement(result={"score": {"raw": 2**53}}),
        statement(result={"score": {"raw": 2**53 + 1}}),
    ),
    "the case of an id in an extension": (
        statement(context={"extensions": {"https://x.example/e": {"id": UUID.upper()}}}),
        statement(context={"extensions": {"https://x.example/e": {"id": UUID}}}),
    ),
    "the order of context activities": (
        statement(context={"contextActivities": {"other": [ACTIVITY, {"id": "urn:x:y"}]}}),
        statement(context={"contextActivities": {"other": [{"id": "urn:x:y"}, ACTIVITY]}}),
    ),
    "an attachment": (
        statement(attachments=[ATTACHMENT]),
        statement(attachments=[{**ATTACHMENT, "sha2": "b" * 64}]),
    ),
}


@pytest.mark.parametrize(("first", "second"), SAME.values(), ids=SAME.keys())
def test_statements_are_the_same_whatever(first, second):
    """2.3.1: these differences are not differences."""
    assert same_statement(first, second)


@pytest.mark.parametrize("other", OTHER.values(), ids=OTHER.keys())
def test_statements_are_not_the_same_with_another(other):
    assert not same_statement(statement(), other)


@pytest.mark.parametrize(("first", "second"), OTHER_PAIRS.values(), ids=OTHER_PAIRS.keys())
def test_statements_differ_by(first, second):
    """2.3.1.s9.b2: what is not an exception counts."""
    assert not same_statement(first, second)


def test_durations_are_compared_as_text():
    """2.3.1.b8: sixty seconds are not one minute."""
    assert fingerprint(statement(result={"duration": "PT60S"})) != fingerprint(
        statement(result={"duration": "PT1M"})
    )


def test_timestamps_that_differ_make_statements_differ():
    assert not same_statement(
        statement(timestamp="2026-01-01T00:00:00Z"), statement(timestamp="2026-01-01T00:00:01Z")
    )
