"""xAPI 1.0.3, Data 2.3: immutability, comparison and voiding."""

import pytest

from tests.conformance.xapi.conftest import make_statement
from tests.conformance.xapi.data import (
    ACCOUNT,
    ACTIVITY,
    AGENT,
    ATTACHMENT,
    EXTENSION,
    GROUP,
    REFERENCE,
    UUID,
    VERB,
    bad,
    check,
    good,
    substatement,
)

VOIDED = {"id": "http://adlnet.gov/expapi/verbs/voided", "display": {"en": "voided"}}

VOIDING = [
    *good("XAPI-00020 2.3.2.s2.b1", {"a reference": make_statement(verb=VOIDED, object=REFERENCE)}),
    *bad(
        "XAPI-00017 2.3.2.s2.b1",
        {
            "an Activity": make_statement(verb=VOIDED),
            "an Agent": make_statement(verb=VOIDED, object=AGENT),
            "a Group": make_statement(verb=VOIDED, object=GROUP),
            "a SubStatement": make_statement(verb=VOIDED, object=substatement()),
            "a reference of another type": make_statement(
                verb=VOIDED, object={**REFERENCE, "objectType": "statementref"}
            ),
        },
    ),
    *bad(
        "XAPI-00019 2.3.2.s2.b2",
        {"nothing by id": make_statement(verb=VOIDED, object={"objectType": "StatementRef"})},
    ),
]


@pytest.mark.parametrize(("statement", "status"), VOIDING)
def test_voiding_names_a_statement(store, statement, status):
    check(store, statement, status)


BASE = make_statement(
    id=UUID,
    actor={"objectType": "Group", "member": [AGENT, {"account": ACCOUNT}], "name": "We"},
    verb={**VERB, "display": {"en": "planned"}},
    object={**ACTIVITY, "definition": {"name": {"en": "Meeting"}}},
    result={"score": {"raw": 1}, "duration": "PT1.23S", "extensions": {EXTENSION: {"a": 1}}},
    context={
        "registration": UUID,
        "language": "en-GB",
        "contextActivities": {"parent": [ACTIVITY, {"id": "https://example.org/2"}]},
        "instructor": {"mbox": "mailto:Bo@example.org"},
        "team": {"objectType": "Group", "mbox_sha1sum": "a" * 40},
    },
    timestamp="2026-02-03T04:05:06.789Z",
    attachments=[ATTACHMENT],
)


def changed(path: str, value):
    """The statement with one property replaced, or taken out by None."""
    statement = dict(BASE)
    part, names = statement, path.split(".")
    for name in names[:-1]:
        part[name] = dict(part[name])
        part = part[name]
    if value is None:
        del part[names[-1]]
    else:
        part[names[-1]] = value
    return statement


SAME = {
    "as it was": BASE,
    "in another order": dict(reversed(BASE.items())),
    "b1 with what the store assigns": {
        **BASE, "stored": "2026-01-01T00:00:00Z", "authority": AGENT, "version": "1.0.0",
    },
    "b1 without a timestamp": changed("timestamp", None),
    "b2 another definition": changed("object.definition", {"name": {"en": "Other"}}),
    "b2 no definition": changed("object.definition", None),
    "b3 another display": changed("verb.display", {"fr": "prévu"}),
    "b3 no display": changed("verb.display", None),
    "b4 the time in another zone": changed("timestamp", "2026-02-03T05:05:06.789+01:00"),
    "b4 the time in microseconds": changed("timestamp", "2026-02-03T04:05:06.789000Z"),
    "b5 members in another order": changed("actor.member", [{"account": ACCOUNT}, AGENT]),
    "b7 the id in capitals": changed("id", UUID.upper()),
    "b7 the registration in capitals": changed("context.registration", UUID.upper()),
    "b7 the domain in capitals": changed("context.instructor", {"mbox": "mailto:Bo@EXAMPLE.org"}),
    "b7 the hash in capitals": changed(
        "context.team", {"objectType": "Group", "mbox_sha1sum": "A" * 40}
    ),
    "b7 the language in capitals": changed("context.language", "en-gb"),
    "a default type less": changed("object", {"id": ACTIVITY["id"]}),
    "a default type more": changed(
        "context.instructor", {"objectType": "Agent", "mbox": "mailto:Bo@example.org"}
    ),
    "a number spelt otherwise": changed("result.score", {"raw": 1.0}),
    "4.6.s1.b5 thousandths of seconds": changed("result.duration", "PT1.239S"),
}  # fmt: skip
OTHER = {
    "the actor": changed("actor.name", "They"),
    "a member more": changed("actor.member", [AGENT, {"account": ACCOUNT}, AGENT]),
    "the verb": changed("verb.id", "https://example.org/verbs/did"),
    "the case of an IRI": changed("verb.id", VERB["id"].upper()),
    "the object": changed("object.id", "https://example.org/activities/other"),
    "the result": changed("result.success", True),
    "no result": changed("result", None),
    "the score": changed("result.score", {"raw": 1.0000001}),
    "b8 the duration, spelt otherwise": changed("result.duration", "PT0M1.23S"),
    "an extension": changed("result.extensions", {EXTENSION: {"a": 2}}),
    "the case inside an extension": changed("result.extensions", {EXTENSION: {"A": 1}}),
    "the context": changed("context.platform", "Academy"),
    "the order of context activities": changed(
        "context.contextActivities", {"parent": [{"id": "https://example.org/2"}, ACTIVITY]}
    ),
    "the case of a mailbox": changed("context.instructor", {"mbox": "mailto:bo@example.org"}),
    "the time": changed("timestamp", "2026-02-03T04:05:06.791Z"),
    "an attachment": changed("attachments", [{**ATTACHMENT, "sha2": "b" * 64}]),
}


@pytest.mark.parametrize("again", SAME.values(), ids=[f"2.3.1 {name}" for name in SAME])
def test_the_same_statement_may_come_again(store, again):
    """2.3.1.s9.b1: these differences are no differences, and what came first stays."""
    store.send(BASE)
    before = store.get("statements", statementId=UUID).content
    answer = store.request("PUT", "statements", again, query={"statementId": again["id"]})

    assert answer.status_code == 204, answer.content
    assert store.get("statements", statementId=UUID).content == before


@pytest.mark.parametrize("other", OTHER.values(), ids=[f"2.3.1.s9.b2 {name}" for name in OTHER])
def test_another_statement_of_the_same_id_is_a_conflict(store, other):
    """Communication 2.1.1 and 2.1.2; nothing changes."""
    store.send(BASE)
    before = store.get("statements", statementId=UUID).content

    assert store.send(other).status_code == 409
    assert store.get("statements", statementId=UUID).content == before
