"""Hints that an assessment's answers may need a human look. A hint is no proof, and decides nothing.

Two kinds, reckoned when a trainer asks: answers given faster than they can be read, by response-time
effort (Wise & Kong 2005, doi:10.1207/s15324818ame1802_2: the share of answers that took at least 3 seconds
for a short text, 5 for one from 200 characters, 10 for one over 1,000; below .90 it is worth a look), and
wrong answers that two people have in common (`measurement.similarity`). Nobody is watched: there is no
camera, no record of the screen, the keyboard or the address. Groups that are too small say nothing.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

import numpy as np

from academy.core.text import plain_text
from assessments.measurement.similarity import similar_pairs
from assessments.models import Assessment, Attempt, ItemVersion, Response

#: Fewer people than this would be known by their figures.
SMALLEST_GROUP = 10
#: The latest attempts, one a person; more would say nothing new.
MOST_ATTEMPTS = 1000
LEAST_EFFORT = 0.90
FEWEST_FAST = 3


@dataclass(frozen=True)
class FastHint:
    """One attempt with many answers faster than reading. `timed` answers told their time."""

    attempt: UUID
    timed: int
    fast: int
    right: int

    @property
    def key(self) -> str:
        return f"fast:{self.attempt}"


@dataclass(frozen=True)
class SimilarHint:
    """Two attempts whose wrong answers are alike; see `measurement.similarity.Pair`."""

    attempts: tuple[UUID, UUID]
    both_wrong: int
    identical: int
    expected: float
    by_chance: float

    @property
    def key(self) -> str:
        return f"similar:{self.attempts[0]}:{self.attempts[1]}"


@dataclass(frozen=True)
class Hints:
    """What was found, with the base rates it is to be read against: `fast_share` of all timed answers
    were as fast, `pairs` were compared."""

    people: int
    is_suppressed: bool = False
    timed: int = 0
    fast_share: float = 0.0
    pairs: int = 0
    fast: list[FastHint] = field(default_factory=list)
    similar: list[SimilarHint] = field(default_factory=list)

    def find(self, key: str) -> FastHint | SimilarHint | None:
        return next((one for one in [*self.fast, *self.similar] if one.key == key), None)


def seconds_to_read(words: dict) -> int:
    """The fewest seconds in which a question can be read (Wise & Kong 2005)."""
    length = len(" ".join(plain_text(text) for text in _texts(words)))
    if length < 200:
        return 3
    return 5 if length <= 1000 else 10


def _texts(words: dict) -> Iterable[str]:
    """What is read before answering: the stem, and the text of each part."""
    yield str(words.get("stem", ""))
    for parts in words.values():
        for part in parts if isinstance(parts, list) else []:
            if isinstance(part, dict):
                yield from (str(part[name]) for name in ("text", "label") if part.get(name))


def is_fast(response: Response, version: ItemVersion) -> bool:
    """Whether it was answered in less time than reading takes; never where no page told the time."""
    seconds = response.seconds
    return 0 < seconds < seconds_to_read(version.words(response.language))


def latest_attempts(assessment: Assessment) -> list[Attempt]:
    """The last graded attempt of each person."""
    latest: dict[int, Attempt] = {}
    attempts = Attempt.objects.filter(assessment=assessment, status=Attempt.Status.GRADED)
    for attempt in attempts.order_by("-submitted_at", "-id")[: 2 * MOST_ATTEMPTS]:
        if len(latest) < MOST_ATTEMPTS:
            latest.setdefault(attempt.learner_id, attempt)
    return list(latest.values())


def hints_for(assessment: Assessment) -> Hints:
    """All hints about an assessment. Three queries, however many attempts."""
    attempts = latest_attempts(assessment)
    if len(attempts) < SMALLEST_GROUP:
        return Hints(len(attempts), is_suppressed=True)
    responses = list(
        Response.objects.filter(
            attempt__in=[attempt.pk for attempt in attempts], answer__isnull=False
        ).only("attempt_id", "item_version_id", "answer", "language", "seconds", "score")
    )
    versions = ItemVersion.objects.in_bulk({response.item_version_id for response in responses})
    fast, timed, share = _fast_hints(attempts, responses, versions)
    similar, pairs = _similar_hints(attempts, responses)
    return Hints(
        len(attempts), timed=timed, fast_share=share, pairs=pairs, fast=fast, similar=similar
    )


def _fast_hints(attempts, responses, versions) -> tuple[list[FastHint], int, float]:
    told: dict[int, list[tuple[bool, bool]]] = {}
    for response in responses:
        if response.seconds:
            fast = is_fast(response, versions[response.item_version_id])
            told.setdefault(response.attempt_id, []).append((fast, response.score == 1))
    hints = []
    for attempt in attempts:
        answers = told.get(attempt.pk, [])
        fast = [right for is_one, right in answers if is_one]
        if len(fast) >= FEWEST_FAST and 1 - len(fast) / len(answers) < LEAST_EFFORT:
            hints.append(FastHint(attempt.uuid, len(answers), len(fast), sum(fast)))
    everyone = [is_one for answers in told.values() for is_one, _right in answers]
    share = sum(everyone) / len(everyone) if everyone else 0.0
    return sorted(hints, key=lambda hint: -hint.fast / hint.timed), len(everyone), share


def _similar_hints(attempts, responses) -> tuple[list[SimilarHint], int]:
    """Answers are compared as they are kept: ids of options, numbers, texts. What people mark is
    left out, for its words are not compared."""
    row_of = {attempt.pk: row for row, attempt in enumerate(attempts)}
    column_of: dict[int, int] = {}
    codes: dict[tuple[int, str], int] = {}
    cells = []
    for response in responses:
        if response.score is None or response.score == 1 or _is_marked(response.answer):
            continue
        column = column_of.setdefault(response.item_version_id, len(column_of))
        code = codes.setdefault((column, same_form(response.answer)), len(codes) + 1)
        cells.append((row_of[response.attempt_id], column, code))
    wrong = np.zeros((len(attempts), len(column_of)), dtype=np.int64)
    for row, column, code in cells:
        wrong[row, column] = code
    pairs, compared = similar_pairs(wrong)
    return [
        SimilarHint(
            (attempts[pair.first].uuid, attempts[pair.second].uuid),
            pair.both_wrong,
            pair.identical,
            pair.expected,
            pair.by_chance,
        )
        for pair in pairs
    ], compared


def _is_marked(answer) -> bool:
    """Whether it is the answer to an essay or a file task (`{"text": …}`, `{"files": …}`)."""
    return isinstance(answer, dict) and bool({"text", "files"} & answer.keys())


def same_form(answer) -> str:
    """An answer as text, the same for the same answer: a choice of several has no order."""
    if isinstance(answer, str):
        return answer.strip().casefold()
    return json.dumps(answer, sort_keys=True)
