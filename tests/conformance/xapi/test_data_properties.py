"""xAPI 1.0.3, Data 2.4.1 and 2.4.7 to 2.4.11: what a store assigns, and attachments; 9274.1.1,
4.2.4.2 and 4.2.4.3."""

import uuid

import pytest

from tests.conformance.xapi.conftest import make_statement
from tests.conformance.xapi.data import (
    ACCOUNT,
    AGENT,
    ATTACHMENT,
    GROUP,
    IDENTIFIERS,
    NO_IRI,
    NO_LANGUAGE_MAP,
    NO_STRING,
    NO_UUID,
    UUID,
    bad,
    check,
    good,
    substatement,
    without,
)

TWO = {"objectType": "Group", "member": [{"account": ACCOUNT}, AGENT]}


def attached(**changes):
    return make_statement(attachments=[{**ATTACHMENT, **changes}])


CASES = [
    *bad(
        "XAPI-00027 XAPI-00028 2.4.1.s1",
        {f"id {what}": make_statement(id=value) for what, value in NO_UUID.items()},
    ),
    *good(
        "XAPI-00030 2.4.1.s1",
        {
            f"version {version}": make_statement(id=f"12345678-1234-{version}234-8234-567812345678")
            for version in range(1, 9)
        },
        {
            "of another variant, like the example of 2.4.s2": make_statement(
                id="12345678-1234-5678-1234-567812345678"
            ),
            "nil": make_statement(id=str(uuid.UUID(int=0))),
        },
    ),
    *good(
        "XAPI-00022 2.4.7",
        {
            "in the future": make_statement(timestamp="2999-05-18T05:32:34.804Z"),
            "in the future, of a substatement": make_statement(
                object=substatement(timestamp="2999-05-18T05:32:34.804Z")
            ),
        },
    ),
    *bad(
        "XAPI-00097 2.4.8.s3.b2 stored is validated:",
        {repr(value): make_statement(stored=value) for value in ("yesterday", "", 20260101)},
    ),
    *good(
        "XAPI-00024 2.4.9.s3.b1 authority",
        {f"by {name}": make_statement(authority={name: value}) for name, value in IDENTIFIERS.items()},
        {"an anonymous Group of two": make_statement(authority=TWO)},
    ),
    *bad(
        "XAPI-00098 XAPI-00100 2.4.9.s3.b1 authority",
        {
            "a Group of one": make_statement(authority={**TWO, "member": [AGENT]}),
            "a Group of three": make_statement(
                authority={**TWO, "member": [*GROUP["member"], {"account": ACCOUNT}]}
            ),
            "a Group of none": make_statement(authority={"objectType": "Group"}),
            "a Group of Groups": make_statement(authority={**TWO, "member": [GROUP, GROUP]}),
        },
        {
            f"a Group of two by {name}": make_statement(authority={**TWO, name: value})
            for name, value in IDENTIFIERS.items()
        },
    ),
    *bad("XAPI-00024 2.4.9 authority", {"nobody": make_statement(authority={})}),
    *good(
        "XAPI-00101 2.4.10.s3.b1 version",
        {
            f"{number}": make_statement(version=number)
            for number in ("1.0", "1.0.0", "1.0.3", "1.0.9", "1.0.17")
        },
    ),
    *bad(
        "XAPI-00101 2.4.10.s3.b2 version",
        {
            repr(value): make_statement(version=value)
            for value in ("0.9.9", "1.1.0", "3.0.0", "1", "1.0.", "should fail", "", 1.0)
        },
    ),
    *bad(
        "XAPI-00025 2.4.s1.table1.row11 attachments",
        {
            "an object": make_statement(attachments=ATTACHMENT),
            "a number in a list": make_statement(attachments=[12345]),
            "a text in a list": make_statement(attachments=["should fail"]),
            "a list in a list": make_statement(attachments=[[ATTACHMENT]]),
        },
    ),
    *good(
        "XAPI-00025 2.4.11 attachments",
        {
            "none": make_statement(attachments=[]),
            "one": make_statement(attachments=[ATTACHMENT]),
            "several": make_statement(attachments=[ATTACHMENT, ATTACHMENT]),
            "described": attached(description={"en": "x"}),
        },
        {
            f"sha2 of {bits} bits": attached(sha2="a" * (bits // 4)) for bits in (224, 256, 384, 512)
        },
    ),
    *[
        case
        for number, name in (
            (102, "length"), (103, "sha2"), (105, "contentType"), (106, "display"), (107, "usageType"),
        )
        for case in bad(
            f"XAPI-00{number} 2.4.11.s2 {name}",
            {"missing": make_statement(attachments=[without(ATTACHMENT, name)])},
        )
    ],
    *bad(
        "XAPI-00102 2.4.11.s2.table1.row5 length",
        {repr(value): attached(length=value) for value in ("27", "should fail", 27.5, -1, True, {})},
    ),
    *bad(
        "XAPI-00103 2.4.11.s2.table1.row6 sha2",
        {
            repr(value): attached(sha2=value)
            for value in (12345, "", "should fail", "a" * 40, "a" * 63, "g" * 64, "a" * 160)
        },
    ),
    *[
        case
        for number, name in ((104, "fileUrl"), (107, "usageType"))
        for case in bad(
            f"XAPI-00{number} 2.4.11.s2 {name}",
            {what: attached(**{name: value}) for what, value in NO_IRI.items()},
        )
    ],
    *bad(
        "XAPI-00105 2.4.11.s2.table1.row4 contentType",
        {what: attached(contentType=value) for what, value in NO_STRING.items()},
        {
            repr(value): attached(contentType=value)
            for value in ("should fail", "text", "text/", "/plain", "text/plain/x", "")
        },
    ),
    *[
        case
        for name in ("display", "description")
        for case in bad(
            f"XAPI-00106 2.4.11.s2 {name}",
            {what: attached(**{name: value}) for what, value in NO_LANGUAGE_MAP.items()},
        )
    ],
]  # fmt: skip


@pytest.mark.parametrize(("statement", "status"), CASES)
def test_properties(store, statement, status):
    check(store, statement, status)


@pytest.mark.parametrize("number", ["2.0", "2.0.0", "2.0.5"])
def test_version_2_0_belongs_to_2_0(store_1_0_3, store_2_0, number):
    """XAPI-00101, 2.4.10.s3.b2; 9274.1.1, 4.2.4.3."""
    check(store_1_0_3, make_statement(version=number), 400)
    check(store_2_0, make_statement(version=number), 200)


def test_an_id_is_assigned_where_there_is_none(store):
    """XAPI-00026, 2.4.1.s2.b1."""
    [given] = store.send(make_statement(id=None)).json()

    assert store.get("statements", statementId=given).json()["id"] == given


@pytest.mark.parametrize("assigned", ["stored", "authority"])
def test_stored_and_authority_are_the_stores_own(store, assigned):
    """XAPI-00097, 2.4.8.s3.b2; XAPI-00099, 2.4.9.s3.b3 and b4."""
    given = {"stored": "2011-07-15T00:00:00Z", "authority": AGENT}[assigned]
    statement = make_statement(**{assigned: given})
    store.send(statement)
    kept = store.get("statements", statementId=statement["id"]).json()

    assert kept[assigned]
    assert kept[assigned] != given


def test_a_version_is_retained(store):
    """XAPI-00332, 2.4.10.s3.b3."""
    statement = make_statement(version="1.0.9")
    store.send(statement)

    assert store.get("statements", statementId=statement["id"]).json()["version"] == "1.0.9"


def test_ids_in_capitals_name_the_same_statement(store):
    """2.4.1, RFC 4122, 3: output in lower case, case insensitive on input."""
    statement = make_statement(id=UUID)
    store.send(statement)

    assert store.get("statements", statementId=UUID.upper()).json()["id"].lower() == UUID
    assert store.send({**statement, "id": UUID.upper()}).status_code == 200
