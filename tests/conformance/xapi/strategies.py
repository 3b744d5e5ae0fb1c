"""Statements that Hypothesis makes up: valid ones of either standard, and ways to spoil them."""

import copy
import string
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
JSON_NUMBERS = st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False)


def json_values(texts: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    return st.recursive(
        st.none() | st.booleans() | JSON_NUMBERS | texts,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
        max_leaves=6,
    )


# what JSON text can hold: half surrogate pairs and NUL too, written as escapes
ANY_JSON = json_values(st.text(max_size=8))

# --- formats ------------------------------------------------------------------------------------
_IRI_TEXT = st.text(
    string.ascii_letters + string.digits + "-._~:/?#@!$&'()*+,;=%[]é読", max_size=15
)
IRIS = st.one_of(
    st.builds(
        "{}://{}/{}".format,
        st.sampled_from(["http", "https", "HTTPS"]),
        st.sampled_from(["example.org", "localhost:8000", "[::1]", "ex\u00e4mple.org"]),
        _IRI_TEXT,
    ),
    st.builds("{}:{}".format, st.sampled_from(["urn:x", "tag", "act+v1.0-x"]), _IRI_TEXT.filter(bool)),
)  # fmt: skip
UUIDS = st.uuids().map(str) | st.uuids().map(lambda value: str(value).upper())
TAGS = st.sampled_from(
    ["en", "fr-CA", "zh-cmn-Hans-CN", "es-419", "de-1996", "und", "i-klingon", "x-ours", "EN-gb",
     "en-a-bbb-x-a-ccc", "ine"]
)  # fmt: skip
LANGUAGE_MAPS = st.dictionaries(TAGS, TEXT, min_size=1, max_size=3)
EXTENSIONS = st.dictionaries(IRIS, json_values(TEXT), max_size=3)


@st.composite
def timestamps(draw: st.DrawFn) -> str:
    moment = draw(st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29)))
    offset = draw(st.integers(-23 * 60 - 59, 23 * 60 + 59))
    zone = UTC if not offset else timezone(timedelta(minutes=offset))
    text = moment.replace(tzinfo=zone).isoformat(
        timespec=draw(st.sampled_from(["auto", "minutes"]))
    )
    separator = draw(st.sampled_from(["T", "t", " "]))
    return text.replace("+00:00", draw(st.sampled_from(["Z", "z", "+00:00"]))).replace(
        "T", separator
    )


@st.composite
def durations(draw: st.DrawFn) -> str:
    if draw(st.booleans()):
        return f"P{draw(st.integers(0, 999))}W"
    number = st.none() | st.integers(0, 10**6)
    date = [f"{value}{unit}" for unit in "YMD" if (value := draw(number)) is not None]
    time = [f"{value}{unit}" for unit in "HM" if (value := draw(number)) is not None]
    if draw(st.booleans()) or not (date or time):
        time.append(f"{draw(st.integers(0, 99))}{draw(st.sampled_from(['', '.5', ',25']))}S")
    return "P" + "".join(date) + ("T" + "".join(time) if time else "")


