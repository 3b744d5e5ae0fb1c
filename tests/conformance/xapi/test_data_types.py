"""xAPI 1.0.3, Data 4: special data types and rules; 9274.1.1, 4.2.7."""

import pytest

from academy.xapi.schema import parse_timestamp
from tests.conformance.xapi.conftest import make_statement
from tests.conformance.xapi.data import (
    ACTIVITY,
    ATTACHMENT,
    EXTENSION,
    NO_LANGUAGE_MAP,
    VERB,
    bad,
    check,
    good,
    of_activity,
    substatement,
)

ROOMS = {
    "activity": lambda value: of_activity(extensions=value),
    "result": lambda value: make_statement(result={"extensions": value}),
    "context": lambda value: make_statement(context={"extensions": value}),
    "substatement's activity": lambda value: make_statement(
        object=substatement(object={**ACTIVITY, "definition": {"extensions": value}})
    ),
    "substatement's result": lambda value: make_statement(
        object=substatement(result={"extensions": value})
    ),
    "substatement's context": lambda value: make_statement(
        object=substatement(context={"extensions": value})
    ),
}
ANYTHING = {
    "null": None,
    "an empty text": "",
    "an empty object": {},
    "an empty list": [],
    "a truth": False,
    "a number": 12345.678,
    "a text": "valid",
    "a statement's properties": {"timestamp": "now", "mbox": 1, "id": [], "objectType": "x"},
    "deep": {"a": [{"b": [[{"": None}]]}]},
}
ALL = {f"{EXTENSION}/{number}": value for number, value in enumerate(ANYTHING.values())}

EXTENSIONS = [
    case
    for room, around in ROOMS.items()
    for case in (
        *good(f"XAPI-00119 4.1.s2 {room}", {"no extension": around({}), "anything": around(ALL)}),
        *bad(
            f"XAPI-00118 4.1.s3.b1 {room}",
            {
                "a key of words": around({"should fail": True}),
                "a key without scheme": around({"example.org/x": True}),
                "an empty key": around({"": True}),
            },
        ),
        *bad(
            f"XAPI-00120 4.1.s2 {room}",
            {"a text": around("x"), "a list": around([EXTENSION]), "null": around(None)},
        ),
    )
]

TAGS = [
    "de", "ine", "i-enochian", "zh-Hant", "sr-Latn", "zh-cmn-Hans-CN", "sr-Latn-RS",
    "sl-rozaj-biske", "de-CH-1901", "hy-Latn-IT-arevela", "de-DE", "es-419", "az-Arab-x-AZE-derbend",
    "x-whatever", "en-GB-oed", "ar-a-aaa-b-bbb-x-a-ccc", "EN-us",
]  # fmt: skip
NO_TAGS = [
    "something", "de-419-DE", "a-DE", "ar-a-aaa-b-bbb-a-ccc", "de-1996-1996", "en_GB", "en-", "",
    "en GB", "français",
]  # fmt: skip
MAPS = {
    "verb display": lambda value: make_statement(verb={**VERB, "display": value}),
    "activity name": lambda value: of_activity(name=value),
    "activity description": lambda value: of_activity(description=value),
    "component description": lambda value: of_activity(
        interactionType="likert", scale=[{"id": "a", "description": value}]
    ),
    "attachment display": lambda value: make_statement(attachments=[{**ATTACHMENT, "display": value}]),
    "attachment description": lambda value: make_statement(
        attachments=[{**ATTACHMENT, "description": value}]
    ),
    "substatement's verb display": lambda value: make_statement(
        object=substatement(verb={**VERB, "display": value})
    ),
}  # fmt: skip

LANGUAGES = [
    *good("XAPI-00013 4.2", {f"{tag!r}": MAPS["verb display"]({tag: "x"}) for tag in TAGS}),
    *bad("XAPI-00013 4.2", {f"{tag!r}": MAPS["verb display"]({tag: "x"}) for tag in NO_TAGS}),
    *[
        case
        for name, around in MAPS.items()
        for case in (
            *good(f"XAPI-00121 4.2 {name}", {"in all": around(dict.fromkeys(TAGS, "x"))}),
            *bad(
                f"XAPI-00121 4.2 {name}",
                {what: around(value) for what, value in list(NO_LANGUAGE_MAP.items())[-3:]},
            ),
        )
    ],
]

