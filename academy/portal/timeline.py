"""The learner's own timeline: their xAPI statements, in words, newest first."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet, TextChoices
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from academy.core.fields import Localized
from academy.people.models import User
from academy.xapi.models import Statement
from academy.xapi.rights import statements_by
from academy.xapi.vocabulary import ActivityType, adl, badges, cmi5, streams, tincan

PAGE = 25


class Kind(TextChoices):
    """What a person looks for in their record."""

    LEARNING = "learning", _("Courses and lessons")
    ASSESSMENT = "assessment", _("Placements and assessments")
    PLAN = "plan", _("Plan")
    CREDENTIAL = "credential", _("Certificates")
    OTHER = "other", _("Anything else")


#: What a statement's verb says to the person it is about, and the kind it is listed under.
VERBS = {
    adl.REGISTERED.id: (Kind.LEARNING, _("You enrolled in")),
    adl.LAUNCHED.id: (Kind.LEARNING, _("You opened")),
    adl.INITIALIZED.id: (Kind.LEARNING, _("You began")),
    adl.EXPERIENCED.id: (Kind.LEARNING, _("You viewed")),
    tincan.VIEWED.id: (Kind.LEARNING, _("You viewed")),
    adl.INTERACTED.id: (Kind.LEARNING, _("You worked with")),
    adl.PROGRESSED.id: (Kind.LEARNING, _("You made progress in")),
    adl.SUSPENDED.id: (Kind.LEARNING, _("You paused")),
    adl.RESUMED.id: (Kind.LEARNING, _("You went on with")),
    adl.EXITED.id: (Kind.LEARNING, _("You left")),
    adl.TERMINATED.id: (Kind.LEARNING, _("You closed")),
    adl.ATTENDED.id: (Kind.LEARNING, _("You attended")),
    adl.COMPLETED.id: (Kind.LEARNING, _("You completed")),
    adl.MASTERED.id: (Kind.LEARNING, _("You mastered")),
    cmi5.ABANDONED.id: (Kind.LEARNING, _("You left")),
    cmi5.SATISFIED.id: (Kind.LEARNING, _("You proved")),
    cmi5.WAIVED.id: (Kind.LEARNING, _("You were excused from")),
    adl.ATTEMPTED.id: (Kind.ASSESSMENT, _("You started an attempt at")),
    adl.ANSWERED.id: (Kind.ASSESSMENT, _("You answered question")),
    streams.SUBMITTED.id: (Kind.ASSESSMENT, _("You handed in")),
    adl.PASSED.id: (Kind.ASSESSMENT, _("You passed")),
    adl.FAILED.id: (Kind.ASSESSMENT, _("You did not pass")),
    adl.SCORED.id: (Kind.ASSESSMENT, _("You received a score for")),
    streams.DISAGREED.id: (Kind.ASSESSMENT, _("You disagreed with the placement in")),
    streams.RECEIVED.id: (Kind.ASSESSMENT, _("You received the answer about your placement in")),
    streams.RETRACTED.id: (Kind.ASSESSMENT, _("You no longer disagree with the placement in")),
    tincan.PLANNED.id: (Kind.PLAN, _("You planned")),
    tincan.SKIPPED.id: (Kind.PLAN, _("You chose to skip")),
    streams.REMOVED.id: (Kind.PLAN, _("You took off your plan")),
    badges.EARNED.id: (Kind.CREDENTIAL, _("You earned the certificate for")),
    tincan.DOWNLOADED.id: (Kind.CREDENTIAL, _("You downloaded the certificate for")),
    streams.LOST.id: (Kind.CREDENTIAL, _("Your certificate was revoked:")),
    adl.COMMENTED.id: (Kind.OTHER, _("You commented on")),
    adl.RESPONDED.id: (Kind.OTHER, _("You responded to")),
    adl.SHARED.id: (Kind.OTHER, _("You shared")),
    adl.PREFERRED.id: (Kind.OTHER, _("You preferred")),
    adl.VOIDED.id: (Kind.OTHER, _("You declared void a statement:")),
}

#: Where the activity decides what the verb says: `planned` is also said of the plan itself.
VERBS_OF_TYPE = {
    (tincan.PLANNED.id, ActivityType.OBJECTIVE): _("Your plan was made:"),
}


@dataclass(frozen=True)
class Entry:
    """One statement, ready to show."""

    statement_id: UUID
    at: datetime
    what: object
    name: object
    scaled: float | None
    voided: bool

    @property
    def short_id(self) -> str:
        """Enough of the id to tell one entry's link from another's."""
        return str(self.statement_id)[:8]


def entry_of(row: Statement) -> Entry:
    """The statement in words, with nothing that `shown` withholds."""
    document = shown(row.document)
    target = document["object"]
    definition = target.get("definition", {})
    _kind, words = VERBS.get(row.verb, (Kind.OTHER, ""))
    words = VERBS_OF_TYPE.get((row.verb, definition.get("type")), words)
    name = Localized(definition.get("name", {}))
    return Entry(
        statement_id=row.statement_id,
        at=row.timestamp,
        what=words or Localized(document["verb"].get("display", {})) or document["verb"]["id"],
        name=name or target.get("name") or target.get("id", ""),
        scaled=document.get("result", {}).get("score", {}).get("scaled"),
        voided=row.voided,
    )


#: Checks of a lesson, of which the lesson itself says at once whether they were right.
CHECKS = f"{settings.XAPI_HOME_PAGE}/xapi/activities/checks/"

#: What the person is not told of one answer. During a placement it would say how it is going, and
#: after an assessment that was not passed it would give away the key (decision 18).
WITHHELD_RESULT = ("success", "score")
WITHHELD_DEFINITION = ("correctResponsesPattern",)


def is_withheld(document: dict[str, Any]) -> bool:
    """Whether `shown` leaves something of this statement out."""
    is_check = document["object"].get("id", "").startswith(CHECKS)
    return document["verb"]["id"] == adl.ANSWERED.id and not is_check


def shown(document: dict[str, Any]) -> dict[str, Any]:
    """The statement as its person may see it: an answer without whether it was right."""
    if not is_withheld(document):
        return document
    document = json.loads(json.dumps(document))
    for key in WITHHELD_RESULT:
        document.get("result", {}).pop(key, None)
    for key in WITHHELD_DEFINITION:
        document["object"].get("definition", {}).pop(key, None)
    return document


def of_kind(statements: QuerySet, kind: str) -> QuerySet:
    """Those of a kind. Completing an assessment is about the assessment, not about learning."""
    assessments = Q(activity__startswith=f"{settings.XAPI_HOME_PAGE}/xapi/activities/assessments/")
    if kind == Kind.OTHER:
        known = [verb for verb, (group, _words) in VERBS.items() if group != Kind.OTHER]
        return statements.exclude(verb__in=known)
    verbs = Q(verb__in=[verb for verb, (group, _words) in VERBS.items() if group == kind])
    if kind == Kind.ASSESSMENT:
        return statements.filter(verbs | (assessments & Q(verb=adl.COMPLETED.id)))
    if kind == Kind.LEARNING:
        # `activity` may be null, of which neither LIKE nor its negation is true
        return statements.filter(verbs, Q(activity__isnull=True) | ~assessments)
    return statements.filter(verbs)


def _start_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


class Timeline:
    """One page of a person's statements. `before` is "<stored>_<row id>" of the page's cursor.

    `since` and `until` are days, both included, on which the event happened.
    """

    def __init__(
        self,
        person: User,
        before: str = "",
        *,
        kind: str = "",
        since: date | None = None,
        until: date | None = None,
    ):
        self._statements = statements_by(person).visible()
        if kind:
            self._statements = of_kind(self._statements, kind)
        if since:
            self._statements = self._statements.filter(timestamp__gte=_start_of(since))
        if until:
            end = _start_of(until + timedelta(days=1))
            self._statements = self._statements.filter(timestamp__lt=end)
        self._after = self._cursor(before)
        self.is_first = self._after is None

    @staticmethod
    def _cursor(text: str) -> tuple[datetime, int] | None:
        stored, _separator, pk = text.rpartition("_")
        try:
            instant = parse_datetime(stored)
            instant = instant and instant.astimezone(UTC)
        except (ValueError, OverflowError):
            return None
        if instant is None or not pk.isdecimal() or len(pk) > 18:
            return None
        return instant, int(pk)

    @cached_property
    def _rows(self) -> list[Statement]:
        return list(self._statements.page(limit=PAGE + 1, after=self._after))

    @cached_property
    def entries(self) -> list[Entry]:
        return [entry_of(row) for row in self._rows[:PAGE]]

    @property
    def older(self) -> str:
        """The cursor of the next page; empty when there is none."""
        if len(self._rows) <= PAGE:
            return ""
        last = self._rows[PAGE - 1]
        return f"{last.stored.isoformat()}_{last.pk}"


def entries_of(person: User, ids: Iterable[object]) -> list[Entry]:
    """The person's own statements with these ids, in the order of events: what a claim rests on.

    Ids that are none of theirs, or of no statement that is here, are passed over.
    """
    wanted = [UUID(str(one)) for one in ids if one]
    rows = statements_by(person).by_ids(wanted)
    return sorted((entry_of(row) for row in rows), key=lambda entry: entry.at)
