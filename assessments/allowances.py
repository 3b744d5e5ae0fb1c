"""What is arranged for one person in one assessment, beside their own settings."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from academy.core.clock import now
from academy.core.errors import AcademyError
from academy.people.models import User
from academy.people.services import lock_person
from assessments.models import Allowance, Assessment, Attempt
from assessments.timing import deadline_of, pause_seconds_for, seconds_for


def allowance_for(assessment: Assessment, learner: User) -> Allowance | None:
    return Allowance.objects.filter(assessment=assessment, learner=learner).first()


def time_allowed(assessment: Assessment, learner: User) -> dict:
    """What is said before an attempt begins, for this person: `minutes` (None without a limit),
    `pause_minutes`, `closes_at`, `max_attempts` (None without a limit)."""
    allowance = allowance_for(assessment, learner)
    seconds = seconds_for(assessment, learner.time_factor)
    closes_at, attempts = assessment.closes_at, assessment.max_attempts
    if allowance is not None:
        seconds = seconds and seconds + allowance.extra_minutes * 60
        attempts = attempts and attempts + allowance.extra_attempts
        if closes_at and allowance.closes_at:
            closes_at = max(closes_at, allowance.closes_at)
    return {
        "minutes": seconds and round(seconds / 60),
        "pause_minutes": pause_seconds_for(assessment, learner) // 60,
        "closes_at": closes_at,
        "max_attempts": attempts,
    }


@transaction.atomic
def give_allowance(
    *,
    assessment: Assessment,
    learner: User,
    by: User | None,
    closes_at: datetime | None = None,
    extra_minutes: int = 0,
    extra_attempts: int = 0,
    at: datetime | None = None,
) -> Allowance:
    """Give an allowance, or change the one there is. It counts at once, in a running attempt too."""
    if not (closes_at or extra_minutes or extra_attempts):
        raise AcademyError(_("Say what is allowed: a later close, minutes or attempts more."))
    lock_person(learner)
    allowance, _created = Allowance.objects.update_or_create(
        assessment=assessment,
        learner=learner,
        defaults={
            "closes_at": closes_at,
            "extra_minutes": extra_minutes,
            "extra_attempts": extra_attempts,
            "given_by": by,
            "given_at": at or now(),
        },
    )
    renew_deadlines(assessment, learner)
    return allowance


@transaction.atomic
def withdraw_allowance(*, allowance: Allowance) -> None:
    """Take an allowance back; a running attempt ends when it would have ended without."""
    lock_person(allowance.learner)
    assessment, learner = allowance.assessment, allowance.learner
    allowance.delete()
    renew_deadlines(assessment, learner)


@transaction.atomic
def renew_deadlines(assessment: Assessment, learner: User | None = None) -> int:
    """Reckon the deadlines of what is under way anew: the close moved, or an allowance. Returns how
    many moved. Each attempt is locked, for a pause or a submission may be under way."""
    running = Attempt.objects.filter(assessment=assessment, status=Attempt.Status.IN_PROGRESS)
    if learner is not None:
        running = running.filter(learner=learner)
    allowances = {one.learner_id: one for one in assessment.allowances.all()}
    moved = 0
    for attempt in running.select_for_update(of=("self",)).order_by("pk"):
        attempt.assessment = assessment
        if attempt.is_placement:
            continue
        deadline = deadline_of(attempt, allowances.get(attempt.learner_id))
        if deadline != attempt.deadline_at:
            attempt.deadline_at = deadline
            attempt.save(update_fields=["deadline_at", "pinned"])
            moved += 1
    return moved
