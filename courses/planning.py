"""From a gap to a plan. Pure rules, no database.

Gap: what is asked (the higher of baseline and position profile) minus what is held. A module enters
the plan when it teaches a competency in the gap at or below the level asked, up to the level that
closes it. Placement never closes a gap: it can only make a module *skippable*.

Skip rule: a module may be skipped when, for every competency it teaches, the probability of being
in the band of the taught level or above passes a threshold stricter than that of the band, which is
the likeliest. From `SKIP_CERTAINTY` on the skip is offered, and the learner decides. From
`DECIDE_CERTAINTY` on it is made without asking, but only where every competency was measured with a
calibrated bank: an author's estimates never decide. What was made so can be taken back.
"""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum

from assessments.measurement.skipping import DECIDE_CERTAINTY, SKIP_CERTAINTY


class Skip(Enum):
    """What a placement allows with a module."""

    NO = "no"
    OFFERED = "offered"
    DECIDED = "decided"


@dataclass(frozen=True)
class Need:
    """A competency asked for at a level, by a day; `held` is the level held now, 0 for none."""

    competency: int
    level: int
    held: int
    due_on: date | None

    @property
    def is_met(self) -> bool:
        return self.held >= self.level


@dataclass(frozen=True)
class Teaching:
    """A module: what it teaches (competency → level) and how long it takes."""

    module: int
    teaches: Mapping[int, int]
    minutes: int


@dataclass(frozen=True)
class PlannedModule:
    """A module the gap asks for, with the needs it answers and the earliest day one is due."""

    module: int
    competencies: tuple[int, ...]
    due_on: date | None
    minutes: int


def plan_modules(needs: Iterable[Need], catalogue: Iterable[Teaching]) -> list[PlannedModule]:
    """The modules that close the open needs, those due first and the most useful first among them.

    For each need: every module that teaches its competency above what is held and up to the level
    asked; where none of them reaches that level, also the lowest that goes beyond it. Within a
    day, modules of a lower level come first.
    """
    teachings = list(catalogue)
    useful: dict[int, list[Need]] = {}
    for need in needs:
        if need.is_met:
            continue
        levels = {
            teaching.module: teaching.teaches[need.competency]
            for teaching in teachings
            if teaching.teaches.get(need.competency, 0) > need.held
        }
        within = {module: level for module, level in levels.items() if level <= need.level}
        beyond = {module: level for module, level in levels.items() if level > need.level}
        if beyond and need.level not in within.values():
            lowest = min(beyond.values())
            within |= {module: level for module, level in beyond.items() if level == lowest}
        for module in within:
            useful.setdefault(module, []).append(need)
    planned = [
        PlannedModule(
            module=teaching.module,
            competencies=tuple(need.competency for need in useful[teaching.module]),
            due_on=min((n.due_on for n in useful[teaching.module] if n.due_on), default=None),
            minutes=teaching.minutes,
        )
        for teaching in teachings
        if teaching.module in useful
    ]
    highest = {teaching.module: max(teaching.teaches.values(), default=0) for teaching in teachings}
    return sorted(
        planned,
        key=lambda one: (
            one.due_on or date.max,
            highest[one.module],
            -len(one.competencies),
            one.minutes,
            one.module,
        ),
    )


def may_offer_skip(
    teaches: Mapping[int, int], probability_at_least: Mapping[tuple[int, int], float]
) -> bool:
    """Whether a placement allows offering to skip a module that teaches these levels.

    probability_at_least: by (competency, level), the probability of being in that level's band or
    above; a competency that was not measured is missing, and a module teaching it is not offered.
    """
    return _surely_held(teaches, probability_at_least, SKIP_CERTAINTY)


def skip_of(
    teaches: Mapping[int, int],
    probability_at_least: Mapping[tuple[int, int], float],
    calibrated: Container[int],
) -> Skip:
    """What becomes of a module that teaches these levels; `calibrated` holds the competencies that
    were measured with a calibrated bank."""
    if not may_offer_skip(teaches, probability_at_least):
        return Skip.NO
    sure = _surely_held(teaches, probability_at_least, DECIDE_CERTAINTY)
    if sure and all(competency in calibrated for competency in teaches):
        return Skip.DECIDED
    return Skip.OFFERED


def _surely_held(
    teaches: Mapping[int, int],
    probability_at_least: Mapping[tuple[int, int], float],
    certainty: float,
) -> bool:
    return bool(teaches) and all(
        probability_at_least.get((competency, level), 0.0) >= certainty
        for competency, level in teaches.items()
    )
