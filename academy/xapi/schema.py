"""Whether a statement is one: the rules of xAPI 1.0.3, Part Two (Data), and of xAPI 2.0 (IEEE
9274.1.1), as plain functions.

`validate` walks a parsed statement once and raises on the first thing that is wrong, naming the
property and the rule. Clauses in brackets are sections of Part Two, which 2.0 took over. Plain
functions and compiled expressions, because every statement of every learner passes here.

A property that the specification does not name is refused, null is refused everywhere but inside
extensions, and names are case-sensitive (2.2.s4). Empty objects and lists are accepted where the
specification only advises senders against them (2.2.s2.b1): all but language maps, which need an
entry. Component lists of another interaction type are accepted if they are well formed (2.4.4.1,
s13.b3, leaves that to the store).
"""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from academy.core.errors import AcademyError

MAX_DEPTH = 200
VOIDED = "http://adlnet.gov/expapi/verbs/voided"


class StatementError(AcademyError):
    """A statement, or a part of one in a query, that breaks a rule of the specification.

    `path` is the property ("object.definition.name"), `rule` what it must be, `clause` the section
    of xAPI 1.0.3 Part Two that says so.
    """

    status = 400

    def __init__(self, path: str, rule: str, clause: str = "") -> None:
        self.path, self.rule, self.clause = path, rule, clause
        message = f"{path}: {rule}" + (f" (xAPI Data {clause})" if clause else "")
        # a path holds names that the client chose, half surrogate pairs among them
        super().__init__(message.encode(errors="backslashreplace").decode())


# --- formats ------------------------------------------------------------------------------------
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}").fullmatch
_IRI = re.compile(r'[A-Za-z][A-Za-z0-9+.\-]*:[^\x00-\x20\x7f<>"{}|\\^`]+').fullmatch
_MBOX = re.compile(r'mailto:[^\x00-\x20\x7f<>"@?#]+@[^\x00-\x20\x7f<>"@?#,;/\\]+').fullmatch
_SHA1 = re.compile(r"[0-9a-fA-F]{40}").fullmatch
_SHA2 = re.compile(
    r"(?:[0-9a-fA-F]{56}|[0-9a-fA-F]{64}|[0-9a-fA-F]{96}|[0-9a-fA-F]{128})"
).fullmatch
# Semantic Versioning 1.0.0, 2 and 3; "1.0" is the same as "1.0.0" (Communication 3.3.s3.b6)
_PATCH = r"(?:\.\d{1,9}(?:[A-Za-z][0-9A-Za-z-]*)?)?"
_VERSION_1_0 = re.compile(r"1\.0" + _PATCH, re.ASCII).fullmatch
_VERSION_2_0 = re.compile(r"[12]\.0" + _PATCH, re.ASCII).fullmatch
_MEDIA_TYPE = re.compile(
    r"[!#$%&'*+.^_`|~0-9A-Za-z\-]+/[!#$%&'*+.^_`|~0-9A-Za-z\-]+(?:\s*;[^\x00-\x1f]*)?"
).fullmatch
# RFC 5646, section 2.1: language, script, region, variants, extensions, private use
_LANGUAGE_TAG = re.compile(
    r"(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})(?:-[a-z]{4})?(?:-(?:[a-z]{2}|\d{3}))?"
    r"(?:-(?:[a-z0-9]{5,8}|\d[a-z0-9]{3}))*(?:-[0-9a-wyz](?:-[a-z0-9]{2,8})+)*"
    r"(?:-x(?:-[a-z0-9]{1,8})+)?"
    r"|x(?:-[a-z0-9]{1,8})+|i-[a-z]{3,8}|en-gb-oed|sgn-(?:be-fr|be-nl|ch-de)",
    re.IGNORECASE | re.ASCII,
).fullmatch
# ISO 8601:2004 4.4.3.2; only the smallest unit may have a fraction
_DURATION = re.compile(
    r"P(?:\d+(?:[.,]\d+)?W|(?=\d|T\d)(?!.*[.,]\d+[YMDHS].*\d)"
    r"(?:\d+(?:[.,]\d+)?Y)?(?:\d+(?:[.,]\d+)?M)?(?:\d+(?:[.,]\d+)?D)?"
    r"(?:T(?=\d)(?:\d+(?:[.,]\d+)?H)?(?:\d+(?:[.,]\d+)?M)?(?:\d+(?:[.,]\d+)?S)?)?)",
    re.ASCII,
).fullmatch
# RFC 3339, and of ISO 8601 also the basic format, minutes as the smallest unit, hours as the offset,
# and no zone. Week and ordinal dates are not read: no profile of statements uses them (4.5.s1.b2).
_ZONE = r"(?:Z|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)?"
_TIMESTAMP = re.compile(
    r"(?:\d{4}-\d\d-\d\d[T ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:[.,]\d+)?)?"
    r"|\d{8}T(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d(?:[.,]\d+)?)?)" + _ZONE,
    re.ASCII | re.IGNORECASE,
).fullmatch
_MIDNIGHT = re.compile(
    r"(\d{4}(-?)\d\d\2\d\d[T ])24((:?)00(?:\4[0]{2}(?:[.,]0+)?)?" + _ZONE + ")",
    re.ASCII | re.IGNORECASE,
).fullmatch
_LEAP_SECOND = re.compile(
    r"(\d{4}(-?)\d\d\2\d\d[T ]\d\d(:?)\d\d\3)60((?:[.,]\d+)?" + _ZONE + ")",
    re.ASCII | re.IGNORECASE,
).fullmatch
_UNKNOWN_OFFSET = re.compile(r"-00(?::?00)?$").search


