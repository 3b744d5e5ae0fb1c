"""Statements with their attachments. xAPI 1.0.3, Data 2.4.11 and Communication 1.5; 9274.1.1, 4.1.3."""

import hashlib
import json
import re
import uuid
from typing import Any

import pytest

from academy.xapi.models import Attachment, Statement
from tests.conformance.xapi.conftest import Store, make_statement

BOUNDARY = "-------314159265358979323846"
MIXED = f"multipart/mixed; boundary={BOUNDARY}"
TEXT = b"here is a simple attachment"
BINARY = bytes(range(256)) * 3 + b"\r\n--almost\r\n\r\n" + b"\r"


def sha2(data: bytes, name: str = "sha256") -> str:
    return hashlib.new(name, data).hexdigest()


def attachment(data: bytes, **changes: Any) -> dict[str, Any]:
    described = {
        "usageType": "https://example.org/usage/minutes",
        "display": {"en": "Minutes"},
        "contentType": "text/plain",
        "length": len(data),
        "sha2": sha2(data),
        **changes,
    }
    return {name: value for name, value in described.items() if value is not None}


def with_data(*data: bytes, **changes: Any) -> dict[str, Any]:
    return make_statement(attachments=[attachment(one) for one in data], **changes)


def part(data: bytes, **headers: str | None) -> bytes:
    """A part of data. A header given as None is left out."""
    given: dict[str, str | None] = {
        "Content-Type": "text/plain",
        "Content-Transfer-Encoding": "binary",
        "X-Experience-API-Hash": sha2(data),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    lines = [f"{name}: {value}\r\n" for name, value in given.items() if value is not None]
    return "".join(lines).encode() + b"\r\n" + data


def first(statements: Any, kind: str | None = "application/json") -> bytes:
    body = statements if isinstance(statements, bytes) else json.dumps(statements).encode()
    return (f"Content-Type: {kind}\r\n" if kind else "").encode() + b"\r\n" + body


def message(*parts: bytes, boundary: str = BOUNDARY) -> bytes:
    mark = f"--{boundary}".encode()
    return b"".join(mark + b"\r\n" + one + b"\r\n" for one in parts) + mark + b"--\r\n"


def send(store: Store, *parts: bytes, content_type: str = MIXED, method: str = "POST", **query):
    return store.request(
        method, "statements", message(*parts), content_type=content_type, query=query
    )


def read_mixed(response) -> tuple[Any, dict[str, tuple[str, bytes]]]:
    """The JSON of a multipart answer, and its data with its Content-Type by hash."""
    assert response.status_code == 200, response.content
    match = re.fullmatch(r"multipart/mixed; boundary=([0-9a-f]+)", response["Content-Type"])
    mark = b"--" + match[1].encode()
    head, *parts, end = (b"\r\n" + response.content).split(b"\r\n" + mark)
    assert (head, end) == (b"", b"--\r\n")
    found = []
    for one in parts:
        headers, _, data = one.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        lines = dict(line.split(": ", 1) for line in headers.decode().split("\r\n"))
        found.append((lines, data))
    (lines, data), *others = found
    assert lines["Content-Type"] == "application/json"
    assert all(headers["Content-Transfer-Encoding"] == "binary" for headers, _ in others)
    return json.loads(data), {
        headers["X-Experience-API-Hash"]: (headers["Content-Type"], data)
        for headers, data in others
    }


# --- in and out again ---------------------------------------------------------------------------
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_data_comes_back_to_the_byte(store, method):
    """XAPI-00167"""
    statement = make_statement(
        attachments=[
            attachment(TEXT, contentType="text/plain; charset=ascii"),
            attachment(BINARY, contentType="application/octet-stream"),
            attachment(b"", fileUrl="https://example.org/empty"),
        ]
    )
    query = {"statementId": statement["id"]} if method == "PUT" else {}
    response = send(
        store, first(statement), part(BINARY), part(TEXT), part(b""), method=method, **query
    )
    assert response.status_code == (204 if method == "PUT" else 200), response.content

    query = {"statementId": statement["id"], "attachments": "true"}
    answered, data = read_mixed(store.get("statements", **query))
    assert answered["attachments"] == statement["attachments"]
    assert data == {
        sha2(TEXT): ("text/plain; charset=ascii", TEXT),
        sha2(BINARY): ("application/octet-stream", BINARY),
        sha2(b""): ("text/plain", b""),
    }


@pytest.mark.parametrize("name", ["sha224", "sha256", "sha384", "sha512"])
def test_every_sha_2_is_checked_and_its_case_ignored(store, name):
    statement = make_statement(attachments=[attachment(TEXT, sha2=sha2(TEXT, name).upper())])
    wrong = sha2(TEXT + b"x", name)
    response = send(store, first(statement), part(TEXT, X_Experience_API_Hash=wrong))
    assert response.status_code == 400
    response = send(store, first(statement), part(TEXT, X_Experience_API_Hash=sha2(TEXT, name)))
    assert response.status_code == 200, response.content

    query = {"statementId": statement["id"], "attachments": "true"}
    _answered, data = read_mixed(store.get("statements", **query))
    assert data == {sha2(TEXT, name): ("text/plain", TEXT)}


def test_a_list_brings_each_data_once(store):
    """1.5.2.s1: statements may share data, and it travels and is kept once."""
    batch = [with_data(TEXT), with_data(TEXT, BINARY), make_statement()]
    assert send(store, first(batch), part(TEXT), part(BINARY)).status_code == 200
    assert send(store, first(with_data(TEXT)), part(TEXT)).status_code == 200
    assert Attachment.objects.count() == 2

    result, data = read_mixed(store.get("statements", attachments="true"))
    assert len(result["statements"]) == 4
    assert set(data) == {sha2(TEXT), sha2(BINARY)}
    result, data = read_mixed(store.get("statements", attachments="true", limit=1))
    assert set(data) == {sha2(TEXT)}
    assert "attachments=true" in result["more"]


@pytest.mark.parametrize("query", [{}, {"attachments": "false"}], ids=["by default", "false"])
def test_without_attachments_the_answer_is_json(store, query):
    """XAPI-00161"""
    statement = with_data(TEXT)
    send(store, first(statement), part(TEXT))
    for response in (
        store.get("statements", **query),
        store.get("statements", statementId=statement["id"], **query),
    ):
        assert response["Content-Type"] == "application/json"
        assert TEXT not in response.content
        response.json()


def test_with_attachments_the_answer_is_multipart_even_if_there_are_none(store):
    statement = make_statement()
    store.send(statement)
    result, data = read_mixed(store.get("statements", attachments="true"))
    assert [one["id"] for one in result["statements"]] == [statement["id"]]
    assert data == {}


def test_attachments_of_a_substatement(store):
    inner = {**with_data(TEXT, id=None), "objectType": "SubStatement"}
    statement = make_statement(object=inner)
    assert store.send(statement).status_code == 400
    assert send(store, first(statement), part(TEXT)).status_code == 200

    query = {"statementId": statement["id"], "attachments": "true"}
    assert read_mixed(store.get("statements", **query))[1] == {sha2(TEXT): ("text/plain", TEXT)}


def test_a_page_has_no_more_data_than_a_body_may_have(store, settings):
    batch = [with_data(bytes([number]) * 1000) for number in range(5)]
    parts = [part(bytes([number]) * 1000) for number in range(5)]
    assert send(store, first(batch), *parts).status_code == 200
    settings.XAPI_MAX_BODY = 2500

    response = store.get("statements", attachments="true", ascending="true")
    pages = []
    while True:
        result, data = read_mixed(response)
        assert len(data) == len(result["statements"])
        pages.append([one["id"] for one in result["statements"]])
        if not result["more"]:
            break
        response = store.request("GET", result["more"].removeprefix(store.endpoint))
    assert [len(page) for page in pages] == [2, 2, 1]
    assert [one for page in pages for one in page] == [one["id"] for one in batch]


def test_whoever_names_a_hash_does_not_get_the_data_of_others(store):
    send(store, first(with_data(TEXT)), part(TEXT))
    thief = make_statement(attachments=[attachment(TEXT, fileUrl="https://example.org/x")])
    assert store.send(thief).status_code == 200

    query = {"statementId": thief["id"], "attachments": "true"}
    assert read_mixed(store.get("statements", **query))[1] == {}


def test_the_same_again_is_known_and_its_data_kept_once(store):
    statement = with_data(TEXT)
    assert send(store, first(statement), part(TEXT)).status_code == 200
    assert send(store, first(statement), part(TEXT)).status_code == 204
    assert store.get("statements", statementId=statement["id"]).status_code == 200


# --- what is accepted (1.5.1, 1.5.2) ------------------------------------------------------------
ACCEPTED = {
    "an address instead of data, as JSON": lambda store: store.send(
        make_statement(attachments=[attachment(TEXT, fileUrl="https://example.org/x")])
    ),
    "an address instead of data, as multipart": lambda store: send(
        store, first(make_statement(attachments=[attachment(TEXT, fileUrl="https://a.example/x")]))
    ),
    "an address and data": lambda store: send(
        store,
        first(make_statement(attachments=[attachment(TEXT, fileUrl="https://a.example/x")])),
        part(TEXT),
    ),
    "multipart without attachments": lambda store: send(store, first(make_statement())),
    "a length that is another": lambda store: send(
        store, first(make_statement(attachments=[attachment(TEXT, length=3)])), part(TEXT)
    ),
    "data of no type, with a name": lambda store: send(
        store,
        first(with_data(TEXT)),
        part(TEXT, Content_Type=None, Content_Disposition='attachment; filename="a.txt"'),
    ),
    "JSON with a charset": lambda store: send(
        store, first(with_data(TEXT), "application/json; charset=UTF-8"), part(TEXT)
    ),
    "a quoted boundary": lambda store: send(
        store,
        first(with_data(TEXT)),
        part(TEXT),
        content_type=f'multipart/mixed; boundary="{BOUNDARY}"',
    ),
    "one data for two attachments": lambda store: send(
        store, first(with_data(TEXT, TEXT)), part(TEXT)
    ),
}


@pytest.mark.parametrize("request_of", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_attachments_that_are_accepted(store, request_of):
    response = request_of(store)
    assert response.status_code == 200, response.content
    assert Statement.objects.count() == 1


# --- what is refused ----------------------------------------------------------------------------
STATEMENT = with_data(TEXT)
GOOD = message(first(STATEMENT), part(TEXT))
TWICE = part(TEXT).replace(b"Content-Type", b"Content-Transfer-Encoding: binary\r\nContent-Type", 1)
REFUSED = {
    # XAPI-00127
    "multipart/form-data": (GOOD, MIXED.replace("mixed", "form-data")),
    "text/plain": (GOOD, "text/plain"),
    # XAPI-00128
    "data nobody asked for": (message(first(STATEMENT), part(TEXT), part(BINARY)), MIXED),
    "the same data twice": (message(first(STATEMENT), part(TEXT), part(TEXT)), MIXED),
    # XAPI-00129
    "JSON without data or address": (json.dumps(STATEMENT).encode(), "application/json"),
    "data of one of two": (message(first(with_data(TEXT, BINARY)), part(TEXT)), MIXED),
    "no data": (message(first(STATEMENT)), MIXED),
    # XAPI-00130, XAPI-00131
    "no boundary in the header": (GOOD, "multipart/mixed;"),
    "an empty boundary": (GOOD, "multipart/mixed; boundary="),
    "another boundary in the header": (GOOD, "multipart/mixed; boundary=other"),
    "a boundary that is none": (GOOD, 'multipart/mixed; boundary="é"'),
    "a boundary that is too long": (message(first(STATEMENT), boundary="x" * 71),
                                    "multipart/mixed; boundary=" + "x" * 71),
    "no boundary before the first part": (GOOD.partition(b"\r\n")[2], MIXED),
    "no boundary before the data": (
        message(first(json.dumps(STATEMENT).encode() + b"\r\n" + part(TEXT))), MIXED
    ),
    # XAPI-00132
    "no hash": (message(first(STATEMENT), part(TEXT, X_Experience_API_Hash=None)), MIXED),
    "the hash of something else": (
        message(first(STATEMENT), part(TEXT, X_Experience_API_Hash=sha2(BINARY))), MIXED
    ),
    "no hash at all": (message(first(STATEMENT), part(TEXT, X_Experience_API_Hash="x" * 64)), MIXED),
    "a hash of MD5": (
        message(first(STATEMENT), part(TEXT, X_Experience_API_Hash=sha2(TEXT, "md5"))), MIXED
    ),
    # XAPI-00133
    "statements in two parts": (
        message(first(STATEMENT), first(make_statement()), part(TEXT)), MIXED
    ),
    # XAPI-00134
    "a first part of text": (message(first(STATEMENT, "text/plain"), part(TEXT)), MIXED),
    "a first part of no type": (message(first(STATEMENT, None), part(TEXT)), MIXED),
    "data first": (message(part(TEXT), first(STATEMENT)), MIXED),
    # XAPI-00135
    "no transfer encoding": (
        message(first(STATEMENT), part(TEXT, Content_Transfer_Encoding=None)), MIXED
    ),
    "base64": (
        message(first(STATEMENT), part(TEXT, Content_Transfer_Encoding="base64")), MIXED
    ),
    # RFC 2046
    "nothing": (b"", MIXED),
    "no parts": (f"--{BOUNDARY}--\r\n".encode(), MIXED),
    "cut off before the end": (GOOD[:-5], MIXED),
    "cut off in the data": (GOOD[: GOOD.index(TEXT) + 5], MIXED),
    "cut off in the headers": (GOOD[: GOOD.index(b"binary")], MIXED),
    "cut off in the statement": (GOOD[: GOOD.index(b"verb")], MIXED),
    "cut off in the first boundary": (GOOD[:10], MIXED),
    "line feeds alone": (GOOD.replace(b"\r\n", b"\n"), MIXED),
    "a header twice": (message(first(STATEMENT), TWICE), MIXED),
    "a header without a colon": (
        message(first(STATEMENT), b"Content-Type\r\n\r\n" + TEXT), MIXED
    ),
    "a header with NUL in its name": (
        message(first(STATEMENT), b"Content\0Type: x\r\n" + part(TEXT)), MIXED
    ),
    "a hundred headers": (
        message(first(STATEMENT), b"".join(b"X-%d: x\r\n" % n for n in range(100)) + part(TEXT)),
        MIXED,
    ),
    "a header of 100 kB": (message(first(STATEMENT), part(TEXT, X_Long="x" * 100_000)), MIXED),
    "two thousand parts": (message(first(STATEMENT), part(TEXT), *[part(b"x")] * 2000), MIXED),
    "JSON that is none": (message(first(b"{"), part(TEXT)), MIXED),
    "JSON that is no UTF-8": (message(first(b'{"\xff": 1}'), part(TEXT)), MIXED),
}  # fmt: skip


@pytest.mark.parametrize(("body", "content_type"), REFUSED.values(), ids=REFUSED.keys())
def test_attachments_that_are_refused(store, body, content_type):
    response = store.request("POST", "statements", body, content_type=content_type)
    assert response.status_code == 400, response.content
    assert response.json()["error"]
    assert not Statement.objects.exists()
    assert not Attachment.objects.exists()


def test_every_way_to_cut_a_message_off_is_refused(store_2_0):
    """A message without its last byte but the line end is not a message."""
    end = GOOD.rindex(b"--") + 2
    for length in range(0, end, 7):
        response = store_2_0.request("POST", "statements", GOOD[:length], content_type=MIXED)
        assert response.status_code == 400, GOOD[:length]
    assert not Statement.objects.exists()


def test_every_byte_may_be_wrong(store_2_0):
    """Whatever a byte is replaced by, the answer is the statement's or a reason."""
    head = GOOD.index(b"{"), GOOD.index(b"\r\n--", GOOD.index(b"{"))
    places = [n for n in range(len(GOOD)) if not head[0] <= n < head[1]]
    for number, place in enumerate(places):
        wrong = b"\0\r\n-:\xff"[number % 6 : number % 6 + 1]
        body = GOOD[:place] + wrong + GOOD[place + 1 :]
        response = store_2_0.request("POST", "statements", body, content_type=MIXED)
        assert response.status_code in (200, 204, 400), (place, wrong, response.content)


def test_a_batch_with_bad_data_stores_nothing(store):
    batch = [make_statement(), with_data(TEXT), make_statement(verb={"id": "x"})]
    assert send(store, first(batch), part(TEXT)).status_code == 400
    taken = make_statement(id=batch[0]["id"], result={"success": True})
    assert store.send(taken).status_code == 200
    assert send(store, first(batch[:2]), part(TEXT)).status_code == 409

    assert Statement.objects.count() == 1
    assert not Attachment.objects.exists()


def test_a_message_has_the_limit_of_every_body(store, settings):
    settings.XAPI_MAX_BODY = 5_000
    response = send(store, first(with_data(TEXT * 200)), part(TEXT * 200))
    assert response.status_code == 413
    assert "5000 bytes" in response.json()["error"]


def test_two_statements_of_one_batch_cannot_bring_data_apart(store):
    """XAPI-00133: one message, one first part."""
    one, two = with_data(TEXT), with_data(BINARY)
    response = send(store, first(one), part(TEXT), first(two), part(BINARY))
    assert response.status_code == 400
    assert store.get("statements", statementId=str(uuid.UUID(one["id"]))).status_code == 404
