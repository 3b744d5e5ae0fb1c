"""Answers as arrays: of a bank or an assessment, people by items, for calibration and statistics."""

import uuid
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from django.db.models import QuerySet

from assessments.measurement.irt import Array
from assessments.models import Assessment, Attempt, Item, ItemBank, ItemVersion, Response, Section
from assessments.models.bank import ItemStatus

#: People beyond this many, the earliest ones, are left out: more would not change the figures.
MOST_PEOPLE = 20_000


@dataclass
class Gathered:
    """People (rows) by items (columns). `score` is NaN where an item was not asked; a question that
    was shown and left open, or answered with "I don't know", scores 0. `is_adaptive` are the rows
    whose items were chosen by their answers."""

    items: list[Item]
    score: Array
    is_adaptive: np.ndarray
    registrations: list[uuid.UUID] = field(default_factory=list)
    seconds: Array | None = None
    language: np.ndarray | None = None
    chosen: dict[int, list[tuple[int, Any]]] = field(default_factory=dict)

    @property
    def responses(self) -> int:
        return int((~np.isnan(self.score)).sum())

    @property
    def area(self) -> list[int]:
        """The competency of each item, counted from 0."""
        order = {key: at for at, key in enumerate(sorted({i.competency_id for i in self.items}))}
        return [order[item.competency_id] for item in self.items]


def answers_of(scope: ItemBank | Assessment) -> QuerySet[Response]:
    """The graded answers of a bank or an assessment."""
    graded = Response.objects.filter(attempt__status=Attempt.Status.GRADED, score__isnull=False)
    if isinstance(scope, ItemBank):
        return graded.filter(item_version__item__bank=scope)
    return graded.filter(attempt__assessment=scope)


def gather(scope: ItemBank | Assessment, *, details: bool = False) -> Gathered:
    """The answers that tell about the items as they are: each person's first graded attempt that drew
    on the bank (or of the assessment), since later ones are no independent evidence, and answers
    to versions with the key of today. `details` adds languages, times and what was chosen. Four
    queries."""
    answers = answers_of(scope)
    items = list(_items(scope).order_by("bank_id", "code").select_related("current_version"))
    column = {item.pk: at for at, item in enumerate(items)}
    versions = _versions_in_force(items)
    first = _first_attempts(answers)
    row = {attempt: at for at, attempt in enumerate(first)}
    found = Gathered(
        items=items,
        score=np.full((len(row), len(items)), np.nan),
        is_adaptive=np.zeros(len(row), dtype=bool),
    )
    adaptive = set(
        Section.objects.filter(rule=Section.Rule.ADAPTIVE).values_list("assessment_id", flat=True)
    )
    registrations: list = [None] * len(row)
    fields = ["attempt_id", "item_version_id", "score", "attempt__assessment_id"]
    fields += ["attempt__assessment__kind", "attempt__registration"]
    if details:
        found.seconds = np.full_like(found.score, np.nan)
        found.language = np.full(found.score.shape, "", dtype="U12")
        fields += ["language", "seconds", "shown_at", "answered_at", "answer"]
    for attempt, version, score, assessment, kind, registration, *rest in answers.values_list(
        *fields
    ).iterator(chunk_size=5000):
        at, item = row.get(attempt), versions.get(version)
        if at is None or item is None:
            continue
        to = column[item]
        found.score[at, to] = score
        found.is_adaptive[at] = kind == Assessment.Kind.PLACEMENT or assessment in adaptive
        registrations[at] = registration
        if details:
            language, seconds, shown_at, answered_at, answer = rest
            found.language[at, to] = language
            if not seconds and found.is_adaptive[at] and answered_at:  # one item a page
                seconds = (answered_at - shown_at).total_seconds()
            if 0 < seconds <= 3600:
                found.seconds[at, to] = seconds
            found.chosen.setdefault(to, []).append((at, answer))
    found.registrations = registrations
    kept = ~np.isnan(found.score).all(axis=1)
    return found if kept.all() else _only(found, kept)


def _items(scope: ItemBank | Assessment) -> QuerySet[Item]:
    """What is asked, or may be; of an assessment, what was asked of somebody."""
    items = Item.objects.filter(current_version__isnull=False)
    if isinstance(scope, ItemBank):
        return items.filter(bank=scope, status__in=[ItemStatus.ACTIVE, ItemStatus.PILOT])
    return items.filter(
        pk__in=answers_of(scope).order_by().values("item_version__item_id").distinct()
    )


def _first_attempts(answers: QuerySet[Response]) -> list[int]:
    first: dict[int, int] = {}
    rows = answers.order_by("attempt__started_at", "attempt_id")
    for learner, attempt in rows.values_list("learner_id", "attempt_id").distinct():
        first.setdefault(learner, attempt)
    return list(first.values())[-MOST_PEOPLE:]


def _versions_in_force(items: list[Item]) -> dict[int, int]:
    """The item of each version that is graded as the current one is: words may differ, the key and
    what belongs to it may not."""
    current = {item.pk: _graded_by(item.current_version.content) for item in items}
    versions = ItemVersion.objects.filter(item__in=current).only("item_id", "content")
    return {
        version.pk: version.item_id
        for version in versions.iterator(chunk_size=500)
        if _graded_by(version.content) == current[version.item_id]
    }


def _graded_by(content: dict) -> list:
    """What decides a grade. Accepted texts and gaps are keys too, and stand among the words."""
    words = {
        language: [[{**part, "feedback": ""} for part in texts.get(name, [])] for name in _KEYED]
        for language, texts in content["languages"].items()
        if any(texts.get(name) for name in _KEYED)
    }
    return [content["type"], content["key"], content.get("settings", {}), words]


_KEYED = ("accepted", "gaps")


def _only(found: Gathered, kept: np.ndarray) -> Gathered:
    to = np.cumsum(kept) - 1
    return Gathered(
        items=found.items,
        score=found.score[kept],
        is_adaptive=found.is_adaptive[kept],
        registrations=[r for r, keep in zip(found.registrations, kept, strict=True) if keep],
        seconds=None if found.seconds is None else found.seconds[kept],
        language=None if found.language is None else found.language[kept],
        chosen={
            column: [(int(to[at]), answer) for at, answer in rows if kept[at]]
            for column, rows in found.chosen.items()
        },
    )
