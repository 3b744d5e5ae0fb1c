"""xAPI 1.0.3, Data 2.4.2: actors, wherever they stand; 9274.1.1, 4.2.2.1."""

import pytest

from tests.conformance.xapi.conftest import make_statement
from tests.conformance.xapi.data import (
    ACCOUNT,
    AGENT,
    AGENT_PLACES,
    GROUP,
    GROUP_PLACES,
    IDENTIFIERS,
    MEMBER,
    NO_IRI,
    NO_OBJECT,
    NO_STRING,
    bad,
    check,
    good,
    tried,
    without,
)

AGENT_TYPE = {"objectType": "Agent"}
PLACES = {**AGENT_PLACES, "member": MEMBER}

AGENTS = [
    case
    for place, around in PLACES.items()
    for case in (
        *good(
            f"XAPI-00034 2.4.2.1.s2.b1 {place}",
            {f"by {name}": around({**AGENT_TYPE, name: value}) for name, value in IDENTIFIERS.items()},
            {"with a name": around({**AGENT, "name": "Ada"})},
        ),
        *bad(
            f"XAPI-00034 2.4.2.1.s2.b1 {place}",
            {
                "by nothing": around(AGENT_TYPE),
                "by a name": around({**AGENT_TYPE, "name": "Ada"}),
            },
        ),
        *bad(
            f"XAPI-00034 2.4.2.1.s2.b2 {place}",
            {
                f"by mbox and {name}": around({**AGENT, name: IDENTIFIERS[name]})
                for name in tried(place, without(IDENTIFIERS, "mbox"))
            },
        ),
        *bad(f"XAPI-00035 2.4.2.2 {place}", {"an Agent with members": around({**AGENT, "member": []})}),
        *bad(
            f"XAPI-00033 2.4.2.1.s2.table1.row2 {place}",
            {f"name {what}": around({**AGENT, "name": value}) for what, value in tried(place, NO_STRING).items()},
        ),
        *bad(
            f"XAPI-00032 2.4.2.1.s2.table1.row1 {place}",
            {
                f"objectType {value!r}": around({**AGENT, "objectType": value})
                for value in tried(place, dict.fromkeys(("agent", "Person", "", 1)))
            },
        ),
    )
]  # fmt: skip

MBOX = {
    "an http IRI": "http://example.org",
    "no mailto IRI": "ada@example.org",
    "no address": "mailto:example.org",
    "no mailbox": "mailto:@example.org",
    "no domain": "mailto:ada@",
    "two addresses": "mailto:ada@example.org,bo@example.org",
    "an address with fields": "mailto:ada@example.org?subject=hello",
    "with a blank": "mailto:ada lovelace@example.org",
    "with angle brackets": "mailto:<ada@example.org>",
    "empty": "",
    "a number": 12345,
    "an object": {"key": "x"},
}
SHA1 = {
    "too short": "ebd31e95054c018b10727ccffd2ef2ec3a016ee",
    "too long": "ebd31e95054c018b10727ccffd2ef2ec3a016ee99",
    "no hex": "g" * 40,
    "empty": "",
    "a number": 12345,
    "an object": {"key": "x"},
}
HOME_PAGE = "XAPI-00042 2.4.2.4.s2.table1.row1"
ACCOUNT_NAME = "XAPI-00043 2.4.2.4.s2.table1.row2"

IDENTITY = [
    case
    for kind, places, part in (
        ("Agent", {"actor": AGENT_PLACES["actor"], "instructor": AGENT_PLACES["instructor"]}, AGENT_TYPE),
        ("Group", {"actor": GROUP_PLACES["actor"], "team": GROUP_PLACES["team"]}, {"objectType": "Group"}),
    )
    for place, around in places.items()
    for case in (
        *bad(
            f"XAPI-00038 2.4.2.3.s3.table1.row1 {kind} {place}",
            {f"mbox {what}": around({**part, "mbox": value}) for what, value in tried(place, MBOX).items()},
        ),
        *bad(
            f"XAPI-00039 2.4.2.3.s3.table1.row2 {kind} {place}",
            {f"mbox_sha1sum {what}": around({**part, "mbox_sha1sum": value}) for what, value in tried(place, SHA1).items()},
        ),
        *bad(
            f"XAPI-00040 2.4.2.3.s3.table1.row3 {kind} {place}",
            {f"openid {what}": around({**part, "openid": value}) for what, value in tried(place, NO_IRI).items()},
        ),
        *bad(
            f"XAPI-00041 2.4.2.3.s3.table1.row4 {kind} {place}",
            {f"account {what}": around({**part, "account": value}) for what, value in tried(place, NO_OBJECT).items()},
            {"account empty": around({**part, "account": {}})},
        ),
        *bad(
            f"{HOME_PAGE} {kind} {place}",
            {"no homePage": around({**part, "account": {"name": "4711"}})},
            {
                f"homePage {what}": around({**part, "account": {**ACCOUNT, "homePage": value}})
                for what, value in tried(place, NO_IRI).items()
            },
        ),
        *bad(
            f"{ACCOUNT_NAME} {kind} {place}",
            {"no name": around({**part, "account": without(ACCOUNT, "name")})},
            {
                f"name {what}": around({**part, "account": {**ACCOUNT, "name": value}})
                for what, value in tried(place, NO_STRING).items()
            },
        ),
    )
]  # fmt: skip

