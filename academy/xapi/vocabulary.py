"""The words of our statements: verbs, activity types and extensions, as IRIs that others know too.

A statement is read by its IRIs alone (xAPI Data 2.4.3), so a word is taken from a published
vocabulary wherever one has it: ADL's verbs, the cmi5 profile, the TinCan registry, Open Badges.
Import the group you speak in: `adl.COMPLETED`, `cmi5.SATISFIED`, `badges.EARNED`.
"""

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True)
class Verb:
    """What was done. `id` carries the meaning; `display` only shows it to people."""

    id: str
    display: MappingProxyType[str, str] = field(hash=False)

    def as_json(self) -> dict[str, Any]:
        """The xAPI Verb object."""
        return {"id": self.id, "display": dict(self.display)}


def _verb(iri: str, en: str, fr: str) -> Verb:
    return Verb(iri, MappingProxyType({"en": en, "fr": fr}))


class adl:
    """http://adlnet.gov/expapi/verbs"""

    _BASE = "http://adlnet.gov/expapi/verbs/"
    ANSWERED = _verb(_BASE + "answered", "answered", "a répondu à")
    ATTEMPTED = _verb(_BASE + "attempted", "attempted", "a tenté")
    ATTENDED = _verb(_BASE + "attended", "attended", "a assisté à")
    COMMENTED = _verb(_BASE + "commented", "commented on", "a commenté")
    COMPLETED = _verb(_BASE + "completed", "completed", "a terminé")
    EXITED = _verb(_BASE + "exited", "exited", "a quitté")
    EXPERIENCED = _verb(_BASE + "experienced", "experienced", "a consulté")
    FAILED = _verb(_BASE + "failed", "failed", "a échoué à")
    INITIALIZED = _verb(_BASE + "initialized", "initialized", "a commencé")
    INTERACTED = _verb(_BASE + "interacted", "interacted with", "a interagi avec")
    LAUNCHED = _verb(_BASE + "launched", "launched", "a lancé")
    MASTERED = _verb(_BASE + "mastered", "mastered", "maîtrise")
    PASSED = _verb(_BASE + "passed", "passed", "a réussi")
    PREFERRED = _verb(_BASE + "preferred", "preferred", "a préféré")
    PROGRESSED = _verb(_BASE + "progressed", "progressed in", "a progressé dans")
    REGISTERED = _verb(_BASE + "registered", "registered for", "s’est inscrit à")
    RESPONDED = _verb(_BASE + "responded", "responded to", "a réagi à")
    RESUMED = _verb(_BASE + "resumed", "resumed", "a repris")
    SCORED = _verb(_BASE + "scored", "scored on", "a obtenu une note à")
    SHARED = _verb(_BASE + "shared", "shared", "a partagé")
    SUSPENDED = _verb(_BASE + "suspended", "suspended", "a suspendu")
    TERMINATED = _verb(_BASE + "terminated", "terminated", "a mis fin à")
    VOIDED = _verb(_BASE + "voided", "voided", "a annulé")


class cmi5:
    """The cmi5 profile, section 9.3. Six of its nine verbs are ADL's own."""

    _BASE = "https://w3id.org/xapi/adl/verbs/"
    LAUNCHED = adl.LAUNCHED
    INITIALIZED = adl.INITIALIZED
    COMPLETED = adl.COMPLETED
    PASSED = adl.PASSED
    FAILED = adl.FAILED
    TERMINATED = adl.TERMINATED
    ABANDONED = _verb(_BASE + "abandoned", "abandoned", "a abandonné")
    WAIVED = _verb(_BASE + "waived", "waived", "a été dispensé de")
    SATISFIED = _verb(_BASE + "satisfied", "satisfied", "a satisfait aux exigences de")

    CATEGORY = "https://w3id.org/xapi/cmi5/context/categories/cmi5"
    CATEGORY_MOVE_ON = "https://w3id.org/xapi/cmi5/context/categories/moveon"


class tincan:
    """The TinCan registry, for what neither ADL nor cmi5 has a word for."""

    DOWNLOADED = _verb("http://id.tincanapi.com/verb/downloaded", "downloaded", "a téléchargé")
    SKIPPED = _verb("http://id.tincanapi.com/verb/skipped", "skipped", "a sauté")
    VIEWED = _verb("http://id.tincanapi.com/verb/viewed", "viewed", "a vu")
    PLANNED = _verb("http://www.tincanapi.co.uk/verbs/planned_learning", "planned", "a planifié")


class streams:
    """Activity Streams 1.0, which the TinCan registry lists, for what is contested, handed in and taken away."""

    _BASE = "http://activitystrea.ms/schema/1.0/"
    DISAGREED = _verb(_BASE + "disagree", "disagreed with", "conteste")
    LOST = _verb(_BASE + "lose", "lost", "a perdu")
    RECEIVED = _verb(_BASE + "receive", "received", "a reçu")
    REMOVED = _verb(_BASE + "remove", "removed", "a retiré")
    RETRACTED = _verb(_BASE + "retract", "retracted", "a retiré sa contestation de")
    SUBMITTED = _verb(_BASE + "submit", "submitted", "a remis")


class badges:
    """The Open Badges vocabulary: a credential earned."""

    EARNED = _verb(
        "http://specification.openbadges.org/xapi/verbs/earned.json",
        "earned",
        "a obtenu",
    )
    RECIPE = "http://specification.openbadges.org/xapi/recipe/base/0"


class ActivityType:
    """What was acted on: ADL's activity types, cmi5's, and one of Activity Streams."""

    _ADL = "http://adlnet.gov/expapi/activities/"
    ASSESSMENT = _ADL + "assessment"
    ATTEMPT = _ADL + "attempt"
    CMI_INTERACTION = _ADL + "cmi.interaction"
    COURSE = _ADL + "course"
    FILE = _ADL + "file"
    INTERACTION = _ADL + "interaction"
    LESSON = _ADL + "lesson"
    LINK = _ADL + "link"
    MEDIA = _ADL + "media"
    MEETING = _ADL + "meeting"
    MODULE = _ADL + "module"
    OBJECTIVE = _ADL + "objective"
    PERFORMANCE = _ADL + "performance"
    PROFILE = _ADL + "profile"
    QUESTION = _ADL + "question"
    SIMULATION = _ADL + "simulation"

    BLOCK = "https://w3id.org/xapi/cmi5/activitytype/block"
    CMI5_COURSE = "https://w3id.org/xapi/cmi5/activitytype/course"
    AU = LESSON  # cmi5 leaves the type of an assignable unit to its publisher

    BADGE = "http://activitystrea.ms/schema/1.0/badge"


class Extension:
    """Keys of extension maps. cmi5's where it has one."""

    CMI5_SESSION_ID = "https://w3id.org/xapi/cmi5/context/extensions/sessionid"
    CMI5_MASTERY_SCORE = "https://w3id.org/xapi/cmi5/context/extensions/masteryscore"
    CMI5_LAUNCH_MODE = "https://w3id.org/xapi/cmi5/context/extensions/launchmode"
    CMI5_MOVE_ON = "https://w3id.org/xapi/cmi5/context/extensions/moveon"
    CMI5_PROGRESS = "https://w3id.org/xapi/cmi5/result/extensions/progress"
    CMI5_REASON = "https://w3id.org/xapi/cmi5/result/extensions/reason"
