"""Pauses of timed attempts: the clock stands still, for those whose settings ask for it."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from academy.core.clock import now
from academy.core.errors import Conflict
from assessments import statements
from assessments.allowances import allowance_for
from assessments.locks import lock_attempt
from assessments.models import Attempt
from assessments.timing import deadline_of, is_over, is_paused, may_pause


@transaction.atomic
def pause_attempt(*, attempt: Attempt, at: datetime | None = None) -> Attempt:
    """Stop the clock. A second press changes nothing; a pause that ran out before is settled."""
    at = at or now()
    attempt = settle_pause(lock_attempt(attempt), at)
    if is_paused(attempt, at):
        return attempt
    if not may_pause(attempt, at):
        raise Conflict(_("There is no pause left in this attempt."))
    attempt.paused_at = at
    attempt.deadline_at = deadline_of(attempt, allowance_for(attempt.assessment, attempt.learner))
    attempt.save(update_fields=["paused_at", "deadline_at", "pinned"])
    statements.attempt_paused(attempt, at=at)
    return attempt


@transaction.atomic
def resume_attempt(*, attempt: Attempt, at: datetime | None = None) -> Attempt:
    """Let the clock run again. Without a running pause nothing changes."""
    at = at or now()
    return end_pause(lock_attempt(attempt), at)


def settle_pause(attempt: Attempt, at: datetime) -> Attempt:
    """End a pause that has run out by itself; for an attempt that is locked."""
    if attempt.paused_at is None or is_paused(attempt, at) or is_over(attempt, at):
        return attempt
    return end_pause(attempt, at)


def end_pause(attempt: Attempt, at: datetime) -> Attempt:
    """End the pause of a locked attempt: what was used of it moves the deadline, and no more."""
    if attempt.paused_at is None or attempt.status != Attempt.Status.IN_PROGRESS:
        return attempt
    used = min(max(0, (at - attempt.paused_at).total_seconds()), attempt.pause_seconds_left)
    attempt.pause_seconds_left -= round(used)
    attempt.paused_at = None
    attempt.deadline_at = deadline_of(attempt, allowance_for(attempt.assessment, attempt.learner))
    attempt.save(update_fields=["paused_at", "pause_seconds_left", "deadline_at", "pinned"])
    statements.attempt_resumed(attempt, at=at)
    return attempt
