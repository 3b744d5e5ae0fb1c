"""State, Activity Profile and Agent Profile: xAPI 1.0.3 Communication 2.2, 2.3, 2.6, 2.7 and 3.1;
IEEE 9274.1.1 (2.0) 4.1.4, 4.1.6.2, 4.1.6.5 and 4.1.6.6."""

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils.http import parse_http_date

from academy.core.clock import now
from academy.xapi.models import Document
from academy.xapi.schema import instant

AGENT = {"objectType": "Agent", "account": {"homePage": "https://people.example", "name": "4711"}}
ACTIVITY = "https://content.example/activities/réunion"


@dataclass(frozen=True)
class Kind:
    """A document resource, the name of its id, and what its documents are about."""

    resource: str
    id_name: str
    about: dict[str, Any]

    def one(self, document_id: str = "bookmark", **more: Any) -> dict[str, Any]:
        return {**self.about, self.id_name: document_id, **more}


STATE = Kind("activities/state", "stateId", {"activityId": ACTIVITY, "agent": AGENT})
ACTIVITY_PROFILE = Kind("activities/profile", "profileId", {"activityId": ACTIVITY})
AGENT_PROFILE = Kind("agents/profile", "profileId", {"agent": AGENT})
KINDS = [STATE, ACTIVITY_PROFILE, AGENT_PROFILE]
NEW = {"if-none-match": "*"}


@pytest.fixture(params=KINDS, ids=lambda kind: kind.resource)
def kind(request) -> Kind:
    return request.param


def put(store, kind, body=b"{}", query=None, headers=NEW, **options):
    return write(store, "PUT", kind, body, query or kind.one(), headers or {}, **options)


def post(store, kind, body, query=None, **options):
    return write(store, "POST", kind, body, query or kind.one(), {}, **options)


def write(store, method, kind, body, query, headers, content_type="application/json"):
    headers = {**headers, "content-type": content_type}  # the client leaves it out of empty bodies
    return store.request(method, kind.resource, body, query=query, headers=headers)


def get(store, kind, query=None, **options):
    return store.request("GET", kind.resource, query=query or kind.one(), **options)


# --- one document -------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b'{"page": 7}', "application/json"),
        (b' {"page" :\t7, "page": 8} ', "application/json; charset=utf-8"),
        (b"not JSON", "application/json"),
        (bytes(range(256)), "application/octet-stream"),
        ("déjà vu".encode("utf-16"), "text/plain; charset=utf-16"),
        (b"a=1&b=2", "application/x-www-form-urlencoded"),
        (b"--x\r\n\r\nz\r\n--x--", 'multipart/form-data; boundary="x"'),
        (b"", "application/x-empty"),
    ],
)
def test_content_of_any_type_is_kept_to_the_byte(store, kind, content, content_type):
    """XAPI-00188, XAPI-00274, XAPI-00290: what is put is what one gets."""
    assert put(store, kind, content, content_type=content_type).status_code == 204

    read = get(store, kind)
    assert read.status_code == 200
    assert read.content == content
    assert read["Content-Type"] == content_type
    assert read["ETag"] == f'"{hashlib.sha1(content).hexdigest()}"'
    assert read["X-Experience-API-Version"] == store.version


def test_content_without_a_type_is_octets(store, kind):
    assert put(store, kind, b"x", content_type="").status_code == 204
    assert get(store, kind)["Content-Type"] == "application/octet-stream"


def test_last_modified_is_when_it_was_last_written(store, kind):
    """2.2.s6.b1, and of several the latest (2.2.s6.b2)."""
    put(store, kind)
    Document.objects.update(updated=now() - timedelta(days=2))
    post(store, kind, {"a": 1}, kind.one("later"))

    before = parse_http_date(get(store, kind)["Last-Modified"])
    later = parse_http_date(get(store, kind, kind.one("later"))["Last-Modified"])
    assert later - before >= 2 * 24 * 3600 - 1
    assert parse_http_date(get(store, kind, kind.about)["Last-Modified"]) == later
    post(store, kind, {"a": 1})
    assert parse_http_date(get(store, kind)["Last-Modified"]) >= later


def test_a_document_that_is_not_there_is_not_found(store, kind):
    assert get(store, kind).status_code == 404
    assert get(store, kind).json()["error"]


def test_delete(store, kind):
    """XAPI-00187, XAPI-00271, XAPI-00285: gone, and no error when it was not there."""
    put(store, kind)
    put(store, kind, query=kind.one("other"))
    for _time in range(2):
        assert store.request("DELETE", kind.resource, query=kind.one()).status_code == 204
        assert get(store, kind).status_code == 404
    assert get(store, kind, kind.one("other")).status_code == 200