# --- parts --------------------------------------------------------------------------------------
def of(required: dict[str, Any], **optional: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(required, optional=optional)


IDENTIFIERS = st.one_of(
    of({"mbox": st.builds("mailto:{}@{}".format, st.sampled_from(["ada", "A.B+c", "%22a%22"]),
                          st.sampled_from(["example.org", "Example.ORG", "localhost"]))}),
    of({"mbox_sha1sum": st.text("0123456789abcdefABCDEF", min_size=40, max_size=40)}),
    of({"openid": IRIS}),
    of({"account": of({"homePage": IRIS, "name": TEXT})}),
)  # fmt: skip


def merged(*parts: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(*parts).map(lambda drawn: {k: v for part in drawn for k, v in part.items()})


AGENTS = merged(IDENTIFIERS, of({}, objectType=st.just("Agent"), name=TEXT))
TYPED_AGENTS = AGENTS.map(lambda agent: {**agent, "objectType": "Agent"})
MEMBERS = st.lists(AGENTS, min_size=1, max_size=3)
GROUPS = st.one_of(
    of({"objectType": st.just("Group"), "member": MEMBERS}, name=TEXT),
    merged(IDENTIFIERS, of({"objectType": st.just("Group")}, name=TEXT, member=MEMBERS)),
)
ACTORS = AGENTS | GROUPS
VERBS = of({"id": IRIS}, display=LANGUAGE_MAPS)


def components(ids: list[str]) -> st.SearchStrategy[Any]:
    return st.tuples(
        *[of({"id": st.just(one)}, description=LANGUAGE_MAPS) for one in ids]
    ).map(list)  # fmt: skip


COMPONENTS = st.lists(TEXT.filter(bool), unique=True, max_size=3).flatmap(components)
DEFINITIONS = of(
    {}, name=LANGUAGE_MAPS, description=LANGUAGE_MAPS, type=IRIS, moreInfo=IRIS, extensions=EXTENSIONS
)  # fmt: skip
INTERACTIONS = st.one_of(
    *[
        merged(
            DEFINITIONS,
            of(
                {"interactionType": st.sampled_from(kinds)},
                correctResponsesPattern=st.lists(TEXT, max_size=2),
                **dict.fromkeys(lists, COMPONENTS),
            ),
        )
        for kinds, lists in (
            (["choice", "sequencing"], ["choices"]),
            (["likert"], ["scale"]),
            (["matching"], ["source", "target"]),
            (["performance"], ["steps"]),
            (["true-false", "fill-in", "long-fill-in", "numeric", "other"], []),
        )
    ]
)
ACTIVITIES = of({"id": IRIS}, objectType=st.just("Activity"), definition=DEFINITIONS | INTERACTIONS)
REFERENCES = of({"objectType": st.just("StatementRef"), "id": UUIDS})


@st.composite
def scores(draw: st.DrawFn) -> dict[str, Any]:
    low, middle, high = sorted(draw(st.lists(JSON_NUMBERS, min_size=3, max_size=3, unique=True)))
    score = {"scaled": draw(st.floats(-1, 1)), "min": low, "raw": middle, "max": high}
    return {name: score[name] for name in draw(st.sets(st.sampled_from(sorted(score))))}


RESULTS = of(
    {}, score=scores(), success=st.booleans(), completion=st.booleans(), response=TEXT,
    duration=durations(), extensions=EXTENSIONS,
)  # fmt: skip
CONTEXT = {
    "registration": UUIDS,
    "instructor": ACTORS,
    "team": GROUPS,
    "contextActivities": of(
        {},
        **dict.fromkeys(
            ("parent", "grouping", "category", "other"),
            ACTIVITIES | st.lists(ACTIVITIES, max_size=2),
        ),
    ),
    "language": TAGS,
    "statement": REFERENCES,
    "extensions": EXTENSIONS,
}
OF_ACTIVITY = {"revision": TEXT, "platform": TEXT}
TYPES = st.lists(IRIS, min_size=1, max_size=2)
ONLY_2_0 = {
    "contextAgents": st.lists(
        of({"objectType": st.just("contextAgent"), "agent": AGENTS}, relevantTypes=TYPES), max_size=2
    ),
    "contextGroups": st.lists(
        of({"objectType": st.just("contextGroup"), "group": GROUPS}, relevantTypes=TYPES), max_size=2
    ),
}  # fmt: skip
ATTACHMENTS = st.lists(
    of(
        {
            "usageType": IRIS,
            "display": LANGUAGE_MAPS,
            "contentType": st.sampled_from(["text/plain", "application/pdf; a=b", "image/svg+xml"]),
            "length": st.integers(0, 10**12),
            "sha2": st.sampled_from([56, 64, 96, 128]).flatmap(
                lambda size: st.text("0123456789abcdef", min_size=size, max_size=size)
            ),
            "fileUrl": IRIS,  # the data does not come along
        },
        description=LANGUAGE_MAPS,
    ),
    max_size=2,
)


@st.composite
def statements(draw: st.DrawFn, version: str, *, inner: bool = False) -> dict[str, Any]:
    """A valid statement of the version with an id; `inner`, a SubStatement."""
    targets = [ACTIVITIES, TYPED_AGENTS, GROUPS, REFERENCES]
    if not inner:
        targets.append(statements(version, inner=True))
    target = draw(st.one_of(targets))
    context = CONTEXT | (ONLY_2_0 if version.startswith("2.") else {})
    if target.get("objectType", "Activity") == "Activity":
        context = context | OF_ACTIVITY
    statement = draw(
        of(
            {"actor": ACTORS, "verb": VERBS},
            result=RESULTS,
            context=of({}, **context),
            timestamp=timestamps(),
            attachments=ATTACHMENTS,
        )
    )
    statement["object"] = target
    if inner:
        return {**statement, "objectType": "SubStatement"}
    statement["id"] = str(draw(st.uuids()))
    statement |= draw(of({}, stored=timestamps(), authority=AGENTS, version=st.just(version)))
    names = draw(st.permutations(sorted(statement)))
    return {name: statement[name] for name in names}


# --- spoiling -----------------------------------------------------------------------------------
MAPS = ("display", "description", "name")


def places(value: Any, path: tuple = ()) -> Iterator[tuple]:
    """The path of everything in a statement that a rule covers: all but inside extensions."""
    if path:
        yield path
    if path and path[-1] == "extensions":
        return
    if isinstance(value, dict):
        for name, item in value.items():
            yield from places(item, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from places(item, (*path, index))


def at(statement: Any, path: tuple) -> Any:
    for step in path:
        statement = statement[step]
    return statement


def is_language_map(path: tuple, value: Any) -> bool:
    return bool(path) and path[-1] in MAPS and isinstance(value, dict)


@st.composite
def spoiled(draw: st.DrawFn, version: str) -> tuple[str, dict[str, Any]]:
    """A statement with one rule broken (2.2), and which."""
    statement = copy.deepcopy(draw(statements(version)))
    path = draw(st.sampled_from(list(places(statement))))
    parent, name, value = at(statement, path[:-1]), path[-1], at(statement, path)
    kinds = ["null", "type"]
    if isinstance(value, dict) and not is_language_map(path, value) and name != "extensions":
        kinds.append("unknown")
    if isinstance(parent, dict) and not is_language_map(path[:-1], parent):
        kinds.append("case")
    if path in (("actor",), ("verb",), ("object",)):
        kinds.append("missing")
    kind = draw(st.sampled_from(kinds))
    if kind == "null":
        parent[name] = None
    elif kind == "type":
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        parent[name] = "12345" if is_number else 12345
    elif kind == "unknown":
        value["mood"] = "good"
    elif kind == "case":
        parent[name.swapcase()] = parent.pop(name)
    else:
        del parent[name]
    return f"{kind} at {path}", statement


@st.composite
def disturbed(draw: st.DrawFn, version: str) -> Any:
    """A statement with anything at all in the place of something."""
    statement = copy.deepcopy(draw(statements(version)))
    path = draw(st.sampled_from(list(places(statement))))
    at(statement, path[:-1])[path[-1]] = draw(ANY_JSON)
    return statement
