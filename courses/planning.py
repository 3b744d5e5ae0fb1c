"""From a gap to a plan. Pure rules, no database.

Gap: what is asked (the higher of baseline and position profile) minus what is held. A module enters
the plan when it teaches a competency in the gap at or below the level asked, up to the level that
closes it. Placement never closes a gap: it can only make a module *skippable*.

Skip rule: a module is offered for skipping when, for every competency it teaches, the probability
of being in the band of the taught level or above is at least `SKIP_CERTAINTY`, a stricter threshold
than the one that decides the band. An offer is accepted by the learner, never applied by itself,
while the bank's difficulties are an author's estimates.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

SKIP_CERTAINTY = 0.8


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

    A module is left out when everything it would add is held already.
    """
    open_needs = {need.competency: need for need in needs if not need.is_met}
    planned = []
    for teaching in catalogue:
        answered = [
            open_needs[competency]
            for competency, level in teaching.teaches.items()
            if competency in open_needs and open_needs[competency].held < level
        ]
        if answered:
            days = [need.due_on for need in answered if need.due_on]
            planned.append(
                PlannedModule(
                    module=teaching.module,
                    competencies=tuple(need.competency for need in answered),
                    due_on=min(days, default=None),
                    minutes=teaching.minutes,
                )
            )
    return sorted(
        planned,
        key=lambda one: (one.due_on or date.max, -len(one.competencies), one.minutes, one.module),
    )


def may_offer_skip(
    teaches: Mapping[int, int], probability_at_least: Mapping[tuple[int, int], float]
) -> bool:
    """Whether a placement allows offering to skip a module that teaches these levels.

    probability_at_least: by (competency, level), the probability of being in that level's band or
    above; a competency that was not measured is missing, and a module teaching it is not offered.
    """
    return bool(teaches) and all(
        probability_at_least.get((competency, level), 0.0) >= SKIP_CERTAINTY
        for competency, level in teaches.items()
    )
