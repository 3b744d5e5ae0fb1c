"""The learner's own timeline: their xAPI statements, in words, newest first."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from uuid import UUID

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from academy.core.fields import Localized
from academy.people.models import User
from academy.xapi.models import Statement
from academy.xapi.vocabulary import adl, badges, cmi5, streams, tincan

PAGE = 25

#: What a statement's verb says to the person it is about.
VERBS = {
    adl.REGISTERED.id: _("You enrolled in"),
    adl.INITIALIZED.id: _("You began"),
    adl.COMPLETED.id: _("You completed"),
    adl.ATTEMPTED.id: _("You started an attempt at"),
    adl.ANSWERED.id: _("You answered question"),
    adl.PASSED.id: _("You passed"),
    adl.FAILED.id: _("You did not pass"),
    adl.EXPERIENCED.id: _("You viewed"),
    cmi5.ABANDONED.id: _("You left"),
    cmi5.SATISFIED.id: _("You proved"),
    tincan.SKIPPED.id: _("You chose to skip"),
    tincan.PLANNED.id: _("Your plan was made:"),
    streams.REMOVED.id: _("You took off your plan"),
    badges.EARNED.id: _("You earned the certificate for"),
    tincan.DOWNLOADED.id: _("You downloaded the certificate for"),
    streams.LOST.id: _("Your certificate was revoked:"),
}


@dataclass(frozen=True)
class Entry:
    """One statement, ready to show."""

    statement_id: UUID
    at: datetime
    what: object
    name: Localized
    scaled: float | None
    success: bool | None


def _entry(row: Statement) -> Entry:
    document = row.document
    definition = document["object"].get("definition", {})
    result = document.get("result", {})
    return Entry(
        statement_id=row.statement_id,
        at=row.timestamp,
        what=VERBS.get(row.verb) or Localized(document["verb"].get("display", {})),
        name=Localized(definition.get("name", {})),
        # The score of a single answer would tell a placement's taker how it is going.
        scaled=None if row.verb == adl.ANSWERED.id else result.get("score", {}).get("scaled"),
        success=result.get("success"),
    )


class Timeline:
    """One page of a person's statements. `before` is "<stored>_<row id>" of the page's cursor."""

    def __init__(self, person: User, before: str = ""):
        self._person = person
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
        statements = Statement.objects.visible().for_actor_identities(self._person.identities.all())
        return list(statements.page(limit=PAGE + 1, after=self._after))

    @property
    def entries(self) -> list[Entry]:
        return [_entry(row) for row in self._rows[:PAGE]]

    @property
    def older(self) -> str:
        """The cursor of the next page; empty when there is none."""
        if len(self._rows) <= PAGE:
            return ""
        last = self._rows[PAGE - 1]
        return f"{last.stored.isoformat()}_{last.pk}"