GROUPS = [
    case
    for place, around in GROUP_PLACES.items()
    for case in (
        *good(
            f"XAPI-00037 2.4.2.2.s2.table2 {place}",
            {
                f"by {name}": around({"objectType": "Group", name: value})
                for name, value in IDENTIFIERS.items()
            },
            {
                "with members and a name": around({**GROUP, "mbox": AGENT["mbox"], "name": "We"}),
                "with an empty list of members": around(
                    {"objectType": "Group", "mbox": AGENT["mbox"], "member": []}
                ),
            },
        ),
        *good(f"2.4.2.2.s2.table1 {place}", {"anonymous": around(GROUP)}),
        *bad(
            f"XAPI-00037 2.4.2.2.s4.b1 {place}",
            {
                "anonymous, no members": around({"objectType": "Group"}),
                "anonymous, an empty list of members": around({"objectType": "Group", "member": []}),
                "by a name": around({"objectType": "Group", "name": "We"}),
            },
        ),
        *bad(
            f"XAPI-00037 2.4.2.2.s5.b1 {place}",
            {
                f"by mbox and {name}": around({**GROUP, "mbox": AGENT["mbox"], name: IDENTIFIERS[name]})
                for name in tried(place, without(IDENTIFIERS, "mbox"))
            },
        ),
        *bad(
            f"XAPI-00036 2.4.2.2.s2.table1.row3 {place}",
            {
                "members an Agent": around({**GROUP, "member": AGENT}),
                "members a text": around({**GROUP, "member": "we"}),
                "a member a text": around({**GROUP, "member": ["we"]}),
                "a member nobody": around({**GROUP, "member": [AGENT, {"name": "Bo"}]}),
            },
        ),
        *bad(
            f"XAPI-00036 2.4.2.2.s4.b2 {place}",
            {
                "a Group in an anonymous Group": around({**GROUP, "member": [GROUP]}),
                "a Group in an identified Group": around(
                    {**GROUP, "mbox": AGENT["mbox"], "member": [GROUP]}
                ),
            },
        ),
        *bad(
            f"XAPI-00033 2.4.2.2.s2.table1.row2 {place}",
            {f"name {what}": around({**GROUP, "name": value}) for what, value in tried(place, NO_STRING).items()},
        ),
    )
]  # fmt: skip

TYPES = [
    *bad(
        "XAPI-00031 2.4.2",
        {
            "an actor that is an Activity": make_statement(
                actor={"objectType": "Activity", "id": "https://example.org/a"}
            ),
            "members without a type": make_statement(actor={"member": [AGENT]}),
            "an actor that is a list": make_statement(actor=[AGENT]),
        },
    ),
    *good(
        "XAPI-00031 2.4.2.1",
        {"an Agent without a type": make_statement(actor={"mbox": AGENT["mbox"]})},
    ),
]


@pytest.mark.parametrize(("statement", "status"), [*TYPES, *AGENTS])
def test_agents(store, statement, status):
    """2.4.2.1."""
    check(store, statement, status)


@pytest.mark.parametrize(("statement", "status"), IDENTITY)
def test_inverse_functional_identifiers(store, statement, status):
    """2.4.2.3 and 2.4.2.4."""
    check(store, statement, status)


@pytest.mark.parametrize(("statement", "status"), GROUPS)
def test_groups(store, statement, status):
    """2.4.2.2."""
    check(store, statement, status)
