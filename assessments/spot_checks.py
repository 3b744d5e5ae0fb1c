"""Spot checks: a few questions, later, about something that was skipped.

They tell how often skips are wrong (`measurement.wrong_skips`) and nothing else: an answer never
counts for or against its person, is never shown as right or wrong, and no report names anyone. They
are asked one at a time beside what the person does anyway, and can be put off or passed over.
People are told before a placement that some will be (decision 34).
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np
from django.db import transaction
from django.db.models import Count
from django.http import QueryDict

from academy.core.clock import now
from academy.core.errors import AcademyError
from academy.people.models import User
from assessments import statements
from assessments.item_types import Asked, item_type_for
from assessments.measurement.wrong_skips import Rate, likelihoods, wrong_skip_rate
from assessments.models import Attempt, Item, Response, SpotCheck
from assessments.placement import askable_items

#: Questions about one skip: at most, and at least, or it is not checked.
MOST, FEWEST = 4, 3
#: After the skip, and from one question to the next.
FIRST_AFTER, NEXT_AFTER = timedelta(days=21), timedelta(days=3)
PUT_OFF = timedelta(days=14)
#: Checked skips from which on a rate is published.
SMALLEST = 10


@transaction.atomic
def plan_spot_checks(
    *,
    attempt: Attempt,
    skipped: UUID,
    bands: Mapping[int, int],
    at: datetime | None = None,
) -> list[SpotCheck]:
    """Plan questions about something skipped, for a share of skips drawn by the attempt's seed.

    bands: by competency, the band that the skip takes for held. One of them is asked about, with
    items near its cut that the person has not seen. Skipping the same again plans nothing new.
    """
    at = at or now()
    chance = random.Random(f"{attempt.seed}:{skipped}")  # noqa: S311 - to be replayed
    if chance.random() >= float(attempt.assessment.spot_check_share):
        return []
    if SpotCheck.objects.filter(learner=attempt.learner_id, skipped=skipped).exists():
        return []
    areas = {area["competency"]: area for area in attempt.result["areas"]}
    asked_about = [pk for pk in sorted(bands) if pk in areas and bands[pk] > 0]
    if not asked_about:
        return []
    competency = chance.choice(asked_about)
    cut = areas[competency]["cuts"][bands[competency] - 1]
    items = _unseen_near(attempt, competency, cut)
    if len(items) < FEWEST:
        return []
    chance.shuffle(items)
    checks = []
    for number, item in enumerate(items[:MOST]):
        seed = chance.getrandbits(53)
        version = item.current_version
        words = next(iter(version.content["languages"].values()))
        order = item_type_for(version.content["type"]).order(
            words,
            random.Random(f"{seed}:0"),  # noqa: S311 - to be replayed
        )
        checks.append(
            SpotCheck(
                attempt=attempt,
                learner_id=attempt.learner_id,
                skipped=skipped,
                competency_id=competency,
                band=bands[competency],
                item_version=version,
                seed=seed,
                option_order=order,
                planned_at=at,
                due_after=at + FIRST_AFTER + number * NEXT_AFTER,
            )
        )
    return SpotCheck.objects.bulk_create(checks)


def _unseen_near(attempt: Attempt, competency: int, cut: float) -> list[Item]:
    """Twice as many items as are asked, those nearest the cut among what was never shown."""
    seen = Response.objects.filter(learner=attempt.learner_id).values("item_version__item")
    banks = attempt.assessment.sections.filter(competency=competency).values("bank")
    items = (
        askable_items()
        .filter(bank__in=banks, competency=competency)
        .exclude(pk__in=seen)
        .select_related("current_version")
    )
    return sorted(items, key=lambda item: (abs(item.difficulty - cut), item.pk))[: 2 * MOST]


def cancel_spot_checks(*, learner: User, skipped: UUID) -> None:
    """What was skipped is taken up after all, or proven: there is nothing to check any more."""
    SpotCheck.objects.filter(learner=learner, skipped=skipped, answered_at__isnull=True).delete()


# --- Asking ---------------------------------------------------------------------------------------


def next_spot_check(learner: User, *, at: datetime | None = None) -> SpotCheck | None:
    """The one question to ask the person now, if any. One query."""
    due = SpotCheck.objects.filter(learner=learner, answered_at__isnull=True)
    return due.filter(due_after__lte=at or now()).order_by("due_after", "pk").first()


def asked_in_check(check: SpotCheck, language: str) -> Asked:
    """The question of a check, in the language or the one that stands in for it."""
    return Asked(
        document=check.item_version.content,
        language=check.item_version.language_shown(language),
        order=check.option_order,
        seed=f"{check.seed}:0",
        answer=check.answer,
    )


def read_check_answer(check: SpotCheck, data: QueryDict, language: str):
    """The answer in a submitted form; raises `AcademyError` with what to do about it."""
    asked = asked_in_check(check, language)
    try:
        return item_type_for(asked.document["type"]).parse(data, asked)
    except ValueError as error:
        raise AcademyError(str(error)) from error


@transaction.atomic
def answer_spot_check(
    *, check: SpotCheck, answer, language: str, at: datetime | None = None
) -> bool:
    """Keep an answer, once; `None` means "I do not know". Returns whether this was the first."""
    at = at or now()
    asked = asked_in_check(check, language)
    item_type = item_type_for(asked.document["type"])
    kept = SpotCheck.objects.filter(pk=check.pk, answered_at__isnull=True).update(
        answer=answer,
        language=asked.language,
        answered_at=at,
        score=item_type.grade(item_type.key_for(asked), answer),
    )
    if kept:
        check.refresh_from_db()
        SpotCheck.objects.filter(pk=check.pk).update(
            statement_id=statements.spot_check_answered(check)
        )
    return bool(kept)


def put_off(*, check: SpotCheck, at: datetime | None = None) -> None:
    """Not now: this and what follows about the same skip come later."""
    at = at or now()
    rows = SpotCheck.objects.filter(
        learner=check.learner_id, skipped=check.skipped, answered_at__isnull=True
    )
    for row in rows.order_by("due_after"):
        SpotCheck.objects.filter(pk=row.pk).update(due_after=max(row.due_after, at) + PUT_OFF)


# --- What they tell -------------------------------------------------------------------------------


@dataclass(frozen=True)
class CheckedSkips:
    """Of one kind of skip: how many were checked, how many have answers, and how often they were
    wrong; None where too few have answers."""

    planned: int
    answered: int
    answers: int
    right: float | None
    rate: Rate | None


def checked_skips() -> dict[UUID | None, CheckedSkips]:
    """By what was skipped, and for all of it (None). Three queries.

    A skip counts once it has `FEWEST` answers.
    """
    checks = SpotCheck.objects.select_related("item_version__item", "attempt").order_by("pk")
    known: dict[tuple, list[SpotCheck]] = {}
    for check in checks.filter(answered_at__isnull=False).defer("item_version__content"):
        known.setdefault((check.learner_id, check.skipped), []).append(check)
    planned = dict(
        SpotCheck.objects.order_by()
        .values_list("skipped")
        .annotate(skips=Count("learner", distinct=True))
    )
    by_skipped: dict[UUID | None, list[list[SpotCheck]]] = {None: []}
    for (_learner, skipped), answers in known.items():
        if len(answers) >= FEWEST:
            by_skipped.setdefault(skipped, []).append(answers)
            by_skipped[None].append(answers)
    return {
        skipped: _figures(
            by_skipped.get(skipped, []),
            planned=sum(planned.values()) if skipped is None else planned[skipped],
        )
        for skipped in (None, *planned)
    }


def _figures(skips: list[list[SpotCheck]], *, planned: int) -> CheckedSkips:
    answers = [check for skip in skips for check in skip]
    enough = len(skips) >= SMALLEST
    return CheckedSkips(
        planned=planned,
        answered=len(skips),
        answers=len(answers),
        right=sum(check.score == 1 for check in answers) / len(answers) if enough else None,
        rate=wrong_skip_rate([_likelihoods(skip) for skip in skips]) if enough else None,
    )


def _likelihoods(skip: list[SpotCheck]) -> tuple[float, float]:
    first = skip[0]
    area = next(
        one for one in first.attempt.result["areas"] if one["competency"] == first.competency_id
    )
    items = [check.item_version.item for check in skip]
    return likelihoods(
        theta=area["theta"],
        se=area["se"],
        cut=area["cuts"][first.band - 1],
        a=np.array([item.discrimination for item in items]),
        b=np.array([item.difficulty for item in items]),
        c=np.array([item.guessing for item in items]),
        scores=[int(check.score == 1) for check in skip],
    )
