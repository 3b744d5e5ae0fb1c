"""Moving about in a final that is under way, as its pinned rules say.

A question is *left* by its button. Where one moves forward only, where a section asks one by one, and
where answers are explained at once, an answer can no longer change once its question is left.
`Attempt.result["left"]` holds the positions until the attempt is graded.
"""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from academy.core.errors import Conflict
from assessments.drawing import adaptive_sections
from assessments.models import Assessment, Attempt, Response


def _rule(attempt: Attempt, name: str) -> str:
    return "" if attempt.is_placement else attempt.pinned.get("rules", {}).get(name, "")


def is_forward(attempt: Attempt) -> bool:
    return _rule(attempt, "navigation") == Assessment.Navigation.FORWARD


def explains_at_once(attempt: Attempt) -> bool:
    return _rule(attempt, "feedback") == Assessment.Feedback.ANSWERED


def is_adaptive(attempt: Attempt, response: Response) -> bool:
    return response.section in adaptive_sections(attempt)


def is_settled_by_leaving(attempt: Attempt, response: Response) -> bool:
    return is_forward(attempt) or explains_at_once(attempt) or is_adaptive(attempt, response)


def is_one_way(attempt: Attempt, response: Response) -> bool:
    """Whether there is no way back to this question."""
    return is_forward(attempt) or is_adaptive(attempt, response)


def left(attempt: Attempt) -> set[int]:
    return set(attempt.result.get("left", ()))


def is_left(attempt: Attempt, response: Response) -> bool:
    return response.position in left(attempt)


def leave(attempt: Attempt, response: Response) -> None:
    """Note that the question is left; the caller saves."""
    if is_settled_by_leaving(attempt, response):
        positions = left(attempt) | {response.position}
        attempt.result = {**attempt.result, "left": sorted(positions)}


def may_open(attempt: Attempt, response: Response) -> bool:
    """Whether the question can be answered now. Forward only, that is the first one not left; the
    engine asks its next question only once the one before is answered."""
    if is_left(attempt, response):
        return False
    return not is_forward(attempt) or response.position == max(left(attempt), default=-1) + 1


def current(attempt: Attempt, responses: Sequence[Response]) -> Response | None:
    """The first question that can still be answered; None when only submitting is left."""
    return next((one for one in responses if may_open(attempt, one)), None)


def refuse_change(attempt: Attempt, response: Response) -> None:
    """Raise `Conflict` for an answer that can no longer, or not yet, be given."""
    if is_left(attempt, response):
        raise Conflict(_("You have moved on from this question. Its answer can no longer change."))
    if not may_open(attempt, response):
        raise Conflict(_("The questions are answered in their order."))
