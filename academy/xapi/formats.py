"""The formats in which statements are answered: exact, ids and canonical (xAPI Communication
2.1.3)."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.conf import settings
from django.utils.translation.trans_real import parse_accept_lang_header

from academy.xapi.models import Activity, compact

EXACT, IDS, CANONICAL = "exact", "ids", "canonical"
FORMATS = (EXACT, IDS, CANONICAL)

_IDENTIFIERS = ("mbox", "mbox_sha1sum", "openid", "account")
_COMPONENT_LISTS = ("choices", "scale", "source", "target", "steps")

Json = dict[str, Any]


def formatted(documents: list[Json], form: str, accept_language: str) -> list[Json]:
    """The statements in one of the `FORMATS`."""
    if form == IDS:
        return [_rebuilt(document, _activity_id, _agent_ids, _verb_id) for document in documents]
    if form == CANONICAL:
        return _canonical(documents, accept_language)
    return documents


def _rebuilt(
    statement: Json,
    activity: Callable[[Json], Json],
    actor: Callable[[Json], Json],
    verb: Callable[[Json], Json],
) -> Json:
    """A copy of a statement with its activities, actors and verbs as these functions make them."""
    result = {**statement, "actor": actor(statement["actor"]), "verb": verb(statement["verb"])}
    target = statement["object"]
    kind = target.get("objectType", "Activity")
    if kind == "Activity":
        result["object"] = activity(target)
    elif kind == "SubStatement":
        result["object"] = _rebuilt(target, activity, actor, verb)
    elif kind != "StatementRef":
        result["object"] = actor(target)
    if "authority" in statement:
        result["authority"] = actor(statement["authority"])
    if "context" in statement:
        result["context"] = _rebuilt_context(statement["context"], activity, actor)
    return result


def _rebuilt_context(
    context: Json, activity: Callable[[Json], Json], actor: Callable[[Json], Json]
) -> Json:
    result = {**context}
    for name in ("instructor", "team"):
        if name in context:
            result[name] = actor(context[name])
    for name, key in (("contextAgents", "agent"), ("contextGroups", "group")):
        if name in context:
            result[name] = [{**item, key: actor(item[key])} for item in context[name]]
    if "contextActivities" in context:
        result["contextActivities"] = {
            relation: [activity(item) for item in activities]
            for relation, activities in context["contextActivities"].items()
        }
    return result


# --- ids ----------------------------------------------------------------------------------------
def _activity_id(activity: Json) -> Json:
    return {"id": activity["id"]}


def _verb_id(verb: Json) -> Json:
    return {"id": verb["id"]}


def _agent_ids(actor: Json) -> Json:
    """The identifier, or for an anonymous Group those of its members."""
    result = {name: actor[name] for name in _IDENTIFIERS if name in actor}
    if actor.get("objectType") == "Group":
        result["objectType"] = "Group"
        if len(result) == 1:
            result["member"] = [_agent_ids(member) for member in actor["member"]]
    return result


# --- canonical ----------------------------------------------------------------------------------
def _canonical(documents: list[Json], accept_language: str) -> list[Json]:
    languages = wanted_languages(accept_language)
    iris = {compact(iri) for document in documents for iri in _activities(document)}
    known = dict(Activity.objects.filter(iri__in=iris).values_list("iri", "definition"))

    def activity(value: Json) -> Json:
        definition = known.get(compact(value["id"])) or value.get("definition")
        if not definition:
            return value
        return {**value, "definition": _one_language(definition, languages)}

    def verb(value: Json) -> Json:
        if "display" not in value:
            return value
        return {**value, "display": choose(value["display"], languages)}

    return [_rebuilt(document, activity, lambda actor: actor, verb) for document in documents]


def _activities(statement: Json) -> Iterator[str]:
    target = statement["object"]
    if target.get("objectType", "Activity") == "Activity":
        yield target["id"]
    elif target.get("objectType") == "SubStatement":
        yield from _activities(target)
    for activities in statement.get("context", {}).get("contextActivities", {}).values():
        yield from (activity["id"] for activity in activities)


def _one_language(definition: Json, languages: list[str]) -> Json:
    result = {**definition}
    for name in ("name", "description"):
        if name in definition:
            result[name] = choose(definition[name], languages)
    for name in _COMPONENT_LISTS:
        if name in definition:
            result[name] = [
                {**item, "description": choose(item["description"], languages)}
                if "description" in item
                else item
                for item in definition[name]
            ]
    return result


# --- languages ----------------------------------------------------------------------------------
def wanted_languages(accept_language: str) -> list[str]:
    """The languages of an Accept-Language header, dearest first, in lower case."""
    return [tag for tag, quality in parse_accept_lang_header(accept_language) if quality > 0]


def choose(texts: dict[str, str], languages: Iterable[str]) -> dict[str, str]:
    """The one text of a language map that suits best (RFC 2616, 14.4; RFC 4647, 3.3-3.4).

    A range takes its own tag and those that begin with it, then what its shorter forms take. Where
    nothing suits: the academy's own language, else the first there is.
    """
    if len(texts) < 2:
        return texts
    tags = {tag.lower(): tag for tag in texts}
    for language in (*languages, settings.LANGUAGE_CODE.lower()):
        if language == "*":
            break
        while language:
            for lower, tag in tags.items():
                if lower == language or lower.startswith(language + "-"):
                    return {tag: texts[tag]}
            language = language.rpartition("-")[0]
    tag = next(iter(texts))
    return {tag: texts[tag]}