def parse_timestamp(text: str) -> datetime:
    """The instant that an ISO 8601 date-time names, in UTC; without a zone it is taken as UTC.

    ValueError for anything else, for the offset "-00:00" (which says the zone is unknown), and for
    instants outside the years 1 to 9999. More than microseconds is cut off (4.5). The end of a day,
    "24:00", is the start of the next; a leap second, which occurs at the end of June and December
    (RFC 3339, 5.7), is the second after it.
    """
    if _UNKNOWN_OFFSET(text):
        raise ValueError("the zone is unknown")
    try:
        if _TIMESTAMP(text):
            return _in_utc(text)
        if edge := _MIDNIGHT(text):
            return _in_utc(edge[1] + "00" + edge[3]) + timedelta(days=1)
        if edge := _LEAP_SECOND(text):
            before = _in_utc(edge[1] + "59" + edge[4])
            if (before.month, before.day, before.hour, before.minute) in _LEAP_MINUTES:
                return before + timedelta(seconds=1)
    except OverflowError as error:
        raise ValueError("outside the years 1 to 9999") from error
    raise ValueError("not an ISO 8601 date and time")


_LEAP_MINUTES = ((6, 30, 23, 59), (12, 31, 23, 59))


def _in_utc(text: str) -> datetime:
    moment = datetime.fromisoformat(text.upper())
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC)


