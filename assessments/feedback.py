"""What the result of a final shows of its answers, and when."""

from dataclasses import dataclass
from datetime import datetime

from assessments.drawing import has_closed
from assessments.models import Assessment, Attempt


@dataclass(frozen=True)
class Feedback:
    """`answers`: which answers were right, and what is said on what was chosen. `whole`: the key and
    the explanations too. `timing` says what whoever may not see them yet is waiting for."""

    answers: bool
    whole: bool
    timing: str


def feedback_of(attempt: Attempt, *, at: datetime) -> Feedback:
    """By the assessment as it is set now: its author may open the explanations later, or close them."""
    timing, assessment = attempt.assessment.feedback, attempt.assessment
    kind = Assessment.Feedback
    whole = {
        kind.ANSWERED: True,
        kind.GRADED: True,
        kind.PASSED: bool(attempt.passed),
        kind.NEVER: False,
    }.get(timing)
    if whole is None:
        whole = has_closed(assessment, at=at)
    return Feedback(answers=timing != kind.NEVER, whole=whole, timing=timing)