def test_head_is_get_without_the_body(store, kind):
    """1.1.s3.b1"""
    put(store, kind, b"content", content_type="text/plain")
    for query in (kind.one(), kind.about):
        head = store.request("HEAD", kind.resource, query=query)
        read = get(store, kind, query)
        assert head.status_code == read.status_code == 200
        assert head.content == b""
        for header in ("ETag", "Last-Modified", "Content-Type"):
            assert head[header] == read[header]
        assert head["Content-Length"] == str(len(read.content))
    assert store.request("HEAD", kind.resource, query=kind.one("no")).status_code == 404


def test_documents_are_apart(store):
    """Same id, another resource, agent, activity or registration: another document."""
    agents = [AGENT, {"mbox": "mailto:a@people.example"}, {"openid": "https://people.example/a"}]
    places = [
        *((AGENT_PROFILE, {"agent": agent}) for agent in agents),
        *((ACTIVITY_PROFILE, {"activityId": f"{ACTIVITY}/{number}"}) for number in range(2)),
        *((STATE, {"activityId": ACTIVITY, "agent": agent}) for agent in agents),
        (STATE, {**STATE.about, "registration": str(uuid4())}),
        (STATE, {**STATE.about, "registration": str(uuid4())}),
    ]
    for number, (kind, about) in enumerate(places):
        put(store, kind, str(number), {**about, kind.id_name: "same"})
    for number, (kind, about) in enumerate(places):
        assert get(store, kind, {**about, kind.id_name: "same"}).content == str(number).encode()


def test_the_agent_is_its_identifier(store):
    """Name, order, white space and object type make no other agent."""
    put(store, AGENT_PROFILE, b"1")
    agent = json.dumps({"name": "Ada", "account": AGENT["account"]}, indent=2)
    assert get(store, AGENT_PROFILE, {"agent": agent, "profileId": "bookmark"}).content == b"1"


def test_a_group_has_documents_in_2_0_only(store):
    """2.6.s3: the agent is no Group in 1.0.3; IEEE 9274.1.1 allows identified groups."""
    group = {"objectType": "Group", "account": AGENT["account"]}
    anonymous = {"objectType": "Group", "member": [AGENT]}
    for kind in (STATE, AGENT_PROFILE):
        expected = 400 if store.version == "1.0.3" else 204
        assert put(store, kind, query=kind.one(agent=group)).status_code == expected
        assert put(store, kind, query=kind.one(agent=anonymous)).status_code == 400


@pytest.mark.parametrize(
    "document_id",
    ["../../etc/passwd", "' OR 1=1; --", "a b/ü?&=%#", "x" * 5000, "%", "{}", "日本語", "\\"],
)
def test_ids_are_any_text(store, kind, document_id):
    assert put(store, kind, b"1", kind.one(document_id)).status_code == 204
    assert put(store, kind, b"2", kind.one(document_id + "'")).status_code == 204
    assert get(store, kind, kind.one(document_id)).content == b"1"
    assert sorted(get(store, kind, kind.about).json()) == sorted([document_id, document_id + "'"])


def test_iris_may_be_longer_than_an_index_entry(store):
    """Of 3,000 characters each, and differing in the last."""
    for kind in (STATE, ACTIVITY_PROFILE):
        for last in "ab":
            about = {"activityId": "https://content.example/" + "é" * 3000 + last}
            assert put(store, kind, last, kind.one(**about)).status_code == 204
            assert get(store, kind, kind.one(**about)).content == last.encode()


def test_a_document_is_no_page(store, kind):
    """Whoever is led to it with a browser runs nothing of it: anybody may have written it."""
    put(store, kind, b"<script>alert(1)</script>", content_type="text/html")
    read = get(store, kind)
    assert "sandbox" in read["Content-Security-Policy"]
    assert read["X-Content-Type-Options"] == "nosniff"


# --- many documents -----------------------------------------------------------------------------
def test_the_ids_of_a_context(store, kind):
    """XAPI-00193, XAPI-00270, XAPI-00289"""
    assert get(store, kind, kind.about).json() == []
    for document_id in ("a", "b", "c"):
        put(store, kind, query=kind.one(document_id))
    ids = get(store, kind, kind.about)
    assert ids["Content-Type"] == "application/json"
    assert ids.json() == ["a", "b", "c"]


