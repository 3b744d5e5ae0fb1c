"""What a statement says to a store that must not learn who it is about.

Every Agent and Group keeps its place and its kind, and gets an account whose name is a keyed hash of
its identifier: the same person is the same pseudonym in every statement to this destination, another
one at the next, and nobody without the key leads back. Dropped is whatever may hold a name: names,
mail addresses, OpenIDs, attachments and signatures, the extensions of result and context, and
answers in free text. What is done, to what, when and with which score stays.
"""

import hashlib
import hmac
from collections.abc import Callable
from typing import Any

from academy.xapi.models import agent_key

#: Interactions whose response is a choice among what the question offers, or a number (Data 2.4.4).
CLOSED = frozenset(("true-false", "choice", "sequencing", "matching", "likert", "numeric"))

Document = dict[str, Any]


def pseudonymiser(*, key: str, home_page: str) -> Callable[[Document], Document]:
    """A function from a statement to its pseudonymised copy; the same key gives the same one."""
    secret = key.encode()

    def agent(actor: Document) -> Document:
        result: Document = {}
        if "objectType" in actor:
            result["objectType"] = actor["objectType"]
        if identifier := agent_key(actor):
            name = hmac.new(secret, identifier.encode(), hashlib.sha256).hexdigest()
            result["account"] = {"homePage": home_page, "name": name}
        if "member" in actor:
            result["member"] = [agent(member) for member in actor["member"]]
        return result

    def target(value: Document) -> Document:
        match value.get("objectType"):
            case "Agent" | "Group":
                return agent(value)
            case "SubStatement":
                return statement(value)
        return value

    def context(value: Document) -> Document:
        kept = {name: part for name, part in value.items() if name != "extensions"}
        for name in ("instructor", "team"):
            if name in kept:
                kept[name] = agent(kept[name])
        for name, person in (("contextAgents", "agent"), ("contextGroups", "group")):
            if name in kept:
                kept[name] = [{**part, person: agent(part[person])} for part in kept[name]]
        return kept

    def statement(value: Document) -> Document:
        kept = {
            name: part for name, part in value.items() if name not in ("attachments", "authority")
        }
        kept["actor"] = agent(value["actor"])
        kept["object"] = target(value["object"])
        kept["result"] = _result(value.get("result", {}), value["object"])
        kept["context"] = context(value.get("context", {}))
        return {
            name: part for name, part in kept.items() if part or name not in ("result", "context")
        }

    return statement


def _result(result: Document, target: Document) -> Document:
    kept = {name: part for name, part in result.items() if name != "extensions"}
    if target.get("definition", {}).get("interactionType") not in CLOSED:
        kept.pop("response", None)
    return kept
