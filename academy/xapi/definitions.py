"""What the store knows of activities: their definitions, merged as they come (Communication 2.5).

A definition that says nothing new costs one look at a row; no row is written for it, so that the
activities everybody talks about are not fought over.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from academy.xapi.models import Activity, compact

Definitions = dict[str, dict[str, Any]]


def definitions_in(statement: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The activities of a valid statement that come with a definition."""
    target = statement["object"]
    if target.get("objectType") == "SubStatement":
        yield from definitions_in(target)
    elif target.get("definition") and target.get("objectType", "Activity") == "Activity":
        yield target["id"], target["definition"]
    for activities in statement.get("context", {}).get("contextActivities", {}).values():
        for activity in [activities] if isinstance(activities, dict) else activities:
            if activity.get("definition"):
                yield activity["id"], activity["definition"]


def merged(known: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    """A definition with another laid over it: texts by language, extensions by key."""
    result = {**known, **said}
    for name in ("name", "description", "extensions"):
        if name in known and name in said:
            result[name] = {**known[name], **said[name]}
    return result


def definitions_said(statements: Iterable[dict[str, Any]]) -> Definitions:
    """What these valid statements say of activities, by compacted IRI."""
    said: Definitions = {}
    for statement in statements:
        for iri, definition in definitions_in(statement):
            key = compact(iri)
            said[key] = merged(said[key], definition) if key in said else definition
    return said


def what_is_new(said: Definitions, known: Definitions | None) -> Definitions:
    """Of what was said, what is not known; all of it, where it was not asked what is."""
    if known is None:
        return said
    return {
        iri: definition
        for iri, definition in said.items()
        if iri not in known or merged(known[iri], definition) != known[iri]
    }


def learn_definitions(said: Definitions) -> None:
    """Keep what was said of activities and was not known, in the caller's transaction.

    New rows are inserted, and known ones locked, in one order, so that two batches cannot wait for
    each other.
    """
    known = dict(Activity.objects.filter(iri__in=said).values_list("iri", "definition"))
    if new := sorted(said.keys() - known.keys()):
        Activity.objects.bulk_create(
            [Activity(iri=iri, definition=said[iri]) for iri in new], ignore_conflicts=True
        )
    changed = what_is_new(said, known).keys() & known.keys()
    if not changed:
        return
    for activity in Activity.objects.filter(iri__in=changed).order_by("iri").select_for_update():
        activity.definition = merged(activity.definition, said[activity.iri])
        activity.save(update_fields=["definition"])