def test_since_is_exclusive_and_counts_updates(store, kind):
    """XAPI-00195, XAPI-00275, XAPI-00294"""
    moment = now() - timedelta(hours=1)
    for number, document_id in enumerate("abc"):
        put(store, kind, query=kind.one(document_id))
        Document.objects.filter(document_id=document_id).update(
            updated=moment + timedelta(seconds=number)
        )
    since = {**kind.about, "since": instant(moment + timedelta(seconds=1))}
    assert get(store, kind, since).json() == ["c"]
    post(store, kind, {"a": 1}, kind.one("a"))
    assert get(store, kind, since).json() == ["c", "a"]
    assert get(store, kind, {**kind.about, "since": "9999-01-01T00:00:00Z"}).json() == []


def test_a_list_takes_the_same_queries_for_few_and_many(store, kind, django_assert_max_num_queries):
    for count in (1, 30):
        for number in range(count):
            put(store, kind, query=kind.one(str(number)), headers={"if-match": "*", **NEW})
            put(store, kind, query=kind.one(str(number)))
        with django_assert_max_num_queries(2):  # the client, the ids
            assert len(get(store, kind, kind.about).json()) == count


def test_state_is_listed_and_deleted_by_registration_or_in_all_of_them(store):
    """2.3.s4, 2.3.s5: context is Activity, Agent, and the registration if one is given."""
    one, two = str(uuid4()), str(uuid4())
    for registration, document_id in ((None, "a"), (one, "a"), (one, "b"), (two, "c")):
        more = {"registration": registration} if registration else {}
        put(store, STATE, query=STATE.one(document_id, **more))
    elsewhere = {**STATE.about, "activityId": "https://content.example/other"}
    put(store, STATE, query={**elsewhere, "stateId": "d"})

    def ids(**more: str) -> list[str]:
        return get(store, STATE, {**STATE.about, **more}).json()

    assert ids() == ["a", "b", "c"]
    assert ids(registration=one) == ["a", "b"]
    deleted = store.request("DELETE", STATE.resource, query={**STATE.about, "registration": one})
    assert deleted.status_code == 204
    assert ids() == ["a", "c"]
    assert store.request("DELETE", STATE.resource, query=STATE.about).status_code == 204
    assert ids() == []
    assert get(store, STATE, elsewhere).json() == ["d"]


def test_profiles_are_deleted_one_by_one(store):
    """XAPI-00265, XAPI-00300"""
    for kind in (ACTIVITY_PROFILE, AGENT_PROFILE):
        put(store, kind)
        assert store.request("DELETE", kind.resource, query=kind.about).status_code == 400
        assert get(store, kind).status_code == 200


# --- merging ------------------------------------------------------------------------------------
def test_post_makes_a_document(store, kind):
    """XAPI-00233, XAPI-00280, XAPI-00310: without a document, POST is PUT."""
    assert post(store, kind, b'{"a":  1}').status_code == 204
    assert get(store, kind).content == b'{"a":  1}'
    other = kind.one("text")
    assert post(store, kind, "x", other, content_type="text/plain").status_code == 204
    assert get(store, kind, other).content == b"x"


def test_post_sets_the_top_level_properties_it_has(store, kind):
    """XAPI-00183, XAPI-00184, XAPI-00234, XAPI-00279, XAPI-00308"""
    post(store, kind, {"x": "foo", "y": {"kept": 1, "gone": 2}, "é": None})
    tag = get(store, kind)["ETag"]
    assert post(store, kind, {"y": {"kept": 3}, "z": [1]}).status_code == 204

    read = get(store, kind)
    assert read.json() == {"x": "foo", "y": {"kept": 3}, "é": None, "z": [1]}
    assert read["ETag"] == f'"{hashlib.sha1(read.content).hexdigest()}"' != tag
    assert read["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("here", "here_type", "sent", "sent_type"),
    [
        (b'{"a": 1}', "application/json", b"abc", "text/plain"),
        (b'{"a": 1}', "application/json", b'{"b": 1}', "application/octet-stream"),
        (b"abc", "text/plain", b'{"b": 1}', "application/json"),
        (b'{"a": 1}', "text/plain", b'{"b": 1}', "application/json"),
        (b'{"a": 1}', "application/json", b'{"b": 1}{', "application/json"),
        (b'{"a": 1}', "application/json", b'{"b": ', "application/json"),
        (b'{"a": 1}', "application/json", b"[1]", "application/json"),
        (b'{"a": 1}', "application/json", b"1", "application/json"),
        (b'{"a": 1}', "application/json", b"null", "application/json"),
        (b'{"a": 1}', "application/json", b"", "application/json"),
        (b'{"a": 1}', "application/json", b'{"b": NaN}', "application/json"),
        (b'{"a": 1}', "application/json", b'{"b": 1e999}', "application/json"),
        (b'{"a": 1}', "application/json", b'{"b": "\\ud800"}', "application/json"),
        (b'{"a": 1}', "application/json", b'{"b": "\xff"}', "application/json"),
        (b'{"a": 1}', "application/json", b'{"b":' + b"[" * 100_000, "application/json"),
        (b"[1]", "application/json", b'{"b": 1}', "application/json"),
        (b"broken", "application/json", b'{"b": 1}', "application/json"),
    ],
)
def test_only_json_objects_merge(store, kind, here, here_type, sent, sent_type):
    """2.2.s8.b1, XAPI-00229, XAPI-00232, XAPI-00278, XAPI-00309: else 400, and nothing changes."""
    put(store, kind, here, content_type=here_type)
    response = post(store, kind, sent, content_type=sent_type)

    assert response.status_code == 400
    assert response.json()["error"]
    read = get(store, kind)
    assert (read.content, read["Content-Type"]) == (here, here_type)


