"""What assessments say to the learning record."""

from datetime import datetime
from uuid import UUID

from academy.people.services import identity_for
from academy.xapi.services import activity, record
from academy.xapi.vocabulary import ActivityType, Verb, adl, streams
from assessments.item_types import Asked, item_type_for
from assessments.models import Attempt, ItemVersion, PlacementReview, Response, SpotCheck


def assessment_activity(attempt: Attempt) -> dict:
    return activity(
        kind="assessments",
        uuid=attempt.assessment.uuid,
        type=ActivityType.ASSESSMENT,
        name=attempt.assessment.title,
    )


def attempt_started(attempt: Attempt) -> UUID:
    """`attempted`: the attempt began."""
    return record(
        actor=attempt.learner,
        verb=adl.ATTEMPTED,
        activity=assessment_activity(attempt),
        registration=attempt.registration,
        at=attempt.started_at,
    )


def attempt_paused(attempt: Attempt, *, at: datetime) -> UUID:
    """`suspended`: the clock was stopped."""
    return _moment(attempt, adl.SUSPENDED, at)


def attempt_resumed(attempt: Attempt, *, at: datetime) -> UUID:
    """`resumed`: the clock runs again."""
    return _moment(attempt, adl.RESUMED, at)


def _moment(attempt: Attempt, verb, at: datetime) -> UUID:
    return record(
        actor=attempt.learner,
        verb=verb,
        activity=assessment_activity(attempt),
        registration=attempt.registration,
        at=at,
    )


def _question_of(version: ItemVersion) -> dict:
    question = activity(
        kind="items",
        uuid=version.item.uuid,
        type=ActivityType.CMI_INTERACTION,
        name={"und": version.item.code},
    )
    item_type = item_type_for(version.content["type"])
    question["definition"]["interactionType"] = item_type.interaction
    return question


def data_taken(attempt: Attempt, response: Response, *, at: datetime) -> UUID:
    """`interacted`: the table of a data task was fetched."""
    return record(
        actor=attempt.learner,
        verb=adl.INTERACTED,
        activity=_question_of(response.item_version),
        context={"contextActivities": {"parent": [assessment_activity(attempt)]}},
        registration=attempt.registration,
        at=at,
    )


def answered(attempt: Attempt, response: Response, *, at: datetime) -> UUID:
    """`answered`: one question, with the response in xAPI's notation and whether it was right; what
    people mark has no score yet."""
    version = response.item_version
    asked = Asked(document=version.content, language=response.language, answer=response.answer)
    result = {"response": item_type_for(version.content["type"]).response_pattern(asked)}
    if response.score is not None:
        result |= {"success": response.score == 1, "score": {"scaled": response.score}}
    return record(
        actor=attempt.learner,
        verb=adl.ANSWERED,
        activity=_question_of(version),
        result=result,
        context={"contextActivities": {"parent": [assessment_activity(attempt)]}},
        registration=attempt.registration,
        at=at,
    )


def attempt_submitted(attempt: Attempt) -> UUID:
    """`submitted`: handed in, and to be marked by people."""
    return record(
        actor=attempt.learner,
        verb=streams.SUBMITTED,
        activity=assessment_activity(attempt),
        registration=attempt.registration,
        at=attempt.submitted_at,
    )


def scored(attempt: Attempt, response: Response, *, at: datetime) -> UUID:
    """`scored`: the marks of one answer are settled. The academy says so, not a marker: who marked
    is nobody else's."""
    return record(
        actor=attempt.learner,
        verb=adl.SCORED,
        activity=_question_of(response.item_version),
        result={"score": {"scaled": round(response.score, 4)}},
        context={"contextActivities": {"parent": [assessment_activity(attempt)]}},
        registration=attempt.registration,
        at=at,
    )


def _outcome(attempt: Attempt) -> dict:
    return {
        "success": bool(attempt.passed),
        "completion": True,
        "score": {
            "scaled": round(attempt.score_scaled or 0, 4),
            "raw": attempt.score_raw,
            "min": 0,
            "max": attempt.score_max,
        },
    }


def attempt_graded(attempt: Attempt) -> UUID:
    """`passed` or `failed` with the score for a final assessment; `completed` for a placement."""
    if attempt.is_placement:
        verb, result = adl.COMPLETED, {"completion": True}
    else:
        verb = adl.PASSED if attempt.passed else adl.FAILED
        result = _outcome(attempt)
    return record(
        actor=attempt.learner,
        verb=verb,
        activity=assessment_activity(attempt),
        result=result,
        registration=attempt.registration,
        at=attempt.submitted_at,
    )


def attempt_regraded(attempt: Attempt, *, outcome_changed: bool, at: datetime) -> UUID:
    """`passed` or `failed` where a regrade changed the outcome, else `scored`, with the new score; it
    refers to the statement that it corrects, which stays (`context.statement`, Data 2.4.6)."""
    verb, result = adl.SCORED, None
    if not attempt.is_placement:
        if outcome_changed:
            verb = adl.PASSED if attempt.passed else adl.FAILED
        result = _outcome(attempt)
    context = {}
    if attempt.statement_id:
        context["statement"] = {"objectType": "StatementRef", "id": str(attempt.statement_id)}
    return record(
        actor=attempt.learner,
        verb=verb,
        activity=assessment_activity(attempt),
        result=result,
        context=context,
        registration=attempt.registration,
        at=at,
    )


# --- Contested placements, and checks of what was skipped -----------------------------------------


def _about_competency(review: PlacementReview, verb: Verb, *, at: datetime, **parts) -> UUID:
    """A statement of the learner about one competency of a placement."""
    competency = review.competency
    context = {
        "contextActivities": {"parent": [assessment_activity(review.attempt)]},
        **parts.pop("context", {}),
    }
    return record(
        actor=review.learner,
        verb=verb,
        activity=activity(
            kind="competencies",
            uuid=competency.uuid,
            type=ActivityType.OBJECTIVE,
            name=competency.title,
        ),
        context=context,
        registration=review.attempt.registration,
        at=at,
        **parts,
    )


def placement_contested(review: PlacementReview) -> UUID:
    """`disagreed`: the learner contests a level, with their reason."""
    return _about_competency(
        review, streams.DISAGREED, at=review.asked_at, result={"response": review.reason}
    )


def placement_uncontested(review: PlacementReview) -> UUID:
    """`retracted`: the learner contests it no more."""
    return _about_competency(review, streams.RETRACTED, at=review.decided_at)


def placement_review_answered(review: PlacementReview) -> UUID:
    """`received`: the learner has an answer; success is whether the level changed. Who decided is
    its instructor, where a person did."""
    by = review.decided_by
    return _about_competency(
        review,
        streams.RECEIVED,
        at=review.decided_at,
        result={
            "success": review.decision == PlacementReview.Decision.CHANGED,
            "completion": True,
            **({"response": review.answer} if review.answer else {}),
        },
        context={"instructor": identity_for(by).actor} if by else {},
    )


def spot_check_answered(check: SpotCheck) -> UUID:
    """`answered`: a question that counts for nothing, about something that was skipped."""
    version = check.item_version
    asked = Asked(document=version.content, language=check.language, answer=check.answer)
    return record(
        actor=check.learner,
        verb=adl.ANSWERED,
        activity=_question_of(version),
        result={
            "success": check.score == 1,
            "response": item_type_for(version.content["type"]).response_pattern(asked),
            "score": {"scaled": check.score},
        },
        registration=check.attempt.registration,
        at=check.answered_at,
    )
