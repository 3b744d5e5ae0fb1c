"""When an attempt is over: start + limit × factor + minutes more + pauses, no later than the close.

Pure rules over an attempt and what was arranged for the person; nothing here asks the database.
`pinned["timing"]` holds what the attempt began with: `seconds` (limit × factor, or None),
`pause_seconds` (all that may be paused) and `closes_at`.
"""

from datetime import datetime, timedelta

from assessments.models import Allowance, Assessment, Attempt

#: What was on its way when the clock ran out still counts.
GRACE = timedelta(seconds=5)
#: How much later an answer may arrive whose page tells that it was given in time. A page can tell
#: anything, so this is all that a false clock could win; the sweep waits as long.
LATE = timedelta(seconds=30)
#: A close further off than this is a date, not a clock.
CLOCK = timedelta(hours=24)


def seconds_for(assessment: Assessment, time_factor) -> int | None:
    """The limit of an attempt that starts now; None without one. A placement has no clock."""
    if assessment.kind == Assessment.Kind.PLACEMENT or not assessment.time_limit_minutes:
        return None
    return round(assessment.time_limit_minutes * 60 * float(time_factor))


def pause_seconds_for(assessment: Assessment, learner) -> int:
    """All that may be paused: for those whose settings ask for pauses, where there is a clock."""
    if not learner.may_pause or seconds_for(assessment, 1) is None:
        return 0
    return assessment.pause_minutes * 60


def pin_timing(attempt: Attempt, allowance: Allowance | None) -> None:
    """Settle what a new attempt begins with: the learner's settings of now, and the deadline."""
    assessment, learner = attempt.assessment, attempt.learner
    if attempt.is_placement:
        return
    pauses = pause_seconds_for(assessment, learner)
    attempt.pause_seconds_left = pauses
    attempt.pinned = {
        **attempt.pinned,
        "timing": {
            "seconds": seconds_for(assessment, learner.time_factor),
            "pause_seconds": pauses,
            "closes_at": assessment.closes_at.isoformat() if assessment.closes_at else None,
        },
    }
    attempt.deadline_at = deadline_of(attempt, allowance)


def timing_of(attempt: Attempt) -> dict:
    """What the attempt began with; of one from before that was pinned, what its deadline says."""
    if "timing" not in attempt.pinned:
        limit = attempt.deadline_at and attempt.deadline_at - attempt.started_at
        attempt.pinned["timing"] = {
            "seconds": limit.total_seconds() if limit else None,
            "pause_seconds": 0,
            "closes_at": None,
        }
    return attempt.pinned["timing"]


def close_of(attempt: Attempt, allowance: Allowance | None) -> datetime | None:
    """When it closes for this attempt. A close that is moved earlier does not touch what is under
    way; one that is moved later, or an allowance, counts at once."""
    close = attempt.assessment.closes_at
    if close is None:
        return None
    begun_with = timing_of(attempt)["closes_at"]
    if begun_with:
        close = max(close, datetime.fromisoformat(begun_with))
    if allowance and allowance.closes_at:
        close = max(close, allowance.closes_at)
    return close


def deadline_of(attempt: Attempt, allowance: Allowance | None) -> datetime | None:
    """The last moment. During a pause it is the moment if the pause is used up: a pause that nobody
    ends runs out by itself, and the sweep need not know of pauses."""
    timing = timing_of(attempt)
    close = close_of(attempt, allowance)
    if timing["seconds"] is None:
        return close
    paused = timing["pause_seconds"] - (0 if attempt.paused_at else attempt.pause_seconds_left)
    seconds = timing["seconds"] + max(0, paused)
    if allowance:
        seconds += allowance.extra_minutes * 60
    end = attempt.started_at + timedelta(seconds=seconds)
    return min(end, close) if close else end


def is_over(attempt: Attempt, at: datetime) -> bool:
    return attempt.deadline_at is not None and at > attempt.deadline_at + GRACE


def takes_answer(attempt: Attempt, at: datetime, told: datetime | None) -> bool:
    """Whether an answer that arrives at `at` counts; `told` is when its page says it was given."""
    if not is_over(attempt, at):
        return True
    return told is not None and told <= attempt.deadline_at and at <= attempt.deadline_at + LATE


def pause_ends(attempt: Attempt) -> datetime | None:
    """When the running pause is used up."""
    if attempt.paused_at is None:
        return None
    return attempt.paused_at + timedelta(seconds=attempt.pause_seconds_left)


def is_paused(attempt: Attempt, at: datetime) -> bool:
    """Whether the clock stands still: neither the pause nor the attempt has run out."""
    ends = pause_ends(attempt)
    return ends is not None and at < ends and not is_over(attempt, at)


def may_pause(attempt: Attempt, at: datetime) -> bool:
    return (
        attempt.status == Attempt.Status.IN_PROGRESS
        and attempt.paused_at is None
        and attempt.pause_seconds_left > 0
        and not is_over(attempt, at)
    )


def has_clock(attempt: Attempt, at: datetime) -> bool:
    """Whether the time left is worth a clock: there is a limit, or it closes within a day."""
    if attempt.deadline_at is None:
        return False
    return timing_of(attempt)["seconds"] is not None or attempt.deadline_at - at < CLOCK
