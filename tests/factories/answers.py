"""Many people's answers, drawn from the model, as graded attempts: made in bulk."""

import uuid
from datetime import timedelta

import numpy as np

from academy.core.clock import now
from academy.people.models import User
from assessments.models import Assessment, Attempt, Item, ItemBank, Response


def learners(n: int, start: int = 0) -> list[User]:
    return User.objects.bulk_create(
        [User(email=f"answer{start + i}@academy.example", password="!") for i in range(n)]
    )


def answered(
    assessment: Assessment,
    bank: ItemBank,
    people: list[User],
    *,
    b: dict[str, float] | None = None,
    a: float = 1.3,
    seed: int = 0,
    ability: float = 0.0,
    languages: tuple[str, ...] = ("en",),
    harder: dict[tuple[str, str], float] | None = None,
    at=None,
) -> list[Attempt]:
    """A graded attempt of each person at every item of the bank.

    `b`: true difficulties by item code, otherwise the author's. Languages go round; `harder` says by
    how much (code, language) is harder than b.
    """
    rng = np.random.default_rng(seed)
    items = list(Item.objects.filter(bank=bank).select_related("current_version").order_by("code"))
    at = at or now() - timedelta(days=1)
    attempts = Attempt.objects.bulk_create(
        [
            Attempt(
                assessment=assessment,
                learner=person,
                registration=uuid.uuid4(),
                status=Attempt.Status.GRADED,
                language=languages[i % len(languages)],
                seed=i,
                cut_score=assessment.cut_score,
                started_at=at + timedelta(seconds=i),
                submitted_at=at + timedelta(seconds=i + 600),
            )
            for i, person in enumerate(people)
        ]
    )
    responses = []
    for attempt in attempts:
        theta = rng.normal() + ability
        for position, item in enumerate(items):
            content = item.current_version.content
            place = (b or {}).get(item.code, item.author_difficulty)
            place += (harder or {}).get((item.code, attempt.language), 0.0)
            right = rng.random() < item.guessing + (1 - item.guessing) / (
                1 + np.exp(-a * (theta - place))
            )
            ids = [one["id"] for one in content["languages"]["en"]["options"]]
            wrong = [one for one in ids if one != content["key"]]
            responses.append(
                Response(
                    attempt=attempt,
                    learner_id=attempt.learner_id,
                    position=position,
                    item_version=item.current_version,
                    answer=content["key"] if right else wrong[rng.integers(len(wrong))],
                    language=attempt.language,
                    seconds=int(20 + 10 * rng.random()),
                    answered_at=attempt.submitted_at,
                    score=float(right),
                )
            )
    Response.objects.bulk_create(responses, batch_size=2000)
    return attempts
