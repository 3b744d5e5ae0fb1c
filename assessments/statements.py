"""What assessments say to the learning record."""

from datetime import datetime
from uuid import UUID

from academy.xapi.services import activity, record
from academy.xapi.vocabulary import ActivityType, adl
from assessments.item_types import Asked, item_type_for
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


def _question(response: Response) -> dict:
    version = response.item_version
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
        activity=_question(response),
        context={"contextActivities": {"parent": [assessment_activity(attempt)]}},
        registration=attempt.registration,
        at=at,
    )


def answered(attempt: Attempt, response: Response, *, at: datetime) -> UUID:
    """`answered`: one question, with the response in xAPI's notation and whether it was right."""
    version = response.item_version
    item_type = item_type_for(version.content["type"])
    return record(
        actor=attempt.learner,
        verb=adl.ANSWERED,
        activity=_question(response),
        result={
            "success": response.score == 1,
            "response": item_type.response_pattern(
                Asked(document=version.content, language=response.language, answer=response.answer)
            ),
            "score": {"scaled": response.score},
        },
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