def instant(at: datetime) -> str:
    """An instant as statements write it: UTC, microseconds, "Z" (4.5)."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def is_language_tag(text: str) -> bool:
    """Whether a text is a well-formed tag: its syntax, and nothing twice (RFC 5646, 2.2.9)."""
    if not _LANGUAGE_TAG(text):
        return False
    if len(text) < 12:  # "en-a-bb-a-bb", "de-1996-1996"
        return True
    subtags = text.lower().split("-")
    if "x" in subtags:  # what follows is private
        subtags = subtags[: subtags.index("x")]
    once = [tag for tag in subtags if len(tag) == 1]
    start = subtags.index(once[0]) if once else len(subtags)
    once += [tag for tag in subtags[1:start] if len(tag) > 4 or tag[:1].isdigit()]
    return len(once) == len(set(once))


def is_iri(value: object) -> bool:
    return type(value) is str and _IRI(value) is not None


def is_uuid(value: object) -> bool:
    return type(value) is str and _UUID(value) is not None


# --- small parts --------------------------------------------------------------------------------
def _object(value: Any, path: str, allowed: frozenset[str], clause: str) -> dict:
    if not isinstance(value, dict):
        raise StatementError(path, "must be an object", clause)
    if not value.keys() <= allowed:
        unknown = min(str(key) for key in value.keys() - allowed)
        raise StatementError(
            f"{path}.{unknown}", "is not a property that is allowed here", "2.2.s4"
        )
    return value


def _string(value: Any, path: str, clause: str) -> None:
    if type(value) is not str:
        raise StatementError(path, "must be a string", clause)


def _boolean(value: Any, path: str, clause: str) -> None:
    if value is not True and value is not False:
        raise StatementError(path, "must be true or false", clause)


def _number(value: Any, path: str, clause: str) -> None:
    if type(value) is not int and type(value) is not float:
        raise StatementError(path, "must be a number", clause)


def _formatted(
    value: Any, path: str, matches: Callable[[str], Any], what: str, clause: str
) -> None:
    if type(value) is not str or not matches(value):
        raise StatementError(path, f"must be {what}", clause)


def _uuid(value: Any, path: str, clause: str = "4.4") -> None:
    _formatted(value, path, _UUID, "a UUID in its standard form", clause)


def _iri(value: Any, path: str, clause: str = "4.3") -> None:
    _formatted(value, path, _IRI, "an IRI with a scheme", clause)


def _timestamp(value: Any, path: str) -> None:
    if type(value) is str:
        try:
            parse_timestamp(value)
            return
        except ValueError:
            pass
    raise StatementError(path, "must be an ISO 8601 date and time", "4.5")


def _language_map(value: Any, path: str) -> None:
    if not isinstance(value, dict) or not value:
        raise StatementError(path, "must be an object of texts by language tag", "4.2")
    for tag, text in value.items():
        if type(tag) is not str or not is_language_tag(tag):
            raise StatementError(f"{path}.{tag}", "is not an RFC 5646 language tag", "4.2")
        if type(text) is not str:
            raise StatementError(f"{path}.{tag}", "must be a string", "4.2")


def _extensions(value: Any, path: str) -> None:
    if not isinstance(value, dict):
        raise StatementError(path, "must be an object", "4.1")
    for key in value:
        if type(key) is not str or not _IRI(key):
            raise StatementError(f"{path}.{key}", "must be an IRI with a scheme", "4.1")


# --- actors -------------------------------------------------------------------------------------
_IDENTIFIERS = frozenset(("mbox", "mbox_sha1sum", "openid", "account"))
_AGENT = frozenset(("objectType", "name")) | _IDENTIFIERS
_GROUP = _AGENT | {"member"}
_ACCOUNT = frozenset(("homePage", "name"))


def _identifier(actor: dict, path: str) -> int:
    """Check the inverse functional identifiers present and count them (2.4.2.3)."""
    count = 0
    if "account" in actor:
        count += 1
        account = _object(actor["account"], f"{path}.account", _ACCOUNT, "2.4.2.4")
        if len(account) != 2:
            raise StatementError(f"{path}.account", "must have homePage and name", "2.4.2.4")
        _iri(account["homePage"], f"{path}.account.homePage", "2.4.2.4")
        _string(account["name"], f"{path}.account.name", "2.4.2.4")
    if "mbox" in actor:
        count += 1
        _formatted(actor["mbox"], f"{path}.mbox", _MBOX, "a mailto IRI", "2.4.2.3")
    if "mbox_sha1sum" in actor:
        count += 1
        _formatted(
            actor["mbox_sha1sum"],
            f"{path}.mbox_sha1sum",
            _SHA1,
            "a hex SHA-1 sum",
            "2.4.2.3",
        )
    if "openid" in actor:
        count += 1
        _formatted(actor["openid"], f"{path}.openid", _IRI, "a URI", "2.4.2.3")
    return count


def validate_agent(value: Any, path: str = "agent") -> None:
    """An Agent: exactly one inverse functional identifier (2.4.2.1)."""
    agent = _object(value, path, _AGENT, "2.4.2.1")
    if agent.get("objectType", "Agent") != "Agent":
        raise StatementError(f"{path}.objectType", 'must be "Agent"', "2.4.2.1")
    if "name" in agent:
        _string(agent["name"], f"{path}.name", "2.4.2.1")
    if _identifier(agent, path) != 1:
        raise StatementError(
            path,
            "must have exactly one of mbox, mbox_sha1sum, openid and account",
            "2.4.2.1",
        )


def _group(value: Any, path: str) -> None:
    """A Group: identified by one identifier, or anonymous with members; never nested (2.4.2.2)."""
    group = _object(value, path, _GROUP, "2.4.2.2")
    if group.get("objectType") != "Group":
        raise StatementError(f"{path}.objectType", 'must be "Group"', "2.4.2.2")
    if "name" in group:
        _string(group["name"], f"{path}.name", "2.4.2.2")
    identifiers = _identifier(group, path)
    if identifiers > 1:
        raise StatementError(path, "must not have more than one identifier", "2.4.2.2")
    if "member" in group:
        members = group["member"]
        if not isinstance(members, list):
            raise StatementError(f"{path}.member", "must be a list of Agents", "2.4.2.2")
        for index, member in enumerate(members):
            validate_agent(member, f"{path}.member[{index}]")
    if not identifiers and not group.get("member"):
        raise StatementError(path, "must have members or an identifier", "2.4.2.2")


def validate_actor(value: Any, path: str = "actor") -> None:
    """An Agent, or a Group if it says so (2.4.2)."""
    if isinstance(value, dict) and value.get("objectType") == "Group":
        _group(value, path)
    else:
        validate_agent(value, path)


def _authority(value: Any, path: str) -> None:
    """An Agent, or for OAuth an anonymous Group of two: the application and the user (2.4.9)."""
    validate_actor(value, path)
    if value.get("objectType") == "Group" and (
        len(value.get("member", ())) != 2 or not _IDENTIFIERS.isdisjoint(value)
    ):
        raise StatementError(path, "as a Group must be anonymous and have two members", "2.4.9")


# --- verb and object ----------------------------------------------------------------------------
_VERB = frozenset(("id", "display"))
_ACTIVITY = frozenset(("objectType", "id", "definition"))
_REFERENCE = frozenset(("objectType", "id"))
_COMPONENT_LISTS = ("choices", "scale", "source", "target", "steps")
_INTERACTION = frozenset((*_COMPONENT_LISTS, "interactionType", "correctResponsesPattern"))
_DEFINITION = _INTERACTION | {"name", "description", "type", "moreInfo", "extensions"}
_COMPONENT = frozenset(("id", "description"))
_INTERACTION_TYPES = frozenset(
    (
        "true-false", "choice", "fill-in", "long-fill-in", "matching",
        "performance", "sequencing", "likert", "numeric", "other",
    )
)  # fmt: skip


def _verb(value: Any, path: str) -> None:
    verb = _object(value, path, _VERB, "2.4.3")
    if "id" not in verb:
        raise StatementError(f"{path}.id", "is required", "2.4.3")
    _iri(verb["id"], f"{path}.id", "2.4.3")
    if "display" in verb:
        _language_map(verb["display"], f"{path}.display")


def _activity(value: Any, path: str) -> None:
    activity = _object(value, path, _ACTIVITY, "2.4.4.1")
    if activity.get("objectType", "Activity") != "Activity":
        raise StatementError(f"{path}.objectType", 'must be "Activity"', "2.4.4.1")
    if "id" not in activity:
        raise StatementError(f"{path}.id", "is required", "2.4.4.1")
    _iri(activity["id"], f"{path}.id", "2.4.4.1")
    if "definition" in activity:
        _definition(activity["definition"], f"{path}.definition")


def _definition(value: Any, path: str) -> None:
    definition = _object(value, path, _DEFINITION, "2.4.4.1.s2")
    for key in ("name", "description"):
        if key in definition:
            _language_map(definition[key], f"{path}.{key}")
    for key in ("type", "moreInfo"):
        if key in definition:
            _iri(definition[key], f"{path}.{key}", "2.4.4.1.s2")
    if "extensions" in definition:
        _extensions(definition["extensions"], f"{path}.extensions")
    if _INTERACTION.isdisjoint(definition):
        return
    kind = definition.get("interactionType")
    if type(kind) is not str or kind not in _INTERACTION_TYPES:
        raise StatementError(
            f"{path}.interactionType",
            f"must be one of {', '.join(sorted(_INTERACTION_TYPES))}",
            "2.4.4.1.s8",
        )
    if "correctResponsesPattern" in definition:
        patterns = definition["correctResponsesPattern"]
        if not isinstance(patterns, list) or any(type(text) is not str for text in patterns):
            raise StatementError(
                f"{path}.correctResponsesPattern",
                "must be a list of strings",
                "2.4.4.1.s8",
            )
    for key in _COMPONENT_LISTS:
        if key in definition:
            _components(definition[key], f"{path}.{key}")


def _components(value: Any, path: str) -> None:
    if not isinstance(value, list):
        raise StatementError(path, "must be a list of interaction components", "2.4.4.1.s15")
    seen = set()
    for index, item in enumerate(value):
        here = f"{path}[{index}]"
        component = _object(item, here, _COMPONENT, "2.4.4.1.s15")
        _formatted(component.get("id"), f"{here}.id", bool, "a string with text", "2.4.4.1.s15")
        if component["id"] in seen:
            raise StatementError(f"{here}.id", "must be distinct in its list", "2.4.4.1.s16.b1")
        seen.add(component["id"])
        if "description" in component:
            _language_map(component["description"], f"{here}.description")


def _statement_reference(value: Any, path: str) -> None:
    reference = _object(value, path, _REFERENCE, "2.4.4.3.s4")
    if reference.get("objectType") != "StatementRef":
        raise StatementError(f"{path}.objectType", 'must be "StatementRef"', "2.4.4.3.s4.b1")
    _uuid(reference.get("id"), f"{path}.id", "2.4.4.3.s4.b2")


# --- result -------------------------------------------------------------------------------------
_RESULT = frozenset(("score", "success", "completion", "response", "duration", "extensions"))
_SCORE = frozenset(("scaled", "raw", "min", "max"))


def _result(value: Any, path: str) -> None:
    result = _object(value, path, _RESULT, "2.4.5")
    for key in ("success", "completion"):
        if key in result:
            _boolean(result[key], f"{path}.{key}", "2.4.5")
    if "response" in result:
        _string(result["response"], f"{path}.response", "2.4.5")
    if "duration" in result:
        _formatted(
            result["duration"],
            f"{path}.duration",
            _DURATION,
            "an ISO 8601 duration",
            "4.6",
        )
    if "score" in result:
        _score(result["score"], f"{path}.score")
    if "extensions" in result:
        _extensions(result["extensions"], f"{path}.extensions")


def _score(value: Any, path: str) -> None:
    score = _object(value, path, _SCORE, "2.4.5.1")
    for key, number in score.items():
        _number(number, f"{path}.{key}", "2.4.5.1")
    if "scaled" in score and not -1 <= score["scaled"] <= 1:
        raise StatementError(f"{path}.scaled", "must be from -1 to 1", "2.4.5.1")
    low, high, raw = score.get("min"), score.get("max"), score.get("raw")
    if low is not None and high is not None and not low < high:
        raise StatementError(f"{path}.min", "must be less than max", "2.4.5.1")
    if raw is not None and (
        (low is not None and not raw >= low) or (high is not None and not raw <= high)
    ):
        raise StatementError(f"{path}.raw", "must be between min and max", "2.4.5.1")


# --- context ------------------------------------------------------------------------------------
_CONTEXT = frozenset(
    (
        "registration", "instructor", "team", "contextActivities", "revision",
        "platform", "language", "statement", "extensions",
    )
)  # fmt: skip
_CONTEXT_2_0 = _CONTEXT | {"contextAgents", "contextGroups"}
_CONTEXT_ACTIVITIES = frozenset(("parent", "grouping", "category", "other"))


def _context(value: Any, path: str, allowed: frozenset[str], *, of_activity: bool) -> None:
    context = _object(value, path, allowed, "2.4.6")
    if "registration" in context:
        _uuid(context["registration"], f"{path}.registration")
    for key in ("revision", "platform"):
        if key in context:
            _string(context[key], f"{path}.{key}", "2.4.6")
            if not of_activity:
                raise StatementError(
                    f"{path}.{key}",
                    "may only be used when the object is an Activity",
                    "2.4.6.s4",
                )
    if "language" in context:
        _formatted(
            context["language"],
            f"{path}.language",
            is_language_tag,
            "an RFC 5646 language tag",
            "2.4.6",
        )
    if "contextActivities" in context:
        _context_activities(context["contextActivities"], f"{path}.contextActivities")
    if "instructor" in context:
        validate_actor(context["instructor"], f"{path}.instructor")
    if "team" in context:
        _group(context["team"], f"{path}.team")
    if "statement" in context:
        _statement_reference(context["statement"], f"{path}.statement")
    if "extensions" in context:
        _extensions(context["extensions"], f"{path}.extensions")
    if "contextAgents" in context:
        _related(context["contextAgents"], f"{path}.contextAgents", "agent", validate_agent)
    if "contextGroups" in context:
        _related(context["contextGroups"], f"{path}.contextGroups", "group", _group)


def _related(value: Any, path: str, role: str, check: Callable[[Any, str], None]) -> None:
    """A list of Agents, or of Groups, each with the types of Activity that make it relevant
    (9274.1.1, 4.2.2.5)."""
    if not isinstance(value, list):
        raise StatementError(path, "must be a list")
    kind = f"context{role.capitalize()}"
    for index, item in enumerate(value):
        here = f"{path}[{index}]"
        related = _object(item, here, frozenset(("objectType", role, "relevantTypes")), "")
        if related.get("objectType") != kind:
            raise StatementError(f"{here}.objectType", f'must be "{kind}"')
        if role not in related:
            raise StatementError(f"{here}.{role}", "is required")
        check(related[role], f"{here}.{role}")
        if "relevantTypes" in related:
            types = related["relevantTypes"]
            if not isinstance(types, list) or not types:
                raise StatementError(f"{here}.relevantTypes", "must be a list of IRIs, not empty")
            for number, iri in enumerate(types):
                _iri(iri, f"{here}.relevantTypes[{number}]")


def _context_activities(value: Any, path: str) -> None:
    for key, activities in _object(value, path, _CONTEXT_ACTIVITIES, "2.4.6.2").items():
        if isinstance(activities, dict):
            _activity(activities, f"{path}.{key}")
        elif isinstance(activities, list):
            for index, activity in enumerate(activities):
                _activity(activity, f"{path}.{key}[{index}]")
        else:
            raise StatementError(
                f"{path}.{key}",
                "must be an Activity or a list of Activities",
                "2.4.6.2.s4.b2",
            )


# --- attachments --------------------------------------------------------------------------------
_ATTACHMENT = frozenset(
    ("usageType", "display", "description", "contentType", "length", "sha2", "fileUrl")
)


def _attachments(value: Any, path: str) -> None:
    if not isinstance(value, list):
        raise StatementError(path, "must be a list", "2.4.11")
    for index, item in enumerate(value):
        here = f"{path}[{index}]"
        attachment = _object(item, here, _ATTACHMENT, "2.4.11")
        for key in ("usageType", "display", "contentType", "length", "sha2"):
            if key not in attachment:
                raise StatementError(f"{here}.{key}", "is required", "2.4.11")
        _iri(attachment["usageType"], f"{here}.usageType", "2.4.11")
        _language_map(attachment["display"], f"{here}.display")
        if "description" in attachment:
            _language_map(attachment["description"], f"{here}.description")
        _formatted(
            attachment["contentType"],
            f"{here}.contentType",
            _MEDIA_TYPE,
            "a media type",
            "2.4.11",
        )
        length = attachment["length"]
        if type(length) is not int or length < 0:
            raise StatementError(f"{here}.length", "must be a whole number of octets", "2.4.11")
        _formatted(attachment["sha2"], f"{here}.sha2", _SHA2, "a hex SHA-2 sum", "2.4.11")
        if "fileUrl" in attachment:
            _iri(attachment["fileUrl"], f"{here}.fileUrl", "2.4.11")


# --- the whole ----------------------------------------------------------------------------------
_SUB_STATEMENT = frozenset(
    (
        "objectType",
        "actor",
        "verb",
        "object",
        "result",
        "context",
        "timestamp",
        "attachments",
    )
)
_STATEMENT = (_SUB_STATEMENT - {"objectType"}) | {
    "id",
    "stored",
    "authority",
    "version",
}


def _body(statement: dict, prefix: str, context: frozenset[str], *, nested: bool) -> None:
    """What a Statement and a SubStatement have in common (2.4, 2.4.4.3.s8).

    `context` names the properties that a context may have.
    """
    for key in ("actor", "verb", "object"):
        if key not in statement:
            raise StatementError(prefix + key, "is required", "2.2.s2.b3")
    validate_actor(statement["actor"], prefix + "actor")
    _verb(statement["verb"], prefix + "verb")

    path, target = prefix + "object", statement["object"]
    if not isinstance(target, dict):
        raise StatementError(path, "must be an object", "2.4.4")
    kind = target.get("objectType", "Activity")
    if kind == "Activity":
        _activity(target, path)
    elif kind == "Agent":
        validate_agent(target, path)
    elif kind == "Group":
        _group(target, path)
    elif kind == "StatementRef":
        _statement_reference(target, path)
    elif kind == "SubStatement" and not nested:
        _object(target, path, _SUB_STATEMENT, "2.4.4.3.s8")
        _body(target, path + ".", context, nested=True)
    elif kind == "SubStatement":
        raise StatementError(path, "a SubStatement must not contain another", "2.4.4.3.s8.b4")
    else:
        raise StatementError(
            f"{path}.objectType",
            "must be Activity, Agent, Group, StatementRef or SubStatement",
            "2.4.4",
        )
    if statement["verb"]["id"] == VOIDED and kind != "StatementRef":
        raise StatementError(path, "of a voiding statement must be a StatementRef", "2.3.2.s2.b1")

    if "result" in statement:
        _result(statement["result"], prefix + "result")
    if "context" in statement:
        _context(statement["context"], prefix + "context", context, of_activity=kind == "Activity")
    if "timestamp" in statement:
        _timestamp(statement["timestamp"], prefix + "timestamp")
    if "attachments" in statement:
        _attachments(statement["attachments"], prefix + "attachments")


def validate(statement: Any, version: str = "2.0.0") -> None:
    """Raise `StatementError` unless this is a valid statement of the version, 1.0.x or 2.0.x.

    2.0 accepts all that 1.0.3 does, and beyond that contextAgents, contextGroups and its own number
    as the version property; all other rules are one. Hence it is the default, for statements of
    which it is not known in which version they came.
    """
    is_1_0 = version.startswith("1.")
    if not isinstance(statement, dict):
        raise StatementError("statement", "must be an object", "2.4")
    if not statement.keys() <= _STATEMENT:
        unknown = min(str(key) for key in statement.keys() - _STATEMENT)
        raise StatementError(unknown, "is not a property of a statement", "2.2.s4")
    try:
        _body(statement, "", _CONTEXT if is_1_0 else _CONTEXT_2_0, nested=False)
        if "id" in statement:
            _uuid(statement["id"], "id", "2.4.1")
        if "stored" in statement:
            _timestamp(statement["stored"], "stored")
        if "authority" in statement:
            _authority(statement["authority"], "authority")
        if "version" in statement:
            _formatted(
                statement["version"],
                "version",
                _VERSION_1_0 if is_1_0 else _VERSION_2_0,
                "a version 1.0.x" if is_1_0 else "a version 1.0.x or 2.0.x",
                "2.4.10",
            )
        check_storable(statement, "statement")
    except RecursionError as error:
        raise StatementError("statement", "is nested too deeply") from error


def check_storable(value: Any, path: str) -> None:
    """Refuse what JSON text or a database cannot hold: NUL, half surrogate pairs, infinities
    (numbers beyond 1.8e308 become one), and what RFC 7493 asks of JSON that travels.

    Nesting is bounded too: what could be parsed here must still be readable from any depth of
    call, by us and by whomever it is delivered to.
    """
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        text.encode()
    except UnicodeEncodeError as error:
        found = _find_text(value, "", lambda part: any("\ud800" <= c <= "\udfff" for c in part))
        raise StatementError(found or path, "contains half a surrogate pair") from error
    except (ValueError, TypeError) as error:
        raise StatementError(path, "contains a number or value JSON cannot hold") from error
    if text.count("[") + text.count("{") > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise StatementError(path, f"is nested more than {MAX_DEPTH} levels deep")
    if "\\u0000" in text and (found := _find_text(value, "", lambda part: "\0" in part)):
        raise StatementError(found, "contains the character NUL")


def _depth(value: Any) -> int:
    """How many objects and lists lie inside each other, found without recursion."""
    depth, level = 0, [value]
    while level := [part for part in level if isinstance(part, dict | list)]:
        depth += 1
        level = [
            item for part in level for item in (part.values() if isinstance(part, dict) else part)
        ]
    return depth


def _find_text(value: Any, path: str, matches: Callable[[str], bool]) -> str:
    """The path of the first string that matches, keys included; empty when none does."""
    if type(value) is str:
        return path if matches(value) else ""
    if isinstance(value, dict):
        for key, item in value.items():
            if matches(key):
                return f"{path}.(key)".lstrip(".")
            if found := _find_text(item, f"{path}.{key}".lstrip("."), matches):
                return found
    if isinstance(value, list):
        for index, item in enumerate(value):
            if found := _find_text(item, f"{path}[{index}]", matches):
                return found
    return ""


# --- sameness -----------------------------------------------------------------------------------
_ASSIGNED = frozenset(("id", "stored", "authority", "version", "timestamp"))
_CASELESS = frozenset(("registration", "mbox_sha1sum", "sha2", "language"))
_PAST_HUNDREDTHS = re.compile(r"(?<=[.,]\d\d)\d+(?=S$)")
_EXACT = 2**53  # up to here a float holds every whole number


def fingerprint(statement: dict) -> str:
    """SHA-256 of what makes a valid statement this statement (2.3.1).

    Left out is what may differ in one and the same statement: what the store assigns, the display
    of verbs, activity definitions, the order of group members, one context activity or a list of
    one, default object types, the case of hex digits, language tags and mail domains, 1 and 1.0,
    hundredths of seconds in durations (4.6.s1.b5; else a duration is text, 2.3.1.b8), thousandths
    in the timestamp of a SubStatement. The timestamp of the statement is left out too, because it
    may come without; `same_instant` compares it. Attachments count by what the statement says of
    them, their data does not (2.3.1.b6).
    """
    core = {key: _canonical(key, value) for key, value in statement.items() if key not in _ASSIGNED}
    text = json.dumps(core, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _canonical(key: str, value: Any) -> Any:
    """A value as comparison sees it, by the name it has in its object."""
    if key == "extensions":
        return _opaque(value)
    if isinstance(value, dict):
        return _canonical_object(key, value)
    if isinstance(value, list):
        items = [_canonical(key, item) for item in value]
        return sorted(items, key=_sorted_text) if key == "member" else items
    if type(value) is str:
        return _canonical_text(key, value)
    return _opaque(value)


def _canonical_object(key: str, value: dict) -> dict:
    if key in ("display", "description"):
        return {tag.lower(): text for tag, text in value.items()}
    result = {}
    for name, item in value.items():
        if name == "definition" or (key == "verb" and name == "display"):
            continue
        if name == "objectType" and item in ("Agent", "Activity"):
            continue
        if key == "contextActivities" and isinstance(item, dict):
            item = [item]
        result[name] = _canonical(name, item)
    return result


def _canonical_text(key: str, text: str) -> str:
    if key in _CASELESS or (key == "id" and is_uuid(text)):
        return text.lower()
    if key == "mbox":
        local, _, domain = text.rpartition("@")
        return f"{local}@{domain.lower()}"
    if key == "duration":
        return _PAST_HUNDREDTHS.sub("", text)
    if key == "timestamp":  # of a SubStatement
        return parse_timestamp(text).isoformat(timespec="milliseconds")
    return text


def _opaque(value: Any) -> Any:
    """A value whose meaning is not known here: of numbers the value counts, not the spelling."""
    if type(value) is float and value.is_integer():
        return int(value) if abs(value) < _EXACT else int(Decimal(repr(value)))
    if isinstance(value, dict):
        return {name: _opaque(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_opaque(item) for item in value]
    return value


def _sorted_text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def same_instant(first: datetime, second: datetime) -> bool:
    """Equal to the millisecond, the precision every store keeps (4.5)."""
    return abs((first - second).total_seconds()) < 0.001


def same_statement(first: dict, second: dict) -> bool:
    """Whether two valid statements are one and the same by the rules of comparison (2.3.1.s9)."""
    if fingerprint(first) != fingerprint(second):
        return False
    if "timestamp" not in first or "timestamp" not in second:
        return True
    return same_instant(parse_timestamp(first["timestamp"]), parse_timestamp(second["timestamp"]))