TIMESTAMPS = {
    "UTC": "2008-09-15T15:53:00.601Z",
    "with an offset": "2008-09-15T15:53:00.601+05:30",
    "with another offset": "2008-09-15T15:53:00.601-0330",
    "with hours as the offset": "2008-09-15T15:53:00.601+01",
    "without a zone": "2008-09-15T15:53:00.601",
    "without fractions": "2008-09-15T15:53:00Z",
    "without seconds": "2008-09-15T15:53Z",
    "with nanoseconds": "2008-09-15T15:53:00.601123456Z",
    "with a comma": "2008-09-15T15:53:00,601Z",
    "basic": "20080915T155300.601Z",
    "RFC 3339 with a blank": "2008-09-15 15:53:00.601+00:00",
    "RFC 3339 in small letters": "2008-09-15t15:53:00.601z",
    "a leap day": "2008-02-29T15:53:00.601Z",
    "a leap second": "2016-12-31T23:59:60.601Z",
    "the end of a day": "2008-09-15T24:00:00Z",
    "of year 1": "0001-01-01T00:00:00Z",
    "of year 9999": "9999-12-31T23:59:59.999Z",
}
NO_TIMESTAMPS = {
    "words": "should fail",
    "another order": "01/011/2015",
    "-00": "2008-09-15T15:53:00.601-00",
    "-0000": "2008-09-15T15:53:00.601-0000",
    "-00:00": "2008-09-15T15:53:00.601-00:00",
    "a date": "2008-09-15",
    "a time": "T15:53:00Z",
    "a duration": "PT1S",
    "a period": "2008-09-15T15:53:00Z/PT1S",
    "month 13": "2008-13-15T15:53:00Z",
    "30 February": "2008-02-30T15:53:00Z",
    "29 February of no leap year": "2007-02-29T15:53:00Z",
    "hour 25": "2008-09-15T25:00:00Z",
    "after the end of a day": "2008-09-15T24:00:01Z",
    "minute 60": "2008-09-15T15:60:00Z",
    "second 60 in the day": "2008-09-15T15:53:60Z",
    "an offset of days": "2008-09-15T15:53:00+24:00",
    "a zone by name": "2008-09-15T15:53:00 CET",
    "year 0": "0000-01-01T00:00:00Z",
    "before year 1": "0001-01-01T00:00:00+01:00",
    "after year 9999": "9999-12-31T23:59:59-01:00",
    "a line end": "2008-09-15T15:53:00Z\n",
    "empty": "",
    "a number": 1221493980,
    "an object": {"key": "x"},
}

TIMES = [
    *good("XAPI-00123 4.5.s1.b1", {name: make_statement(timestamp=text) for name, text in TIMESTAMPS.items()}),
    *bad("XAPI-00123 4.5.s1.b1", {name: make_statement(timestamp=text) for name, text in NO_TIMESTAMPS.items()}),
    *[
        case
        for name in ("words", "another order", "-00", "-0000", "-00:00", "a date")
        for case in bad(
            "XAPI-00123 4.5.s1.b1 substatement",
            {name: make_statement(object=substatement(timestamp=NO_TIMESTAMPS[name]))},
        )
    ],
    *good(
        "XAPI-00123 4.5.s1.b1 substatement",
        {"RFC 3339": make_statement(object=substatement(timestamp="2008-09-15 15:53:00.601+00:00"))},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "status"), EXTENSIONS)
def test_extensions(store, statement, status):
    """4.1."""
    check(store, statement, status)


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: f"XAPI-00119 4.1.s3.b2 {room}")
def test_extensions_are_kept_by_put_as_they_came(store, room):
    statement = ROOMS[room](ALL)
    answer = store.request("PUT", "statements", statement, query={"statementId": statement["id"]})

    assert answer.status_code == 204
    kept = store.get("statements", statementId=statement["id"]).json()
    for part in ("object", "result", "context"):
        assert kept.get(part) == statement.get(part)


@pytest.mark.parametrize(("statement", "status"), LANGUAGES)
def test_language_maps(store, statement, status):
    """4.2, RFC 5646."""
    check(store, statement, status)


@pytest.mark.parametrize(("statement", "status"), TIMES)
def test_timestamps(store, statement, status):
    """4.5, ISO 8601, RFC 3339."""
    check(store, statement, status)


def test_timestamps_keep_milliseconds(store):
    """XAPI-00122, 4.5.s1.b3."""
    statement = make_statement(timestamp="2008-09-15T15:53:00.601234567+02:00")
    store.send(statement)
    kept = store.get("statements", statementId=statement["id"]).json()

    assert parse_timestamp(kept["timestamp"]) == parse_timestamp("2008-09-15T13:53:00.601234Z")


def test_iris_are_compared_as_text(store):
    """3.1.s2.b1, RFC 3987, 5.3.1: neither case nor "../" nor a default port is taken away."""
    iris = ["http://example.org/a", "http://example.org/A", "http://example.org:80/a",
            "http://example.org/b/../a", "HTTP://example.org/a", "http://example.org/%61"]  # fmt: skip
    for iri in iris:
        store.send(make_statement(object={"id": iri}))

    for iri in iris:
        found = store.get("statements", activity=iri).json()["statements"]
        assert [statement["object"]["id"] for statement in found] == [iri]