@pytest.mark.parametrize("sent", [b'{"a": 1}[', b"[1]", b""])
def test_json_posted_must_be_an_object_even_where_nothing_is(store, kind, sent):
    """XAPI-00235, XAPI-00284, XAPI-00314"""
    assert post(store, kind, sent).status_code == 400
    assert get(store, kind).status_code == 404


# --- concurrency (3.1) --------------------------------------------------------------------------
WRONG = ['"' + "1" * 40 + '"', "1234", '"', "", '"x", "y"']


def test_a_put_with_the_right_tag_replaces(store, kind):
    """3.1.s4.b5, with the tag as it came, without quotes, among others, weakened by gzip, or *."""
    put(store, kind, b"0")
    for number, form in enumerate(("{}", '"x", {}', "W/{}", "*", "{}"), start=1):
        tag = get(store, kind)["ETag"]
        tag = tag.strip('"') if number == 5 else tag
        response = put(store, kind, str(number), headers={"if-match": form.format(tag)})
        assert response.status_code == 204, form
        assert get(store, kind).content == str(number).encode()


@pytest.mark.parametrize("tag", WRONG)
@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_the_wrong_tag_changes_nothing(store, kind, method, tag):
    """3.1.s4.b9, b11: 412"""
    put(store, kind, b'{"a": 1}')
    response = store.request(
        method, kind.resource, b'{"b": 1}', query=kind.one(), headers={"if-match": tag}
    )
    assert response.status_code == 412
    assert response.json()["error"]
    assert get(store, kind).content == b'{"a": 1}'


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_post_and_delete_with_the_right_tag(store, kind, method):
    """3.1.s4.b7"""
    put(store, kind, b'{"a": 1}')
    headers = {"if-match": get(store, kind)["ETag"]}
    response = store.request(method, kind.resource, b'{"b": 1}', query=kind.one(), headers=headers)
    assert response.status_code == 204


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_if_none_match_makes_and_never_overwrites(store, kind, method):
    """3.1.s4.b6, b8"""
    for expected in (204, 412):
        response = store.request(
            method, kind.resource, {"by": expected}, query=kind.one(), headers=NEW
        )
        assert response.status_code == expected
    assert get(store, kind).json() == {"by": 204}


@pytest.mark.parametrize("tag", ["*", '"' + "1" * 40 + '"'])
def test_if_match_makes_no_document(store, kind, tag):
    assert put(store, kind, headers={"if-match": tag}).status_code == 412
    assert get(store, kind).status_code == 404


def test_a_put_without_a_tag(store, kind):
    """3.1.s3, s4.b13-b15: 1.0.3 asks it of profiles, always; 2.0 of every document that is there.
    The refusal says in plain text what to do, and changes nothing."""
    is_free = store.version == "1.0.3" and kind is STATE
    made = put(store, kind, b"first", headers=None)
    if store.version == "1.0.3" and kind is not STATE:
        assert made.status_code == 400
        assert "If-None-Match" in made.json()["error"]
        put(store, kind, b"first")
    else:
        assert made.status_code == 204

    response = put(store, kind, b"second", headers=None)
    assert response.status_code == (204 if is_free else 409)
    assert get(store, kind).content == (b"second" if is_free else b"first")
    if not is_free:
        assert response["Content-Type"].startswith("text/plain")
        assert "If-Match" in response.content.decode()


