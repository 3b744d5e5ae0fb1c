"""What a decided regrade makes of a score. `regrading` applies it to what is graded already; what is
graded later is graded by it from the start."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from academy.people.models import User
from assessments.item_types import Asked, item_type_for
from assessments.measurement.adaptive import Rules
from assessments.measurement.domain import estimate
from assessments.models import Attempt, ItemVersion, Regrade, Response, ScoreChange
from assessments.placement import history_of, pinned_bank, result_of


def score_by(response: Response, version: ItemVersion) -> float:
    """The score of the kept answer by another version's key: the parts of a question keep their ids."""
    asked = Asked(
        document=version.content,
        language=version.language_shown(response.language),
        order=response.option_order,
        seed=f"{response.attempt.seed}:{response.position}",
        answer=response.answer,
    )
    item_type = item_type_for(version.content["type"])
    return item_type.grade(item_type.key_for(asked), asked.answer)


def corrected_score(regrade: Regrade, response: Response) -> float | None:
    """The score by the decision; None where the question no longer counts. An answer that is not
    there (never given, or erased with its author) is not held against a new key."""
    policy, before = Regrade.Policy, response.score or 0.0
    if regrade.policy == policy.NEUTRALISE:
        return None
    if regrade.policy == policy.FULL_CREDIT:
        return 1.0
    if response.answer is None:
        return before
    new = score_by(response, regrade.new_version)
    return max(before, new) if regrade.policy == policy.BEST_OF else new


def correct(attempt: Attempt, response: Response, regrade: Regrade) -> tuple[dict, dict] | None:
    """Put the decision into effect on one response, in memory; returns how it was graded before and
    after, or None when that is the same."""
    neutral = set(attempt.result.get("neutral", ()))
    before = {"score": response.score, "neutral": response.position in neutral}
    score = corrected_score(regrade, response)
    after = {"score": response.score if score is None else score, "neutral": score is None}
    if before == after:
        return None
    response.score = after["score"]
    neutral = neutral | {response.position} if score is None else neutral - {response.position}
    attempt.result = {**attempt.result, "neutral": sorted(neutral)}
    return before, after


def decided_for(responses: Sequence[Response]) -> list[Regrade]:
    """The decisions in force on what was asked, in the order they were taken. One query."""
    versions = {response.item_version_id for response in responses}
    return list(
        Regrade.objects.exclude(state=Regrade.State.PREVIEW)
        .filter(item_version__in=versions)
        .select_related("new_version")
        .order_by("decided_at", "pk")
    )


def apply_decided(attempt: Attempt, responses: Sequence[Response], *, at: datetime) -> bool:
    """Grade by the decisions that stand when an attempt is graded. Whether any changed a score."""
    changes, changed = [], []
    for regrade in decided_for(responses):
        for response in responses:
            if response.item_version_id != regrade.item_version_id:
                continue
            found = correct(attempt, response, regrade)
            if found is not None:
                changed.append(response)
                changes.append(
                    ScoreChange(
                        regrade=regrade,
                        response=response,
                        attempt=attempt,
                        learner_id=attempt.learner_id,
                        before=found[0],
                        after=found[1],
                        changed_at=at,
                    )
                )
    if changed:
        Response.objects.bulk_update(changed, ["score"])
        ScoreChange.objects.bulk_create(changes)
    return bool(changed)


def corrected_result(attempt: Attempt, responses: Sequence[Response]) -> dict:
    """The result of a placement from its scores as they are now, without what no longer counts."""
    pinned = attempt.pinned
    neutral = attempt.result.get("neutral", [])
    counted = [one for one in responses if one.position not in neutral]
    history = [*map(tuple, pinned.get("given", ())), *history_of(pinned, counted)]
    found = estimate(pinned_bank(pinned), Rules(**pinned["rules"]), history)
    result = result_of(attempt, found)
    return {**attempt.result, **result} | ({"neutral": neutral} if neutral else {})


# --- What people are told -------------------------------------------------------------------------


@dataclass(frozen=True)
class Correction:
    """One regrade of an attempt, as its learner reads it. Shares are None where the score was wrong
    only before anybody had seen it."""

    at: datetime
    position: int
    policy: str
    reason: str
    before: float | None
    after: float | None
    was_passed: bool | None
    is_passed: bool | None

    @property
    def number(self) -> int:
        return self.position + 1

    @property
    def changed_outcome(self) -> bool:
        return self.was_passed is not None and self.was_passed != self.is_passed


def _share(outcome: dict) -> float | None:
    return outcome["raw"] / outcome["max"] if outcome.get("max") else None


def corrections_of(attempt: Attempt) -> list[Correction]:
    """What was corrected in an attempt after it was graded, the latest first. One query."""
    changes = attempt.score_changes.select_related("regrade", "response").order_by("-id")
    return [_correction(change) for change in changes if "raw" in change.after]


def _correction(change: ScoreChange) -> Correction:
    return Correction(
        at=change.changed_at,
        position=change.response.position,
        policy=change.regrade.get_policy_display(),
        reason=change.regrade.reason,
        before=_share(change.before),
        after=_share(change.after),
        was_passed=change.before["passed"],
        is_passed=change.after["passed"],
    )


#: So long a corrected result is announced on the person's first page.
TOLD_FOR = timedelta(days=30)


def corrected_lately(person: User, *, at: datetime) -> list[Attempt]:
    """The person's attempts whose result was corrected lately. One query."""
    changes = ScoreChange.objects.filter(
        learner=person, changed_at__gt=at - TOLD_FOR, after__has_key="raw"
    )
    return list(
        Attempt.objects.filter(pk__in=changes.values("attempt"))
        .select_related("assessment")
        .order_by("-submitted_at")
    )
