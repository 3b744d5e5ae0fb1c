"""What validating a statement costs: `python tests/benchmarks/validation.py`.

Processor time a statement, the best of several rounds, of what the store does to each statement
before it is written: reading the JSON, the rules (`validate`), the hash by which statements are
compared (`fingerprint`). Beside it, where the library is installed, a JSON Schema of the same
structure and formats checked by jsonschema, which knows less: no rule that ties two properties
together, no instants, nothing that is unique in a list.

The target for the rules alone is 0.15 ms. It is reported, not enforced: machines differ.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from academy.xapi import schema

TARGET_MS = 0.15
ACTOR = {"account": {"homePage": "https://academy.example", "name": "0b9c2c7c5c3f4c7a"}}
ACTIVITY = {"id": "https://academy.example/courses/records-management"}
LEAST = {
    "actor": ACTOR,
    "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
    "object": ACTIVITY,
}
USUAL = {
    "id": "4f5a1a8e-6d3a-4c1e-9f0e-0c6f1a1d2b3c",
    "timestamp": "2026-02-03T04:05:06.789Z",
    "actor": ACTOR,
    "verb": {
        "id": "http://adlnet.gov/expapi/verbs/answered",
        "display": {"en": "answered", "fr": "a répondu à"},
    },
    "object": {
        "objectType": "Activity",
        "id": "https://academy.example/items/4711",
        "definition": {
            "type": "http://adlnet.gov/expapi/activities/cmi.interaction",
            "name": {"en": "Which record is kept longest?"},
            "interactionType": "choice",
            "correctResponsesPattern": ["b"],
            "choices": [
                {"id": letter, "description": {"en": f"Record {letter}"}} for letter in "abcd"
            ],
        },
    },
    "result": {"success": True, "response": "b", "duration": "PT12.5S", "score": {"scaled": 1}},
    "context": {
        "registration": "ec531277-b57b-4c15-8d91-d292c5b2b8f7",
        "platform": "Academy",
        "language": "en",
        "contextActivities": {"parent": [ACTIVITY], "grouping": [ACTIVITY]},
    },
}
FULL = {
    **USUAL,
    "actor": {"objectType": "Group", "member": [ACTOR, {"mbox": "mailto:ada@academy.example"}] * 5},
    "object": {"objectType": "SubStatement", **{key: USUAL[key] for key in
               ("actor", "verb", "object", "result", "context", "timestamp")}},
    "context": {
        "registration": "ec531277-b57b-4c15-8d91-d292c5b2b8f7",
        "instructor": {"openid": "https://openid.academy.example/bo"},
        "team": {"objectType": "Group", "mbox_sha1sum": "ebd31e95054c018b10727ccffd2ef2ec3a016ee9"},
        "contextActivities": {
            kind: [{**ACTIVITY, "definition": {"name": {"en": "Records", "fr": "Archives"}}}] * 2
            for kind in ("parent", "grouping", "category", "other")
        },
        "extensions": {"https://academy.example/extensions/trace": list(range(50))},
    },
    "attachments": [
        {
            "usageType": "https://academy.example/usage/minutes",
            "display": {"en": "Minutes"},
            "contentType": "application/pdf",
            "length": 27,
            "sha2": "495395e777cd98da653df9615d09c0fd6bb2f8d4788394cd53c56a3bfdcd848a",
            "fileUrl": "https://academy.example/minutes.pdf",
        }
    ],
}  # fmt: skip
STATEMENTS = {"the least": LEAST, "usual": USUAL, "full": FULL}


def json_schema() -> dict[str, Any]:
    """The structure of a statement, and the formats that one expression can tell."""

    def obj(required: str = "", **properties: Any) -> dict[str, Any]:
        return {
            "type": "object",
            "properties": properties,
            "required": required.split(),
            "additionalProperties": False,
        }

    def ref(name: str) -> dict[str, str]:
        return {"$ref": f"#/$defs/{name}"}

    def text(pattern: str) -> dict[str, str]:
        return {"type": "string", "pattern": pattern}

    string, boolean, number = ({"type": name} for name in ("string", "boolean", "number"))
    iri, uuid = (
        text(r"^[A-Za-z][\w+.-]*:\S+$"),
        text(r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"),
    )
    texts = {
        "type": "object",
        "patternProperties": {r"^[A-Za-z]{1,8}(-\w{1,8})*$": string},
        "additionalProperties": False,
        "minProperties": 1,
    }
    extensions = {"type": "object", "propertyNames": iri}
    identifiers = {
        "mbox": text(r"^mailto:[^@\s]+@[^@\s]+$"),
        "mbox_sha1sum": text(r"^[0-9a-fA-F]{40}$"),
        "openid": iri,
        "account": obj("homePage name", homePage=iri, name=string),
    }
    one_identifier = [{"required": [name]} for name in identifiers]
    moment = text(r"^\d{4}-\d\d-\d\dT\d\d:\d\d")
    components = {"type": "array", "items": obj("id", id=string, description=texts)}
    related = {"anyOf": [ref("activity"), {"type": "array", "items": ref("activity")}]}
    body = {
        "actor": {"anyOf": [ref("agent"), ref("group")]},
        "verb": obj("id", id=iri, display=texts),
        "result": obj(
            score=obj(
                scaled={**number, "minimum": -1, "maximum": 1}, raw=number, min=number, max=number
            ),
            success=boolean,
            completion=boolean,
            response=string,
            duration=text(r"^P[\dYMDTHS.,W]+$"),
            extensions=extensions,
        ),
        "context": obj(
            registration=uuid,
            instructor={"anyOf": [ref("agent"), ref("group")]},
            team=ref("group"),
            contextActivities=obj(
                parent=related, grouping=related, category=related, other=related
            ),
            revision=string,
            platform=string,
            language=string,
            statement=ref("reference"),
            extensions=extensions,
        ),
        "timestamp": moment,
        "attachments": {
            "type": "array",
            "items": obj(
                "usageType display contentType length sha2",
                usageType=iri,
                display=texts,
                description=texts,
                contentType=string,
                length={"type": "integer"},
                sha2=text(r"^[0-9a-fA-F]{56,128}$"),
                fileUrl=iri,
            ),
        },
    }
    targets = [ref(name) for name in ("activity", "agent", "group", "reference")]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$defs": {
            "agent": {**obj(objectType={"const": "Agent"}, name=string, **identifiers), "oneOf": one_identifier},
            "group": obj(
                "objectType", objectType={"const": "Group"}, name=string,
                member={"type": "array", "items": ref("agent")}, **identifiers,
            ),
            "activity": obj("id", objectType={"const": "Activity"}, id=iri, definition=obj(
                name=texts, description=texts, type=iri, moreInfo=iri, extensions=extensions,
                interactionType=string, correctResponsesPattern={"type": "array", "items": string},
                **dict.fromkeys(("choices", "scale", "source", "target", "steps"), components),
            )),
            "reference": obj("objectType id", objectType={"const": "StatementRef"}, id=uuid),
            "substatement": obj(
                "objectType actor verb object", objectType={"const": "SubStatement"},
                object={"anyOf": targets}, **body,
            ),
        },
        **obj(
            "actor verb object", id=uuid, stored=moment, version=string, authority=ref("agent"),
            object={"anyOf": [*targets, ref("substatement")]}, **body,
        ),
    }  # fmt: skip


def milliseconds(work: Callable[[], Any], rounds: int, seconds: float) -> float:
    """Processor time of one call: the best of the rounds, each of about so many seconds."""
    calls, best = 1, float("inf")
    while (spent := timed(work, calls)) < seconds / 10:
        calls *= 2
    calls = max(1, round(calls * seconds / spent))
    for _round in range(rounds):
        best = min(best, timed(work, calls) / calls)
    return best * 1000


def timed(work: Callable[[], Any], calls: int) -> float:
    start = time.process_time()
    for _call in range(calls):
        work()
    return time.process_time() - start


def peer() -> Callable[[dict], None] | None:
    try:
        from jsonschema import Draft202012Validator
    except ImportError:
        return None
    return Draft202012Validator(json_schema()).validate


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5, help="how many; the best counts (5)")
    parser.add_argument("--seconds", type=float, default=0.2, help="of each round (0.2)")
    options = parser.parse_args()
    by_json_schema = peer()

    print(
        f"{'ms a statement':<16}{'bytes':>7}{'JSON':>9}{'rules':>9}{'hash':>9}{'jsonschema':>12}  ratio"
    )
    for name, statement in STATEMENTS.items():
        text = json.dumps(statement)
        schema.validate(statement)
        figures = [
            milliseconds(work, options.rounds, options.seconds)
            for work in (
                lambda text=text: json.loads(text),
                lambda statement=statement: schema.validate(statement),
                lambda statement=statement: schema.fingerprint(statement),
            )
        ]
        line = f"{name:<16}{len(text):>7}" + "".join(f"{figure:>9.4f}" for figure in figures)
        if by_json_schema is None:
            line += f"{'-':>12}"
        else:
            theirs = milliseconds(
                lambda statement=statement: by_json_schema(statement), 1, options.seconds
            )
            line += f"{theirs:>12.4f}  {theirs / figures[1]:.1f} ×"
        print(line)
    print(f"Target for the rules of a usual statement: {TARGET_MS} ms.")
    if by_json_schema is None:
        print("jsonschema is not installed here: no comparison.")


if __name__ == "__main__":
    main()
