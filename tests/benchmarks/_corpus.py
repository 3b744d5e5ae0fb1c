"""Statements as a learning record store gets them: seven in ten as the academy writes them, the rest
as other programs do (a video player, a cmi5 course, a forum, a classroom).

The n-th statement of a corpus is the same on every machine, so that whoever asks for it later knows
its id, agent, activity and registration without having kept them.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import md5
from random import Random
from typing import Any

from academy.xapi.vocabulary import ActivityType, Extension, adl, badges, cmi5

HOME = "https://academy.example.gov"
PLAYER = "https://video.example.org"
FIRST_DAY = datetime(2025, 11, 3, 8, tzinfo=UTC)
MODULES, LESSONS, ITEMS = 5, 6, 12  # of a course; of a module
STATEMENTS_A_PERSON = 50
WORDS = {
    "en": "Judging data and the sources behind it, part {}",
    "fr": "Juger les données et les sources dont elles viennent, partie {}",
}


def uuid_of(*parts: object) -> str:
    """The same version 4 UUID for the same parts."""
    digest = md5("/".join(map(str, parts)).encode(), usedforsecurity=False).digest()
    return str(uuid.UUID(bytes=digest, version=4))


@lru_cache(maxsize=100_000)
def activity(kind: str, type: str, *number: int) -> dict[str, Any]:
    """An activity of the academy, as `academy.xapi.services.activity` makes it."""
    return {
        "objectType": "Activity",
        "id": f"{HOME}/xapi/activities/{kind}/{uuid_of(kind, *number)}",
        "definition": {
            "type": type,
            "name": {tag: text.format(number[-1]) for tag, text in WORDS.items()},
        },
    }


@dataclass(frozen=True)
class Corpus:
    """`size` statements of people who each make about fifty, in courses taken by forty people each."""

    size: int
    seed: int = 1

    @property
    def people(self) -> int:
        return max(self.size // STATEMENTS_A_PERSON, 20)

    @property
    def courses(self) -> int:
        return max(self.people // 40, 5)

    def statement(self, index: int) -> dict[str, Any]:
        """The statement of this index; beyond `size` they go on, by and about the same."""
        rng = Random(f"{self.seed}/{index}")
        person = rng.randrange(self.people)
        # a person takes two courses, and the courses are not equally popular
        course = int(self.courses * Random(person * 2 + rng.randrange(2)).random() ** 1.5)
        statement = {"id": uuid_of(self.seed, index)}
        when = FIRST_DAY + timedelta(seconds=index * 31.5e6 / max(self.size, 1))
        if rng.random() < 0.7:
            statement |= self._own(rng, person, course)
        else:
            statement |= self._foreign(rng, person, course)
        return statement | {"timestamp": when.isoformat().replace("+00:00", "Z")}

    def _own(self, rng: Random, person: int, course: int) -> dict[str, Any]:
        module = rng.randrange(MODULES)
        of_course = activity("courses", ActivityType.COURSE, course)
        of_module = activity("modules", ActivityType.MODULE, course, module)
        final = activity("assessments", ActivityType.ASSESSMENT, course, module)
        within: dict[str, list] = {"grouping": [of_module, of_course]}
        result: dict[str, Any] | None = None
        kind = rng.random()
        if kind < 0.5:
            verb = adl.INITIALIZED if kind < 0.25 else adl.COMPLETED
            target = activity(
                "lessons", ActivityType.LESSON, course, module, rng.randrange(LESSONS)
            )
            result = {"completion": True} if verb is adl.COMPLETED else None
        elif kind < 0.85:
            verb, within = adl.ANSWERED, {"parent": [final]}
            target = self._question(course, module, rng.randrange(ITEMS))
            right = rng.random() < 0.7
            result = {
                "success": right,
                "response": f"choice-{rng.randrange(5)}",
                "score": {"scaled": float(right)},
            }
        elif kind < 0.93:
            score = rng.randrange(11)
            verb, target, within = adl.PASSED if score > 6 else adl.FAILED, final, {}
            result = {
                "success": score > 6,
                "completion": True,
                "score": {"scaled": score / 10, "raw": score, "min": 0, "max": 10},
            }
        elif kind < 0.98:
            verb, target, within = cmi5.SATISFIED, of_module, {"grouping": [of_course]}
        else:
            verb, target = badges.EARNED, activity("credentials", ActivityType.BADGE, course)
            within = {"grouping": [of_course]}
        context: dict[str, Any] = {
            "registration": uuid_of("registration", person, course),
            "platform": "Horizon Academy",
            "language": "fr" if person % 3 else "en",
        }
        if within:
            context["contextActivities"] = within
        statement = {
            "actor": {
                "objectType": "Agent",
                "account": {"homePage": HOME, "name": uuid_of("person", person)},
            },
            "verb": verb.as_json(),
            "object": target,
            "context": context,
        }
        return statement | ({"result": result} if result else {})

    def _question(self, course: int, module: int, item: int) -> dict[str, Any]:
        question = activity("items", ActivityType.CMI_INTERACTION, course, module, item)
        return question | {"definition": question["definition"] | {"interactionType": "choice"}}

    def _foreign(self, rng: Random, person: int, course: int) -> dict[str, Any]:
        kind = rng.random()
        mbox = {"mbox": f"mailto:person.{person}@ministry.example.gov", "name": f"Person {person}"}
        if kind < 0.6:
            return self._video(rng, mbox, course)
        if kind < 0.8:
            return self._cmi5(rng, person, course)
        if kind < 0.95:
            return self._forum(rng, mbox, course)
        return self._classroom(rng, person, course)

    def _video(self, rng: Random, actor: dict[str, Any], course: int) -> dict[str, Any]:
        at, profile = rng.random() * 600, "https://w3id.org/xapi/video"
        return {
            "actor": actor,
            "verb": {"id": f"{profile}/verbs/paused", "display": {"en-US": "paused"}},
            "object": {
                "id": f"{PLAYER}/videos/{course}-{rng.randrange(20)}",
                "definition": {
                    "name": {"en-US": "How a census is made"},
                    "description": {"en-US": "A walk through the field work."},
                    "type": f"{profile}/activity-type/video",
                },
            },
            "result": {
                "extensions": {
                    f"{profile}/extensions/time": at,
                    f"{profile}/extensions/progress": round(at / 600, 3),
                    f"{profile}/extensions/played-segments": f"0[.]{at / 2:.3f}[,]9[.]{at:.3f}",
                }
            },
            "context": {
                "contextActivities": {"category": [{"id": profile}]},
                "extensions": {
                    f"{profile}/extensions/session-id": uuid_of("session", rng.random()),
                    f"{profile}/extensions/length": 600,
                    f"{profile}/extensions/volume": 1,
                    f"{profile}/extensions/speed": "1.25x",
                },
            },
        }

    def _cmi5(self, rng: Random, person: int, course: int) -> dict[str, Any]:
        unit = f"https://courses.example.org/{course}/units/{rng.randrange(8)}"
        return {
            "actor": {
                "objectType": "Agent",
                "account": {"homePage": HOME, "name": uuid_of("person", person)},
            },
            "verb": {"id": cmi5.PASSED.id, "display": {"en": "passed"}},
            "object": {"objectType": "Activity", "id": unit},
            "result": {"success": True, "score": {"scaled": 0.84}, "duration": "PT14M33.2S"},
            "context": {
                "registration": uuid_of("registration", person, course),
                "contextActivities": {
                    "grouping": [{"objectType": "Activity", "id": unit.rpartition("/units")[0]}],
                    "category": [{"id": cmi5.CATEGORY}, {"id": cmi5.CATEGORY_MOVE_ON}],
                },
                "extensions": {
                    Extension.CMI5_SESSION_ID: uuid_of("session", rng.random()),
                    Extension.CMI5_MASTERY_SCORE: 0.7,
                },
            },
        }

    def _forum(self, rng: Random, actor: dict[str, Any], course: int) -> dict[str, Any]:
        thread = f"https://forum.example.org/t/{course}/{rng.randrange(200)}"
        return {
            "actor": {"mbox_sha1sum": md5(actor["mbox"].encode()).hexdigest() + "00000000"},
            "verb": {"id": adl.RESPONDED.id, "display": {"en-GB": "responded"}},
            "object": {"id": thread, "definition": {"name": {"en-GB": "Who counts as employed?"}}},
            "result": {"response": "The definition excludes people on leave. " * 4},
            "context": {
                "contextActivities": {
                    "parent": {"id": f"https://forum.example.org/c/{course}"},
                    "other": [{"id": "https://forum.example.org/"}],
                },
                "platform": "Forum 4.2",
            },
        }

    def _classroom(self, rng: Random, person: int, course: int) -> dict[str, Any]:
        return {
            "actor": {
                "objectType": "Group",
                "name": "Cohort",
                "account": {"homePage": HOME, "name": f"cohort-{course}"},
                "member": [
                    {"account": {"homePage": HOME, "name": uuid_of("person", person + step)}}
                    for step in range(4)
                ],
            },
            "verb": {"id": adl.ATTENDED.id, "display": {"en": "attended"}},
            "object": {
                "id": f"{HOME}/sessions/{course}/{rng.randrange(6)}",
                "definition": {"type": ActivityType.MEETING, "name": {"en": "Workshop"}},
            },
            "context": {
                "instructor": {"mbox": "mailto:trainer@ministry.example.gov"},
                "contextActivities": {
                    "grouping": [{"id": activity("courses", ActivityType.COURSE, course)["id"]}]
                },
            },
        }
