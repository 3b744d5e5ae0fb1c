"""What assessments say to the learning record."""

from datetime import datetime
from uuid import UUID

from academy.xapi.services import activity, record
from academy.xapi.vocabulary import ActivityType, adl, streams
from assessments.item_types import item_type_for
from assessments.models import Attempt, Response


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


def question_activity(response: Response) -> dict:
    version = response.item_version
    question = activity(
        kind="items",
        uuid=version.item.uuid,
        type=ActivityType.CMI_INTERACTION,
        name={"und": version.item.code},
    )
    question["definition"]["interactionType"] = item_type_for(version.content["type"]).interaction
    return question


def answered(attempt: Attempt, response: Response, *, at: datetime) -> UUID:
    """`answered`: one question, with the response in xAPI's notation and whether it was right; what
    people mark has no score yet."""
    item_type = item_type_for(response.item_version.content["type"])
    result = {"response": item_type.pattern(response.answer)}
    if response.score is not None:
        result |= {"success": response.score == 1, "score": {"scaled": response.score}}
    return record(
        actor=attempt.learner,
        verb=adl.ANSWERED,
        activity=question_activity(response),
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
        activity=question_activity(response),
        result={"score": {"scaled": round(response.score, 4)}},
        context={"contextActivities": {"parent": [assessment_activity(attempt)]}},
        registration=attempt.registration,
        at=at,
    )


def attempt_graded(attempt: Attempt) -> UUID:
    """`passed` or `failed` with the score for a final assessment; `completed` for a placement."""
    if attempt.is_placement:
        verb, result = adl.COMPLETED, {"completion": True}
    else:
        verb = adl.PASSED if attempt.passed else adl.FAILED
        result = {
            "success": bool(attempt.passed),
            "completion": True,
            "score": {
                "scaled": round(attempt.score_scaled or 0, 4),
                "raw": attempt.score_raw,
                "min": 0,
                "max": attempt.score_max,
            },
        }
    return record(
        actor=attempt.learner,
        verb=verb,
        activity=assessment_activity(attempt),
        result=result,
        registration=attempt.registration,
        at=attempt.submitted_at,
    )