def test_post_and_delete_need_no_tag(store, kind):
    post(store, kind, {"a": 1})
    assert post(store, kind, {"b": 1}).status_code == 204
    assert store.request("DELETE", kind.resource, query=kind.one()).status_code == 204


# --- what is asked wrongly ----------------------------------------------------------------------
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "POST", "DELETE"])
def test_required_parameters(store, kind, method):
    """XAPI-00206 to XAPI-00215, XAPI-00261 to XAPI-00267, XAPI-00296 to XAPI-00302"""
    single = method in ("PUT", "POST") or (method == "DELETE" and kind is not STATE)
    for name in [*kind.about, *([kind.id_name] if single else [])]:
        query = kind.one()
        del query[name]
        response = store.request(method, kind.resource, b"{}", query=query, headers=NEW)
        assert response.status_code == 400, name
    assert not Document.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"agent": "not JSON"},
        {"agent": "1"},
        {"agent": "true"},
        {"agent": {"key": "value"}},
        {"agent": {"objectType": "Agent"}},
        {"agent": {"mbox": "mailto:a@b.example", "openid": "https://b.example"}},
        {"agent": '{"account":"{"homePage"'},
        {"agent": '{"mbox": "mailto:a@b.example", "mbox": "mailto:a@b.example"}'},
        {"agent": {"account": {"homePage": "https://b.example", "name": "\0"}}},
        {"agent": '{"account": {"homePage": "https://b.example", "name": "\\ud800"}}'},
        {"agent": "[" * 20_000},
        {"activityId": "true"},
        {"activityId": ""},
        {"activityId": "no scheme"},
        {"activityId": "https://content.example/\0"},
        {"activityId": "https://content.example/<script>"},
        {"registration": "true"},
        {"registration": ""},
        {"registration": "../" * 20},
        {"stateId": ""},
        {"stateId": "\0"},
        {"profileId": ""},
        {"profileId": "a\0b"},
        {"unknown": "1"},
        {"StateId": "1"},
        {"limit": "1"},
        {"since": "2020-01-01T00:00:00Z"},
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
def test_wrong_parameters(store, kind, method, wrong):
    """3.2.s3.b1, b8 and the formats of the parameters: 400, with the reason, and nothing done."""
    if method == "GET" and "since" in wrong:
        wrong = {"since": "2020-01-01T00:00:00Z", kind.id_name: "bookmark"}
    response = store.request(
        method, kind.resource, b"{}", query={**kind.one(), **wrong}, headers=NEW
    )
    assert response.status_code == 400
    assert response.json()["error"]
    assert not Document.objects.exists()


@pytest.mark.parametrize("since", ["true", "", "yesterday", "0000-01-01T00:00:00Z"])
def test_since_must_be_a_timestamp(store, kind, since):
    """XAPI-00204, XAPI-00260, XAPI-00295"""
    assert get(store, kind, {**kind.about, "since": since}).status_code == 400


def test_a_parameter_is_given_once(store, kind):
    response = store.http.put(
        f"{store.endpoint}{kind.resource}?{kind.id_name}=a&{kind.id_name}=b",
        headers={
            "authorization": store.authorization,
            "x-experience-api-version": store.version,
        },
    )
    assert response.status_code == 400
    assert "more than once" in response.json()["error"]


@pytest.mark.parametrize("content_type", ["x" * 300, "text/plain; ü=1", " ", "text/html\x0bx"])
def test_content_types_that_are_none(store, kind, content_type):
    response = put(store, kind, b"x", content_type=content_type)
    assert response.status_code == 400
    assert "Content-Type" in response.json()["error"]


def test_documents_have_a_limit(store, kind, settings):
    settings.XAPI_MAX_BODY = 1000
    assert put(store, kind, b"x" * 1000).status_code == 204
    response = put(store, kind, b"x" * 1001, kind.one("other"))
    assert response.status_code == 413
    assert "1000 bytes" in response.json()["error"]
    assert get(store, kind, kind.one("other")).status_code == 404


def test_fifty_megabytes_are_refused(store, kind):
    assert put(store, kind, b"x" * 50_000_000).status_code == 413
    assert not Document.objects.exists()


def test_other_methods_are_refused(store, kind):
    response = store.request("PATCH", kind.resource, b"{}", query=kind.one())
    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD, PUT, POST, DELETE"
